import EventLoop
import KafkaAdmin
import KafkaOperations
import RunEngine
import SimulatedKafka
import TestSupport
import Testing
import Values

/// A missing right leaves topics out of every view: what the brokers hold on disk tells.
@Suite struct HiddenTopicTests {
    private let world = EmbeddedWorld(topics: [
        .init(name: "orders", partitions: 3, replicationFactor: 3, minInsyncReplicas: 2),
        .init(name: "payments", partitions: 3, replicationFactor: 3, minInsyncReplicas: 2),
    ])

    private static let gates: [(String, ValueMap)] = [
        ("kafka.can_stop", ["nodes": [2]]), ("kafka.cluster_health", ValueMap()),
    ]

    private func reasons(_ name: String, _ values: ValueMap, _ reader: any ClusterReader) async throws -> [String] {
        let action = try StepBench.make(world.catalog, name, values)
        let result = try await action.read(in: world.bench(1).reading(cluster: reader)).result
        #expect(result["passes"] == false, "\(name)")
        return result["reasons"]?.listValue?.compactMap { $0.stringValue } ?? []
    }

    @Test(arguments: gates)
    func `a gate does not pass over topics that it may not see`(name: String, values: ValueMap) async throws {
        var reader = LyingReader(world.reader)
        reader.hiddenTopics = ["payments"]
        let found = try await reasons(name, values, reader)
        #expect(found.contains { $0.contains("payments") && $0.contains("nobody shows it") }, "\(found)")
    }

    @Test func `there is no permit over topics that may not be seen, nor over disks that may not`() async throws {
        var blind = LyingReader(world.reader)
        blind.hiddenTopics = ["payments"]
        var mute = LyingReader(world.reader)
        mute.logDirs = { $0 == 3 ? KafkaError(.timedOut, "no answer") : nil }
        for reader in [blind, mute] {
            let action = try StepBench.make(world.catalog, "broker.restart")
            do {
                _ = try await action.run(in: world.bench(2).step(cluster: reader, writer: world.writer))
                Issue.record("it was restarted")
            } catch let failure as StepFailure {
                #expect(failure.code == .permit)
            }
        }
        #expect(world.cluster.incarnation(2) == 1)
    }

    @Test(arguments: gates)
    func `nothing is taken as proven before every broker has said what it holds`(
        name: String, values: ValueMap
    ) async throws {
        var reader = LyingReader(world.reader)
        reader.hiddenTopics = ["payments"]
        let isMute = Locked(true)
        reader.logDirs = { _ in isMute.withLock { $0 } ? KafkaError(.timedOut, "no answer") : nil }
        let action = try StepBench.make(world.catalog, name, values)
        let context = world.bench(1).reading(cluster: reader)
        let first = try await action.read(in: context).result
        #expect(first["passes"] == false)
        #expect(JSON.text(first["reasons"] ?? .null).contains("broker 1 does not say what it holds"))
        isMute.withLock { $0 = false }
        let second = try await action.read(in: context).result
        #expect(second["passes"] == false, "the topic is still hidden")
        var seeing = reader
        seeing.hiddenTopics = []
        #expect(try await action.read(in: world.bench(1).reading(cluster: seeing)).result["passes"] == true)
    }
}
