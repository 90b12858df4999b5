import KafkaWire

// Transactions: partitions, offsets, ends, and what readers of committed records see.

extension DifferentialTests {
    private static func initialize(
        _ name: String, _ kind: DifferentialRow.Kind, id: String = "tx", timeout: Int32 = 600_000, producer: Int64 = -1,
        epoch: Int16 = -1, as login: DifferentialSide.Login = .administrator
    ) -> DifferentialRow {
        .making(
            name, kind, as: login,
            learning: { (answer: InitProducerIdResponse, side) in
                guard answer.errorCode == .none else { return }
                side[number: "tx producer"] = answer.producerId
                side[number: "tx epoch"] = Int64(answer.producerEpoch)
            }
        ) { _ in
            InitProducerIdRequest(
                transactionalId: id, transactionTimeoutMs: timeout, producerId: producer, producerEpoch: epoch)
        }
    }

    private static func add(
        _ name: String, _ kind: DifferentialRow.Kind, id: String = "tx", topic: String = "ledger", partition: Int32 = 0,
        producer: Int64? = nil, epochOffset: Int16 = 0, as login: DifferentialSide.Login = .administrator
    ) -> DifferentialRow {
        .making(name, kind, at: 3, as: login) { side in
            AddPartitionsToTxnRequest(
                v3AndBelowTransactionalId: id, v3AndBelowProducerId: producer ?? side[number: "tx producer"],
                v3AndBelowProducerEpoch: Int16(side[number: "tx epoch"]) + epochOffset,
                v3AndBelowTopics: [.init(name: topic, partitions: [partition])])
        }
    }

    private static func write(
        _ name: String, _ kind: DifferentialRow.Kind, topic: String = "ledger", sequence: Int32, id: String? = "tx",
        at version: Int16 = 11
    ) -> DifferentialRow {
        .making(name, kind, at: version) { side in
            let producer = RecordBatchBuilder.Producer(
                id: side[number: "tx producer"], epoch: Int16(side[number: "tx epoch"]), baseSequence: sequence)
            return ProduceRequest(
                transactionalId: id, acks: -1, timeoutMs: 10_000,
                topicData: [
                    .init(
                        name: topic,
                        partitionData: [
                            .init(index: 0, records: batch([name], producer: producer, transactional: true))
                        ])
                ])
        }
    }

    private static func end(
        _ name: String, _ kind: DifferentialRow.Kind, id: String = "tx", committed: Bool, at version: Int16 = 4,
        epochOffset: Int16 = 0, producer: Int64? = nil
    ) -> DifferentialRow {
        .making(
            name, kind, at: version,
            learning: { (answer: EndTxnResponse, side) in
                guard answer.errorCode == .none, answer.producerId >= 0 else { return }
                side[number: "tx epoch"] = Int64(answer.producerEpoch)
            }
        ) { side in
            EndTxnRequest(
                transactionalId: id, producerId: producer ?? side[number: "tx producer"],
                producerEpoch: Int16(side[number: "tx epoch"]) + epochOffset, committed: committed)
        }
    }

    private static func describe(
        _ name: String, _ kind: DifferentialRow.Kind = .look, _ ids: [String],
        as login: DifferentialSide.Login = .administrator
    ) -> DifferentialRow {
        DifferentialRow(name, kind, DescribeTransactionsRequest(transactionalIds: ids), as: login)
    }

    static var transactionRows: [DifferentialRow] {
        [
            DifferentialRow("the coordinator of a transaction", .look) { side in
                let answer = try await side.ask(
                    FindCoordinatorRequest(keyType: 1, coordinatorKeys: ["tx"]), version: 4)
                return answer.coordinators.map { "\($0.key) \($0.nodeId) \($0.errorCode)" }.joined()
            },
            DifferentialRow("transactions before any", .look) { side in
                AnswerText().text(
                    try await side.ask(DescribeTransactionsRequest(transactionalIds: ["early"]), version: 0))
            },
            initialize("an empty transactional id", .refusal, id: ""),
            initialize("a transaction without time", .refusal, timeout: 0),
            initialize("a transaction with too much time", .refusal, timeout: 1_000_000),
            initialize("a transactional id without right", .refusal, as: .alice),
            initialize("a transactional id", .success), describe("a new transactional id", .look, ["tx"]),
            initialize("a transactional id of another producer", .refusal, producer: 99_999, epoch: 3),
            add("add partitions to an unknown transaction", .refusal, id: "nobody"),
            add("add partitions as another producer", .refusal, producer: 99_999),
            add("add partitions of a later epoch", .refusal, epochOffset: 5),
            add("add an unknown topic", .refusal, topic: "nope"),
            add("add partitions without right", .refusal, as: .alice),
            write("write to a partition that was not added", .refusal, sequence: 0),
            end("end what has not begun", .refusal, committed: true),
            add("add a partition", .success), describe("an open transaction", .look, ["tx"]),
            write("write in a transaction", .success, sequence: 0),
            write("write without the id", .refusal, sequence: 1, id: nil),
            fetch("read uncommitted", .look, "ledger", at: 4),
            fetch("read committed", .look, "ledger", at: 4, isolation: 1),
            DifferentialRow(
                "the stable end", .look,
                ListOffsetsRequest(
                    replicaId: -1, isolationLevel: 1,
                    topics: [.init(name: "ledger", partitions: [.init(partitionIndex: 0, timestamp: -1)])])),
            DifferentialRow("list transactions", .look, ListTransactionsRequest()),
            DifferentialRow(
                "list transactions in unknown states", .look, ListTransactionsRequest(stateFilters: ["Ongoing", "Odd"])),
            DifferentialRow("list transactions without right", .look, ListTransactionsRequest(), as: .alice),
            DifferentialRow("list long transactions", .look, ListTransactionsRequest(durationFilter: 3_600_000)),
            DifferentialRow("list transactions by pattern", .look) { side in
                guard side.highest(ListTransactionsRequest.self) >= 2 else { return "not in this release" }
                return AnswerText().text(
                    try await side.ask(ListTransactionsRequest(transactionalIdPattern: "t.*"), version: 2))
            },
            DifferentialRow("list transactions by no pattern", .refusal) { side in
                guard side.highest(ListTransactionsRequest.self) >= 2 else { return "not in this release" }
                return AnswerText().text(
                    try await side.ask(ListTransactionsRequest(transactionalIdPattern: "(ab"), version: 2))
            },
            end("end as another producer", .refusal, committed: true, producer: 99_999),
            end("end in a later epoch", .refusal, committed: true, epochOffset: 3),
            end("commit a transaction", .success, committed: true),
            DifferentialRow("a committed transaction", .look) { side in
                let answer = try await side.ask(DescribeTransactionsRequest(transactionalIds: ["tx"]), version: 0)
                return answer.transactionStates.map { "\($0.transactionState) \($0.topics.count)" }.joined()
            },
            end("commit it again", .success, committed: true),
            end("abort what is committed", .refusal, committed: false),
            fetch("read committed after the commit", .look, "ledger", at: 4, isolation: 1),
            add("add a partition again", .success), write("write what will be aborted", .success, sequence: 1),
            .making("add offsets", .success, at: 3) { side in
                AddOffsetsToTxnRequest(
                    transactionalId: "tx", producerId: side[number: "tx producer"],
                    producerEpoch: Int16(side[number: "tx epoch"]), groupId: "paid")
            },
            .making("add offsets to an unknown transaction", .refusal, at: 3) { side in
                AddOffsetsToTxnRequest(
                    transactionalId: "nobody", producerId: side[number: "tx producer"], producerEpoch: 0,
                    groupId: "paid")
            },
            .making("commit offsets in a transaction", .success, at: 3) { side in
                TxnOffsetCommitRequest(
                    transactionalId: "tx", groupId: "paid", producerId: side[number: "tx producer"],
                    producerEpoch: Int16(side[number: "tx epoch"]),
                    topics: [.init(name: "orders", partitions: [.init(partitionIndex: 0, committedOffset: 9)])])
            },
            .making("commit offsets of an unknown topic in a transaction", .refusal, at: 3) { side in
                TxnOffsetCommitRequest(
                    transactionalId: "tx", groupId: "paid", producerId: side[number: "tx producer"],
                    producerEpoch: Int16(side[number: "tx epoch"]),
                    topics: [.init(name: "nope", partitions: [.init(partitionIndex: 0, committedOffset: 9)])])
            },
            DifferentialRow(
                "offsets that are not stable", .look,
                OffsetFetchRequest(
                    groups: [.init(groupId: "paid", topics: [.init(name: "orders", partitionIndexes: [0])])],
                    requireStable: true), at: 9),
            end("abort a transaction", .success, committed: false),
            DifferentialRow("an aborted transaction", .look) { side in
                let answer = try await side.ask(DescribeTransactionsRequest(transactionalIds: ["tx"]), version: 0)
                return answer.transactionStates.map { "\($0.transactionState) \($0.topics.count)" }.joined()
            },
            fetch("read committed after the abort", .look, "ledger", at: 6, isolation: 1),
            DifferentialRow(
                "offsets after the abort", .look,
                OffsetFetchRequest(groups: [.init(groupId: "paid", topics: nil)], requireStable: true), at: 9),
            describe("unknown transactions", .refusal, ["nobody", ""]),
            describe("a transaction without right", .refusal, ["tx"], as: .alice),
            initialize("a transactional id again", .success),
            DifferentialRow(
                "markers of an unknown topic", .refusal,
                WriteTxnMarkersRequest(
                    markers: [
                        .init(
                            producerId: 12_345, producerEpoch: 0, transactionResult: false,
                            topics: [.init(name: "nope", partitionIndexes: [0])], coordinatorEpoch: 0)
                    ]), at: 1, without: ["markers"]),
            DifferentialRow(
                "markers without right", .refusal,
                WriteTxnMarkersRequest(
                    markers: [
                        .init(
                            producerId: 12_345, producerEpoch: 0, transactionResult: false,
                            topics: [.init(name: "ledger", partitionIndexes: [0])], coordinatorEpoch: 0)
                    ]), at: 1, as: .alice),
        ]
    }
}
