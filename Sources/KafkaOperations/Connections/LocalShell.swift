import EventLoop
import Glibc
package import RunEngine
import Values

/// Runs programs on this machine, in a session of their own.
package struct LocalShell: HostShell {
    let settings: ProcessSettings

    package init(_ settings: ProcessSettings) { self.settings = settings }

    package var place: String { "on this machine" }
    package var isLocal: Bool { true }

    package func run(_ command: ShellCommand) async throws(StepFailure) -> ShellResult {
        if let job = command.job { return try await run(command, as: job) }
        let request = try request(for: command)
        let outcome = await ChildProcess.run(
            request, loop: settings.loop, onOutput: LineReport.observer(command.onLines))
        return try Self.result(outcome, of: command, program: request.program)
    }

    func request(for command: ShellCommand) throws(StepFailure) -> ProcessRequest {
        let argv = Become.argv(command)
        guard let program = argv.first else { throw StepFailure(.failed, "there is no program to run") }
        var environment = settings.inherited
        for (name, value) in command.environment { environment[name] = value }
        return ProcessRequest(
            program: program, arguments: Array(argv.dropFirst()), environment: environment,
            directory: command.directory, input: command.input, timeout: command.timeout, grace: settings.grace,
            keepGroup: command.keepsSurvivors, outputLimit: settings.outputLimit, errorLimit: settings.outputLimit)
    }

    static func result(
        _ outcome: ProcessOutcome, of command: ShellCommand, program: String
    ) throws(StepFailure) -> ShellResult {
        let stdout = KeptOutput(bytes: outcome.stdout, totalBytes: outcome.stdoutBytes, gap: outcome.stdoutGap)
        let stderr = KeptOutput(bytes: outcome.stderr, totalBytes: outcome.stderrBytes, gap: outcome.stderrGap)
        if case .notStarted(let code) = outcome.exit, !outcome.wasCancelled { throw notStarted(program, code, command) }
        if outcome.timedOut || outcome.wasCancelled {
            throw ended(program, outcome, command.timeout, details: stderr.tail(5) + stdout.tail(5))
        }
        func finished(_ code: Int32, signal: Int32? = nil) -> ShellResult {
            ShellResult(code: code, signal: signal, stdout: stdout, stderr: stderr, duration: outcome.duration)
        }
        switch outcome.exit {
        case .exited(let status): return finished(status)
        case .signalled(let signal): return finished(128 + signal, signal: signal)
        case .notStarted, .unconfirmed:
            throw StepFailure(.unknownOutcome, "\(program): its end could not be seen")
        }
    }

    private static func notStarted(_ program: String, _ code: Int32, _ command: ShellCommand) -> StepFailure {
        var folder = stat()
        if let directory = command.directory, stat(directory, &folder) != 0 || folder.st_mode & S_IFMT != S_IFDIR {
            return StepFailure(
                .failed, "there is no folder \(directory) to run \(program) in", nextAction: "check `chdir`")
        }
        return switch code {
        case ENOENT where !program.contains("/"):
            StepFailure(
                .failed, "there is no program \(program) on this machine",
                nextAction: "install it, or name it by its path (looked up in PATH)")
        case ENOENT:
            StepFailure(
                .failed, "there is no program \(program)",
                nextAction: "check the path: a relative one is looked up from the folder of the file that names it")
        case EACCES:
            StepFailure(.failed, "\(program) may not be run", nextAction: "make it executable: chmod +x \(program)")
        case ENOEXEC:
            StepFailure(.failed, "\(program) is no program: it lacks a line `#!/bin/sh` or is for another machine")
        default:
            StepFailure(.failed, "\(program) could not be started", causes: [SystemError.reason(of: code)])
        }
    }

    private static func ended(
        _ program: String, _ outcome: ProcessOutcome, _ timeout: Duration?, details: [String]
    ) -> StepFailure {
        let limit = timeout.map { " of \($0.text)" } ?? ""
        let why = outcome.timedOut ? "did not end within its timeout\(limit)" : "was cancelled"
        guard outcome.groupIsGone else {
            return StepFailure(
                .unknownOutcome, "\(program) \(why), and something that it started is still running", details: details)
        }
        return StepFailure(
            outcome.timedOut ? .timedOut : .cancelled, "\(program) \(why) and was ended",
            nextAction: outcome.timedOut ? "give the task a longer `timeout`" : nil, details: details)
    }
}

/// Passes output on line by line.
enum LineReport {
    /// Lines of one piece of output that are passed on.
    static let limit = 200

    static func observer(
        _ report: (@Sendable ([String]) -> Void)?
    ) -> (@Sendable (ProcessStream, [UInt8]) -> Void)? {
        guard let report else { return nil }
        let splitters = Locked((output: LineSplitter(), errors: LineSplitter()))
        return { stream, bytes in
            let lines = splitters.withLock { splitters in
                stream == .output ? splitters.output.add(bytes) : splitters.errors.add(bytes)
            }
            if !lines.isEmpty { report(Array(lines.prefix(limit))) }
        }
    }
}

/// Becoming another user.
enum Become {
    /// `sudo -n`: never asks for a password, fails instead. Declared variables are kept by name, so that their values
    /// stand in no argument list.
    static func argv(_ command: ShellCommand) -> [String] {
        guard let user = command.becomeUser else { return command.argv }
        var argv = ["sudo", "-n", "-u", user]
        if !command.environment.isEmpty {
            argv.append("--preserve-env=" + command.environment.map(\.name).joined(separator: ","))
        }
        return argv + ["--"] + command.argv
    }
}
