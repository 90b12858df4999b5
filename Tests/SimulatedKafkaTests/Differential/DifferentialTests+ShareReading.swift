import KafkaWire

// Reading and acknowledging in a share group.

extension DifferentialTests {
    private static let member = "AAAAAAAAAAAAAAAAAAAAAQ"

    private static func read(
        _ name: String, _ kind: DifferentialRow.Kind, group: String = "eaters", member: String? = member, epoch: Int32,
        topic: String? = "meals", partition: Int32 = 0, records: Int32 = 500, wait: Int32 = 0,
        acknowledging: [AcknowledgedRecords] = [], as login: DifferentialSide.Login = .administrator
    ) -> DifferentialRow {
        .making("share: \(name)", kind, as: login) { side in
            var topics: [ShareFetchRequest.Topic] = []
            if let topic {
                let id = topic == "nope" ? KafkaUUID(high: 7, low: 9) : try await side.id(of: topic)
                topics = [
                    .init(
                        topicId: id,
                        partitions: [.init(partitionIndex: partition, acknowledgementBatches: acknowledging)])
                ]
            }
            return ShareFetchRequest(
                groupId: group, memberId: member, shareSessionEpoch: epoch, maxWaitMs: wait, minBytes: 1,
                maxBytes: 1 << 20, maxRecords: records, batchSize: records, topics: topics)
        }
    }

    private static func acknowledge(
        _ name: String, _ kind: DifferentialRow.Kind, group: String = "eaters", member: String? = member, epoch: Int32,
        topic: String = "meals", _ batches: [AcknowledgedRecords], as login: DifferentialSide.Login = .administrator
    ) -> DifferentialRow {
        .making("share: \(name)", kind, as: login) { side in
            let id = topic == "nope" ? KafkaUUID(high: 7, low: 9) : try await side.id(of: topic)
            return ShareAcknowledgeRequest(
                groupId: group, memberId: member, shareSessionEpoch: epoch,
                topics: [
                    .init(topicId: id, partitions: [.init(partitionIndex: 0, acknowledgementBatches: batches)])
                ])
        }
    }

    private static func records(_ range: ClosedRange<Int64>, _ types: [Int8]) -> [AcknowledgedRecords] {
        [.init(firstOffset: range.lowerBound, lastOffset: range.upperBound, acknowledgeTypes: types)]
    }

    private static func write(_ name: String, _ values: [String]) -> DifferentialRow {
        DifferentialRow(
            "share: \(name)", .success,
            ProduceRequest(
                acks: -1, timeoutMs: 10_000,
                topicData: [.init(name: "meals", partitionData: [.init(index: 0, records: batch(values))])]), at: 12)
    }

    private static func position(_ name: String) -> DifferentialRow {
        DifferentialRow(
            "share: \(name)", .look,
            DescribeShareGroupOffsetsRequest(
                groups: [.init(groupId: "eaters", topics: [.init(topicName: "meals", partitions: [0])])]),
            without: ["leaderEpoch"])
    }

    static var shareReadRows: [DifferentialRow] {
        [
            DifferentialRow(
                "share: create meals", .success,
                CreateTopicsRequest(
                    topics: [.init(name: "meals", numPartitions: 1, replicationFactor: 1)], timeoutMs: 10_000),
                without: ["configs"]),
            settled("meals"), write("write meals", ["soup", "fish", "cake"]), write("write one more", ["tea"]),
            // A group that stands at the start of the topic, whose only member is here.
            DifferentialRow(
                "share: eaters begin at the start", .success,
                AlterShareGroupOffsetsRequest(
                    groupId: "eaters",
                    topics: [.init(topicName: "meals", partitions: [.init(partitionIndex: 0, startOffset: 0)])])),
            .making("share: an eater joins", .success, without: ["memberEpoch", "assignment"]) { _ in
                ShareGroupHeartbeatRequest(
                    groupId: "eaters", memberId: member, memberEpoch: 0, subscribedTopicNames: ["meals"])
            },
            read("read without right", .refusal, epoch: 0, as: .alice),
            read("read in a session that is not there", .refusal, epoch: 3),
            read("end a session that is not there", .refusal, epoch: -1),
            acknowledge("acknowledge in a session that is not there", .refusal, epoch: 1, records(0...0, [1])),
            acknowledge("acknowledge before there is a session", .refusal, epoch: 0, records(0...0, [1])),
            read(
                "begin a session with an acknowledgement", .refusal, epoch: 0,
                acknowledging: records(0...0, [1])),
            read("read an unknown topic", .refusal, epoch: 0, topic: "nope"),
            read("begin a session", .success, epoch: 0, records: 3, wait: 5_000),
            read("read in an old epoch", .refusal, epoch: 7),
            read("read on", .success, epoch: 1, topic: nil, wait: 5_000),
            acknowledge("acknowledge in an old epoch", .refusal, epoch: 9, records(0...0, [1])),
            acknowledge("accept a record", .success, epoch: 2, records(0...0, [1])),
            acknowledge("accept it again", .refusal, epoch: 3, records(0...0, [1])),
            acknowledge("acknowledge what nobody has", .refusal, epoch: 4, records(50...51, [1])),
            acknowledge("acknowledge an unknown topic", .refusal, epoch: 5, topic: "nope", records(1...1, [1])),
            acknowledge("release a record", .success, epoch: 6, records(1...1, [2])),
            acknowledge("accept what was released", .refusal, epoch: 7, records(1...1, [1])),
            acknowledge("reject a record", .success, epoch: 8, records(2...2, [3])),
            acknowledge("acknowledge without right", .refusal, epoch: 9, records(3...3, [1]), as: .alice),
            position("where the eaters stand"),
            read("read what was released", .success, epoch: 9, topic: nil, wait: 5_000),
            read(
                "accept by reading on", .success, epoch: 10, acknowledging: records(1...1, [1])),
            position("where the eaters stand then"),
            acknowledge("accept the last by ending the session", .success, epoch: -1, records(3...3, [1])),
            position("where the eaters stand in the end"),
            .making("share: the eater leaves", .success) { _ in
                ShareGroupHeartbeatRequest(groupId: "eaters", memberId: member, memberEpoch: -1)
            },
        ].map { $0.since(4, 2) }
    }
}
