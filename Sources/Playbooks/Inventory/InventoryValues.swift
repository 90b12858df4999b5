package import Values

/// What an inventory is in expressions: the records behind `host`, `groups`, `hosts`, `cluster` and `clusters`, and their types.
///
/// The engine adds what only a cluster or a host can tell (`installed_version`, `running_version`, `release`, `cluster.id`);
/// here these are null.
package enum InventoryValues {
    // MARK: Types

    /// The fields of a cluster in expressions. `id` is known before a connection only when the inventory pins it.
    package static let clusterRecord = RecordType([
        .init("name", .string, "Its name in the inventory"),
        .init("id", .optional(.string), "The cluster id; null until it was read, unless the inventory pins it"),
        .init("version", .optional(.version), "The release that should run, by the inventory"),
        .init("protected", .bool, "True when writes need an approved plan"),
        .init("bootstrap", .list(.string), "Where to connect first"),
        .init("bootstrap_controllers", .list(.string), "Where dedicated controllers answer"),
    ])

    package static let runRecord = RecordType([
        .init("id", .string, "The run's id"), .init("started", .timestamp, "When the run was started"),
        .init("now", .timestamp, "The present time, read anew for each task"),
        .init("user", .string, "Who started it"), .init("output", .string, "The folder for files of this run"),
    ])

    private static let facts: [RecordType.Field] = [
        .init("installed_version", .optional(.version), "What starts next"),
        .init("running_version", .optional(.version), "What the process that runs was started from"),
        .init("release", .optional(.version), "Observed over the protocol"),
    ]

    /// The record that all of these hosts fit: what is on every one is there, what only some have may be absent.
    package static func recordType(of hosts: [Host]) -> RecordType {
        var fields: [RecordType.Field] = [.init("name", .string), .init("groups", .list(.string))]
        let hasAllIDs = hosts.allSatisfy { $0.nodeID != nil }
        fields.append(.init("node_id", hasAllIDs ? .int : .optional(.int), "Its node id, broker or controller"))
        fields.append(.init("broker_id", .optional(.int), "Its broker id; null on a dedicated controller"))
        let hasAllClusters = !hosts.isEmpty && hosts.allSatisfy { $0.cluster != nil }
        fields.append(.init("cluster", hasAllClusters ? .string : .optional(.string), "The cluster it belongs to"))
        let hasAllRacks = !hosts.isEmpty && hosts.allSatisfy { $0.rack != nil }
        fields.append(.init("rack", hasAllRacks ? .string : .optional(.string)))
        fields.append(.init("address", .string, "Where it is reached"))
        fields += facts
        let known = Set(fields.map(\.name))
        var order: [String] = []
        var found: [String: (type: ValueType, count: Int)] = [:]
        for host in hosts {
            for (name, value) in host.variables where !known.contains(name) {
                let type = ValueType.inferred(from: value)
                if let before = found[name] {
                    let both = before.type == type ? type : before.type.unified(with: type) ?? .json
                    found[name] = (both, before.count + 1)
                } else {
                    order.append(name)
                    found[name] = (type, 1)
                }
            }
        }
        for name in order {
            guard let (type, count) = found[name] else { continue }
            fields.append(.init(name, type, mayBeAbsent: count < hosts.count))
        }
        return RecordType(fields)
    }

    // MARK: Values

    /// A host's record. Facts are null; the engine fills them in.
    package static func value(of host: Host) -> ValueMap {
        var map = host.variables
        map["name"] = .string(host.name)
        map["groups"] = .list(host.groups.map(Value.string))
        map["node_id"] = host.nodeID.map { .int(Int64($0)) } ?? .null
        map["broker_id"] = host.brokerID.map { .int(Int64($0)) } ?? .null
        map["cluster"] = host.cluster.map(Value.string) ?? .null
        map["rack"] = host.rack.map(Value.string) ?? .null
        map["address"] = .string(host.connection.address)
        for fact in facts { map[fact.name] = .null }
        return map
    }

    package static func value(of cluster: ClusterSettings) -> ValueMap {
        [
            "name": .string(cluster.name), "id": cluster.clusterID.map(Value.string) ?? .null,
            "version": cluster.version.map(Value.version) ?? .null, "protected": .bool(cluster.isProtected),
            "bootstrap": .list(cluster.bootstrap.map(Value.string)),
            "bootstrap_controllers": .list(cluster.bootstrapControllers.map(Value.string)),
        ]
    }

    /// `groups`: the hosts of each group as records.
    package static func groups(of inventory: Inventory) -> Value {
        let records = Dictionary(inventory.hosts.map { ($0.name, Value.map(value(of: $0))) }) { first, _ in first }
        return .map(ValueMap(inventory.groups.map { ($0.name, .list($0.hosts.compactMap { records[$0] })) }))
    }

    /// `hosts`: each host's record by name.
    package static func hosts(of inventory: Inventory) -> Value {
        .map(ValueMap(inventory.hosts.map { ($0.name, .map(value(of: $0))) }))
    }

    /// `clusters`: each cluster's record by name.
    package static func clusters(of inventory: Inventory) -> Value {
        .map(ValueMap(inventory.clusters.map { ($0.name, .map(value(of: $0))) }))
    }
}
