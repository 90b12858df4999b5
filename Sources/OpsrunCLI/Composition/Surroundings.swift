internal import Glibc

/// What the process stands in: variables, working directory, streams. A parameter everywhere, so that a test needs none.
package struct Surroundings: Sendable {
    /// One of the two output streams.
    package struct Stream: Sendable {
        package var isTerminal: Bool
        /// Columns; nil where nobody can tell.
        package var width: @Sendable () -> Int?
        /// Lines; nil where nobody can tell.
        package var rows: @Sendable () -> Int?
        package var write: @Sendable (String) -> Void
        /// Why something that was written did not get out; nil when all did, or when the reader went away.
        package var failure: @Sendable () -> String?
        /// Writes a command to the CI system past the fence (`FencedStream`); nil outside of CI.
        package var command: (@Sendable (String) -> Void)?
        /// In CI: people's text, and no document that a program reads.
        package var carriesText = false
        /// Lets out a line that has not ended.
        package var flush: @Sendable () -> Void = {}

        package init(
            isTerminal: Bool, width: @escaping @Sendable () -> Int? = { nil },
            rows: @escaping @Sendable () -> Int? = { nil }, write: @escaping @Sendable (String) -> Void,
            failure: @escaping @Sendable () -> String? = { nil }
        ) {
            self.failure = failure
            self.isTerminal = isTerminal
            self.width = width
            self.rows = rows
            self.write = write
        }
    }

    package var environment: [String: String]
    package var workingDirectory: String
    /// The absolute path of the running program; empty when unknown.
    package var executable: String
    package var user: String
    package var host: String
    package var output: Stream
    package var messages: Stream
    package var isInputTerminal: Bool
    /// Clusters are locked for all users of the machine, where it has a folder for that.
    package var locksForMachine: Bool
    /// A line of standard input without its end; nil at the end of the input.
    package var readLine: @Sendable () -> String?
    /// Forgets what was typed and not read yet: it was meant for something else.
    package var discardInput: @Sendable () -> Void

    package init(
        environment: [String: String], workingDirectory: String, executable: String, user: String, host: String,
        output: Stream, messages: Stream, isInputTerminal: Bool, readLine: @escaping @Sendable () -> String?,
        discardInput: @escaping @Sendable () -> Void = {}, locksForMachine: Bool = false
    ) {
        self.discardInput = discardInput
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.executable = executable
        self.user = user
        self.host = host
        self.output = output
        self.messages = messages
        self.isInputTerminal = isInputTerminal
        self.readLine = readLine
        self.locksForMachine = locksForMachine
    }

    /// The width that help and tables are written for.
    package static let defaultWidth = 80
    package static let narrowest = 40

    /// Columns of standard output: the terminal's, else COLUMNS, else 80.
    package var width: Int {
        let told = output.width() ?? environment["COLUMNS"].flatMap { Int($0) } ?? Self.defaultWidth
        return max(Self.narrowest, min(told, 1000))
    }

    /// A continuous integration system runs us: no question, no animation.
    package var isCI: Bool { ci != nil }

    /// Whether to colour a stream: the option, then NO_COLOR, CLICOLOR_FORCE, TERM, and whether it is a terminal.
    package func style(_ choice: Options.Color, for stream: Stream) -> Style {
        switch choice {
        case .always: return Style(isColored: true)
        case .never: return .plain
        case .auto: break
        }
        if let value = environment["NO_COLOR"], !value.isEmpty { return .plain }
        if let value = environment["CLICOLOR_FORCE"], !value.isEmpty, value != "0" { return Style(isColored: true) }
        if environment["TERM"] == "dumb" { return .plain }
        return Style(isColored: stream.isTerminal && !isCI)
    }

    /// Whether a question can be put to a person.
    package func canAsk(_ options: Options) -> Bool {
        isInputTerminal && messages.isTerminal && !options.noInput && !isCI
    }
}
