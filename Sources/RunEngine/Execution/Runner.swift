import EventLoop
import Playbooks
import Values

/// One run: locks, records, plays, and the seal at the end.
struct Runner {
    var prepared: PreparedRun
    let store: RunStore
    private let approver: any Approver
    let stopper: Stopper
    private let watchers: [RunWatcher]
    let ledger = RunLedger()
    var leases = HeldLeases()

    init(
        _ prepared: PreparedRun, store: RunStore, approver: any Approver, stopper: Stopper, watchers: [RunWatcher]
    ) {
        self.prepared = prepared
        self.store = store
        self.approver = approver
        self.stopper = stopper
        self.watchers = watchers
    }

    var inputs: RunInputs { prepared.inputs }
    var plan: Plan { prepared.plan }
    var now: Timestamp { Timestamp(milliseconds: inputs.time.sinceEpoch.milliseconds) }

    /// 1. A refused plan, and one with nothing to do, are not run.
    /// 2. One writer per cluster: the locks. After one that was waited for, the plan is made again: what its holder did may
    ///    have changed what there is to do, and a plan that says something else by now is not the one that was agreed to.
    /// 3. The journal and the audit log say that the run began, durably.
    /// 4. The plays, until the end, a failure or a signal.
    /// 5. The last record, which seals the journal. 6. The locks are given back.
    mutating func run() async -> RunOutcome {
        let outcome = await runLocked()
        await leases.release()
        return outcome
    }

    private mutating func runLocked() async -> RunOutcome {
        if let refusal = plan.refusals.first { return ended(.refused, .refused, refusal) }
        if let reason = plan.nothingToDo { return nothingToDo(reason) }
        // By the world's clock, whatever an embedded cluster's own says: runs sort by when they began.
        let runID = RunID.make(at: Timestamp(milliseconds: SystemTimeSource().sinceEpoch.milliseconds))
        let recorder: RunRecorder
        let approved: [ApprovalDecided]
        do {
            try await waitForWindow()
            if let refusal = plan.refusals.first { return ended(.refused, .refused, refusal) }
            if let reason = plan.nothingToDo { return nothingToDo("after the wait for the window: \(reason)") }
            try await takeLocks(runID, .free)
            if leases.hasWaited { try await planAgain() }
            if let refusal = plan.refusals.first { return ended(.refused, .refused, refusal) }
            if let reason = plan.nothingToDo { return nothingToDo("after the wait for the lock: \(reason)") }
            approved = try await approvalsOfPlan()
            recorder = try RunRecorder(
                runID: runID, store: store, plan: plan,
                sourceTexts: inputs.playbook.sources.map { ($0.path, $0.text) }
                    + inputs.inventory.sources.map { ($0.path, $0.text) }, clusterIDs: prepared.clusterIDs,
                time: inputs.time)
            let desk = desk(runID, nil)
            for approval in approved { try desk.use(.init(approval)) }
        } catch let error as RecordFailure {
            return ended(error.exitCode, .failed, StepFailure(.failed, error.message))
        } catch let error as RunFailure {
            return ended(error.exitCode, error.exitCode == .refused ? .refused : .failed, error.failure)
        } catch {
            return ended(.refused, .refused, StepFailure(converting: error))
        }
        for watcher in watchers { await recorder.add(watcher) }
        for approval in approved where approval.isLast { ledger.grant(by: approval.by) }
        desk(runID, nil).keepAll()
        let granted = approved.map { RunEvent.Body.approvalDecided($0) }
        return await play(
            recorder, [.runOpened(opened(runID))] + lockEvents + [.planned(plan.summary)] + granted, history: nil)
    }

    /// 1. The locks again. 2. Is what remains still what was planned? 3. The journal says that another process goes on, durably.
    /// 4. and 5. as in `run`: hosts walk through their lists once more, and what stands in the journal is not done again.
    mutating func resume(_ stopped: StoppedRun) async -> RunOutcome {
        let outcome = await resumeLocked(stopped)
        await leases.release()
        return outcome
    }

    private mutating func resumeLocked(_ stopped: StoppedRun) async -> RunOutcome {
        let history = stopped.history
        let recorder: RunRecorder
        do {
            if let refusal = unbrokenGlass(stopped) { throw refusal }
            if plan.hasEffects, let obstacle = prepared.window.obstacle() {
                guard inputs.options.waitsForWindow else {
                    throw StepFailure(.refused, obstacle, nextAction: "go on then, or wait for it with --at-window")
                }
                if let obstacle = await prepared.window.wait(stopper) { throw StepFailure(.refused, obstacle) }
            }
            try await takeLocks(stopped.runID, .resume)
            let moved = try await ResumeCheck(prepared: prepared, history: history).moved()
            guard moved.isEmpty else {
                throw StepFailure(
                    .refused, "what the rest of the run was planned for has changed while it stood still",
                    nextAction: "put it back, or end the run with `opsrun cancel \(stopped.runID)` and plan anew",
                    details: moved.map { prepared.mask.apply($0) })
            }
            recorder = try RunRecorder(
                resuming: stopped.runID, stopped.journalEnd, history, store: store, clusterIDs: prepared.clusterIDs,
                time: inputs.time, lock: stopped.lock)
        } catch let error as RecordFailure {
            return ended(error.exitCode, .failed, StepFailure(.failed, error.message))
        } catch let error as RunFailure {
            return ended(error.exitCode, error.exitCode == .refused ? .refused : .failed, error.failure)
        } catch {
            let failure = StepFailure(converting: error)
            return ended(failure.planCode, failure.code == .refused ? .refused : .failed, failure)
        }
        ledger.restore(history)
        await restoreEstate(history)
        for watcher in watchers { await recorder.add(watcher) }
        let resumed = stopped.resumed(by: inputs.caller, breakGlass: inputs.options.breakGlass)
        return await play(recorder, [.runResumed(resumed)] + lockEvents, history: history)
    }

    /// Which nodes the run holds down, and which it has touched: permits count them.
    private func restoreEstate(_ history: RunHistory) async {
        func nodes(_ hosts: Set<String>, _ cluster: String) -> Set<Int32> {
            Set(
                inputs.inventory.hosts.filter { hosts.contains($0.name) && $0.cluster == cluster }
                    .compactMap(\.nodeID).map { Int32(clamping: $0) })
        }
        for cluster in inputs.inventory.clusters {
            let (down, touched) = (
                nodes(history.downHosts, cluster.name), nodes(history.touchedHosts, cluster.name)
            )
            guard !touched.isEmpty else { continue }
            await inputs.estate.restore(heldDown: down, touched: touched, in: cluster.name)
        }
    }

    private func play(
        _ recorder: RunRecorder, _ first: [RunEvent.Body], history: RunHistory?
    ) async -> RunOutcome {
        let begin = inputs.time.monotonic
        watchLeases(recorder)
        if inputs.options.breakGlass != nil { ledger.grant(by: inputs.caller.user) }
        var storageFailure: RecordFailure?
        var left: [String] = []
        do throws(RecordFailure) {
            try await recorder.record(first.map { RunEvent(sequence: 0, time: now, body: $0) })
            try await keepCheckpoints(recorder)
            try await playAll(recorder, history)
            await noteLosses(recorder)
            noteHowItEnds()
            let goesOn = [.suspended, .unknown].contains(status(of: ledger.worst))
            left = try await prepared.restorer(recorder, stopper, leases).restore(untilResumed: goesOn)
        } catch {
            // What cannot be written down is not done.
            storageFailure = error
            left = await recorder.state.temporary.held.map {
                Restorer.line($0, "the journal cannot be written", run: recorder.runID)
            }
        }
        return await close(recorder, storageFailure, left, since: begin, before: history?.elapsed ?? .zero)
    }

    private func nothingToDo(_ reason: String) -> RunOutcome {
        finishWatchers(
            RunOutcome(runID: "", exitCode: .done, status: .nothingToDo, message: reason, state: RunState()))
    }

    private func finishWatchers(_ outcome: RunOutcome) -> RunOutcome {
        for watcher in watchers { watcher.finish() }
        return outcome
    }

    private func ended(_ code: ExitCode, _ status: RunClosed.Status, _ failure: StepFailure) -> RunOutcome {
        finishWatchers(
            RunOutcome(
                runID: "", exitCode: code, status: status, message: failure.message, state: RunState(),
                failure: failure))
    }

    /// A run that waited for its window is planned again, as one that waited for a lock is.
    private mutating func waitForWindow() async throws {
        guard plan.hasEffects, let obstacle = prepared.window.obstacle() else { return }
        guard inputs.options.waitsForWindow else {
            throw StepFailure(.refused, obstacle, nextAction: "run it then, or wait for it with --at-window")
        }
        if let obstacle = await prepared.window.wait(stopper) { throw StepFailure(.refused, obstacle) }
        try await planAgain()
    }

    /// What the holder of the lock did may leave nothing to do, or forbid the run: the new plan says so itself. Any other
    /// new plan is for a person to look at.
    private mutating func planAgain() async throws {
        let old = plan
        prepared = try await Engine.plan(inputs, approver: approver)
        guard plan.digest != old.digest, plan.refusals.isEmpty, plan.nothingToDo == nil else { return }
        throw StepFailure(
            .refused, "the plan is stale: while it waited, things changed",
            causes: PlanDifference(from: old, to: plan).sentences,
            nextAction: "run it again, and look at the new plan")
    }

    func opened(_ runID: String) -> RunOpened {
        var event = RunOpened(plan)
        event.runID = runID
        event.version = inputs.caller.version
        event.user = inputs.caller.user
        event.host = inputs.caller.host
        event.pid = inputs.caller.pid
        event.arguments = inputs.caller.arguments
        event.breakGlass = inputs.options.breakGlass
        event.speedNote = inputs.options.speedNote
        event.uid = inputs.caller.uid
        event.sudoUser = inputs.caller.sudoUser
        event.ciActor = inputs.caller.actor
        event.ciURL = inputs.caller.runURL
        event.reviewedDigest = inputs.reviewed?.digest
        event.reviewedAuthor = inputs.reviewed?.author
        let identity = ProcessIdentity.current(pid: inputs.caller.pid)
        event.startTime = identity.startTime
        event.bootID = identity.bootID
        event.call = inputs.call
        if case .timestamp(let started)? = prepared.scope.run["started"] { event.started = started }
        return event
    }

    // MARK: Signals

    private enum Arm: Sendable {
        case plays(Result<Void, RecordFailure>)
        case requests(Int)
        case graceOver
        case ended
    }

    /// The plays, beside a watch for signals. The first one is recorded and starts the grace; the second one, or its end,
    /// cancels what runs.
    private func playAll(_ recorder: RunRecorder, _ history: RunHistory?) async throws(RecordFailure) {
        let result = await withTaskGroup(of: Arm.self) { group -> Result<Void, RecordFailure> in
            group.addTask {
                do throws(RecordFailure) {
                    try await plays(recorder, history)
                    return .plays(.success(()))
                } catch {
                    return .plays(.failure(error))
                }
            }
            group.addTask { await stopper.waitForRequests(1) ? .requests(1) : .ended }
            while let arm = await group.next() {
                switch arm {
                case .plays(let result):
                    group.cancelAll()
                    return result
                case .requests(let count):
                    await note(count, recorder)
                    guard count == 1 else {
                        group.cancelAll()
                        continue
                    }
                    group.addTask { await stopper.waitForRequests(2) ? .requests(2) : .ended }
                    if let grace = inputs.options.grace {
                        let time = inputs.time
                        group.addTask {
                            await stopper.wait(grace, on: time, requests: .max) == .time ? .graceOver : .ended
                        }
                    }
                case .graceOver:
                    stopper.kill()
                    group.cancelAll()
                case .ended: continue
                }
            }
            return .success(())
        }
        try result.get()
    }

    private func note(_ count: Int, _ recorder: RunRecorder) async {
        let name = stopper.requests.dropFirst(count - 1).first ?? ""
        try? await recorder.record(.signalReceived(SignalReceived(signal: name, count: count)))
    }

    // MARK: Plays

    private func plays(_ recorder: RunRecorder, _ history: RunHistory?) async throws(RecordFailure) {
        let context = RunContext(
            inputs: inputs, index: prepared.index, clusters: prepared.clusters, access: prepared.access,
            recorder: recorder, stopper: stopper, approver: approver, ledger: ledger, mask: prepared.mask,
            planDigest: plan.digest, outputFolder: store.outputFolder(of: recorder.runID),
            jobsFolder: store.jobsFolder(of: recorder.runID), window: prepared.window, leases: leases,
            desk: desk(recorder.runID, history), initiators: initiators(history), history: history,
            restorer: prepared.restorer(recorder, stopper, leases))
        var scope = prepared.scope
        scope.run["id"] = .string(recorder.runID)
        scope.run["output"] = .string(context.outputFolder)
        for (index, play) in inputs.playbook.plays.enumerated() {
            if history?.play(index) == nil {
                if ledger.isHalted { return }
                if stopper.isStopping {
                    ledger.noteStopped()
                    return
                }
            }
            ledger.openPlay()
            try await PlayRun(run: context, play: play, index: index, prepared: prepared).run(&scope)
            scope.shared = ledger.shared
        }
    }

    // MARK: The end

    private func noteHowItEnds() {
        switch ledger.worstFinding {
        case .critical: ledger.note(.gateFailed, "a check found something critical")
        case .warning where inputs.options.isStrict:
            ledger.note(.gateFailed, "a check found something, and --strict is on")
        default: break
        }
        if ledger.wasStopped {
            let isInterrupted = (stopper.requests.first ?? "SIGINT") == "SIGINT"
            ledger.note(
                isInterrupted ? .interrupted : .terminated, "stopped by \(stopper.requests.first ?? "a signal")")
        }
    }

    private func close(
        _ recorder: RunRecorder, _ storage: RecordFailure?, _ left: [String], since begin: Duration, before: Duration
    ) async -> RunOutcome {
        if let storage {
            ledger.note(storage.exitCode, storage.message)
            await noteLosses(recorder)
            noteHowItEnds()
        }
        // A run that was stopped can be gone on with, whatever it could not put back.
        let ending = status(of: ledger.worst)
        if !left.isEmpty, ending != .suspended || !stopper.isKilling {
            ledger.note(.taskFailed, "what was changed for the time of the run could not all be put back")
        }
        for line in left { ledger.noteLeftover(line) }
        // Whoever can go on with the run will finish or undo it; nobody goes on with one that failed.
        if ending == .failed, !ledger.halfway.isEmpty {
            ledger.note(.taskFailed, "not every host was rolled back")
            for line in ledger.halfway { ledger.noteLeftover(line) }
        }
        var end = RunClosed()
        end.exitCode = Int(ledger.worst.rawValue)
        end.message = ledger.message ?? "done"
        end.status = ending == .suspended ? ending : status(of: ledger.worst)
        end.duration = before + (inputs.time.monotonic - begin)
        end.counts = await recorder.state.hostCounts
        end.leftovers = ledger.leftovers
        end.notPutBack = left.count
        end.unknownSteps = ledger.unknownSteps
        end.exceededMaxFail = ledger.exceeded
        var code = ledger.worst
        var isRecorded = storage == nil
        do throws(RecordFailure) {
            try await recorder.close(end)
            try await keepCheckpoints(recorder)
        } catch {
            code = code.worse(error.exitCode)
            if storage == nil { end.message = error.message }
            isRecorded = false
        }
        // A run that goes on, or that somebody has to look into, still needs them; so does one whose end is not on the disk.
        if isRecorded, end.status != .suspended, end.unknownSteps.isEmpty {
            await inputs.releaseJobs(recorder.runID, store.jobsFolder(of: recorder.runID))
        }
        return RunOutcome(
            runID: recorder.runID, exitCode: code, status: code == ledger.worst ? end.status : status(of: code),
            message: end.message,
            state: await recorder.state)
    }

    private func status(of code: ExitCode) -> RunClosed.Status {
        switch code {
        case .done: .succeeded
        case .interrupted, .terminated, .suspended: .suspended
        case .refused: .refused
        case .unknownOutcome: .unknown
        default: .failed
        }
    }
}
