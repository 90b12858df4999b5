import EventLoop
import Playbooks
import Values

/// Runs the task list of one host in one batch, in order, in one task.
///
/// 1. Before each task: stop when a signal came or another host failed, unless this host is down by our hand.
/// 2. A task's intent is durable before it acts; the outcome before shares its write and sync.
/// 3. Blocks: `rescue` and `always`, rollback of what this host did, as the block says.
/// 4. A failure ends the list and is told to the others through the ledger.
final class HostRun {
    let run: RunContext
    let batch: BatchContext
    let host: Host
    var frames: ScopeFrames
    /// What a rollback would meet, oldest first.
    var undo: [UndoEntry] = []
    /// One of the host's forks is taken: lists inside a task (`verify`, `undo`, another look) need none of their own.
    var hasFork = false
    /// An approval waited so long that what was looked at before has to be looked at again, on every host of the batch.
    var hasWaited = false
    /// True between a stop and its start.
    let isDown = Locked(false)
    /// What is left of the lists that this host is in, the innermost last, each with its tags (nil: no selection cuts it).
    private var ahead: [(nodes: ArraySlice<TaskNode>, tags: Set<String>?)] = []
    /// The first failure that a `rescue` has dealt with and that `recovered` does not make good: the list goes on to its
    /// end, and the host has failed nevertheless.
    private var rescuedFailure: HostFailure?
    /// Reads and gates that passed, to be looked at again after an approval that waited.
    var pastReads: [PastRead] = []
    /// How often each step was attempted, by key: every attempt has a folder of its own for its output.
    var performed: [String: Int] = [:]
    /// What this host has done in this play before the run was resumed.
    var past: HostPast
    /// The gate that passed last, while nothing has been changed since: a resume looks at it once more before it writes.
    var gateToRepeat: PastRead?
    /// The present look is one more after a resume, for what it says: what stands, stands.
    var isLookingAgain = false
    private var outbox: [RunEvent] = []

    /// What is said of a list that a signal ended.
    static let stoppedReason = "the run was stopped"

    enum UndoEntry {
        /// The undo list of a started task.
        case list(UndoList)
        /// A step that cannot be taken back may have been taken here: nothing below is undone.
        case cut
    }

    struct UndoList {
        var task: PlaybookTask
        var path: TaskPath
        var frames: ScopeFrames
    }

    struct PastRead {
        var task: PlaybookTask
        var path: TaskPath
        var frames: ScopeFrames
    }

    init(run: RunContext, batch: BatchContext, host: Host) {
        self.run = run
        self.batch = batch
        self.host = host
        past = run.history?.host(host.name, in: batch.playIndex) ?? HostPast()
        frames = ScopeFrames(
            base: batch.scope.base(
                for: host, cluster: run.clusters.name(play: batch.play, host: host), batch: batch.hosts,
                variables: batch.play.vars))
    }

    /// The whole list. Failures are recorded and told to the ledger; what is thrown ends the run.
    func execute() async throws(RecordFailure) -> Flow {
        do throws(RecordFailure) {
            let flow = try await runNodes(
                batch.play.tasks, at: TaskPath(), .tasks, tags: Set(batch.play.tags))
            try await flush()
            noteIfDown(flow)
            switch flow {
            case .failed(let failure): try await leave(with: failure)
            case .next, .held: if let rescuedFailure { try await leave(with: rescuedFailure) }
            }
            await batch.barrier?.leave(host.name)
            return rescuedFailure.map(Flow.failed) ?? flow
        } catch {
            run.ledger.halt()
            noteIfDown(.held)
            await batch.barrier?.leave(host.name)
            throw error
        }
    }

    /// A node that the run stopped and did not get up again, unless the list came to its end with it down.
    private func noteIfDown(_ flow: Flow) {
        if case .next = flow { return }
        guard isDown.withLock({ $0 }) else { return }
        run.ledger.noteLeftover("\(host.name) was stopped by this run and is not proven back")
    }

    private func leave(with failure: HostFailure) async throws(RecordFailure) {
        let code = failure.exitCode(hasWritten: run.ledger.hasWritten)
        let wasKilled = failure.status == .unknown && run.stopper.isKilling
        if wasKilled {
            run.ledger.noteStopped()
        } else {
            run.ledger.note(code, "\(host.name): \(failure.task): \(failure.failure.message)")
        }
        let isHalt: Bool
        if failure.status == .unknown {
            run.ledger.failUnknown(host.name)
            isHalt = true
        } else {
            isHalt = run.ledger.fail(host.name, maxFail: batch.maxFail)
        }
        if past.takeFailure() { return }
        var event = HostFailed()
        if isHalt { event.isHalt = true }
        event.host = host.name
        event.key = failure.key
        event.task = failure.task
        event.status = failure.status
        event.failure = FailureRecord(run.mask.apply(failure.failure))
        emit(.hostFailed(event))
        try await flush()
    }

    // MARK: Lists and blocks

    /// True when nothing new may start here. Rollback and `always` go on until the run is killed.
    func mustHold(in section: StepSection) -> Bool {
        if Task.isCancelled || run.stopper.isKilling { return true }
        guard section == .tasks || section == .rescue else { return false }
        guard run.stopper.isStopping || run.ledger.isHalted else { return false }
        return !mustGoOnToStart
    }

    /// The host is down by our hand, and a step that brings it up lies ahead. Without such a step nothing is gained by
    /// going on: the playbook meant it to stay down.
    var mustGoOnToStart: Bool {
        guard isDown.withLock({ $0 }) else { return false }
        return ahead.contains { starts($0.nodes, tags: $0.tags) }
    }

    private func starts(_ nodes: some Collection<TaskNode>, tags: Set<String>?) -> Bool {
        nodes.contains { node in
            switch node {
            case .block(let block):
                if case .success(_?) = decide(block.when) { return false }
                return starts(block.tasks, tags: tags?.union(block.tags))
            case .task(let task):
                guard case .action(let call) = task.work, run.index[call.name.value]?.reference.startsNode == true,
                    isSelected(task, tags)
                else { return false }
                if case .success(_?) = decide(task.when) { return false }
                return true
            }
        }
    }

    func runNodes(
        _ nodes: [TaskNode], at path: TaskPath, _ section: StepSection, tags: Set<String>?, list: StepSection? = nil
    ) async throws(RecordFailure) -> Flow {
        ahead.append((nodes[...], tags))
        defer { ahead.removeLast() }
        for (index, node) in nodes.enumerated() {
            let flow: Flow
            switch node {
            case .task(let task):
                let place = path.child(list ?? .tasks, task.index)
                ahead[ahead.count - 1].nodes = nodes[index...]
                if mustHold(in: section), !isAhead(place) { return hold() }
                await batch.barrier?.advance(host.name, to: place)
                flow = try await runTask(task, at: place, section, tags: tags)
            case .block(let block):
                ahead[ahead.count - 1].nodes = nodes[(index + 1)...]
                flow = try await runBlock(block, at: path.child(list ?? .tasks, block.index), section, tags: tags)
            }
            if case .next = flow { continue }
            return flow
        }
        return .next
    }

    func hold() -> Flow {
        if run.stopper.isStopping { run.ledger.noteStopped() }
        return .held
    }

    /// 1. `when`, and the block's own names.
    /// 2. Its tasks. A failure: `rescue` where there is one, else what `on_failure` says.
    /// 3. `always`, unless the run is killed or nobody knows what became of a step.
    private func runBlock(
        _ block: Block, at path: TaskPath, _ section: StepSection, tags outer: Set<String>?
    ) async throws(RecordFailure) -> Flow {
        let tags = outer?.union(block.tags)
        frames.push(block.vars, keepsRegisters: block.isScope)
        defer { frames.pop() }
        let name = block.name.map { render($0) } ?? "block"
        switch formerDecision(on: block, at: path, section, tags: tags) ?? decide(block.when) {
        case .failure(let failure):
            return .failed(
                HostFailure(key: key(path), task: name, status: .failed, failure: failure))
        case .success(let reason?):
            try await skip(block.tasks, at: path, section, tags: tags, reason: reason, by: path)
            return .next
        case .success(nil): break
        }
        let mark = undo.count
        var flow = try await runNodes(block.tasks, at: path, section, tags: tags)
        if case .failed(let failure) = flow, failure.status != .unknown {
            flow = try await handle(failure, of: block, name, at: path, section, tags: tags, undoFrom: mark)
        }
        noteIfHalfway(flow, block.onFailure, name, since: mark)
        if !block.always.isEmpty, !isUnknown(flow), !Task.isCancelled, !run.stopper.isKilling {
            flow = try await runAlways(block, name, at: path, tags: tags, after: flow)
        }
        return flow
    }

    private func handle(
        _ failure: HostFailure, of block: Block, _ name: String, at path: TaskPath, _ section: StepSection,
        tags: Set<String>?, undoFrom mark: Int
    ) async throws(RecordFailure) -> Flow {
        if !block.rescue.isEmpty {
            return try await rescue(failure, block, name, at: path, tags: tags)
        }
        return try await settle(failure, by: block.onFailure, name, undoFrom: mark, section)
    }

    /// What `on_failure` of a block or a task says.
    func settle(
        _ failure: HostFailure, by policy: Block.FailurePolicy, _ name: String, undoFrom mark: Int,
        _ section: StepSection
    ) async throws(RecordFailure) -> Flow {
        guard failure.status != .unknown else { return .failed(failure) }
        switch policy {
        case .stop: return .failed(failure)
        case .continue(let reason):
            var finding = Finding()
            finding.message = "\(failure.task) failed and the run goes on: \(reason)"
            finding.host = host.name
            finding.task = failure.task
            note(finding)
            return .next
        case .rollback:
            // A permit that was not given is a gate of the cluster that held: no failure of this host's own.
            guard section == .tasks || section == .rescue, failure.failure.code != .permit,
                case .none = failure.rollback
            else { return .failed(failure) }
            return .failed(try await rollBack(failure, name, from: mark))
        }
    }

    private func rescue(
        _ failure: HostFailure, _ block: Block, _ name: String, at path: TaskPath, tags: Set<String>?
    ) async throws(RecordFailure) -> Flow {
        try await open(.rescue, name, reason: failure.failure.message)
        frames.define(
            "failed_task",
            ["name": .string(failure.task), "action": .string(failure.action), "host": .string(host.name)])
        frames.define(
            "failed_result",
            .map(
                ValueMap(failure.result.map { ($0.key, $0.value) } + [("message", .string(failure.failure.message))])))
        let flow = try await runNodes(block.rescue, at: path, .rescue, tags: tags, list: .rescue)
        switch flow {
        case .next:
            try await close(.rescue, name, succeeded: true)
            if !block.recovered, rescuedFailure == nil { rescuedFailure = failure }
            return .next
        case .failed(let second):
            try await close(.rescue, name, succeeded: false, reason: second.failure.message)
            return .failed(second)
        case .held:
            try await close(.rescue, name, succeeded: false, reason: Self.stoppedReason)
            return .failed(failure)
        }
    }

    private func runAlways(
        _ block: Block, _ name: String, at path: TaskPath, tags: Set<String>?, after flow: Flow
    ) async throws(RecordFailure) -> Flow {
        try await open(.always, name, reason: "")
        let end = try await runNodes(block.always, at: path, .always, tags: tags, list: .always)
        guard case .failed(let failure) = end else {
            try await close(.always, name, succeeded: true)
            return flow
        }
        try await close(.always, name, succeeded: false, reason: failure.failure.message)
        // The first failure is what the operator has to look at; one of `always` alone is its own.
        if case .failed = flow { return flow }
        return .failed(failure)
    }

    /// Every task inside is told as skipped.
    private func skip(
        _ nodes: [TaskNode], at path: TaskPath, _ section: StepSection, tags: Set<String>?, reason: String,
        by block: TaskPath
    ) async throws(RecordFailure) {
        for node in nodes {
            switch node {
            case .task(let task):
                let place = path.child(.tasks, task.index)
                guard isSelected(task, tags), past.take(key(place)) == nil else { continue }
                skipped(task, at: place, section, reason, by: block)
            case .block(let inner):
                try await skip(
                    inner.tasks, at: path.child(.tasks, inner.index), section, tags: tags?.union(inner.tags),
                    reason: reason, by: block)
            }
        }
    }

    // MARK: Events

    func open(_ section: StepSection, _ name: String, reason: String) async throws(RecordFailure) {
        if past.takeSection(HostPast.sectionName(section, name, isClosed: false)) { return }
        var event = SectionOpened()
        event.section = section
        event.host = host.name
        event.name = name
        event.reason = run.mask.apply(reason)
        emit(.sectionOpened(event))
        try await flush()
    }

    func close(
        _ section: StepSection, _ name: String, succeeded: Bool, reason: String? = nil
    ) async throws(RecordFailure) {
        if past.takeSection(HostPast.sectionName(section, name, isClosed: true)) { return }
        var event = SectionClosed()
        event.section = section
        event.host = host.name
        event.name = name
        event.succeeded = succeeded
        event.reason = reason.map { run.mask.apply($0) }
        emit(.sectionClosed(event))
        try await flush()
    }

    func note(_ finding: Finding) {
        run.ledger.note(finding)
        if !past.takeFinding(finding) { emit(.finding(finding)) }
    }

    /// Keeps an event for the next write, so that an outcome and the next intent share it.
    func emit(_ body: RunEvent.Body) {
        outbox.append(RunEvent(sequence: 0, time: run.now, body: body))
    }

    func flush() async throws(RecordFailure) {
        guard !outbox.isEmpty else { return }
        let events = outbox
        outbox.removeAll(keepingCapacity: true)
        try await run.recorder.record(events)
    }

    // MARK: Names and conditions

    func key(_ path: TaskPath, item: Int? = nil) -> String {
        let place = "\(batch.playIndex)/\(path.text)/\(host.name)"
        return item.map { "\(place)/\($0)" } ?? place
    }

    func isSelected(_ task: PlaybookTask, _ tags: Set<String>?) -> Bool {
        var isGate = false
        if case .gate = task.work { isGate = true }
        return run.inputs.options.tags.selects(tags?.union(task.tags), isGate: isGate)
    }

    func render(_ template: Template) -> String {
        if let text = template.literalText { return text }
        return run.mask.apply((try? template.render(in: frames.scope())) ?? template.source)
    }

    func name(of task: PlaybookTask) -> String {
        if let name = task.name { return render(name) }
        switch task.work {
        case .action(let call): return call.name.value
        case .gate(let gate): return gate.name
        }
    }

    /// Nil: all conditions hold. Else the one that does not.
    func decide(_ conditions: [Expression], adding names: ValueMap = ValueMap()) -> Result<String?, StepFailure> {
        guard !conditions.isEmpty else { return .success(nil) }
        let scope = frames.scope().adding(names)
        do throws(EvaluationError) {
            for condition in conditions where try !condition.holds(in: scope) {
                return .success("when: \(condition.source) is false")
            }
            return .success(nil)
        } catch {
            return .failure(StepFailure(error))
        }
    }
}
