import KafkaWire

// What coordinators write down, as readers of their topics find it.

extension DifferentialTests {
    /// The records of one group, or of one transactional id, in the order in which they were written.
    private static func records(_ name: String, _ topic: String, of owner: String) -> DifferentialRow {
        DifferentialRow("log: \(name)", .look) { side in
            var lines: [String] = []
            var offset: Int64 = 0
            var isOver = false
            while !isOver {
                let answer = try await side.ask(
                    FetchRequest(
                        maxWaitMs: 0, minBytes: 0, maxBytes: 8 << 20,
                        topics: [
                            .init(topic: topic, partitions: [.init(fetchOffset: offset, partitionMaxBytes: 8 << 20)])
                        ]), version: 12)
                let bytes = answer.responses.first?.partitions.first?.records ?? []
                var reader = RecordBatchReader(bytes)
                isOver = true
                while let batch = try? reader.next() {
                    isOver = false
                    offset = batch.lastOffset + 1
                    guard !batch.isControl, var records = try? reader.records(of: batch) else { continue }
                    let kind = batch.isTransactional ? "transactional epoch \(batch.producerEpoch) " : ""
                    while let record = try? records.next() {
                        guard let line = try text(record, topic, owner) else { continue }
                        lines.append(kind + line)
                    }
                }
            }
            return sorted(lines).joined(separator: "\n")
        }
    }

    /// Lines of one batch that say what is gone come in any order.
    private static func sorted(_ lines: [String]) -> [String] {
        lines.split(omittingEmptySubsequences: false) { !$0.hasSuffix(" gone") }.reduce(into: lines) { lines, gone in
            lines.replaceSubrange(gone.startIndex..<gone.endIndex, with: gone.sorted())
        }
    }

    /// Numbers that differ from cluster to cluster, as what they mean.
    private static func times(_ value: TransactionLogValue) -> String {
        let previous =
            value.previousProducerId == value.producerId ? "itself" : value.previousProducerId < 0 ? "none" : "another"
        return "started \(value.transactionStartTimestampMs > 0) after \(previous)"
    }

    private static func text(_ record: Record, _ topic: String, _ owner: String) throws -> String? {
        let key = record.key.map { Array($0) } ?? []
        let value = record.value.map { Array($0) }
        let version = value.map { $0.count > 1 ? "v\($0[1]) " : "" } ?? ""
        let shown = AnswerText(ignored: [
            "commitTimestamp", "currentStateTimestamp", "transactionLastUpdateTimestampMs",
            "transactionStartTimestampMs", "subscription", "previousProducerId",
        ])
        if topic == "__transaction_state" {
            guard case .state(let key, let value) = try CoordinatorRecord.transaction(key: key, value: value),
                key.transactionalId == owner
            else { return nil }
            return version + (value.map { "\(times($0)) \(shown.text($0))" } ?? "gone")
        }
        switch try CoordinatorRecord.group(key: key, value: value) {
        case .offsetCommit(let key, let value) where key.group == owner:
            return "\(key.topic)-\(key.partition) \(version)" + (value.map { shown.text($0) } ?? "gone")
        case .groupMetadata(let key, let value) where key.group == owner:
            return "group \(version)" + (value.map { shown.text($0) } ?? "gone")
        default: return nil
        }
    }

    private static func commit(_ name: String, partition: Int32, offset: Int64) -> DifferentialRow {
        DifferentialRow(
            "log: \(name)", .success,
            OffsetCommitRequest(
                groupId: "logged",
                topics: [
                    .init(
                        name: "orders",
                        partitions: [
                            .init(partitionIndex: partition, committedOffset: offset, committedMetadata: "note")
                        ])
                ]), at: 9)
    }

    private static func initialize(_ name: String) -> DifferentialRow {
        .making(
            "log: \(name)", .success,
            learning: { (answer: InitProducerIdResponse, side) in
                guard answer.errorCode == .none else { return }
                side[number: "logged producer"] = answer.producerId
                side[number: "logged epoch"] = Int64(answer.producerEpoch)
            }
        ) { _ in InitProducerIdRequest(transactionalId: "logged", transactionTimeoutMs: 600_000) }
    }

    private static func end(_ name: String, committed: Bool, at version: Int16) -> DifferentialRow {
        .making(
            "log: \(name)", .success, at: version,
            learning: { (answer: EndTxnResponse, side) in
                guard answer.errorCode == .none, answer.producerId >= 0 else { return }
                side[number: "logged epoch"] = Int64(answer.producerEpoch)
            }
        ) { side in
            EndTxnRequest(
                transactionalId: "logged", producerId: side[number: "logged producer"],
                producerEpoch: Int16(side[number: "logged epoch"]), committed: committed)
        }
    }

    /// Until the markers of the last transaction are written.
    private static func over(_ name: String) -> DifferentialRow {
        DifferentialRow("log: \(name)", .look) { side in
            let answer = try await side.ask(DescribeTransactionsRequest(transactionalIds: ["logged"]), version: 0)
            return answer.transactionStates.map { "\($0.transactionState) \($0.topics.count)" }.joined()
        }
    }

    static var coordinatorRows: [DifferentialRow] {
        [
            commit("commit", partition: 0, offset: 4), commit("commit more", partition: 1, offset: 7),
            commit("commit again", partition: 0, offset: 5),
            DifferentialRow(
                "log: delete an offset", .success,
                OffsetDeleteRequest(
                    groupId: "logged", topics: [.init(name: "orders", partitions: [.init(partitionIndex: 1)])])),
            initialize("begin"),
            .making("log: add offsets", .success, at: 3) { side in
                AddOffsetsToTxnRequest(
                    transactionalId: "logged", producerId: side[number: "logged producer"],
                    producerEpoch: Int16(side[number: "logged epoch"]), groupId: "logged")
            },
            .making("log: add a partition", .success, at: 3) { side in
                AddPartitionsToTxnRequest(
                    v3AndBelowTransactionalId: "logged", v3AndBelowProducerId: side[number: "logged producer"],
                    v3AndBelowProducerEpoch: Int16(side[number: "logged epoch"]),
                    v3AndBelowTopics: [.init(name: "ledger", partitions: [0])])
            },
            .making("log: add it again", .success, at: 3) { side in
                AddPartitionsToTxnRequest(
                    v3AndBelowTransactionalId: "logged", v3AndBelowProducerId: side[number: "logged producer"],
                    v3AndBelowProducerEpoch: Int16(side[number: "logged epoch"]),
                    v3AndBelowTopics: [.init(name: "ledger", partitions: [0])])
            },
            .making("log: commit in the transaction", .success, at: 3) { side in
                TxnOffsetCommitRequest(
                    transactionalId: "logged", groupId: "logged", producerId: side[number: "logged producer"],
                    producerEpoch: Int16(side[number: "logged epoch"]),
                    topics: [.init(name: "orders", partitions: [.init(partitionIndex: 2, committedOffset: 9)])])
            },
            end("commit it all", committed: true, at: 4), over("it is committed"),
            DifferentialRow(
                "log: the offsets of the transaction", .look,
                OffsetFetchRequest(groups: [.init(groupId: "logged", topics: nil)], requireStable: true), at: 9),
            initialize("begin another time"),
            .making("log: add a partition another time", .success, at: 3) { side in
                AddPartitionsToTxnRequest(
                    v3AndBelowTransactionalId: "logged", v3AndBelowProducerId: side[number: "logged producer"],
                    v3AndBelowProducerEpoch: Int16(side[number: "logged epoch"]),
                    v3AndBelowTopics: [.init(name: "ledger", partitions: [0])])
            },
            end("abort it", committed: false, at: 5), over("it is aborted"),
            records("the records of a transactional id", "__transaction_state", of: "logged"),
            records("the records of a group", "__consumer_offsets", of: "logged"),
            records("the records of a group with members", "__consumer_offsets", of: "static"),
            DifferentialRow("log: delete the group", .success, DeleteGroupsRequest(groupsNames: ["logged"])),
            records("the records of a group that is gone", "__consumer_offsets", of: "logged"),
        ]
    }
}
