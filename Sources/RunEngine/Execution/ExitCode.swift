/// How a run or a command ends, for the shell and for CI: the code says who must act.
package enum ExitCode: Int32, Sendable, CaseIterable {
    case done = 0
    case taskFailed = 1
    case changesPending = 2
    case invalid = 3
    case unreachable = 4
    case gateFailed = 5
    case rolledBack = 6
    case rollbackFailed = 7
    case unknownOutcome = 8
    case refused = 9
    case suspended = 10
    case damagedEvidence = 11
    case usage = 64
    case internalError = 70
    case storage = 74
    case interrupted = 130
    case terminated = 143

    /// One line for `opsrun help exit-codes`.
    package var meaning: String {
        switch self {
        case .done: "done (also `plan` with changes, unless --detailed-exitcode)"
        case .taskFailed: "a task failed"
        case .changesPending: "`plan --detailed-exitcode`: changes pending"
        case .invalid: "invalid playbook, inventory or parameters; nothing matched"
        case .unreachable: "unreachable or not authorised before the first write"
        case .gateFailed: "a gate failed or timed out"
        case .rolledBack: "failed, rolled back, gates green"
        case .rollbackFailed: "failed and rollback failed: a human is needed now"
        case .unknownOutcome: "outcome unknown: nobody can say whether a step happened"
        case .refused: "refused: window, lock, stale plan, denied"
        case .suspended: "suspended: waiting for approval or window, or its lock was lost"
        case .damagedEvidence: "evidence damaged: journal, audit log or plan"
        case .usage: "wrong usage of the command line"
        case .internalError: "internal error"
        case .storage: "journal or audit cannot be written"
        case .interrupted: "stopped by SIGINT; the recap says what was done"
        case .terminated: "stopped by SIGTERM or SIGHUP; the recap says what was done"
        }
    }

    /// From the most to the least serious. A signal's code stands when nothing worse than it happened, so both come after
    /// every failure and before `done`.
    private static let ranking: [ExitCode] = [
        .internalError, .storage, .damagedEvidence, .unknownOutcome, .rollbackFailed, .gateFailed, .taskFailed,
        .rolledBack, .unreachable, .refused, .suspended, .invalid, .changesPending, .usage, .terminated, .interrupted,
        .done,
    ]

    private var rank: Int { Self.ranking.firstIndex(of: self) ?? Self.ranking.count }

    /// The more serious of the two.
    package func worse(_ other: ExitCode) -> ExitCode { other.rank < rank ? other : self }

    package static func worst(of codes: some Sequence<ExitCode>) -> ExitCode {
        codes.reduce(.done) { $0.worse($1) }
    }
}
