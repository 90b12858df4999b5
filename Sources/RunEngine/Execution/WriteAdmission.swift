import EventLoop
import KafkaAdmin
import Values

/// Asks for the lock right before each write of a step: a step that makes many calls may stand still between two of them, for
/// longer than its lease.
final class WriteAdmission: Sendable {
    private struct State {
        var granted = 0
        var isRefused = false
    }

    private let leases: HeldLeases
    private let state = Locked(State())

    init(_ leases: HeldLeases) { self.leases = leases }

    /// A new attempt of the step.
    func begin() { state.withLock { $0 = State() } }

    /// A write of this attempt was kept back.
    var isRefused: Bool { state.withLock { $0.isRefused } }
    /// Writes of this attempt were let go before.
    var hasActed: Bool { state.withLock { $0.granted > 0 } }

    /// Counts a write that is let go; nil, or why it must not be sent.
    private func refusal() -> String? {
        let isHeld = leases.areHeld
        state.withLock { state in
            if isHeld { state.granted += 1 } else { state.isRefused = true }
        }
        return isHeld ? nil : leases.loss ?? "the lock of the cluster is lost"
    }

    /// For what acts otherwise than over Kafka's protocol.
    func ask() throws(StepFailure) {
        if let refusal = refusal() { throw StepFailure(.refused, "\(refusal): it was not begun") }
    }

    /// For the cluster's client.
    func askClient() throws(KafkaError) {
        if let refusal = refusal() { throw KafkaError(.outdated, "\(refusal): it was not sent") }
    }

    /// What a step has come to that failed because it was kept from going on; nil: that is not why.
    func outcome(of failed: ActionOutcome?) -> ActionOutcome? {
        guard isRefused, hasActed, let failed, case .failed(let failure) = failed.status else { return nil }
        let open = StepFailure(
            .unknownOutcome, "part of it was sent before the lock was lost: \(failure.message)", causes: failure.causes,
            nextAction: "`opsrun resume` looks what became of it", details: failure.details)
        return ActionOutcome(.unknown(open), result: failed.result)
    }
}
