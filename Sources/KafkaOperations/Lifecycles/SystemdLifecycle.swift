import EventLoop
package import Playbooks
package import RunEngine
package import Values

/// `lifecycle: {systemd: {…}}` as written.
package struct SystemdTemplates: Sendable {
    package var unit: ValueTemplate
    /// The symbolic link that the unit starts from.
    package var home: ValueTemplate?
    /// Where a release lies, with `{{ version }}`.
    package var distribution: ValueTemplate?
    package var install: [ValueTemplate]?

    /// Each with whether `version` has a meaning in it.
    var all: [(ValueTemplate, Bool)] {
        var all: [(ValueTemplate, Bool)] = [(unit, false)]
        if let home { all.append((home, false)) }
        if let distribution { all.append((distribution, true)) }
        all += (install ?? []).map { ($0, true) }
        return all
    }

    static func decode(_ template: ValueTemplate) -> Result<SystemdTemplates, InvalidSource> {
        guard let entries = template.entries else {
            return LifecycleDecoder.failure("`systemd` is a map with `unit`", at: template.span)
        }
        var found: [Diagnostic] = []
        func report(_ message: String, hint: String? = nil, at span: SourceSpan) {
            found.append(Diagnostic(code: "lifecycle", message, hint: hint, at: span))
        }
        let known = ["unit", "home", "distribution", "install"]
        for (key, _) in entries where !known.contains(key.value) {
            report(
                "`systemd` has no option `\(key.value)`", hint: NearestName.hint(key.value, orListing: known),
                at: key.span
            )
        }
        func find(_ name: String) -> ValueTemplate? { entries.first { $0.key.value == name }?.value }
        let install = find("install")
        if let install, install.items?.isEmpty != false {
            report("`install` must be an argument list", hint: "[program, argument, …]", at: install.span)
        }
        if find("home") != nil, find("distribution") == nil {
            report("`home` without `distribution` cannot be pointed at a release", at: template.span)
        }
        if find("distribution") != nil, find("home") == nil {
            report("`distribution` without `home`: no link says which release starts next", at: template.span)
        }
        guard let unit = find("unit") else {
            report("`systemd` needs the name of its `unit`", at: template.span)
            return .failure(InvalidSource(found))
        }
        guard found.isEmpty else { return .failure(InvalidSource(found)) }
        return .success(
            SystemdTemplates(
                unit: unit, home: find("home"), distribution: find("distribution"), install: install?.items))
    }
}

/// A unit of systemd that starts Kafka from a symbolic link to one of several unpacked releases.
///
/// activate: the link is replaced by renaming a new one over it, so that it always leads somewhere. version: where the
/// link leads. running: the files that the main process holds open, whose paths the kernel shows with links resolved.
/// The witness of a start is the unit's invocation id.
package struct SystemdLifecycle: Lifecycle {
    private let templates: SystemdTemplates
    private let host: Host
    private let shell: any HostShell

    package init(_ templates: SystemdTemplates, host: Host, shell: any HostShell) {
        self.templates = templates
        self.host = host
        self.shell = shell
    }

    package var name: String { "systemd" }

    package func has(_ operation: LifecycleOperation) -> Bool {
        switch operation {
        case .stop, .start, .restart, .status: true
        case .install: templates.install != nil
        case .activate, .version, .running: templates.home != nil
        case .configure, .log, .format: false
        }
    }

    package func commands(for operation: LifecycleOperation, version: Version?) throws(StepFailure) -> [[String]] {
        guard has(operation) else { return [] }
        switch operation {
        case .start, .stop, .restart: return [["systemctl", operation.rawValue, "--", try unit()]]
        case .install:
            var argv: [String] = []
            for item in templates.install ?? [] { argv.append(try LifecycleScope.text(item, host, version: version)) }
            return [argv]
        case .activate:
            guard let version else { return [] }
            let (home, target) = (try home(), try distribution(version))
            return [
                [
                    "/bin/sh", "-c",
                    "test -d \"$1\" && ln -sfn -- \"$1\" \"$2.opsrun\" && mv -fT -- \"$2.opsrun\" \"$2\"",
                    "sh", target, home,
                ]
            ]
        case .version: return [["readlink", "--", try home()]]
        case .running, .status:
            return [
                [
                    "systemctl", "show", "-p", "ActiveState,SubState,MainPID,InvocationID,ExecMainStartTimestamp", "--",
                    try unit(),
                ]
            ]
        case .configure, .log, .format: return []
        }
    }

    private func unit() throws(StepFailure) -> String { try LifecycleScope.text(templates.unit, host, version: nil) }

    private func home() throws(StepFailure) -> String {
        guard let template = templates.home else {
            throw StepFailure(
                .failed, "the lifecycle of \(host.name) has no `home`: releases cannot be told or changed")
        }
        return try LifecycleScope.text(template, host, version: nil)
    }

    private func distribution(_ version: Version) throws(StepFailure) -> String {
        guard let template = templates.distribution else {
            throw StepFailure(.failed, "the lifecycle of \(host.name) has no `distribution`")
        }
        return try LifecycleScope.text(template, host, version: version)
    }

    private func run(
        _ argv: [String], _ operation: LifecycleOperation, _ context: LifecycleContext
    ) async throws(StepFailure) -> ShellResult {
        try await shell.run(
            ShellCommand(
                argv, environment: context.environment,
                timeout: context.timeout
                    ?? (operation.isRead ? CommandsLifecycle.readTimeout : CommandsLifecycle.defaultTimeout),
                becomeUser: context.becomeUser, keepsSurvivors: operation == .start || operation == .restart,
                isRead: operation.isRead, onLines: context.onLines))
    }

    package func perform(
        _ operation: LifecycleOperation, version: Version?, in context: LifecycleContext
    ) async throws(StepFailure) -> LifecycleOutcome {
        guard let argv = try commands(for: operation, version: version).first else {
            throw StepFailure(.failed, "the lifecycle of \(host.name) has no `\(operation.rawValue)`")
        }
        let result = try await run(argv, operation, context)
        guard result.succeeded else {
            throw StepFailure(
                .failed, "systemd: \(operation.rawValue) ended with exit code \(result.code) \(shell.place)",
                causes: operation == .activate ? ["is \(argv[4]) there?"] : [], details: result.stderr.tail(12))
        }
        guard operation == .install || operation == .activate, let version, templates.distribution != nil else {
            return LifecycleOutcome(output: result)
        }
        let path = try distribution(version)
        let there = try await run(["test", "-d", path], .version, context)
        guard there.succeeded else {
            throw StepFailure(.failed, "\(operation.rawValue) ended well, but there is no \(path) \(shell.place)")
        }
        return LifecycleOutcome(output: result, fields: ["path": .string(path)])
    }

    package func installedVersion(in context: LifecycleContext) async throws(StepFailure) -> Version? {
        guard templates.home != nil else { return nil }
        let result = try await run(["readlink", "--", try home()], .version, context)
        guard result.succeeded else { return nil }
        return try version(inPath: result.stdout.trimmedText)
    }

    package func runningVersion(in context: LifecycleContext) async throws(StepFailure) -> Version? {
        guard templates.distribution != nil, let pid = try await process(in: context)?.pid else { return nil }
        let script =
            "for f in /proc/\(pid)/fd/*; do readlink \"$f\"; done 2>/dev/null; readlink /proc/\(pid)/cwd; "
            + "tr '\\0' '\\n' < /proc/\(pid)/cmdline"
        let result = try await run(["/bin/sh", "-c", script], .running, context)
        for line in result.stdout.text.split(separator: "\n") {
            if let version = try version(inPath: String(line)) { return version }
        }
        return nil
    }

    /// The release in a path that lies in a distribution's folder: what stands where the template has `{{ version }}`.
    private func version(inPath path: String) throws(StepFailure) -> Version? {
        let sample = Version(major: 98_765, minor: 43_210)
        let pattern = try distribution(sample)
        guard let place = pattern.firstRange(of: sample.text) else { return VersionText.find(in: path) }
        let prefix = pattern[..<place.lowerBound]
        let suffix = pattern[place.upperBound...]
        // A relative link target is taken by its last part.
        let candidates = [path[...], path.contains("/") ? path[...] : prefix + path]
        for candidate in candidates where candidate.hasPrefix(prefix) {
            let rest = candidate.dropFirst(prefix.count)
            let middle =
                suffix.isEmpty
                ? rest.prefix { $0 != "/" } : rest.firstRange(of: suffix).map { rest[..<$0.lowerBound] } ?? ""
            if let version = Version(String(middle)) { return version }
        }
        return nil
    }

    package func process(in context: LifecycleContext) async throws(StepFailure) -> BrokerProcess? {
        guard let argv = try commands(for: .status, version: nil).first else { return nil }
        let result = try await run(argv, .status, context)
        guard result.succeeded else { return nil }
        var fields: [String: String] = [:]
        for line in result.stdout.text.split(separator: "\n") {
            let name = line.prefix { $0 != "=" }
            fields[String(name)] = String(line.dropFirst(name.count + 1))
        }
        let pid = fields["MainPID"].flatMap { Int64($0) } ?? 0
        let active = fields["ActiveState"] ?? ""
        let invocation = fields["InvocationID"].flatMap { $0.isEmpty ? nil : $0 }
        // A unit without a main process (made from an init script, or `oneshot` with RemainAfterExit) is active whatever
        // becomes of the broker: it tells nothing.
        if pid <= 0, active == "active" || active == "reloading" { return nil }
        var process = BrokerProcess(
            isRunning: pid > 0 || active == "deactivating", pid: pid > 0 ? pid : nil, invocation: invocation,
            state: fields["SubState"].map { "\(active) (\($0))" } ?? active,
            isComing: pid <= 0 && active == "activating")
        process.isStopping = active == "deactivating"
        return process
    }
}
