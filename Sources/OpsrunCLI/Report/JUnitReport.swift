package import RunEngine
internal import Values

/// A run as JUnit XML: each batch a suite, each step and gate a test case.
///
/// A `failure` is a verdict: a gate that did not hold, a step that said no. An `error` is that nobody could tell, or that
/// what it needs was not there: unreachable, timed out, unknown, stopped, not ended. Well-formed whatever the run printed.
package struct JUnitReport {
    /// Cases beyond it are left out, those that went well first.
    static let mostCases = 20_000
    /// Characters of one message.
    static let longestText = 8000

    private struct Case {
        enum Outcome { case passed, failure, error, skipped }
        var name: String
        var outcome: Outcome
        /// The type of a failure or an error.
        var kind = ""
        var message = ""
        var body = ""
        var seconds: Double
        var place: RunReport.Place?
        var output: String?
    }

    private struct Suite {
        var name: String
        var start: Timestamp?
        var cases: [Case] = []
    }

    private let report: RunReport
    private let state: RunState

    package init(_ report: RunReport) {
        self.report = report
        state = report.state
    }

    /// Of a command that ended before a run began: one case that says why.
    package static func text(of message: String, exit: ExitCode, playbook: String) -> String {
        var one = Case(name: "plan", outcome: exit == .done ? .passed : .error, seconds: 0)
        one.kind = exit.name
        one.message = message
        return document(name: playbook, [Suite(name: playbook, cases: [one])], classname: playbook, seconds: 0)
    }

    package func text() -> String {
        let seconds = Double(report.activeTime.milliseconds) / 1000
        return Self.document(name: report.title, suites(), classname: state.run.playbook, seconds: seconds)
    }

    // MARK: Cases

    private func suites() -> [Suite] {
        var suites: [Suite] = []
        var places: [String: Int] = [:]
        var room = Self.mostCases
        for step in state.steps {
            let one = self.one(step)
            guard room > 0 || one.outcome == .failure || one.outcome == .error else { continue }
            room -= 1
            let key = "\(step.play)/\(step.batch)"
            if places[key] == nil {
                places[key] = suites.count
                suites.append(Suite(name: suiteName(step), start: step.startedAt))
            }
            if let place = places[key] { suites[place].cases.append(one) }
        }
        // A gate that is still waiting has no row among the steps.
        for place in state.runningGates.values.sorted() {
            let gate = state.gates[place]
            let name = gate.started.name.isEmpty ? gate.started.gate : gate.started.name
            var one = Case(name: "\(name) [\(gate.started.host)]", outcome: .error, seconds: 0)
            one.kind = "not-ended"
            one.message = gate.lastSample?.reasons.first ?? "the gate had not ended when the journal did"
            suites.append(Suite(name: "open", start: gate.startedAt, cases: [one]))
        }
        if let whole = wholeRun(suites) { suites.append(Suite(name: "run", start: report.start, cases: [whole])) }
        return suites
    }

    /// What is wrong with the run and with none of its steps: a lock, a window, an approval.
    private func wholeRun(_ suites: [Suite]) -> Case? {
        let isTold = suites.contains { suite in suite.cases.contains { $0.outcome == .failure || $0.outcome == .error }
        }
        guard !isTold else { return nil }
        guard let closed = state.closed else {
            var one = Case(name: "run", outcome: .error, seconds: 0)
            one.kind = "not-ended"
            one.message = "the journal has no end"
            return one
        }
        let code = ExitCode(rawValue: Int32(clamping: closed.exitCode)) ?? .internalError
        guard code != .done else { return nil }
        var one = Case(name: "run", outcome: code == .suspended ? .skipped : .error, seconds: 0)
        one.kind = code.name
        one.message = closed.message.isEmpty ? code.meaning : closed.message
        return one
    }

    private func suiteName(_ step: RunState.StepRow) -> String {
        let play = report.playNames[step.play] ?? "play \(step.play + 1)"
        let batch = report.batches.last { $0.play == step.play && $0.batch == step.batch }
        guard let batch, batch.batches > 1 else { return play }
        return "\(play), batch \(batch.batch + 1) of \(batch.batches)"
    }

    private func one(_ step: RunState.StepRow) -> Case {
        let name = step.name.isEmpty ? step.action : step.name
        let item = step.item.map { " (\($0))" } ?? ""
        var one = Case(
            name: "\(name)\(item) [\(step.host)]", outcome: .passed, seconds: Double(step.duration.milliseconds) / 1000)
        one.place = report.places[step.key]
        if step.action == "gate", let gate = report.gate(of: step) {
            one.seconds = Double(gate.duration.milliseconds) / 1000
            one.body = gate.reasons.joined(separator: "\n")
            one.message = gate.reasons.first ?? ""
            one.kind = gate.verdict.rawValue
            switch gate.verdict {
            case .passed:
                one.message = ""
                one.body = ""
                one.output = "passed after \(gate.samples) look\(gate.samples == 1 ? "" : "s")"
            case .stopped: one.outcome = .error
            // No look has ever answered: that is no verdict about the cluster.
            case .timedOut, .stalled, .failed: one.outcome = gate.result.isEmpty ? .error : .failure
            }
            return one
        }
        one.message = step.failure?.message ?? step.reason ?? ""
        if let failure = step.failure {
            one.body =
                ([failure.message] + failure.causes.map { "because \($0)" } + failure.details
                + (failure.nextAction.map { ["next: \($0)"] } ?? [])).joined(separator: "\n")
            one.kind = failure.code
        }
        switch step.status {
        case .ok, .changed:
            one.output = step.status == .changed ? "changed" : nil
            one.message = ""
        case .skipped: one.outcome = .skipped
        case .failed:
            let isVerdict = ["failed", "gate", "refused", "permit", "invalid"].contains(step.failure?.code ?? "failed")
            one.outcome = isVerdict ? .failure : .error
        case .unreachable, .unknown, .stopped:
            one.outcome = .error
            if one.kind.isEmpty { one.kind = step.status?.rawValue ?? "" }
        case nil:
            one.outcome = .error
            one.kind = "not-ended"
            one.message = "it had begun, and its end is not recorded"
        }
        return one
    }

    // MARK: XML

    private static func document(name: String, _ suites: [Suite], classname: String, seconds: Double) -> String {
        let all = suites.flatMap(\.cases)
        var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"\(attribute(name))\" "
        text += "\(counts(all)) time=\"\(time(seconds))\">\n"
        for suite in suites {
            let total = suite.cases.reduce(0.0) { $0 + $1.seconds }
            let start = suite.start.map { " timestamp=\"\($0.description.prefix(19))\"" } ?? ""
            text +=
                "  <testsuite name=\"\(attribute(suite.name))\" \(counts(suite.cases)) time=\"\(time(total))\"\(start)>\n"
            for one in suite.cases { text += element(one, classname: "\(classname):\(suite.name)") }
            text += "  </testsuite>\n"
        }
        return text + "</testsuites>\n"
    }

    private static func counts(_ cases: [Case]) -> String {
        func count(_ outcome: Case.Outcome) -> Int { cases.count { $0.outcome == outcome } }
        return "tests=\"\(cases.count)\" failures=\"\(count(.failure))\" errors=\"\(count(.error))\" "
            + "skipped=\"\(count(.skipped))\""
    }

    private static func element(_ one: Case, classname: String) -> String {
        var text = "    <testcase name=\"\(attribute(one.name))\" classname=\"\(attribute(classname))\" "
        text += "time=\"\(time(one.seconds))\""
        if let place = one.place, place.line > 0 {
            text += " file=\"\(attribute(place.file))\" line=\"\(place.line)\""
        }
        var inner = ""
        let body = HTMLText.escape(String(one.body.prefix(longestText)), keepLines: true)
        switch one.outcome {
        case .passed: break
        case .skipped: inner = "      <skipped message=\"\(attribute(one.message))\"/>\n"
        case .failure, .error:
            let tag = one.outcome == .failure ? "failure" : "error"
            inner =
                "      <\(tag) type=\"\(attribute(one.kind))\" message=\"\(attribute(one.message))\">\(body)</\(tag)>\n"
        }
        if let output = one.output { inner += "      <system-out>\(HTMLText.escape(output))</system-out>\n" }
        return inner.isEmpty ? "\(text)/>\n" : "\(text)>\n\(inner)    </testcase>\n"
    }

    private static func attribute(_ text: String) -> String { HTMLText.clipped(text, 1000) }

    /// Seconds with three decimals.
    private static func time(_ seconds: Double) -> String {
        let milliseconds = Int64((min(max(seconds, 0), 1e12) * 1000).rounded())
        let rest = String(milliseconds % 1000)
        return "\(milliseconds / 1000)." + String(repeating: "0", count: 3 - rest.count) + rest
    }
}
