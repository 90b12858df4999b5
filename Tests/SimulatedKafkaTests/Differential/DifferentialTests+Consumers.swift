import KafkaWire

// Groups whose coordinator assigns (KIP-848).

extension DifferentialTests {
    private static func beat(
        _ name: String, _ kind: DifferentialRow.Kind, group: String = "modern", member: String = "member-1",
        epoch: Int32? = nil, timeout: Int32 = 45_000, topics: [String]? = nil,
        owned: [ConsumerGroupHeartbeatRequest.TopicPartitions]? = nil, assignor: String? = nil, instance: String? = nil,
        as login: DifferentialSide.Login = .administrator
    ) -> DifferentialRow {
        .making(
            name, kind, as: login, without: ["memberId", "heartbeatIntervalMs"],
            learning: { (answer: ConsumerGroupHeartbeatResponse, side) in
                if answer.errorCode == .none { side[number: "epoch"] = Int64(answer.memberEpoch) }
            }
        ) { side in
            ConsumerGroupHeartbeatRequest(
                groupId: group, memberId: member, memberEpoch: epoch ?? Int32(side[number: "epoch"]),
                instanceId: instance, rebalanceTimeoutMs: timeout, subscribedTopicNames: topics,
                serverAssignor: assignor, topicPartitions: owned)
        }
    }

    static var consumerRows: [DifferentialRow] {
        [
            beat("a heartbeat without a group", .refusal, group: "", epoch: 0, topics: ["orders"], owned: []),
            beat("a first heartbeat with partitions missing", .refusal, epoch: 0, topics: ["orders"]),
            beat("a first heartbeat without topics", .refusal, epoch: 0, owned: []),
            beat("a first heartbeat without a timeout", .refusal, epoch: 0, timeout: -1, topics: ["orders"], owned: []),
            beat(
                "a first heartbeat with an unknown assignor", .refusal, epoch: 0, topics: ["orders"], owned: [],
                assignor: "odd"),
            beat("a heartbeat of an unknown group", .refusal, group: "nobody", epoch: 3),
            beat("a heartbeat without right", .refusal, epoch: 0, topics: ["orders"], owned: [], as: .alice),
            beat("a static leave without an instance", .refusal, epoch: -2),
            beat("a first heartbeat", .success, epoch: 0, topics: ["orders"], owned: []),
            beat("a heartbeat of the modern protocol", .success),
            beat("a heartbeat of a modern stranger", .refusal, member: "stranger", epoch: 1),
            beat("a heartbeat of a later epoch", .refusal, epoch: 77),
            DifferentialRow(
                "describe a modern group", .look,
                ConsumerGroupDescribeRequest(groupIds: ["modern"], includeAuthorizedOperations: true),
                without: ["groupEpoch", "assignmentEpoch", "memberEpoch"]),
            DifferentialRow(
                "describe groups that are none", .refusal,
                ConsumerGroupDescribeRequest(groupIds: ["archive", "nobody"])),
            DifferentialRow(
                "describe a modern group without right", .refusal, ConsumerGroupDescribeRequest(groupIds: ["modern"]),
                as: .alice),
            DifferentialRow("describe a modern group the old way", .refusal, DescribeGroupsRequest(groups: ["modern"])),
            DifferentialRow("list modern groups", .look, ListGroupsRequest(typesFilter: ["consumer"])),
            DifferentialRow(
                "delete a modern group with members", .refusal, DeleteGroupsRequest(groupsNames: ["modern"])),
            beat("a leave of the modern protocol", .success, epoch: -1),
            DifferentialRow(
                "describe the modern group without members", .look,
                ConsumerGroupDescribeRequest(groupIds: ["modern"]), without: ["groupEpoch", "assignmentEpoch"]),
            DifferentialRow("delete the modern group", .success, DeleteGroupsRequest(groupsNames: ["modern"])),
            DifferentialRow("delete it again", .refusal, DeleteGroupsRequest(groupsNames: ["modern"])),
        ]
    }
}
