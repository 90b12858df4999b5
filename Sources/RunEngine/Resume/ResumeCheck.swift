import EventLoop
import KafkaAdmin
import Playbooks
import Values

/// What a resume looks at before its first write: what the steps that remain rest on is to be as it was when the plan was
/// made.
///
/// 1. Each cluster is the one that it was.
/// 2. Parameters that were worked out have the same values.
/// 3. The facts of hosts whose turn has not come; those of the others are as they were frozen with their batches.
/// 4. Nothing was written yet: all that the plan bound itself to.
struct ResumeCheck {
    let prepared: PreparedRun
    let history: RunHistory

    private var plan: Plan { prepared.plan }
    private var inputs: RunInputs { prepared.inputs }

    /// Sentences; empty when it may go on.
    func moved() async throws -> [String] {
        var moved: [String] = []
        for cluster in plan.clusters {
            guard let now = prepared.access[cluster.name]?.clusterID, !cluster.id.isEmpty, now != cluster.id else {
                continue
            }
            moved.append("cluster \(cluster.name) has the id \(now), and had \(cluster.id)")
        }
        for (name, value) in plan.parameters {
            let known: ValueMap = [name: prepared.scope.parameters[name] ?? .null]
            let now = prepared.mask.apply(known)[name] ?? .null
            if Self.text(now) != Self.text(value) {
                moved.append("parameter \(name): \(Self.text(value)) → \(Self.text(now))")
            }
        }
        if prepared.needsFacts {
            let begun = history.begunHosts
            for host in inputs.inventory.hosts where host.nodeID != nil && !begun.contains(host.name) {
                let names = ["installed_version", "running_version", "release"]
                guard names.contains(where: { plan.facts["\(host.name).\($0)"] != nil }) else { continue }
                let facts = try await inputs.estate.facts(of: host).values
                for (name, value) in facts {
                    moved += difference("\(host.name).\(name)", value)
                }
            }
        }
        guard !history.hasWritten else { return moved }
        for cluster in plan.clusters {
            guard let reader = prepared.access[cluster.name]?.reader,
                plan.facts.keys.contains(where: { $0.hasPrefix("\(cluster.name).") })
            else { continue }
            for (name, value) in try await ClusterBinding.facts(of: cluster.name, reader) {
                moved += difference(name, value)
            }
        }
        return moved
    }

    private func difference(_ name: String, _ now: Value) -> [String] {
        guard let then = plan.facts[name], Self.text(then) != Self.text(now) else { return [] }
        return ["\(name): \(Self.text(then)) → \(Self.text(now))"]
    }

    private static func text(_ value: Value) -> String { JSON.text(value, style: JSON.Style(sortKeys: true)) }
}
