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

    /// Asks for all of it at once. Of a topic that is not there, or is not shown, the rest is not looked at.
    static func read(_ name: String, _ reader: any ClusterReader) async throws(LookFailure) -> TopicLook {
        async let configs = configs(of: name, reader)
        async let moves = moves(reader)
        async let eligible = eligible(of: name, reader)
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
        return TopicLook(topic, snapshot, eligible: await eligible, moves: await moves, try await configs.get())
    }

    private static func configs(
        of name: String, _ reader: any ClusterReader
    ) async -> Result<ConfigsLook, LookFailure> {
        do throws(LookFailure) { return .success(try await ConfigsLook.read([.topic(name)], all: false, reader)) } catch
        {
            return .failure(error)
        }
    }

    /// By partition; nil where the cluster does not know the notion.
    private static func eligible(
        of name: String, _ reader: any ClusterReader
    ) async -> Result<[Int32: [Int32]]?, KafkaError> {
        do throws(KafkaError) {
            if let versions = await reader.versionsOfAny(), hasNoEligible(versions) { return .success([:]) }
            return .success(try await reader.eligibleLeaderReplicas(topics: [name])?.first?.result.get())
        } catch {
            return .failure(error)
        }
    }

    /// The broker knows the notion, and the cluster has not turned it on (`eligible.leader.replicas.version`, KIP-966): there are
    /// none then, and the answer would be all partitions in pages for nothing.
    private static func hasNoEligible(_ versions: NodeVersions) -> Bool {
        versions.finalizedFeaturesEpoch >= 0 && versions.apis[APIKey.describeTopicPartitions.rawValue] != nil
            && !versions.finalizedFeatures.contains { $0.name == "eligible.leader.replicas.version" && $0.maximum > 0 }
    }

    private static func moves(_ reader: any ClusterReader) async -> Result<[Reassignment], KafkaError> {
        do throws(KafkaError) { return .success(try await reader.listReassignments()) } catch {
            return .failure(error)
        }
    }

    init(
        _ topic: ClusterSnapshot.Topic, _ snapshot: ClusterSnapshot, eligible: Result<[Int32: [Int32]]?, KafkaError>,
        moves: Result<[Reassignment], KafkaError>, _ described: ConfigsLook
    ) {
        name = topic.name
        id = topic.idText
        isInternal = topic.isInternal
        var problems: [String] = []
        if case .failure(let error) = eligible { problems.append("eligible leader replicas: \(error.message)") }
        var moving: [Int32: Reassignment]?
        switch moves {
        case .success(let moves):
            let own = moves.filter { $0.partition.topic == topic.name }
            moving = Dictionary(own.map { ($0.partition.partition, $0) }) { _, last in last }
        case .failure(let error):
            // Who may describe the topic alone still sees all of it: its replicas are there in any case.
            if case .notAuthorized = error.code {} else { problems.append("reassignments: \(error.message)") }
        }
        let candidates = try? eligible.get()
        partitions = snapshot.partitions(of: topic).sorted { $0.index < $1.index }.map { partition in
            let move = moving?[partition.index]
            return Partition(
                number: partition.index, leader: partition.leader, leaderEpoch: partition.leaderEpoch,
                replicas: Array(snapshot.replicas(of: partition)), inSync: snapshot.inSync(of: partition).sorted(),
                offline: snapshot.offline(of: partition).sorted(),
                eligible: candidates.map { ($0[partition.index] ?? []).sorted() },
                adding: moving.map { _ in move?.adding.sorted() ?? [] },
                removing: moving.map { _ in move?.removing.sorted() ?? [] })
        }
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

    package func write(to json: inout LookJSON) {
        json.object { json in
            json.field("name", name)
            json.field("id", id)
            json.field("internal", isInternal)
            json.key("partitions")
            json.list(partitions) { json, partition in
                json.object { json in
                    json.field("partition", Int64(partition.number))
                    json.field("leader", partition.leader < 0 ? nil : Int64(partition.leader))
                    json.field("leader_epoch", Int64(partition.leaderEpoch))
                    json.field("replicas", nodes: partition.replicas)
                    json.field("in_sync", nodes: partition.inSync)
                    json.field("offline", nodes: partition.offline)
                    json.field("eligible", nodes: partition.eligible)
                    json.field("adding", nodes: partition.adding)
                    json.field("removing", nodes: partition.removing)
                }
            }
            json.field("configs", .list(configs.map(\.value)))
        }
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
