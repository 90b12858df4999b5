import KafkaWire

// Groups of streams applications (KIP-1071), from 4.2 on.

extension DifferentialTests {
    private typealias Topology = StreamsGroupHeartbeatRequest.Topology

    private static func topology(_ sources: [String] = ["orders"], epoch: Int32 = 0) -> Topology {
        Topology(epoch: epoch, subtopologies: [.init(subtopologyId: "part-1", sourceTopics: sources)])
    }

    private static func beat(
        _ name: String, _ kind: DifferentialRow.Kind, group: String = "flowing", member: String = "streamer-1",
        epoch: Int32? = nil, epochOffset: Int32 = 0, timeout: Int32? = nil, topology: Topology? = nil,
        tasks: [StreamsTasks]? = nil, instance: String? = nil, rack: String? = nil,
        as login: DifferentialSide.Login = .administrator
    ) -> DifferentialRow {
        .making(
            "streams: \(name)", kind, as: login,
            without: [
                "memberEpoch", "activeTasks", "standbyTasks", "warmupTasks", "endpointInformationEpoch", "status",
                "partitionsByUserEndpoint",
            ],
            learning: { (answer: StreamsGroupHeartbeatResponse, side) in
                guard answer.errorCode == .none, answer.memberEpoch > 0 else { return }
                side[number: "streams epoch"] = Int64(answer.memberEpoch)
            }
        ) { side in
            let joins = epoch == 0
            return StreamsGroupHeartbeatRequest(
                groupId: group, memberId: member,
                memberEpoch: epoch ?? Int32(side[number: "streams epoch"]) + epochOffset, instanceId: instance,
                rackId: rack, rebalanceTimeoutMs: timeout ?? (joins ? 60_000 : -1), topology: topology,
                activeTasks: tasks ?? (joins ? [] : nil), standbyTasks: joins || tasks != nil ? [] : nil,
                warmupTasks: joins || tasks != nil ? [] : nil, processId: joins ? "process-1" : nil,
                clientTags: joins ? [.init(key: "zone", value: "a")] : nil)
        }
    }

    private static func describe(
        _ name: String, _ kind: DifferentialRow.Kind, _ groups: [String],
        as login: DifferentialSide.Login = .administrator
    ) -> DifferentialRow {
        DifferentialRow(
            "streams: \(name)", kind,
            StreamsGroupDescribeRequest(groupIds: groups, includeAuthorizedOperations: true), as: login,
            without: ["groupEpoch", "assignmentEpoch", "memberEpoch"])
    }

    private static func commit(
        _ name: String, _ kind: DifferentialRow.Kind, member: String = "", epochOffset: Int32? = nil
    ) -> DifferentialRow {
        .making("streams: \(name)", kind, at: 9) { side in
            OffsetCommitRequest(
                groupId: "flowing",
                generationIdOrMemberEpoch: epochOffset.map { Int32(side[number: "streams epoch"]) + $0 } ?? -1,
                memberId: member,
                topics: [.init(name: "orders", partitions: [.init(partitionIndex: 0, committedOffset: 2)])])
        }
    }

    static var streamsRows: [DifferentialRow] {
        [
            beat("a heartbeat without a group", .refusal, group: "", epoch: 0, topology: topology()),
            beat("a heartbeat without a member", .refusal, member: "", epoch: 0, topology: topology()),
            beat("a first heartbeat without a topology", .refusal, epoch: 0),
            beat("a first heartbeat without a timeout", .refusal, epoch: 0, timeout: -1, topology: topology()),
            beat(
                "a first heartbeat with tasks", .refusal, epoch: 0, topology: topology(),
                tasks: [.init(subtopologyId: "part-1", partitions: [0])]),
            beat("a heartbeat of a static member", .refusal, epoch: 0, topology: topology(), instance: "one"),
            beat("a heartbeat with an empty rack", .refusal, epoch: 0, topology: topology(), rack: ""),
            beat("a heartbeat in an impossible epoch", .refusal, epoch: -3),
            beat("a static leave without an instance", .refusal, epoch: -2),
            beat("a heartbeat of an unknown group", .refusal, group: "nobody", epoch: 3),
            beat("a heartbeat with an internal topic", .refusal, epoch: 0, topology: topology(["__consumer_offsets"])),
            beat("a heartbeat without right", .refusal, epoch: 0, topology: topology(), as: .alice),
            describe("describe before there is one", .refusal, ["flowing"]),
            beat("a first heartbeat", .success, epoch: 0, topology: topology()),
            beat("the next heartbeat", .success),
            describe("describe a group", .look, ["flowing"]).afterFlowing,
            beat("a heartbeat of a stranger", .refusal, member: "stranger", epoch: 1),
            beat("a heartbeat of a later epoch", .refusal, epochOffset: 70),
            beat("a leave of a stranger", .refusal, member: "stranger", epoch: -1),
            describe("describe groups that are none", .refusal, ["static", "nobody"]),
            describe("describe without right", .refusal, ["flowing"], as: .alice),
            DifferentialRow(
                "streams: describe it as a modern group", .refusal, ConsumerGroupDescribeRequest(groupIds: ["flowing"])),
            DifferentialRow(
                "streams: describe it as a share group", .refusal, ShareGroupDescribeRequest(groupIds: ["flowing"])),
            DifferentialRow("streams: list streams groups", .look, ListGroupsRequest(typesFilter: ["streams"])),
            commit("commit from outside", .refusal),
            commit("commit as a member", .success, member: "streamer-1", epochOffset: 0),
            commit("commit as a stale member", .refusal, member: "streamer-1", epochOffset: 9),
            commit("commit as a stranger", .refusal, member: "stranger", epochOffset: 0),
            DifferentialRow(
                "streams: delete offsets that are read", .refusal,
                OffsetDeleteRequest(
                    groupId: "flowing", topics: [.init(name: "orders", partitions: [.init(partitionIndex: 0)])])),
            DifferentialRow(
                "streams: delete it while somebody is there", .refusal, DeleteGroupsRequest(groupsNames: ["flowing"])),
            beat("a leave", .success, epoch: -1),
            describe("describe it without members", .look, ["flowing"]),
            commit("commit when nobody is there", .success),
            DifferentialRow(
                "streams: its offsets", .look,
                OffsetFetchRequest(groups: [.init(groupId: "flowing", topics: nil)]), at: 9),
            beat(
                "a member of a group without its topic", .success, group: "dry", epoch: 0, topology: topology(["nope"])),
            describe("describe a group without its topic", .look, ["dry"]),
            beat("it leaves", .success, group: "dry", epoch: -1),
            DifferentialRow("streams: delete them", .success, DeleteGroupsRequest(groupsNames: ["flowing", "dry"])),
            DifferentialRow("streams: delete it again", .refusal, DeleteGroupsRequest(groupsNames: ["flowing"])),
        ].map { $0.since(4, 2) }
    }
}

extension DifferentialRow {
    /// Sends a heartbeat of the streams group's member before each question.
    fileprivate var afterFlowing: DifferentialRow {
        let ask = self.ask
        return DifferentialRow(name, kind) { side in
            let beat = StreamsGroupHeartbeatRequest(
                groupId: "flowing", memberId: "streamer-1", memberEpoch: Int32(side[number: "streams epoch"]))
            let answer = try await side.ask(beat, version: side.highest(StreamsGroupHeartbeatRequest.self))
            if answer.errorCode == .none { side[number: "streams epoch"] = Int64(answer.memberEpoch) }
            return try await ask(side)
        }
    }
}
