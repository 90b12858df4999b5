import EventLoop
import Glibc
import Playbooks
import RunEngine
import TestSupport
import Testing
import Values

@testable import KafkaOperations

/// Programs of a lifecycle as jobs that outlive their runner, and what tells one start of a broker from another.
@Suite struct LifecycleJobTests {
    private struct World {
        var services: OperationServices
        var inventory: Inventory
        var host: Host
        var scratch: ScratchDirectory
        var job: ProcessJob

        init(_ scratch: ScratchDirectory, _ lifecycle: String) throws {
            let text = """
                all:
                  vars:
                    kafka_clusters:
                      local: {bootstrap: ["127.0.0.1:1"], lifecycle: \(lifecycle)}
                  hosts:
                    broker-1: {cluster: local, ansible_connection: local, broker_id: 1}
                """
            let file = try scratch.write(text, to: "i.yml")
            inventory = InventoryLoader.load(path: file).inventory
            services = OperationServices.standard(
                ProcessSettings(environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"]))
            host = try #require(inventory.host("broker-1"))
            job = ProcessJob(runID: "run", key: "step", attempt: 1, folder: "\(scratch.path)/jobs")
            self.scratch = scratch
        }

        var lifecycle: any Lifecycle { get throws { try services.lifecycle(host, inventory) } }

        var context: LifecycleContext {
            var context = LifecycleContext(host: host, time: SystemTimeSource(), timeout: .seconds(120))
            context.job = job
            return context
        }

        var step: StepContext {
            var step = StepBench(host: host, inventory: inventory).step()
            step.job = job
            return step
        }
    }

    private static func commands(_ operation: LifecycleOperation) -> String {
        let argv = "[./work, \(operation.rawValue)]"
        let others = [LifecycleOperation.stop, .start].filter { $0 != operation }
            .map { "\($0.rawValue): [\"true\"]" }
        return "{commands: {\((["\(operation.rawValue): \(argv)"] + others).joined(separator: ", "))}}"
    }

    @Test(arguments: [LifecycleOperation.stop, .activate, .install])
    func `a program of the lifecycle outlives its runner, is followed to its end, and never runs twice`(
        operation: LifecycleOperation
    ) async throws {
        try await ScratchDirectory.with { scratch in
            let world = try World(scratch, Self.commands(operation))
            let (lifecycle, context) = (try world.lifecycle, world.context)
            let script = """
                #!/bin/sh
                cd "$(dirname "$0")"
                echo "$1" >>effects
                while [ ! -e go ]; do sleep 0.05; done
                echo done
                """
            try scratch.write(script, to: "work", mode: 0o755)
            // As the runner starts it, in a process that dies while it runs.
            let target = "\(world.job.folder)/\(world.job.part(operation.rawValue).name)"
            try Files.makeFolders(world.job.folder)
            let runner = try TestProcess.start(
                [
                    "/bin/sh", "-c", "setsid \"$@\" & wait", "runner", "/bin/sh", "-c", JobScript.supervisor,
                    "opsrun-job", target, "\(scratch.path)/work", operation.rawValue,
                ], in: scratch)
            try await Eventually.holds("it has begun") { access("\(scratch.path)/effects", F_OK) == 0 }
            runner.signal(9)
            _ = await runner.wait(within: 60)

            let version = Version("4.3.1")
            async let fate = lifecycle.fate(of: operation, version: version, in: context)
            try scratch.write("", to: "go")
            guard case .ended(let found)? = try await fate else {
                Issue.record("it is not found")
                return
            }
            #expect(found.code == 0 && found.stdout.text == "done\n")
            let again = await #expect(throws: StepFailure.self) {
                _ = try await lifecycle.perform(operation, version: version, in: context)
            }
            #expect(again?.code == .unknownOutcome && again?.message.contains("begun already") == true)
            #expect(try scratch.read("effects") == "\(operation.rawValue)\n")
            // What the resumed step makes of it.
            guard operation != .stop else { return }
            let catalog = OperationCatalog.make(services: world.services)
            let action = try StepBench.make(catalog, "broker.\(operation.rawValue)", ["version": "4.3.1"])
            guard case .finished(let outcome) = try await action.fate(in: world.step) else {
                Issue.record("the step is not finished")
                return
            }
            #expect(outcome.isChanged)
        }
    }

    @Test(arguments: [false, true])
    func `a pid is looked up on the machine only where the lifecycle says that it is of it`(isHost: Bool) async throws {
        try await ScratchDirectory.with { scratch in
            // The number of this very process: that the host has one of this number proves nothing by itself.
            let status = "start: [\"true\"], stop: [\"true\"], status: [echo, \"pid \(getpid())\"]"
            let world = try World(scratch, "{commands: {\(status)}\(isHost ? ", pid: host" : "")}")
            let process = try #require(try await world.lifecycle.process(in: world.context))
            #expect(process.pid == Int64(getpid()) && process.isRunning)
            #expect((process.invocation?.hasPrefix("pid \(getpid()), started ") == true) == isHost)
            let again = try #require(try await world.lifecycle.process(in: world.context))
            #expect(again.differs(from: process) == (isHost ? false : nil))
        }
    }

    @Test func `a lifecycle that says anything else of its pids is refused`() async throws {
        try await ScratchDirectory.with { scratch in
            let world = try World(scratch, "{commands: {start: [\"true\"], stop: [\"true\"]}, pid: container}")
            let found = LifecycleDecoder.check(world.inventory)
            #expect(found.map(\.message) == ["`pid` is `host` or left out"])
        }
    }

    struct Pair: Sendable {
        var before: BrokerProcess
        var after: BrokerProcess
        var differs: Bool?
    }

    static let pairs: [Pair] = [
        // The same number, another start: after a reboot, and when numbers have come round.
        .init(
            before: .init(isRunning: true, pid: 7, invocation: "pid 7, started 100, boot a"),
            after: .init(isRunning: true, pid: 7, invocation: "pid 7, started 200, boot a"), differs: true),
        .init(
            before: .init(isRunning: true, pid: 7, invocation: "pid 7, started 100, boot a"),
            after: .init(isRunning: true, pid: 7, invocation: "pid 7, started 100, boot b"), differs: true),
        .init(
            before: .init(isRunning: true, pid: 7, invocation: "pid 7, started 100, boot a"),
            after: .init(isRunning: true, pid: 7, invocation: "pid 7, started 100, boot a"), differs: false),
        // In a container every start has one and the same number.
        .init(before: .init(isRunning: true, pid: 7), after: .init(isRunning: true, pid: 7), differs: nil),
        .init(before: .init(isRunning: true, pid: 7), after: .init(isRunning: true, pid: 8), differs: true),
        .init(before: .init(isRunning: true), after: .init(isRunning: true, pid: 8), differs: nil),
    ]

    @Test(arguments: pairs) func `one start is told from another by what belongs to a start`(pair: Pair) {
        #expect(pair.after.differs(from: pair.before) == pair.differs)
    }
}
