import EventLoop
import Playbooks
import RunEngine
import Values

/// What `command` and `shell` have in common: how their program is started and what becomes of its answer.
///
/// 1. `creates` and `removes` are looked at; where they say that nothing is to be done, nothing is.
/// 2. The program runs on the task's host, with the declared environment, as the declared user.
/// 3. What it said is kept in the step's output folder, its beginning and end in the result.
/// 4. A non-zero exit fails the step, with the end of its output; `failed_when` may judge otherwise.
struct ProcessStep: Sendable {
    /// A task without `timeout` ends after this.
    static let defaultTimeout: Duration = .seconds(24 * 3600)
    /// Lines of output that a failure shows.
    static let shownLines = 12

    var argv: [String]
    var directory: String?
    var creates: String?
    var removes: String?
    var input: String?
    var services: OperationServices

    init(argv: [String], _ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        self.argv = argv
        self.services = services
        directory = try arguments.textIfAny("chdir")
        creates = try arguments.textIfAny("creates")
        removes = try arguments.textIfAny("removes")
        input = try arguments.revealedTextIfAny("stdin")
    }

    static let parameters: [ActionReference.Parameter] = [
        .optional("chdir", .string, "The folder to run in; it must exist"),
        .optional("creates", .string, "A path: when it exists, there is nothing to do"),
        .optional("removes", .string, "A path: when it does not exist, there is nothing to do"),
        .optional("stdin", .textOrSecret, "Text for the program to read"),
    ]

    static let result = RecordType.write(
        .init("rc", .int, "The exit code; 128 + n after signal n"),
        .init("stdout", .string, "What it printed, without line ends at the end"),
        .init("stderr", .string, "As `stdout`"),
        .init("stdout_lines", .list(.string), "Line by line"), .init("stderr_lines", .list(.string), "Line by line"),
        .init("stdout_bytes", .bytes, "All of it, also what was not kept"),
        .init("stderr_bytes", .bytes, "As `stdout_bytes`"),
        .init("duration", .duration, "How long it ran"))

    func plan() -> ActionPlan { ActionPlan(commands: [argv]) }

    func run(_ context: ReadContext, step: StepContext?) async throws(StepFailure) -> ActionOutcome {
        let shell = try services.shell(context.host)
        if let reason = try await nothingToDo(shell, context) {
            return ActionOutcome(.skipped(reason: reason), result: Self.emptyResult)
        }
        var command = try command(context, shell, isRead: step == nil)
        if let job = step?.job {
            command.job = job
            services.jobs.note(context.host.name, shell)
        }
        if let report = step?.report {
            command.onLines = { report(StepProgress(message: "", output: $0)) }
        }
        try step?.admit()
        let result = try await shell.run(command)
        if let step { await OutputFolder(step).keep(result) }
        return outcome(result, isRead: step == nil, shell)
    }

    private func command(
        _ context: ReadContext, _ shell: any HostShell, isRead: Bool
    ) throws(StepFailure) -> ShellCommand {
        ShellCommand(
            resolved(context, shell), environment: try context.environmentTexts(),
            directory: directory.map { context.path($0, on: shell) }, input: input.map { Array($0.utf8) },
            timeout: context.timeout ?? Self.defaultTimeout, becomeUser: context.becomeUser, isRead: isRead)
    }

    /// What became of an attempt whose runner has died: its job is looked for where it was to run.
    func fate(_ step: StepContext) async throws(StepFailure) -> StepFate {
        guard let job = step.job else { return .cannotTell }
        let context = step.reading
        let shell = try services.shell(context.host)
        services.jobs.note(context.host.name, shell)
        let command = try command(context, shell, isRead: false)
        switch try await shell.attach(to: job, of: command) {
        case .neverBegan: return .neverStarted
        case .ended(let result):
            await OutputFolder(step).keep(result)
            return .finished(outcome(result, isRead: false, shell))
        }
    }

    private func outcome(_ result: ShellResult, isRead: Bool, _ shell: any HostShell) -> ActionOutcome {
        let values = Self.values(result, changed: !isRead)
        guard !result.succeeded else { return ActionOutcome(isRead ? .ok : .changed, result: values) }
        let program = argv.first ?? "the program"
        let how = result.signal.map { "was killed by signal \($0)" } ?? "ended with exit code \(result.code)"
        let tail = result.stderr.tail(Self.shownLines)
        return ActionOutcome(
            .failed(
                StepFailure(
                    .failed, "\(program) \(how) \(shell.place)",
                    details: tail.isEmpty ? result.stdout.tail(Self.shownLines) : tail)),
            result: values)
    }

    /// A program given by a relative path stands in the folder of the file that names it.
    private func resolved(_ context: ReadContext, _ shell: any HostShell) -> [String] {
        guard let program = argv.first, program.contains("/") else { return argv }
        return [context.path(program, on: shell)] + argv.dropFirst()
    }

    private func nothingToDo(_ shell: any HostShell, _ context: ReadContext) async throws(StepFailure) -> String? {
        if let creates, try await HostFiles(shell, context).exists(creates) { return "\(creates) exists" }
        if let removes, try await !HostFiles(shell, context).exists(removes) { return "\(removes) does not exist" }
        return nil
    }

    static let emptyResult = values(
        ShellResult(code: 0, stdout: KeptOutput(""), stderr: KeptOutput(""), duration: .zero), changed: false)

    static func values(_ result: ShellResult, changed: Bool) -> ValueMap {
        let stdout = result.stdout.trimmedText
        let stderr = result.stderr.trimmedText
        return [
            "changed": .bool(changed), "rc": .int(Int64(result.code)), "stdout": .string(stdout),
            "stderr": .string(stderr), "stdout_lines": .texts(lines(stdout)), "stderr_lines": .texts(lines(stderr)),
            "stdout_bytes": .bytes(ByteCount(Int64(result.stdout.totalBytes))),
            "stderr_bytes": .bytes(ByteCount(Int64(result.stderr.totalBytes))), "duration": .duration(result.duration),
        ]
    }

    private static func lines(_ text: String) -> [String] {
        if text.isEmpty { return [] }
        return text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" || $0 == "\r" }.map(
            String.init)
    }
}

extension ReadContext {
    /// The user to become; nil: nobody else.
    var becomeUser: String? { become ? host.connection.becomeUser ?? "root" : nil }

    /// A path as the shell of the host takes it: a relative one on this machine stands in the folder of the file that
    /// names it.
    func path(_ path: String, on shell: any HostShell) -> String {
        shell.isLocal ? LocalPath.join(folder, path) : path
    }

    /// The declared environment as text. Secrets are revealed here and nowhere shown.
    func environmentTexts() throws(StepFailure) -> [(name: String, value: String)] {
        var texts: [(name: String, value: String)] = []
        for (name, value) in environment {
            guard !name.isEmpty, name.utf8.allSatisfy(Self.isNameByte) else {
                throw StepFailure(.failed, "\(name) is no name of an environment variable")
            }
            if let text = value.revealedText {
                texts.append((name, text))
            } else {
                throw StepFailure(.failed, "the environment variable \(name) must be text or a number")
            }
        }
        return texts
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}

/// Paths of this machine.
enum LocalPath {
    /// A relative path as it stands in a folder; an absolute one as it is.
    static func join(_ folder: String, _ path: String) -> String {
        guard !path.hasPrefix("/"), !folder.isEmpty, folder != "." else { return path }
        return "\(folder)/\(path.hasPrefix("./") ? String(path.dropFirst(2)) : path)"
    }
}
