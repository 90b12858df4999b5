import Playbooks
import Values

/// The catalog by name, and what it takes to make a step from a call.
struct ActionIndex: Sendable {
    private let entries: [String: CatalogEntry]

    init(_ catalog: Catalog) {
        entries = Dictionary(catalog.entries.map { ($0.reference.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    subscript(_ name: String) -> CatalogEntry? { entries[name] }

    func entry(of call: ActionCall) throws(StepFailure) -> CatalogEntry {
        guard let entry = entries[call.name.value] else {
            throw StepFailure(.internalError, "\(call.name.span): there is no action \(call.name.value)")
        }
        return entry
    }

    /// The class of a task's call: as the task declares it, else the action's; one that `creates`, `removes` or has a `verify`
    /// can tell whether it happened.
    func effect(of call: ActionCall, in task: PlaybookTask) -> Effect {
        if let declared = task.effect { return declared }
        let effect = entries[call.name.value]?.reference.effect ?? .opaque
        guard effect == .opaque else { return effect }
        let probes = ["creates", "removes"]
        let isProbed = call.arguments.contains { probes.contains($0.name.value) } || !task.verify.isEmpty
        return isProbed ? .checked : .opaque
    }

    /// Any task list that may change something?
    func hasEffects(_ nodes: [TaskNode]) -> Bool {
        nodes.contains { node in
            switch node {
            case .block(let block): hasEffects(block.tasks) || hasEffects(block.always)
            case .task(let task):
                if case .action(let call) = task.work {
                    call.name.value != Approval.action && effect(of: call, in: task) != .read
                } else {
                    false
                }
            }
        }
    }

    /// What a task registers: the action's fields and those that every result has.
    func resultType(of task: PlaybookTask) -> ValueType? {
        guard task.loop == nil else { return nil }
        let call: ActionCall =
            switch task.work {
            case .action(let action): action
            case .gate(let gate): gate.action
            }
        return self[call.name.value].map { .record($0.reference.result) }
    }
}

extension CatalogEntry {
    /// Arguments of the declared types, defaults filled in. An argument that is null counts as not given.
    func arguments(of call: ActionCall, in scope: ValueScope) throws(StepFailure) -> Arguments {
        var values = ValueMap()
        for parameter in reference.parameters where !parameter.isCondition {
            let given = call.arguments.first { $0.name.value == parameter.name }
            if let given, let value = try Self.value(of: given.value, parameter.type, in: scope) {
                values[parameter.name] = value
            } else if let fallback = parameter.defaultValue {
                if !fallback.isNull { values[parameter.name] = fallback }
            } else {
                let reason = given == nil ? "" : ", and its value is null"
                throw StepFailure(
                    .failed, "\(given?.value.span ?? call.span): \(reference.name) needs \(parameter.name)\(reason)")
            }
        }
        return Arguments(
            values: values,
            conditions: Dictionary(call.conditions.map { ($0.name, $0.conditions) }, uniquingKeysWith: { $1 }),
            span: call.span,
            spans: Dictionary(call.arguments.map { ($0.name.value, $0.value.span) }, uniquingKeysWith: { $1 }))
    }

    private static func value(
        of template: ValueTemplate, _ type: ValueType, in scope: ValueScope
    ) throws(StepFailure) -> Value? {
        do throws(EvaluationError) {
            guard let value = try template.evaluateIfDefined(in: scope), !value.isNull else { return nil }
            return try ValueTemplate.literal(Located(value, at: template.span)).evaluate(in: scope, as: type)
        } catch {
            throw StepFailure(error)
        }
    }
}

extension StepFailure {
    /// An expression without a value.
    init(_ error: EvaluationError) {
        self.init(.failed, "\(error.span): \(error.message)", nextAction: error.hint)
    }
}
