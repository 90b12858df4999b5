/// A program to run, with everything it will see. Nothing is inherited but what stands here.
package struct ProcessRequest: Sendable {
    /// A path, or a name that is looked up in the `PATH` of `environment`.
    package var program: String
    /// Arguments after the program's own name.
    package var arguments: [String]
    package var environment: [String: String]
    /// Nil: the working directory of this process.
    package var directory: String?
    /// What the program reads; nil: `/dev/null`.
    package var input: [UInt8]?
    /// When over, the process group gets SIGTERM, and after `grace` SIGKILL. Nil: no limit.
    package var timeout: Duration?
    package var grace: Duration
    /// How long the output must be silent after the end of the process: a daemon that holds it open delays no one.
    package var drainQuiet: Duration
    /// Whether processes that outlive the program stay alive when it has ended by itself (a broker that a script
    /// started). Timeout and cancellation end the group in any case.
    package var keepGroup: Bool
    package var outputLimit: OutputLimit
    package var errorLimit: OutputLimit

    package init(
        program: String, arguments: [String] = [], environment: [String: String] = [:], directory: String? = nil,
        input: [UInt8]? = nil, timeout: Duration? = nil, grace: Duration = .seconds(10),
        drainQuiet: Duration = .milliseconds(200), keepGroup: Bool = false,
        outputLimit: OutputLimit = .standard, errorLimit: OutputLimit = .standard
    ) {
        self.program = program
        self.arguments = arguments
        self.environment = environment
        self.directory = directory
        self.input = input
        self.timeout = timeout
        self.grace = grace
        self.drainQuiet = drainQuiet
        self.keepGroup = keepGroup
        self.outputLimit = outputLimit
        self.errorLimit = errorLimit
    }
}

/// How many bytes of a stream are kept: its first and its last ones. The rest is read, counted and dropped.
package struct OutputLimit: Sendable, Hashable {
    package var head: Int
    package var tail: Int

    package init(head: Int, tail: Int) {
        self.head = max(0, head)
        self.tail = max(0, tail)
    }

    package static let standard = OutputLimit(head: 256 * 1024, tail: 256 * 1024)
}

/// Which of a process's two outputs.
package enum ProcessStream: Sendable, Hashable {
    case output, errors
}
