import EventLoop
import Glibc
package import Playbooks
package import RunEngine
import Values

/// Runs programs on a host over the OpenSSH client: its configuration, known hosts, agent and jump hosts are respected.
///
/// 1. The command line there is one line for `sh`: what is to run is quoted word by word; variables come over standard
///    input, so that their values stand in no process list.
/// 2. It says on standard error when it begins and with which code it ends, marked by a random word. ssh's own exit
///    code (255, or that of a connection that broke) is never taken for the program's.
/// 3. A host key that is not known is refused (`StrictHostKeyChecking=yes` unless the inventory's `ssh_options` says
///    otherwise).
/// 4. Connections are shared by a control socket in a folder that only we can enter.
package struct SSHShell: HostShell {
    /// How long to wait for a connection, in seconds.
    static let connectTimeout = 15
    /// How long a shared connection stays open without use, in seconds.
    static let persist = 60
    /// How long output may still come after the end of the program.
    static let drainQuiet: Duration = .milliseconds(200)

    private let host: String
    private let connection: ConnectionSettings
    private let settings: ProcessSettings

    package init(host: String, _ connection: ConnectionSettings, _ settings: ProcessSettings) {
        self.host = host
        self.connection = connection
        self.settings = settings
    }

    package var place: String { "on \(host) over ssh" }
    package var isLocal: Bool { false }

    package func run(_ command: ShellCommand) async throws(StepFailure) -> ShellResult {
        if let job = command.job { return try await runner(of: job).run(command) }
        guard !connection.address.hasPrefix("-") else {
            throw StepFailure(.failed, "\(host): an address cannot begin with a dash")
        }
        try await prepareFolder()
        let mark = RandomMark.make()
        var input: [UInt8] = []
        for (name, value) in command.environment {
            guard !value.utf8.contains(UInt8(ascii: "\n")) else {
                throw StepFailure(.failed, "the variable \(name) has more than one line, which cannot go over ssh")
            }
            input += Array("\(name)=\(value)\n".utf8)
        }
        input += [UInt8(ascii: "\n")] + (command.input ?? [])
        let request = ProcessRequest(
            program: "ssh", arguments: try options() + [connection.address, Self.remoteLine(command, mark)],
            environment: settings.inherited, input: input, timeout: command.timeout, grace: settings.grace,
            keepGroup: true, outputLimit: settings.outputLimit, errorLimit: settings.outputLimit)
        let report = command.onLines
        let outcome = await run(request, endingAfter: "\(mark):end:") { lines in
            report?(lines.compactMap { MarkedLines.without(mark, $0) })
        }
        return try judge(outcome, command, mark)
    }

    package func attach(to job: ProcessJob, of command: ShellCommand) async throws(StepFailure) -> JobFate {
        try await runner(of: job).attach(command)
    }

    package func forgetJobs(of job: ProcessJob) async { await runner(of: job).forget() }

    private func runner(of job: ProcessJob) -> JobRunner {
        JobRunner(
            shell: self, scripts: JobAtHost(job, mark: RandomMark.make()), grace: settings.grace,
            time: SystemTimeSource(loop: settings.loop))
    }

    /// Runs ssh until the program there has ended: what it left running may hold the connection open for as long as it
    /// lives.
    private func run(
        _ request: ProcessRequest, endingAfter mark: String, _ report: @escaping @Sendable ([String]) -> Void
    ) async -> ProcessOutcome {
        let (ends, end) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let observe = LineReport.observer { lines in
            if lines.contains(where: { $0.contains(mark) }) { end.yield() }
            report(lines)
        }
        let time = SystemTimeSource(loop: settings.loop)
        return await withTaskGroup(of: ProcessOutcome?.self) { group in
            group.addTask { await ChildProcess.run(request, loop: settings.loop, onOutput: observe) }
            group.addTask {
                for await _ in ends { break }
                try? await time.sleep(for: Self.drainQuiet)
                return nil
            }
            var outcome: ProcessOutcome?
            for await answer in group {
                if let answer { outcome = answer }
                group.cancelAll()
            }
            return outcome ?? ProcessOutcome(exit: .unconfirmed)
        }
    }

    /// The line for the shell there. `read` takes its lines byte by byte, so the program finds the rest of the input
    /// untouched.
    static func remoteLine(_ command: ShellCommand, _ mark: String) -> String {
        let enter = command.directory.map { "cd -- \(ShellWords.quote($0)) && " } ?? ""
        let argv = ShellWords.quote(Become.argv(command))
        let script =
            "while IFS= read -r l && [ -n \"$l\" ]; do export \"$l\"; done; echo \(mark):start >&2; "
            + "\(enter)\(argv); r=$?; echo \(mark):end:$r >&2; exit $r"
        return "exec sh -c \(ShellWords.quote(script))"
    }

    /// What Ansible puts before and behind its own options is put there, too: the first value of an option counts for ssh.
    func options() throws(StepFailure) -> [String] {
        var options = [
            "-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=\(Self.connectTimeout)", "-o", "ServerAliveInterval=10",
            "-o", "ServerAliveCountMax=3", "-o", "ControlMaster=auto", "-o", "ControlPersist=\(Self.persist)",
            "-o", "ControlPath=\(settings.controlFolder)/%C",
        ]
        var named: [String: String] = ["StrictHostKeyChecking": "yes"]
        if let own = connection.options["ssh_options"]?.mapValue {
            for (name, value) in own { named[name] = value.plainText ?? "" }
        }
        for (name, value) in named.sorted(by: { $0.key < $1.key }) { options += ["-o", "\(name)=\(value)"] }
        if let file = connection.options["ssh_config_file"]?.stringValue { options += ["-F", expand(file)] }
        if let port = connection.port { options += ["-p", String(port)] }
        if let user = connection.user { options += ["-l", user] }
        if let key = connection.privateKeyFile { options += ["-i", expand(key), "-o", "IdentitiesOnly=yes"] }
        return try words("ansible_ssh_common_args") + options + words("ansible_ssh_extra_args") + ["--"]
    }

    private func words(_ name: String) throws(StepFailure) -> [String] {
        guard let text = connection.options[name]?.stringValue else { return [] }
        do throws(ShellWords.Failure) { return try ShellWords.split(text) } catch {
            throw StepFailure(.failed, "\(name) of \(host): \(error.message)", nextAction: "mend it in the inventory")
        }
    }

    private func expand(_ path: String) -> String {
        guard path.hasPrefix("~/"), let home = settings.environment["HOME"] else { return path }
        return home + path.dropFirst()
    }

    /// The folder must be ours alone: whoever can reach a control socket is us on that host.
    private func prepareFolder() async throws(StepFailure) {
        let folder = settings.controlFolder
        let problem: String?
        do throws(SystemError) {
            problem = try await ProcessSettings.disk.run {
                do throws(SystemError) { try Files.makeFolders(folder, mode: 0o700) } catch { return error.description }
                var info = stat()
                guard lstat(folder, &info) == 0, info.st_mode & S_IFMT == S_IFDIR, info.st_uid == geteuid(),
                    info.st_mode & 0o077 == 0
                else { return "\(folder) is not a folder that only this user can enter" }
                return nil
            }
        } catch {
            problem = error.description
        }
        if let problem { throw StepFailure(.failed, "ssh cannot share its connections", causes: [problem]) }
    }

    private func judge(
        _ outcome: ProcessOutcome, _ command: ShellCommand, _ mark: String
    ) throws(StepFailure) -> ShellResult {
        if case .notStarted(let code) = outcome.exit, !outcome.wasCancelled {
            throw StepFailure(
                .unreachable, "the program ssh could not be started", causes: [SystemError.reason(of: code)],
                nextAction: "install the OpenSSH client")
        }
        let marked = MarkedLines(
            KeptOutput(bytes: outcome.stderr, totalBytes: outcome.stderrBytes, gap: outcome.stderrGap), mark)
        let (stderr, began) = (marked.output, marked.said.contains(":start"))
        if let code = marked.said.lazy.compactMap({ $0.hasPrefix(":end:") ? Int32($0.dropFirst(5)) : nil }).last {
            return ShellResult(
                code: code,
                stdout: KeptOutput(bytes: outcome.stdout, totalBytes: outcome.stdoutBytes, gap: outcome.stdoutGap),
                stderr: stderr, duration: outcome.duration)
        }
        throw lost(outcome, command, began: began, stderr)
    }

    /// The connection ended before the program did, as far as we know.
    private func lost(
        _ outcome: ProcessOutcome, _ command: ShellCommand, began: Bool, _ stderr: KeptOutput
    ) -> StepFailure {
        let said = stderr.tail(5)
        if outcome.timedOut || outcome.wasCancelled {
            let why = outcome.timedOut ? "took longer than its timeout" : "was cancelled"
            if command.isRead || !began && outcome.wasCancelled {
                return StepFailure(
                    outcome.timedOut ? .timedOut : .cancelled, "a command \(place) \(why)", details: said)
            }
            return StepFailure(
                .unknownOutcome, "a command \(place) \(why); it may still be running there", details: said)
        }
        if !began && Self.provesNothingRan(stderr.text) || command.isRead {
            return StepFailure(
                .unreachable, "\(host) cannot be reached over ssh", causes: Array(said.suffix(1)),
                nextAction: Self.advice(stderr.text, connection), details: said)
        }
        return StepFailure(
            .unknownOutcome, "the connection to \(host) broke; what became of the command is not known", details: said)
    }

    /// Sentences of the OpenSSH client that come before a command can have been sent.
    package static func provesNothingRan(_ text: String) -> Bool {
        [
            "Host key verification failed", "Permission denied (", "Could not resolve hostname", "ssh: connect to host",
            "kex_exchange_identification", "Bad configuration option", "No route to host",
            "Too many authentication failures",
            "no matching host key type", "no matching key exchange", "banner exchange", "contains invalid characters",
        ].contains { text.contains($0) }
    }

    private static func advice(_ text: String, _ connection: ConnectionSettings) -> String? {
        if text.contains("REMOTE HOST IDENTIFICATION HAS CHANGED") {
            return "its host key is not the one in known_hosts: find out why before anything else"
        }
        if text.contains("Host key verification failed") {
            return "add its host key to known_hosts after checking its fingerprint (ssh-keyscan \(connection.address))"
        }
        if text.contains("Permission denied (") {
            return "ssh has no key that it accepts: check ansible_user, ansible_ssh_private_key_file and the agent"
        }
        return nil
    }
}
