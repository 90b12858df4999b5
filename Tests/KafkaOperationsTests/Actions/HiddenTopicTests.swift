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

    @Test func `no nodes go together over topics that may not be seen, nor over disks that may not`() async throws {
        let permits = RestartPermits()
        let world = EmbeddedWorld(topics: [
            .init(name: "orders", partitions: 3, replicationFactor: 3, minInsyncReplicas: 1),
            .init(name: "payments", partitions: 3, replicationFactor: 3, minInsyncReplicas: 1),
        ])
        var blind = LyingReader(world.reader)
        blind.hiddenTopics = ["payments"]
        var mute = LyingReader(world.reader)
        mute.logDirs = { $0 == 3 ? KafkaError(.timedOut, "no answer") : nil }
        for reader in [blind, mute] {
            let waves = try await RestartWaveReader.waves(of: [1, 2, 3], in: "demo", reader, permits)
            #expect(waves.allSatisfy { $0.nodes.count == 1 && !$0.reasons.isEmpty }, "\(waves)")
        }
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

    private static func minInSync(_ value: String, _ source: ConfigEntry.Source) -> [ConfigEntry] {
        [ConfigEntry(name: "min.insync.replicas", value: value, source: source, isReadOnly: false, isSensitive: false)]
    }

    @Test func `where brokers differ in their default of min insync replicas, the largest counts`() async throws {
        var reader = LyingReader(world.reader)
        reader.configs = { resource in
            switch resource {
            case .topic: .success(Self.minInSync("2", .staticBroker))
            case .broker(let id): .success(Self.minInSync(id == 3 ? "3" : "2", .staticBroker))
            default: nil
            }
        }
        let found = try await reasons("kafka.can_stop", ["nodes": [2]], reader)
        #expect(found.contains { $0.contains("min.insync.replicas 3") }, "\(found)")
        reader.configs = { resource in
            switch resource {
            case .topic: .success(Self.minInSync("2", .staticBroker))
            case .broker(3): .failure(KafkaError(.timedOut, "no answer"))
            default: nil
            }
        }
        let blind = try await reasons("kafka.can_stop", ["nodes": [2]], reader)
        #expect(blind.contains { $0.contains("does not say its default of min.insync.replicas") }, "\(blind)")
    }

    @Test func `a broker that goes between two looks is asked no more`() async throws {
        var reader = LyingReader(world.reader)
        let left = Locked(1)
        reader.configs = { resource in
            switch resource {
            case .topic: return .success(Self.minInSync("2", .staticBroker))
            case .broker(3):
                return left.withLock { left in
                    left -= 1
                    return left >= 0 ? .failure(KafkaError(.unknownNode, "The cluster does not list node 3")) : nil
                }
            default: return nil
            }
        }
        let action = try StepBench.make(world.catalog, "kafka.cluster_health")
        #expect(try await action.read(in: world.bench(1).reading(cluster: reader)).result["passes"] == true)
        #expect(left.withLock { $0 } < 0)
    }

    @Test func `a topic that goes between two looks is in nobody's way`() async throws {
        var reader = LyingReader(world.reader)
        let left = Locked(1)
        reader.configs = { resource in
            guard resource == .topic("payments") else { return nil }
            return left.withLock { left in
                guard left > 0 else { return nil }
                left -= 1
                return .failure(.noSuchTopic)
            }
        }
        let action = try StepBench.make(world.catalog, "kafka.cluster_health")
        #expect(try await action.read(in: world.bench(1).reading(cluster: reader)).result["passes"] == true)
    }
}
