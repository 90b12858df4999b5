import Values

extension PlaybookReader {
    // MARK: Loops

    static let loopControlKeys = ["label", "loop_var", "index_var", "pause"]

    /// `loop_control.index_var`, defined as the element's place from 0; after `loop`, whose name comes first.
    func indexVariable(_ fields: TaskFields, _ context: inout TaskContext) -> String? {
        guard fields[.loop] != nil, let node = fields[.loopControl]?.value["index_var"],
            let text = text(node, "'index_var'"),
            let name = newName(Located(text, at: node.span), context.scope, "the index variable")
        else { return nil }
        context.broken.remove(name.value)
        context.scope.define(name.value, .int, phase: .load)
        return name.value
    }

    func loop(_ fields: TaskFields, _ context: inout TaskContext) -> (ValueTemplate?, String, ValueType?) {
        var variable = "item"
        guard let entry = fields[.loop] else {
            if let control = fields[.loopControl] {
                problems.error("stray-key", "'loop_control' belongs to loop", at: control.keySpan)
            }
            return (nil, variable, nil)
        }
        var named: Located<String>?
        for item in fields[.loopControl]?.value.entries ?? [] {
            switch item.key {
            case "label", "index_var", "pause": break
            case "loop_var":
                if let text = text(item.value, "'loop_var'") { named = Located(text, at: item.value.span) }
            case "extended":
                problems.error("not-built", "'\(item.key)' is not built", hint: "remove it", at: item.keySpan)
            default: unknown(item, "loop_control", Self.loopControlKeys)
            }
        }
        if let control = fields[.loopControl], control.value.entries == nil {
            problems.error("type-mismatch", "loop_control is a map", at: control.value.span)
        }
        guard entry.value.entries == nil, !entry.value.isNull,
            entry.value.items != nil || !Template.isPlain(entry.value.text ?? "")
        else {
            problems.error(
                "type-mismatch", "'loop' is a list, not \(entry.value.kindDescription)", at: entry.value.span)
            define(loopVariable: named, &variable, nil, .load, &context)
            return (nil, variable, nil)
        }
        guard let template = builder.untyped(entry.value),
            let checked = checker.check(template, as: nil, in: context.scope, broken: context.broken)
        else {
            define(loopVariable: named, &variable, nil, .load, &context)
            return (nil, variable, nil)
        }
        var element: ValueType?
        switch checked.type {
        case .list(let type): element = type
        case .tuple(let types): element = ValueType.unified(types) ?? .json
        case .never: break
        default:
            var hint: String?
            if case .map = checked.type { hint = "loop over \"… | dict2items\"" }
            if case .record = checked.type { hint = "loop over \"… | dict2items\"" }
            if case .optional = checked.type { hint = "it may be null: write \"… | default([])\"" }
            problems.error("type-mismatch", "'loop' is a list, not \(checked.type)", hint: hint, at: entry.value.span)
        }
        define(loopVariable: named, &variable, element, checked.phase, &context)
        return (template, variable, element)
    }

    func define(
        loopVariable named: Located<String>?, _ variable: inout String, _ type: ValueType?, _ phase: Phase,
        _ context: inout TaskContext
    ) {
        if let named {
            if let name = newName(named, context.scope, "the loop variable") { variable = name.value }
        } else if context.scope.declares("item") {
            // An import inside a loop: the inner loop needs a name of its own.
            context.broken.insert("item")
        }
        if let type {
            context.broken.remove(variable)
            context.scope.define(variable, type, phase: phase)
        } else {
            context.broken.insert(variable)
            context.scope.define(variable, .never)
        }
    }

    func loopLabel(_ entry: YAMLEntry, _ context: inout TaskContext) -> Template? {
        entry.value["label"].flatMap { nameTemplate($0, &context) }
    }

    // MARK: Values of keywords

    func template(_ entry: YAMLEntry?, _ type: ValueType, _ context: TaskContext) -> ValueTemplate? {
        guard let entry, let template = builder.template(entry.value, as: type, what: "'\(entry.key)'") else {
            return nil
        }
        _ = checker.check(template, as: type, in: context.scope, broken: context.broken)
        if let value = template.literalValue {
            if case .duration(let time) = value, time < .zero || (time == .zero && entry.key == "timeout") {
                problems.error("bad-time", "'\(entry.key)' must be above zero", at: entry.value.span)
            }
            if case .int(let number) = value, number < 0 {
                problems.error("bad-value", "'\(entry.key)' cannot be below zero", at: entry.value.span)
            }
        }
        return template
    }

    func verdict(_ entry: YAMLEntry?, _ context: TaskContext) -> [Expression] {
        guard let entry, let parsed = builder.conditions(entry.value, what: "'\(entry.key)'") else { return [] }
        checker.check(parsed, in: context.scope, broken: context.broken)
        return parsed
    }

    func runOnce(_ entry: YAMLEntry?) -> PlaybookTask.RunOnce {
        guard let entry else { return .no }
        if entry.value.text == "play" { return .play }
        if entry.value.text == "batch" { return .batch }
        guard let flag = entry.value.isPlain ? entry.value.coreValue.boolValue : nil else {
            problems.error(
                "bad-value", "'run_once' is true (once per batch), play or false, not \(entry.value.kindDescription)",
                at: entry.value.span)
            return .no
        }
        return flag ? .batch : .no
    }

    func delegate(_ node: YAMLNode, _ action: KnownAction?, _ context: TaskContext) -> ValueTemplate? {
        if let action, action.name.hasPrefix("broker.") {
            problems.error(
                "delegated-broker", "\(action.name) acts on the node of its own host, so it cannot be delegated",
                hint: "let the play's `hosts` name that host; from where its commands run is said by its connection",
                at: node.span)
            return nil
        }
        guard let template = builder.template(node, as: .string, what: "'delegate_to'") else { return nil }
        if let name = template.literalValue?.stringValue, isInventoryReadable, name != "localhost",
            inventory.host(name) == nil
        {
            problems.error(
                "unknown-host", "the inventory has no host '\(name)'",
                hint: NearestName.hint(name, in: inventory.hosts.map(\.name) + ["localhost"]), at: node.span)
            return nil
        }
        _ = checker.check(template, as: .string, in: context.scope, broken: context.broken)
        return template
    }

    func simulate(_ node: YAMLNode, _ reference: KnownAction?, _ context: TaskContext) -> ValueTemplate? {
        guard let reference else { return nil }
        let record = RecordType(
            reference.result.fields.map { .init($0.name, $0.type, mayBeAbsent: true, $0.summary) })
        guard let template = builder.template(node, as: .record(record), what: "'simulate'") else { return nil }
        _ = checker.check(template, as: .record(record), in: context.scope, broken: context.broken)
        return template
    }

    /// `undo` and `verify`: a task list, or one task alone, that sees the task's own result.
    func nested(
        _ node: YAMLNode, _ role: TaskContext.Role, _ register: Located<String>?, _ result: RecordType?,
        _ context: inout TaskContext, _ file: inout File
    ) -> [TaskNode] {
        var inner = context
        inner.role = role
        inner.scope.push()
        if let register, let result { inner.scope.define(register.value, .record(result), phase: .run) }
        let hasWritten = file.hasWritten
        defer { file.hasWritten = hasWritten }
        if node.entries != nil {
            return taskNode(alone: node, &inner, &file).map { [$0] } ?? []
        }
        return taskNodes(node, &inner, &file)
    }
}
