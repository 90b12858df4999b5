import EventLoop
import KafkaAdmin
import OpsrunCLI
import RunEngine
import TestSupport
import Testing

@Suite struct SimulateCommandTests {
    private func simulate(_ arguments: [String], _ streams: CapturedStreams, _ stopper: Stopper) async throws
        -> ExitCode
    {
        let parsed = try ArgumentParser(isPlaybook: { _ in false }).parse(["simulate"] + arguments)
        return await SimulateCommand.run(parsed.options, in: streams.surroundings, stopper: stopper)
    }

    @Test func `the first line is the bootstrap address, it answers, and a stop ends it`() async throws {
        let streams = CapturedStreams()
        let stopper = Stopper()
        async let ended = simulate(["-i", PackageFiles.root + "/inventories/default.yml"], streams, stopper)
        let time = SystemTimeSource()
        for _ in 0..<3000 where streams.output.isEmpty { try await time.sleep(for: .milliseconds(20)) }
        let line = try #require(streams.output.split(separator: "\n").first)
        #expect(line.hasPrefix("bootstrap 127.0.0.1:"))
        let addresses = line.dropFirst("bootstrap ".count).split(separator: ",").map(String.init)
        #expect(addresses.count == 6)
        let client = AdminClient(settings: AdminClientSettings(bootstrap: try AdminClientSettings.addresses(addresses)))
        let cluster = try await LiveClusterReader(sender: client).describeCluster(includeFenced: false, from: .any)
        #expect(cluster.clusterID == "b3BzcnVuLXNpbXVsYXRlZA")
        #expect(cluster.brokers.map(\.id) == [1, 2, 3, 4, 5, 6])
        await client.close()
        stopper.request("SIGINT")
        #expect(try await ended == .done)
        #expect(streams.messages.contains("embedded cluster demo, Kafka 3.9.2, 6 nodes, time ×1"))
    }

    @Test func `an inventory without an embedded cluster is exit 3`() async throws {
        let streams = CapturedStreams()
        let code = try await simulate(
            ["-i", PackageFiles.root + "/inventories/example-local.yml"], streams, Stopper())
        #expect(code == .invalid)
        #expect(streams.messages.contains("`simulated`"))
    }
}
