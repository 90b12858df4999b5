import Playbooks
import Values

/// One time that a host came to a step before the run was resumed, with all its attempts.
struct StepPast: Sendable {
    /// The last intent; nil for a step that was skipped, or could not even begin.
    var started: TaskStarted?
    var startedAt = Timestamp(milliseconds: 0)
    /// Attempts that were begun.
    var intents = 0
    /// The last one has neither failed nor ended.
    var isOpen = false
    /// What its attempts made durable.
    var records: [StepRecord] = []
    var end: TaskFinished?
    var endedAt = Timestamp(milliseconds: 0)
    /// What a person said of it since.
    var resolution: StepResolved?

    /// Its outcome stands: it is taken over as it is. One that a signal stopped, or of which nobody knows, is open.
    var isSettled: Bool {
        guard let end else { return false }
        return end.status != .stopped && end.status != .unknown
    }

    var isRead: Bool { started?.effect == Effect.read.rawValue }

    /// It may have acted, and nobody knows.
    var isDoubtful: Bool {
        guard started != nil, !isRead, !isSettled else { return false }
        return isOpen || end?.status == .unknown
    }

    /// Did it act, as far as can be told? One whose host could not be reached did not.
    var mayHaveActed: Bool {
        guard started != nil, !isRead else { return false }
        return end?.status != .unreachable || records.contains { $0.kind == "stopped" }
    }
}

/// What a host came to.
enum Passage: Sendable {
    case step(StepPast)
    case gate(GateFinished, at: Timestamp)

    var isSettled: Bool {
        switch self {
        case .step(let step): step.isSettled
        case .gate: true
        }
    }
}
