/// What the process says to its caller. Each code tells who must act; `opsrun help exit-codes` prints this table.
///
/// Stable across minor versions. With several reasons the most serious one wins (`worst`); a signal's code stands when
/// nothing worse happened.
package enum ExitCode: Int32, Sendable, CaseIterable {
    case done = 0
    case taskFailed = 1
    case changesPending = 2
    case invalid = 3
    case unreachable = 4
    case gateFailed = 5
    case rolledBack = 6
    case rollbackFailed = 7
    case outcomeUnknown = 8
    case refused = 9
    case suspended = 10
    case evidenceDamaged = 11
    case usage = 64
    case internalError = 70
    case notRecorded = 74
    case interrupted = 130
    case terminated = 143

    /// One line: what happened.
    package var meaning: String {
        switch self {
        case .done: "done; also a plan with changes, unless --detailed-exitcode"
        case .taskFailed: "a task failed"
        case .changesPending: "plan --detailed-exitcode: changes are pending"
        case .invalid: "invalid playbook, inventory or parameters, or nothing matched"
        case .unreachable: "unreachable or not authorised before the first write"
        case .gateFailed: "a gate failed or timed out"
        case .rolledBack: "failed, rolled back, and the gates are green"
        case .rollbackFailed: "failed, and the rollback failed: a human is needed now"
        case .outcomeUnknown: "the outcome of a step is unknown"
        case .refused: "refused: no confirmation, window, lock, stale plan or denied approval"
        case .suspended: "suspended: waiting for an approval or a window"
        case .evidenceDamaged: "evidence damaged: journal, audit log or plan"
        case .usage: "wrong use of the command line"
        case .internalError: "internal error of opsrun"
        case .notRecorded: "the journal or the audit log cannot be written"
        case .interrupted: "stopped by SIGINT (^C)"
        case .terminated: "stopped by SIGTERM"
        }
    }

    /// What whoever reads the code should do.
    package var nextAction: String {
        switch self {
        case .done: "Nothing."
        case .taskFailed: "Look at the failed task; the hosts after it were not touched."
        case .changesPending: "Review the plan, then run the playbook."
        case .invalid: "Correct the files that the messages name. Nothing was contacted."
        case .unreachable: "Check addresses, network and credentials. Nothing was changed; it may be run again."
        case .gateFailed: "See which partitions or brokers held it, repair them, run again."
        case .rolledBack: "The cluster is as before; find out why the host failed before the next try."
        case .rollbackFailed: "Look at the named host now; it is neither upgraded nor rolled back."
        case .outcomeUnknown: "Look whether the named step happened before anything runs again."
        case .refused: "Do what the message asks for, then run again. Nothing was changed."
        case .suspended: "Give the approval or wait for the window, then go on."
        case .evidenceDamaged: "Keep the files as they are and find out who changed them."
        case .usage: "See opsrun --help."
        case .internalError: "Please report it with the run directory."
        case .notRecorded: "Make room or repair the disk of the state directory; nothing runs unrecorded."
        case .interrupted, .terminated: "The summary says what was done; run again to go on with what is left."
        }
    }

    /// The most serious first.
    package static let bySeverity: [ExitCode] = [
        .internalError, .notRecorded, .evidenceDamaged, .outcomeUnknown, .rollbackFailed, .gateFailed, .taskFailed,
        .rolledBack, .unreachable, .refused, .suspended, .invalid, .changesPending,
    ]

    /// The most serious of several; `done` when there is none.
    package static func worst(of codes: some Sequence<ExitCode>) -> ExitCode {
        let codes = Array(codes)
        return bySeverity.first { codes.contains($0) } ?? codes.first { $0 != .done } ?? .done
    }

    /// How a script or `opsrun explain` names it: `gate-failed`.
    package var name: String {
        switch self {
        case .done: "done"
        case .taskFailed: "task-failed"
        case .changesPending: "changes-pending"
        case .invalid: "invalid"
        case .unreachable: "unreachable"
        case .gateFailed: "gate-failed"
        case .rolledBack: "rolled-back"
        case .rollbackFailed: "rollback-failed"
        case .outcomeUnknown: "outcome-unknown"
        case .refused: "refused"
        case .suspended: "suspended"
        case .evidenceDamaged: "evidence-damaged"
        case .usage: "usage"
        case .internalError: "internal-error"
        case .notRecorded: "not-recorded"
        case .interrupted: "interrupted"
        case .terminated: "terminated"
        }
    }
}
