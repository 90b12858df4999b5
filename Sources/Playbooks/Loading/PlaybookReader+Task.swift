import Values

extension PlaybookReader {
    func task(
        _ node: YAMLNode, _ entries: [YAMLEntry], _ index: Int, _ context: inout TaskContext, _ file: inout File
    ) -> PlaybookTask? {
        guard let fields = fields(node, entries) else {
            breakRegister(entries, &context)
            return nil
        }
        let reference = fields.reference
        let call = fields.action.flatMap { entry in
            reference.flatMap { actionCall(entry, $0, extra: fields.extra, folder: file.folder) }
        }
        let cluster = fields[.cluster].flatMap { clusterName($0.value) }
        let outerCluster = context.play.cluster
        if let cluster { context.play.cluster = cluster.value }
        defer { context.play.cluster = outerCluster }

        let mark = context.enter()
        let brokenOutside = context.broken
        let (loop, loopVariable, itemType) = self.loop(fields, &context)
        let indexVariable = indexVariable(fields, &context)
        let vars = fields[.vars].map { variables($0.value, &context) } ?? []
        let when = conditions(fields[.when], &context)
        let name = fields[.name].flatMap { nameTemplate($0.value, &context) }
        let label = fields[.loopControl].flatMap { loopLabel($0, &context) }
        let pause = template(
            fields[.loopControl]?.value.entries?.first { $0.key == "pause" }, .duration, context)
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

        var verdicts = Verdicts()
        if result == nil {
            context.broken.insert("result")
            if let register { context.broken.insert(register.value) }
        }
        if fields.hasVerdict {
            context.scope.push()
            if let result {
                context.scope.define("result", .record(result), phase: .run)
                if let register { context.scope.define(register.value, .record(result), phase: .run) }
            }
            verdicts.until = verdict(fields[.until], context)
            verdicts.changedWhen = verdict(fields[.changedWhen], context)
            verdicts.failedWhen = verdict(fields[.failedWhen], context)
            context.scope.pop()
        }

        let retries = template(fields[.retries], .int, context)
        let delay = template(fields[.delay], .duration, context)
        let effect = effect(fields, worked, call)
        let simulate = fields[.simulate].flatMap { self.simulate($0.value, worked, context) }
        let delegateTo = fields[.delegateTo].flatMap { delegate($0.value, worked, context) }
        let environment = Self.merge(
            context.environment, fields[.environment].flatMap { self.environment($0.value, context) })
        let become = fields[.become].flatMap { flag($0.value, "'become'") } ?? context.become
        let irreversible =
            (fields[.irreversible].flatMap { flag($0.value, "'irreversible'") } ?? false)
            || worked?.irreversible == true
        let verify = fields[.verify].map { nested($0.value, .verify, register, result, &context, &file) } ?? []
        let undo = fields[.undo].map { nested($0.value, .undo, register, result, &context, &file) } ?? []
        context.leave(mark)
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
                if !result.guards.isEmpty {
                    var entry = result.entry
                    entry.mayBeAbsent = false
                    context.guarded[TaskContext.key(of: result.guards), default: .init()].define(result.name, entry)
                }
            }
            if effect != .read { file.hasWritten = true }
            if context.role == .main { warnAfterIrreversible(effect, irreversible, node, &context) }
        } else if let register {
            context.broken.insert(register.value)
            context.scope.define(register.value, .never)
        }
        guard let work else { return nil }
        let noLog = fields[.noLog].flatMap { flag($0.value, "'no_log'") } ?? false
        return PlaybookTask(
            name: name, work: work, when: when, vars: vars, loop: loop, loopVariable: loopVariable, loopLabel: label,
            register: register, until: verdicts.until, retries: retries, delay: delay, interval: interval,
            timeout: timeout,
            effect: fields[.effect] == nil && fields[.checkMode] == nil ? nil : effect, verify: verify, undo: undo,
            irreversible: irreversible, become: become, environment: environment, delegateTo: delegateTo,
            runOnce: runOnce, cluster: cluster, tags: tags,
            changedWhen: verdicts.changedWhen, failedWhen: verdicts.failedWhen,
            noLog: noLog,
            simulate: simulate, onFailure: policy, indexVariable: indexVariable, pause: pause, index: index,
            span: head(of: node, first: entries.first))
    }

    /// Actions of the language that this opsrun lacks, each with what does its work meanwhile.
    private static let actionsToCome = [
        "service": "write command: [systemctl, restart, …], or broker.restart for a broker",
        "http": "write command: [curl, --fail, …]", "kubectl": "write command: [kubectl, …]",
    ]

    /// Conditions that see the task's own result.
    private struct Verdicts {
        var until: [Expression] = []
        var changedWhen: [Expression] = []
        var failedWhen: [Expression] = []
    }

    // MARK: Keys

    private func fields(_ node: YAMLNode, _ entries: [YAMLEntry]) -> TaskFields? {
        var fields = TaskFields(entries)
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
                continue
            }
            let reference = references[entry.key]
            if entry.key == "gate" || reference != nil {
                if let first = fields.action ?? fields.gate {
                    problems.error(
                        "two-actions", "a task has one action; '\(first.key)' is there already",
                        hint: "write a second task", at: entry.keySpan)
                    isWhole = false
                } else if entry.key == "gate" {
                    fields.gate = entry
                } else {
                    fields.action = entry
                    fields.reference = reference
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
        let reference = fields.reference
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
            if isAction, let instead = Self.actionsToCome[entry.key] {
                problems.error(
                    "not-built", "the action '\(entry.key)' is not built yet", hint: instead, at: entry.keySpan)
                continue
            }
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

    private func register(_ fields: TaskFields, _ context: TaskContext) -> Located<String>? {
        guard let entry = fields[.register], let name = text(entry.value, "'register'") else { return nil }
        return newName(Located(name, at: entry.value.span), context.scope, "the result")
    }
}

extension PlaybookReader {
    func taskNode(alone node: YAMLNode, _ context: inout TaskContext, _ file: inout File) -> TaskNode? {
        taskNode(node, index: 0, &context, &file)
    }
}
