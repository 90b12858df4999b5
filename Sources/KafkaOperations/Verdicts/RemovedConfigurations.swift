package import Values

/// Broker and topic settings that a release no longer knows: it starts without them, and whoever relied on them finds
/// out later. Found by comparing `KafkaConfig.configNames` of 3.9.2, 4.1.2 and 4.3.1.
package enum RemovedConfigurations {
    /// The release line without them, and their names; a trailing `*` stands for the rest.
    static let table: [(from: Version, names: [String])] = [
        (
            Version(major: 4, minor: 0),
            [
                "alter.config.policy.kraft.compatibility.enable", "auto.include.jmx.reporter",
                "broker.id.generation.enable", "control.plane.listener.name", "controlled.shutdown.max.retries",
                "controlled.shutdown.retry.backoff.ms", "delegation.token.master.key",
                "eligible.leader.replicas.enable", "group.coordinator.new.enable", "group.share.max.groups",
                "inter.broker.protocol.version", "leader.imbalance.per.broker.percentage",
                "log.message.downconversion.enable", "log.message.format.version",
                "log.message.timestamp.difference.max.ms", "metadata.log.segment.min.bytes",
                "offsets.commit.required.acks", "password.encoder.*", "reserved.broker.max.id", "zookeeper.*",
            ]
        ),
        (Version(major: 4, minor: 2), ["group.share.enable", "internal.metadata.max.fetch.size.in.bytes"]),
    ]

    static let topicTable: [(from: Version, names: [String])] = [
        (
            Version(major: 4, minor: 0),
            ["message.downconversion.enable", "message.format.version", "message.timestamp.difference.max.ms"]
        )
    ]

    package static func isRemoved(_ name: String, in release: Version) -> Bool { matches(name, table, release) }

    package static func isRemovedFromTopics(_ name: String, in release: Version) -> Bool {
        matches(name, topicTable, release)
    }

    private static func matches(_ name: String, _ table: [(from: Version, names: [String])], _ release: Version) -> Bool
    {
        let line = release.line
        return table.contains { from, names in
            line >= from
                && names.contains { pattern in
                    pattern.hasSuffix("*") ? name.hasPrefix(pattern.dropLast()) : pattern == name
                }
        }
    }
}
