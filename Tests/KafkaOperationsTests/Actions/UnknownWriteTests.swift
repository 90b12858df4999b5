import EventLoop
import KafkaAdmin
import KafkaOperations
import KafkaWire
import RunEngine
import SimulatedKafka
import TestSupport
import Testing
import Values

/// A write that Kafka has taken, or may have taken, is never a known failure.
@Suite struct UnknownWriteTests {
    private struct Ended {
        var action: any Action
        var context: StepContext
        var outcome: ActionOutcome?
        var failure: StepFailure?

        var isUnknown: Bool {
            if case .unknown = outcome?.status { return true }
            return outcome == nil && failure?.code == .unknownOutcome
        }
    }

    private func run(
        _ world: EmbeddedWorld, _ name: String, _ values: ValueMap, _ reader: (any ClusterReader)? = nil,
        _ writer: (any ClusterOperator)? = nil
    ) async throws -> Ended {
        let action = try StepBench.make(world.catalog, name, values)
        let context = world.bench(1).step(cluster: reader ?? world.reader, writer: writer ?? world.writer)
        do {
            let outcome = try await action.run(in: context)
            return Ended(action: action, context: context, outcome: outcome, failure: outcome.failure)
        } catch {
            return Ended(action: action, context: context, outcome: nil, failure: error as? StepFailure)
        }
    }

    private func verdict(_ ended: Ended, _ reader: (any ClusterReader)? = nil) async throws -> String {
        var context = ended.context
        if let reader { context.reading.cluster = reader }
        return switch try await ended.action.verify(in: context) {
        case .done: "done"
        case .notDone: "not done"
        case .cannotTell: "cannot tell"
        }
    }

    @Test func `levels that were accepted and cannot be read back are unknown, never failed`() async throws {
        let world = EmbeddedWorld(speed: 20)
        for node: Int32 in [1, 2, 3] {
            _ = try await world.run("broker.install", ["version": "4.3.1"], on: node)
            _ = try await world.run("broker.activate", ["version": "4.3.1"], on: node)
            _ = try await world.run("broker.restart", on: node)
            try await world.waitUntil("kafka.cluster_health")
        }
        let isAccepted = Locked(false)
        var writer = ForgetfulOperator(world.writer)
        writer.lost = { _ in
            isAccepted.withLock { $0 = true }
            return nil
        }
        var reader = LyingReader(world.reader)
        reader.newConnection = { isAccepted.withLock { $0 } ? KafkaError(.timedOut, "no answer") : nil }
        reader.listing = { description in
            var description = description
            if isAccepted.withLock({ $0 }) { description.brokers = [] }
            return description
        }
        let values: ValueMap = ["release": "4.3.1"]
        let ended = try await run(world, "kafka.update_features", values, reader, writer)
        #expect(ended.isUnknown, "\(String(describing: ended.failure))")
        #expect(try await verdict(ended, world.reader) == "done")
    }

    @Test func `an answer that came too late is no failure of a write`() async throws {
        let late = KafkaErrorCode(rawValue: 7)
        #expect(KafkaError.answered(late, api: .deleteTopics, kind: .write).code == .unknownOutcome)
        #expect(KafkaError.answered(late, api: .deleteTopics).code == .server(late))
        let refused = KafkaErrorCode(rawValue: 44)
        #expect(KafkaError.answered(refused, api: .deleteTopics, kind: .write).code == .server(refused))
    }

    @Test func `a deletion whose answer is lost is judged by what is there`() async throws {
        let world = EmbeddedWorld(topics: [
            .init(name: "a", partitions: 1, replicationFactor: 3),
            .init(name: "b", partitions: 1, replicationFactor: 3),
        ])
        var writer = ForgetfulOperator(world.writer)
        writer.lost = { _ in KafkaError(.unknownOutcome, "no answer") }
        writer.dropsCalls = true
        let dropped = try await run(world, "kafka.delete_topics", ["topics": ["a", "b"]], nil, writer)
        #expect(dropped.isUnknown)
        #expect(try await verdict(dropped) == "not done")
        _ = try await world.run("kafka.delete_topics", ["topics": ["a"]])
        #expect(try await verdict(dropped) == "cannot tell", "one of two is gone for ever")
        writer.dropsCalls = false
        let lost = try await run(world, "kafka.delete_topics", ["topics": ["b"]], nil, writer)
        #expect(lost.isUnknown)
        #expect(try await verdict(lost) == "done")
    }

    @Test func `a topic that was made anew between the look and the deletion stays`() async throws {
        let world = EmbeddedWorld(topics: [.init(name: "a", partitions: 1, replicationFactor: 3)])
        func id() async throws -> String? {
            try await world.reader.snapshot(topics: ["a"], from: .any).topics.first { $0.error == nil }?.idText
        }
        let seen = try await id()
        let others = world.writer
        var writer = ForgetfulOperator(world.writer)
        writer.before = { _ in
            _ = try? await others.deleteTopics(["a"])
            _ = try? await others.createTopics(
                [NewTopic(name: "a", partitions: 2, replicationFactor: 3)], validateOnly: false)
        }
        let ended = try await run(world, "kafka.delete_topics", ["topics": ["a"]], nil, writer)
        #expect(
            ended.isUnknown, "somebody has deleted it, perhaps this very request: \(String(describing: ended.failure))")
        #expect(try await verdict(ended) == "done")
        let left = try await id()
        #expect(left != nil && left != seen)
    }

    @Test func `a deletion or creation that was accepted and cannot be read back is unknown`() async throws {
        let world = EmbeddedWorld(speed: 20)
        let isAccepted = Locked(false)
        var writer = ForgetfulOperator(world.writer)
        writer.lost = { _ in
            isAccepted.withLock { $0 = true }
            return nil
        }
        var reader = LyingReader(world.reader)
        reader.listing = { description in
            var description = description
            if isAccepted.withLock({ $0 }) {
                description.brokers.append(contentsOf: [.init(id: 99, host: "x", port: 1, rack: nil, isFenced: false)])
            }
            return description
        }
        let made = try await run(
            world, "kafka.create_topics", ["topics": [["name": "new", "partitions": 1]]], reader, writer)
        #expect(made.isUnknown, "\(String(describing: made.failure))")
        #expect(made.outcome?.result["changed"] == true)
        #expect(try await verdict(made, world.reader) == "done")
        isAccepted.withLock { $0 = false }
        let gone = try await run(world, "kafka.delete_topics", ["topics": ["new"]], reader, writer)
        #expect(gone.isUnknown)
        #expect(try await verdict(gone, world.reader) == "done")
    }

    @Test func `nobody can tell what became of a secret, and nobody claims to`() async throws {
        let world = EmbeddedWorld(speed: 20)
        var writer = ForgetfulOperator(world.writer)
        writer.lost = { _ in KafkaError(.unknownOutcome, "no answer") }
        writer.dropsCalls = true
        let secret: ValueMap = [
            "resource": "broker", "name": "1", "set": ["listener.name.internal.ssl.keystore.password": "x"],
        ]
        let ended = try await run(world, "kafka.alter_configs", secret, nil, writer)
        #expect(ended.isUnknown, "\(String(describing: ended.failure))")
        #expect(try await verdict(ended) == "cannot tell")
        let plain: ValueMap = ["resource": "topic", "name": "orders", "set": ["retention.ms": 3_600_000]]
        let dropped = try await run(world, "kafka.alter_configs", plain, nil, writer)
        #expect(dropped.isUnknown)
        #expect(try await verdict(dropped) == "not done")
        writer.dropsCalls = false
        let lost = try await run(world, "kafka.alter_configs", plain, nil, writer)
        #expect(lost.isUnknown)
        #expect(try await verdict(lost) == "done")
    }

    @Test func `a right that is missing half-way takes nothing back of what was changed before`() async throws {
        let world = EmbeddedWorld(topics: [
            .init(name: "ours", partitions: 1, replicationFactor: 3), .init(name: "theirs", partitions: 1),
            .init(name: "unsent", partitions: 1),
        ])
        let written = Locked(0)
        var writer = ForgetfulOperator(world.writer)
        writer.dropsCalls = true
        writer.lost = { _ in
            let number = written.withLock { count in
                count += 1
                return count
            }
            // Asked before and after each call: the second call is the third time.
            return number == 3 ? .answered(.topicAuthorizationFailed, api: .incrementalAlterConfigs) : nil
        }
        func changes(_ topics: [String]) -> ValueMap {
            ["changes": .list(topics.map { ["topic": .string($0), "set": ["retention.ms": 60_000]] })]
        }
        let ended = try await run(
            world, "kafka.alter_topic_configs", changes(["ours", "theirs", "unsent"]), nil, writer)
        #expect(ended.outcome?.failure?.code == .failed && ended.outcome?.failure?.details.count == 2)
        #expect(ended.outcome?.result["items"]?.listValue?.map { $0["changed"] } == [true, false, false])
        let previous: Value = ["topic": "ours", "set": [:], "remove": ["retention.ms"]]
        #expect(ended.outcome?.result["previous"] == [previous])
        // Where nothing at all was changed, it may be said.
        written.withLock { $0 = 2 }
        let nothing = try await run(world, "kafka.alter_topic_configs", changes(["theirs", "unsent"]), nil, writer)
        #expect(nothing.outcome == nil && nothing.failure?.code == .unreachable)
    }
}
