import EventLoop
import Glibc
package import RunEngine
import Values

/// Programs that can be found again: a shell beside them keeps what they say and how they end (`JobScript`).
extension LocalShell {
    func run(_ command: ShellCommand, as job: ProcessJob) async throws(StepFailure) -> ShellResult {
        let files = JobFiles(job)
        let input = command.input
        var request = try request(for: command)
        request.input = nil
        request.launcher = JobScript.launcher(files)
        if let problem = await Self.onDisk({ () throws(SystemError) in try files.prepare(input: input) }) {
            throw StepFailure(
                .failed, "\(request.program) was not started: its traces cannot be kept", causes: [problem.description])
        }
        let follower = JobFollower(files, LineReport.observer(command.onLines))
        let outcome = await run(request, beside: follower)
        let limit = settings.outputLimit
        let ended = outcome
        let kept: KeptStreams
        do throws(SystemError) {
            kept = try await ProcessSettings.disk.run {
                if case .notStarted = ended.exit {} else { follower.look() }
                if input != nil { files.removeInput() }
                return KeptStreams(stdout: files.kept(.output, limit), stderr: files.kept(.errors, limit))
            }
        } catch {
            throw StepFailure(
                .unknownOutcome, "\(request.program): what it said cannot be read", causes: [error.description])
        }
        return try result(outcome, of: command, program: request.program, kept)
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

    private func run(_ request: ProcessRequest, beside follower: JobFollower) async -> ProcessOutcome {
        let loop = settings.loop
        return await withTaskGroup(of: ProcessOutcome?.self) { group in
            group.addTask { await ChildProcess.run(request, loop: loop) }
            group.addTask {
                await follower.follow(on: SystemTimeSource(loop: loop))
                return nil
            }
            var outcome: ProcessOutcome?
            for await answer in group {
                if let answer { outcome = answer }
                if outcome != nil { group.cancelAll() }
            }
            return outcome ?? ProcessOutcome(exit: .unconfirmed)
        }
    }

    private func result(
        _ outcome: ProcessOutcome, of command: ShellCommand, program: String, _ kept: KeptStreams
    ) throws(StepFailure) -> ShellResult {
        let said = String(decoding: outcome.stderr, as: UTF8.self)
        if case .exited = outcome.exit, said.contains(JobScript.taken) {
            throw StepFailure(
                .unknownOutcome, "\(program) was not started a second time: this attempt has begun already",
                nextAction: "find out who else runs it")
        }
        if case .exited = outcome.exit, said.contains(JobScript.full) {
            throw StepFailure(.failed, "\(program) was not started: its traces cannot be kept", details: [said])
        }
        var outcome = outcome
        // What the shell says beside the program is about a signal that ended it (`Killed`).
        if case .exited(let code) = outcome.exit, code > 128, code <= 128 + Self.lastSignal, !said.isEmpty {
            outcome.exit = .signalled(code - 128)
        }
        outcome.stdout = kept.stdout.bytes
        outcome.stdoutBytes = kept.stdout.totalBytes
        outcome.stdoutGap = kept.stdout.gap
        outcome.stderr = kept.stderr.bytes
        outcome.stderrBytes = kept.stderr.totalBytes
        outcome.stderrGap = kept.stderr.gap
        return try Self.result(outcome, of: command, program: program)
    }

    private static let lastSignal: Int32 = 64

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
