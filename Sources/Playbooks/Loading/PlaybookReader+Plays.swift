import Values

/// What the tasks of a play need to know about it.
struct PlayFacts {
    var cluster: String?
    /// Only `localhost`: its results are seen by later plays.
    var isLocal = false
    var hasSerial = false
    /// True when its cluster is marked `protected`.
    var isProtected = false
    /// True when the play as a whole may not run: later plays cannot rely on its results.
    var isConditional = false
    /// Which hosts are meant is not known, which was reported: nor is their cluster.
    var hasUnknownHosts = false

    /// True when nothing says which cluster is meant, and nothing that was reported explains it.
    var lacksCluster: Bool { cluster == nil && !hasUnknownHosts }
}

extension PlaybookReader {
    static let playKeys = [
        "name", "hosts", "when", "order", "serial", "max_fail", "cluster", "vars", "become", "environment", "tags",
        "tasks", "pre_tasks", "post_tasks",
    ]

    static let hostsKeys = ["pattern", "optional"]

    func plays(_ node: YAMLNode, _ file: inout File) -> [Play] {
        guard let items = node.items else {
            problems.error("type-mismatch", "plays is a list", hint: "plays: [{hosts: …, tasks: […]}]", at: node.span)
            return []
        }
        if items.isEmpty { problems.error("no-plays", "the playbook has no plays", at: node.span) }
        var plays: [Play] = []
        for item in items {
            guard let entries = item.entries else {
                problems.error(
                    "type-mismatch", "a play is a map, not \(item.kindDescription)", hint: "{hosts: …, tasks: […]}",
                    at: item.span)
                continue
            }
            if let entry = entries.first(where: { $0.key == "import_playbook" }) {
                plays += importPlaybook(entry, entries, &file)
            } else if let play = play(item, entries, &file) {
                plays.append(play)
            }
        }
        return plays
    }

    // MARK: One play

    private func play(_ node: YAMLNode, _ entries: [YAMLEntry], _ file: inout File) -> Play? {
        var found: [String: YAMLEntry] = [:]
        var meant: Set<String> = []
        for entry in entries {
            if Self.playKeys.contains(entry.key) {
                found[entry.key] = entry
            } else if !RefusedKeyword.report(entry, in: problems) {
                let nearest = NearestName.find(entry.key, in: Self.playKeys)
                if let nearest { meant.insert(nearest) }
                var hint = nearest.map { "did you mean '\($0)'?" }
                if hint == nil,
                    TaskKeyword.named(entry.key) != nil || references[entry.key] != nil || entry.key == "block"
                {
                    hint = "'\(entry.key)' belongs to a task"
                }
                problems.error(
                    "unknown-key", "a play has no key '\(entry.key)'",
                    hint: hint ?? "keys: " + Self.playKeys.joined(separator: ", "), at: entry.keySpan)
            }
        }
        let span = SourceSpan(
            file: node.file, line: node.span.line, column: node.span.column, endLine: node.span.line,
            endColumn: node.span.column + 1)
        // A play without hosts is read to its end: its other mistakes are found now and not after this one.
        let isNamed = found["hosts"] != nil || !(meant.contains("hosts") || node.isDamaged)
        let pattern = isNamed ? pattern(found["hosts"], span, file) : nil
        let hosts = pattern.flatMap(resolve)
        var facts = PlayFacts()
        facts.hasUnknownHosts = hosts == nil
        let explicit = found["cluster"].flatMap { clusterName($0.value) }
        let ownClusters = Set((hosts ?? []).compactMap(\.cluster))
        // The play's own word, else its hosts' one cluster, else the file's.
        let cluster =
            explicit
            ?? (ownClusters.count == 1 ? ownClusters.first.map { Located($0, at: pattern?.text.span ?? span) } : nil)
            ?? file.cluster
        facts.cluster = cluster?.value
        facts.isProtected = cluster.flatMap { inventory.cluster($0.value) }?.isProtected ?? false
        facts.isLocal = hosts?.map(\.name) == ["localhost"]
        facts.isConditional = found["when"] != nil || pattern?.isOptional == true
        facts.hasSerial = found["serial"] != nil

        var context = TaskContext(
            scope: scope(for: cluster?.value, in: file), broken: file.broken, play: facts)
        if hosts == nil { context.broken.formUnion(["host", "batch"] + (cluster == nil ? ["cluster"] : [])) }
        context.scope.push()
        definePlayNames(hosts ?? [], &context.scope)
        for result in file.globals { define(result, in: &context.scope) }

        let vars = found["vars"].map { variables($0.value, &context) } ?? []
        var conditions: [Expression] = []
        if let when = found["when"] {
            conditions = builder.conditions(when.value, what: "'when'") ?? []
            checker.check(conditions, in: context.scope, broken: context.broken)
        }
        let name = found["name"].flatMap { nameTemplate($0.value, &context) }
        let order = found["order"].map { self.order($0.value) } ?? .inventory
        let serial = found["serial"].map { self.serial($0.value, context) } ?? []
        let maxFail = found["max_fail"].flatMap { self.maxFail($0.value, context) }
        let become = found["become"].flatMap { flag($0.value, "'become'") } ?? false
        let environment = found["environment"].flatMap { self.environment($0.value, context) }
        let tags = found["tags"].map { texts($0.value, "a tag") } ?? []
        var tasks: [TaskNode] = []
        for key in ["pre_tasks", "tasks", "post_tasks"] {
            guard let list = found[key], !list.value.isNull else { continue }
            tasks += taskNodes(list.value, startingAt: tasks.count, &context, &file)
        }
        let lists = ["tasks", "pre_tasks", "post_tasks"]
        if !lists.contains(where: { found[$0] != nil || meant.contains($0) }), !node.isDamaged {
            problems.error("missing-key", "the play has no tasks", at: span)
        }
        for var result in context.registered where facts.isLocal || result.isGlobal {
            if facts.isConditional || tags.contains("never") { result.entry.mayBeAbsent = true }
            result.guards = []
            file.globals.append(result)
        }
        // Whether later plays see its results depends on where it runs.
        if hosts == nil { file.broken.formUnion(context.registered.map(\.name)) }
        guard let pattern else { return nil }
        return Play(
            name: name, hosts: pattern, when: conditions, order: order, serial: serial, maxFail: maxFail,
            cluster: cluster, vars: vars, become: become, environment: environment, tags: tags, tasks: tasks,
            span: span,
            parameterValues: file.parameterValues)
    }

    /// The file's scope with `cluster` as this play means it.
    private func scope(for cluster: String?, in file: File) -> TypeScope {
        guard cluster != file.cluster?.value else { return file.scope }
        var scope = file.scope
        var other = File(path: file.path, folder: file.folder, name: file.name, imports: [])
        other.cluster = cluster.map { Located($0, at: SourceSpan(file: file.path, line: 1, column: 1)) }
        enterBaseScope(&other)
        scope.push()
        if let entry = other.scope["cluster"] { scope.define("cluster", entry) }
        return scope
    }

    /// `host` and `batch`.
    func definePlayNames(_ hosts: [Host], _ scope: inout TypeScope) {
        let record = ValueType.record(hostRecord(hosts))
        scope.define("host", record, phase: .load)
        scope.define(
            "batch", .record(RecordType([.init("hosts", .list(record), "The hosts of the batch that runs")])),
            phase: .plan)
    }

    // MARK: Hosts

    private func pattern(_ entry: YAMLEntry?, _ span: SourceSpan, _ file: File) -> HostPattern? {
        guard let entry else {
            problems.error(
                "missing-key", "the play names no hosts", hint: "hosts: a group, a pattern or localhost", at: span)
            return nil
        }
        var node = entry.value
        var isOptional = false
        if let entries = node.entries {
            guard let inner = node["pattern"] else {
                problems.error(
                    "missing-key", "hosts needs a pattern", hint: "{pattern: …, optional: true}", at: entry.value.span)
                return nil
            }
            for entry in entries where entry.key != "pattern" {
                if entry.key == "optional" {
                    isOptional = flag(entry.value, "'optional'") ?? false
                } else {
                    unknown(entry, "hosts", Self.hostsKeys)
                }
            }
            node = inner
        }
        guard node.entries == nil, !node.isNull else {
            problems.error("type-mismatch", "hosts is a pattern, not \(node.kindDescription)", at: node.span)
            return nil
        }
        var terms: [String] = []
        for item in node.items ?? [node] {
            guard let text = item.text, !Template.isPlain(text) else {
                guard let text = text(item, "a host pattern") else { return nil }
                terms.append(text)
                continue
            }
            // An expression is resolved here and now: which hosts a play has is known at load.
            guard let template = builder.parse(item, text),
                let checked = checker.check(template, as: nil, in: file.scope, broken: file.broken)
            else { return nil }
            guard checked.phase == .load else {
                problems.error(
                    "late-value", "'hosts' must be known when the files are loaded", hint: "use parameters",
                    at: item.span)
                return nil
            }
            guard let value = loadValue(.template(template), as: .json, in: file) else { return nil }
            let names = value.listValue?.compactMap(\.stringValue) ?? [value.stringValue].compactMap(\.self)
            guard !names.isEmpty else {
                problems.error("type-mismatch", "'hosts' is a pattern or a list of names", at: item.span)
                return nil
            }
            terms += names
        }
        return HostPattern(text: Located(terms.joined(separator: ":"), at: node.span), isOptional: isOptional)
    }

    /// The hosts of a pattern; nil when they cannot be known, which was reported.
    private func resolve(_ pattern: HostPattern) -> [Host]? {
        guard isInventoryReadable else { return pattern.text.value == "localhost" ? [.localhost] : nil }
        do throws(HostPatternFailure) {
            return try pattern.resolve(in: inventory)
        } catch {
            problems.error("no-hosts", error.message, hint: error.hint, at: pattern.text.span)
            return nil
        }
    }

    // MARK: Rollout

    private func order(_ node: YAMLNode) -> Play.Order {
        guard let text = text(node, "'order'") else { return .inventory }
        if let order = Play.Order(rawValue: text) { return order }
        let names = Play.Order.allCases.map(\.rawValue)
        problems.error(
            "unknown-order", "there is no order '\(text)'",
            hint: NearestName.hint(text, in: names) ?? names.joined(separator: ", "), at: node.span)
        return .inventory
    }

    private func serial(_ node: YAMLNode, _ context: TaskContext) -> [Play.BatchSize] {
        let items = node.items ?? [node]
        if items.isEmpty { problems.error("bad-serial", "'serial' has no sizes", at: node.span) }
        return items.compactMap { batchSize($0, context) }
    }

    private func batchSize(_ node: YAMLNode, _ context: TaskContext) -> Play.BatchSize? {
        guard let text = node.text, !node.isNull else {
            problems.error("bad-serial", "a batch's size is a number, a percentage or 'safe'", at: node.span)
            return nil
        }
        if !Template.isPlain(text) {
            guard let template = builder.template(node, as: .int, what: "'serial'"),
                let checked = checker.check(template, as: .int, in: context.scope, broken: context.broken)
            else { return nil }
            guard checked.phase == .load else {
                problems.error(
                    "late-value", "'serial' must be known when the files are loaded", hint: "use parameters",
                    at: node.span)
                return nil
            }
            return .expression(template)
        }
        if text == "safe" { return .safe }
        if text.hasSuffix("%"), let percent = Int(text.dropLast()) {
            if (1...100).contains(percent) { return .percent(percent) }
        } else if let count = Int(text), count > 0 {
            return .count(count)
        }
        problems.error(
            "bad-serial", "'\(text)' is no batch size", hint: "a number from 1, a percentage from 1% to 100%, or safe",
            at: node.span)
        return nil
    }

    private func maxFail(_ node: YAMLNode, _ context: TaskContext) -> ValueTemplate? {
        if let text = node.text, Template.isPlain(text) {
            if text.hasSuffix("%"), let percent = Int(text.dropLast()), (0...100).contains(percent) {
                return .literal(Located(.string(text), at: node.span))
            }
            if let count = Int(text), count >= 0 { return .literal(Located(.int(Int64(count)), at: node.span)) }
            problems.error(
                "bad-max-fail", "'\(text)' is no number of hosts", hint: "a number or a percentage", at: node.span)
            return nil
        }
        guard let template = builder.template(node, as: .int, what: "'max_fail'") else { return nil }
        _ = checker.check(template, as: .int, in: context.scope, broken: context.broken)
        return template
    }

    // MARK: Imports

    private func importPlaybook(_ entry: YAMLEntry, _ entries: [YAMLEntry], _ file: inout File) -> [Play] {
        var arguments: [String: ParameterSource] = [:]
        var tags: [String] = []
        for item in entries where item.key != "import_playbook" {
            switch item.key {
            case "name": _ = text(item.value, "'name'")
            case "tags": tags = texts(item.value, "a tag")
            case "vars":
                guard let vars = item.value.entries else {
                    problems.error("type-mismatch", "vars is a map", at: item.value.span)
                    continue
                }
                for variable in vars { arguments[variable.key] = .imported(variable.value, file) }
            default:
                if !RefusedKeyword.report(item, in: problems) {
                    unknown(item, "import_playbook", ["import_playbook", "name", "vars", "tags"])
                }
            }
        }
        guard let text = text(entry.value, "'import_playbook'") else { return [] }
        let path = FilePath.join(file.folder, text)
        guard checkImport(path, entry.value.span, file.imports) else { return [] }
        guard
            let (imported, plays) = readFile(
                path, named: entry.value.span, arguments: arguments, imports: file.imports + [path])
        else { return [] }
        // One run, one lock: whoever wants the cluster locked gets it, and the most patient says for how long to wait.
        if imported.lock.scope == .cluster { file.lock.scope = .cluster }
        file.lock.wait = max(file.lock.wait, imported.lock.wait)
        file.windows += imported.windows
        return plays.map { play in
            var play = play
            play.tags += tags
            return play
        }
    }

    /// False, with a problem, for a file that imports itself or nests too deep.
    func checkImport(_ path: String, _ span: SourceSpan, _ imports: [String]) -> Bool {
        if imports.contains(path) {
            problems.error(
                "import-cycle", "the file imports itself: \((imports + [path]).joined(separator: " > "))", at: span)
            return false
        }
        guard imports.count < Self.maximumImports else {
            problems.error("import-depth", "imports nest more than \(Self.maximumImports) deep", at: span)
            return false
        }
        return true
    }
}
