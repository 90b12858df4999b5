import EventLoop
import RunEngine
import Values

/// Runs, finds again and ends jobs through any connection, by the scripts of `JobAtHost`.
struct JobRunner: Sendable {
    /// How long a host is looked for again after the connection broke under a job.
    static let searchLimit: Duration = .seconds(120)
    static let longestPause: Duration = .seconds(10)
    /// A second signal waits this long for the end of a job elsewhere.
    static let cancelLimit: Duration = .milliseconds(600)
    /// Ending a job takes its grace, and as long as this.
    static let endLimit: Duration = .seconds(30)
    static let forgetLimit: Duration = .seconds(20)

    let shell: any HostShell
    let scripts: JobAtHost
    let grace: Duration
    let time: any TimeSource

    /// What a script found.
    private enum Word {
        case ended(ShellResult)
        case never
        case lost
        case refused(StepFailure)
    }

    /// 1. The program is started where nothing of this name began, and followed to its end. 2. A connection that breaks
    /// under it is made again, and the job followed further. 3. A timeout ends the job's group.
    func run(_ command: ShellCommand) async throws(StepFailure) -> ShellResult {
        let begin = time.monotonic
        let program = command.argv.first ?? "the program"
        let argv = Become.argv(command)
        let script = scripts.start(argv, directory: command.directory, input: command.input?.count)
        let failure: StepFailure
        switch await started(script, command) {
        case .success(let word): return try result(word, program)
        case .failure(let error):
            guard error.code == .unknownOutcome else { throw error }
            failure = error
        }
        let rest = command.timeout.map { $0 - (time.monotonic - begin) }
        if Task.isCancelled || (rest ?? .seconds(1)) <= .zero { throw await stop(program, command.timeout, failure) }
        switch try await search(command, until: rest, failure) {
        case .ended(let result): return result
        case .neverBegan:
            throw StepFailure(
                .unreachable, "the connection broke before \(program) began \(shell.place)", causes: failure.causes,
                details: failure.details)
        }
    }

    /// A failure is the connection's: what the script itself found is a word.
    private func started(_ script: String, _ command: ShellCommand) async -> Result<Word, StepFailure> {
        do throws(StepFailure) {
            return .success(
                try await ask(script, of: command, isRead: false, command.timeout, input: command.input))
        } catch {
            return .failure(error)
        }
    }

    /// Follows a job to its end, wherever it stands.
    func attach(_ command: ShellCommand) async throws(StepFailure) -> JobFate {
        let program = command.argv.first ?? "the program"
        switch try await ask(scripts.attach, of: command, isRead: true, command.timeout, input: nil) {
        case .never: return .neverBegan
        case let word: return .ended(try result(word, program))
        }
    }

    func forget() async {
        _ = try? await shell.run(
            ShellCommand(["/bin/sh", "-c", scripts.forget], timeout: Self.forgetLimit, isRead: true))
    }

    /// Until the host answers again, the job's time is over, or `searchLimit` is.
    private func search(
        _ command: ShellCommand, until rest: Duration?, _ failure: StepFailure
    ) async throws(StepFailure) -> JobFate {
        let begin = time.monotonic
        var pause = Duration.seconds(1)
        while true {
            let gone = time.monotonic - begin
            var again = command
            again.timeout = rest.map { max($0 - gone, .milliseconds(1)) }
            do throws(StepFailure) {
                return try await attach(again)
            } catch {
                if Task.isCancelled || error.code == .timedOut || rest.map({ gone >= $0 }) == true {
                    throw await stop(command.argv.first ?? "the program", command.timeout, failure)
                }
                guard error.code == .unreachable, gone < Self.searchLimit else {
                    throw error.code == .unreachable ? failure : error
                }
            }
            do { try await time.sleep(for: pause) } catch {
                throw await stop(command.argv.first ?? "the program", command.timeout, failure)
            }
            pause = min(pause * 2, Self.longestPause)
        }
    }

    /// Ends a job whose time is over, or that was cancelled: what it is called that it was ended, or not.
    private func stop(_ program: String, _ timeout: Duration?, _ failure: StepFailure) async -> StepFailure {
        let wasCancelled = Task.isCancelled
        let (script, mark) = (scripts.end(grace: wasCancelled ? .zero : grace), scripts.mark)
        let limit = wasCancelled ? Self.cancelLimit : grace + Self.endLimit
        let shell = shell
        // A task of its own: this one may be cancelled, and the end of the job must be seen all the same.
        let said = await Task { () -> [String] in
            let command = ShellCommand(["/bin/sh", "-c", script], timeout: limit, isRead: true)
            guard let result = try? await shell.run(command) else { return [] }
            return MarkedLines(result.stderr, mark).said
        }.value
        let limitText = timeout.map { " of \($0.text)" } ?? ""
        let why = wasCancelled ? "was cancelled" : "did not end within its timeout\(limitText)"
        if said.contains(where: { $0 == ":lost" || $0.hasPrefix(":end:") }) {
            return StepFailure(
                wasCancelled ? .cancelled : .timedOut, "\(program) \(why) and was ended \(shell.place)",
                nextAction: wasCancelled ? nil : "give the task a longer `timeout`", details: failure.details)
        }
        return StepFailure(
            .unknownOutcome, "\(program) \(why), and it may still be running \(shell.place)", causes: failure.causes,
            details: failure.details)
    }

    /// Runs a script, and reads what it said.
    private func ask(
        _ script: String, of command: ShellCommand, isRead: Bool, _ timeout: Duration?, input: [UInt8]?
    ) async throws(StepFailure) -> Word {
        let mark = scripts.mark
        var request = ShellCommand(
            ["/bin/sh", "-c", script], environment: isRead ? [] : command.environment, input: input,
            timeout: timeout, keepsSurvivors: true, isRead: isRead)
        if let report = command.onLines {
            request.onLines = { lines in
                let shown = lines.compactMap { MarkedLines.without(mark, $0) }
                if !shown.isEmpty { report(shown) }
            }
        }
        let result = try await shell.run(request)
        let marked = MarkedLines(result.stderr, mark)
        for text in marked.said {
            if text.hasPrefix(":end:"), let code = Int32(text.dropFirst(5)) {
                return .ended(
                    ShellResult(code: code, stdout: result.stdout, stderr: marked.output, duration: result.duration))
            }
            switch text {
            case ":never": return .never
            case ":lost": return .lost
            case ":nowhere":
                return .refused(
                    StepFailure(
                        .unknownOutcome,
                        "there are no traces of this run \(shell.place): it never began there, or they are lost"))
            case ":taken":
                return .refused(
                    StepFailure(
                        .unknownOutcome,
                        "it was not started a second time \(shell.place): this attempt has begun already",
                        nextAction: "find out who else runs it"))
            case ":setsid":
                return .refused(
                    StepFailure(
                        .failed, "there is no program setsid \(shell.place)", nextAction: "install util-linux there"))
            case ":folder":
                return .refused(
                    StepFailure(
                        .failed, "there is no folder \(command.directory ?? "") \(shell.place)",
                        nextAction: "check `chdir`", details: marked.output.tail(3)))
            case ":input", ":full":
                return .refused(
                    StepFailure(
                        .failed, "its traces cannot be kept \(shell.place), so it was not started",
                        details: marked.output.tail(3)))
            default: continue
            }
        }
        return .refused(
            StepFailure(
                .unknownOutcome, "the shell \(shell.place) ended without a word about the program",
                details: marked.output.tail(5)))
    }

    private func result(_ word: Word, _ program: String) throws(StepFailure) -> ShellResult {
        switch word {
        case .ended(let result): return result
        case .refused(var failure):
            failure.message = "\(program): \(failure.message)"
            throw failure
        case .never, .lost:
            throw StepFailure(
                .unknownOutcome, "\(program) ended \(shell.place) without a trace of how",
                causes: ["it was killed together with the shell that kept its exit code, or the host restarted"])
        }
    }
}
