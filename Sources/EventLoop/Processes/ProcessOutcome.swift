/// How a child process ended and what it said.
package struct ProcessOutcome: Sendable, Hashable {
    package enum Exit: Sendable, Hashable {
        case exited(Int32)
        /// Killed by this signal.
        case signalled(Int32)
        /// It never ran; an errno (`ENOENT`: no such program).
        case notStarted(Int32)
        /// It was told to end, and killed, and its death was not seen.
        case unconfirmed
    }

    /// Why a program whose traces are kept was not started, where its own file is not the reason.
    package enum Refusal: Sendable, Hashable {
        /// One was started by this name before, or the name was taken so that none can be.
        case taken
        /// The traces could not be made; an errno.
        case notKept(Int32)
    }

    package var exit: Exit
    package var refusal: Refusal?
    /// What was kept: the first bytes, then the last ones.
    package var stdout: [UInt8]
    package var stderr: [UInt8]
    /// All bytes that came.
    package var stdoutBytes: Int
    package var stderrBytes: Int
    /// Where in `stdout` the gap is; nil when nothing was dropped.
    package var stdoutGap: Int?
    package var stderrGap: Int?
    package var duration: Duration
    package var timedOut: Bool
    package var wasCancelled: Bool
    /// No member of the process group ran any more when this was reported. Only looked at after timeout and cancellation.
    package var groupIsGone: Bool
    /// Reading ended although the output went on after the end of the process.
    package var outputWasCut: Bool

    package init(
        exit: Exit, stdout: [UInt8] = [], stderr: [UInt8] = [], stdoutBytes: Int? = nil, stderrBytes: Int? = nil,
        stdoutGap: Int? = nil, stderrGap: Int? = nil, duration: Duration = .zero, timedOut: Bool = false,
        wasCancelled: Bool = false, groupIsGone: Bool = true, outputWasCut: Bool = false
    ) {
        self.exit = exit
        self.stdout = stdout
        self.stderr = stderr
        self.stdoutBytes = stdoutBytes ?? stdout.count
        self.stderrBytes = stderrBytes ?? stderr.count
        self.stdoutGap = stdoutGap
        self.stderrGap = stderrGap
        self.duration = duration
        self.timedOut = timedOut
        self.wasCancelled = wasCancelled
        self.groupIsGone = groupIsGone
        self.outputWasCut = outputWasCut
    }

    package var stdoutTruncated: Bool { stdoutGap != nil }
    package var succeeded: Bool { exit == .exited(0) && !timedOut && !wasCancelled }
}
