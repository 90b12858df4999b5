package import EventLoop
package import Values

/// The one way by which a run's events become durable and visible: journal and sync, audit log, `RunState`, watchers.
///
/// An actor on a thread of its own, since syncing blocks. `record` returns when the durable events among those given are on
/// the disk. The first write that fails ends it: everything after throws, and no step that asks first can act.
package actor RunRecorder {
    /// Syncs of all runs of the process happen here, one at a time. The engine's own steps run here, too (`Engine.run`).
    package static let thread = BlockingThread(name: "opsrun-records")

    nonisolated package var unownedExecutor: UnownedSerialExecutor { Self.thread.asUnownedSerialExecutor() }

    package nonisolated let runID: String
    private let store: RunStore
    private let time: any TimeSource
    private var journal: Journal
    private var audits: [AuditLog]
    private var failure: RecordFailure? { didSet { failureFlag.withLock { [failure] in $0 = failure } } }
    private nonisolated let failureFlag = Locked<RecordFailure?>(nil)
    private var watchers: [RunWatcher] = []
    package private(set) var state = RunState()
    /// Keys of steps that the audit log follows: irreversible and forced ones.
    private var auditedKeys: Set<String> = []
    /// Keys of steps that may act: their intent is durable, their outcome is not recorded yet.
    private var openEffects: Set<String> = []
    /// What the audit log may lack of a run that was killed, until it has been looked at.
    private var unfinished: RunHistory?
    /// Clusters whose lock was lost.
    private var lostLocks: Set<String> = []
    /// The last record is written.
    private var isClosed = false
    /// Says that this process has the run.
    private var lock: (any HeldLock)?

    /// Makes the run's folder and its journal. `clusterIDs` empty: the audit log of runs without a cluster.
    package init(
        runID: String, store: RunStore, plan: Plan, sourceTexts: [(path: String, text: String)], clusterIDs: [String],
        time: any TimeSource
    ) throws(RecordFailure) {
        self.runID = runID
        self.store = store
        self.time = time
        do throws(SystemError) {
            try store.create(runID, plan: plan, sourceTexts: sourceTexts)
            lock = try store.lockRun(runID)
            try store.storage.makeFolders(store.auditFolder)
            journal = try Journal(path: store.journalPath(of: runID), storage: store.storage)
        } catch {
            throw RecordFailure(what: "journal", error)
        }
        let paths = clusterIDs.isEmpty ? [store.auditPath(clusterID: nil)] : clusterIDs.map(store.auditPath)
        audits = paths.map { AuditLog(path: $0, storage: store.storage) }
    }

    /// Goes on with the journal of a run that was suspended or killed. `lock`: of the run, which the caller has taken.
    init(
        resuming runID: String, _ end: ChainEnd, _ history: RunHistory, store: RunStore,
        clusterIDs: [String], time: any TimeSource, lock: any HeldLock
    ) throws(RecordFailure) {
        self.runID = runID
        self.store = store
        self.time = time
        self.lock = lock
        do throws(SystemError) {
            try store.storage.makeFolders(store.auditFolder)
            self.journal = try Journal(
                continuing: end, path: store.journalPath(of: runID), storage: store.storage)
        } catch {
            throw RecordFailure(what: "journal", error)
        }
        let paths = clusterIDs.isEmpty ? [store.auditPath(clusterID: nil)] : clusterIDs.map(store.auditPath)
        audits = paths.map { AuditLog(path: $0, storage: store.storage) }
        state = history.state
        openEffects = Set(history.openEffects)
        auditedKeys = Set(history.auditedIntents.map(\.step.key))
        unfinished = history
    }

    package nonisolated var now: Timestamp { Timestamp(milliseconds: time.sinceEpoch.milliseconds) }

    /// Events from now on; the watcher must keep reading or lose what its buffer cannot hold.
    package func watch(bufferLimit: Int = RunWatcher.defaultLimit) -> RunWatcher {
        let watcher = RunWatcher(limit: bufferLimit)
        watchers.append(watcher)
        return watcher
    }

    package func add(_ watcher: RunWatcher) { watchers.append(watcher) }

    /// Records what happens now.
    package func record(_ body: RunEvent.Body) throws(RecordFailure) {
        try record([RunEvent(sequence: 0, time: now, body: body)])
    }

    /// Records events in order: one write, at most one sync, then the audit log, the state, the watchers.
    package func record(_ events: [RunEvent]) throws(RecordFailure) {
        if let failure { throw failure }
        var events = events
        do throws(RecordFailure) {
            var needsSync = false
            for event in events where mustSync(event) { needsSync = true }
            // What opens a sealed journal again stands in the audit log before the journal grows beyond its seal.
            let opens = events.filter { opensAgain($0) }
            if !opens.isEmpty { try completeAudits() }
            for event in opens { try audit(event) }
            if !opens.isEmpty { try writeHeads() }
            do throws(SystemError) {
                try journal.append(&events, sync: needsSync)
            } catch {
                throw RecordFailure(what: "journal", error)
            }
            var isAudited = false
            for event in events where concernsAudit(event) {
                try audit(event)
                isAudited = true
            }
            if isAudited { try writeHeads() }
        } catch {
            failure = error
            throw error
        }
        for event in events {
            state.apply(event)
            for watcher in watchers { watcher.offer(event) }
        }
    }

    /// The last record; seals the journal in the audit log. Watchers end even when it cannot be written.
    package func close(_ end: RunClosed) throws(RecordFailure) {
        defer {
            isClosed = true
            lock = nil
            for watcher in watchers { watcher.finish() }
        }
        let event = RunEvent(sequence: 0, time: now, body: .runClosed(end))
        do throws(RecordFailure) {
            try record([event])
        } catch {
            // Who watches is told how it ended even when the disk is not.
            if state.closed == nil {
                state.apply(event)
                for watcher in watchers { watcher.offer(event) }
            }
            throw error
        }
    }

    /// This process does not go on with the run.
    func letGo() { lock = nil }

    /// Set from the first write that failed on. Asked right before a step acts: others may have failed since its intent.
    nonisolated var failureSoFar: RecordFailure? { failureFlag.withLock { $0 } }

    /// Returns when every write that has begun by now has ended; throws when one of them, or one before, has failed.
    func admit() throws(RecordFailure) {
        if let failure { throw failure }
    }

    /// What a step says while it runs: queued in order, kept when it can be, never an error of the step.
    nonisolated func post(_ body: RunEvent.Body) {
        let event = RunEvent(sequence: 0, time: now, body: body)
        _ = Self.thread.submit { self.assumeIsolated { try? $0.record([event]) } }
    }

    /// As `note`, from anywhere and without waiting.
    nonisolated func post(_ lost: LockLost) {
        _ = Self.thread.submit { self.assumeIsolated { $0.note(lost) } }
    }

    /// The lock of a cluster is lost: says so once, and which steps were under way. What those had sent may still land.
    func note(_ lost: LockLost) {
        guard !isClosed, lostLocks.insert(lost.cluster).inserted else { return }
        var lost = lost
        lost.underWay = openEffects.sorted()
        var events = [RunEvent(sequence: 0, time: now, body: .lockLost(lost))]
        for key in lost.underWay {
            var finding = Finding()
            finding.message =
                "step \(key) was under way when the lock of \(lost.cluster) was lost: what it had sent may have landed after "
                + "another run began"
            events.append(RunEvent(sequence: 0, time: now, body: .finding(finding)))
        }
        try? record(events)
    }

    /// Reads may run again, so neither their intents nor their outcomes need a sync of their own: the next intent of something
    /// that acts, which is behind them in the same file, makes them durable before it may start.
    private func mustSync(_ event: RunEvent) -> Bool {
        switch event.body {
        case .taskStarted(let task):
            if task.effect == "read" { return false }
            openEffects.insert(task.key)
            return true
        case .taskFinished(let task): return openEffects.remove(task.key) != nil
        default: return event.body.storage == .durable
        }
    }

    // MARK: Audit

    private func opensAgain(_ event: RunEvent) -> Bool {
        switch event.body {
        case .runResumed, .stepResolved: true
        default: false
        }
    }

    private func concernsAudit(_ event: RunEvent) -> Bool {
        switch event.body {
        case .runOpened, .approvalDecided, .lockLost, .runClosed: true
        // Whose it was had not given it back.
        case .lockTaken(let lock): lock.former != nil || lock.instead != nil
        case .taskStarted(let task): task.isIrreversible
        case .taskFinished(let task): auditedKeys.contains(task.key)
        default: false
        }
    }

    /// A process that was killed between the journal and the audit log left out what the journal has.
    private func completeAudits() throws(RecordFailure) {
        guard let history = unfinished else { return }
        unfinished = nil
        for index in audits.indices {
            let known = try audits[index].contents(of: runID)
            if !known.isOpened {
                try audit(
                    RunEvent(sequence: 0, time: history.openedAt, body: .runOpened(history.opened)), only: index)
            }
            for intent in history.auditedIntents
            where !known.intents.contains(AuditLog.intent(intent.step.key, Int64(intent.step.attempt))) {
                try audit(RunEvent(sequence: 0, time: intent.time, body: .taskStarted(intent.step)), only: index)
            }
        }
    }

    /// Where the audit logs of the run end, for what keeps that elsewhere.
    func checkpoints(at time: Timestamp) -> [AuditCheckpoint] {
        audits.map { audit in
            AuditCheckpoint(
                log: audit.path.split(separator: "/").last.map(String.init) ?? audit.path, sequence: audit.records,
                head: audit.head, time: time, runID: runID, journalRecords: journal.records)
        }
    }

    private func audit(_ event: RunEvent, only: Int? = nil) throws(RecordFailure) {
        if case .taskStarted(let task) = event.body { auditedKeys.insert(task.key) }
        var writer = EventWriter()
        var run = runID
        var stamp: Timestamp? = event.time
        writer.field("time", &stamp)
        writer.field("run", &run)
        event.body.write(to: &writer)
        if case .runClosed = event.body {
            var (head, records) = (journal.head, journal.records)
            writer.field("journal_head", &head)
            writer.field("journal_records", &records)
        }
        for index in audits.indices where only == nil || only == index {
            try audits[index].append(writer.bytes, at: event.time)
        }
    }

    /// Keeps where each audit chain ended in the run's folder: a cut-off end of the chain is found against it. After every
    /// audited record, so that a run that was killed has one, too.
    private func writeHeads() throws(RecordFailure) {
        var heads = ValueMap()
        for audit in audits {
            let name = audit.path.split(separator: "/").last.map(String.init) ?? audit.path
            heads[name] = ["records": .int(Int64(audit.records)), "head": .string(audit.head)]
        }
        do throws(SystemError) {
            try store.storage.writeAtomically(
                Array(JSON.text(.map(heads), pretty: true).utf8), to: store.auditHeadPath(of: runID))
        } catch {
            throw RecordFailure(what: "audit head", error)
        }
    }
}
