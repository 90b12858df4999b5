/// A key of a group (KIP-848, KIP-932, KIP-1071), and the brokers' keys that its value is measured against.
struct GroupConfigDefinition: Sendable {
    let definition: ConfigDefinition
    /// The first release line that has it.
    let since: (major: Int, minor: Int)
    /// The brokers' keys with the least and the greatest value, and their defaults.
    private let least: (key: String, value: Double)?
    private let greatest: (key: String, value: Double)?

    init(
        _ definition: ConfigDefinition, since: (major: Int, minor: Int), least: (String, Double)? = nil,
        greatest: (String, Double)? = nil
    ) {
        self.definition = definition
        self.since = since
        self.least = least.map { (key: $0.0, value: $0.1) }
        self.greatest = greatest.map { (key: $0.0, value: $0.1) }
    }

    /// As Kafka's GroupConfigManager says it; nil when nothing is wrong.
    func problem(with value: String) -> String? {
        if let problem = definition.problem(with: value) { return problem }
        guard definition.name != "share.auto.offset.reset" else { return resetProblem(value) }
        guard let number = Double(value) else { return nil }
        if let least, number < least.value {
            return "\(definition.name) must be greater than or equal to \(least.key)"
        }
        if let greatest, number > greatest.value {
            return "\(definition.name) must be less than or equal to \(greatest.key)"
        }
        return nil
    }

    private func resetProblem(_ value: String) -> String? {
        guard value != "earliest", value != "latest", !value.hasPrefix("by_duration:P") else { return nil }
        let name = definition.name
        return "Invalid value \(value) for configuration \(name): Invalid value `\(value)` for configuration \(name). "
            + "The value must be either 'earliest', 'latest' or of the format 'by_duration:<PnDTnHnMn.nS>'."
    }
}

/// The keys of groups and of client metrics that the embedded cluster knows, with Kafka's types, defaults and limits.
enum GroupConfigTable {
    static let all: [GroupConfigDefinition] = [
        key("consumer.assignment.interval.ms", .int, "1000", "group.consumer.", since: (4, 3)),
        key("consumer.heartbeat.interval.ms", .int, "5000", "group.consumer.", 5000...15_000),
        key("consumer.session.timeout.ms", .int, "45000", "group.consumer.", 45_000...60_000),
        key("share.assignment.interval.ms", .int, "1000", "group.share.", since: (4, 3)),
        GroupConfigDefinition(ConfigDefinition("share.auto.offset.reset", .string, "latest"), since: (4, 0)),
        key("share.delivery.count.limit", .int, "5", "group.share.", 2...10, since: (4, 3)),
        key("share.heartbeat.interval.ms", .int, "5000", "group.share.", 5000...15_000),
        GroupConfigDefinition(
            ConfigDefinition(
                "share.isolation.level", .string, "read_uncommitted", of: ["read_committed", "read_uncommitted"]),
            since: (4, 0)),
        key("share.partition.max.record.locks", .int, "2000", "group.share.", 100...4000, since: (4, 3)),
        key("share.record.lock.duration.ms", .int, "30000", "group.share.", 15_000...60_000),
        GroupConfigDefinition(ConfigDefinition("share.renew.acknowledge.enable", .boolean, "true"), since: (4, 2)),
        key("share.session.timeout.ms", .int, "45000", "group.share.", 45_000...60_000),
        key("streams.assignment.interval.ms", .int, "1000", "group.streams.", since: (4, 3)),
        key("streams.heartbeat.interval.ms", .int, "5000", "group.streams.", 5000...15_000, since: (4, 1)),
        key("streams.initial.rebalance.delay.ms", .int, "3000", "group.streams.", since: (4, 2)),
        key("streams.num.standby.replicas", .int, "0", "group.streams.", since: (4, 1)),
        key("streams.session.timeout.ms", .int, "45000", "group.streams.", 45_000...60_000, since: (4, 1)),
    ]

    static let byName = Dictionary(all.map { ($0.definition.name, $0) }) { first, _ in first }

    /// `group.consumer.` and the key make the brokers' default; `group.consumer.min.` and `.max.` their limits.
    private static func key(
        _ name: String, _ kind: ConfigDefinition.Kind, _ value: String, _ prefix: String,
        _ limits: ClosedRange<Double>? = nil, since: (major: Int, minor: Int) = (4, 0)
    ) -> GroupConfigDefinition {
        let rest = name.drop { $0 != "." }.dropFirst()
        return GroupConfigDefinition(
            ConfigDefinition(name, kind, value, synonym: prefix + rest, at: (value == "0" ? 0 : 1, nil)), since: since,
            least: limits.map { ("\(prefix)min.\(rest)", $0.lowerBound) },
            greatest: limits.map { ("\(prefix)max.\(rest)", $0.upperBound) })
    }
}

/// What clients are asked to measure (KIP-714).
enum ClientMetricsConfigTable {
    static let keys = [
        ConfigDefinition("interval.ms", .int, "300000"), ConfigDefinition("match", .list, ""),
        ConfigDefinition("metrics", .list, ""),
    ]
    static let interval = 100...3_600_000
    static let matchKeys: Set<String> = [
        "client_instance_id", "client_id", "client_software_name", "client_software_version", "client_source_address",
        "client_source_port",
    ]

    static func isMatch(_ value: String) -> Bool {
        value.split(separator: ",").allSatisfy { pattern in
            let parts = pattern.split(separator: "=", omittingEmptySubsequences: false)
            return parts.count == 2 && matchKeys.contains(parts[0].filter { $0 != " " }) && !parts[1].isEmpty
        }
    }
}
