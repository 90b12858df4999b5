import KafkaWire

// Groups that share partitions (KIP-932): a preview in 4.1, there from 4.2 on.

extension DifferentialTests {
    private static func beat(
        _ name: String, _ kind: DifferentialRow.Kind, group: String = "sharing", member: String = "sharer-1",
        epoch: Int32? = nil, epochOffset: Int32 = 0, topics: [String]? = nil, rack: String? = nil,
        as login: DifferentialSide.Login = .administrator
    ) -> DifferentialRow {
        .making(
            name, kind, as: login, without: ["memberEpoch", "assignment", "heartbeatIntervalMs"],
            learning: { (answer: ShareGroupHeartbeatResponse, side) in
                guard answer.errorCode == .none, answer.memberEpoch > 0 else { return }
                side[number: "share epoch"] = Int64(answer.memberEpoch)
            }
        ) { side in
            ShareGroupHeartbeatRequest(
                groupId: group, memberId: member,
                memberEpoch: epoch ?? Int32(side[number: "share epoch"]) + epochOffset, rackId: rack,
                subscribedTopicNames: topics)
        }
    }

    private static func describe(
        _ name: String, _ kind: DifferentialRow.Kind, _ groups: [String],
        as login: DifferentialSide.Login = .administrator
    ) -> DifferentialRow {
        DifferentialRow(
            name, kind, ShareGroupDescribeRequest(groupIds: groups, includeAuthorizedOperations: true), as: login,
            without: ["groupEpoch", "assignmentEpoch", "memberEpoch"])
    }

    private static func positions(
        _ name: String, _ kind: DifferentialRow.Kind, _ group: String = "sharing",
        topics: [DescribeShareGroupOffsetsRequest.Topic]? = nil, as login: DifferentialSide.Login = .administrator
    ) -> DifferentialRow {
        DifferentialRow(
            name, kind, DescribeShareGroupOffsetsRequest(groups: [.init(groupId: group, topics: topics)]), as: login)
    }

    private static func set(
        _ name: String, _ kind: DifferentialRow.Kind, group: String = "sharing", topic: String = "orders",
        partition: Int32 = 0, offset: Int64 = 1, as login: DifferentialSide.Login = .administrator
    ) -> DifferentialRow {
        DifferentialRow(
            name, kind,
            AlterShareGroupOffsetsRequest(
                groupId: group,
                topics: [
                    .init(topicName: topic, partitions: [.init(partitionIndex: partition, startOffset: offset)])
                ]), as: login)
    }

    private static func forget(
        _ name: String, _ kind: DifferentialRow.Kind, group: String = "sharing", topic: String = "orders",
        as login: DifferentialSide.Login = .administrator
    ) -> DifferentialRow {
        DifferentialRow(
            name, kind, DeleteShareGroupOffsetsRequest(groupId: group, topics: [.init(topicName: topic)]), as: login)
    }

    /// What 4.1 says while its preview is not switched on.
    private static var previewRows: [DifferentialRow] {
        [
            beat("share: a heartbeat where it is not enabled", .refusal, epoch: 0, topics: ["orders"]),
            describe("share: describe where it is not enabled", .refusal, ["sharing"]),
            positions("share: positions where it is not enabled", .refusal),
            set("share: set positions where it is not enabled", .refusal),
            forget("share: delete positions where it is not enabled", .refusal),
        ].map { $0.since(4, 1).before(4, 2) }
    }

    static var shareRows: [DifferentialRow] {
        previewRows
            + [
                beat("share: a heartbeat without a group", .refusal, group: "", epoch: 0, topics: ["orders"]),
                beat("share: a heartbeat without a member", .refusal, member: "", epoch: 0, topics: ["orders"]),
                beat("share: a first heartbeat without topics", .refusal, epoch: 0),
                beat("share: a first heartbeat with no topics", .refusal, epoch: 0, topics: []),
                beat("share: a heartbeat with an empty rack", .refusal, epoch: 0, topics: ["orders"], rack: ""),
                beat("share: a heartbeat in an impossible epoch", .refusal, epoch: -2),
                beat("share: a heartbeat of an unknown group", .refusal, group: "nobody", epoch: 3),
                beat("share: a leave from an unknown group", .refusal, group: "nobody", epoch: -1),
                beat("share: a heartbeat without right", .refusal, epoch: 0, topics: ["orders"], as: .alice),
                describe("share: describe before there is one", .refusal, ["sharing"]),
                positions("share: positions before there is one", .look),
                beat("share: a first heartbeat", .success, epoch: 0, topics: ["orders"]),
                // Until the positions of all partitions are there, which a real broker writes down first.
                beat("share: the next heartbeat", .success),
                describe("share: describe a group", .look, ["sharing"]).afterBeating,
                beat("share: a heartbeat of a stranger", .refusal, member: "stranger", epoch: 1),
                beat("share: a heartbeat of a later epoch", .refusal, epochOffset: 70),
                beat("share: a leave of a stranger", .refusal, member: "stranger", epoch: -1),
                describe("share: describe groups that are none", .refusal, ["static", "nobody"]),
                describe("share: describe without right", .refusal, ["sharing"], as: .alice),
                DifferentialRow(
                    "share: describe it as a modern group", .refusal,
                    ConsumerGroupDescribeRequest(groupIds: ["sharing"])),
                DifferentialRow(
                    "share: describe it as a classic group", .refusal, DescribeGroupsRequest(groups: ["sharing"])),
                DifferentialRow("share: list share groups", .look, ListGroupsRequest(typesFilter: ["share"])),
                DifferentialRow("share: list all groups", .look, ListGroupsRequest()),
                DifferentialRow(
                    "share: commit into it", .refusal,
                    OffsetCommitRequest(
                        groupId: "sharing",
                        topics: [.init(name: "orders", partitions: [.init(partitionIndex: 0, committedOffset: 2)])]),
                    at: 9),
                DifferentialRow(
                    "share: its commits", .refusal,
                    OffsetFetchRequest(groups: [.init(groupId: "sharing", topics: nil)]), at: 9),
                DifferentialRow(
                    "share: delete its commits", .refusal,
                    OffsetDeleteRequest(
                        groupId: "sharing",
                        topics: [.init(name: "orders", partitions: [.init(partitionIndex: 0)])])),
                DifferentialRow(
                    "share: join it the classic way", .refusal,
                    JoinGroupRequest(
                        groupId: "sharing", sessionTimeoutMs: 30_000, rebalanceTimeoutMs: 30_000,
                        protocolType: "consumer", protocols: [.init(name: "range", metadata: [])])),
                DifferentialRow(
                    "share: join it the modern way", .refusal,
                    ConsumerGroupHeartbeatRequest(
                        groupId: "sharing", memberId: "member-9", memberEpoch: 0, rebalanceTimeoutMs: 45_000,
                        subscribedTopicNames: ["orders"], topicPartitions: [])),
                set("share: set positions while somebody is there", .refusal),
                forget("share: delete positions while somebody is there", .refusal),
                DifferentialRow(
                    "share: delete it while somebody is there", .refusal, DeleteGroupsRequest(groupsNames: ["sharing"])),
                beat("share: a leave", .success, epoch: -1),
                beat("share: a second leave", .refusal, epoch: -1),
                describe("share: describe it without members", .look, ["sharing"]),
                set("share: set a position", .success),
                set("share: set a position again", .success, offset: 3),
                set("share: set a position beyond the end", .success, partition: 1, offset: 1_000),
                set("share: set a position of an unknown topic", .refusal, topic: "nope"),
                set("share: set a position of an unknown partition", .refusal, partition: 99),
                set("share: set a position of no group", .refusal, group: ""),
                set("share: set a position in another kind of group", .refusal, group: "static"),
                set("share: set a position without right", .refusal, as: .alice),
                set("share: set a position in a new group", .success, group: "sharing-2"),
                describe("share: describe the group that was made so", .look, ["sharing-2"]),
                positions(
                    "share: one position", .look, topics: [.init(topicName: "orders", partitions: [0])]),
                positions("share: all positions", .look),
                positions(
                    "share: positions in an unknown topic", .look, topics: [.init(topicName: "nope", partitions: [0])]),
                positions(
                    "share: positions that nobody has set", .look,
                    topics: [.init(topicName: "ledger", partitions: [0])]),
                positions(
                    "share: positions in an unknown partition", .look,
                    topics: [.init(topicName: "orders", partitions: [99])]),
                positions("share: positions of an unknown group", .look, "nobody"),
                positions("share: positions of another kind of group", .look, "static"),
                positions("share: positions without right", .refusal, as: .alice),
                forget("share: delete positions of an unknown topic", .refusal, topic: "nope"),
                forget("share: delete positions that are none", .look, topic: "ledger"),
                forget("share: delete positions of an unknown group", .refusal, group: "nobody"),
                forget("share: delete positions without right", .refusal, as: .alice),
                forget("share: delete positions", .success),
                positions("share: positions that were deleted", .look),
                DifferentialRow(
                    "share: delete it without right", .refusal, DeleteGroupsRequest(groupsNames: ["sharing"]),
                    as: .alice),
                DifferentialRow("share: delete it", .success, DeleteGroupsRequest(groupsNames: ["sharing"])),
                DifferentialRow("share: delete it again", .refusal, DeleteGroupsRequest(groupsNames: ["sharing"])),
                beat("share: a heartbeat after the end", .refusal, epoch: 4),
            ].map { $0.since(4, 2) }
    }
}

extension DifferentialRow {
    /// Sends a heartbeat of the sharing member before each question: what it has been given arrives with one of the next.
    fileprivate var afterBeating: DifferentialRow {
        let ask = self.ask
        return DifferentialRow(name, kind) { side in
            let beat = ShareGroupHeartbeatRequest(
                groupId: "sharing", memberId: "sharer-1", memberEpoch: Int32(side[number: "share epoch"]))
            let answer = try await side.ask(beat, version: side.highest(ShareGroupHeartbeatRequest.self))
            if answer.errorCode == .none { side[number: "share epoch"] = Int64(answer.memberEpoch) }
            return try await ask(side)
        }
    }
}
