import EventLoop
import Values

/// What the hosts of a run tell each other: failures, whether to go on, results that all see.
final class RunLedger: Sendable {
    private struct State {
        var codes: [ExitCode] = []
        var firstMessage: String?
        /// Steps that may have changed something.
        var writes = 0
        var grants: [String] = []
        var failedHosts: Set<String> = []
        var failuresInPlay = 0
        var isHalted = false
        var wasStopped = false
        var unknownSteps: [String] = []
        var shared: [SharedResult] = []
        var worstFinding: Finding.Severity?
        var leftovers: [String] = []
        var halfway: [String] = []
        var exceeded: Int?
    }

    private let state = Locked(State())

    /// What is known of a run before it is resumed. Failures come again as its hosts walk through what they did.
    func restore(_ history: RunHistory) {
        state.withLock { state in
            state.writes = history.hasWritten ? 1 : 0
            state.grants = history.grants
            state.isHalted = history.isHalted
        }
    }

    /// A reason for the exit code; the first message is what the run says at its end.
    func note(_ code: ExitCode, _ message: String) {
        state.withLock { state in
            state.codes.append(code)
            if state.firstMessage == nil { state.firstMessage = message }
        }
    }

    var worst: ExitCode { state.withLock { ExitCode.worst(of: $0.codes) } }
    var message: String? { state.withLock { $0.firstMessage } }

    func noteWrite() { state.withLock { $0.writes += 1 } }
    /// What `noteWrite` noted is known not to have begun.
    func takeBackWrite() { state.withLock { $0.writes -= 1 } }
    var hasWritten: Bool { state.withLock { $0.writes > 0 } }

    func grant(by user: String) { state.withLock { $0.grants.append(user) } }
    var grants: [String] { state.withLock { $0.grants } }

    /// Nothing new starts anywhere.
    func halt() { state.withLock { $0.isHalted = true } }
    var isHalted: Bool { state.withLock { $0.isHalted } }

    func openPlay() { state.withLock { $0.failuresInPlay = 0 } }

    /// A host is out; more of them than a play bears halt the run. True: they do, and a resume changes nothing about it.
    func fail(_ host: String, maxFail: Int) -> Bool {
        state.withLock { state in
            state.failedHosts.insert(host)
            state.failuresInPlay += 1
            guard state.failuresInPlay > maxFail else { return false }
            state.isHalted = true
            if maxFail > 0, state.exceeded == nil { state.exceeded = maxFail }
            return true
        }
    }

    /// A host is out since nobody knows what became of its step. Nothing goes on until somebody does, whatever a play bears.
    func failUnknown(_ host: String) {
        state.withLock { state in
            state.failedHosts.insert(host)
            state.isHalted = true
        }
    }

    /// The `max_fail` that was exceeded, where a play bears any.
    var exceeded: Int? { state.withLock { $0.exceeded } }

    var failedHosts: Set<String> { state.withLock { $0.failedHosts } }

    /// A signal kept something from being done.
    func noteStopped() { state.withLock { $0.wasStopped = true } }
    var wasStopped: Bool { state.withLock { $0.wasStopped } }

    func noteUnknown(_ key: String) { state.withLock { $0.unknownSteps.append(key) } }
    var unknownSteps: [String] { state.withLock { $0.unknownSteps } }

    func share(_ result: SharedResult) {
        state.withLock { state in
            state.shared.removeAll { $0.name == result.name }
            state.shared.append(result)
        }
    }

    var shared: [SharedResult] { state.withLock { $0.shared } }

    func note(_ finding: Finding) {
        state.withLock { state in
            if finding.severity == .critical || state.worstFinding == nil { state.worstFinding = finding.severity }
        }
    }

    var worstFinding: Finding.Severity? { state.withLock { $0.worstFinding } }

    /// A host holds within what is to be rolled back as a whole; `text` says where.
    func noteHalfway(_ text: String) { state.withLock { $0.halfway.append(text) } }
    var halfway: [String] { state.withLock { $0.halfway } }

    func noteLeftover(_ text: String) { state.withLock { $0.leftovers.append(text) } }
    var leftovers: [String] { state.withLock { $0.leftovers } }
}
