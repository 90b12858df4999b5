import KafkaAdmin
import OpsrunCLI
import RunEngine
import TestSupport
import Testing
import Values

@Suite struct GroupLookTests {
    private static let silent = KafkaError(.unreachable, "127.0.0.1:9093 cannot be reached", node: 2)

    private func groups() -> GroupsLook {
        GroupsLook([
            ItemResult(
                item: 3,
                result: .success([
                    GroupListing(id: "sinks", type: .classic, state: "Stable", protocolType: "connect", coordinator: 3),
                    GroupListing(id: "billing", type: .consumer, state: "Empty", protocolType: "", coordinator: 3),
                ])),
            ItemResult(item: 2, result: .failure(Self.silent)),
            ItemResult(
                item: 1,
                result: .success([
                    GroupListing(
                        id: "billing", type: .consumer, state: "Stable", protocolType: "consumer", coordinator: 1),
                    GroupListing(id: "old\u{1B}[2J", type: nil, state: nil, protocolType: "", coordinator: 1),
                ])),
        ])
    }

    @Test func `groups are listed by name, once, whichever broker was asked first`() throws {
        try expectSnapshot(LookRenderer(.table).text(groups()), named: "look-groups")
        #expect(groups().names == ["billing", "old\u{1B}[2J", "sinks"])
        #expect(LookRenderer(.name).text(groups()).hasPrefix("billing\nold"))
        #expect(groups().document["groups"]?.listValue?.first?["coordinator"] == 1)
        #expect(DocumentShape.mismatches(.map(groups().document), .record(GroupsLook.schema)) == [])
    }

    @Test func `a broker that does not list its groups is named`() {
        #expect(groups().problems == ["broker 2 does not list its groups: 127.0.0.1:9093 cannot be reached"])
    }

    private static func lag(_ topic: String, _ partition: Int32, _ committed: Int64?, _ end: Int64)
        -> ItemResult<TopicPartition, PartitionLag>
    {
        let partition = TopicPartition(topic, partition)
        return ItemResult(
            item: partition, result: .success(PartitionLag(partition: partition, committed: committed, end: end)))
    }

    private static let member = GroupMember(
        id: "loader-1-5f3c", instanceID: "loader-1", rack: nil, clientID: "loader", clientHost: "/10.0.0.7",
        subscribedTopics: ["orders"], assignment: [TopicPartition("orders", 2), TopicPartition("orders", 0)])

    private func group(_ more: [ItemResult<TopicPartition, PartitionLag>] = []) -> GroupLook {
        GroupLook(
            GroupDescription(
                id: "billing", type: .classic, state: "Stable", protocolType: "consumer", assignor: "range",
                members: [
                    Self.member,
                    GroupMember(
                        id: "b-77", clientID: "bare", clientHost: "/10.0.0.8", assignment: nil),
                ], coordinator: 3),
            [Self.lag("orders", 2, nil, 40), Self.lag("orders", 0, 90, 100), Self.lag("orders", 1, 7, 7)] + more)
    }

    @Test(arguments: [
        (Options.Output.table, "look-group"), (.wide, "look-group-wide"), (.json, "look-group-json"),
    ])
    func `a group is shown with the lag of each partition and its members`(
        mode: Options.Output, snapshot: String
    ) throws {
        try expectSnapshot(LookRenderer(mode).text(group()), named: snapshot)
        #expect(DocumentShape.mismatches(.map(group().document), .record(GroupLook.schema)) == [])
        #expect(group().names == ["orders-0", "orders-1", "orders-2"])
    }

    @Test func `a partition that could not be asked leaves no total, which would be too small`() {
        let failed = ItemResult<TopicPartition, PartitionLag>(
            item: TopicPartition("gone", 0), result: .failure(KafkaError(.timedOut, "no answer in time")))
        #expect(group().document["lag_total"] == 10)
        #expect(group([failed]).document["lag_total"]?.isNull == true)
        #expect(group([failed]).problems == ["gone-0 cannot be asked: no answer in time"])
    }

    @Test func `lags that are larger than any number stay a number`() {
        let group = group([Self.lag("huge", 0, 0, .max), Self.lag("huge", 1, 0, .max)])
        #expect(group.document["lag_total"] == .int(.max))
    }

    @Test func `a task of a streams group stands for the partitions that its subtopology reads`() {
        let description = GroupDescription(
            id: "words", type: .streams, state: "Stable",
            members: [
                GroupMember(
                    id: "m", clientID: "words", clientHost: "/10.0.0.7", assignment: nil,
                    tasks: [
                        .init(kind: .active, subtopology: "0", partition: 1),
                        .init(kind: .standby, subtopology: "0", partition: 0),
                    ])
            ], subtopologies: [.init(id: "0", sourceTopics: ["lines"])])
        let look = GroupLook(description, [Self.lag("lines", 0, 1, 1), Self.lag("lines", 1, 1, 4)])
        let rows = look.document["partitions"]?.listValue ?? []
        #expect(rows.map { $0["members"] } == [[], ["m"]])
        #expect(look.document["members"]?.listValue?.first?["partitions"] == ["0_0", "0_1"])
    }

    @Test func `a share group stands where its broker says, and its lag is summed where all of it is told`() {
        let description = GroupDescription(id: "jobs", type: .share, state: "Empty", protocolType: "share", members: [])
        func look(_ lags: [Int64?]) -> GroupLook {
            let shares = lags.enumerated().map { number, lag in
                ItemResult<TopicPartition, ShareOffset?>(
                    item: TopicPartition("jobs", Int32(number)),
                    result: .success(ShareOffset(start: 5, leaderEpoch: 0, lag: lag)))
            }
            let unstarted = ItemResult<TopicPartition, ShareOffset?>(
                item: TopicPartition("jobs", 9), result: .success(nil))
            return GroupLook(description, [], shares: shares + [unstarted])
        }
        let known = look([3, 4]).document
        #expect(known["lag_total"] == 7 && known["without_commit"] == 1)
        #expect(known["partitions"]?.listValue?.first?["committed"] == 5)
        #expect(look([3, nil]).document["lag_total"]?.isNull == true)
        #expect(DocumentShape.mismatches(.map(known), .record(GroupLook.schema)) == [])
    }

    @Test func `the verb and the action say the same of one group`() async throws {
        let world = EmbeddedWorld()
        let commits = [0, 2].map { (TopicPartition("orders", Int32($0)), CommittedOffset(offset: 0)) }
        for answer in try await world.writer.commitOffsets(commits, of: "billing") { try answer.result.get() }
        var reader = LyingReader(world.reader)
        reader.group = { group in
            var group = group
            group.members = [
                GroupMember(
                    id: "m", clientID: "c", clientHost: "/h",
                    assignment: [TopicPartition("orders", 0), TopicPartition("orders", 5)])
            ]
            return group
        }
        // One world, at one time: a load would let them differ.
        reader.lags = { partition, committed in
            PartitionLag(partition: partition, committed: committed, end: 100 + Int64(partition.partition))
        }
        let look = try await GroupLook.read("billing", reader).document
        let action = try StepBench.make(
            world.catalog, "kafka.describe_groups", ["groups": ["billing"], "partitions": true])
        let result = try await action.read(in: world.bench(1).reading(cluster: reader)).result
        let group = try #require(result["groups"]?.listValue?.first)
        for field in ["lag_total", "without_commit", "state", "coordinator"] { #expect(group[field] == look[field]) }
        #expect(look["lag_total"] == 202 && look["without_commit"] == 1)
        let rows = look["partitions"]?.listValue ?? []
        let partitions = group["partitions"]?.listValue ?? []
        #expect(partitions.map { $0["partition"] } == [0, 2, 5])
        for (one, other) in [("topic", "topic"), ("partition", "partition"), ("offset", "committed"), ("lag", "lag")] {
            #expect(partitions.map { $0[one] } == rows.map { $0[other] })
        }
        #expect(partitions.map { $0["end"] } == rows.map { $0["end"] })
    }

    @Test func `a share group of which nobody says where it stands has no lag and no total`() {
        let description = GroupDescription(
            id: "jobs", type: .share, state: "Stable", protocolType: "share",
            members: [
                GroupMember(id: "b", clientID: "w", clientHost: "/h", assignment: [TopicPartition("jobs", 0)]),
                GroupMember(id: "a", clientID: "w", clientHost: "/h", assignment: [TopicPartition("jobs", 0)]),
            ])
        let look = GroupLook(description, [])
        #expect(look.document["lag_total"]?.isNull == true && look.document["without_commit"] == 0)
        #expect(look.document["partitions"]?.listValue?.map { $0["members"] } == [["a", "b"]])
        #expect(DocumentShape.mismatches(.map(look.document), .record(GroupLook.schema)) == [])
    }

    @Test(arguments: [(Int64?(4), Int64?(11)), (nil, nil)])
    func `a share group lags behind by what its broker says, or nobody knows`(lag: Int64?, total: Int64?) {
        func share(_ number: Int32, _ offset: ShareOffset?) -> ItemResult<TopicPartition, ShareOffset?> {
            ItemResult(item: TopicPartition("jobs", number), result: .success(offset))
        }
        let look = GroupLook(
            GroupDescription(id: "jobs", type: .share, state: "Stable", protocolType: "share"),
            shares: [
                share(0, ShareOffset(start: 9, leaderEpoch: 0, lag: 7)),
                share(1, ShareOffset(start: 2, leaderEpoch: 0, lag: lag)), share(2, nil),
            ])
        #expect(look.document["lag_total"] == total.map { .int($0) } ?? .null)
        let rows = look.document["partitions"]?.listValue ?? []
        #expect(rows.map { $0["committed"] } == [9, 2, .null] && rows.map { $0["problem"] } == [.null, .null, .null])
        #expect(DocumentShape.mismatches(.map(look.document), .record(GroupLook.schema)) == [])
    }
}
