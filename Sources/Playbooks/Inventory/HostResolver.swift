import Values

/// Gives each host its variables: a host's own over its groups', a deeper group over a shallower one.
///
/// 1. Collect what is set for the host, one setting a name; two groups of the same depth that differ are an error.
/// 2. Literals have their values at once, by the declared type where there is one.
/// 3. Expressions see `host.*` with what is known so far; those that need another expression's value wait for it, until a
///    round brings nothing new.
struct HostResolver {
    let tree: InventoryTree
    let problems: Problems
    let builder: TemplateBuilder
    /// Settings are built once, however many hosts share them.
    private var templates: [SourceSpan: ValueTemplate?] = [:]
    private var reported: Set<SourceSpan> = []
    /// Names of variables that could not be resolved on some host.
    private(set) var broken: Set<String> = []

    init(tree: InventoryTree, problems: Problems, builder: TemplateBuilder) {
        self.tree = tree
        self.problems = problems
        self.builder = builder
    }

    struct Resolved {
        var values: ValueMap
        var lifecycle: ConfigurationNode?
        /// Where each variable was set, by the name as written.
        var spans: [String: SourceSpan]
    }

    mutating func resolve(_ host: InventoryTree.HostEntry, groups: [String]) -> Resolved {
        var result = Resolved(values: ["name": .string(host.name)], lifecycle: nil, spans: [:])
        var waiting: [(setting: InventoryTree.Setting, template: ValueTemplate, type: ValueType?)] = []
        for setting in effective(host, groups) {
            result.spans[setting.name] = setting.nameSpan
            if setting.name == "lifecycle" {
                if let template = builder.untyped(setting.node, keepsText: true) {
                    result.lifecycle = ConfigurationNode(template: template, folder: setting.folder)
                }
                continue
            }
            let type = HostVariables.types[HostVariables.canonical(setting.name)]
            guard let template = template(for: setting, type) else {
                broken.insert(setting.name)
                continue
            }
            if let value = template.literalValue {
                result.values[setting.name] = value
            } else {
                waiting.append((setting, template, type))
            }
        }
        result.values["groups"] = .list(groups.map(Value.string))
        evaluate(&waiting, host.name, into: &result.values)
        return result
    }

    // MARK: Precedence

    private func effective(_ host: InventoryTree.HostEntry, _ groups: [String]) -> [InventoryTree.Setting] {
        struct Choice {
            var setting: InventoryTree.Setting
            var rank: Int
            var owner: String
        }
        var order: [String] = []
        var chosen: [String: Choice] = [:]
        func offer(_ setting: InventoryTree.Setting, rank: Int, owner: String) {
            let name = HostVariables.canonical(setting.name)
            guard let current = chosen[name] else {
                order.append(name)
                chosen[name] = Choice(setting: setting, rank: rank, owner: owner)
                return
            }
            if rank > current.rank {
                chosen[name] = Choice(setting: setting, rank: rank, owner: owner)
            } else if rank == current.rank, !setting.node.isSame(as: current.setting.node) {
                let other = current.owner
                if owner == other {
                    problems.error(
                        "duplicate-variable", "\(owner) sets '\(setting.name)' twice and differently",
                        hint: "first at \(current.setting.nameSpan)", at: setting.nameSpan)
                } else {
                    problems.error(
                        "ambiguous-variable",
                        "\(owner) and \(other) are equally deep and set '\(setting.name)' differently for the host "
                            + "'\(host.name)'", hint: "set it on the host, or at one of them only", at: setting.nameSpan
                    )
                }
            }
        }
        for name in groups {
            guard let group = tree.groups[name] else { continue }
            for setting in group.settings where !HostVariables.global.contains(setting.name) {
                offer(setting, rank: group.depth, owner: "the group '\(name)'")
            }
        }
        for setting in host.settings { offer(setting, rank: .max, owner: "the host '\(host.name)'") }
        return order.compactMap { chosen[$0]?.setting }
    }

    // MARK: Values

    private mutating func template(for setting: InventoryTree.Setting, _ type: ValueType?) -> ValueTemplate? {
        let key = setting.node.span
        if let known = templates[key] { return known }
        let built = builder.template(setting.node, as: type, what: "'\(setting.name)'")
        templates[key] = .some(built)
        return built
    }

    private mutating func evaluate(
        _ waiting: inout [(setting: InventoryTree.Setting, template: ValueTemplate, type: ValueType?)], _ host: String,
        into values: inout ValueMap
    ) {
        while !waiting.isEmpty {
            var last: [[Diagnostic]] = []
            var left: [(setting: InventoryTree.Setting, template: ValueTemplate, type: ValueType?)] = []
            for item in waiting {
                switch attempt(item.template, item.type, values) {
                case .success(let value): values[item.setting.name] = value
                case .failure(let invalid):
                    last.append(invalid.diagnostics)
                    left.append(item)
                }
            }
            guard left.count < waiting.count else {
                for (item, diagnostics) in zip(left, last) {
                    broken.insert(item.setting.name)
                    guard reported.insert(item.setting.node.span).inserted else { continue }
                    problems.add(
                        diagnostics.map { diagnostic in
                            var diagnostic = diagnostic
                            diagnostic.message += " (for the host '\(host)')"
                            return diagnostic
                        })
                }
                return
            }
            waiting = left
        }
    }

    private func attempt(
        _ template: ValueTemplate, _ type: ValueType?, _ values: ValueMap
    ) -> Result<Value, InvalidSource> {
        var types = TypeScope()
        types.define("host", .inferred(from: .map(values)))
        let trial = Problems()
        let checked = TemplateChecker(problems: trial).check(template, as: type, in: types, broken: [])
        guard checked != nil, !trial.hasErrors else { return .failure(InvalidSource(trial.diagnostics)) }
        var scope = ValueScope()
        scope.define("host", .map(values))
        do throws(EvaluationError) {
            return .success(try template.evaluate(in: scope, as: type))
        } catch {
            return .failure(
                InvalidSource([Diagnostic(code: "inventory-value", error.message, hint: error.hint, at: error.span)]))
        }
    }
}

extension YAMLNode {
    /// True when both say the same, wherever they stand.
    func isSame(as other: YAMLNode) -> Bool {
        switch (content, other.content) {
        case (.scalar(let one), .scalar(let two)): one.isExactly(two) && isPlain == other.isPlain
        case (.sequence(let one), .sequence(let two)):
            one.count == two.count && zip(one, two).allSatisfy { $0.isSame(as: $1) }
        case (.mapping(let one), .mapping(let two)):
            one.count == two.count
                && zip(one, two).allSatisfy { $0.key.isExactly($1.key) && $0.value.isSame(as: $1.value) }
        default: false
        }
    }
}
