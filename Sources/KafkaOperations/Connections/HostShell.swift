package import RunEngine
import Values

/// Runs programs on a host, over whatever connection leads there. `OpsrunCLI` adds the simulated one.
package protocol HostShell: Sendable {
    /// Where programs run, for messages: `on this machine`, `on kafka-1 over ssh`.
    var place: String { get }

    /// Whether it is this machine: relative paths are looked up and files are read without a connection.
    var isLocal: Bool { get }

    /// Runs a program to its end. A non-zero exit is a value. Throws when it was never started, when it was ended
    /// before its own end (`timedOut`, `cancelled`), when the host cannot be reached (`unreachable`, nothing ran), and
    /// when nobody knows (`unknownOutcome`, only for commands that are not `isRead`).
    func run(_ command: ShellCommand) async throws(StepFailure) -> ShellResult

    /// What became of a job that `run` was asked for, by us or by a runner that is dead. One that still runs is followed
    /// to its end, within the command's timeout. Throws as `run` does; `unknownOutcome` also when it ended without a
    /// trace of how.
    func attach(to job: ProcessJob, of command: ShellCommand) async throws(StepFailure) -> JobFate

    /// Forgets the jobs of a run that is over.
    func forgetJobs(of job: ProcessJob) async
}

/// What became of a job.
package enum JobFate: Sendable {
    /// It did not begin, and it never will: whoever comes with it too late is refused.
    case neverBegan
    case ended(ShellResult)
}

extension HostShell {
    package func attach(to job: ProcessJob, of command: ShellCommand) async throws(StepFailure) -> JobFate {
        throw StepFailure(.unknownOutcome, "\(place), processes leave no traces")
    }

    package func forgetJobs(of job: ProcessJob) async {}
}

/// A program to run on a host.
package struct ShellCommand: Sendable {
    package var argv: [String]
    /// Added to the environment there. Never shown.
    package var environment: [(name: String, value: String)]
    package var directory: String?
    package var input: [UInt8]?
    package var timeout: Duration?
    /// Another user to become, by `sudo -n`; nil: nobody else.
    package var becomeUser: String?
    /// What it leaves running when it ends by itself stays alive (a broker that a script started).
    package var keepsSurvivors: Bool
    /// Changes nothing: a lost connection is then a host that cannot be reached, and no unknown outcome.
    package var isRead: Bool
    /// Under which name it can be found again; nil: under none. Where there is no machine, the name means nothing.
    package var job: ProcessJob?
    /// Called with lines as they come, safe for a terminal.
    package var onLines: (@Sendable ([String]) -> Void)?

    package init(
        _ argv: [String], environment: [(name: String, value: String)] = [], directory: String? = nil,
        input: [UInt8]? = nil, timeout: Duration? = nil, becomeUser: String? = nil, keepsSurvivors: Bool = false,
        isRead: Bool = false, onLines: (@Sendable ([String]) -> Void)? = nil
    ) {
        self.argv = argv
        self.environment = environment
        self.directory = directory
        self.input = input
        self.timeout = timeout
        self.becomeUser = becomeUser
        self.keepsSurvivors = keepsSurvivors
        self.isRead = isRead
        self.onLines = onLines
    }
}

/// How a program ended and what it said.
package struct ShellResult: Sendable {
    /// The exit code; 128 + n after signal n, as a shell says it.
    package var code: Int32
    /// The signal that killed it, where that was seen; nil: it exited, or it ran where only a code comes back.
    package var signal: Int32?
    package var stdout: KeptOutput
    package var stderr: KeptOutput
    package var duration: Duration

    package init(code: Int32, signal: Int32? = nil, stdout: KeptOutput, stderr: KeptOutput, duration: Duration) {
        self.code = code
        self.signal = signal
        self.stdout = stdout
        self.stderr = stderr
        self.duration = duration
    }

    package var succeeded: Bool { code == 0 }
}

/// What is kept of a stream: its beginning and its end, and how much there was.
package struct KeptOutput: Sendable {
    package var bytes: [UInt8]
    package var totalBytes: Int
    /// Where in `bytes` something is missing; nil: nothing is.
    package var gap: Int?

    package init(bytes: [UInt8], totalBytes: Int? = nil, gap: Int? = nil) {
        self.bytes = bytes
        self.totalBytes = totalBytes ?? bytes.count
        self.gap = gap
    }

    package init(_ text: String) { self.init(bytes: Array(text.utf8)) }

    /// As text, what is no UTF-8 replaced, with a line in the place of what is missing. What is cut there ends and begins with
    /// `…`, by which the half of a secret is known.
    package var text: String {
        guard let gap, gap <= bytes.count else { return String(decoding: bytes, as: UTF8.self) }
        return String(decoding: bytes[..<gap], as: UTF8.self)
            + "\(SecretMask.cut)\n[\(totalBytes - bytes.count) bytes left out]\n\(SecretMask.cut)"
            + String(decoding: bytes[gap...], as: UTF8.self)
    }

    /// Without line ends at its end, as `register` keeps it.
    package var trimmedText: String {
        var text = text[...]
        while let last = text.unicodeScalars.last, last == "\n" || last == "\r" {
            text = Substring(text.unicodeScalars.dropLast())
        }
        return String(text)
    }

    /// The last lines that say something, for a failure.
    package func tail(_ count: Int) -> [String] {
        let lines = text.split(whereSeparator: \.isNewline).suffix(count)
        return lines.map { TerminalText.safe($0) }
    }
}
