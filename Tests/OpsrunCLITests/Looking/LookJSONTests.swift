import KafkaAdmin
import KafkaWire
import TestSupport
import Testing
import Values

@testable import OpsrunCLI

@Suite struct LookJSONTests {
    /// Names with everything in them that a terminal or a reader of JSON must not see as it is.
    private static let names = ["orders", "a\"b\\c", "t\u{1B}[2J\n\u{85}", "größe 🙂\u{202E}", ""]

    private func expectSame(_ look: some LookModel, _ place: SourceLocation = #_sourceLocation) {
        let expected = JSON.text(.map(look.document), style: LookJSON.style) + "\n"
        #expect(LookRenderer(.json).text(look) == expected, sourceLocation: place)
    }

    private func snapshot(_ names: [String], partitions: Int32) -> ClusterSnapshot {
        ClusterSnapshot(
            clusterID: "c", answeredBy: 1, brokers: [],
            topics: names.enumerated().map { place, name in
                .init(
                    name: name, id: KafkaUUID(high: 1, low: UInt64(place)), isInternal: place == 1,
                    firstPartition: place * Int(partitions), partitionCount: Int(partitions),
                    error: place == 2 ? .topicAuthorizationFailed : nil)
            },
            partitions: names.flatMap { _ in
                (0..<partitions).map {
                    .init(
                        index: $0, leader: $0 == 1 ? -1 : 3, leaderEpoch: $0 + 7, replicas: 0..<3, inSync: 1..<3,
                        offline: 0..<($0 == 1 ? 1 : 0), error: nil)
                }
            }, nodeIDs: [3, 1, 2])
    }

    @Test func `topics are written as their document`() {
        expectSame(TopicsLook(snapshot(Self.names, partitions: 2), hidden: ["one"]))
        expectSame(TopicsLook(snapshot([], partitions: 0)))
    }

    @Test(arguments: names, [true, false])
    func `a topic is written as its document`(name: String, isWhole: Bool) {
        let snapshot = snapshot([name], partitions: isWhole ? 3 : 0)
        let refused = KafkaError(.notAuthorized(.clusterAuthorizationFailed), "no")
        let move = Reassignment(
            partition: TopicPartition(name, 1), replicas: [3, 1, 2], adding: [2, 1], removing: [3])
        let other = Reassignment(partition: TopicPartition("other", 0), replicas: [1], adding: [1], removing: [])
        let entries = [
            ConfigEntry(
                name: "retention.ms", value: "1", source: .topic, isReadOnly: false, isSensitive: false, type: 5,
                documentation: nil, synonyms: []),
            ConfigEntry(
                name: name, value: nil, source: .topic, isReadOnly: true, isSensitive: true, type: 1,
                documentation: nil, synonyms: []),
        ]
        let configs = ConfigsLook(
            resources: isWhole ? [.init(kind: "topic", name: name, entries: entries.map(ConfigsLook.Entry.init))] : [],
            problems: [])
        let look = TopicLook(
            snapshot.topics[0], snapshot, eligible: isWhole ? .success([1: [2, 1]]) : .failure(refused),
            moves: isWhole ? .success([move, other]) : .failure(refused), configs)
        expectSame(look)
        #expect(DocumentShape.mismatches(.map(look.document), .record(TopicLook.schema)) == [])
        guard isWhole, let partitions = look.document["partitions"]?.listValue else { return }
        #expect(partitions.map { $0["adding"] } == [.list([]), .list([1, 2]), .list([])])
        #expect(partitions.map { $0["eligible"] } == [.list([]), .list([1, 2]), .list([])])
    }

    @Test(arguments: names)
    func `a group is written as its document`(name: String) {
        func lag(_ partition: Int32, _ committed: Int64?, _ end: Int64) -> ItemResult<TopicPartition, PartitionLag> {
            let partition = TopicPartition(name, partition)
            return ItemResult(
                item: partition, result: .success(PartitionLag(partition: partition, committed: committed, end: end)))
        }
        let member = GroupMember(
            id: name, instanceID: nil, rack: nil, clientID: "loader", clientHost: "/10.0.0.7",
            subscribedTopics: [name], assignment: [TopicPartition(name, 0), TopicPartition(name, 2)])
        let group = GroupDescription(
            id: name, type: .classic, state: "Stable", protocolType: "consumer", assignor: "range",
            members: [member], coordinator: 3)
        let failed = ItemResult<TopicPartition, PartitionLag>(
            item: TopicPartition("gone", 0), result: .failure(KafkaError(.timedOut, "no \"answer\"")))
        expectSame(GroupLook(group, [lag(0, 0, .max), lag(1, -1, 0), lag(2, nil, 40), failed]))
        expectSame(GroupLook(group))
    }

    @Test(arguments: [0, 7, -1, 10, 999, .max, .min] as [Int64])
    func `numbers are written as they are`(number: Int64) {
        var json = LookJSON()
        json.write(number)
        #expect(json.text == "\(number)")
    }
}
