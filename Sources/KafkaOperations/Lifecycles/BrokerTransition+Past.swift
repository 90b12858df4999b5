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
    /// that was told to stop, or may have been, may answer for as long as the step may take: it is never told twice. Nil: it
    /// went on to answer, and nobody knows as which process; or to be silent.
    func settleStop(
        _ evidence: Evidence, by operation: LifecycleOperation = .stop
    ) async throws(StepFailure) -> Settled? {
        var told = Told.no
        do throws(StepFailure) {
            switch try await lifecycle.fate(of: operation, version: nil, in: try lifecycleContext()) {
            case .neverBegan: return .notAsked
            // A program that said no may have told it all the same.
            case .ended(let result): told = result.succeeded ? .yes : .perhaps
            case nil: break
            }
        } catch {
            // One that left no trace of its end may have done its work.
            guard error.code == .unknownOutcome else { throw error }
            told = .yes
        }
        let time = context.reading.time
        let patience = min(deadline, time.deadline(after: told == .perhaps ? Self.settling : .zero))
        while true {
            let facts = await look()
            let now = try await process()
            if isGone(facts, now) { return .gone }
            if facts.versions != nil {
                let differs = evidence.before.flatMap { before in now?.differs(from: before) }
                if differs == true { return .another }
                if told == .yes || now?.isStopping == true {
                    if time.monotonic >= deadline || context.isStopping() { return .going }
                } else if time.monotonic >= patience {
                    return differs == false ? .same : nil
                }
            }
            guard time.monotonic < deadline else { return nil }
            try await pause()
        }
    }

    /// Why the node is known to be dead, after an outcome that was not known; nil when that cannot be told. Looks for
    /// as long as the lifecycle needs to be believed, no longer: one that says "does not run" of a node that answers is
    /// not believed.
    func provenDead() async throws(StepFailure) -> String? {
        var watch = DeathWatch()
        let time = context.reading.time
        let limit = time.deadline(after: DeathWatch.lifeless * 2)
        while time.monotonic < limit, let process = try await process(), !process.isRunning, !process.isComing {
            if let death = watch.note(await look(), process, at: time.monotonic) { return death }
            try await pause()
        }
        return nil
    }

    /// Of a node that was told to stop and has not gone.
    var goingText: String {
        "node \(node) was told to stop before the runner died, and still answers: it is not told a second time while it may be "
            + "on its way down"
    }

    private enum Told { case yes, perhaps, no }

    enum Settled: Sendable {
        case gone, another, same
        /// It was told to stop, answers, and may still be about to go.
        case going
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
