package import Playbooks
internal import RunEngine

/// Something that a CI system shows beside the line of a file.
package struct Annotation: Sendable, Hashable {
    package enum Severity: String, Sendable {
        case error, warning, notice

        var rank: Int {
            switch self {
            case .error: 0
            case .warning: 1
            case .notice: 2
            }
        }
    }

    package var severity: Severity
    /// From the root of the checkout.
    package var file: String?
    package var line: Int?
    package var column: Int?
    package var endLine: Int?
    package var endColumn: Int?
    package var title: String
    package var message: String

    package init(_ severity: Severity, file: String? = nil, line: Int? = nil, title: String, message: String) {
        self.severity = severity
        self.file = file
        self.line = line
        self.title = title
        self.message = message
    }

    package init(_ diagnostic: Diagnostic, paths: CheckoutPaths) {
        self.init(
            diagnostic.severity == .error ? .error : .warning, title: diagnostic.code,
            message: diagnostic.message + (diagnostic.hint.map { "\n\($0)" } ?? ""))
        guard diagnostic.span.hasPlace else { return }
        file = paths.relative(diagnostic.span.file)
        line = diagnostic.span.line
        column = diagnostic.span.column
        endLine = max(diagnostic.span.endLine, diagnostic.span.line)
        endColumn = diagnostic.span.endColumn
    }
}

extension Annotation {
    /// What ended badly in a run, at its lines.
    static func all(of report: RunReport, exit: ExitCode, paths: CheckoutPaths) -> [Annotation] {
        let state = report.state
        func place(_ key: String) -> (file: String?, line: Int?) {
            guard let place = report.places[key], place.line > 0 else { return (nil, nil) }
            return (paths.relative(place.file), place.line)
        }
        var all = state.failedHosts.map { failed in
            let (file, line) = place(failed.key)
            let why =
                failed.failure.map { [$0.message] + $0.causes.map { "because \($0)" } } ?? [failed.status.rawValue]
            return Annotation(
                .error, file: file, line: line, title: "\(failed.task) [\(failed.host)]",
                message: why.joined(separator: "\n"))
        }
        let told = Set(state.failedHosts.map(\.key))
        for step in state.unknownSteps where !told.contains(step.key) {
            let (file, line) = place(step.key)
            all.append(
                Annotation(
                    .error, file: file, line: line, title: "\(step.name) [\(step.host)]",
                    message: "nobody knows whether it happened: opsrun resolve \(state.run.runID) \(step.key)"))
        }
        for leftover in state.closed?.leftovers ?? [] {
            all.append(Annotation(.warning, title: "left behind", message: leftover))
        }
        for finding in state.findings {
            all.append(
                Annotation(
                    finding.severity == .critical ? .error : .warning, title: finding.task ?? "finding",
                    message: finding.message))
        }
        if all.isEmpty, exit != .done {
            let message = state.closed?.message ?? ""
            all.append(
                Annotation(
                    exit == .suspended ? .notice : .error, title: exit.meaning,
                    message: message.isEmpty ? exit.nextAction : message))
        }
        return all
    }
}
