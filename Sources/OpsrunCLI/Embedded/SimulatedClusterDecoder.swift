package import Playbooks
package import SimulatedKafka
internal import Values

/// An embedded cluster as the inventory describes it: what it is made of, and how fast its time runs.
package struct EmbeddedCluster: Sendable {
    package var name: String
    package var configuration: SimulatedClusterConfiguration
    /// How many times faster than the world.
    package var speed: Double

    /// What every output says of it.
    package var note: String { "embedded cluster \(name), time ×\(EmbeddedCluster.text(speed))" }

    package func rack(of node: Int32?) -> String? { configuration.nodes.first { $0.id == node }?.rack }

    /// `20`, `1.5`.
    static func text(_ speed: Double) -> String {
        speed == speed.rounded() && abs(speed) < 1e15 ? "\(Int64(speed))" : "\(speed)"
    }
}

/// Decodes a cluster's `simulated:`. The nodes are the inventory's hosts of that cluster; a host without `broker_id` is a
/// dedicated controller.
package enum SimulatedClusterDecoder {
    package static let defaultSpeed = 20.0
    /// Faster than this, timers of the world are too coarse to tell the order of things.
    package static let maximumSpeed = 10_000.0
    /// What one process can embed.
    static let maximumNodes = 1000
    static let maximumDirectories: Int64 = 16
    static let maximumPartitions: Int64 = 100_000

    private static let keys =
        [
            "version", "racks", "topics", "speed", "catch_up", "ingest", "faults", "controllers", "min_insync_replicas",
            "session_timeout", "start_time", "stop_time", "seed", "log_directories",
        ] + securityKeys

    /// Nil with diagnostics when it cannot be built.
    package static func decode(
        _ cluster: ClusterSettings, hosts: [Host], _ diagnostics: inout [Diagnostic]
    ) -> EmbeddedCluster? {
        guard let node = cluster.simulated else { return nil }
        let before = diagnostics.count
        guard let reader = ConfigurationReader(node.template, what: "simulated", known: keys, &diagnostics) else {
            return nil
        }
        let version = reader.version("version", &diagnostics) ?? cluster.version
        if version == nil, diagnostics.count == before {
            diagnostics.append(
                Diagnostic(
                    code: "missing-key",
                    "simulated of '\(cluster.name)' needs `version`: the release that it runs at the start",
                    at: reader.span))
        }
        let nodes = nodes(of: cluster, hosts, reader, &diagnostics)
        guard let version, !nodes.isEmpty else { return nil }
        var configuration = SimulatedClusterConfiguration(version: version, nodes: nodes)
        if let id = cluster.clusterID { configuration.clusterID = id }
        configuration.topics = reader.elements("topics", &diagnostics).compactMap { topic($0, nodes, &diagnostics) }
        configuration.faults = reader.elements("faults", &diagnostics).compactMap { fault($0, nodes, &diagnostics) }
        if let seed = reader.int("seed", in: 0...Int64.max, &diagnostics) { configuration.seed = UInt64(seed) }
        if let count = reader.int("min_insync_replicas", in: 1...100, &diagnostics) {
            configuration.minInsyncReplicas = Int(count)
        }
        if let rate = reader.bytes("catch_up", perSecond: true, &diagnostics) { configuration.catchUp = rate }
        if let rate = reader.bytes("ingest", perSecond: true, &diagnostics) { configuration.ingest = rate }
        if let time = reader.duration("session_timeout", &diagnostics) { configuration.sessionTimeout = time }
        if let time = reader.duration("start_time", &diagnostics) { configuration.startTime = time }
        if let time = reader.duration("stop_time", &diagnostics) { configuration.stopTime = time }
        if let count = reader.int("log_directories", in: 1...maximumDirectories, &diagnostics) {
            configuration.logDirectories = (0..<count).map { "/var/lib/kafka/data\($0 == 0 ? "" : "-\($0 + 1)")" }
        }
        secure(&configuration, reader, &diagnostics)
        let speed = reader.number("speed", above: 0, upTo: maximumSpeed, &diagnostics) ?? defaultSpeed
        checkSize(configuration, reader, &diagnostics)
        guard diagnostics.count == before else { return nil }
        return EmbeddedCluster(name: cluster.name, configuration: configuration, speed: speed)
    }

    // MARK: Parts

    private static func nodes(
        of cluster: ClusterSettings, _ hosts: [Host], _ reader: ConfigurationReader, _ diagnostics: inout [Diagnostic]
    ) -> [SimulatedClusterConfiguration.Node] {
        let members = hosts.filter { $0.cluster == cluster.name && $0.nodeID != nil }
        guard !members.isEmpty else {
            diagnostics.append(
                Diagnostic(
                    code: "no-nodes", "the embedded cluster '\(cluster.name)' has no host",
                    hint: "give hosts `cluster: \(cluster.name)` and a `broker_id`", at: reader.span))
            return []
        }
        guard members.count <= maximumNodes else {
            diagnostics.append(
                Diagnostic(
                    code: "too-large",
                    "the embedded cluster '\(cluster.name)' has \(members.count) hosts, at most \(maximumNodes)",
                    at: reader.span))
            return []
        }
        let racks = reader.int("racks", in: 0...1000, &diagnostics).map { Int($0) } ?? 0
        let dedicated = members.contains { $0.brokerID == nil }
        let named = reader.template("controllers") == nil ? nil : Set(controllers(reader, members, &diagnostics))
        var place = 0
        var seen = Set<Int32>()
        return members.compactMap { host in
            guard let id = host.nodeID, seen.insert(id).inserted else { return nil }
            let isBroker = host.brokerID != nil
            defer { if isBroker { place += 1 } }
            let rack = host.rack ?? (racks > 0 && isBroker ? "rack-\(place % racks + 1)" : nil)
            return SimulatedClusterConfiguration.Node(
                id: id, host: host.connection.address, rack: rack, isBroker: isBroker,
                isController: named.map { $0.contains(id) } ?? (!isBroker || !dedicated))
        }
    }

    /// `controllers: [1, 2, 3]`: the voters; without it the hosts that have no broker id, else all.
    private static func controllers(
        _ reader: ConfigurationReader, _ members: [Host], _ diagnostics: inout [Diagnostic]
    ) -> [Int32] {
        var ids: [Int32] = []
        for element in reader.elements("controllers", &diagnostics) {
            if case .literal(let value) = element, let id = value.value.intValue.flatMap({ Int32(exactly: $0) }),
                members.contains(where: { $0.nodeID == id })
            {
                ids.append(id)
            } else {
                diagnostics.append(
                    Diagnostic(
                        code: "unknown-node", "simulated: a controller must be the node id of a host", at: element.span)
                )
            }
        }
        if ids.isEmpty, diagnostics.isEmpty {
            diagnostics.append(
                Diagnostic(
                    code: "no-nodes", "simulated: a cluster needs a controller", at: reader.span(of: "controllers")))
        }
        return ids
    }

    private static func topic(
        _ template: ValueTemplate, _ nodes: [SimulatedClusterConfiguration.Node], _ diagnostics: inout [Diagnostic]
    ) -> SimulatedClusterConfiguration.Topic? {
        let known = [
            "name", "partitions", "replication_factor", "min_insync_replicas", "bytes_per_partition", "ingest",
            "configs",
        ]
        guard let reader = ConfigurationReader(template, what: "a topic of simulated", known: known, &diagnostics)
        else {
            return nil
        }
        guard let name = reader.text("name", &diagnostics) else {
            diagnostics.append(
                Diagnostic(code: "missing-key", "a topic of simulated needs a `name`", at: reader.span))
            return nil
        }
        var topic = SimulatedClusterConfiguration.Topic(name: name)
        if let count = reader.int("partitions", in: 1...100_000, &diagnostics) { topic.partitions = Int32(count) }
        let brokers = Int64(nodes.count { $0.isBroker })
        if let factor = reader.int("replication_factor", in: 1...max(1, brokers), &diagnostics) {
            topic.replicationFactor = Int16(truncatingIfNeeded: factor)
        }
        if let count = reader.int("min_insync_replicas", in: 1...100, &diagnostics) {
            topic.minInsyncReplicas = Int(count)
        }
        if let amount = reader.bytes("bytes_per_partition", &diagnostics) { topic.bytesPerPartition = amount }
        topic.ingest = reader.bytes("ingest", perSecond: true, &diagnostics)
        if case .map(let entries, _)? = reader.template("configs") {
            for (key, value) in entries {
                guard case .literal(let literal) = value else { continue }
                topic.configs[key.value] = literal.value.stringValue ?? JSON.text(literal.value)
            }
        }
        return topic
    }

    private static func checkSize(
        _ configuration: SimulatedClusterConfiguration, _ reader: ConfigurationReader, _ diagnostics: inout [Diagnostic]
    ) {
        let partitions = configuration.topics.reduce(Int64(0)) { $0 + Int64($1.partitions) }
        if partitions > maximumPartitions {
            diagnostics.append(
                Diagnostic(
                    code: "too-large",
                    "an embedded cluster holds \(maximumPartitions) partitions at most, not \(partitions)",
                    at: reader.span(of: "topics")))
        }
        var names = Set<String>()
        for topic in configuration.topics where !names.insert(topic.name).inserted {
            diagnostics.append(
                Diagnostic(
                    code: "duplicate-name", "the topic '\(topic.name)' is there twice", at: reader.span(of: "topics")))
        }
    }
}
