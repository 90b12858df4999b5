import Values

extension PlaybookReader {
    /// The keys of a task, sorted into action, keywords and arguments that stand beside the action.
    private struct Fields {
        var action: YAMLEntry?
        var gate: YAMLEntry?
        var extra: [YAMLEntry] = []
        private let entries: [YAMLEntry]
        private var keywords: [(keyword: TaskKeyword, index: Int)] = []

        init(_ entries: [YAMLEntry]) {
            self.entries = entries
            keywords.reserveCapacity(entries.count)
        }

        subscript(_ keyword: TaskKeyword) -> YAMLEntry? {
            for known in keywords where known.keyword == keyword { return entries[known.index] }
            return nil
        }

        mutating func add(_ keyword: TaskKeyword, at index: Int) { keywords.append((keyword, index)) }
    }

    func task(
        _ node: YAMLNode, _ entries: [YAMLEntry], _ index: Int, _ context: inout TaskContext, _ file: inout File
    ) -> PlaybookTask? {
        guard let fields = fields(node, entries) else {
            breakRegister(entries, &context)
            return nil
        }
        let reference = fields.action.flatMap { references[$0.key] }
        let call = fields.action.flatMap { entry in
            reference.flatMap { actionCall(entry, $0, extra: fields.extra, folder: file.folder) }
        }
        let cluster = fields[.cluster].flatMap { clusterName($0.value) }
        let outerCluster = context.play.cluster
        if let cluster { context.play.cluster = cluster.value }
        defer { context.play.cluster = outerCluster }

        context.scope.push()
        let brokenOutside = context.broken
        let (loop, loopVariable, itemType) = self.loop(fields, &context)
        let vars = fields[.vars].map { variables($0.value, &context) } ?? []
        let when = conditions(fields[.when], &context)
        let name = fields[.name].flatMap { nameTemplate($0.value, &context) }
        let label = fields[.loopControl].flatMap { loopLabel($0, &context) }
        let interval = template(fields[.interval], .duration, context)
        let timeout = template(fields[.timeout], .duration, context)

        var work: PlaybookTask.Work?
        var worked = reference
        var phase = Phase.load
        if let entry = fields.gate {
            if let (gate, found) = gate(for: entry, interval: interval, timeout: timeout, &context, &file) {
                work = .gate(gate)
                worked = found
            }
            phase = .run
        } else if let call, let reference {
            phase = checkCall(call, reference, &context, file)
            work = .action(call)
        }
        let register = register(fields, context)
        let result = worked?.result

        context.scope.push()
        if let result {
            context.scope.define("result", .record(result), phase: .run)
            if let register { context.scope.define(register.value, .record(result), phase: .run) }
        } else {
            context.broken.insert("result")
            if let register { context.broken.insert(register.value) }
        }
        let until = verdict(fields[.until], context)
        let changedWhen = verdict(fields[.changedWhen], context)
        let failedWhen = verdict(fields[.failedWhen], context)
        context.scope.pop()

        let retries = template(fields[.retries], .int, context)
        let delay = template(fields[.delay], .duration, context)
        let effect = effect(fields, worked, call)
        let simulate = fields[.simulate].flatMap { self.simulate($0.value, worked, context) }
        let delegateTo = fields[.delegateTo].flatMap { delegate($0.value, context) }
        let environment = fields[.environment].flatMap { self.environment($0.value, context) }
        let become = fields[.become].flatMap { flag($0.value, "'become'") }
        let irreversible =
            (fields[.irreversible].flatMap { flag($0.value, "'irreversible'") } ?? false)
            || worked?.irreversible == true
        let verify = fields[.verify].map { nested($0.value, .verify, register, result, &context, &file) } ?? []
        let undo = fields[.undo].map { nested($0.value, .undo, register, result, &context, &file) } ?? []
        context.scope.pop()
        context.broken = brokenOutside

        let runOnce = runOnce(fields[.runOnce])
        let policy = failurePolicy(fields[.onFailure], fields[.reason])
        let tags = fields[.tags].map { texts($0.value, "a tag") } ?? []
        if let worked {
            checkEffect(fields, worked, effect, irreversible: irreversible, node, context)
            if let register, let result {
                var record = result
                if loop != nil || fields[.loop] != nil {
                    record = Self.loopRecord(result, item: itemType ?? .json, isConditional: !when.isEmpty)
                }
                let isRead = effect == .read && !file.hasWritten && phase < .run
                var isUncertain = tags.contains("never")
                if case .continue = policy { isUncertain = true }
                if loop == nil, !when.isEmpty { isUncertain = true }
                let result = Registered(
                    name: register.value,
                    entry: .init(.record(record), phase: isRead ? .plan : .run, mayBeAbsent: isUncertain),
                    isGlobal: runOnce != .no, guards: loop == nil ? when.map(\.source) : [])
                define(result, in: &context.scope)
                context.registered.append(result)
                if let first = result.guards.first { context.guarded[first, default: []].append(result) }
            }
            if effect != .read { file.hasWritten = true }
        } else if let register {
            context.broken.insert(register.value)
            context.scope.define(register.value, .never)
        }
        guard let work else { return nil }
        let noLog = fields[.noLog].flatMap { flag($0.value, "'no_log'") } ?? false
        return PlaybookTask(
            name: name, work: work, when: when, vars: vars, loop: loop, loopVariable: loopVariable, loopLabel: label,
            register: register, until: until, retries: retries, delay: delay, interval: interval, timeout: timeout,
            effect: fields[.effect] == nil && fields[.checkMode] == nil ? nil : effect, verify: verify, undo: undo,
            irreversible: irreversible, become: become, environment: environment, delegateTo: delegateTo,
            runOnce: runOnce, cluster: cluster, tags: tags, changedWhen: changedWhen, failedWhen: failedWhen,
            noLog: noLog,
            simulate: simulate, onFailure: policy, index: index, span: head(of: node))
    }

    // MARK: Keys

    private func fields(_ node: YAMLNode, _ entries: [YAMLEntry]) -> Fields? {
        var fields = Fields(entries)
        var unknown: [YAMLEntry] = []
        var isWhole = true
        for (index, entry) in entries.enumerated() {
            if let keyword = TaskKeyword.named(entry.key) {
                if keyword == .args {
                    guard let more = entry.value.entries else {
                        problems.error("type-mismatch", "args is a map of arguments", at: entry.value.span)
                        continue
                    }
                    fields.extra += more
                } else {
                    fields.add(keyword, at: index)
                }
            } else if entry.key == "gate" || references[entry.key] != nil {
                if let first = fields.action ?? fields.gate {
                    problems.error(
                        "two-actions", "a task has one action; '\(first.key)' is there already",
                        hint: "write a second task", at: entry.keySpan)
                    isWhole = false
                } else if entry.key == "gate" {
                    fields.gate = entry
                } else {
                    fields.action = entry
                }
            } else if RefusedKeyword.report(entry, in: problems) {
                // A refused action stands in for one: no second complaint that there is none.
                if !["notify", "ignore_errors", "listen"].contains(entry.key) {
                    isWhole = fields.action != nil && isWhole
                }
            } else {
                unknown.append(entry)
            }
        }
        let reference = fields.action.flatMap { references[$0.key] }
        for entry in unknown {
            if let reference, reference.parameters.contains(where: { $0.name == entry.key }),
                fields.action?.value.entries == nil
            {
                // Beside the short form there is no other place for it.
                fields.extra.append(entry)
                continue
            }
            let isAction = fields.action == nil && fields.gate == nil
            if isAction { isWhole = false }
            var hint = NearestName.hint(
                entry.key, in: isAction ? actionNames + ["gate"] + TaskKeyword.names : TaskKeyword.names)
            if let reference, reference.parameters.contains(where: { $0.name == entry.key }) {
                hint = "'\(entry.key)' is an argument of \(reference.name): write it inside"
            }
            if hint == nil, ["rescue", "always"].contains(entry.key) { hint = "it belongs to a block" }
            if hint == nil, Self.playKeys.contains(entry.key) { hint = "'\(entry.key)' belongs to a play" }
            let what =
                isAction ? "there is no action or keyword '\(entry.key)'" : "a task has no keyword '\(entry.key)'"
            problems.error(isAction ? "unknown-action" : "unknown-key", what, hint: hint, at: entry.keySpan)
        }
        guard fields.action != nil || fields.gate != nil else {
            if isWhole {
                problems.error("missing-action", "the task has no action", at: head(of: node))
            }
            return nil
        }
        if !isWhole, fields.action == nil, fields.gate == nil { return nil }
        if let gate = fields.gate {
            for keyword in [TaskKeyword.until, .retries, .delay, .changedWhen, .undo, .irreversible] {
                guard let entry = fields[keyword] else { continue }
                problems.error(
                    "meaningless-key", "'\(entry.key)' means nothing on a gate",
                    hint: keyword == .until ? "write until inside the gate" : nil, at: entry.keySpan)
            }
            for entry in fields.extra {
                problems.error("unknown-key", "a task has no keyword '\(entry.key)'", at: entry.keySpan)
            }
            _ = gate
        }
        return fields
    }

    /// A result of a task that could not be read: what uses it is not complained about.
    private func breakRegister(_ entries: [YAMLEntry], _ context: inout TaskContext) {
        guard let name = entries.first(where: { $0.key == "register" })?.value.text else { return }
        context.broken.insert(name)
        context.scope.define(name, .never)
    }

    private func register(_ fields: Fields, _ context: TaskContext) -> Located<String>? {
        guard let entry = fields[.register], let name = text(entry.value, "'register'") else { return nil }
        return newName(Located(name, at: entry.value.span), context.scope, "the result")
    }

    // MARK: Loops

    private func loop(_ fields: Fields, _ context: inout TaskContext) -> (ValueTemplate?, String, ValueType?) {
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
            case "label": break
            case "loop_var":
                if let text = text(item.value, "'loop_var'") { named = Located(text, at: item.value.span) }
            case "index_var", "pause", "extended":
                problems.error("not-built", "'\(item.key)' is not built", hint: "remove it", at: item.keySpan)
            default: unknown(item, "loop_control", ["label", "loop_var"])
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

    private func define(
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

    private func loopLabel(_ entry: YAMLEntry, _ context: inout TaskContext) -> Template? {
        entry.value["label"].flatMap { nameTemplate($0, &context) }
    }

    // MARK: Values of keywords

    private func template(_ entry: YAMLEntry?, _ type: ValueType, _ context: TaskContext) -> ValueTemplate? {
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

    private func verdict(_ entry: YAMLEntry?, _ context: TaskContext) -> [Expression] {
        guard let entry, let parsed = builder.conditions(entry.value, what: "'\(entry.key)'") else { return [] }
        checker.check(parsed, in: context.scope, broken: context.broken)
        return parsed
    }

    private func runOnce(_ entry: YAMLEntry?) -> PlaybookTask.RunOnce {
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

    private func delegate(_ node: YAMLNode, _ context: TaskContext) -> ValueTemplate? {
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

    private func simulate(_ node: YAMLNode, _ reference: KnownAction?, _ context: TaskContext) -> ValueTemplate? {
        guard let reference else { return nil }
        let record = RecordType(
            reference.result.fields.map { .init($0.name, $0.type, mayBeAbsent: true, $0.summary) })
        guard let template = builder.template(node, as: .record(record), what: "'simulate'") else { return nil }
        _ = checker.check(template, as: .record(record), in: context.scope, broken: context.broken)
        return template
    }

    /// `undo` and `verify`: a task list, or one task alone, that sees the task's own result.
    private func nested(
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

    // MARK: Effects

    private func effect(_ fields: Fields, _ reference: KnownAction?, _ call: ActionCall?) -> Effect {
        var declared: Effect?
        if let entry = fields[.effect], let word = text(entry.value, "'effect'") {
            declared = Effect(rawValue: word)
            if declared == nil {
                let names = Effect.allCases.map(\.rawValue)
                problems.error(
                    "bad-value", "'\(word)' is no effect",
                    hint: NearestName.hint(word, in: names) ?? names.joined(separator: ", "), at: entry.value.span)
            } else if let reference, reference.effect != .opaque, declared != reference.effect {
                problems.error(
                    "effect-mismatch",
                    "\(reference.name) is \(reference.effect.rawValue); only an opaque action can be declared otherwise",
                    at: entry.value.span)
                declared = nil
            }
        }
        if let entry = fields[.checkMode] {
            if flag(entry.value, "'check_mode'") == false {
                declared = .read
            } else {
                problems.error(
                    "refused-keyword", "'check_mode' can only be false", hint: "write effect: read", at: entry.keySpan)
            }
        }
        if let declared { return declared }
        guard let reference else { return .read }
        let probes = ["creates", "removes"]
        if reference.effect == .opaque, call?.arguments.contains(where: { probes.contains($0.name.value) }) == true {
            return .checked
        }
        if reference.effect == .opaque, fields[.verify] != nil { return .checked }
        return reference.effect
    }

    private func checkEffect(
        _ fields: Fields, _ reference: KnownAction, _ effect: Effect, irreversible: Bool, _ node: YAMLNode,
        _ context: TaskContext
    ) {
        for keyword in [TaskKeyword.retries, .until] {
            guard let entry = fields[keyword] else { continue }
            if irreversible {
                problems.error(
                    "retried-write", "'\(entry.key)' on an irreversible step: it is never repeated", at: entry.keySpan)
            } else if effect == .opaque {
                problems.error(
                    "retried-write", "'\(entry.key)' on an opaque step: repeating it may do it twice",
                    hint: "declare effect: read or idempotent if that is so, or give it verify", at: entry.keySpan)
            }
        }
        if context.role == .verify, effect != .read {
            problems.error(
                "verify-writes", "verify only asks: '\(reference.name)' is \(effect.rawValue)",
                hint: "use a read or a gate",
                at: fields.action?.keySpan ?? head(of: node))
        }
        if effect == .opaque, context.play.hasSerial, context.role == .main {
            let diagnostic = Diagnostic(
                context.play.isProtected ? .error : .warning, code: "opaque-in-rollout",
                "an opaque step without verify in a rolling play: after a lost connection nobody knows whether it was done",
                hint: "give it verify, creates, or effect", at: fields.action?.keySpan ?? head(of: node))
            problems.add([diagnostic])
        }
        if reference.target != .host {
            for keyword in [TaskKeyword.become, .environment] {
                guard let entry = fields[keyword] else { continue }
                problems.error(
                    "meaningless-key", "'\(entry.key)' means nothing to \(reference.name)", at: entry.keySpan)
            }
        }
    }
}

extension PlaybookReader {
    private func taskNode(alone node: YAMLNode, _ context: inout TaskContext, _ file: inout File) -> TaskNode? {
        let list = YAMLNode(.sequence([node]), file: node.file, place: node.place)
        return taskNodes(list, &context, &file).first
    }
}
