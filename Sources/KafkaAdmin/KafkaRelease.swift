import KafkaWire
package import Values

/// What the protocol tells about a node's release: no API reports it, but the highest `metadata.version` level that a
/// node supports names its release line. The patch number cannot be seen.
package enum KafkaRelease {
    /// Levels by release line, oldest first: the table of `ReleaseLevels`.
    package static let levels: [(line: Version, level: Int16)] = ReleaseLevels.releases.map {
        (Version(major: $0.major, minor: $0.minor), $0.level)
    }

    package static var newestLine: Version { levels.last?.line ?? Version(major: 0, minor: 0) }
    package static var newestLevel: Int16 { levels.last?.level ?? 0 }
    /// The oldest release that KRaft is fit for production in.
    package static var oldestLine: Version { levels.first?.line ?? Version(major: 0, minor: 0) }
    package static var oldestLevel: Int16 { levels.first?.level ?? 0 }

    /// The release line of a node whose highest level is `level`; nil without one (ZooKeeper), below the table, and
    /// above it.
    package static func line(ofLevel level: Int16?) -> Version? {
        guard let level, level <= newestLevel else { return nil }
        return levels.last { $0.level <= level }?.line
    }

    /// The highest level of a release; nil below and above the table.
    package static func level(of release: Version) -> Int16? {
        let line = release.line
        return levels.first { $0.line == line }?.level
    }

    /// Whether a node that supports `level` may be of `release`: the lines are equal, or both are newer than the table.
    package static func agrees(_ release: Version, withLevel level: Int16?) -> Bool {
        guard let level else { return false }
        if release.line > newestLine { return level > newestLevel }
        return line(ofLevel: level) == release.line
    }

    /// For messages: `4.1`, `a release newer than 4.3`, `an unknown release`.
    package static func describe(level: Int16?) -> String {
        guard let level else { return "a release without KRaft feature levels" }
        if level > newestLevel { return "a release newer than \(newestLine)" }
        return line(ofLevel: level)?.text ?? "a release older than \(oldestLine)"
    }

    /// The line of a finalized `metadata.version` level, for messages.
    package static func describe(finalized level: Int16) -> String {
        if level > newestLevel { return "newer than \(newestLine)" }
        return levels.first { $0.level >= level }?.line.text ?? "\(newestLine)"
    }

    /// Levels that `kafka-features.sh upgrade --release-version` finalizes besides `metadata.version`, from the release
    /// on. `kraft.version` and `eligible.leader.replicas.version` change how the cluster works and are raised only when
    /// named.
    package static let features: [(name: String, level: Int16, from: Version)] = [
        ("transaction.version", 2, Version(major: 4, minor: 0)), ("group.version", 1, Version(major: 4, minor: 0)),
        ("share.version", 1, Version(major: 4, minor: 2)), ("streams.version", 1, Version(major: 4, minor: 2)),
    ]
}
