import EventLoop
import Playbooks
package import Values

/// What the journal says of a run that has died or was suspended, in the form in which a resume asks for it.
///
/// Reads and gates of a `verify` list, and looks that were taken once more after a resume, are no part of it: they are taken
/// anew.
package struct RunHistory: Sendable {
    /// What a play had come to.
    struct PlayPast: Sendable {
        var opened: PlayOpened?
        var skipped: PlaySkipped?
        var batches: [Int: BatchOpened] = [:]
        var closedBatches: Set<Int> = []
        /// The play itself could not go on.
        var failure: HostFailed?
    }

    package private(set) var opened = RunOpened()
    package private(set) var openedAt = Timestamp(milliseconds: 0)
    /// The run as it stands: counts, findings, what is open.
    package private(set) var state = RunState()
    /// The last end, where it had one.
    package var closed: RunClosed? { state.closed }
    package private(set) var resumes = 0
    /// Bytes of a last record that was not finished.
    package private(set) var tornBytes = 0
    /// Records in the journal.
    package private(set) var records = 0
    private var plays: [Int: PlayPast] = [:]
    private var hosts: [PlayHost: HostPast] = [:]
    private var leaders: [PlayPath: Set<String>] = [:]
    /// Who approved, in order.
    private(set) var grants: [String] = []
    /// A process of the run had `--break-glass`.
    private(set) var wasGlassBroken = false
    /// Approvals that broken glass stood in for, by the key of their step: they counted for the process that broke it.
    private(set) var overridden: Set<String> = []
    /// A failure that lets nothing new start.
    private(set) var isHalted = false
    /// Steps that may have changed something.
    private var acted: Set<String> = []
    package var hasWritten: Bool { !acted.isEmpty }
    /// Hosts that the run took down, or began to, and that are not proven back.
    private(set) var downHosts: Set<String> = []
    /// Hosts that the run has stopped or started.
    private(set) var touchedHosts: Set<String> = []
    /// How long its processes have run.
    private(set) var elapsed = Duration.zero
    private var segmentStart: Timestamp?
    private var lastTime = Timestamp(milliseconds: 0)

    private struct PlayHost: Hashable {
        var play: Int
        var host: String
    }

    private struct PlayPath: Hashable {
        var play: Int
        var path: TaskPath
    }

    /// Hosts of batches that were opened.
    var begunHosts: Set<String> {
        Set(plays.values.flatMap { $0.batches.values.flatMap(\.hosts) })
    }

    package init(_ journal: JournalContent) {
        for event in journal.events { apply(event) }
        finish(at: journal.end)
    }

    /// To be given the events of a journal (`apply`), and then its end.
    init() {}

    /// Nothing stands behind what was applied.
    mutating func finish(at end: ChainEnd) {
        tornBytes = end.tornBytes
        records = end.records
        endSegment()
    }

    func play(_ index: Int) -> PlayPast? { plays[index] }

    func host(_ name: String, in play: Int) -> HostPast {
        hosts[PlayHost(play: play, host: name)] ?? HostPast()
    }

    /// Who of these hosts did a task that one does for all.
    func leader(of path: TaskPath, in play: Int, among hosts: [String]) -> String? {
        guard let names = leaders[PlayPath(play: play, path: path)] else { return nil }
        return hosts.first(where: names.contains)
    }

    /// Steps that may have acted and of which nobody knows, those that a person has spoken about left out.
    package var doubtfulSteps: [(key: String, step: TaskStarted)] {
        doubtful.values.filter { $0.resolution == nil && $0.past.isDoubtful }
            .compactMap { entry in entry.past.started.map { (entry.key, $0) } }.sorted { $0.key.precedes($1.key) }
    }

    /// Steps that may act and have no outcome yet.
    var openEffects: [String] { doubtful.values.filter(\.past.isDoubtful).map(\.key) }
    /// Of those: steps that the audit log follows.
    var auditedIntents: [(step: TaskStarted, time: Timestamp)] {
        doubtful.values.filter(\.past.isDoubtful).compactMap { doubt in
            doubt.past.started.map { (step: $0, time: doubt.past.startedAt) }
        }.filter(\.step.isIrreversible).sorted { $0.step.key.precedes($1.step.key) }
    }

    private struct Doubt: Sendable {
        var key: String
        var past: StepPast
        var resolution: StepResolved?
    }

    private var doubtful: [String: Doubt] = [:]

    // MARK: Folding

    private mutating func endSegment() {
        if let start = segmentStart { elapsed += .milliseconds(max(0, lastTime.milliseconds - start.milliseconds)) }
        segmentStart = nil
    }

    mutating func apply(_ event: RunEvent) {
        if case .runResumed = event.body { endSegment() }
        state.apply(event)
        if segmentStart == nil { segmentStart = event.time }
        lastTime = event.time
        switch event.body {
        case .runOpened(let run):
            (opened, openedAt) = (run, event.time)
            wasGlassBroken = run.breakGlass != nil
        case .runResumed(let resumed):
            resumes += 1
            if resumed.breakGlass != nil { wasGlassBroken = true }
        case .playOpened(let play): plays[play.play, default: PlayPast()].opened = play
        case .playSkipped(let play): plays[play.play, default: PlayPast()].skipped = play
        case .batchOpened(let batch): plays[batch.play, default: PlayPast()].batches[batch.batch] = batch
        case .batchClosed(let batch): plays[batch.play, default: PlayPast()].closedBatches.insert(batch.batch)
        case .approvalRequested(let request): if request.kind == .approve { add(event, request.key) }
        case .approvalDecided(let decision):
            if decision.decision == .granted, decision.kind == .approve, decision.isLast,
                decision.method != HostRun.breakGlassMethod
            {
                grants.append(decision.by)
            }
            if decision.kind == .approve, decision.decision == .granted {
                if decision.method == HostRun.breakGlassMethod {
                    overridden.insert(decision.key)
                } else if decision.isLast {
                    overridden.remove(decision.key)
                }
            }
            add(event, decision.key)
        case .hostFailed(let failed): fail(failed, event)
        case .taskStarted(let task):
            guard task.isAgain != true else { return }
            note(task.key, begins: task.effect != Effect.read.rawValue) { past in
                past.startedAt = event.time
                past.started = task
                past.intents += 1
                past.isOpen = true
                past.end = nil
            }
            if task.effect != Effect.read.rawValue { acted.insert(task.key) }
            add(event, task.key)
        case .taskRetried(let retry):
            note(retry.key) { $0.isOpen = false }
            add(event, retry.key)
        case .stepRecorded(let record):
            note(record)
            add(event, record.key)
        case .taskFinished(let task):
            guard task.isAgain != true else { return }
            // A host that could not be reached was not acted on.
            if task.status == .unreachable, !touchedHosts.contains(task.host) { acted.remove(task.key) }
            note(task.key) { past in
                past.end = task
                if task.status != .unknown { past.isOpen = false }
            }
            add(event, task.key)
        case .stepResolved(let resolved):
            doubtful[resolved.key]?.resolution = resolved
            add(event, resolved.key)
        case .gateFinished(let gate):
            guard gate.isAgain != true, gate.verdict != .stopped else { return }
            add(event, gate.key)
        case .loopOpened(let loop): add(event, loop.key)
        // These have no key: a host is in one play at a time, the one that was opened last.
        case .sectionOpened(let section): add(event, host: section.host)
        case .sectionClosed(let section): if section.reason != HostRun.stoppedReason { add(event, host: section.host) }
        case .finding(let finding): if let host = finding.host { add(event, host: host) }
        default: break
        }
    }

    private mutating func fail(_ failed: HostFailed, _ event: RunEvent) {
        // What nobody knew is found out, or told, by a resume: it is no failure that stands.
        guard failed.status != .unknown else { return }
        if failed.isHalt == true { isHalted = true }
        if let play = Int(failed.key) {
            plays[play, default: PlayPast()].failure = failed
            isHalted = true
        } else {
            add(event, failed.key)
        }
    }

    /// `begins`: something that may act. What has not begun is in no doubt, nor is a read.
    private mutating func note(_ key: String, begins: Bool = false, _ change: (inout StepPast) -> Void) {
        guard begins || doubtful[key] != nil else { return }
        var doubt = doubtful[key] ?? Doubt(key: key, past: StepPast())
        if doubt.past.isSettled { doubt.past = StepPast() }
        change(&doubt.past)
        doubt.resolution = nil
        doubtful[key] = doubt.past.isDoubtful ? doubt : nil
    }

    private mutating func note(_ record: StepRecorded) {
        switch record.kind {
        // The witness is taken right before the node is stopped.
        case "witness", "stopped":
            downHosts.insert(record.host)
            touchedHosts.insert(record.host)
        case "started":
            downHosts.remove(record.host)
            touchedHosts.insert(record.host)
        default: break
        }
    }

    private mutating func add(_ event: RunEvent, _ key: String) {
        guard let place = StepKey(key), !place.path.isVerify else { return }
        hosts[PlayHost(play: place.play, host: place.host), default: HostPast()].apply(
            event.body, key: place, at: event.time)
        leaders[PlayPath(play: place.play, path: place.path), default: []].insert(place.host)
    }

    private mutating func add(_ event: RunEvent, host: String) {
        let play = plays.filter { $0.value.opened?.hosts.contains(host) == true }.keys.max() ?? 0
        hosts[PlayHost(play: play, host: host), default: HostPast()].apply(event.body, key: nil, at: event.time)
    }
}
