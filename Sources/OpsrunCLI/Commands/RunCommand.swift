internal import EventLoop
internal import Glibc
internal import Playbooks
package import RunEngine
internal import Values

/// `opsrun PLAYBOOK` and `opsrun plan PLAYBOOK`; `opsrun apply FILE` is the former with a plan that was kept.
package struct RunCommand: Sendable {
    let options: Options
    let surroundings: Surroundings
    private let arguments: [String]
    private let embedded: EmbeddedClusters
    /// The plan that is to be run as it was kept.
    let kept: SavedPlan?
    /// The run that is to be gone on with.
    let stopped: StoppedRun?
    /// What its journal says, as a report tells it.
    let told: RunReport

    /// `embedded` holds the clusters between two runs of one process.
    package init(
        _ options: Options, arguments: [String], in surroundings: Surroundings,
        embedded: EmbeddedClusters = EmbeddedClusters(), kept: SavedPlan? = nil,
        stopped: StoppedRun? = nil, told: RunReport = RunReport()
    ) {
        self.stopped = stopped
        self.told = told
        self.kept = kept
        self.options = options
        self.arguments = arguments
        self.surroundings = surroundings
        self.embedded = embedded
    }

    /// What both commands begin with.
    struct Prepared: Sendable {
        var run: PreparedRun
        var environment: Environment
        var display: RunDisplay
        var approver: TerminalApprover
    }

    enum Preparation: Sendable {
        case ready(Prepared)
        case ended(ExitCode)
    }

    var mode: OutputMode { OutputMode(options, in: surroundings) }

    // MARK: plan

    package func plan(stopper: Stopper = Stopper()) async -> ExitCode {
        switch await prepare(stopper, samplesGates: false, runsAtOnce: false, consequence: "nothing was planned") {
        case .ended(let code): return code
        case .ready(let prepared):
            let plan = prepared.run.plan
            switch mode {
            case .json, .jsonl: surroundings.output.write(JSON.text(plan.json(), pretty: true) + "\n")
            case .quiet: break
            case .human, .plain: surroundings.output.write(text(of: plan, prepared.environment))
            }
            if !plan.refusals.isEmpty {
                if mode.isMachine || mode == .quiet { reportRefusals(plan) }
                JobReport(surroundings).tell(plan, kept: nil)
                return .refused
            }
            let kept = saved(prepared)
            if let file = options.planFile {
                if let failure = keep(kept, prepared, in: file) {
                    report(failure, failure.code == .refused ? .refused : .storage)
                    return failure.code == .refused ? .refused : .storage
                }
            }
            JobReport(surroundings).tell(plan, kept: options.planFile == nil ? nil : kept)
            return options.detailedExitCode && plan.hasEffects && plan.nothingToDo == nil ? .changesPending : .done
        }
    }

    // MARK: run

    /// 0. Broken glass is said before anything else. 1. Load, plan. 2. Show the plan; a refused one and one without anything to do end here. 3. Ask. 4. Run, and show it.
    package func run(stopper: Stopper = Stopper()) async -> ExitCode {
        sayBrokenGlass()
        switch await prepare(
            stopper, samplesGates: options.check, runsAtOnce: !options.check && kept == nil,
            consequence: "nothing was run")
        {
        case .ended(let code): return code
        case .ready(let prepared):
            let plan = prepared.run.plan
            if let failure = drift(to: plan) {
                report(failure, .refused)
                return end(prepared, .refused, failure.message, code: .refused)
            }
            if case .human = mode { surroundings.output.write(text(of: plan, prepared.environment)) }
            if mode == .plain { surroundings.output.write(text(of: plan, prepared.environment)) }
            if !plan.refusals.isEmpty {
                if mode.isMachine || mode == .quiet { reportRefusals(plan) }
                return end(prepared, .refused, plan.refusals[0].message, code: .refused)
            }
            if let reason = plan.nothingToDo { return end(prepared, .nothingToDo, reason, code: .done) }
            if options.check { return end(prepared, .checked, plan.checkedText, code: .done) }
            switch await confirm(plan, stopper) {
            case .some(let code): return end(prepared, .refused, "not confirmed", code: code)
            case .none: return await apply(prepared, stopper)
            }
        }
    }

    /// Nil: go on.
    private func confirm(_ plan: Plan, _ stopper: Stopper) async -> ExitCode? {
        // A playbook that changes nothing needs nobody's leave.
        guard plan.hasEffects else { return nil }
        if options.breakGlass != nil { return await confirmBreakGlass(plan, stopper) }
        guard !options.yes, kept == nil else { return nil }
        guard surroundings.canAsk(options) else {
            surroundings.messages.write(
                "refused: nobody can be asked \"run this plan?\" here\n  give --yes to run it without the question\n")
            return .refused
        }
        let prompt = Prompt(surroundings)
        let answer = await stopper.interrupting { await prompt.ask("\nRun this plan? [y/N] ") }
        if let code = stoppedCode(stopper) { return code }
        if Prompt.isYes(answer ?? nil) { return nil }
        surroundings.messages.write("not run\n")
        return .refused
    }

    func apply(_ prepared: Prepared, _ stopper: Stopper) async -> ExitCode {
        let display = prepared.display
        let store = prepared.environment.store
        stopper.setLastWords { display.lastWords() }
        let outcome: RunOutcome?
        if mode.saysOnlyTheEnd {
            let end = await perform(prepared, stopper, [])
            display.adopt(end.state)
            outcome = end
        } else {
            outcome = await follow(prepared, stopper)
        }
        guard let outcome else { return .internalError }
        guard !outcome.runID.isEmpty else {
            if let failure = outcome.failure { report(failure, outcome.exitCode) }
            if outcome.status == .nothingToDo, !mode.isMachine, mode != .quiet {
                surroundings.output.write("nothing to do: \(SafeText.escape(outcome.message))\n")
            }
            return end(prepared, outcome.status, outcome.message, code: outcome.exitCode)
        }
        display.finish(
            exit: outcome.exitCode, plan: prepared.run.plan.json(), directory: store.folder(of: outcome.runID))
        leaveReports(of: outcome, in: store)
        return outcome.exitCode
    }

    private func perform(_ prepared: Prepared, _ stopper: Stopper, _ watchers: [RunWatcher]) async -> RunOutcome {
        let (store, approver) = (prepared.environment.store, prepared.approver)
        guard let stopped else {
            return await Engine.run(
                prepared.run, store: store, approver: approver, stopper: stopper, watchers: watchers)
        }
        return await Engine.resume(
            stopped, prepared.run, store: store, approver: approver, stopper: stopper, watchers: watchers)
    }

    /// Runs, and shows it on the way.
    private func follow(_ prepared: Prepared, _ stopper: Stopper) async -> RunOutcome? {
        let watcher = RunWatcher()
        let display = prepared.display
        return await withTaskGroup(of: RunOutcome?.self) { group -> RunOutcome? in
            group.addTask {
                await perform(prepared, stopper, [watcher])
            }
            group.addTask {
                for await event in watcher { display.show(event) }
                return nil
            }
            group.addTask {
                let clock = SystemTimeSource()
                while !Task.isCancelled {
                    do { try await clock.sleep(for: LiveRegion.interval) } catch { return nil }
                    display.tick()
                }
                return nil
            }
            var outcome: RunOutcome?
            var finished = 0
            while let result = await group.next() {
                if let result { outcome = result }
                finished += 1
                // The run and its last event are through: the clock's ticks are not waited for.
                if finished == 2 { group.cancelAll() }
            }
            return outcome
        }
    }

    // MARK: Preparing

    /// `consequence`: what to say of files that are wrong.
    func prepare(
        _ stopper: Stopper, samplesGates: Bool, runsAtOnce: Bool, consequence: String
    ) async -> Preparation {
        let paths = ProjectPaths(surroundings)
        guard let word = options.operands.first else { return .ended(.usage) }
        guard let path = stopped?.plan.playbook ?? paths.playbook(word) else {
            let message =
                paths.isFolder(word)
                ? "'\(word)' is a folder, and no playbook" : "there is no playbook '\(word)'"
            let hint =
                paths.suggestion(for: word) ?? "give a path, or the name of a playbook that comes with opsrun"
            surroundings.complain(message, hint: hint, color: options.color)
            return .ended(end(named(word), .failed, message, code: .invalid))
        }
        let opened = named(path, inventory: paths.inventory(options, playbook: path))
        guard let state = paths.stateFolder(options) else {
            let message = "no state directory is known"
            surroundings.complain(message, hint: "set HOME, or give --state-dir", color: options.color)
            return .ended(end(opened, .failed, message, code: .storage))
        }
        let environment: Environment
        do throws(InvalidSource) {
            environment = try Environment(
                playbook: path, options, surroundings, paths: paths, state: state, embedded: embedded,
                files: stopped.map { FileAccess(files: $0.sources) } ?? .system)
        } catch {
            return .ended(end(opened, error, consequence))
        }
        let warnings = environment.project.warnings
        if options.strict, !warnings.isEmpty { return .ended(end(opened, InvalidSource(warnings), consequence)) }
        report(warnings)
        let display = RunDisplay(
            mode: mode, options: options, surroundings: surroundings, runTime: environment.time)
        let approver = TerminalApprover(surroundings, options, display: display)
        var inputs = environment.inputs(
            options, caller: caller, samplesGates: samplesGates, bindsClusters: kept != nil || options.planFile != nil,
            runsAtOnce: runsAtOnce)
        inputs.call = KeptCall.fields(of: options, parameters: environment.project.playbook.parameterValues)
        if let kept {
            inputs.reviewed = ReviewedPlan(digest: kept.plan.digest, author: kept.author)
            if let file = kept.file { inputs.approvalFolders = [ApprovalFolder(ofPlan: file)] }
        }
        do throws(StepFailure) {
            try keepCheckpoints(of: environment.project.inventory, &inputs)
        } catch {
            surroundings.complain(error.message, color: options.color)
            return .ended(end(opened, .failed, error.message, code: .invalid))
        }
        let asked = inputs
        let stopped = stopped
        let planned = await stopper.interrupting { () -> Result<PreparedRun, any Error> in
            do {
                if let stopped {
                    return .success(try await Engine.reopen(stopped, asked, approver: approver))
                }
                return .success(try await Engine.plan(asked, approver: approver))
            } catch {
                return .failure(error)
            }
        }
        if let code = stoppedCode(stopper) {
            return .ended(end(opened, .failed, "stopped before anything ran", code: code))
        }
        switch planned {
        case .success(let run)?:
            sayWhatIsLeft(of: run, environment.store)
            return .ready(Prepared(run: run, environment: environment, display: display, approver: approver))
        case .failure(let error)?: return .ended(end(opened, error, consequence))
        case nil: return .ended(.internalError)
        }
    }

    var caller: Caller {
        surroundings.caller(arguments: arguments)
    }

    func stoppedCode(_ stopper: Stopper) -> ExitCode? {
        guard let signal = stopper.requests.first else { return nil }
        surroundings.messages.write("stopped by \(signal) before anything ran\n")
        return signal == "SIGINT" ? .interrupted : .terminated
    }

    // MARK: What is said

    /// What earlier runs have left on the clusters of this one.
    private func sayWhatIsLeft(of run: PreparedRun, _ store: RunStore) {
        guard mode != .quiet else { return }
        for left in LeftBehind.find(in: store, clusterIDs: run.clusterIDs, leavingOut: stopped?.runID) {
            surroundings.messages.write("left behind: \(SafeText.escape(left.sentence))\n")
        }
    }

    private func text(of plan: Plan, _ environment: Environment) -> String {
        PlanView(
            style: surroundings.style(options.color, for: surroundings.output), width: surroundings.width,
            verbosity: options.verbosity, clusterNote: environment.note
        ).text(plan)
    }

    private func report(_ warnings: [Diagnostic]) {
        guard !warnings.isEmpty, !options.quiet else { return }
        surroundings.messages.write(LintCommand.view(options, surroundings, surroundings.messages).text(warnings))
    }

    private func reportRefusals(_ plan: Plan) {
        for refusal in plan.refusals { report(refusal, .refused) }
    }
}
