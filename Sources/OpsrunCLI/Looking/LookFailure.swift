internal import KafkaAdmin
package import RunEngine

/// A look that came to nothing: what to say, and the exit code.
package struct LookFailure: Error, Sendable, Hashable {
    package var exitCode: ExitCode
    package var failure: StepFailure

    package init(_ exitCode: ExitCode, _ failure: StepFailure) {
        self.exitCode = exitCode
        self.failure = failure
    }

    /// The code that says who must act.
    init(_ failure: StepFailure) {
        let code: ExitCode =
            switch failure.code {
            case .unreachable, .timedOut: .unreachable
            case .refused: .refused
            case .cancelled: .interrupted
            case .internalError: .internalError
            case .invalid: .invalid
            default: .taskFailed
            }
        self.init(code, failure)
    }

    /// - Parameter what: what was not possible: "the topics cannot be listed".
    init(_ error: KafkaError, _ what: String) {
        self.init(StepFailure(error, doing: what))
        switch error.code {
        case .configuration: exitCode = .invalid
        case .unsupportedVersion: exitCode = .unreachable
        default: break
        }
    }

    /// Names that match nothing in the cluster.
    static func noMatch(_ message: String, hint: String? = nil) -> LookFailure {
        LookFailure(.invalid, StepFailure(.failed, message, nextAction: hint))
    }

    /// Whatever an estate throws.
    static func of(_ error: any Error) -> LookFailure {
        switch error {
        case let error as LookFailure: error
        case let error as RunFailure: LookFailure(error.exitCode, error.failure)
        case let error as StepFailure: LookFailure(error)
        case let error as KafkaError: LookFailure(error, "the cluster cannot be looked at")
        default: LookFailure(StepFailure(.internalError, "\(error)"))
        }
    }
}
