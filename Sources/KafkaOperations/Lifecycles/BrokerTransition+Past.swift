import EventLoop
import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// What a runner that died had come to with a stop, a start or a restart: the durable records of the step.
extension BrokerTransition {
    enum Past: Sendable {
        /// Nothing was asked of the lifecycle: the witness is on disk before.
        case nothing
        /// The lifecycle may have been asked to stop it.
        case begun(Evidence)
        /// It was seen to be gone.
        case stopped(Evidence)
        /// It was seen to be back.
        case started(Evidence)
    }

    var past: Past {
        guard let last = context.recorded.last(where: { ["witness", "stopped", "started"].contains($0.kind) }) else {
            return .nothing
        }
        let evidence = Evidence(recorded: last.fields)
        return switch last.kind {
        case "started": .started(evidence)
        case "stopped": .stopped(evidence)
        default: .begun(evidence)
        }
    }

    /// After the death of a runner that may have asked for a stop.
    ///
    /// 1. The lifecycle's own program, where it can be found: one that never began has stopped nothing, and never will; one
    /// that runs is waited for. 2. Then until the node is gone, or answers as another process, or as the one from before. One
    /// that was told to stop may answer for a while. Nil: it went on to answer, and nobody knows as which process; or to be
    /// silent.
    func settleStop(
        _ evidence: Evidence, by operation: LifecycleOperation = .stop
    ) async throws(StepFailure) -> Settled? {
        var isTold = false
        do throws(StepFailure) {
            switch try await lifecycle.fate(of: operation, version: nil, in: try lifecycleContext()) {
            case .neverBegan: return .notAsked
            case .ended(let result): isTold = result.succeeded
            case nil: break
            }
        } catch {
            // One that left no trace of its end may have done its work.
            guard error.code == .unknownOutcome else { throw error }
        }
        let patience = context.reading.time.deadline(after: isTold ? Self.settling : .zero)
        while true {
            let facts = await look()
            let now = try await process()
            if isGone(facts, now) { return .gone }
            if facts.versions != nil {
                let differs = evidence.before.flatMap { before in now?.differs(from: before) }
                if differs == true { return .another }
                if context.reading.time.monotonic >= min(patience, deadline) { return differs == false ? .same : nil }
            }
            guard context.reading.time.monotonic < deadline else { return nil }
            try await pause()
        }
    }

    enum Settled: Sendable {
        case gone, another, same
        /// Nothing of the lifecycle has run.
        case notAsked
    }
}

extension Evidence {
    /// As `fields` has put it down. The connection from before has died with whoever held it.
    init(recorded fields: ValueMap) {
        permit = fields["permit"]?.stringValue
        overridden = fields["overridden"]?.listValue?.compactMap(\.stringValue) ?? []
        connectionClosed = fields["connection_closed"]?.boolValue
        before = Self.process(fields, "before")
        after = Self.process(fields, "after")
    }

    private static func process(_ fields: ValueMap, _ when: String) -> BrokerProcess? {
        let pid = fields["pid_\(when)"]?.intValue
        let invocation = fields["invocation_\(when)"]?.stringValue
        var startedAt: Timestamp?
        switch fields["started_\(when)"] {
        case .timestamp(let time): startedAt = time
        // In a journal a time is text.
        case .string(let text): startedAt = Timestamp(rfc3339Text: text)
        default: break
        }
        guard pid != nil || invocation != nil || startedAt != nil else { return nil }
        return BrokerProcess(isRunning: true, pid: pid, startedAt: startedAt, invocation: invocation)
    }
}
