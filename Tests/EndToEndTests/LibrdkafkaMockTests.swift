import EventLoop
import KafkaAdmin
import KafkaWire
import TestSupport
import Testing

/// The client at brokers that are not Kafka: those of librdkafka's own tests, which know a part of the protocol in older
/// versions, and say what they do not know in their own way.
@Suite(
    .enabled("confluent-kafka is not installed") {
        try await ForeignClients.has(pythonModule: "confluent_kafka")
    }, .timeLimit(.minutes(10)))
struct LibrdkafkaMockTests {
    /// Serves until its standard output is of no use to anybody.
    private static let script = """
        import time
        from confluent_kafka import Producer
        producer = Producer({'bootstrap.servers': 'replaced:1', 'test.mock.num.brokers': 3})
        for partition in range(2):
            for number in range(5):
                producer.produce('mocked', f'{number}', partition=partition)
        assert producer.flush(60) == 0
        brokers = producer.list_topics(timeout=60).brokers.values()
        print(','.join(f'{broker.host}:{broker.port}' for broker in brokers), flush=True)
        time.sleep(600)
        """

    private func withBrokers(_ body: (AdminClient, String) async throws -> Void) async throws {
        try await ScratchDirectory.with { scratch in
            let process = try TestProcess.start([ForeignClients.python, "-c", Self.script], in: scratch)
            let result: Result<Void, any Error>
            do {
                let line = try await Eventually.found("the brokers listen") { () throws -> String? in
                    let complaints = try scratch.read(process.stderr)
                    try #require(!process.hasEnded, "\(complaints)")
                    let text = try scratch.read(process.stdout)
                    return text.hasSuffix("\n") ? String(text.dropLast()) : nil
                }
                let client = AdminClient(
                    settings: AdminClientSettings(
                        bootstrap: try AdminClientSettings.addresses(line.split(separator: ",").map(String.init))))
                do {
                    try await body(client, line)
                    result = .success(())
                } catch {
                    result = .failure(error)
                }
                await client.close()
            } catch {
                result = .failure(error)
            }
            process.signal(9)
            _ = await process.wait(within: 60)
            try result.get()
        }
    }

    @Test func `librdkafka's mock brokers answer the client, and what they do not offer is said`() async throws {
        try await withBrokers { client, bootstrap in
            let reader = LiveClusterReader(sender: client), writer = LiveClusterOperator(sender: client)
            #expect(try await client.brokers() == [1, 2, 3])
            #expect(try await client.clusterID()?.hasPrefix("mockCluster") == true)
            let view = try await reader.snapshot(topics: ["mocked"], from: .node(2))
            let topic = try #require(view.topics.first { $0.name == "mocked" })
            #expect(topic.error == nil && topic.partitionCount == 4)
            #expect(view.partitions(of: topic).allSatisfy { (1...3).contains($0.leader) })

            let partitions = [TopicPartition("mocked", 0), TopicPartition("mocked", 1)]
            for (timestamp, offset) in [(Int64(-2), Int64(0)), (-1, 5)] {
                let found = try await reader.listOffsets(partitions, timestamp: timestamp, readCommitted: false)
                #expect(try found.map { try $0.result.get().offset } == [offset, offset])
            }
            // Their coordinator takes offsets from anybody.
            let commit = try await writer.commitOffsets([(partitions[0], CommittedOffset(offset: 3))], of: "readers")
            try commit[0].result.get()
            let committed = try await reader.committedOffsets(
                [GroupOffsetQuery(group: "readers", partitions: [partitions[0]])], stable: false)
            #expect(try committed[0].result.get().map { try $0.result.get()?.offset } == [3])
            // No administration at all: an answer, and not a connection that is closed on us.
            await #expect(throws: KafkaError(.unsupportedVersion, "")) { try await reader.describeQuorum() }
            let created = await #expect(throws: KafkaError.self) {
                for item in try await writer.createTopics([NewTopic(name: "new")], validateOnly: false) {
                    try item.result.get()
                }
            }
            #expect(created?.code == .unsupportedVersion)

            try await ScratchDirectory.with { scratch in
                let looked = try await BuiltOpsrun(in: scratch).run(
                    "topics", "--bootstrap", bootstrap, "--output", "name")
                // Without DescribeCluster nobody can say whether topics are kept from us: shown, and not called complete.
                #expect(looked.status == 4 && looked.stdout == "mocked\n", "\(looked)")
                #expect(looked.stderr.hasSuffix("The broker does not offer DescribeCluster\n"), "\(looked)")
            }
        }
    }
}
