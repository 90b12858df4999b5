import Values

extension PlaybookReader {
    /// A task list, in order: what a task registers is in scope of those after it.
    func taskNodes(
        _ node: YAMLNode, startingAt first: Int = 0, _ context: inout TaskContext, _ file: inout File
    ) -> [TaskNode] {
        guard let items = node.items else {
            problems.error("type-mismatch", "a task list is a list, not \(node.kindDescription)", at: node.span)
            return []
        }
        var nodes: [TaskNode] = []
        if options.keepsTasks { nodes.reserveCapacity(items.count) }
        for (index, item) in items.enumerated() {
            let node = taskNode(item, index: first + index, &context, &file)
            if options.keepsTasks, let node { nodes.append(node) }
        }
        return nodes
    }

    func taskNode(
        _ node: YAMLNode, index: Int, _ context: inout TaskContext, _ file: inout File
    ) -> TaskNode? {
        guard let entries = node.entries else {
            problems.error(
                "type-mismatch", "a task is a map, not \(node.kindDescription)", hint: "{name: …, action: {…}}",
                at: node.span)
            return nil
        }
        for entry in entries {
            if entry.key == "block" { return block(node, entries, index, &context, &file) }
            if entry.key == "import_tasks" { return importTasks(entry, entries, index, &context, &file) }
        }
        guard let task = task(node, entries, index, &context, &file) else { return nil }
        return .task(task)
    }

    /// The first line of a task, for messages about the whole of it.
    func head(of node: YAMLNode) -> SourceSpan { head(of: node, first: node.entries?.first) }

    func head(of node: YAMLNode, first: YAMLEntry?) -> SourceSpan {
        guard let first else { return node.span }
        var span = node.span
        span.place.endLine = span.place.line
        span.place.endColumn =
            first.keySpan.place.line == span.place.line ? first.keySpan.place.endColumn : span.place.column + 1
        return span
    }

    // MARK: Blocks

    static let blockKeys = [
        "name", "when", "vars", "block", "rescue", "always", "on_failure", "reason", "recovered", "tags", "become",
        "environment",
    ]

    private func block(
        _ node: YAMLNode, _ entries: [YAMLEntry], _ index: Int, _ context: inout TaskContext, _ file: inout File
    ) -> TaskNode? {
        var found: [String: YAMLEntry] = [:]
        for entry in entries {
            if Self.blockKeys.contains(entry.key) {
                found[entry.key] = entry
            } else if !RefusedKeyword.report(entry, in: problems) {
                var hint = NearestName.hint(entry.key, in: Self.blockKeys)
                if TaskKeyword.named(entry.key) != nil { hint = "write it on each task of the block" }
                if references[entry.key] != nil { hint = "a block holds tasks; put the action into one of them" }
                problems.error(
                    "unknown-key", "a block has no key '\(entry.key)'",
                    hint: hint ?? "keys: " + Self.blockKeys.joined(separator: ", "), at: entry.keySpan)
            }
        }
        guard let body = found["block"] else { return nil }
        let before = context.registered.count
        let guarded = context.guarded
        let mark = context.enter()
        let name = found["name"].flatMap { nameTemplate($0.value, &context) }
        let vars = found["vars"].map { variables($0.value, &context) } ?? []
        let when = conditions(found["when"], &context)
        let (outerBecome, outerEnvironment) = (context.become, context.environment)
        if let own = found["become"].flatMap({ flag($0.value, "'become'") }) { context.become = own }
        context.environment = Self.merge(
            outerEnvironment, found["environment"].flatMap { environment($0.value, context) })
        let tasks = taskNodes(body.value, &context, &file)
        var rescue: [TaskNode] = []
        var always: [TaskNode] = []
        // How far the block came is not known after it.
        if found["rescue"] != nil || found["always"] != nil { context.guarded = guarded }
        if let list = found["rescue"] {
            // Which task failed is not known here: nothing that the block registers can be relied on.
            context.scope.push()
            for result in context.registered[before...] {
                var result = result
                result.entry.mayBeAbsent = true
                define(result, in: &context.scope)
            }
            defineFailure(&context.scope)
            rescue = taskNodes(list.value, &context, &file)
            context.scope.pop()
        }
        if let list = found["always"] {
            context.scope.push()
            for result in context.registered[before...] {
                var result = result
                result.entry.mayBeAbsent = true
                define(result, in: &context.scope)
            }
            always = taskNodes(list.value, &context, &file)
            context.scope.pop()
        }
        (context.become, context.environment) = (outerBecome, outerEnvironment)
        context.leave(mark)
        if !when.isEmpty { context.guarded = guarded }
        let tags = found["tags"].map { texts($0.value, "a tag") } ?? []
        let isUncertain = !when.isEmpty || found["rescue"] != nil || tags.contains("never")
        export(from: before, isConditional: isUncertain, &context)
        let isRecovered = found["recovered"].flatMap { flag($0.value, "'recovered'") } ?? false
        return .block(
            Block(
                name: name, when: when, vars: vars, tasks: tasks, rescue: rescue, always: always,
                onFailure: failurePolicy(found["on_failure"], found["reason"]), recovered: isRecovered,
                tags: tags, isScope: false, index: index,
                span: head(of: node)))
    }

    private func defineFailure(_ scope: inout TypeScope) {
        scope.define(
            "failed_task",
            .record(RecordType([.init("name", .string), .init("action", .string), .init("host", .string)])), phase: .run
        )
        scope.define("failed_result", .json, phase: .run)
    }

    /// What a block registered stays visible after it; only perhaps, when the block may not have run to its end.
    private func export(from before: Int, isConditional: Bool, _ context: inout TaskContext) {
        for index in context.registered.indices[before...] {
            if isConditional {
                context.registered[index].entry.mayBeAbsent = true
                context.registered[index].guards = []
            }
            define(context.registered[index], in: &context.scope)
        }
    }

    static let importKeys = ["import_tasks", "name", "when", "vars", "tags"]

    private func importTasks(
        _ entry: YAMLEntry, _ entries: [YAMLEntry], _ index: Int, _ context: inout TaskContext, _ file: inout File
    ) -> TaskNode? {
        var found: [String: YAMLEntry] = [:]
        for item in entries {
            if Self.importKeys.contains(item.key) {
                found[item.key] = item
            } else if !RefusedKeyword.report(item, in: problems) {
                unknown(item, "import_tasks", Self.importKeys)
            }
        }
        let mark = context.enter()
        let before = context.registered.count
        let guarded = context.guarded
        let name = found["name"].flatMap { nameTemplate($0.value, &context) }
        let vars = found["vars"].map { variables($0.value, &context) } ?? []
        let when = conditions(found["when"], &context)
        var tasks: [TaskNode] = []
        if let text = text(entry.value, "'import_tasks'") {
            let path = FilePath.join(file.folder, text)
            if checkImport(path, entry.value.span, file.imports),
                let root = library.root(of: path, namedAt: entry.value.span)
            {
                let (folder, imports) = (file.folder, file.imports)
                file.folder = FilePath.folder(of: path)
                file.imports.append(path)
                tasks = taskNodes(root, &context, &file)
                (file.folder, file.imports) = (folder, imports)
            }
        }
        // Its own names stay inside.
        context.leave(mark)
        context.guarded = guarded
        context.registered.removeSubrange(before...)
        return .block(
            Block(
                name: name, when: when, vars: vars, tasks: tasks, rescue: [], always: [], onFailure: .stop,
                recovered: false, tags: found["tags"].map { texts($0.value, "a tag") } ?? [], isScope: true,
                index: index,
                span: entry.value.span))
    }

    // MARK: Parts that tasks and blocks share

    func conditions(_ entry: YAMLEntry?, _ context: inout TaskContext) -> [Expression] {
        guard let entry, let parsed = builder.conditions(entry.value, what: "'when'") else { return [] }
        checker.check(parsed, in: context.scope, broken: context.broken)
        for condition in parsed where condition.names.isEmpty {
            guard (try? condition.holds(in: ValueScope())) == false else { continue }
            problems.warning(
                "never-true", "this condition is always false: nothing under it ever runs",
                hint: "remove what it switches off, or make it a parameter", at: condition.span)
        }
        if context.play.lacksCluster, parsed.contains(where: { $0.names.contains("cluster") }) {
            needsCluster(entry.keySpan, context)
        }
        for condition in parsed { context.scope.assume(condition.parsed.facts) }
        context.assume(parsed.map(\.source))
        return parsed
    }

    /// The variables of a block with those of what is in it, which win.
    static func merge(_ outer: ValueTemplate?, _ inner: ValueTemplate?) -> ValueTemplate? {
        guard let outer, let inner else { return inner ?? outer }
        guard let around = entries(outer), let own = entries(inner) else { return inner }
        let kept = around.filter { entry in !own.contains { $0.key.value == entry.key.value } }
        return .map(kept + own, at: inner.span)
    }

    private static func entries(_ template: ValueTemplate) -> [(key: Located<String>, value: ValueTemplate)]? {
        switch template {
        case .map(let entries, _): entries
        case .literal(let value):
            value.value.mapValue.map { map in
                map.map { (Located($0.key, at: value.span), .literal(Located($0.value, at: value.span))) }
            }
        case .template, .list: nil
        }
    }

    /// What comes after the point of no return is not taken back when it fails: once in a play.
    func warnAfterIrreversible(
        _ effect: Effect, _ irreversible: Bool, _ node: YAMLNode, _ context: inout TaskContext
    ) {
        if context.isPastIrreversible, !context.hasWarnedOfIrreversible, effect != .read, !irreversible {
            context.hasWarnedOfIrreversible = true
            problems.warning(
                "write-after-irreversible", "this changes something after an irreversible step",
                hint:
                    "what fails here can only be rolled back as far as that step; put it before, if it can stand there",
                at: head(of: node, first: node.entries?.first))
        }
        if irreversible { context.isPastIrreversible = true }
    }

    func needsCluster(_ span: SourceSpan, _ context: TaskContext) {
        if context.play.lacksCluster { reportMissingCluster("this", at: span) }
    }

    /// Lexical variables; each may use those above it.
    func variables(_ node: YAMLNode, _ context: inout TaskContext) -> [Variable] {
        guard let entries = node.entries else {
            problems.error("type-mismatch", "vars is a map, not \(node.kindDescription)", at: node.span)
            return []
        }
        var result: [Variable] = []
        for entry in entries {
            guard let name = newName(Located(entry.key, at: entry.keySpan), context.scope, "the variable") else {
                continue
            }
            guard let template = builder.untyped(entry.value),
                let checked = checker.check(template, as: nil, in: context.scope, broken: context.broken)
            else {
                context.broken.insert(name.value)
                context.scope.define(name.value, .never)
                continue
            }
            context.scope.define(name.value, checked.type, phase: checked.phase, mayBeAbsent: checked.mayBeAbsent)
            result.append(Variable(name: name, value: template))
        }
        return result
    }

    func nameTemplate(_ node: YAMLNode, _ context: inout TaskContext) -> Template? {
        guard let text = node.text, !node.isNull else {
            problems.error("type-mismatch", "'name' is text, not \(node.kindDescription)", at: node.span)
            return nil
        }
        guard !text.isEmpty else {
            problems.error(
                "empty-name", "the name is empty", hint: "leave `name` out, or say what is done", at: node.span)
            return nil
        }
        guard let template = builder.parse(node, text) else { return nil }
        if !Template.isPlain(text) {
            _ = checker.check(template, as: nil, in: context.scope, broken: context.broken)
        }
        return template
    }

    func environment(_ node: YAMLNode, _ context: TaskContext) -> ValueTemplate? {
        guard let template = builder.template(node, as: .map(.textOrSecret), what: "'environment'") else { return nil }
        _ = checker.check(template, as: .map(.textOrSecret), in: context.scope, broken: context.broken, isArgv: true)
        return template
    }

    func failurePolicy(_ entry: YAMLEntry?, _ reason: YAMLEntry?) -> Block.FailurePolicy {
        let why = reason.flatMap { text($0.value, "'reason'") }
        guard let entry, let word = text(entry.value, "'on_failure'") else {
            if let reason, entry == nil {
                problems.error("stray-key", "'reason' belongs to on_failure: continue", at: reason.keySpan)
            }
            return .stop
        }
        switch word {
        case "stop": return .stop
        case "rollback": return .rollback
        case "continue":
            guard reason != nil else {
                problems.error(
                    "missing-key", "on_failure: continue needs a reason", hint: "reason: why going on is right",
                    at: entry.value.span)
                return .stop
            }
            return .continue(reason: why ?? "")
        default:
            let names = ["rollback", "stop", "continue"]
            problems.error(
                "bad-value", "'on_failure' is rollback, stop or continue, not '\(word)'",
                hint: NearestName.hint(word, in: names),
                at: entry.value.span)
            return .stop
        }
    }
}
