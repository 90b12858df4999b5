import EventLoop
import KafkaAdmin
import Playbooks
import Values

/// One play of a run: its hosts in batches, the order read again before each, facts frozen with each.
struct PlayRun {
    let run: RunContext
    let play: Play
    let index: Int
    let prepared: PreparedRun

    private var cluster: String? { run.clusters.name(play: play) }

    /// 1. The hosts: pattern, limit, those that have failed, `when`.
    /// 2. Batch after batch: order, facts, `when` again, the task lists.
    /// 3. Until no host is left, or the run is halted.
    func run(_ scope: inout RunScope) async throws(RecordFailure) {
        scope.setParameters(of: play, default: prepared.scope.parameters)
        let name = self.name(in: scope)
        if past?.skipped != nil { return }
        if let failed = past?.failure { return noteAgain(failed, name) }
        if let opened = past?.opened { return try await goOn(name, opened, &scope) }
        let failed = run.ledger.failedHosts
        let matching = HostSelection.hosts(of: play.hosts, limit: run.inputs.options.limit, in: run.inputs.inventory)
        let all = matching.filter { !failed.contains($0.name) }
        var excluded: [ExcludedHost] = []
        var hosts: [Host] = []
        for host in all {
            switch PlayConditions.decide(play, host, scope, cluster: cluster) {
            case .run: hosts.append(host)
            case .skip(let reason): excluded.append(ExcludedHost(host: host.name, reason: reason))
            case .failure(let failure): return try await fail(name, failure)
            }
        }
        guard !hosts.isEmpty else {
            var event = PlaySkipped()
            event.play = index
            event.name = name
            let nobody = matching.isEmpty ? "no host matches" : "no host is left"
            event.reason = all.isEmpty ? nobody : (excluded.first?.reason ?? nobody)
            event.excluded = excluded
            return try await run.recorder.record(.playSkipped(event))
        }
        do throws(StepFailure) {
            let maxFail = try maxFail(scope)
            var event = PlayOpened()
            event.play = index
            event.name = name
            event.hosts = hosts.map(\.name)
            event.batches = try await batchCount(hosts, scope)
            event.excluded = excluded
            event.cluster = cluster
            let opened = event
            try await record(.playOpened(opened))
            try await batches(of: hosts, &scope, maxFail: maxFail)
        } catch {
            if let problem = ledgerFailure(error) { throw problem }
            try await fail(name, error)
        }
    }

    /// What the play had come to before the run was resumed.
    private var past: RunHistory.PlayPast? { run.history?.play(index) }

    /// The play was opened before the run was resumed, with these hosts.
    private func goOn(_ name: String, _ opened: PlayOpened, _ scope: inout RunScope) async throws(RecordFailure) {
        let hosts = opened.hosts.compactMap { HostSelection.host($0, in: run.inputs.inventory) }
        do throws(StepFailure) {
            try await batches(of: hosts, &scope, maxFail: try maxFail(scope))
        } catch {
            if let problem = ledgerFailure(error) { throw problem }
            try await fail(name, error)
        }
    }

    /// The play could not go on before the run was resumed: nor can it now.
    private func noteAgain(_ failed: HostFailed, _ name: String) {
        let failure = failed.failure.map(StepFailure.init(record:)) ?? StepFailure(.failed, "it could not go on")
        let end = HostFailure(key: failed.key, task: name, status: failed.status, failure: failure)
        run.ledger.note(end.exitCode(hasWritten: run.ledger.hasWritten), "\(name): \(failure.message)")
        run.ledger.halt()
    }

    // A record failure travels through typed throws of `StepFailure` beside it.
    private let carried = Locked<RecordFailure?>(nil)

    init(run: RunContext, play: Play, index: Int, prepared: PreparedRun) {
        self.run = run
        self.play = play
        self.index = index
        self.prepared = prepared
    }

    private func record(_ body: RunEvent.Body) async throws(StepFailure) {
        do throws(RecordFailure) {
            try await run.recorder.record(body)
        } catch {
            carried.withLock { $0 = error }
            throw StepFailure(.failed, error.message)
        }
    }

    private func ledgerFailure(_ failure: StepFailure) -> RecordFailure? { carried.withLock { $0 } }

    private func fail(_ name: String, _ failure: StepFailure) async throws(RecordFailure) {
        let masked = run.mask.apply(failure)
        let status: StepStatus = masked.code == .unreachable ? .unreachable : .failed
        let end = HostFailure(key: "\(index)", task: name, status: status, failure: masked)
        run.ledger.note(end.exitCode(hasWritten: run.ledger.hasWritten), "\(name): \(masked.message)")
        run.ledger.halt()
        var event = HostFailed()
        event.host = "localhost"
        event.key = "\(index)"
        event.task = name
        event.status = status
        event.failure = FailureRecord(masked)
        try await run.recorder.record(.hostFailed(event))
    }

    private func batches(of hosts: [Host], _ scope: inout RunScope, maxFail: Int) async throws(StepFailure) {
        var remaining = BatchOrder.sort(hosts, by: play.order, facts: OrderFacts())
        var number = 0
        while !remaining.isEmpty {
            if let opened = past?.batches[number] {
                let taken = Set(opened.hosts + opened.excluded.map(\.host))
                remaining.removeAll { taken.contains($0.name) }
                let members = reopen(opened, &scope)
                if !members.isEmpty {
                    try await carry(members, number, &scope, maxFail: maxFail)
                    number += 1
                    continue
                }
                if remaining.isEmpty { return }
            }
            if run.ledger.isHalted { return }
            if run.stopper.isStopping {
                run.ledger.noteStopped()
                return
            }
            if let obstacle = obstacle(toBatch: number) {
                run.ledger.note(.suspended, obstacle)
                run.ledger.halt()
                return
            }
            let facts = try await BatchOrder.facts(for: play.order, reader: cluster.flatMap { run.access[$0]?.reader })
            let ordered = play.order.isLive ? BatchOrder.sort(remaining, by: play.order, facts: facts) : remaining
            let next =
                BatchOrder.isSafe(number, of: play.serial)
                ? try await safeBatch(of: ordered, &scope)
                : try await batch(
                    of: ordered,
                    size: try BatchOrder.size(
                        of: number, serial: play.serial, count: hosts.count, scope: scope.base(cluster: cluster)),
                    &scope)
            let taken = Set(next.hosts.map(\.name) + next.excluded.map(\.host))
            remaining.removeAll { taken.contains($0.name) }
            let total: Int
            if let more = next.more {
                total = number + 1 + more
            } else {
                total = play.hasSafeBatches ? try await batchCount(hosts, scope) : try sizedCount(hosts, scope)
            }
            try await open(next, number, of: max(total, number + 1), scope)
            guard !next.hosts.isEmpty else { continue }
            try await carry(next.hosts, number, &scope, maxFail: maxFail)
            number += 1
        }
    }

    /// Why the next batch may not begin now: the window is closed, or too short for what its gates alone take.
    private func obstacle(toBatch number: Int) -> String? {
        guard let planned = prepared.plan.plays.first(where: { $0.index == index }) else { return nil }
        // Batches that nobody could plan are like the last one that was.
        guard let batch = planned.batches.dropFirst(number).first ?? planned.batches.last else { return nil }
        guard batch.tasks.contains(where: { $0.effect != .read }) else { return nil }
        let need = batch.tasks.filter { $0.section == .tasks }.compactMap(\.gate?.minimumTime)
        return run.window.obstacle(needing: need.reduce(.zero, +))
    }

    private func carry(
        _ hosts: [Host], _ number: Int, _ scope: inout RunScope, maxFail: Int
    ) async throws(StepFailure) {
        do throws(RecordFailure) {
            try await run(hosts, number, scope, maxFail: maxFail)
        } catch {
            carried.withLock { $0 = error }
            throw StepFailure(.failed, error.message)
        }
        scope.shared = run.ledger.shared
    }

    /// The hosts of a batch that was opened before the run was resumed, their facts as they were frozen then.
    private func reopen(_ opened: BatchOpened, _ scope: inout RunScope) -> [Host] {
        for (name, facts) in opened.facts {
            guard let host = HostSelection.host(name, in: run.inputs.inventory) else { continue }
            scope.setFacts(HostFacts(values: facts.mapValue ?? ValueMap()), of: host)
        }
        return opened.hosts.compactMap { HostSelection.host($0, in: run.inputs.inventory) }
    }

    /// Who takes part in a batch, who was left out as it opened, and how many batches follow where that is known.
    private struct Opening {
        var hosts: [Host] = []
        var excluded: [ExcludedHost] = []
        var more: Int?
    }

    /// The next `size` hosts for which the play's `when` still holds.
    private func batch(
        of ordered: [Host], size: Int, _ scope: inout RunScope
    ) async throws(StepFailure) -> Opening {
        var next = Opening()
        for host in ordered where next.hosts.count < size { try await take(host, into: &next, &scope) }
        return next
    }

    /// As many as may be down together now. Who is left out takes no place: the cluster is asked again without them.
    private func safeBatch(of ordered: [Host], _ scope: inout RunScope) async throws(StepFailure) -> Opening {
        let safe = SafeBatches(play: play, cluster: cluster, estate: run.inputs.estate)
        var next = Opening()
        var candidates = ordered
        while !candidates.isEmpty {
            let waves = try await safe.waves(of: candidates)
            guard let wave = waves.first else { break }
            let before = next.excluded.count
            next.hosts = []
            for host in wave.hosts { try await take(host, into: &next, &scope) }
            next.more = waves.count - 1
            if next.excluded.count == before { break }
            let out = Set(next.excluded.map(\.host))
            candidates.removeAll { out.contains($0.name) }
            if candidates.isEmpty { next.more = 0 }
        }
        return next
    }

    private func take(_ host: Host, into next: inout Opening, _ scope: inout RunScope) async throws(StepFailure) {
        try await freeze(host, &scope)
        switch PlayConditions.decide(play, host, scope, cluster: cluster) {
        case .run: next.hosts.append(host)
        case .skip(let reason): next.excluded.append(ExcludedHost(host: host.name, reason: reason))
        case .failure(let failure): throw failure
        }
    }

    /// Facts are read when the batch opens, and stay until it closes.
    private func freeze(_ host: Host, _ scope: inout RunScope) async throws(StepFailure) {
        guard prepared.needsFacts, host.nodeID != nil else { return }
        do {
            scope.setFacts(try await run.inputs.estate.facts(of: host), of: host)
        } catch {
            throw StepFailure(converting: error)
        }
    }

    private func open(
        _ next: Opening, _ number: Int, of total: Int, _ scope: RunScope
    ) async throws(StepFailure) {
        var event = BatchOpened()
        event.play = index
        event.batch = number
        event.batches = total
        event.hosts = next.hosts.map(\.name)
        event.excluded = next.excluded
        if prepared.needsFacts {
            let left = Set(next.excluded.map(\.host))
            for host in next.hosts + run.inputs.inventory.hosts.filter({ left.contains($0.name) && $0.nodeID != nil }) {
                let names = ["installed_version", "running_version", "release"]
                let record = scope.record(of: host)
                event.facts[host.name] = .map(ValueMap(names.map { ($0, record[$0] ?? .null) }))
            }
        }
        let opened = event
        try await record(.batchOpened(opened))
    }

    private func run(
        _ hosts: [Host], _ number: Int, _ scope: RunScope, maxFail: Int
    ) async throws(RecordFailure) {
        let forks = run.inputs.options.forks
        let batch = BatchContext(
            play: play, playIndex: index, batchIndex: number, hosts: hosts, scope: scope, maxFail: maxFail,
            barrier: hosts.count > 1 ? barrier(for: hosts.map(\.name)) : nil,
            forks: hosts.count > forks ? Forks(forks) : nil)
        var failed: [String] = []
        var problem: RecordFailure?
        if hosts.count == 1 {
            if case .failed = try await HostRun(run: run, batch: batch, host: hosts[0]).execute() {
                failed.append(hosts[0].name)
            }
        } else {
            let run = run
            await withTaskGroup(of: HostEnd.self) { group in
                for host in hosts { group.addTask { await HostEnd(of: host, in: batch, run) } }
                for await end in group {
                    switch end.flow {
                    case .success(.failed): failed.append(end.host)
                    case .success: break
                    case .failure(let error): problem = error
                    }
                }
            }
        }
        if let problem { throw problem }
        if past?.closedBatches.contains(number) == true { return }
        var event = BatchClosed()
        event.play = index
        event.batch = number
        event.failed = failed.sorted()
        try await run.recorder.record(.batchClosed(event))
    }

    private func barrier(for hosts: [String]) -> BatchBarrier {
        guard let history = run.history else { return BatchBarrier(hosts: hosts) }
        return BatchBarrier(hosts: hosts) { [index] in history.leader(of: $0, in: index, among: hosts) }
    }

    // MARK: Keywords

    private func name(in scope: RunScope) -> String {
        guard let template = play.name else { return play.hosts.text.value }
        return run.mask.apply((try? template.render(in: scope.base(cluster: cluster))) ?? template.source)
    }

    private func maxFail(_ scope: RunScope) throws(StepFailure) -> Int {
        guard let template = play.maxFail else { return 0 }
        do throws(EvaluationError) {
            let value = try template.evaluate(in: scope.base(cluster: cluster), as: .optional(.int))
            return Int(clamping: value.intValue ?? 0)
        } catch {
            throw StepFailure(error)
        }
    }

    /// How many batches these hosts make, as things are now.
    private func batchCount(_ hosts: [Host], _ scope: RunScope) async throws(StepFailure) -> Int {
        guard play.hasSafeBatches else { return try sizedCount(hosts, scope) }
        return try await SafeBatches(play: play, cluster: cluster, estate: run.inputs.estate)
            .batches(of: hosts, scope: scope.base(cluster: cluster)).count
    }

    private func sizedCount(_ hosts: [Host], _ scope: RunScope) throws(StepFailure) -> Int {
        try BatchOrder.batchCount(serial: play.serial, count: hosts.count, scope: scope.base(cluster: cluster))
    }
}

/// How one host of a batch ended.
private struct HostEnd: Sendable {
    let host: String
    let flow: Result<Flow, RecordFailure>

    init(of host: Host, in batch: BatchContext, _ run: RunContext) async {
        self.host = host.name
        do throws(RecordFailure) {
            flow = .success(try await HostRun(run: run, batch: batch, host: host).execute())
        } catch {
            flow = .failure(error)
        }
    }
}

/// A play's `when`, host by host.
enum PlayConditions {
    enum Decision {
        case run
        case skip(reason: String)
        case failure(StepFailure)
    }

    static func decide(_ play: Play, _ host: Host, _ scope: RunScope, cluster: String?) -> Decision {
        guard !play.when.isEmpty else { return .run }
        let names = scope.base(for: host, cluster: cluster ?? host.cluster, batch: nil, variables: play.vars)
        do throws(EvaluationError) {
            for condition in play.when where try !condition.holds(in: names) {
                return .skip(reason: "when: \(condition.source) is false")
            }
            return .run
        } catch {
            return .failure(StepFailure(error))
        }
    }
}
