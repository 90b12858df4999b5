import KafkaWire

// Members and clients of yesterday: fenced epochs and instances, stale members, the wrong broker.

extension DifferentialTests {
    private static let subscription =
        (try? ConsumerProtocol.encoded(ConsumerProtocolSubscription(topics: ["orders"]), version: 1)) ?? []

    private static func join(
        _ name: String, _ kind: DifferentialRow.Kind, as slot: String = "static",
        member: @escaping @Sendable (DifferentialSide) -> String = { _ in "" }
    ) -> DifferentialRow {
        .making(
            name, kind,
            learning: { (answer: JoinGroupResponse, side) in
                guard answer.errorCode == .none else { return }
                side[word: slot] = answer.memberId
                side[number: "static generation"] = Int64(answer.generationId)
            }
        ) { side in
            JoinGroupRequest(
                groupId: "static", sessionTimeoutMs: 300_000, rebalanceTimeoutMs: 300_000, memberId: member(side),
                groupInstanceId: "one", protocolType: "consumer",
                protocols: [.init(name: "range", metadata: subscription)])
        }
    }

    private static func sync(_ name: String, _ kind: DifferentialRow.Kind, as slot: String) -> DifferentialRow {
        .making(name, kind) { side in
            SyncGroupRequest(
                groupId: "static", generationId: Int32(side[number: "static generation"]), memberId: side[word: slot],
                groupInstanceId: "one", protocolType: "consumer", protocolName: "range",
                assignments: [.init(memberId: side[word: slot], assignment: [0, 1, 2, 3])])
        }
    }

    private static func heartbeat(
        _ name: String, _ kind: DifferentialRow.Kind, instance: String = "one", as slot: String
    ) -> DifferentialRow {
        .making(name, kind) { side in
            HeartbeatRequest(
                groupId: "static", generationId: Int32(side[number: "static generation"]), memberId: side[word: slot],
                groupInstanceId: instance)
        }
    }

    private static func commit(
        _ name: String, _ kind: DifferentialRow.Kind, as slot: String, generation: Int32? = nil
    ) -> DifferentialRow {
        .making(name, kind, at: 9) { side in
            OffsetCommitRequest(
                groupId: "static", generationIdOrMemberEpoch: generation ?? Int32(side[number: "static generation"]),
                memberId: side[word: slot], groupInstanceId: "one",
                topics: [.init(name: "orders", partitions: [.init(partitionIndex: 0, committedOffset: 2)])])
        }
    }

    private static func leave(_ name: String, _ kind: DifferentialRow.Kind, member: String) -> DifferentialRow {
        DifferentialRow(
            name, kind,
            LeaveGroupRequest(groupId: "static", members: [.init(memberId: member, groupInstanceId: "one")]))
    }

    private static func modernCommit(
        _ name: String, _ kind: DifferentialRow.Kind, member: String = "static-1", epochOffset: Int32 = 0
    ) -> DifferentialRow {
        .making(name, kind, at: 9) { side in
            OffsetCommitRequest(
                groupId: "fenced", generationIdOrMemberEpoch: Int32(side[number: "fenced epoch"]) + epochOffset,
                memberId: member,
                topics: [.init(name: "orders", partitions: [.init(partitionIndex: 0, committedOffset: 2)])])
        }
    }

    private static func modernFetch(
        _ name: String, _ kind: DifferentialRow.Kind, member: String = "static-1", epochOffset: Int32 = 0
    ) -> DifferentialRow {
        .making(name, kind, at: 9) { side in
            OffsetFetchRequest(
                groups: [
                    .init(
                        groupId: "fenced", memberId: member,
                        memberEpoch: Int32(side[number: "fenced epoch"]) + epochOffset, topics: nil)
                ])
        }
    }

    private static func beat(
        _ name: String, _ kind: DifferentialRow.Kind, member: String = "static-1", epoch: Int32? = nil,
        epochOffset: Int32 = 0, joins: Bool = false, instance: String? = nil
    ) -> DifferentialRow {
        .making(
            name, kind, without: ["memberEpoch", "assignment", "heartbeatIntervalMs"],
            learning: { (answer: ConsumerGroupHeartbeatResponse, side) in
                guard answer.errorCode == .none, answer.memberEpoch > 0 else { return }
                side[number: "fenced epoch"] = Int64(answer.memberEpoch)
            }
        ) { side in
            ConsumerGroupHeartbeatRequest(
                groupId: "fenced", memberId: member,
                memberEpoch: joins ? 0 : epoch ?? Int32(side[number: "fenced epoch"]) + epochOffset,
                instanceId: instance, rebalanceTimeoutMs: joins ? 45_000 : -1,
                subscribedTopicNames: joins ? ["orders"] : nil, topicPartitions: joins ? [] : nil)
        }
    }

    static var fencingRows: [DifferentialRow] {
        [
            join("a static member joins", .success, as: "old static"),
            sync("a static member syncs", .success, as: "old static"),
            heartbeat("a static member's heartbeat", .success, as: "old static"),
            join("a static member comes again", .success),
            heartbeat("the heartbeat of a fenced instance", .refusal, as: "old static"),
            heartbeat("the heartbeat of an unknown instance", .refusal, instance: "two", as: "static"),
            sync("the sync of a fenced instance", .refusal, as: "old static"),
            commit("the commit of a fenced instance", .refusal, as: "old static"),
            join("the join of a fenced instance", .refusal) { $0[word: "old static"] },
            leave("the leave of a fenced instance", .refusal, member: "another"),
            commit("a commit of an old generation", .refusal, as: "static", generation: 0),
            heartbeat("the heartbeat of who came again", .success, as: "static"),
            commit("the commit of who came again", .success, as: "static"),
            leave("an administrator removes an instance", .success, member: ""),
            heartbeat("the heartbeat of who was removed", .refusal, as: "static"),
            beat("a static member of the modern protocol", .success, joins: true, instance: "one").since(4, 0),
            beat("its next heartbeat", .success, instance: "one").since(4, 0),
            modernCommit("the commit of a modern member", .success).since(4, 0),
            modernCommit("the commit of a stale member", .refusal, epochOffset: 5).since(4, 0),
            modernCommit("the commit of a modern stranger", .refusal, member: "stranger").since(4, 0),
            modernFetch("the offsets for a modern member", .success).since(4, 0),
            modernFetch("the offsets for a stale member", .refusal, epochOffset: 5).since(4, 0),
            modernFetch("the offsets for a modern stranger", .refusal, member: "stranger").since(4, 0),
            beat("the heartbeat of a fenced member", .refusal, epochOffset: 5).since(4, 0),
            beat("another member with the same instance", .refusal, member: "static-2", joins: true, instance: "one")
                .since(4, 0),
            beat("a static member leaves for a while", .success, epoch: -2, instance: "one").since(4, 0),
            beat("another member takes its place", .success, member: "static-2", joins: true, instance: "one")
                .since(4, 0),
            beat("the one before comes again", .refusal, member: "static-1", instance: "one").since(4, 0),
            beat("the other member leaves", .success, member: "static-2", epoch: -1, instance: "one").since(4, 0),
            // One node's leaders are in their first epoch: whatever is before it is fenced.
            fetch("read out of range with an impossible leader epoch", .refusal, "orders", at: 0, epoch: -2),
            DifferentialRow(
                "the end with a fenced leader epoch", .refusal,
                ListOffsetsRequest(
                    replicaId: -1,
                    topics: [
                        .init(
                            name: "orders",
                            partitions: [.init(partitionIndex: 0, currentLeaderEpoch: -2, timestamp: -1)])
                    ])),
            DifferentialRow(
                "the end of an epoch with a fenced leader epoch", .refusal,
                OffsetForLeaderEpochRequest(
                    replicaId: -1,
                    topics: [
                        .init(
                            topic: "orders", partitions: [.init(partition: 0, currentLeaderEpoch: -2, leaderEpoch: 0)])
                    ])),
        ]
    }

    /// What is asked before anybody has asked for a coordinator, and so before there are topics for them.
    static var earlyRows: [DifferentialRow] {
        [
            DifferentialRow(
                "a heartbeat before there is a coordinator", .refusal, HeartbeatRequest(groupId: "workers")),
            DifferentialRow(
                "offsets before there is a coordinator", .refusal,
                OffsetFetchRequest(groups: [.init(groupId: "workers", topics: nil)]), at: 9),
            DifferentialRow(
                "a commit before there is a coordinator", .refusal,
                OffsetCommitRequest(
                    groupId: "workers",
                    topics: [.init(name: "orders", partitions: [.init(partitionIndex: 0, committedOffset: 2)])]), at: 9),
            DifferentialRow(
                "a group before there is a coordinator", .refusal, DescribeGroupsRequest(groups: ["workers"])),
            DifferentialRow(
                "delete a group before there is a coordinator", .refusal, DeleteGroupsRequest(groupsNames: ["workers"])),
            DifferentialRow(
                "a transaction before there is a coordinator", .refusal,
                EndTxnRequest(transactionalId: "tx", producerId: 1, producerEpoch: 0, committed: true), at: 4),
            DifferentialRow(
                "a transactional id before there is a coordinator", .refusal,
                InitProducerIdRequest(transactionalId: "tx", transactionTimeoutMs: 60_000)),
            DifferentialRow(
                "the first question for a group's coordinator", .refusal,
                FindCoordinatorRequest(keyType: 0, coordinatorKeys: ["workers"])),
            DifferentialRow(
                "the first question for a transaction's coordinator", .refusal,
                FindCoordinatorRequest(keyType: 1, coordinatorKeys: ["tx"])),
        ]
    }
}
