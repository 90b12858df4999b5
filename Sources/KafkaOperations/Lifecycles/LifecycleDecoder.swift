package import Playbooks
package import RunEngine
import Values

/// Reads `lifecycle:` of an inventory, with every problem at its place.
package enum LifecycleDecoder {
    /// What one says.
    package enum Settings: Sendable {
        case commands(CommandTemplates)
        case systemd(SystemdTemplates)
        /// Owned by someone else, with its options where it has any: `simulated`.
        case other(String, ValueTemplate?)
    }

    static let notBuilt = ["kubernetes", "strimzi"]

    /// Every problem of every lifecycle of an inventory: its shape once, its expressions for each host that uses it.
    /// `presets` are those that the caller knows (`simulated`).
    package static func check(_ inventory: Inventory, presets: Set<String> = ["simulated"]) -> [Diagnostic] {
        var found: [Diagnostic] = []
        for cluster in inventory.clusters {
            guard let node = cluster.lifecycle else { continue }
            if case .failure(let invalid) = decode(node, presets: presets) { found += invalid.diagnostics }
        }
        for host in inventory.hosts {
            guard let node = node(of: host, in: inventory) else { continue }
            switch decode(node, presets: presets) {
            case .failure(let invalid): found += invalid.diagnostics
            case .success(let settings): found += problems(of: settings, for: host)
            }
        }
        var seen: Set<Diagnostic> = []
        return found.filter { seen.insert($0).inserted }
    }

    /// The lifecycle of a host: its own, else its cluster's.
    package static func node(of host: Host, in inventory: Inventory) -> ConfigurationNode? {
        host.lifecycle ?? host.cluster.flatMap { inventory.cluster($0)?.lifecycle }
    }

    package static func lifecycle(
        of host: Host, in inventory: Inventory, shell: any HostShell
    ) throws(StepFailure) -> any Lifecycle {
        guard let node = node(of: host, in: inventory) else {
            throw StepFailure(
                .invalid, "\(host.name) has no `lifecycle`: nothing says how its broker is started and stopped",
                nextAction: "give its cluster or group one: commands, or systemd")
        }
        switch decode(node, presets: []) {
        case .success(.commands(let templates)):
            return CommandsLifecycle(templates, host: host, folder: node.folder, shell: shell)
        case .success(.systemd(let templates)): return SystemdLifecycle(templates, host: host, shell: shell)
        case .success(.other(let name, _)):
            throw StepFailure(.invalid, "\(node.span): the lifecycle \(name) is not known here")
        case .failure(let invalid):
            throw StepFailure(
                .invalid, "the lifecycle of \(host.name) cannot be read",
                causes: invalid.diagnostics.map(\.description))
        }
    }

    package static func decode(_ node: ConfigurationNode, presets: Set<String>) -> Result<Settings, InvalidSource> {
        if let text = node.template.literalText { return preset(text, nil, at: node.span, presets) }
        guard let entries = node.template.entries else {
            return failure("a lifecycle is a preset's name or a map with one", at: node.span)
        }
        let pid = entries.first { $0.key.value == "pid" }?.value
        if let pid, let commands = entries.first(where: { $0.key.value == "commands" })?.value, entries.count == 2 {
            return CommandTemplates.decode(commands, pid: pid).map(Settings.commands)
        }
        guard entries.count == 1, let (key, value) = entries.first else {
            return failure(
                "a lifecycle is exactly one of commands, systemd and simulated",
                at: entries.dropFirst().first?.key.span ?? node.span)
        }
        switch key.value {
        case "commands": return CommandTemplates.decode(value).map(Settings.commands)
        case "systemd": return SystemdTemplates.decode(value).map(Settings.systemd)
        default: return preset(key.value, value, at: key.span, presets)
        }
    }

    private static func preset(
        _ name: String, _ options: ValueTemplate?, at span: SourceSpan, _ presets: Set<String>
    ) -> Result<Settings, InvalidSource> {
        if presets.contains(name) { return .success(.other(name, options)) }
        if notBuilt.contains(name) {
            return failure(
                "the lifecycle `\(name)` is not built yet", hint: "use `commands` with kubectl meanwhile", at: span)
        }
        if name == "commands" || name == "systemd" {
            return failure("the lifecycle `\(name)` needs its options", at: span)
        }
        return failure(
            "there is no lifecycle `\(name)`",
            hint: NearestName.hint(name, orListing: ["commands", "systemd"] + presets.sorted() + notBuilt), at: span)
    }

    static func failure<Success>(
        _ message: String, hint: String? = nil, at span: SourceSpan
    ) -> Result<Success, InvalidSource> {
        .failure(InvalidSource([Diagnostic(code: "lifecycle", message, hint: hint, at: span)]))
    }

    /// Expressions that have no value for this host.
    private static func problems(of settings: Settings, for host: Host) -> [Diagnostic] {
        let sample = Version(major: 4, minor: 0)
        switch settings {
        case .commands(let templates):
            return templates.argv.flatMap { operation, items in
                items.flatMap { LifecycleScope.problems($0, host, version: operation.takesVersion ? sample : nil) }
            }
        case .systemd(let templates):
            return templates.all.flatMap { template, takesVersion in
                LifecycleScope.problems(template, host, version: takesVersion ? sample : nil)
            }
        case .other: return []
        }
    }
}

extension LifecycleOperation {
    /// Whether `version` has a meaning in its argv.
    var takesVersion: Bool { self == .install || self == .activate }
}

/// What an expression of a lifecycle sees: `host`, and `version` where one is installed or activated.
enum LifecycleScope {
    static func values(_ host: Host, version: Version?) -> ValueScope {
        let record = InventoryValues.value(of: host)
        var scope: ValueMap = ["host": .map(record)]
        if let version { scope["version"] = .version(version) }
        return ValueScope(scope)
    }

    /// One word.
    static func text(_ template: ValueTemplate, _ host: Host, version: Version?) throws(StepFailure) -> String {
        let value: Value
        switch template {
        case .literal(let literal): value = literal.value
        case .template(let template):
            do throws(EvaluationError) { value = try template.evaluate(in: values(host, version: version)) } catch {
                throw StepFailure(.failed, "the lifecycle of \(host.name): \(error.description)")
            }
        case .list(_, let span), .map(_, let span):
            throw StepFailure(.failed, "\(span): a word of a command must be text or a number")
        }
        guard let text = value.plainText else {
            throw StepFailure(.failed, "\(template.span): a word of a command must be text or a number")
        }
        return text
    }

    static func problems(_ template: ValueTemplate, _ host: Host, version: Version?) -> [Diagnostic] {
        switch template {
        case .template(let template):
            do throws(EvaluationError) {
                let value = try template.evaluate(in: values(host, version: version))
                guard value.plainText == nil else { return [] }
                return [
                    Diagnostic(
                        code: "lifecycle", "a word of a command must be text or a number, not \(value.kindText)",
                        at: template.span)
                ]
            } catch {
                let hint =
                    version == nil && error.message.contains("version")
                    ? "only install and activate have one" : error.hint
                return [
                    Diagnostic(
                        code: "lifecycle", "\(error.message), for the host \(host.name)", hint: hint, at: error.span)
                ]
            }
        case .literal(let literal) where literal.value.plainText == nil:
            return [Diagnostic(code: "lifecycle", "a word of a command must be text or a number", at: literal.span)]
        case .literal: return []
        case .list(_, let span), .map(_, let span):
            return [Diagnostic(code: "lifecycle", "a word of a command must be text or a number", at: span)]
        }
    }
}

extension Value {
    /// For messages.
    var kindText: String {
        switch self {
        case .null: "null"
        case .secret: "a secret"
        case .list: "a list"
        case .map: "a map"
        default: "a value"
        }
    }
}

extension ValueTemplate {
    /// The text of a plain scalar.
    var literalText: String? {
        if case .literal(let literal) = self { literal.value.stringValue } else { nil }
    }

    /// The entries of a map, also of one that is known as a whole; then they share its place.
    var entries: [(key: Located<String>, value: ValueTemplate)]? {
        switch self {
        case .map(let entries, _): return entries
        case .literal(let literal):
            guard let map = literal.value.mapValue else { return nil }
            return map.map { key, value in
                (Located(key, at: literal.span), .literal(Located(value, at: literal.span)))
            }
        default: return nil
        }
    }

    /// The items of a list, also of one that is known as a whole.
    var items: [ValueTemplate]? {
        switch self {
        case .list(let items, _): return items
        case .literal(let literal):
            return literal.value.listValue?.map { .literal(Located($0, at: literal.span)) }
        default: return nil
        }
    }
}
