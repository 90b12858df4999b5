import EventLoop
package import Playbooks
package import RunEngine
package import Values

/// `lifecycle: {commands: {…}}` as written: one argv per operation, its items with expressions.
package struct CommandTemplates: Sendable {
    package var argv: [(operation: LifecycleOperation, items: [ValueTemplate])]

    subscript(_ operation: LifecycleOperation) -> [ValueTemplate]? {
        argv.first { $0.operation == operation }?.items
    }

    static func decode(_ template: ValueTemplate) -> Result<CommandTemplates, InvalidSource> {
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
        return found.isEmpty ? .success(CommandTemplates(argv: argv)) : .failure(InvalidSource(found))
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
        let argv = try argv(operation, version)
        let result = try await shell.run(
            ShellCommand(
                argv, environment: context.environment,
                timeout: context.timeout ?? (operation.isRead ? Self.readTimeout : Self.defaultTimeout),
                becomeUser: context.becomeUser, keepsSurvivors: operation == .start || operation == .restart,
                isRead: operation.isRead, onLines: context.onLines))
        guard result.succeeded else {
            let tail = result.stderr.tail(ProcessStep.shownLines)
            throw StepFailure(
                .failed, "the lifecycle's `\(operation.rawValue)` ended with exit code \(result.code) \(shell.place)",
                causes: [ShellWords.quote(argv)],
                details: tail.isEmpty ? result.stdout.tail(ProcessStep.shownLines) : tail)
        }
        return LifecycleOutcome(output: result)
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
                causes: ["it printed \(TerminalText.safe(text.prefix(80)))"])
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
        return BrokerProcess(isRunning: result.succeeded, state: state)
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
