import EventLoop
import Playbooks
import RunEngine
import TestSupport
import Testing
import Values

/// A playbook in text, run against fake actions under a clock that the test moves.
final class RunCase: Sendable {
    let script = Script()
    let estate = FakeEstate()
    let time = ManualTimeSource()
    /// What leases count by; stands still unless a test moves it.
    let leaseTime = ManualTimeSource()
    let stopper = Stopper()
    /// How often the traces of a run's programs were forgotten.
    let released = Locked(0)
    let scratch: ScratchDirectory
    let storage: any RecordStorage
    /// The folder in which users lock clusters for each other.
    let sharedLocks: String?

    init(
        _ scratch: ScratchDirectory, storage: any RecordStorage = DiskStorage(), sharedLocks: String? = nil
    ) {
        self.scratch = scratch
        self.sharedLocks = sharedLocks
        self.storage = storage
    }

    static func with(_ body: (RunCase) async throws -> Void) async throws {
        try await ScratchDirectory.with { try await body(RunCase($0)) }
    }

    var store: RunStore { RunStore(root: "\(scratch.path)/state", storage: storage, sharedLockFolder: sharedLocks) }

    static let inventory = """
        all:
          vars:
            approvers: {groups: {oncall: [anna]}}
            kafka_clusters:
              demo: {bootstrap: [127.0.0.1:9092], version: 4.3.1, lifecycle: simulated}
          children:
            brokers:
              vars: {cluster: demo, ansible_connection: local}
              hosts:
                b1: {broker_id: 1, rack: a}
                b2: {broker_id: 2, rack: b}
                b3: {broker_id: 3, rack: a}
                b4: {broker_id: 4, rack: b}
        """

    func inputs(
        _ playbook: String, inventory: String = RunCase.inventory, files: [String: String] = [:],
        options: RunOptions = RunOptions(), time: (any TimeSource)? = nil
    ) throws -> RunInputs {
        var all = files
        all["p.yml"] = playbook
        all["i.yml"] = inventory
        let access = FileAccess(files: all)
        let catalog = ScriptedCatalog.make(script)
        let outcome = InventoryLoader.load(path: "i.yml", files: access)
        let result = PlaybookLoader.load(
            path: "p.yml", inventory: outcome, references: catalog.references, shippedGates: catalog.shippedGates,
            files: access)
        let loaded: Playbook
        switch result {
        case .success(let playbook): loaded = playbook
        case .failure(let invalid):
            throw Failure(description: DiagnosticText.render(invalid.diagnostics, sources: []))
        }
        var inputs = RunInputs(
            playbook: loaded, inventory: outcome.inventory, catalog: catalog, estate: estate, time: time ?? self.time,
            options: options,
            caller: Caller(user: "anna", host: "ops-1", pid: 4711, arguments: ["p.yml"], version: "0"))
        inputs.leaseClock = leaseTime
        inputs.releaseJobs = { [released] _, _ in released.withLock { $0 += 1 } }
        return inputs
    }

    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    func plan(
        _ playbook: String, inventory: String = RunCase.inventory, options: RunOptions = RunOptions(),
        approver: any Approver = NobodyAnswers()
    ) async throws -> Plan {
        try await Engine.plan(try inputs(playbook, inventory: inventory, options: options), approver: approver).plan
    }

    /// Plans and runs. The clock moves by itself whenever something sleeps, unless `movesClock` is false.
    @discardableResult
    func run(
        _ playbook: String, inventory: String = RunCase.inventory, files: [String: String] = [:],
        options: RunOptions = RunOptions(), approver: any Approver = NobodyAnswers(), movesClock: Bool = true
    ) async throws -> RunOutcome {
        let inputs = try inputs(playbook, inventory: inventory, files: files, options: options)
        let prepared = try await Engine.plan(inputs, approver: approver)
        guard movesClock else {
            return await Engine.run(prepared, store: store, approver: approver, stopper: stopper)
        }
        let (store, stopper) = (store, stopper)
        return await movingClock { await Engine.run(prepared, store: store, approver: approver, stopper: stopper) }
    }

    /// Goes on with a run of this case's store.
    func resume(
        _ runID: String, _ playbook: String, inventory: String = RunCase.inventory, files: [String: String] = [:],
        options: RunOptions = RunOptions(), approver: any Approver = NobodyAnswers()
    ) async throws -> RunOutcome {
        let stopped = try StoppedRun(runID, in: store)
        let inputs = try inputs(playbook, inventory: inventory, files: files, options: options)
        let prepared = try await Engine.reopen(stopped, inputs, approver: approver)
        let (store, stopper) = (store, stopper)
        return await movingClock {
            await Engine.resume(stopped, prepared, store: store, approver: approver, stopper: stopper)
        }
    }

    /// The clock moves by itself whenever something sleeps.
    private func movingClock(_ body: @escaping @Sendable () async -> RunOutcome) async -> RunOutcome {
        let time = time
        return await withTaskGroup(of: RunOutcome?.self) { group in
            // Both on the engine's own thread, whatever else keeps the machine busy: each turn there lets what the engine has
            // ready go first.
            group.addTask(executorPreference: RunRecorder.thread) { await body() }
            group.addTask(executorPreference: RunRecorder.thread) {
                while !Task.isCancelled {
                    await Self.calm(time)
                    if let next = time.untilNext { time.advance(by: next) }
                    await Task.yield()
                }
                return nil
            }
            var outcome: RunOutcome?
            while let end = await group.next() {
                if let end {
                    outcome = end
                    group.cancelAll()
                }
            }
            return outcome
                ?? RunOutcome(runID: "", exitCode: .internalError, status: .failed, message: "", state: RunState())
        }
    }

    /// Returns when nobody has gone to sleep or woken for many turns: whoever sleeps beside another (a step and its
    /// limit) has then got there, and the earlier one wakes first. What is far off is mostly a limit on work that goes on
    /// right now, which gets more turns before the clock jumps over it.
    private static func calm(_ time: ManualTimeSource) async {
        var seen = time.sleepers
        var turns = 0
        while turns < (time.untilNext ?? .zero > farOff ? turnsBeforeFarOff : turnsOfCalm), !Task.isCancelled {
            await Task.yield()
            let now = time.sleepers
            turns = now == seen ? turns + 1 : 0
            seen = now
        }
    }

    private static let turnsOfCalm = 500
    private static let turnsBeforeFarOff = 5000
    private static let farOff = Duration.seconds(30)

    /// A play over these hosts with these tasks.
    static func play(_ hosts: String, _ keywords: String = "", _ tasks: String) -> String {
        let indented = tasks.split(separator: "\n", omittingEmptySubsequences: false).map { "      \($0)" }
        let lines = keywords.split(separator: "\n").map { "    \($0)\n" }.joined()
        return "  - hosts: \(hosts)\n\(lines)    tasks:\n" + indented.joined(separator: "\n") + "\n"
    }

    static func playbook(_ plays: String..., head: String = "") -> String {
        "opsrun: 1\nname: Test\n\(head)plays:\n" + plays.joined()
    }

    func journal(_ outcome: RunOutcome) throws -> JournalContent { try store.journal(of: outcome.runID) }
}

/// Answers as it is told.
struct ScriptedApprover: Approver {
    var answer: ApprovalAnswer
    var canAnswer = true

    func answer(_ question: ApprovalQuestion) async -> ApprovalAnswer { answer }
}
