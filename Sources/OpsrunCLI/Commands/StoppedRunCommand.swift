internal import EventLoop
internal import Glibc
internal import Playbooks
package import RunEngine
internal import Values

/// `opsrun resume`, `resolve` and `cancel`: what is done with a run whose process is gone.
package enum StoppedRunCommand {
    /// Goes on with the run from its own plan and its own copies of the sources.
    package static func resume(
        _ options: Options, arguments: [String], in surroundings: Surroundings, stopper: Stopper = Stopper(),
        embedded: EmbeddedClusters = EmbeddedClusters()
    ) async -> ExitCode {
        do throws(RunFailure) {
            let (store, id) = try find(options, surroundings)
            var told = RunReport()
            let stopped = try takeUp(id, in: store, telling: &told)
            guard var merged = KeptCall.options(stopped.history.opened.call, in: options) else {
                throw RunFailure(
                    .refused,
                    StepFailure(.refused, "run \(id) does not say how it was asked for: it cannot be gone on with"))
            }
            if !stopped.plan.inventory.isEmpty { merged.inventory = stopped.plan.inventory }
            return await RunCommand(
                merged, arguments: arguments, in: surroundings, embedded: embedded, stopped: stopped, told: told
            ).goOn(stopped, stopper: stopper)
        } catch {
            return refuse(error, options, surroundings)
        }
    }

    package static func resolve(_ options: Options, in surroundings: Surroundings) async -> ExitCode {
        guard let word = options.operands.dropFirst().first,
            let verdict = options.verdict.flatMap(StepResolved.Verdict.init(rawValue:)),
            let reason = options.reason, !reason.isEmpty
        else {
            surroundings.complain("resolve wants --as done|not-done and --reason TEXT", color: options.color)
            return .usage
        }
        do throws(RunFailure) {
            let (store, id) = try find(options, surroundings)
            var told = RunReport()
            let stopped = try takeUp(id, in: store, telling: &told)
            let steps = stopped.doubtfulSteps
            let found = steps.filter { $0.key == word || $0.name == word || "\($0.name)@\($0.host)" == word }
            guard let step = found.first, found.count == 1 else {
                let names = steps.map { "\($0.key)  \($0.name) [\($0.host)]" }
                throw RunFailure(
                    .refused,
                    StepFailure(
                        .refused,
                        steps.isEmpty
                            ? "no step of run \(id) waits for an answer"
                            : found.isEmpty
                                ? "'\(word)' is none of the steps that wait for an answer"
                                : "'\(word)' is more than one step: give its key",
                        details: names))
            }
            var resolved = StepResolved()
            resolved.key = step.key
            resolved.host = step.host
            resolved.name = step.name
            resolved.verdict = verdict
            resolved.by = surroundings.user
            resolved.reason = reason
            do throws(RecordFailure) {
                try await stopped.resolve(resolved, in: store, at: SystemTimeSource())
            } catch {
                throw RunFailure(error.exitCode, StepFailure(.failed, error.message))
            }
            RunCommand(options, arguments: [], in: surroundings, told: told).writeReports(of: id, in: store)
            surroundings.output.write(
                "\(SafeText.escape(step.key)) is \(verdict.rawValue); go on with `opsrun resume \(id)`\n")
            return .done
        } catch {
            return refuse(error, options, surroundings)
        }
    }

    /// Ends a run for good, and puts back what it had changed for its own time; of one that is over, only the latter.
    package static func cancel(
        _ options: Options, arguments: [String], in surroundings: Surroundings, stopper: Stopper = Stopper(),
        embedded: EmbeddedClusters = EmbeddedClusters()
    ) async -> ExitCode {
        do throws(RunFailure) {
            let (store, id) = try find(options, surroundings)
            var told = RunReport()
            let stopped = try takeUp(id, in: store, toPutBack: true, telling: &told)
            let caller = RunCommand(options, arguments: arguments, in: surroundings).caller
            let prepared =
                stopped.holdsSomething ? await clusters(of: stopped, options, arguments, surroundings, embedded) : nil
            let end: RunClosed
            do {
                end = try await stopped.cancel(
                    by: caller, reason: options.reason, in: store, at: SystemTimeSource(), with: prepared,
                    stopper: stopper)
            } catch let error as RecordFailure {
                throw RunFailure(error.exitCode, StepFailure(.failed, error.message))
            } catch let error as RunFailure {
                throw error
            } catch {
                throw RunFailure(.refused, error as? StepFailure ?? StepFailure(.failed, "\(error)"))
            }
            RunCommand(options, arguments: arguments, in: surroundings, told: told).writeReports(of: id, in: store)
            var text = end.status == .cancelled ? "run \(id) is cancelled" : "run \(id) was over"
            if stopped.holdsSomething {
                let held = stopped.history.state.temporary.held.map(\.what)
                let left = held.filter { what in end.leftovers.contains { $0.hasPrefix("\(what) (") } }
                text += "; what it had changed for its own time is put back"
                text += left.isEmpty ? "\n" : ", but not all of it\n"
                for what in held where !left.contains(what) { text += "  put back: \(SafeText.escape(what))\n" }
            } else {
                text += "; nothing was taken back\n"
            }
            for key in end.unknownSteps { text += "  outcome unknown: \(SafeText.escape(key))\n" }
            for line in end.leftovers { text += "  left behind: \(SafeText.escape(line))\n" }
            surroundings.output.write(text)
            guard end.unknownSteps.isEmpty else { return .unknownOutcome }
            // A node that the run left down is said, and was no error of this command.
            return end.isAllPutBack ? .done : .taskFailed
        } catch {
            return refuse(error, options, surroundings)
        }
    }

    /// What it takes to put back what the run holds; nil where that cannot be had, which is said.
    private static func clusters(
        of stopped: StoppedRun, _ options: Options, _ arguments: [String], _ surroundings: Surroundings,
        _ embedded: EmbeddedClusters
    ) async -> PreparedRun? {
        guard var merged = KeptCall.options(stopped.history.opened.call, in: options) else { return nil }
        if !stopped.plan.inventory.isEmpty { merged.inventory = stopped.plan.inventory }
        let command = RunCommand(merged, arguments: arguments, in: surroundings, embedded: embedded, stopped: stopped)
        let preparation = await command.prepare(
            Stopper(), samplesGates: false, runsAtOnce: true, consequence: "nothing was put back")
        if case .ready(let prepared) = preparation { return prepared.run }
        return nil
    }

    /// Takes a run up, and folds what its journal says into a report: the journal is read once.
    private static func takeUp(
        _ id: String, in store: RunStore, toPutBack: Bool = false, telling told: inout RunReport
    ) throws(RunFailure) -> StoppedRun {
        let stopped = try StoppedRun(id, in: store, toPutBack: toPutBack) { told.apply($0) }
        told.journalEnd = stopped.journalEnd
        return stopped
    }

    // MARK: Which run

    /// The run that a word names: its id, an unambiguous beginning of it, or `last`.
    static func find(_ options: Options, _ surroundings: Surroundings) throws(RunFailure) -> (RunStore, String) {
        func refused(_ message: String, _ code: ExitCode = .invalid) -> RunFailure {
            RunFailure(code, StepFailure(.failed, message, nextAction: "see `opsrun runs`"))
        }
        guard let folder = ProjectPaths(surroundings).stateFolder(options) else {
            throw refused("no state directory is known: set HOME, or give --state-dir", .storage)
        }
        let store = RunStore(root: folder)
        let ids: [String]
        do throws(SystemError) { ids = try store.runIDs() } catch {
            throw refused("the runs cannot be read: \(error)", .storage)
        }
        let word = options.operands.first ?? "last"
        if word == "last" {
            guard let id = ids.first else { throw refused("there is no run in \(folder)") }
            return (store, id)
        }
        let found = ids.filter { $0.hasPrefix(word) }
        guard let id = found.first else { throw refused("there is no run '\(word)' in \(folder)") }
        guard found.count == 1 else {
            throw refused("'\(word)' is the beginning of \(found.count) runs: give more of it")
        }
        return (store, id)
    }

    static func refuse(_ failure: RunFailure, _ options: Options, _ surroundings: Surroundings) -> ExitCode {
        RunCommand(options, arguments: [], in: surroundings).report(failure.failure, failure.exitCode)
        return failure.exitCode
    }
}

extension RunCommand {
    /// Goes on with a run that was stopped, and shows it.
    func goOn(_ stopped: StoppedRun, stopper: Stopper) async -> ExitCode {
        sayBrokenGlass()
        switch await prepare(
            stopper, samplesGates: false, runsAtOnce: true, consequence: "the run was not gone on with")
        {
        case .ended(let code): return code
        case .ready(let prepared):
            if options.breakGlass != nil, let code = await confirmBreakGlass(stopped.plan, stopper) {
                return end(prepared, .refused, "not confirmed", code: code)
            }
            prepared.display.adopt(stopped.history.state)
            return await apply(prepared, stopper)
        }
    }
}
