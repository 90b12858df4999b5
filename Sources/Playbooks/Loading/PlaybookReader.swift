import Values

/// Reads one playbook with everything that it imports, for one load.
///
/// 1. Read the file's own keys, resolve which cluster it means, read its parameters.
/// 2. Read its gates once; they are checked at each place of use, in the scope of that place.
/// 3. Walk plays and tasks in order with the scope of names known there; each task adds what it registers.
///
/// A class, because one load shares its problems, files and inventory over many small readers; it never leaves its thread.
final class PlaybookReader {
    /// How deep imports may nest.
    static let maximumImports = 16

    let problems = Problems()
    let library: SourceLibrary
    let references: [String: KnownAction]
    let actionNames: [String]
    let inventory: Inventory
    let inventoryProblems: [Diagnostic]
    /// False when hosts and clusters are not known because the inventory could not be read.
    let isInventoryReadable: Bool
    /// Names of the outermost scope that rest on broken parts of the inventory.
    let brokenBase: Set<String>
    let extraVariables: [PlaybookLoader.ExtraVariable]
    let options: PlaybookLoader.Options
    let builder: TemplateBuilder
    let checker: TemplateChecker
    var shippedGates: [String: GateDeclaration] = [:]
    var usedGates: Set<SourceSpan> = []
    var checkedGates: Set<CheckedGate> = []
    /// Records of host lists, by the names of the hosts.
    var hostRecords: [[String]: RecordType] = [:]
    var baseScopes: [String: TypeScope] = [:]
    var reportedMissingCluster = false
    /// `--cluster`, when the inventory has it.
    var clusterOption: Located<String>?

    init(
        inventory outcome: InventoryLoader.Outcome?, references: [ActionReference], files: FileAccess,
        extraVariables: [PlaybookLoader.ExtraVariable], options: PlaybookLoader.Options
    ) {
        library = SourceLibrary(files: files, problems: problems)
        self.references = Dictionary(references.map { ($0.name, KnownAction($0)) }) { first, _ in first }
        actionNames = references.map(\.name)
        inventory = outcome?.inventory ?? .empty
        inventoryProblems = outcome?.problems ?? []
        isInventoryReadable = outcome?.isReadable ?? true
        if outcome?.isReadable == false {
            brokenBase = ["host", "hosts", "groups", "batch", "cluster", "clusters"]
        } else if outcome?.brokenVariables.isEmpty == false {
            brokenBase = ["host", "hosts", "groups", "batch"]
        } else {
            brokenBase = []
        }
        self.extraVariables = extraVariables
        self.options = options
        let names = outcome?.isReadable == false ? nil : inventory.clusters.map(\.name)
        builder = TemplateBuilder(problems: problems, clusterNames: names)
        checker = TemplateChecker(problems: problems)
    }

    /// A playbook file while it is read.
    struct File {
        var path: String
        var folder: String
        var name: String
        var scope = TypeScope()
        var broken: Set<String> = []
        /// Parameters whose default was reported: their type stands, and no value is missed.
        var wrongDefaults: Set<String> = []
        /// Values known at load: parameters and the inventory.
        var values = ValueScope()
        var parameters: [Parameter] = []
        var parameterValues = ValueMap()
        var gates: [String: GateDeclaration] = [:]
        var gateOrder: [String] = []
        var cluster: Located<String>?
        /// Results of localhost and `run_once`, for later plays.
        var globals: [Registered] = []
        var lock = LockSettings()
        /// Its own, and those of the files that it imports.
        var windows: [WindowSettings] = []
        /// True once a task before might have changed something: what is read later is known at run only.
        var hasWritten = false
        var imports: [String]
        /// Where another playbook imports it; nil for the playbook that was named.
        var importedAt: SourceSpan?
    }

    func load(path: String, shippedGates text: String) -> Result<Playbook, InvalidSource> {
        readShippedGates(text)
        readClusterOption()
        let given = Dictionary(extraVariables.map { ($0.name, $0) }) { _, last in last }
        var values: [String: ParameterSource] = [:]
        for (name, variable) in given { values[name] = .outside(variable) }
        guard let (file, plays) = readFile(path, named: nil, arguments: values, imports: [path]) else {
            return .failure(InvalidSource(Problems.sorted(inventoryProblems + problems.diagnostics)))
        }
        let all = Problems.sorted(inventoryProblems + problems.diagnostics)
        guard !all.contains(where: { $0.severity == .error }) else { return .failure(InvalidSource(all)) }
        return .success(
            Playbook(
                path: path, name: file.name, cluster: file.cluster, parameters: file.parameters, lock: file.lock,
                windows: file.windows, plays: plays, sources: library.sources, warnings: all,
                parameterValues: file.parameterValues,
                secrets: builder.secrets.sources))
    }

    // MARK: A file

    static let keys = ["opsrun", "name", "cluster", "params", "lock", "window", "gates", "plays"]
    static let lockKeys = ["scope", "wait"]

    /// Reads a playbook file; nil when nothing in it could be read.
    func readFile(
        _ path: String, named span: SourceSpan?, arguments: [String: ParameterSource], imports: [String]
    ) -> (File, [Play])? {
        guard let root = library.root(of: path, namedAt: span) else { return nil }
        var file = File(path: path, folder: FilePath.folder(of: path), name: Self.title(of: path), imports: imports)
        file.importedAt = span
        file.broken = brokenBase
        file.gates = shippedGates
        if let items = root.items {
            guard !isTaskList(items) else {
                problems.error(
                    "task-file", "this is a task file: a list of tasks, and not of plays",
                    hint: "it is checked where it is imported: import_tasks: \(path)", at: root.span)
                return nil
            }
            // A list of plays, as Ansible has it: opsrun 1 without parameters.
            file.cluster = defaultCluster(of: items)
            enterBaseScope(&file)
            readParameters(nil, arguments, &file)
            return (file, plays(root, &file))
        }
        guard let entries = root.entries else {
            problems.error(
                "playbook-shape", "a playbook is a map, not \(root.kindDescription)",
                hint: "{opsrun: 1, plays: […]}", at: root.span)
            return nil
        }
        var found: [String: YAMLEntry] = [:]
        var meant: Set<String> = []
        for entry in entries {
            if Self.keys.contains(entry.key) {
                found[entry.key] = entry
            } else if !RefusedKeyword.report(entry, in: problems) {
                let nearest = NearestName.find(entry.key, in: Self.keys)
                if let nearest { meant.insert(nearest) }
                var hint = nearest.map { "did you mean '\($0)'?" }
                if hint == nil, Self.playKeys.contains(entry.key) { hint = "'\(entry.key)' belongs to a play" }
                problems.error(
                    "unknown-key", "a playbook has no key '\(entry.key)'",
                    hint: hint ?? "keys: " + Self.keys.joined(separator: ", "), at: entry.keySpan)
            }
        }
        if found["opsrun"] != nil || !(meant.contains("opsrun") || root.isDamaged) {
            checkFormat(found["opsrun"], root)
        }
        if let name = found["name"] {
            if let text = text(name.value, "'name'") { file.name = text }
        }
        if let lock = found["lock"] { file.lock = readLock(lock.value) }
        if let window = found["window"], let settings = readWindow(window.value) { file.windows.append(settings) }
        if let cluster = found["cluster"] {
            file.cluster = clusterName(cluster.value)
        } else {
            file.cluster = defaultCluster(of: found["plays"]?.value.items ?? [])
        }
        enterBaseScope(&file)
        readParameters(found["params"]?.value, arguments, &file)
        if let gates = found["gates"] { readGates(gates.value, into: &file) }
        guard let list = found["plays"] else {
            if meant.contains("plays") || root.isDamaged { return (file, []) }
            problems.error(
                "missing-key", "the playbook has no plays", hint: "plays: [{hosts: …, tasks: […]}]", at: root.span)
            return (file, [])
        }
        let plays = plays(list.value, &file)
        checkUnusedGates(file)
        return (file, plays)
    }

    /// True for a list in which something is done and nobody says on which hosts.
    private func isTaskList(_ items: [YAMLNode]) -> Bool {
        let keys = items.flatMap { ($0.entries ?? []).map(\.key) }
        let ofPlays: Set<String> = ["hosts", "import_playbook", "tasks", "pre_tasks", "post_tasks", "roles"]
        return !keys.contains(where: ofPlays.contains)
            && keys.contains { references[$0] != nil || ["block", "gate", "import_tasks"].contains($0) }
    }

    private static func title(of path: String) -> String {
        var name = path.split(separator: "/").last.map(String.init) ?? path
        for suffix in [".yml", ".yaml"] where name.hasSuffix(suffix) { name = String(name.dropLast(suffix.count)) }
        return name
    }

    private func checkFormat(_ entry: YAMLEntry?, _ root: YAMLNode) {
        guard let entry else {
            let start = SourceSpan(file: root.file, line: root.span.line, column: root.span.column)
            problems.error(
                "missing-key", "the playbook does not say its format version", hint: "begin it with \"opsrun: 1\"",
                at: start)
            return
        }
        guard case .int(1) = entry.value.coreValue else {
            problems.error(
                "unknown-format", "this opsrun reads format 1, not \(entry.value.kindDescription)", hint: "opsrun: 1",
                at: entry.value.span)
            return
        }
    }

    private func readLock(_ node: YAMLNode) -> LockSettings {
        var lock = LockSettings()
        guard let entries = node.entries else {
            problems.error("type-mismatch", "lock is a map", hint: "{scope: cluster, wait: 0s}", at: node.span)
            return lock
        }
        for entry in entries {
            switch entry.key {
            case "scope":
                let text = entry.value.text ?? ""
                if let scope = LockSettings.Scope(rawValue: text) {
                    lock.scope = scope
                } else {
                    problems.error(
                        "bad-lock", "a lock's scope is cluster or none; other scopes are not built",
                        hint: NearestName.hint(text, in: ["cluster", "none"]), at: entry.value.span)
                }
            case "wait":
                if case .duration(let wait) = builder.template(entry.value, as: .duration, what: "'wait'")?.literalValue
                {
                    lock.wait = wait
                }
            default: unknown(entry, "lock", Self.lockKeys)
            }
        }
        return lock
    }

    // MARK: Small readers

    func unknown(_ entry: YAMLEntry, _ what: String, _ keys: [String], hint: String? = nil) {
        problems.error(
            "unknown-key", "\(what) has no key '\(entry.key)'",
            hint: hint ?? NearestName.hint(entry.key, in: keys) ?? "keys: " + keys.joined(separator: ", "),
            at: entry.keySpan)
    }

    /// Text without expressions.
    func text(_ node: YAMLNode, _ what: String) -> String? {
        guard let text = node.text, !node.isNull else {
            problems.error("type-mismatch", "\(what) is text, not \(node.kindDescription)", at: node.span)
            return nil
        }
        guard Template.isPlain(text) else {
            problems.error(
                "static-text", "\(what) is read before anything is known: no expressions here", at: node.span)
            return nil
        }
        return text
    }

    func flag(_ node: YAMLNode, _ what: String) -> Bool? {
        if let text = node.text, !Template.isPlain(text) {
            problems.error("static-text", "\(what) is true or false, written out", at: node.span)
            return nil
        }
        return builder.template(node, as: .bool, what: what)?.literalValue?.boolValue
    }

    /// Names in a list, or one alone.
    func texts(_ node: YAMLNode, _ what: String) -> [String] {
        (node.items ?? [node]).compactMap { text($0, what) }
    }

    /// The value of a template that rests on parameters and the inventory only; nil when it does not or cannot be had.
    func loadValue(_ template: ValueTemplate?, as type: ValueType, in file: File) -> Value? {
        guard let template else { return nil }
        return try? template.evaluate(in: file.values, as: type)
    }

    func clusterName(_ node: YAMLNode) -> Located<String>? {
        guard let name = text(node, "'cluster'"), builder.isKnown(cluster: name, at: node.span) else { return nil }
        return Located(name, at: node.span)
    }
}
