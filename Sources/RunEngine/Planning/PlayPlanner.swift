import EventLoop
import KafkaAdmin
import Playbooks
import Values

/// Plans one play: its hosts, its batches, its tasks.
struct PlayPlanner {
    let inputs: RunInputs
    let index: ActionIndex
    let clusters: ClusterChoice
    let access: [String: ClusterAccess]
    let play: Play
    let number: Int
    let parameters: ValueMap

    private var cluster: String? { clusters.name(play: play) }

    func plan(_ scope: inout RunScope, _ findings: inout PlanFindings) async throws -> PlannedPlay {
        scope.setParameters(of: play, default: parameters)
        let name = play.name.map { template in
            (try? template.render(in: scope.base(cluster: cluster))) ?? template.source
        }
        var planned = PlannedPlay(
            index: number, name: name ?? play.hosts.text.value, cluster: cluster, order: play.order.rawValue)
        let all = HostSelection.hosts(of: play.hosts, limit: inputs.options.limit, in: inputs.inventory)
        if all.isEmpty, !play.hosts.isOptional {
            throw RunFailure(
                .invalid,
                StepFailure(
                    .failed,
                    "\(play.hosts.text.span): '\(play.hosts.text.value)' matches no host"
                        + (inputs.options.limit.map { " within --limit \($0)" } ?? "")))
        }
        var hosts: [Host] = []
        for host in all {
            switch try decide(host, scope, &findings) {
            case .run: hosts.append(host)
            case .skip(let reason): planned.excluded.append(ExcludedHost(host: host.name, reason: reason))
            case .failure(let failure): throw RunFailure(.invalid, failure)
            }
        }
        guard !hosts.isEmpty else {
            planned.skipped = planned.excluded.first?.reason ?? "no host matches"
            if index.hasEffects(play.tasks) { findings.idleReasons += planned.excluded.map(\.reason) }
            return planned
        }
        if index.hasEffects(play.tasks) {
            findings.idleReasons += planned.excluded.map { "\($0.host): \($0.reason)" }
        }
        for batch in try await batches(of: hosts, scope) {
            var planner = BatchPlanner(
                inputs: inputs, index: index, clusters: clusters, access: access, play: play, hosts: batch.hosts,
                scope: scope)
            planned.batches.append(
                PlannedBatch(
                    hosts: batch.hosts.map(\.name), tasks: try await planner.plan(&findings), safety: batch.wave?.text,
                    margin: batch.wave?.margin))
            findings.unknown.merge(planner.pendingUnknown) { _, new in new }
            for shared in planner.shared {
                scope.shared.removeAll { $0.name == shared.name }
                scope.shared.append(shared)
            }
        }
        try await judge(&planned, hosts, &findings)
        return planned
    }

    /// What the cluster keeps while a batch is down, where a size was given; `serial: safe` knows it already. The permit asks
    /// again at the moment it matters: here a reviewer sees which batch would wait for ever.
    private func judge(
        _ planned: inout PlannedPlay, _ hosts: [Host], _ findings: inout PlanFindings
    ) async throws {
        guard let cluster, access[cluster] != nil, !play.hasSafeBatches else { return }
        let nodes = Dictionary(hosts.map { ($0.name, $0.nodeID) }, uniquingKeysWith: { first, _ in first })
        let stopping = planned.batches.indices.filter { planned.batches[$0].stopsNodes(index) }
        let batches = stopping.map { planned.batches[$0].hosts.compactMap { nodes[$0] ?? nil } }
        guard !stopping.isEmpty, batches.allSatisfy({ !$0.isEmpty }) else { return }
        let accepted = Set(stopping.flatMap { planned.batches[$0].acceptedUnavailability }).sorted()
        let margins: [RestartWave]
        do {
            margins = try await inputs.estate.margins(of: batches, accepting: accepted, in: cluster)
        } catch {
            let failure = StepFailure(converting: error)
            throw RunFailure(failure.planCode, failure)
        }
        for (place, margin) in zip(stopping, margins) {
            planned.batches[place].safety = margin.text
            planned.batches[place].margin = margin.margin
            guard let reason = margin.reasons.first else { continue }
            let names = planned.batches[place].hosts.joined(separator: " ")
            findings.notes.append("play \(number + 1), \(names) as things are now may not stop: \(reason)")
        }
    }

    /// A play's `when` over results that are only known in the run counts as true.
    private func decide(
        _ host: Host, _ scope: RunScope, _ findings: inout PlanFindings
    ) throws -> PlayConditions.Decision {
        if let task = findings.knownAfter(play.when.flatMap(\.names), [:]) {
            let note = "play \(number + 1): whether it runs is decided after \(task)"
            if !findings.notes.contains(note) { findings.notes.append(note) }
            return .run
        }
        return PlayConditions.decide(play, host, scope, cluster: cluster)
    }

    private func batches(of hosts: [Host], _ scope: RunScope) async throws -> [SizedBatch] {
        do {
            let facts = try await BatchOrder.facts(for: play.order, reader: cluster.flatMap { access[$0]?.reader })
            return try await SafeBatches(play: play, cluster: cluster, estate: inputs.estate).batches(
                of: BatchOrder.sort(hosts, by: play.order, facts: facts), scope: scope.base(cluster: cluster))
        } catch {
            let failure = StepFailure(converting: error)
            throw RunFailure(failure.code == .failed ? .invalid : failure.planCode, failure)
        }
    }
}
