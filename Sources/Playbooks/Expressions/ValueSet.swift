import Values

/// Values that were met, equal as the language's `==` has it.
struct ValueSet {
    private var values: Set<Value> = []

    mutating func insert(_ value: Value) -> Bool { values.insert(Self.normal(value)).inserted }
    func contains(_ value: Value) -> Bool { values.contains(Self.normal(value)) }

    /// Whole floats as ints, so that what is `==` hashes alike.
    private static func normal(_ value: Value) -> Value {
        switch value {
        case .float(let number): Int64(exactly: number).map { .int($0) } ?? value
        case .list(let items): .list(items.map(normal))
        case .map(let map): .map(ValueMap(map.map { ($0.key, normal($0.value)) }))
        default: value
        }
    }
}
