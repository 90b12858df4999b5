/// A value of the playbook language: what YAML, parameters, results and expressions hold.
///
/// Ordered and typed: a map keeps the order of its keys, `3` and `3.0` are different values, and a secret is a value of its
/// own that never prints. Equality is exact (`.int(3) != .float(3)`); the language's `==` lives in `Playbooks`.
package enum Value: Sendable {
    case null
    case bool(Bool)
    case int(Int64)
    case float(Double)
    case string(String)
    /// An amount of data in bytes (`10MiB`).
    case bytes(ByteCount)
    case duration(Duration)
    case timestamp(Timestamp)
    indirect case version(Version)
    indirect case secret(Secret)
    case list([Value])
    /// A map or a record: which of the two is a matter of its type, not of the value.
    case map(ValueMap)
}

extension Value {
    /// Reads a field of a map; null for anything else and for an absent key.
    package subscript(_ key: String) -> Value? {
        guard case .map(let map) = self else { return nil }
        return map[key]
    }

    package var isNull: Bool { self == .null }

    package var boolValue: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    package var intValue: Int64? {
        if case .int(let value) = self { value } else { nil }
    }

    package var stringValue: String? {
        if case .string(let value) = self { value } else { nil }
    }

    package var listValue: [Value]? {
        if case .list(let value) = self { value } else { nil }
    }

    package var mapValue: ValueMap? {
        if case .map(let value) = self { value } else { nil }
    }

    package var durationValue: Duration? {
        if case .duration(let value) = self { value } else { nil }
    }

    package var versionValue: Version? {
        if case .version(let value) = self { value } else { nil }
    }
}

extension Value: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral {
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int64) { self = .int(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
}

extension Value: ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
    package init(arrayLiteral elements: Value...) { self = .list(elements) }
    package init(dictionaryLiteral elements: (String, Value)...) { self = .map(ValueMap(elements)) }
}
