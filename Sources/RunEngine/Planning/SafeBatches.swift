import Playbooks
import Values

/// A batch, and for `serial: safe` what proves it.
struct SizedBatch: Sendable {
    var hosts: [Host]
    /// Nil for a batch whose size was given.
    var wave: RestartWave?
}

/// The batches of `serial: safe`: hosts to nodes, the question to the estate, nodes back to hosts.
struct SafeBatches {
    let play: Play
    let cluster: String?
    let estate: any Estate

    /// The waves in which these hosts can go, in their order where that costs nothing. Every host stands in one.
    func waves(of hosts: [Host]) async throws(StepFailure) -> [SizedBatch] {
        guard let cluster else {
            throw StepFailure(
                .failed, "serial: safe needs a cluster, and the play has none",
                nextAction: "say `cluster:` on the play, or give the size of the batches as a number")
        }
        var byNode: [Int32: [Host]] = [:]
        var nodes: [Int32] = []
        for host in hosts {
            guard let node = host.nodeID else {
                throw StepFailure(
                    .failed, "serial: safe is for nodes of a cluster, and \(host.name) has no node id",
                    nextAction: "give it `broker_id` or `node_id` in the inventory, or the batches a number")
            }
            if let own = host.cluster, own != cluster {
                throw StepFailure(
                    .failed, "serial: safe asks the cluster \(cluster), and \(host.name) belongs to \(own)",
                    nextAction: "write one play for each cluster")
            }
            byNode[node, default: []].append(host)
            nodes.append(node)
        }
        let waves: [RestartWave]
        do { waves = try await estate.waves(of: nodes, in: cluster) } catch { throw StepFailure(converting: error) }
        return waves.map { wave in SizedBatch(hosts: wave.nodes.flatMap { byNode[$0] ?? [] }, wave: wave) }
            .filter { !$0.hosts.isEmpty }
    }

    /// All batches of the play as things are now: given sizes and safe ones in the order of `serial`.
    func batches(of hosts: [Host], scope: ValueScope) async throws(StepFailure) -> [SizedBatch] {
        var rest = hosts
        var batches: [SizedBatch] = []
        while !rest.isEmpty {
            guard BatchOrder.isSafe(batches.count, of: play.serial) else {
                let size = try BatchOrder.size(
                    of: batches.count, serial: play.serial, count: hosts.count, scope: scope)
                batches.append(SizedBatch(hosts: Array(rest.prefix(size))))
                rest.removeFirst(min(size, rest.count))
                continue
            }
            // The last size repeats: where that is `safe`, one look at the cluster makes all that is left.
            let waves = try await waves(of: rest)
            let isLast = batches.count >= play.serial.count - 1
            let taken = isLast ? waves : Array(waves.prefix(1))
            guard !taken.isEmpty else {
                throw StepFailure(.internalError, "no batch was made of the hosts that are left")
            }
            batches += taken
            let names = Set(taken.flatMap(\.hosts).map(\.name))
            rest.removeAll { names.contains($0.name) }
        }
        return batches
    }
}

extension BatchOrder {
    /// Whether the batch of that number is sized by what the cluster bears.
    static func isSafe(_ batch: Int, of serial: [Play.BatchSize]) -> Bool {
        guard !serial.isEmpty, case .safe = serial[min(batch, serial.count - 1)] else { return false }
        return true
    }
}

extension Play {
    /// Some batch is sized by what the cluster bears.
    var hasSafeBatches: Bool { serial.contains { if case .safe = $0 { true } else { false } } }
}

extension PlannedBatch {
    /// Some step that would run takes a node down.
    func stopsNodes(_ index: ActionIndex) -> Bool {
        tasks.contains { task in
            task.section == .tasks && index[task.action]?.reference.stopsNode == true
                && task.steps.contains { if case .skip = $0.decision { false } else { !$0.changesNothing } }
        }
    }

    /// Topics that its steps name in `accept_unavailability`, as far as that is known.
    var acceptedUnavailability: [String] {
        tasks.flatMap(\.steps).flatMap(\.arguments).flatMap { argument -> [String] in
            guard argument.name == "accept_unavailability", case .known(let value) = argument.value else { return [] }
            return value.listValue?.compactMap(\.stringValue) ?? []
        }
    }
}

extension RestartWave {
    /// For the plan: what stays, or why it is not proven.
    var text: String {
        if let reason = reasons.first { return "may not stop now: \(reason)" }
        switch margin {
        case nil: return "no partition has an in-sync replica there"
        case 0?: return "keeps every partition at min.insync.replicas"
        case let margin?:
            return "keeps every partition at least \(margin) above min.insync.replicas"
        }
    }
}
