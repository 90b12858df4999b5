package import RunEngine

extension ExitCode {
    /// What whoever reads the code should do.
    package var nextAction: String {
        switch self {
        case .done: "Nothing."
        case .taskFailed: "Look at the failed task; what comes after it was not begun."
        case .changesPending: "Review the plan, then run the playbook."
        case .invalid: "Correct the files that the messages name. Nothing was contacted or nothing was changed."
        case .unreachable: "Check addresses, network and credentials. Nothing was changed; it may be run again."
        case .gateFailed: "See which partitions or brokers held it, repair them, run again."
        case .rolledBack:
            "What was rolled back is as before, what was done before it stays; find out why the host failed first."
        case .rollbackFailed: "Look at the named host now; it is neither as planned nor as before."
        case .unknownOutcome: "Find out whether the named step happened before anything runs again."
        case .refused: "Do what the message asks for, then run again. What was changed before it stands in the recap."
        case .suspended: "Give the approval or wait for the window, then go on."
        case .damagedEvidence: "Keep the files as they are and find out who changed them."
        case .usage: "See opsrun --help."
        case .internalError: "Please report it with the run directory."
        case .storage: "Make room or repair the disk of the state directory; nothing runs unrecorded."
        case .interrupted, .terminated: "The summary says what was done; `opsrun resume` goes on with what is left."
        }
    }

    /// How `opsrun explain` names it: `gate-failed`.
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
        case .unknownOutcome: "unknown-outcome"
        case .refused: "refused"
        case .suspended: "suspended"
        case .damagedEvidence: "damaged-evidence"
        case .usage: "usage"
        case .internalError: "internal-error"
        case .storage: "storage"
        case .interrupted: "interrupted"
        case .terminated: "terminated"
        }
    }

    /// The order in which the codes of failures win over each other, as help shows it.
    package static var bySeverity: [ExitCode] {
        allCases.filter { ![.done, .usage, .interrupted, .terminated].contains($0) }
            .sorted { $0 != $1 && $0.worse($1) == $0 }
    }
}
