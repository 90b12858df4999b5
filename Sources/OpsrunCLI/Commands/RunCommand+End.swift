internal import EventLoop
internal import Playbooks
internal import RunEngine
internal import Values

// The end of a command that ran nothing: people read why on the message stream, and the modes that promise a document or a
// last event get theirs.
extension RunCommand {
    /// What is known of a run that has no plan.
    func named(_ playbook: String, inventory: String? = nil) -> RunOpened {
        var opened = RunOpened()
        opened.playbook = playbook
        opened.inventory = inventory ?? ""
        opened.breakGlass = options.breakGlass
        return opened
    }

    /// A plan that is not run.
    func end(
        _ prepared: Prepared, _ status: RunClosed.Status, _ message: String, code: ExitCode
    ) -> ExitCode {
        var opened = RunOpened(prepared.run.plan)
        opened.speedNote = prepared.environment.note
        opened.breakGlass = options.breakGlass
        return end(opened, status, message, code: code, plan: prepared.run.plan)
    }

    /// Files that are wrong.
    func end(_ opened: RunOpened, _ invalid: InvalidSource, _ consequence: String) -> ExitCode {
        LintCommand.explain(invalid, options, in: surroundings, consequence: consequence)
        return end(
            opened, .failed, DiagnosticView.summary(invalid.diagnostics), code: .invalid,
            more: ["diagnostics": .list(DiagnosticView.items(invalid.diagnostics))], diagnostics: invalid.diagnostics)
    }

    /// A plan that could not be made.
    func end(_ opened: RunOpened, _ error: any Error, _ consequence: String) -> ExitCode {
        if let invalid = error as? InvalidSource { return end(opened, invalid, consequence) }
        let (code, failure): (ExitCode, StepFailure) =
            switch error {
            case let failure as RunFailure: (failure.exitCode, failure.failure)
            case let failure as StepFailure: (.taskFailed, failure)
            default: (.internalError, StepFailure(.internalError, "\(error)"))
            }
        report(failure, code)
        return end(
            opened, code == .refused ? .refused : .failed, failure.message, code: code,
            more: ["failure": RunDocument.record(FailureRecord(failure))])
    }

    func report(_ failure: StepFailure, _ code: ExitCode) {
        let style = surroundings.style(options.color, for: surroundings.messages)
        var text = style(.bad, code == .refused ? "REFUSED" : "FAILED") + ": "
        text += RecapView(style: style, width: surroundings.width).failure(FailureRecord(failure), indent: "")
        surroundings.messages.write(text + "exit \(code.rawValue): \(code.meaning)\n")
    }

    func end(
        _ opened: RunOpened, _ status: RunClosed.Status, _ message: String, code: ExitCode, plan: Plan? = nil,
        more: ValueMap = ValueMap(), diagnostics: [Diagnostic] = []
    ) -> ExitCode {
        leaveReports(message, code: code, playbook: opened.playbook, diagnostics: diagnostics)
        var closed = RunClosed()
        closed.status = status
        closed.exitCode = Int(code.rawValue)
        closed.message = message
        let event = RunEvent(
            sequence: 0, time: Timestamp(milliseconds: SystemTimeSource().sinceEpoch.milliseconds),
            body: .runClosed(closed))
        switch mode {
        case .jsonl: surroundings.output.write(event.jsonLine(runID: "") + "\n")
        case .json:
            var state = RunState(opened)
            state.apply(event)
            let value = RunDocument.value(state, plan: plan?.json(), exit: code, directory: nil)
            var document = value.mapValue ?? ValueMap()
            for (key, value) in more { document[key] = value }
            surroundings.output.write(JSON.text(.map(document), pretty: true) + "\n")
        case .quiet:
            if status == .nothingToDo { surroundings.output.write("nothing to do: \(SafeText.escape(message))\n") }
        case .human, .plain:
            if status == .checked { surroundings.output.write("\(SafeText.escape(message))\n") }
            if code == .refused, plan?.refusals.isEmpty == false {
                surroundings.messages.write("exit \(code.rawValue): \(code.meaning)\n")
            }
        }
        return code
    }
}
