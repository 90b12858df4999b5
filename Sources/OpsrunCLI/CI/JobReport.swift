internal import Playbooks
internal import RunEngine
internal import Values

/// What a command tells the CI system at its end: annotations, the summary of the step, values for later steps. Does nothing
/// outside of CI.
struct JobReport: Sendable {
    private let surroundings: Surroundings
    private let commands: LogCommands?
    private let summary: JobSummary
    private let paths: CheckoutPaths

    init(_ surroundings: Surroundings) {
        self.surroundings = surroundings
        commands = surroundings.ci.map { LogCommands($0.system) }
        summary = JobSummary(surroundings)
        paths = CheckoutPaths(surroundings)
    }

    /// Rows of the table of problems.
    private static let shownProblems = 500

    /// Problems of files.
    func tell(_ problems: [Diagnostic], title: String) {
        guard commands != nil else { return }
        let sorted = DiagnosticView.sorted(problems)
        annotate(sorted.map { Annotation($0, paths: paths) })
        guard summary.isWanted else { return }
        let counted = DiagnosticView.summary(sorted)
        var text = "## \(sorted.isEmpty ? "✅" : "❌") \(MarkdownText.inline(title))\n\n"
        text += "\(counted.isEmpty ? "no problems" : counted)\n\n"
        if !sorted.isEmpty {
            text += "| where | | what | |\n|---|---|---|---|\n"
            for problem in sorted.prefix(Self.shownProblems) {
                let file = problem.span.hasPlace ? paths.relative(problem.span.file) : problem.span.file
                let place = problem.span.hasPlace ? "\(file):\(problem.span.line):\(problem.span.column)" : file
                let hint = problem.hint.map { ": \($0)" } ?? ""
                text += "| \(MarkdownText.code(place)) | \(problem.severity.rawValue) "
                text += "| \(MarkdownText.inline(problem.message + hint)) | \(MarkdownText.code(problem.code)) |\n"
            }
            if sorted.count > Self.shownProblems { text += "\nand \(sorted.count - Self.shownProblems) more\n" }
        }
        summary.add(text, saying: "**The rest does not fit a summary**: see the log.")
    }

    /// A plan, made and not run.
    func tell(_ plan: Plan, kept: SavedPlan?) {
        guard commands != nil else { return }
        if let refusal = plan.refusals.first {
            annotate([Annotation(.error, title: "refused", message: refusal.message)])
        }
        summary.set([
            "plan-digest": plan.digest, "has-changes": plan.hasEffects && plan.nothingToDo == nil ? "true" : "false",
        ])
        guard summary.isWanted else { return }
        let text = kept.map { KeptPlanView.markdown($0, at: $0.created) } ?? KeptPlanView.markdown(plan)
        summary.add(text, saying: "**The rest does not fit a summary**: the plan is sha256 \(plan.digest).")
    }

    /// A run, ended.
    func tell(_ report: RunReport, exit: ExitCode) {
        guard commands != nil else { return }
        annotate(Annotation.all(of: report, exit: exit, paths: paths))
        summary.set(["run-id": report.state.run.runID, "exit-class": exit.name, "exit-code": "\(exit.rawValue)"])
        if exit == .suspended {
            surroundings.messages.write(SuspensionText.line(report.state) + "\n")
        }
        guard summary.isWanted else { return }
        summary.add(
            MarkdownReport(report).text(),
            saying: "**The rest does not fit a summary**: `opsrun report \(report.state.run.runID)` has all of it.")
    }

    /// A command that ended before anything ran.
    func tell(_ message: String, exit: ExitCode) {
        guard commands != nil, exit != .done else { return }
        annotate([Annotation(.error, title: exit.meaning, message: message)])
        summary.set(["exit-class": exit.name, "exit-code": "\(exit.rawValue)"])
        summary.add("## ❌ opsrun: \(exit.meaning)\n\n\(MarkdownText.inline(message))\n", saying: "")
    }

    /// On standard error where a machine reads standard output. Where people's text stands there, on that stream: the fence
    /// around it is open again, and two streams are read in no order.
    private func annotate(_ annotations: [Annotation]) {
        guard let commands else { return }
        let text = commands.annotations(annotations)
        guard !text.isEmpty else { return }
        (surroundings.output.carriesText ? surroundings.output : surroundings.messages).command?(text)
    }
}

/// Who can let a suspended run go on, and how: one line.
enum SuspensionText {
    static func line(_ state: RunState) -> String {
        let run = SafeText.escape(state.run.runID)
        let questions = state.openQuestions.sorted { $0.key < $1.key }.map(\.value)
        guard let question = questions.first else {
            return "to go on when it may: opsrun resume \(run)"
        }
        let names = question.approvers.map { SafeText.escape($0) }.joined(separator: ", ")
        let who = names.isEmpty ? "anybody whose key is among the allowed signers" : names
        let more = questions.count > 1 ? " (and \(questions.count - 1) more questions)" : ""
        return "waits for an approval by \(who)\(more): opsrun approve \(run), then opsrun resume \(run)"
    }
}
