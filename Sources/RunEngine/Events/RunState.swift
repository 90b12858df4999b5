package import Values

/// What a run looks like now: the one place that folds events. The terminal, the reports, the console and resume derive from it.
///
/// `apply` takes constant time; who watches keeps a state of its own and applies each event to it, so nothing is copied.
package struct RunState: Sendable {
    package struct PlayRow: Sendable {
        package var play: Int
        package var name: String
        package var hosts: [String]
        package var batches: Int
        /// Why the whole play was left out.
        package var skipped: String?
        package var excluded: [ExcludedHost]
    }

    package struct BatchRow: Sendable {
        package var play: Int
        package var batch: Int
        package var batches: Int
        package var hosts: [String]
        package var facts: ValueMap
        /// By host: the state that the last progress named, such as `stopping`.
        package var brokerStates: [String: String]
    }

    /// A step, started or finished.
    package struct StepRow: Sendable {
        package var key: String
        package var play: Int
        package var batch: Int
        package var host: String
        package var name: String
        package var action: String
        package var section: StepSection
        package var item: String?
        package var startedAt: Timestamp
        /// Nil while it runs.
        package var status: StepStatus?
        package var message: String?
        package var attempts: Int
        package var duration: Duration
        package var failure: FailureRecord?
        package var reason: String?
    }

    package struct GateRow: Sendable {
        package var started: GateStarted
        package var startedAt: Timestamp
        package var lastSample: GateSampled?
        /// Since when the present verdict and reasons stand.
        package var since: Timestamp
        package var finished: GateFinished?
    }

    package private(set) var run: RunOpened
    package private(set) var openedAt: Timestamp?
    package private(set) var plan: PlanSummary?
    package private(set) var plays: [PlayRow] = []
    package private(set) var batch: BatchRow?
    package private(set) var steps: [StepRow] = []
    /// In the order in which they began.
    package private(set) var gates: [GateRow] = []
    package private(set) var findings: [Finding] = []
    package private(set) var failedHosts: [HostFailed] = []
    package private(set) var approvals: [ApprovalDecided] = []
    /// Questions without an answer, by key.
    package private(set) var openQuestions: [String: ApprovalRequested] = [:]
    /// Of those: approvals, which a suspended run waits for.
    package var openApprovals: [ApprovalRequested] {
        openQuestions.values.filter { $0.kind == .approve }.sorted {
            $0.key.utf8.lexicographicallyPrecedes($1.key.utf8)
        }
    }
    package private(set) var signals = 0
    /// How often another process went on with the run.
    package private(set) var resumes = 0
    /// The process that the run is in, or was in last.
    package private(set) var lastResume: RunResumed?
    /// What people said of steps that nobody could prove.
    package private(set) var resolutions: [StepResolved] = []
    /// What was changed for the run's time only.
    package private(set) var temporary = TemporaryChanges()
    package private(set) var closed: RunClosed?
    package private(set) var closedAt: Timestamp?
    /// Steps that changed something, undo included.
    package private(set) var changes = 0
    /// Steps that run now: indices into `steps`, by key.
    package private(set) var runningSteps: [String: Int] = [:]
    /// Gates that look now: indices into `gates`, by key.
    package private(set) var runningGates: [String: Int] = [:]

    /// Rows of `steps` whose outcome is not known, by key.
    private var openOutcomes: [String: Int] = [:]
    private var counts: [HostCounts] = []
    private var countIndex: [String: Int] = [:]

    /// `run`: what is known of a run before its first event.
    package init(_ run: RunOpened = RunOpened()) { self.run = run }

    /// The recap, in the order in which hosts appeared.
    package var hostCounts: [HostCounts] { counts }

    /// Steps whose outcome nobody knows: unknown ones, and those that have an intent only.
    package var unknownSteps: [StepRow] { steps.filter { $0.status == .unknown } }

    package mutating func apply(_ event: RunEvent) {
        switch event.body {
        case .runOpened(let opened):
            run = opened
            openedAt = event.time
        case .runResumed(let resumed): resume(resumed)
        case .planned(let summary): plan = summary
        case .playOpened(let play):
            plays.append(
                PlayRow(
                    play: play.play, name: play.name, hosts: play.hosts, batches: play.batches, skipped: nil,
                    excluded: play.excluded))
        case .playSkipped(let play):
            plays.append(
                PlayRow(
                    play: play.play, name: play.name, hosts: [], batches: 0, skipped: play.reason,
                    excluded: play.excluded))
        case .batchOpened(let opened):
            batch = BatchRow(
                play: opened.play, batch: opened.batch, batches: opened.batches, hosts: opened.hosts,
                facts: opened.facts, brokerStates: [:])
        case .batchClosed, .sectionOpened, .lockTaken, .lockLost: break
        case .taskStarted(let task): start(task, at: event.time)
        case .taskProgressed(let progress): note(progress)
        case .taskOutput, .loopOpened: break
        case .restoreStarted(let start): temporary.note(start)
        case .stepRecorded(let record): temporary.note(record, number: event.sequence)
        case .restoreFinished(let end): temporary.note(end)
        case .stepResolved(let resolved): resolutions.append(resolved)
        case .taskRetried(let retry):
            if let place = runningSteps[retry.key] {
                steps[place].attempts = retry.attempt + 1
                steps[place].message = retry.reason
            }
        case .taskFinished(let task): finish(task, at: event.time)
        case .gateStarted(let gate):
            runningGates[gate.key] = gates.count
            gates.append(GateRow(started: gate, startedAt: event.time, lastSample: nil, since: event.time))
        case .gateSampled(let sample):
            guard let place = runningGates[sample.key] else { break }
            if sample.isChange { gates[place].since = event.time }
            gates[place].lastSample = sample
        case .gateFinished(let gate): finish(gate, at: event.time)
        case .approvalRequested(let request): openQuestions[request.key] = request
        case .approvalDecided(let decision):
            if decision.isLast || decision.decision != .granted { openQuestions[decision.key] = nil }
            approvals.append(decision)
        case .sectionClosed(let section):
            guard section.succeeded else { break }
            if section.section == .rescue { count(section.host) { $0.rescued += 1 } }
            if section.section == .undo { count(section.host) { $0.rolledBack += 1 } }
        case .hostFailed(let failed): failedHosts.append(failed)
        case .finding(let finding): findings.append(finding)
        case .signalReceived(let signal): signals = max(signals, signal.count)
        case .runClosed(let end):
            closed = end
            closedAt = event.time
        }
    }

    /// What the process before left open begins anew; what it could not tell is found out.
    private mutating func resume(_ resumed: RunResumed) {
        resumes = max(resumes + 1, resumed.number)
        lastResume = resumed
        closed = nil
        closedAt = nil
        signals = 0
        runningGates.removeAll()
        openQuestions.removeAll()
        failedHosts.removeAll { $0.status == .unknown }
    }

    /// The row of a step whose outcome was not known, back among those that run.
    private mutating func reopen(_ key: String) -> Int? {
        guard let place = openOutcomes.removeValue(forKey: key) else { return nil }
        steps[place].status = nil
        count(steps[place].host) { $0.unknown = max(0, $0.unknown - 1) }
        return place
    }

    private mutating func start(_ task: TaskStarted, at time: Timestamp) {
        guard task.isAgain != true, runningSteps[task.key] == nil else { return }
        if let place = reopen(task.key) {
            runningSteps[task.key] = place
            return
        }
        runningSteps[task.key] = steps.count
        steps.append(
            StepRow(
                key: task.key, play: task.play, batch: task.batch, host: task.host, name: task.name,
                action: task.action, section: task.section, item: task.item, startedAt: time, status: nil,
                message: nil, attempts: task.attempt, duration: .zero, failure: nil, reason: nil))
    }

    private mutating func note(_ progress: TaskProgressed) {
        if let place = runningSteps[progress.key] { steps[place].message = progress.message }
        if let state = progress.brokerState { batch?.brokerStates[progress.host] = state }
    }

    private mutating func finish(_ task: TaskFinished, at time: Timestamp) {
        guard task.isAgain != true else { return }
        var place = runningSteps.removeValue(forKey: task.key) ?? reopen(task.key)
        if place == nil {
            place = steps.count
            steps.append(
                StepRow(
                    key: task.key, play: task.play, batch: task.batch, host: task.host, name: task.name,
                    action: task.action, section: task.section, item: task.item, startedAt: time, status: nil,
                    message: nil, attempts: task.attempts, duration: .zero, failure: nil, reason: nil))
        }
        guard let place else { return }
        steps[place].status = task.status
        steps[place].message = nil
        steps[place].attempts = task.attempts
        steps[place].duration = task.duration
        steps[place].failure = task.failure
        steps[place].reason = task.reason
        if task.status == .changed { changes += 1 }
        if task.status == .unknown { openOutcomes[task.key] = place }
        count(task.host, task.status)
    }

    private mutating func finish(_ gate: GateFinished, at time: Timestamp) {
        let place = runningGates.removeValue(forKey: gate.key)
        if let place {
            gates[place].finished = gate
            if let since = gate.since { gates[place].since = since }
        }
        guard gate.isAgain != true else { return }
        let status: StepStatus =
            switch gate.verdict {
            case .passed: .ok
            case .stopped: .stopped
            case .timedOut, .stalled, .failed: .failed
            }
        steps.append(
            StepRow(
                key: gate.key, play: gate.play, batch: gate.batch, host: gate.host,
                name: gate.name.isEmpty ? gate.gate : gate.name, action: "gate", section: gate.section, item: nil,
                startedAt: place.map { gates[$0].startedAt } ?? time, status: status, message: nil, attempts: 1,
                duration: gate.duration, failure: nil, reason: gate.reasons.first))
        count(gate.host, status)
    }

    private mutating func count(_ host: String, _ status: StepStatus) {
        count(host) { row in
            switch status {
            case .ok: row.ok += 1
            case .changed:
                row.ok += 1
                row.changed += 1
            case .skipped: row.skipped += 1
            case .failed: row.failed += 1
            case .unreachable: row.unreachable += 1
            case .unknown: row.unknown += 1
            case .stopped: break
            }
        }
    }

    private mutating func count(_ host: String, _ change: (inout HostCounts) -> Void) {
        if let place = countIndex[host] {
            change(&counts[place])
        } else {
            countIndex[host] = counts.count
            counts.append(HostCounts(host: host))
            change(&counts[counts.count - 1])
        }
    }
}
