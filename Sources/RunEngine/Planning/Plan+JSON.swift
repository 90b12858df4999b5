import Playbooks
package import Values

extension Plan {
    /// The plan as people's tools read it; `digest` is over the canonical form of all else.
    package func json() -> Value {
        var map = content()
        if !digest.isEmpty { map["digest"] = .string(digest) }
        return .map(map)
    }

    /// SHA-256 over the JSON without `digest`, with sorted keys and no spaces.
    func computedDigest() -> String { Self.digest(of: content()) }

    /// The digest of a plan as JSON, its own left out.
    static func digest(of plan: ValueMap) -> String {
        let content = ValueMap(plan.filter { $0.key != "digest" }.map { ($0.key, $0.value) })
        return Digest.sha256(JSON.text(.map(content), style: JSON.Style(sortKeys: true)).utf8)
    }

    static let schema = "opsrun.plan/1"

    private func content() -> ValueMap {
        [
            "schema": .string(Self.schema), "playbook": .string(playbook), "name": .string(name),
            "inventory": .string(inventory),
            "sources": .list(sources.map { ["path": .string($0.path), "sha256": .string($0.sha256)] }),
            "params": .map(parameters),
            "clusters": .list(
                clusters.map {
                    ["name": .string($0.name), "id": .string($0.id), "protected": .bool($0.isProtected)]
                }),
            "plays": .list(plays.map(\.json)), "approvals": .list(approvals.map(\.json)),
            "irreversible": .list(irreversible.map(\.json)), "facts": .map(facts),
            "notes": .list(notes.map { .string($0) }),
            "refusals": .list(refusals.map { .string($0.message) }), "has_effects": .bool(hasEffects),
            "nothing_to_do": nothingToDo.map { .string($0) } ?? .null,
            "tags": .list(tags.only.map { .string($0) }), "skip_tags": .list(tags.skip.map { .string($0) }),
            "limit": limit.map { .string($0) } ?? .null,
        ]
    }
}

extension PlannedPlay {
    fileprivate var json: Value {
        [
            "play": .int(Int64(index)), "name": .string(name), "cluster": cluster.map { .string($0) } ?? .null,
            "order": .string(order),
            "excluded": .list(excluded.map { ["host": .string($0.host), "reason": .string($0.reason)] }),
            "skipped": skipped.map { .string($0) } ?? .null,
            "batches": .list(
                batches.map { batch in
                    var map: ValueMap = [
                        "hosts": .list(batch.hosts.map { .string($0) }),
                        "tasks": .list(batch.tasks.map(\.json)),
                    ]
                    if let safety = batch.safety {
                        map["safety"] = .string(safety)
                        map["margin"] = batch.margin.map { .int(Int64($0)) } ?? .null
                    }
                    return .map(map)
                }),
        ]
    }
}

extension PlannedTask {
    fileprivate var json: Value {
        var map: ValueMap = [
            "path": .string(path), "name": .string(name), "action": .string(action), "effect": .string(effect.rawValue),
            "section": .string(section.rawValue), "depth": .int(Int64(depth)), "at": .string(span.description),
            "steps": .list(steps.map(\.json)),
        ]
        if let gate { map["gate"] = gate.json }
        return .map(map)
    }
}

extension PlannedGate {
    fileprivate var json: Value {
        [
            "name": .string(name), "action": .string(action), "interval": .duration(interval),
            "stable_for": stableFor.map { .duration($0) } ?? .null, "timeout": timeout.map { .duration($0) } ?? .null,
            "stalled_for": stalledFor.map { .duration($0) } ?? .null,
        ]
    }
}

extension PlannedStep {
    fileprivate var json: Value {
        var map: ValueMap = ["host": .string(host)]
        if let delegate { map["delegate"] = .string(delegate) }
        switch decision {
        case .run: map["decision"] = "run"
        case .skip(let reason):
            map["decision"] = "skip"
            map["reason"] = .string(reason)
        case .atRun(let reason):
            map["decision"] = "at_run"
            map["reason"] = .string(reason)
        }
        var values = ValueMap()
        for argument in arguments {
            switch argument.value {
            case .known(let value): values[argument.name] = value
            case .knownAfter(let task): values[argument.name] = ["known_after": .string(task)]
            }
        }
        map["arguments"] = .map(values)
        let lists = [("changes", changes), ("notes", notes), ("items", items)]
        for (name, list) in lists where !list.isEmpty { map[name] = .list(list.map { .string($0) }) }
        if !commands.isEmpty { map["commands"] = .list(commands.map { .list($0.map { .string($0) }) }) }
        if changesNothing { map["changes_nothing"] = true }
        if let sample {
            map["sample"] = [
                "passes": .bool(sample.passes), "reasons": .list(sample.reasons.map { .string($0) }),
                "progress": sample.progress,
            ]
        }
        return .map(map)
    }
}

extension PlannedApproval {
    fileprivate var json: Value {
        [
            "task": .string(task), "prompt": .string(prompt), "approvers": .list(approvers.map { .string($0) }),
            "four_eyes": .bool(fourEyes), "min": .int(Int64(minimum)),
            "timeout": timeout.map { .duration($0) } ?? .null,
            "type_to_confirm": mustType.map { .string($0) } ?? .null,
        ]
    }
}

extension PlannedDanger {
    fileprivate var json: Value {
        [
            "kind": .string(kind.rawValue), "task": .string(task), "hosts": .list(hosts.map { .string($0) }),
            "reason": reason.map { .string($0) } ?? .null,
        ]
    }
}
