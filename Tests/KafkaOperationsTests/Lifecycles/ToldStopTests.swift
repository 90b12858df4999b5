import EventLoop
import Playbooks
import RunEngine
import SimulatedKafka
import TestSupport
import Testing
import Values

@testable import KafkaOperations

/// A stop that was told before its runner died, and one for which the lock is lost before it is sent.
@Suite struct ToldStopTests {
    /// Its `stop` was told by somebody who has died; the process goes `delay` later.
    private struct Told: Lifecycle {
        let base: EmbeddedTestLifecycle
        let exit: Int32
        let delay: Duration
        let stops: Locked<Int>
        let begin = Locked<Duration?>(nil)

        var name: String { base.name }
        func has(_ operation: LifecycleOperation) -> Bool { base.has(operation) }
        func commands(for operation: LifecycleOperation, version: Version?) throws(StepFailure) -> [[String]] { [] }

        func perform(
            _ operation: LifecycleOperation, version: Version?, in context: LifecycleContext
        ) async throws(StepFailure) -> LifecycleOutcome {
            if operation == .stop { stops.withLock { $0 += 1 } }
            return try await base.perform(operation, version: version, in: context)
        }

        func fate(
            of operation: LifecycleOperation, version: Version?, in context: LifecycleContext
        ) async throws(StepFailure) -> JobFate? {
            .ended(ShellResult(code: exit, stdout: KeptOutput(""), stderr: KeptOutput(""), duration: .zero))
        }

        func installedVersion(in context: LifecycleContext) async throws(StepFailure) -> Version? { nil }
        func runningVersion(in context: LifecycleContext) async throws(StepFailure) -> Version? { nil }

        func process(in context: LifecycleContext) async throws(StepFailure) -> BrokerProcess? {
            let now = context.time.monotonic
            let since = begin.withLock { begin in
                begin = begin ?? now
                return begin ?? now
            }
            if now - since >= delay, base.cluster.isRunning(base.node) {
                _ = try await base.perform(.stop, version: nil, in: context)
            }
            return BrokerProcess(
                isRunning: base.cluster.isRunning(base.node),
                invocation: "start \(base.cluster.incarnation(base.node))")
        }
    }

    private func world(exit: Int32 = 0, delay: Duration) -> (world: EmbeddedWorld, stops: Locked<Int>) {
        let stops = Locked(0)
        let world = EmbeddedWorld(
            speed: 200,
            lifecycle: { base in
                Told(base: base, exit: exit, delay: base.node == 2 ? delay : .seconds(1 << 30), stops: stops)
            })
        return (world, stops)
    }

    /// As a resume asks about a step whose witness is on the disk.
    private func verify(
        _ name: String, _ world: EmbeddedWorld, timeout: Duration, stops: @escaping @Sendable () -> Bool = { false }
    ) async throws -> Verification {
        let action = try StepBench.make(world.catalog, name, ["timeout": .duration(timeout)])
        var context = world.bench(2).step(cluster: world.reader, writer: world.writer)
        context.recorded = [StepRecord(kind: "witness", fields: ["node": 2, "invocation_before": "start 1"])]
        context.isStopping = stops
        return try await action.verify(in: context)
    }

    @Test(arguments: ["broker.stop", "broker.restart"])
    func `a stop that was told is waited for as long as the step may take`(name: String) async throws {
        let (world, stops) = world(delay: .seconds(90))
        switch (name, try await verify(name, world, timeout: .seconds(3600))) {
        case ("broker.stop", .done), ("broker.restart", .notDone): break
        case (_, let verdict): Issue.record("\(verdict)")
        }
        #expect(!world.cluster.isRunning(2) && stops.withLock { $0 } == 0, "it was told once, by who has died")
    }

    @Test(arguments: ["broker.stop", "broker.restart"], [false, true])
    func `a stop that was told and does not come is not told again`(name: String, isStopped: Bool) async throws {
        let (world, stops) = world(delay: .seconds(1 << 30))
        let verdict = try await verify(
            name, world, timeout: isStopped ? .seconds(1 << 20) : .seconds(45), stops: { isStopped })
        guard case .cannotTell(let reason) = verdict else {
            Issue.record("\(verdict)")
            return
        }
        #expect(reason.contains("was told to stop before the runner died, and still answers"))
        #expect(world.cluster.isRunning(2) && stops.withLock { $0 } == 0)
    }

    @Test func `a stop whose program said no is done again, once it is plain that nothing goes`() async throws {
        let (world, _) = world(exit: 1, delay: .seconds(1 << 30))
        guard case .notDone(let evidence) = try await verify("broker.stop", world, timeout: .seconds(3600)) else {
            Issue.record("it has not gone")
            return
        }
        #expect(evidence == "the same process still runs")
    }

    @Test func `the lock is asked for right before the stop is sent`() async throws {
        let (world, stops) = world(delay: .seconds(1 << 30))
        let action = try StepBench.make(world.catalog, "broker.stop")
        let bench = world.bench(2)
        var context = bench.step(cluster: world.reader, writer: world.writer)
        let atAsking = Locked<[String]?>(nil)
        context.admit = { () throws(StepFailure) in
            atAsking.withLock { $0 = bench.records.map(\.kind) }
            throw StepFailure(.refused, "the lock of demo is lost")
        }
        let refusing = context
        let failure = await #expect(throws: StepFailure.self) { _ = try await action.run(in: refusing) }
        #expect(failure?.message == "the lock of demo is lost")
        #expect(atAsking.withLock { $0 } == ["witness"], "the permit and the witness come before")
        #expect(stops.withLock { $0 } == 0 && world.cluster.isRunning(2))
        #expect(await world.services.permits.heldDown(in: "demo").isEmpty)
        #expect(await !world.services.permits.isTouched(2, in: "demo"))
    }

    @Test func `a broker that this run has stopped is started, lock or no lock`() async throws {
        let (world, _) = world(delay: .seconds(1 << 30))
        try await world.services.permits.acquire(2, in: "demo") { _, _ throws(StepFailure) in }
        try world.cluster.stop(2)
        try await Eventually.holds("it has gone") { !world.cluster.isRunning(2) }
        let action = try StepBench.make(world.catalog, "broker.start")
        var context = world.bench(2).step(cluster: world.reader, writer: world.writer)
        context.admit = { () throws(StepFailure) in throw StepFailure(.refused, "the lock of demo is lost") }
        #expect(try await action.run(in: context).isChanged)
        #expect(world.cluster.incarnation(2) == 2)
    }
}
