package import KafkaAdmin
internal import KafkaOperations
package import Values

/// `opsrun topics`: every topic that the cluster shows us, internal ones too.
package struct TopicsLook: LookModel {
    struct Topic: Sendable {
        var name: String
        var id: String
        var isInternal: Bool
        var partitions: Int
        /// Of the partition that has the fewest.
        var replicationFactor: Int
        var underReplicated: Int
        var withoutLeader: Int
        var problem: String?
    }

    private let topics: [Topic]
    /// What may be missing.
    private let hidden: [String]

    package static let schema = RecordType([
        .init(
            "topics",
            .records(
                of:
                    .init("name", .string), .init("id", .string, "as Kafka's tools write it"),
                .init("internal", .bool), .init("partitions", .int, "how many"),
                .init("replication_factor", .int, "of the partition that has the fewest replicas"),
                .init("under_replicated", .int, "partitions with replicas out of sync"),
                .init("without_leader", .int, "partitions that nobody leads"),
                .init("problem", .optional(.string), "why the broker does not describe it")), "by name")
    ])

    static func read(_ reader: any ClusterReader) async throws(LookFailure) -> TopicsLook {
        let snapshot: ClusterSnapshot
        do throws(KafkaError) { snapshot = try await reader.snapshot(topics: nil, from: .any) } catch {
            throw LookFailure(error, "the topics cannot be listed")
        }
        let hidden = await hidden { () throws(KafkaError) in try await Visibility(reader).topics(in: snapshot) }
        return TopicsLook(snapshot, hidden: hidden)
    }

    package init(_ snapshot: ClusterSnapshot, hidden: [String] = []) {
        self.hidden = hidden
        topics = snapshot.topics.map { topic in
            let partitions = snapshot.partitions(of: topic)
            return Topic(
                name: topic.name, id: topic.idText, isInternal: topic.isInternal, partitions: partitions.count,
                replicationFactor: partitions.map(\.replicas.count).min() ?? 0,
                underReplicated: partitions.count { $0.inSync.count < $0.replicas.count },
                withoutLeader: partitions.count { $0.leader < 0 }, problem: topic.problem)
        }.sorted { $0.name < $1.name }
    }

    package var document: ValueMap {
        [
            "topics": .list(
                topics.map { topic in
                    [
                        "name": .string(topic.name), "id": .string(topic.id), "internal": .bool(topic.isInternal),
                        "partitions": .int(Int64(topic.partitions)),
                        "replication_factor": .int(Int64(topic.replicationFactor)),
                        "under_replicated": .int(Int64(topic.underReplicated)),
                        "without_leader": .int(Int64(topic.withoutLeader)), "problem": .orNull(topic.problem),
                    ]
                })
        ]
    }

    package func write(to json: inout LookJSON) {
        json.object { json in
            json.key("topics")
            json.list(topics) { json, topic in
                json.object { json in
                    json.field("name", topic.name)
                    json.field("id", topic.id)
                    json.field("internal", topic.isInternal)
                    json.field("partitions", Int64(topic.partitions))
                    json.field("replication_factor", Int64(topic.replicationFactor))
                    json.field("under_replicated", Int64(topic.underReplicated))
                    json.field("without_leader", Int64(topic.withoutLeader))
                    json.field("problem", topic.problem)
                }
            }
        }
    }

    package var tables: [LookTable] {
        [
            LookTable(
                columns: [
                    .init("NAME"), .init("PARTITIONS", number: true), .init("REPLICAS", number: true),
                    .init("UNDER-REPLICATED", number: true), .init("WITHOUT LEADER", number: true),
                    .init("ID", wide: true), .init("NOTE"),
                ],
                rows: topics.map { topic in
                    [
                        topic.name, "\(topic.partitions)", "\(topic.replicationFactor)", "\(topic.underReplicated)",
                        "\(topic.withoutLeader)", topic.id, topic.problem ?? (topic.isInternal ? "internal" : ""),
                    ]
                }, whenEmpty: hidden.isEmpty ? "no topics" : "no topic is shown to us")
        ]
    }

    package var names: [String] { topics.map(\.name) }
    package var problems: [String] {
        topics.compactMap { topic in topic.problem.map { "topic \(topic.name) cannot be described: \($0)" } } + hidden
    }
}
