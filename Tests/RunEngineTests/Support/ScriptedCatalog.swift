import EventLoop
import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// What the fake actions of a test did, and what they answer: the oracle beside the journal.
final class Script: Sendable {
    typealias Answer = @Sendable (ActionCallSeen) async throws -> ActionOutcome

    struct ActionCallSeen: Sendable {
        var action: String
        var host: String
        var arguments: ValueMap
        var time: Duration
        /// How often this action was called on this host with this `name` before.
        var count: Int

        var name: String { arguments["name"]?.stringValue ?? "" }
    }

    private struct State {
        var calls: [ActionCallSeen] = []
        var counts: [String: Int] = [:]
        var answers: [String: Answer] = [:]
        var verifications: [String: Verification] = [:]
        var contexts: [StepContext] = []
        var answersFromWorld = false
        var failures: [String: Int] = [:]
    }

    private let state = Locked(State())

    /// What `do`/`look`/`probe` with this `name` answers, on any host.
    func answer(_ name: String, _ answer: @escaping Answer) { state.withLock { $0.answers[name] = answer } }

    func verify(_ name: String, _ verification: Verification) {
        state.withLock { $0.verifications[name] = verification }
    }

    func verification(_ name: String) -> Verification? { state.withLock { $0.verifications[name] } }

    /// Takes over what another script has done: effects happen in one world, whichever process does them. Read-backs are
    /// answered by it from then on.
    func takeOver(_ calls: [ActionCallSeen]) {
        state.withLock { state in
            state.answersFromWorld = true
            for call in calls {
                state.calls.append(call)
                state.counts["\(call.action)/\(call.host)/\(call.name)", default: 0] += 1
            }
        }
    }

    /// Did it happen? A step that is meant to fail leaves nothing to find.
    func worldSays(_ name: String, _ kind: String, on host: String) -> Verification? {
        state.withLock { state in
            guard state.answersFromWorld else { return nil }
            if kind == "act" { return .cannotTell("it leaves no trace") }
            let isThere = state.calls.contains { $0.action == "do" && $0.name == name && $0.host == host }
            return isThere && !name.hasPrefix("fail") ? .done(evidence: "seen") : .notDone(evidence: "not seen")
        }
    }

    /// Changed more often than put back; what failed did not happen.
    func isLent(_ name: String) -> Bool {
        state.withLock { state in
            let names = state.calls.filter { $0.action == "do" }.map(\.name)
            return names.count { $0 == name } > names.count { $0 == "un-\(name)" }
                - state.failures["un-\(name)", default: 0]
        }
    }

    func note(_ context: StepContext) { state.withLock { $0.contexts.append(context) } }

    /// What the steps that ran were given, in order.
    var contexts: [StepContext] { state.withLock { $0.contexts } }

    /// Effects in the order in which they happened: `name@host`.
    var effects: [String] { state.withLock { $0.calls.filter { $0.action == "do" }.map { "\($0.name)@\($0.host)" } } }
    var looks: [String] { state.withLock { $0.calls.filter { $0.action != "do" }.map { "\($0.name)@\($0.host)" } } }
    /// What was seen so far was in another process.
    func forget() { state.withLock { $0.calls = [] } }
    var calls: [ActionCallSeen] { state.withLock { $0.calls } }

    func perform(_ action: String, _ host: String, _ arguments: ValueMap, at time: Duration) async throws
        -> ActionOutcome
    {
        let name = arguments["name"]?.stringValue ?? ""
        let (seen, answer) = state.withLock { state in
            let key = "\(action)/\(host)/\(name)"
            let seen = ActionCallSeen(
                action: action, host: host, arguments: arguments, time: time, count: state.counts[key, default: 0])
            state.counts[key, default: 0] += 1
            state.calls.append(seen)
            return (seen, state.answers[name])
        }
        if let answer {
            let outcome = try await answer(seen)
            if case .failed = outcome.status { state.withLock { $0.failures[name, default: 0] += 1 } }
            return outcome
        }
        switch action {
        case "do": return ActionOutcome(.changed, result: ["value": .string(name)])
        case "probe":
            return ActionOutcome(
                .ok, result: ["passes": true, "reasons": [], "progress": .null, "value": .string(name)])
        default: return ActionOutcome(.ok, result: ["value": .string(name)])
        }
    }
}

private struct ScriptedAction: Action {
    let kind: String
    let arguments: ValueMap
    let script: Script

    private var name: String { arguments["name"]?.stringValue ?? "" }

    func plan(in context: ReadContext) async throws -> ActionPlan {
        guard kind == "do" else { return ActionPlan() }
        return ActionPlan(
            changes: ["\(name) would happen"], commands: [["do", name]],
            changesNothing: arguments["idle"]?.boolValue ?? false)
    }

    func read(in context: ReadContext) async throws -> ActionOutcome {
        try await script.perform(kind, context.host.name, arguments, at: context.time.monotonic)
    }

    func run(in context: StepContext) async throws -> ActionOutcome {
        script.note(context)
        if kind == "lend" { return try await lend(context) }
        if kind == "giveback" { return try await giveBack(context) }
        if kind == "stop" {
            try await context.record(StepRecord(kind: "stopped", fields: ["name": .string(name)]))
        }
        let outcome = try await script.perform(
            "do", context.reading.host.name, arguments, at: context.reading.time.monotonic)
        if kind == "start" { try await context.record(StepRecord(kind: "started", fields: [:])) }
        context.report(StepProgress(message: "did \(name)", output: ["line of \(name)"]))
        return outcome
    }

    /// Changes each name in `value`, or the one that it has, for the run's time. With `value: {place: …}` the one that it has, in
    /// that place; the step gives it back itself.
    private func lend(_ context: StepContext) async throws -> ActionOutcome {
        if let place = arguments["value"]?["place"]?.stringValue {
            let host = context.reading.host.name
            let time = context.reading.time.monotonic
            _ = try await script.perform("look", host, ["name": .string("before-\(name)")], at: time)
            try await context.borrow(
                "loan of \(name)", action: "giveback", ["name": .string(name)], repeats: false, places: [place])
            let outcome = try await script.perform("do", host, ["name": .string(name)], at: time)
            let left = try await context.giveBack()
            _ = try await script.perform("do", host, ["name": .string("end-\(name)")], at: time)
            return ActionOutcome(outcome.status, result: ["value": .list(left.map(Value.string))])
        }
        let names = arguments["value"]?.listValue?.compactMap(\.stringValue) ?? [name]
        var outcome = ActionOutcome(.ok)
        for name in names {
            try await context.borrow("loan of \(name)", action: "giveback", ["name": .string(name)], repeats: true)
            outcome = try await script.perform(
                "do", context.reading.host.name, ["name": .string(name)], at: context.reading.time.monotonic)
        }
        return outcome
    }

    /// As it was, or with `again` as it was lent, where that is not so already.
    private func giveBack(_ context: StepContext) async throws -> ActionOutcome {
        let again = arguments["again"]?.boolValue ?? false
        guard script.isLent(name) != again else { return ActionOutcome(.ok) }
        return try await script.perform(
            "do", context.reading.host.name, ["name": .string(again ? name : "un-\(name)")],
            at: context.reading.time.monotonic)
    }

    func verify(in context: StepContext) async throws -> Verification {
        script.worldSays(name, kind, on: context.reading.host.name) ?? script.verification(name)
            ?? .cannotTell("nobody saw")
    }
}

private struct AssertAction: Action {
    let conditions: [Expression]

    func read(in context: ReadContext) async throws -> ActionOutcome {
        for condition in conditions where try context.evaluate(condition, [:]) != true {
            return ActionOutcome(.failed(StepFailure(.failed, "not so: \(condition.source)")))
        }
        return ActionOutcome(.ok)
    }
}

private struct CheckAction: Action {
    let severity: String

    func read(in context: ReadContext) async throws -> ActionOutcome {
        ActionOutcome(.ok, result: ["findings": [["severity": .string(severity), "message": "found"]]])
    }
}

enum ScriptedCatalog {
    static func make(_ script: Script) -> Catalog {
        let name = ActionReference.Parameter("name", .string, "What it is called in the script")
        let extra = [
            ActionReference.Parameter("value", .json, default: .null, "Anything"),
            ActionReference.Parameter("idle", .bool, default: false, "Its plan says that nothing would change"),
            ActionReference.Parameter("force", .optional(.string), default: .null, "Overrides its permit"),
            ActionReference.Parameter("again", .bool, default: false, "Sets again what was put back"),
            ActionReference.Parameter("version", .optional(.version), default: .null, "A version"),
        ]
        let result = RecordType([.init("value", .json)])
        let gate = RecordType([
            .init("value", .json), .init("passes", .bool), .init("reasons", .list(.string)), .init("progress", .json),
        ])
        func entry(
            _ kind: String, _ effect: Effect, _ result: RecordType, isGate: Bool = false,
            target: ActionReference.Target = .host
        ) -> CatalogEntry {
            CatalogEntry(
                reference: ActionReference(
                    name: kind, summary: "Does as the script says", parameters: [name] + extra, result: result,
                    effect: effect, target: target, example: "- \(kind): {name: x}", isGate: isGate, shorthand: "name",
                    startsNode: kind == "start")
            ) { arguments throws(StepFailure) in
                ScriptedAction(kind: kind, arguments: arguments.values, script: script)
            }
        }
        let approve = ActionReference(
            name: "approve", summary: "Asks",
            parameters: [
                .init("prompt", .string, "The question"),
                .init("approvers", .optional(.list(.string)), default: .null, "Who may answer"),
                .init("four_eyes", .bool, default: false, "Not the initiator"),
                .init("min", .int, default: 1, "How many"),
                .init("timeout", .optional(.duration), default: .null, "How long"),
                .init("type_to_confirm", .optional(.string), default: .null, "A name"),
            ], result: RecordType([.init("approved_by", .list(.string))]), effect: .read, target: .runner,
            example: "- approve: {prompt: x}")
        let assert = ActionReference(
            name: "assert", summary: "Checks", parameters: [.init("that", .list(.bool), isCondition: true, "What")],
            effect: .read, target: .runner, example: "- assert: {that: [true]}", shorthand: "that")
        let check = ActionReference(
            name: "check", summary: "Finds", parameters: [.init("severity", .string, "How bad")],
            result: RecordType([.init("findings", .json)]), effect: .read, target: .runner,
            example: "- check: {severity: warning}")
        return Catalog(
            entries: [
                entry("do", .checked, result), entry("act", .opaque, result), entry("again", .idempotent, result),
                entry("stop", .checked, result), entry("start", .checked, result),
                entry("ask", .read, result, target: .cluster), entry("change", .checked, result, target: .cluster),
                entry("lend", .checked, result, target: .cluster),
                entry("giveback", .idempotent, result, target: .cluster),
                entry("look", .read, result), entry("probe", .read, gate, isGate: true),
                CatalogEntry(reference: approve) { _ throws(StepFailure) in AssertAction(conditions: []) },
                CatalogEntry(reference: assert) { arguments throws(StepFailure) in
                    AssertAction(conditions: arguments.conditions["that"] ?? [])
                },
                CatalogEntry(reference: check) { arguments throws(StepFailure) in
                    CheckAction(severity: arguments["severity"]?.stringValue ?? "")
                },
            ], shippedGates: "")
    }
}
