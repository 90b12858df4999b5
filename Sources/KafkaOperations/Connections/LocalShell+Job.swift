import EventLoop
import Glibc
package import RunEngine
import Values

/// Programs that can be found again: a process beside this one keeps how they end (`JobKeepers`).
extension LocalShell {
    func run(_ command: ShellCommand, as job: ProcessJob) async throws(StepFailure) -> ShellResult {
        let files = JobFiles(job)
        let input = command.input
        var request = try request(for: command)
        request.input = nil
        if input != nil || !files.hasFolder,
            let problem = await Self.onDisk({ () throws(SystemError) in try files.prepare(input: input) })
        {
            throw StepFailure(
                .failed, "\(request.program) was not started: its traces cannot be kept", causes: [problem.description])
        }
        let follower = JobFollower(files, LineReport.observer(command.onLines))
        let outcome = await ChildProcess.run(
            request, leaving: JobTraces(prefix: files.prefix, readsInput: input != nil), keepers: settings.keepers,
            onPause: { follower.lookSoon() })
        let hasStarted = if case .notStarted = outcome.exit { false } else { true }
        if hasStarted, input != nil || !files.isSilent {
            let kept = try await kept(files, follower, input, of: request)
            return try result(outcome, of: command, program: request.program, kept)
        }
        if input != nil { files.removeInput() }
        return try result(
            outcome, of: command, program: request.program, KeptStreams(stdout: KeptOutput(""), stderr: KeptOutput("")))
    }

    private func kept(
        _ files: JobFiles, _ follower: JobFollower, _ input: [UInt8]?, of request: ProcessRequest
    ) async throws(StepFailure) -> KeptStreams {
        let limit = settings.outputLimit
        do throws(SystemError) {
            return try await ProcessSettings.disk.run {
                follower.look()
                if input != nil { files.removeInput() }
                return KeptStreams(stdout: files.kept(.output, limit), stderr: files.kept(.errors, limit))
            }
        } catch {
            throw StepFailure(
                .unknownOutcome, "\(request.program): what it said cannot be read", causes: [error.description])
        }
    }

    package func attach(to job: ProcessJob, of command: ShellCommand) async throws(StepFailure) -> JobFate {
        try await runner(of: job).attach(command)
    }

    package func forgetJobs(of job: ProcessJob) async { await runner(of: job).forget() }

    /// A job that somebody else started is followed as one of another host is.
    private func runner(of job: ProcessJob) -> JobRunner {
        JobRunner(
            shell: self, scripts: JobAtHost(local: job, mark: RandomMark.make()), grace: settings.grace,
            time: SystemTimeSource(loop: settings.loop))
    }

    private struct KeptStreams: Sendable {
        var stdout: KeptOutput
        var stderr: KeptOutput
    }

    private func result(
        _ outcome: ProcessOutcome, of command: ShellCommand, program: String, _ kept: KeptStreams
    ) throws(StepFailure) -> ShellResult {
        switch outcome.refusal {
        case .taken:
            throw StepFailure(
                .unknownOutcome, "\(program) was not started a second time: this attempt has begun already",
                nextAction: "find out who else runs it")
        case .notKept(let code):
            throw StepFailure(
                .failed, "\(program) was not started: its traces cannot be kept", causes: [SystemError.reason(of: code)]
            )
        case nil: break
        }
        var outcome = outcome
        outcome.stdout = kept.stdout.bytes
        outcome.stdoutBytes = kept.stdout.totalBytes
        outcome.stdoutGap = kept.stdout.gap
        outcome.stderr = kept.stderr.bytes
        outcome.stderrBytes = kept.stderr.totalBytes
        outcome.stderrGap = kept.stderr.gap
        return try Self.result(outcome, of: command, program: program)
    }

    private static func onDisk(_ work: @escaping @Sendable () throws(SystemError) -> Void) async -> SystemError? {
        do throws(SystemError) {
            return try await ProcessSettings.disk.run {
                do throws(SystemError) {
                    try work()
                    return nil
                } catch {
                    return error
                }
            }
        } catch {
            return error
        }
    }
}
