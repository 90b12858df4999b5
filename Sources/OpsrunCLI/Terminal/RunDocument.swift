package import RunEngine
package import Values

/// `--output json`: a run as one document (schema `opsrun.run/1`, which only grows).
package enum RunDocument {
    package static let schema = "opsrun.run/1"

    package static func value(_ state: RunState, plan: Value?, exit: ExitCode, directory: String?) -> Value {
        let closed = state.closed ?? RunClosed()
        var map = ValueMap()
        if let reason = state.run.breakGlass ?? state.lastResume?.breakGlass { map["break_glass"] = .string(reason) }
        let head: ValueMap = [
            "schema": .string(schema), "run_id": .string(state.run.runID), "playbook": .string(state.run.playbook),
            "name": .string(state.run.playbookName), "inventory": .string(state.run.inventory),
            "status": .string(closed.status.rawValue), "exit_code": .int(Int64(exit.rawValue)),
            "exit_meaning": .string(exit.meaning), "message": .string(closed.message),
        ]
        for (name, value) in head { map[name] = value }
        map["started_at"] = state.openedAt.map { .string($0.description) } ?? .null
        map["finished_at"] = state.closedAt.map { .string($0.description) } ?? .null
        map["duration_ms"] = .int(closed.duration.milliseconds)
        map["embedded"] = state.run.speedNote.map { .string($0) } ?? .null
        map["directory"] = directory.map { .string($0) } ?? .null
        map["clusters"] = .list(
            state.run.clusters.map {
                ["name": .string($0.name), "id": .string($0.id), "protected": .bool($0.isProtected)]
            })
        map["changes"] = .int(Int64(state.changes))
        map["hosts"] = .list(state.hostCounts.map(counts))
        map["gates"] = .list(state.gates.compactMap(\.finished).map(gate))
        map["steps"] = .list(state.steps.filter { $0.action != "gate" }.map(step))
        map["findings"] = .list(state.findings.map(finding))
        map["failures"] = .list(state.failedHosts.map(failure))
        map["unknown_steps"] = .list(closed.unknownSteps.map { .string($0) })
        map["leftovers"] = .list(closed.leftovers.map { .string($0) })
        if closed.status == .suspended, !state.openApprovals.isEmpty {
            map["waiting_for"] = .list(state.openApprovals.map { question($0, state.run.runID) })
        }
        if let plan { map["plan"] = plan }
        return .map(map)
    }

    private static func question(_ question: ApprovalRequested, _ runID: String) -> Value {
        let task = question.task ?? "approve"
        return [
            "task": .string(task), "prompt": .string(question.prompt),
            "approvers": .list(question.approvers.map { .string($0) }), "min": .int(Int64(question.minimum ?? 1)),
            "four_eyes": .bool(question.fourEyes ?? false),
            "expires_at": question.expires.map { .string($0.description) } ?? .null,
            "command": .list(["opsrun", "approve", runID, "--task", task].map { .string($0) }),
        ]
    }

    private static func counts(_ row: HostCounts) -> Value {
        [
            "host": .string(row.host), "ok": .int(Int64(row.ok)), "changed": .int(Int64(row.changed)),
            "unreachable": .int(Int64(row.unreachable)), "failed": .int(Int64(row.failed)),
            "skipped": .int(Int64(row.skipped)), "rescued": .int(Int64(row.rescued)),
            "rolled_back": .int(Int64(row.rolledBack)), "unknown": .int(Int64(row.unknown)),
        ]
    }

    private static func gate(_ gate: GateFinished) -> Value {
        [
            "gate": .string(gate.gate), "name": .string(gate.name), "host": .string(gate.host),
            "verdict": .string(gate.verdict.rawValue), "samples": .int(Int64(gate.samples)),
            "duration_ms": .int(gate.duration.milliseconds), "reasons": .list(gate.reasons.map { .string($0) }),
        ]
    }

    private static func step(_ step: RunState.StepRow) -> Value {
        var map: ValueMap = [
            "key": .string(step.key), "name": .string(step.name), "action": .string(step.action),
            "host": .string(step.host), "section": .string(step.section.rawValue),
            "status": .string(step.status?.rawValue ?? "running"), "attempts": .int(Int64(step.attempts)),
            "duration_ms": .int(step.duration.milliseconds),
        ]
        if let item = step.item { map["item"] = .string(item) }
        if let reason = step.reason { map["reason"] = .string(reason) }
        if let failure = step.failure { map["failure"] = record(failure) }
        return .map(map)
    }

    private static func finding(_ finding: Finding) -> Value {
        var map: ValueMap = [
            "severity": .string(finding.severity.rawValue), "message": .string(finding.message),
        ]
        if let host = finding.host { map["host"] = .string(host) }
        if let task = finding.task { map["task"] = .string(task) }
        return .map(map)
    }

    private static func failure(_ failed: HostFailed) -> Value {
        var map: ValueMap = [
            "host": .string(failed.host), "task": .string(failed.task), "key": .string(failed.key),
            "status": .string(failed.status.rawValue),
        ]
        if let failure = failed.failure { map["failure"] = record(failure) }
        return .map(map)
    }

    static func record(_ failure: FailureRecord) -> Value {
        var map: ValueMap = [
            "code": .string(failure.code), "message": .string(failure.message),
            "causes": .list(failure.causes.map { .string($0) }), "details": .list(failure.details.map { .string($0) }),
        ]
        if let next = failure.nextAction { map["next_action"] = .string(next) }
        return .map(map)
    }
}
