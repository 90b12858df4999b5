import EventLoop
import KafkaAdmin
import KafkaOperations
import RunEngine
import SimulatedKafka
import TestSupport
import Testing
import Values

/// What a stop or a start may claim, and when a broker is known to be dead, down, back or untouched.
@Suite struct BrokerTruthTests {
    private static let next = Version("4.3.1") ?? Version(major: 4, minor: 3)

    /// The embedded lifecycle with a supervisor, which knows the process or is wrong about it.
    private struct Supervised: Lifecycle {
        let base: EmbeddedTestLifecycle
        var alwaysSaysDead = false
        var name: String { base.name }
        func has(_ operation: LifecycleOperation) -> Bool { operation == .status || base.has(operation) }
        func commands(for operation: LifecycleOperation, version: Version?) throws(StepFailure) -> [[String]] { [] }
        func perform(
            _ operation: LifecycleOperation, version: Version?, in context: LifecycleContext
        ) async throws(StepFailure) -> LifecycleOutcome {
            try await base.perform(operation, version: version, in: context)
        }
        func installedVersion(in context: LifecycleContext) async throws(StepFailure) -> Version? {
            try await base.installedVersion(in: context)
        }
        func runningVersion(in context: LifecycleContext) async throws(StepFailure) -> Version? { nil }
        func process(in context: LifecycleContext) async throws(StepFailure) -> BrokerProcess? {
            BrokerProcess(isRunning: !alwaysSaysDead && base.cluster.isRunning(base.node))
        }
    }

    private func failure(_ work: () async throws -> ActionOutcome) async -> StepFailure? {
        do {
            return try await work().failure
        } catch {
            return error as? StepFailure
        }
    }

    private func giveBrokenRelease(to node: Int32, in world: EmbeddedWorld) async throws {
        world.cluster.inject(.failStart(node, version: Self.next))
        _ = try await world.run("broker.install", ["version": .version(Self.next)], on: node)
        _ = try await world.run("broker.activate", ["version": .version(Self.next)], on: node)
    }

    @Test(arguments: [true, false])
    func `a start that says yes and dies is a known failure, told by the supervisor or by the quorum`(
        isSupervised: Bool
    ) async throws {
        let world =
            isSupervised ? EmbeddedWorld(speed: 20, lifecycle: { Supervised(base: $0) }) : EmbeddedWorld(speed: 20)
        try await giveBrokenRelease(to: 2, in: world)
        let found = await failure { try await world.run("broker.restart", on: 2) }
        #expect(found?.code == .failed, "\(String(describing: found))")
        #expect(found?.message.contains("was started and has died") == true, "\(String(describing: found))")
        #expect(await world.services.permits.heldDown(in: "demo") == [2], "it stays counted as down")
        _ = try await world.run("broker.activate", ["version": "3.9.2"], on: 2)
        #expect(try await world.run("broker.restart", ["only_if_touched": true], on: 2).isChanged)
    }

    @Test func `after an unknown outcome, a process that does not run was not restarted`() async throws {
        let world = EmbeddedWorld(speed: 20, lifecycle: { Supervised(base: $0) })
        try await giveBrokenRelease(to: 2, in: world)
        let action = try StepBench.make(world.catalog, "broker.restart")
        let context = world.bench(2).step(cluster: world.reader, writer: world.writer)
        _ = try? await action.run(in: context)
        guard case .notDone(let evidence) = try await action.verify(in: context) else {
            Issue.record("its process does not run")
            return
        }
        #expect(evidence.contains("its process does not run"))
    }

    @Test func `after an unknown outcome, a broker that is back is held down no longer`() async throws {
        let world = EmbeddedWorld(speed: 20)
        let bench = world.bench(2)
        let action = try StepBench.make(world.catalog, "broker.restart")
        let context = bench.step(cluster: world.reader, writer: world.writer)
        _ = try await action.run(in: context)
        // As after a stop whose start was seen by nobody.
        try await world.services.permits.acquire(2, in: "demo") { _, _ throws(StepFailure) in }
        let started = bench.records.count { $0.kind == "started" }
        guard case .done = try await action.verify(in: context) else {
            Issue.record("it is back")
            return
        }
        #expect(await world.services.permits.heldDown(in: "demo").isEmpty)
        #expect(bench.records.count { $0.kind == "started" } == started + 1)

        try await world.services.permits.acquire(2, in: "demo") { _, _ throws(StepFailure) in }
        let other = world.bench(2)
        #expect(try await world.run("broker.start", on: 2, bench: other).isChanged == false)
        #expect(other.records.map(\.kind) == ["started"], "it was found back")
        #expect(await world.services.permits.heldDown(in: "demo").isEmpty)
        let start = try StepBench.make(world.catalog, "broker.start")
        try await world.services.permits.acquire(2, in: "demo") { _, _ throws(StepFailure) in }
        guard case .done = try await start.verify(in: context) else {
            Issue.record("it is back")
            return
        }
        #expect(await world.services.permits.heldDown(in: "demo").isEmpty)
    }

    @Test func `a stop that is verified afterwards is recorded as one`() async throws {
        let world = EmbeddedWorld(speed: 20)
        let bench = world.bench(2)
        let action = try StepBench.make(world.catalog, "broker.stop")
        let context = bench.step(cluster: world.reader, writer: world.writer)
        _ = try await action.run(in: context)
        let stopped = bench.records.count { $0.kind == "stopped" }
        guard case .done = try await action.verify(in: context) else {
            Issue.record("it is down")
            return
        }
        #expect(bench.records.count { $0.kind == "stopped" } == stopped + 1)
    }

    private static var dedicated: [SimulatedClusterConfiguration.Node] {
        var nodes = SimulatedClusterConfiguration.combinedNodes([1, 2, 3])
        for index in nodes.indices { nodes[index].isController = false }
        return nodes + [101, 102, 103].map { .init(id: $0, isBroker: false) }
    }

    @Test func `a dedicated controller that is silent for one look is not down`() async throws {
        let world = EmbeddedWorld(nodes: Self.dedicated, speed: 20)
        var reader = LyingReader(world.reader)
        let silent = Locked(1)
        reader.newConnection = {
            silent.withLock { left in
                guard left > 0 else { return nil }
                left -= 1
                return KafkaError(.timedOut, "no answer")
            }
        }
        let action = try StepBench.make(world.catalog, "broker.restart")
        let outcome = try await action.run(in: world.bench(102).step(cluster: reader, writer: world.writer))
        #expect(outcome.isChanged)
        #expect(world.cluster.incarnation(102) == 2, "it was restarted, with a permit")
        #expect(outcome.result["witness"]?["permit"]?.stringValue?.hasPrefix("every partition stays") == true)
    }

    /// For the first look, nobody lists broker 2 and a new connection to it ends with this.
    private static func blind(_ base: any ClusterReader, _ error: KafkaError) -> LyingReader {
        var reader = LyingReader(base)
        let left = Locked((connections: 1, listings: 3))
        reader.newConnection = {
            left.withLock { left in
                guard left.connections > 0 else { return nil }
                left.connections -= 1
                return error
            }
        }
        reader.listing = { description in
            left.withLock { left in
                guard left.listings > 0 else { return description }
                left.listings -= 1
                var description = description
                description.brokers.removeAll { $0.id == 2 }
                return description
            }
        }
        return reader
    }

    @Test func `a restart that did nothing fails`() async throws {
        let world = EmbeddedWorld(speed: 20)
        var refused = KafkaError(.unreachable, "nobody listens")
        refused.isRefused = true
        let action = try StepBench.make(world.catalog, "broker.restart")
        let context = world.bench(2).step(cluster: Self.blind(world.reader, refused), writer: world.writer)
        let found = await failure { try await action.run(in: context) }
        #expect(found?.message.contains("nothing was restarted") == true, "\(String(describing: found))")
        #expect(world.cluster.incarnation(2) == 1)
    }

    @Test func `a broker that is silent and dropped by its peers is not taken for down`() async throws {
        let world = EmbeddedWorld(speed: 20)
        let action = try StepBench.make(world.catalog, "broker.restart")
        let reader = Self.blind(world.reader, KafkaError(.timedOut, "no answer"))
        let outcome = try await action.run(in: world.bench(2).step(cluster: reader, writer: world.writer))
        #expect(outcome.isChanged)
        #expect(world.cluster.incarnation(2) == 2, "it was stopped and started, with a permit")
        #expect(outcome.result["witness"]?["permit"]?.stringValue?.hasPrefix("every partition stays") == true)
    }

    @Test func `brokers that agree a moment later are waited for before a permit is refused`() async throws {
        // The permit waits for seconds of the cluster: a busy machine must have time for a few views in them.
        let world = EmbeddedWorld(speed: 4)
        var reader = LyingReader(world.reader)
        // As when leaders go back to their preferred brokers between two of the views.
        let late = Locked(2)
        reader.view = { view, source in
            guard source == .node(1),
                late.withLock({ left in
                    left -= 1; return left >= 0
                })
            else { return view }
            var view = view
            for index in view.partitions.indices { view.partitions[index].leaderEpoch += 1 }
            return view
        }
        let action = try StepBench.make(world.catalog, "broker.restart")
        let outcome = try await action.run(in: world.bench(2).step(cluster: reader, writer: world.writer))
        #expect(outcome.isChanged)
        #expect(late.withLock { $0 } < 0, "the views that differ were seen")
    }

    @Test func `a broker that runs and is not back yet is waited for, not started again`() async throws {
        let world = EmbeddedWorld(speed: 20, lifecycle: { Supervised(base: $0) })
        let action = try StepBench.make(world.catalog, "broker.start")
        let reader = Self.blind(world.reader, KafkaError(.timedOut, "no answer"))
        let outcome = try await action.run(in: world.bench(2).step(cluster: reader, writer: world.writer))
        #expect(!outcome.isChanged)
        #expect(world.cluster.incarnation(2) == 1)
    }

    @Test func `a status command that is wrong keeps nobody waiting`() async throws {
        let world = EmbeddedWorld(speed: 20, lifecycle: { Supervised(base: $0, alwaysSaysDead: true) })
        var reader = LyingReader(world.reader)
        // It answers, and one peer does not list it: not back, and not dead.
        reader.listing = { description in
            var description = description
            description.brokers.removeAll { $0.id == 2 }
            return description
        }
        let action = try StepBench.make(world.catalog, "broker.restart")
        let context = world.bench(2).step(cluster: reader, writer: world.writer)
        guard case .cannotTell = try await action.verify(in: context) else {
            Issue.record("nothing is proven")
            return
        }
    }

    @Test func `a rollback leaves a broker alone that was never stopped`() async throws {
        let world = EmbeddedWorld(speed: 20)
        let values: ValueMap = ["only_if_touched": true]
        let skipped = try await world.run("broker.restart", values, on: 2)
        #expect(skipped.skipReason?.contains("neither stopped nor started node 2") == true)
        // A refused stop touches nothing.
        _ = try await world.run("broker.stop", on: 3)
        #expect(await failure { try await world.run("broker.restart", on: 2) }?.code == .permit)
        #expect(try await world.run("broker.restart", values, on: 2).skipReason != nil)
        #expect(world.cluster.incarnation(2) == 1)
        _ = try await world.run("broker.start", on: 3)
        try await world.waitUntil("kafka.cluster_health")
        _ = try await world.run("broker.restart", on: 2)
        try await world.waitUntil("kafka.cluster_health")
        #expect(try await world.run("broker.restart", values, on: 2).isChanged)
        #expect(world.cluster.incarnation(2) == 3)
    }

    @Test
    func `topics with too few replicas stop a broker's stop unless they are named, and force says what it overrode`()
        async throws
    {
        let topics: [SimulatedClusterConfiguration.Topic] = [
            .init(name: "dev-single", partitions: 3, replicationFactor: 1),
            .init(name: "orders", partitions: 3, replicationFactor: 3, minInsyncReplicas: 2),
        ]
        let world = EmbeddedWorld(topics: topics, speed: 20) { $0.hasInternalTopics = false }
        let refused = await failure { try await world.run("broker.restart", on: 2) }
        #expect(refused?.code == .permit)
        #expect(refused?.nextAction?.contains("accept_unavailability") == true)
        let accepted = try await world.run("broker.restart", ["accept_unavailability": ["dev-*"]], on: 2)
        let permit = accepted.result["witness"]?["permit"]?.stringValue ?? ""
        #expect(permit.contains("unavailable meanwhile, as accepted: dev-single-"), "\(permit)")
        try await world.waitUntil("kafka.cluster_health")
        let bench = world.bench(2)
        let forced = try await world.run("broker.stop", ["force": "planned outage"], on: 2, bench: bench)
        let overridden = forced.result["witness"]?["overridden"]?.listValue?.compactMap { $0.stringValue } ?? []
        #expect(overridden.contains { $0.hasPrefix("dev-single-") }, "\(overridden)")
        #expect(bench.records.first?.fields["overridden"]?.listValue?.isEmpty == false)
        let plan = try await world.plan("broker.stop", ["accept_unavailability": ["dev-*"]], on: 2)
        #expect(plan.notes.contains { $0.contains("dev-*") })
    }
}
