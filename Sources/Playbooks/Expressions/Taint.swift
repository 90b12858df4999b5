import Values

/// Secrets inside values: finding, opening for a filter's work, closing what it made.
enum Taint {
    static func origin(_ value: Value) -> String? {
        switch value {
        case .secret(let secret): secret.origin
        case .list(let items): items.lazy.compactMap(origin).first
        case .map(let map): map.values.lazy.compactMap(origin).first
        default: nil
        }
    }

    static func reveal(_ value: Value) -> Value {
        switch value {
        case .secret(let secret): .string(secret.reveal())
        case .list(let items): .list(items.map(reveal))
        case .map(let map): .map(ValueMap(map.map { ($0.key, reveal($0.value)) }))
        default: value
        }
    }

    static func conceal(_ value: Value, origin: String) -> Value {
        switch value {
        case .string(let text): .secret(Secret(text, origin: origin))
        case .list(let items): .list(items.map { conceal($0, origin: origin) })
        case .map(let map): .map(ValueMap(map.map { ($0.key, conceal($0.value, origin: origin)) }))
        default: value
        }
    }
}
