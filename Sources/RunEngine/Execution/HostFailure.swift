import Values

/// Why a host's list ended early.
struct HostFailure: Sendable {
    enum Rollback: Sendable {
        case none
        case succeeded
        case failed(String)
    }

    var key: String
    var task: String
    var action = ""
    var status: StepStatus
    var failure: StepFailure
    var result: ValueMap = ValueMap()
    var rollback = Rollback.none

    /// What it means for the run's exit code.
    func exitCode(hasWritten: Bool) -> ExitCode {
        if status == .unknown { return .unknownOutcome }
        let code: ExitCode =
            switch failure.code {
            case .gate, .permit: .gateFailed
            case .internalError: .internalError
            case .unreachable: hasWritten ? .taskFailed : .unreachable
            case .refused: .refused
            case .invalid: hasWritten ? .taskFailed : .invalid
            case .failed, .timedOut, .unknownOutcome, .cancelled: .taskFailed
            }
        switch rollback {
        case .none: return code
        case .succeeded: return code == .internalError ? code : .rolledBack
        case .failed: return .rollbackFailed
        }
    }
}

/// How a list of tasks ended on a host.
enum Flow: Sendable {
    case next
    case failed(HostFailure)
    /// Nothing new is to start: a signal, or a failure elsewhere.
    case held
}
