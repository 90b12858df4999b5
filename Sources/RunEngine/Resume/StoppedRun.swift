package import EventLoop
import Values

/// A run whose process is gone: it was suspended or killed, and can be gone on with. While the value lives, no other process
/// can take the run.
package struct StoppedRun: Sendable {
    package let runID: String
    package let history: RunHistory
    /// As the run has it, by its digest.
    package let plan: Plan
    /// The text of each source that the run was made from, by path.
    package let sources: [String: String]
    /// Where its journal ends.
    package let journalEnd: ChainEnd
    let lock: any HeldLock

    /// Takes a run up. Throws `RunFailure`:
    /// - refused (9): its process lives, it never began, or it is over;
    /// - damaged evidence (11): its journal is damaged anywhere but in an unfinished last line, or its plan or a source is not
    ///   the one that it began with;
    /// - storage (74): it cannot be read.
    ///
    /// `toPutBack`: one that is over is taken up, too, while it holds something that it changed for its own time. `visit` gets
    /// what the journal says so far, for who wants to know more of it than `history` does: it is read once.
    package init(
        _ runID: String, in store: RunStore, toPutBack: Bool = false, visiting visit: (RunEvent) -> Void = { _ in }
    ) throws(RunFailure) {
        self.runID = runID
        var history = RunHistory()
        do {
            guard let lock = try Self.takeLock(of: runID, store) else { throw Self.alive(runID, store) }
            self.lock = lock
            journalEnd = try store.readJournal(of: runID) { event in
                history.apply(event)
                visit(event)
            }
        } catch let error as RunFailure {
            throw error
        } catch let error as SystemError where error.isMissing {
            throw RunFailure(.refused, StepFailure(.refused, "run \(runID) never began: it has no journal"))
        } catch {
            throw RunFailure(.storage, StepFailure(.failed, "run \(runID) cannot be read: \(error)"))
        }
        if let damage = journalEnd.damage {
            throw RunFailure(
                .damagedEvidence,
                StepFailure(
                    .refused, "the journal of run \(runID) is damaged: \(damage)",
                    nextAction: "look at \(store.journalPath(of: runID)), and at what `opsrun audit verify` says"))
        }
        history.finish(at: journalEnd)
        self.history = history
        guard !history.opened.runID.isEmpty else {
            throw RunFailure(
                .refused,
                StepFailure(
                    .refused, "run \(runID) never began: it did nothing", nextAction: "run the playbook again"))
        }
        if let reason = Self.isOver(history), !toPutBack || history.state.temporary.held.isEmpty {
            throw RunFailure(.refused, StepFailure(.refused, "run \(runID) is over: \(reason)"))
        }
        (plan, sources) = try Self.evidence(runID, history, store)
    }

    /// Why there is nothing to go on with; nil when there is.
    private static func isOver(_ history: RunHistory) -> String? {
        guard let closed = history.closed else { return nil }
        return switch closed.status {
        case .suspended, .unknown: nil
        case .succeeded: "it has done all that it was to do"
        case .cancelled: "it was cancelled"
        case .failed where closed.exitCode == Int(ExitCode.rolledBack.rawValue): "it failed and was rolled back"
        case .failed: "it failed: \(closed.message)"
        case .refused: "it was refused: \(closed.message)"
        case .nothingToDo, .checked: "there was nothing to do"
        }
    }

    /// A program that was being started when the runner was killed holds what the runner held, until it is what it is to be.
    private static func takeLock(of runID: String, _ store: RunStore) throws(SystemError) -> (any HeldLock)? {
        for _ in 0..<lockAttempts {
            if let lock = try store.lockRun(runID) { return lock }
            pauseBriefly()
        }
        return try store.lockRun(runID)
    }

    /// Times ten milliseconds.
    private static let lockAttempts = 50

    private static func alive(_ runID: String, _ store: RunStore) -> RunFailure {
        var who = ""
        if let state = try? store.journal(of: runID).state {
            let (host, pid) = state.lastResume.map { ($0.host, $0.pid) } ?? (state.run.host, state.run.pid)
            who = ": pid \(pid) on \(host)"
        }
        return RunFailure(
            .refused,
            StepFailure(
                .refused, "run \(runID) is going on\(who)",
                nextAction: "look at it with `opsrun status \(runID)`, or stop it with a signal"))
    }

    private static func evidence(
        _ runID: String, _ history: RunHistory, _ store: RunStore
    ) throws(RunFailure) -> (Plan, [String: String]) {
        func damaged(_ message: String) -> RunFailure {
            RunFailure(.damagedEvidence, StepFailure(.refused, message))
        }
        do {
            let bytes = try store.plan(of: runID)
            guard let json = try? JSON.parse(bytes), let plan = try? Plan(json: json) else {
                throw damaged("the plan in the folder of run \(runID) is no plan")
            }
            guard plan.digest == history.opened.planDigest else {
                throw damaged("the plan in the folder of run \(runID) is not the one that it began with")
            }
            return (plan, try store.sources(of: runID, plan))
        } catch let failure as RunFailure {
            throw failure
        } catch let failure as RecordFailure {
            throw damaged(failure.message)
        } catch {
            throw damaged("the plan or a source of run \(runID) cannot be read: \(error)")
        }
    }

    /// Steps that may have acted and of which nobody knows.
    package var doubtfulSteps: [TaskStarted] { history.doubtfulSteps.map(\.step) }

    // MARK: Without going on

    /// Keeps what a person says of a step, in the journal and in the audit log. A resume takes it for the outcome.
    package func resolve(_ resolved: StepResolved, in store: RunStore, at time: any TimeSource)
        async throws(RecordFailure)
    {
        let recorder = try RunRecorder(
            resuming: runID, journalEnd, history, store: store, clusterIDs: plan.clusterIDs, time: time, lock: lock)
        try await recorder.record(.stepResolved(resolved))
        await recorder.letGo()
    }

    /// True while it holds something that it changed for its own time only.
    package var holdsSomething: Bool { !history.state.temporary.held.isEmpty }

    /// Ends the run for good, as it stands: what it changed for its own time is put back, nothing else is done or taken back.
    /// Answers with its last record. `prepared`: its clusters; nil where it holds nothing, or they cannot be had. Throws before
    /// anything is written where another run holds the lock of one of them.
    package func cancel(
        by caller: Caller, reason: String?, in store: RunStore, at time: any TimeSource,
        with prepared: PreparedRun? = nil, stopper: Stopper = Stopper()
    ) async throws -> RunClosed {
        let now = Timestamp(milliseconds: time.sinceEpoch.milliseconds)
        let leases = try await prepared?.takeLocks(
            runID, .resume, of: plan, store: store, at: now, stopper: stopper)
        do {
            let end = try await cancel(
                by: caller, reason: reason, in: store, at: time, with: prepared, stopper, leases ?? HeldLeases())
            await leases?.release()
            return end
        } catch {
            await leases?.release()
            throw error
        }
    }

    private func cancel(
        by caller: Caller, reason: String?, in store: RunStore, at time: any TimeSource, with prepared: PreparedRun?,
        _ stopper: Stopper, _ leases: HeldLeases
    ) async throws(RecordFailure) -> RunClosed {
        let recorder = try RunRecorder(
            resuming: runID, journalEnd, history, store: store, clusterIDs: plan.clusterIDs, time: time, lock: lock)
        try await recorder.record(.runResumed(resumed(by: caller)))
        var left: [String]
        if let prepared {
            left = try await prepared.restorer(recorder, stopper, leases).restore()
        } else {
            left = history.state.temporary.held.map { Restorer.line($0, "its cluster cannot be had", run: runID) }
        }
        var end = RunClosed()
        let who = caller.user + (reason.map { ": \($0)" } ?? "")
        if let closed = history.closed, Self.isOver(history) != nil {
            end.status = closed.status
            end.exitCode = closed.exitCode
            end.message = "\(closed.message); put back by \(who)"
        } else {
            end.status = .cancelled
            end.exitCode = Int((history.doubtfulSteps.isEmpty ? ExitCode.done : .unknownOutcome).rawValue)
            end.message = "cancelled by \(who)"
        }
        end.duration = history.elapsed
        end.counts = history.state.hostCounts
        end.leftovers =
            history.downHosts.sorted().map { "\($0) was stopped by this run and is not proven back" } + left
        end.notPutBack = left.count
        end.unknownSteps = history.doubtfulSteps.map(\.key)
        try await recorder.close(end)
        return end
    }

    /// How the run ended, as far as it did: `suspended`, `unknown`, `killed`.
    package var ending: String { history.closed?.status.rawValue ?? "killed" }

    func resumed(by caller: Caller, breakGlass: String? = nil) -> RunResumed {
        let identity = ProcessIdentity.current(pid: caller.pid)
        var event = RunResumed()
        event.breakGlass = breakGlass
        event.runID = runID
        event.number = history.resumes + 1
        event.version = caller.version
        event.user = caller.user
        event.host = caller.host
        event.pid = caller.pid
        event.startTime = identity.startTime
        event.bootID = identity.bootID
        event.arguments = caller.arguments
        event.planDigest = plan.digest
        event.after = ending
        event.droppedBytes = history.tornBytes
        event.uid = caller.uid
        event.sudoUser = caller.sudoUser
        event.ciActor = caller.actor
        event.ciURL = caller.runURL
        return event
    }
}

extension Plan {
    /// The clusters that the run may change.
    package var clusterIDs: [String] { clusters.map(\.lockID) }
}
