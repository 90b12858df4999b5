package import RunEngine
package import Values

/// What a report, a JUnit file and annotations tell of a run, folded from its journal: the state that every other view shows
/// (`RunState`), and beside it what only a look back needs: when batches were open, what each gate saw, what steps left.
package struct RunReport: Sendable {
    /// A time in which one process had the run.
    package struct Segment: Sendable {
        package var start: Timestamp
        package var end: Timestamp
        /// How it had ended before, where it was gone on with.
        package var after: String?
    }

    package struct Batch: Sendable {
        package var play: Int
        package var batch: Int
        package var batches: Int
        package var hosts: [String]
        package var openedAt: Timestamp
        /// Nil: it was open when the journal ended.
        package var closedAt: Timestamp?
    }

    /// One look of a gate.
    package struct Look: Sendable {
        package var time: Timestamp
        package var passes: Bool
        package var progress: Double?
        package var figures: ValueMap
        package var reason: String?
    }

    package struct Approval: Sendable {
        package var asked: ApprovalRequested?
        package var decision: ApprovalDecided?
        package var time: Timestamp
    }

    /// Where a step stands in its playbook.
    package struct Place: Sendable, Hashable {
        package var file: String
        package var line: Int
    }

    /// Looks of one gate that are kept; beyond it every second one goes.
    static let mostLooks = 400

    package private(set) var state = RunState()
    package private(set) var segments: [Segment] = []
    package private(set) var batches: [Batch] = []
    /// As `state.gates`.
    package private(set) var looks: [[Look]] = []
    package private(set) var approvals: [Approval] = []
    /// Of steps that did not end well and of gates, by key.
    package private(set) var places: [String: Place] = [:]
    /// What the last attempt of a step left in the run's folder, by key.
    package private(set) var files: [String: [KeptFile]] = [:]
    /// By play: the name under which it was opened.
    package private(set) var playNames: [Int: String] = [:]
    /// How far the journal was read.
    package var journalEnd = ChainEnd()
    /// Why the journal is not whole; what is before it is told.
    package var damage: String? { journalEnd.damage?.description }
    /// Where the chains of the audit logs ended when the run did, by file.
    package var auditHeads: [(name: String, records: Int64, head: String)] = []

    /// When somebody overrode what holds others back, who it was, and why.
    package private(set) var breaches: [(time: Timestamp, by: String, reason: String)] = []

    private var strides: [Int] = []
    private var seen: [Int] = []
    private var placeOfGate: [String: Int] = [:]
    private var placeOfBatch: [Int: Int] = [:]

    package init(events: [RunEvent]) { for event in events { apply(event) } }

    /// To be given the events of a journal (`apply`), and its end (`journalEnd`).
    package init() {}

    /// When it began; the epoch for a journal without a beginning.
    package var start: Timestamp { segments.first?.start ?? Timestamp(milliseconds: 0) }
    package var end: Timestamp { segments.last?.end ?? start }

    /// The gate that a row of the steps stands for.
    package func gate(of step: RunState.StepRow) -> GateFinished? {
        placeOfGate[step.key].flatMap { state.gates[$0].finished }
    }

    package mutating func apply(_ event: RunEvent) {
        state.apply(event)
        // A clock that was set back does not make time run backwards.
        if let last = segments.indices.last { segments[last].end = max(segments[last].end, event.time) }
        switch event.body {
        case .runOpened(let run):
            segments.append(Segment(start: event.time, end: event.time))
            if let reason = run.breakGlass { breaches.append((event.time, "\(run.user)@\(run.host)", reason)) }
        case .runResumed(let resumed):
            let start = max(event.time, segments.last?.start ?? event.time)
            if let last = segments.indices.last { segments[last].end = lastEnd }
            segments.append(Segment(start: start, end: start, after: resumed.after))
            if let reason = resumed.breakGlass {
                breaches.append((event.time, "\(resumed.user)@\(resumed.host)", reason))
            }
        case .playOpened(let play): playNames[play.play] = play.name
        case .batchOpened(let batch):
            placeOfBatch[batch.play] = batches.count
            batches.append(
                Batch(
                    play: batch.play, batch: batch.batch, batches: batch.batches, hosts: batch.hosts,
                    openedAt: event.time))
        case .batchClosed(let batch):
            if let place = placeOfBatch[batch.play] { batches[place].closedAt = event.time }
        case .taskStarted(let task): places[task.key] = Place(file: task.file, line: task.line)
        case .taskFinished(let task):
            if ![.failed, .unreachable, .unknown].contains(task.status) { places[task.key] = nil }
            if !task.files.isEmpty { files[task.key] = task.files }
        case .gateStarted(let gate):
            placeOfGate[gate.key] = looks.count
            if gate.line > 0 { places[gate.key] = Place(file: gate.file, line: gate.line) }
            looks.append([])
            strides.append(1)
            seen.append(0)
        case .gateSampled(let sample): add(sample, at: event.time)
        case .gateFinished(let gate): add(gate, at: event.time)
        case .approvalRequested(let request): approvals.append(Approval(asked: request, time: event.time))
        case .approvalDecided(let decision):
            let open = approvals.lastIndex { $0.asked?.key == decision.key && $0.decision == nil }
            if let open {
                approvals[open].decision = decision
            } else {
                approvals.append(Approval(decision: decision, time: event.time))
            }
        default: break
        }
        if case .runResumed = event.body { return }
        lastEnd = max(lastEnd, event.time)
    }

    private var lastEnd = Timestamp(milliseconds: 0)

    private mutating func add(_ sample: GateSampled, at time: Timestamp) {
        guard let place = placeOfGate[sample.key] else { return }
        defer { seen[place] += 1 }
        // A verdict that changes is never thinned away.
        let isTurn = looks[place].last.map { $0.passes != sample.passes } ?? true
        guard isTurn || seen[place] % strides[place] == 0 else { return }
        looks[place].append(
            Look(
                time: time, passes: sample.passes, progress: Self.number(sample.progress), figures: sample.figures,
                reason: sample.reasons.first))
        guard looks[place].count > Self.mostLooks else { return }
        let kept = looks[place].enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
        looks[place] = kept
        strides[place] = min(strides[place] * 2, 1 << 30)
    }

    /// The end of a gate is a look, too: the last one may have been like the one before, and was not kept.
    private mutating func add(_ gate: GateFinished, at time: Timestamp) {
        guard let place = placeOfGate[gate.key] else { return }
        let last = looks[place].last
        looks[place].append(
            Look(
                time: time, passes: gate.verdict == .passed, progress: Self.number(gate.result["progress"] ?? .null),
                figures: gate.result.isEmpty ? last?.figures ?? ValueMap() : GateFigures.figures(of: gate.result),
                reason: gate.reasons.first))
    }

    static func number(_ value: Value) -> Double? {
        switch value {
        case .int(let number): Double(number)
        case .float(let number) where number.isFinite: number
        default: nil
        }
    }
}
