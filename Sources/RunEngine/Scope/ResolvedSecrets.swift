import Playbooks
import Values

/// The secrets of a run by where they come from, in memory only.
struct ResolvedSecrets: Sendable {
    private(set) var values: [SecretSource: Secret] = [:]

    subscript(_ source: SecretSource) -> Secret? {
        get { values[source] }
        set { values[source] = newValue }
    }

    /// A value of a file with its secrets in the places where it names them.
    func apply(_ value: Value, file: String) -> Value {
        guard !values.isEmpty else { return value }
        if let source = SecretSource(value, file: file) { return values[source].map { .secret($0) } ?? value }
        switch value {
        case .list(let items): return .list(items.map { apply($0, file: file) })
        case .map(let map): return .map(apply(map, file: file))
        default: return value
        }
    }

    func apply(_ map: ValueMap, file: String) -> ValueMap {
        guard !values.isEmpty else { return map }
        return ValueMap(map.map { ($0.key, apply($0.value, file: file)) })
    }

    /// The sources that a value of a file names.
    static func sources(in value: Value, file: String) -> [SecretSource] {
        if let source = SecretSource(value, file: file) { return [source] }
        switch value {
        case .list(let items): return items.flatMap { sources(in: $0, file: file) }
        case .map(let map): return map.values.flatMap { sources(in: $0, file: file) }
        default: return []
        }
    }
}
