import EventLoop
package import Playbooks
package import RunEngine
package import Values

/// `lifecycle: {commands: {…}}` as written: one argv per operation, its items with expressions.
package struct CommandTemplates: Sendable {
    package var argv: [(operation: LifecycleOperation, items: [ValueTemplate])]
    /// `pid: host`: the number that `status` prints is of the machine that it runs on, which can be asked when the process began.
    /// Else it may be of a container's own counting, where another machine or another start has the same one.
    package var hasHostPIDs = false

    subscript(_ operation: LifecycleOperation) -> [ValueTemplate]? {
        argv.first { $0.operation == operation }?.items
    }

    static func decode(_ template: ValueTemplate, pid: ValueTemplate? = nil) -> Result<CommandTemplates, InvalidSource>
    {
        guard let entries = template.entries else {
            return LifecycleDecoder.failure(
                "`commands` is a map from stop, start, … to an argument list", at: template.span)
        }
        var found: [Diagnostic] = []
        var argv: [(operation: LifecycleOperation, items: [ValueTemplate])] = []
        func report(_ message: String, hint: String? = nil, at span: SourceSpan) {
            found.append(Diagnostic(code: "lifecycle", message, hint: hint, at: span))
        }
        for (key, value) in entries {
            guard let operation = LifecycleOperation(rawValue: key.value) else {
                report(
                    "there is no command `\(key.value)` in a lifecycle",
                    hint: NearestName.hint(key.value, orListing: LifecycleOperation.allCases.map(\.rawValue)),
                    at: key.span
                )
                continue
            }
            guard let items = value.items else {
                report(
                    "`\(key.value)` must be an argument list", hint: "[program, argument, …]; there is no shell",
                    at: value.span)
                continue
            }
            guard !items.isEmpty else {
                report("`\(key.value)` names no program", at: value.span)
                continue
            }
            argv.append((operation, items))
        }
        for operation in [LifecycleOperation.stop, .start]
        where !entries.contains(where: { $0.key.value == operation.rawValue }) {
            report("the lifecycle has no `\(operation.rawValue)`", hint: "stop and start are needed", at: template.span)
        }
        if let pid, pid.literalText != "host" {
            report(
                "`pid` is `host` or left out", hint: "host: `status` prints a pid of the machine that it runs on",
                at: pid.span)
        }
        return found.isEmpty
            ? .success(CommandTemplates(argv: argv, hasHostPIDs: pid != nil)) : .failure(InvalidSource(found))
    }
}

/// Commands of the user's own, run over the host's connection without a shell.
package struct CommandsLifecycle: Lifecycle {
    /// A command of a lifecycle without a task's timeout ends after this.
    static let defaultTimeout: Duration = .seconds(600)
    /// One that reads.
    static let readTimeout: Duration = .seconds(60)

    private let templates: CommandTemplates
    private let host: Host
    private let folder: String
    private let shell: any HostShell

    package init(_ templates: CommandTemplates, host: Host, folder: String, shell: any HostShell) {
        self.templates = templates
        self.host = host
        self.folder = folder
        self.shell = shell
    }

    package var name: String { "the commands of the inventory" }

    package func has(_ operation: LifecycleOperation) -> Bool { templates[operation] != nil }

    package func commands(for operation: LifecycleOperation, version: Version?) throws(StepFailure) -> [[String]] {
        guard templates[operation] != nil else { return [] }
        return [try argv(operation, version)]
    }

    /// A relative program stands in the inventory's folder.
    private func argv(_ operation: LifecycleOperation, _ version: Version?) throws(StepFailure) -> [String] {
        var argv: [String] = []
        for item in templates[operation] ?? [] { argv.append(try LifecycleScope.text(item, host, version: version)) }
        guard let program = argv.first, !program.isEmpty else {
            throw StepFailure(.failed, "the lifecycle of \(host.name) has no `\(operation.rawValue)`")
        }
        if shell.isLocal, program.contains("/") { argv[0] = LocalPath.join(folder, program) }
        return argv
    }

    package func perform(
        _ operation: LifecycleOperation, version: Version?, in context: LifecycleContext
    ) async throws(StepFailure) -> LifecycleOutcome {
        let command = try command(operation, version, context)
        let result = try await shell.run(command)
        guard result.succeeded else { throw failure(operation, command.argv, result) }
        return LifecycleOutcome(output: result)
    }

    private func command(
        _ operation: LifecycleOperation, _ version: Version?, _ context: LifecycleContext
    ) throws(StepFailure) -> ShellCommand {
        var command = ShellCommand(
            try argv(operation, version), environment: context.environment,
            timeout: context.timeout ?? (operation.isRead ? Self.readTimeout : Self.defaultTimeout),
            becomeUser: context.becomeUser, keepsSurvivors: operation == .start || operation == .restart,
            isRead: operation.isRead, onLines: context.onLines)
        command.job = job(of: operation, context)
        return command
    }

    /// Nil: its program is not to be found again. What starts a broker leaves it running, and the job would be taken for it.
    private func job(of operation: LifecycleOperation, _ context: LifecycleContext) -> ProcessJob? {
        guard !operation.isRead, operation != .start, operation != .restart else { return nil }
        return context.job?.part(operation.rawValue)
    }

    private func failure(_ operation: LifecycleOperation, _ argv: [String], _ result: ShellResult) -> StepFailure {
        let tail = result.stderr.tail(ProcessStep.shownLines)
        return StepFailure(
            .failed, "the lifecycle's `\(operation.rawValue)` ended with exit code \(result.code) \(shell.place)",
            causes: [ShellWords.quote(argv)],
            details: tail.isEmpty ? result.stdout.tail(ProcessStep.shownLines) : tail)
    }

    package func fate(
        of operation: LifecycleOperation, version: Version?, in context: LifecycleContext
    ) async throws(StepFailure) -> JobFate? {
        guard has(operation), let job = job(of: operation, context) else { return nil }
        return try await shell.attach(to: job, of: try command(operation, version, context))
    }

    package func installedVersion(in context: LifecycleContext) async throws(StepFailure) -> Version? {
        try await version(.version, context)
    }

    package func runningVersion(in context: LifecycleContext) async throws(StepFailure) -> Version? {
        try await version(.running, context)
    }

    private func version(
        _ operation: LifecycleOperation, _ context: LifecycleContext
    ) async throws(StepFailure) -> Version? {
        guard has(operation) else { return nil }
        let outcome = try await perform(operation, version: nil, in: context)
        let text = outcome.output?.stdout.trimmedText ?? ""
        if text.isEmpty { return nil }
        let found = Set(text.split(whereSeparator: \.isNewline).compactMap { VersionText.find(in: String($0)) })
        guard let version = found.first, found.count == 1 else {
            throw StepFailure(
                .failed,
                "the lifecycle's `\(operation.rawValue)` of \(host.name) prints "
                    + (found.isEmpty ? "no version" : "several versions"),
                causes: ["it printed \(TerminalText.safe(text.prefix(80)))\(text.count > 80 ? SecretMask.cut : "")"])
        }
        return version
    }

    package func process(in context: LifecycleContext) async throws(StepFailure) -> BrokerProcess? {
        guard has(.status) else { return nil }
        let argv = try argv(.status, nil)
        let result = try await shell.run(
            ShellCommand(
                argv, environment: context.environment, timeout: Self.readTimeout, becomeUser: context.becomeUser,
                isRead: true))
        // The habit of service scripts (LSB): 0 runs, 1 to 3 does not. Every other code, also of a program that was not
        // found or was killed, has told nothing.
        guard (0...3).contains(result.code) else { return nil }
        let state = result.stdout.tail(1).first
        guard result.succeeded, let pid = ProcessWords.pid(in: result.stdout.text) else {
            return BrokerProcess(isRunning: result.succeeded, state: state)
        }
        return BrokerProcess(
            isRunning: true, pid: pid,
            invocation: templates.hasHostPIDs ? try? await start(of: pid, context) : nil, state: state)
    }

    /// When the process began, and in which boot of the host; nil where the host does not show it.
    private func start(of pid: Int64, _ context: LifecycleContext) async throws(StepFailure) -> String? {
        let result = try await shell.run(
            ShellCommand(
                ["cat", "/proc/\(pid)/stat", "/proc/sys/kernel/random/boot_id"], timeout: Self.readTimeout, isRead: true
            ))
        let lines = result.stdout.text.split(separator: "\n")
        // The name (field 2) may hold spaces and brackets; fields are counted from the last bracket. Field 22 is the start.
        guard result.succeeded, lines.count == 2, let end = lines[0].lastIndex(of: ")") else { return nil }
        let fields = lines[0][end...].split(separator: " ")
        return fields.count > 20 ? "pid \(pid), started \(fields[20]), boot \(lines[1])" : nil
    }
}

/// What a `status` prints of the process.
package enum ProcessWords {
    /// `pid 4711`, `PID: 4711`, `MainPID=4711`, or nothing but a number. Nil where none or several are named.
    package static func pid(in text: String) -> Int64? {
        let whole = text.trimmingBlanks
        if let pid = Int64(whole), pid > 1 { return pid }
        var found: Set<Int64> = []
        let bytes = Array(whole.lowercased().utf8)
        for start in bytes.indices where bytes[start...].starts(with: "pid".utf8) {
            var place = start + 3
            while place < bytes.count, " :=#".utf8.contains(bytes[place]) { place += 1 }
            let digits = bytes[place...].prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            if let pid = Int64(String(decoding: digits, as: UTF8.self)), pid > 1 { found.insert(pid) }
        }
        return found.count == 1 ? found.first : nil
    }
}

/// A release number in what a program prints.
package enum VersionText {
    /// The whole text when it is one, else its first word with a dot that is one.
    package static func find(in text: String) -> Version? {
        if let version = Version(text.trimmingBlanks) { return version }
        for word in text.split(whereSeparator: { $0.isWhitespace || $0 == "," || $0 == "(" || $0 == ")" })
        where word.contains(".") {
            if let version = Version(String(word)) { return version }
        }
        return nil
    }
}

extension String {
    var trimmingBlanks: String {
        var text = self[...]
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }
}
