internal import EventLoop
internal import Glibc
package import RunEngine

/// `opsrun report RUN`: from the journal, at any time.
package enum ReportCommand {
    package static func run(_ options: Options, in surroundings: Surroundings) -> ExitCode {
        do throws(RunFailure) {
            let (store, id) = try StoppedRunCommand.find(options, surroundings)
            let report: RunReport
            do throws(SystemError) {
                report = try ReportFiles.read(id, in: store)
            } catch {
                throw RunFailure(
                    error.code == ENOENT ? .refused : .storage,
                    StepFailure(
                        .failed,
                        error.code == ENOENT
                            ? "run \(id) never began: it has no journal" : "the journal cannot be read: \(error.reason)"
                    ))
            }
            guard !report.segments.isEmpty else {
                throw RunFailure(.refused, StepFailure(.failed, "the journal of run \(id) has no beginning"))
            }
            try write(report, store, options, surroundings)
            if report.damage != nil {
                surroundings.complain(
                    "the journal of run \(id) is damaged: what is before the damage is told", color: options.color)
                return .damagedEvidence
            }
            return .done
        } catch {
            return StoppedRunCommand.refuse(error, options, surroundings)
        }
    }

    private static func write(
        _ report: RunReport, _ store: RunStore, _ options: Options, _ surroundings: Surroundings
    ) throws(RunFailure) {
        func storage(_ message: String) -> RunFailure { RunFailure(.storage, StepFailure(.failed, message)) }
        if let file = options.junitFile, let problem = ReportFiles.keep(JUnitReport(report).text(), in: file) {
            throw storage(problem)
        }
        switch options.output {
        case .html: return surroundings.output.write(ReportFiles.html(report, in: store))
        case .markdown: return surroundings.output.write(MarkdownReport(report).text())
        default: break
        }
        if let file = options.reportFile {
            let isMarkdown = file.hasSuffix(".md") || file.hasSuffix(".markdown")
            let text = isMarkdown ? MarkdownReport(report).text() : ReportFiles.html(report, in: store)
            if let problem = ReportFiles.keep(text, in: file) { throw storage(problem) }
        } else if options.junitFile == nil {
            if let problem = ReportFiles.write(report, in: store) { throw storage(problem) }
            let folder = SafeText.escape(store.folder(of: report.state.run.runID))
            surroundings.output.write("\(folder)/report.html\n\(folder)/report.md\n")
        }
    }
}
