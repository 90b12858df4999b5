internal import EventLoop
internal import Playbooks
internal import RunEngine

// What a run leaves beside its journal for those who were not there: its report, JUnit, and what the CI system shows.
extension RunCommand {
    /// Of a run that has begun, from its journal. What cannot be written is said, and changes nothing of the outcome.
    func leaveReports(of outcome: RunOutcome, in store: RunStore) {
        let report: RunReport
        do throws(SystemError) {
            report = try ReportFiles.read(outcome.runID, in: store, after: told)
        } catch {
            surroundings.complain(
                "there is no report: the journal cannot be read: \(error.reason)", color: options.color)
            return
        }
        var problems = [ReportFiles.write(report, in: store)]
        if let file = options.junitFile { problems.append(ReportFiles.keep(JUnitReport(report).text(), in: file)) }
        for problem in problems.compactMap(\.self) { surroundings.complain(problem, color: options.color) }
        JobReport(surroundings).tell(report, exit: outcome.exitCode)
    }

    /// The report in the folder of a run that was changed from outside.
    func writeReports(of runID: String, in store: RunStore) {
        do throws(SystemError) {
            let problem = ReportFiles.write(try ReportFiles.read(runID, in: store, after: told), in: store)
            if let problem { surroundings.complain(problem, color: options.color) }
        } catch {
            surroundings.complain(
                "there is no report: the journal cannot be read: \(error.reason)", color: options.color)
        }
    }

    /// Of a command that ended before a run began.
    func leaveReports(_ message: String, code: ExitCode, playbook: String, diagnostics: [Diagnostic]) {
        if let file = options.junitFile {
            let text = JUnitReport.text(of: message, exit: code, playbook: playbook)
            if let problem = ReportFiles.keep(text, in: file) { surroundings.complain(problem, color: options.color) }
        }
        let job = JobReport(surroundings)
        if diagnostics.isEmpty {
            job.tell(message, exit: code)
        } else {
            job.tell(diagnostics, title: "opsrun \(playbook)")
        }
    }
}
