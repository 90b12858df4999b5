import KafkaWire

// Groups of the classic protocol, and their offsets.

extension DifferentialTests {
    private static let subscription =
        (try? ConsumerProtocol.encoded(ConsumerProtocolSubscription(topics: ["orders"]), version: 1)) ?? []

    private static func join(
        _ name: String, _ kind: DifferentialRow.Kind, group: String = "workers", session: Int32 = 300_000,
        type: String = "consumer", protocols: [String] = ["range"], at version: Int16 = .max,
        as login: DifferentialSide.Login = .administrator,
        member: @escaping @Sendable (DifferentialSide) -> String = { _ in "" }
    ) -> DifferentialRow {
        .making(
            name, kind, at: version, as: login,
            learning: { (answer: JoinGroupResponse, side) in
                if [.none, .memberIdRequired].contains(answer.errorCode) { side[word: "member"] = answer.memberId }
                if answer.errorCode == .none { side[number: "generation"] = Int64(answer.generationId) }
            }
        ) { side in
            JoinGroupRequest(
                groupId: group, sessionTimeoutMs: session, rebalanceTimeoutMs: 300_000, memberId: member(side),
                protocolType: type, protocols: protocols.map { .init(name: $0, metadata: subscription) })
        }
    }

    private static func sync(
        _ name: String, _ kind: DifferentialRow.Kind, generation: Int32? = nil, protocolName: String? = "range",
        member: @escaping @Sendable (DifferentialSide) -> String = { $0[word: "member"] }
    ) -> DifferentialRow {
        .making(name, kind) { side in
            SyncGroupRequest(
                groupId: "workers", generationId: generation ?? Int32(side[number: "generation"]),
                memberId: member(side), protocolType: "consumer", protocolName: protocolName,
                assignments: [.init(memberId: side[word: "member"], assignment: [0, 1, 2, 3])])
        }
    }

    private static func heartbeat(
        _ name: String, _ kind: DifferentialRow.Kind, group: String = "workers", generation: Int32? = nil,
        member: @escaping @Sendable (DifferentialSide) -> String = { $0[word: "member"] }
    ) -> DifferentialRow {
        .making(name, kind) { side in
            HeartbeatRequest(
                groupId: group, generationId: generation ?? Int32(side[number: "generation"]), memberId: member(side))
        }
    }

    private static func commit(
        _ name: String, _ kind: DifferentialRow.Kind, group: String = "archive", topic: String = "orders",
        partition: Int32 = 0, offset: Int64 = 4, metadata: String? = "m", generation: Int32 = -1, member: String = "",
        as login: DifferentialSide.Login = .administrator
    ) -> DifferentialRow {
        DifferentialRow(
            name, kind,
            OffsetCommitRequest(
                groupId: group, generationIdOrMemberEpoch: generation, memberId: member,
                topics: [
                    .init(
                        name: topic,
                        partitions: [
                            .init(
                                partitionIndex: partition, committedOffset: offset, committedLeaderEpoch: 0,
                                committedMetadata: metadata)
                        ])
                ]), at: 9, as: login)
    }

    private static func fetchOffsets(
        _ name: String, _ kind: DifferentialRow.Kind, _ group: String,
        topics: [OffsetFetchRequest.GroupTopic]? = nil, as login: DifferentialSide.Login = .administrator
    ) -> DifferentialRow {
        DifferentialRow(
            name, kind, OffsetFetchRequest(groups: [.init(groupId: group, topics: topics)]), at: 9, as: login)
    }

    private static func oldFetch(
        _ name: String, _ kind: DifferentialRow.Kind, _ group: String, at version: Int16,
        as login: DifferentialSide.Login = .administrator
    ) -> DifferentialRow {
        DifferentialRow(
            name, kind,
            OffsetFetchRequest(groupId: group, topics: [.init(name: "orders", partitionIndexes: [0, 1])]), at: version,
            as: login)
    }

    private static func deleteOffsets(
        _ name: String, _ kind: DifferentialRow.Kind, _ group: String, topic: String = "orders", partition: Int32 = 0
    ) -> DifferentialRow {
        DifferentialRow(
            name, kind,
            OffsetDeleteRequest(
                groupId: group, topics: [.init(name: topic, partitions: [.init(partitionIndex: partition)])]))
    }

    private static func describe(
        _ name: String, _ kind: DifferentialRow.Kind, _ group: String, at version: Int16 = .max,
        as login: DifferentialSide.Login = .administrator
    ) -> DifferentialRow {
        DifferentialRow(
            name, kind, DescribeGroupsRequest(groups: [group], includeAuthorizedOperations: true), at: version,
            as: login)
    }

    private static func leave(
        _ name: String, _ kind: DifferentialRow.Kind, group: String = "workers", instance: String? = nil,
        member: @escaping @Sendable (DifferentialSide) -> String
    ) -> DifferentialRow {
        .making(name, kind) { side in
            LeaveGroupRequest(groupId: group, members: [.init(memberId: member(side), groupInstanceId: instance)])
        }
    }

    static var groupRows: [DifferentialRow] {
        [
            DifferentialRow("the coordinator of a group", .look) { side in
                // The first question makes the topic of offsets; that takes a real broker a moment.
                let answer = try await side.ask(
                    FindCoordinatorRequest(keyType: 0, coordinatorKeys: ["workers"]), version: 4)
                return answer.coordinators.map { "\($0.key) \($0.nodeId) \($0.errorCode)" }.joined()
            },
            DifferentialRow("the offsets of nobody", .look) { side in
                // Until the coordinator has loaded the new topic.
                let answer = try await side.ask(
                    OffsetFetchRequest(groups: [.init(groupId: "nobody", topics: nil)]), version: 8)
                return AnswerText().text(answer)
            },
            DifferentialRow("the coordinator in an old version", .look, FindCoordinatorRequest(key: "workers"), at: 3),
            DifferentialRow(
                "the coordinator of an unknown kind", .refusal,
                FindCoordinatorRequest(keyType: 9, coordinatorKeys: ["x"])),
            DifferentialRow(
                "the coordinator without right", .refusal,
                FindCoordinatorRequest(keyType: 0, coordinatorKeys: ["workers"]), as: .alice),
            join("join without a group", .refusal, group: ""),
            join("join with a short session", .refusal, session: 100),
            join("join as a stranger", .refusal) { _ in "stranger" },
            join("join without protocols", .refusal, protocols: []),
            join("join without a type", .refusal, type: ""),
            join("join without right", .refusal, as: .alice),
            join("join without an id", .refusal), join("join", .success) { $0[word: "member"] },
            heartbeat("heartbeat before the assignment", .success),
            sync("sync of an old generation", .refusal, generation: 0),
            sync("sync of a stranger", .refusal) { _ in "stranger" },
            sync("sync with another protocol", .refusal, protocolName: "sticky"), sync("sync", .success),
            sync("sync again", .success), heartbeat("heartbeat", .success),
            heartbeat("heartbeat of an old generation", .refusal, generation: 0),
            heartbeat("heartbeat of a stranger", .refusal) { _ in "stranger" },
            heartbeat("heartbeat in an unknown group", .refusal, group: "nobody"),
            join("join with another type", .refusal, type: "connect") { _ in "" },
            join("join with another protocol", .refusal, protocols: ["sticky"]) { $0[word: "member"] },
            describe("describe a group", .look, "workers"),
            describe("describe an unknown group", .refusal, "nobody"),
            describe("describe an unknown group in an old version", .look, "nobody", at: 5),
            describe("describe without right", .refusal, "workers", as: .alice),
            .making("commit as a member", .success, at: 9) { side in
                OffsetCommitRequest(
                    groupId: "workers", generationIdOrMemberEpoch: Int32(side[number: "generation"]),
                    memberId: side[word: "member"],
                    topics: [
                        .init(name: "orders", partitions: [.init(partitionIndex: 1, committedOffset: 1)])
                    ])
            },
            commit("commit into a group with members", .refusal, group: "workers"),
            commit("commit as a stranger", .refusal, group: "workers", generation: 1, member: "stranger"),
            commit("commit a generation of an unknown group", .refusal, group: "nobody", generation: 3, member: "x"),
            commit("commit", .success), commit("commit again", .success, partition: 1, offset: 7, metadata: nil),
            commit("commit for an unknown topic", .refusal, topic: "nope"),
            commit("commit for an unknown partition", .refusal, partition: 9),
            commit("commit much metadata", .refusal, metadata: String(repeating: "x", count: 5000)),
            commit("commit without right", .refusal, as: .alice),
            .making("commit by id", .success) { side in
                OffsetCommitRequest(
                    groupId: "archive",
                    topics: [
                        .init(
                            name: side.highest(OffsetCommitRequest.self) >= 10 ? "" : "orders",
                            topicId: try await side.id(of: "orders"),
                            partitions: [.init(partitionIndex: 2, committedOffset: 0, committedMetadata: "id")])
                    ])
            },
            fetchOffsets("all offsets of a group", .look, "archive"),
            fetchOffsets(
                "some offsets of a group", .look, "archive",
                topics: [
                    .init(name: "orders", partitionIndexes: [0, 1, 7]), .init(name: "nope", partitionIndexes: [0]),
                ]),
            fetchOffsets("offsets of a group without right", .refusal, "archive", as: .alice),
            oldFetch("offsets in version 1", .look, "archive", at: 1),
            oldFetch("offsets in version 7", .look, "archive", at: 7),
            oldFetch("offsets in version 7 without right", .refusal, "archive", at: 7, as: .alice),
            oldFetch("offsets in version 1 without right", .refusal, "archive", at: 1, as: .alice),
            .making("offsets by id", .look) { side in
                let isByID = side.highest(OffsetFetchRequest.self) >= 10
                return OffsetFetchRequest(
                    groups: [
                        .init(
                            groupId: "archive",
                            topics: [
                                .init(
                                    name: isByID ? "" : "orders", topicId: try await side.id(of: "orders"),
                                    partitionIndexes: [2]),
                                .init(
                                    name: isByID ? "" : "nope", topicId: KafkaUUID(high: 5, low: 7),
                                    partitionIndexes: [0]),
                            ])
                    ])
            },
            DifferentialRow("list groups", .look, ListGroupsRequest()),
            DifferentialRow("list empty groups", .look, ListGroupsRequest(statesFilter: ["Empty"])),
            DifferentialRow("list groups of a type", .look, ListGroupsRequest(typesFilter: ["consumer"])),
            DifferentialRow("list groups in an unknown state", .look, ListGroupsRequest(statesFilter: ["Odd"])),
            DifferentialRow("list groups without right", .look, ListGroupsRequest(), as: .alice),
            deleteOffsets("delete offsets of an unknown group", .refusal, "nobody"),
            deleteOffsets("delete offsets that are read", .refusal, "workers", partition: 1),
            deleteOffsets("delete offsets of an unknown topic", .refusal, "archive", topic: "nope"),
            deleteOffsets("delete offsets", .success, "archive"),
            fetchOffsets("offsets after deleting", .look, "archive"),
            DifferentialRow(
                "delete groups", .refusal, DeleteGroupsRequest(groupsNames: ["workers", "archive", "nobody"])),
            DifferentialRow(
                "delete a group without right", .refusal, DeleteGroupsRequest(groupsNames: ["workers"]), as: .alice),
            leave("leave as a stranger", .refusal) { _ in "stranger" },
            leave("leave as an unknown instance", .refusal, instance: "i-1") { _ in "" },
            leave("leave an unknown group", .refusal, group: "nobody") { _ in "x" },
            leave("leave", .success) { $0[word: "member"] },
            describe("describe the empty group", .look, "workers"),
            heartbeat("heartbeat after leaving", .refusal),
            DifferentialRow("delete the empty group", .success, DeleteGroupsRequest(groupsNames: ["workers"])),
        ]
    }
}
