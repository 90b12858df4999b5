internal import KafkaAdmin
internal import KafkaWire
internal import Playbooks
package import Values

/// `opsrun topic NAME`: its partitions, and what is configured for it alone.
package struct TopicLook: LookModel {
    struct Partition: Sendable {
        var number: Int32
        /// -1: none.
        var leader: Int32
        var leaderEpoch: Int32
        var replicas: [Int32]
        var inSync: [Int32]
        var offline: [Int32]
        /// Nil where the cluster does not know the notion (before 4.0).
        var eligible: [Int32]?
        /// Nil where the reassignments may not be listed, which takes a right on the whole cluster.
        var adding: [Int32]?
        var removing: [Int32]?
    }

    private let name: String
    private let id: String
    private let isInternal: Bool
    private let partitions: [Partition]
    private let configs: [ConfigsLook.Entry]
    package private(set) var problems: [String]

    package static let schema = RecordType([
        .init("name", .string), .init("id", .string, "as Kafka's tools write it"), .init("internal", .bool),
        .init(
            "partitions",
            .records(
                of:
                    .init("partition", .int), .init("leader", .optional(.int), "null: nobody leads it"),
                .init("leader_epoch", .int), .init("replicas", .list(.int), "the preferred leader first"),
                .init("in_sync", .list(.int)), .init("offline", .list(.int), "replicas whose broker or disk is away"),
                .init("eligible", .optional(.list(.int)), "may lead without being in sync; null before 4.0"),
                .init(
                    "adding", .optional(.list(.int)),
                    "by a reassignment; null without the right to describe the cluster"),
                .init("removing", .optional(.list(.int)), "null as `adding`")), "by number"),
        .init("configs", ConfigsLook.entries, "what is not default, by key"),
    ])

    static func read(_ name: String, _ reader: any ClusterReader) async throws(LookFailure) -> TopicLook {
        let snapshot: ClusterSnapshot
        do throws(KafkaError) {
            snapshot = try await reader.snapshot(topics: [name], from: .any)
        } catch {
            throw LookFailure(error, "topic \(name) cannot be described")
        }
        guard let topic = snapshot.topics.first(where: { $0.name == name }), topic.error != .unknownTopicOrPartition
        else {
            let known = (try? await reader.snapshot(topics: nil, from: .any))?.topics.map(\.name) ?? []
            throw .noMatch("there is no topic \(name)", hint: NearestName.hint(name, in: known))
        }
        if let error = topic.error {
            throw LookFailure(
                KafkaError.answered(error, api: .metadata, about: name), "topic \(name) cannot be described")
        }
        return try await TopicLook(topic, snapshot, reader)
    }

    private init(
        _ topic: ClusterSnapshot.Topic, _ snapshot: ClusterSnapshot, _ reader: any ClusterReader
    ) async throws(LookFailure) {
        name = topic.name
        id = topic.idText
        isInternal = topic.isInternal
        var problems: [String] = []
        var eligible: [Int32: [Int32]]?
        var moves: [TopicPartition: Reassignment]?
        do throws(KafkaError) {
            eligible = try await reader.eligibleLeaderReplicas(topics: [topic.name])?.first?.result.get()
        } catch {
            problems.append("eligible leader replicas: \(error.message)")
        }
        do throws(KafkaError) {
            var found: [TopicPartition: Reassignment] = [:]
            for move in try await reader.listReassignments() { found[move.partition] = move }
            moves = found
        } catch {
            // Who may describe the topic alone still sees all of it: its replicas are there in any case.
            if case .notAuthorized = error.code {} else { problems.append("reassignments: \(error.message)") }
        }
        partitions = snapshot.partitions(of: topic).map { partition in
            let key = TopicPartition(topic.name, partition.index)
            return Partition(
                number: partition.index, leader: partition.leader, leaderEpoch: partition.leaderEpoch,
                replicas: Array(snapshot.replicas(of: partition)), inSync: snapshot.inSync(of: partition).sorted(),
                offline: snapshot.offline(of: partition).sorted(),
                eligible: eligible.map { ($0[partition.index] ?? []).sorted() },
                adding: moves.map { $0[key]?.adding.sorted() ?? [] },
                removing: moves.map { $0[key]?.removing.sorted() ?? [] })
        }.sorted { $0.number < $1.number }
        let described = try await ConfigsLook.read([.topic(topic.name)], all: false, reader)
        configs = described.resources.first?.entries ?? []
        self.problems = problems + described.problems
    }

    package var document: ValueMap {
        [
            "name": .string(name), "id": .string(id), "internal": .bool(isInternal),
            "partitions": .list(
                partitions.map { partition in
                    [
                        "partition": .int(Int64(partition.number)),
                        "leader": partition.leader < 0 ? .null : .int(Int64(partition.leader)),
                        "leader_epoch": .int(Int64(partition.leaderEpoch)), "replicas": .nodes(partition.replicas),
                        "in_sync": .nodes(partition.inSync), "offline": .nodes(partition.offline),
                        "eligible": partition.eligible.map { .nodes($0) } ?? .null,
                        "adding": partition.adding.map { .nodes($0) } ?? .null,
                        "removing": partition.removing.map { .nodes($0) } ?? .null,
                    ]
                }),
            "configs": .list(configs.map(\.value)),
        ]
    }

    package var tables: [LookTable] {
        let factor = partitions.map(\.replicas.count).min() ?? 0
        return [
            .facts([
                ("topic", name), ("id", id), ("partitions", "\(partitions.count)"), ("replicas", "\(factor)"),
                ("internal", LookCells.yes(isInternal)),
            ]),
            LookTable(
                "Partitions",
                columns: [
                    .init("PARTITION", number: true), .init("LEADER", number: true), .init("REPLICAS"),
                    .init("IN SYNC"), .init("OFFLINE"), .init("ELIGIBLE", wide: true), .init("EPOCH", wide: true),
                    .init("NOTE"),
                ],
                rows: partitions.map { partition in
                    [
                        "\(partition.number)", partition.leader < 0 ? "none" : "\(partition.leader)",
                        LookCells.ids(partition.replicas), LookCells.ids(partition.inSync),
                        LookCells.ids(partition.offline), LookCells.ids(partition.eligible ?? []),
                        "\(partition.leaderEpoch)", note(partition),
                    ]
                }),
            ConfigsLook.table("Configuration", configs),
        ]
    }

    private func note(_ partition: Partition) -> String {
        var notes: [String] = []
        let missing = partition.replicas.filter { !partition.inSync.contains($0) }
        if partition.leader < 0 { notes.append("no leader") }
        if !missing.isEmpty { notes.append("out of sync: \(LookCells.ids(missing))") }
        if let adding = partition.adding, !adding.isEmpty { notes.append("adding \(LookCells.ids(adding))") }
        if let removing = partition.removing, !removing.isEmpty {
            notes.append("removing \(LookCells.ids(removing))")
        }
        return notes.joined(separator: "; ")
    }

    package var names: [String] { partitions.map { "\(name)-\($0.number)" } }
}
