import Values

/// The language's `==`, `<` and `in` on values: numbers across int and float, text by code points, all as Jinja has them.
enum LanguageOrder {
    static func equal(_ left: Value, _ right: Value) -> Bool {
        switch (left, right) {
        case (.int(let one), .float(let two)): compare(one, two) == 0
        case (.float(let one), .int(let two)): compare(two, one) == 0
        case (.secret(let one), .string(let two)): one.reveal().isExactly(two)
        case (.string(let one), .secret(let two)): one.isExactly(two.reveal())
        case (.secret(let one), .secret(let two)): one.reveal().isExactly(two.reveal())
        case (.list(let one), .list(let two)): one.count == two.count && zip(one, two).allSatisfy(equal)
        case (.map(let one), .map(let two)):
            one.count == two.count
                && one.allSatisfy { entry in two[entry.key].map { equal(entry.value, $0) } ?? false }
        default: left == right
        }
    }

    /// Negative, zero or positive.
    static func compare(_ left: Value, _ right: Value) throws -> Int {
        switch (left, right) {
        case (.int(let one), .int(let two)): return order(one, two)
        case (.float(let one), .float(let two)): return order(one, two)
        case (.int(let one), .float(let two)): return compare(one, two)
        case (.float(let one), .int(let two)): return -compare(two, one)
        case (.string(let one), .string(let two)): return order(one, two)
        case (.bytes(let one), .bytes(let two)): return order(one, two)
        case (.duration(let one), .duration(let two)): return order(one, two)
        case (.timestamp(let one), .timestamp(let two)): return order(one, two)
        case (.version(let one), .version(let two)): return order(one, two)
        case (.bool(let one), .bool(let two)): return order(one ? 1 : 0, two ? 1 : 0)
        default:
            throw ExpressionFailure(.type, "\(left.kindName) and \(right.kindName) have no order")
        }
    }

    private static func order(_ one: String, _ two: String) -> Int {
        one.isExactly(two) ? 0 : (one.precedes(two) ? -1 : 1)
    }

    private static func order<T: Comparable>(_ one: T, _ two: T) -> Int { one == two ? 0 : (one < two ? -1 : 1) }

    /// Exact, where a conversion to double would round.
    private static func compare(_ whole: Int64, _ number: Double) -> Int {
        guard number > -9.3e18 else { return number.isNaN ? -1 : 1 }
        guard number < 9.3e18 else { return -1 }
        guard let floor = Int64(exactly: number.rounded(.down)) else { return number < 0 ? 1 : -1 }
        if whole != floor { return whole < floor ? -1 : 1 }
        return number > number.rounded(.down) ? -1 : 0
    }

    static func contains(_ container: Value, _ item: Value) throws -> Bool {
        switch container {
        case .string(let text): return try Text.contains(text, needle(item))
        case .secret(let secret): return try Text.contains(secret.reveal(), needle(item))
        case .list(let items): return items.contains { equal($0, item) }
        case .map(let map):
            if case .string(let key) = item { return map[key] != nil }
            return false
        default: throw ExpressionFailure(.type, "nothing is in a value of kind \(container.kindName)")
        }
    }

    private static func needle(_ item: Value) throws -> String {
        switch item {
        case .string(let text): return text
        case .secret(let secret): return secret.reveal()
        default: throw ExpressionFailure(.type, "\(item.kindName) is never in text")
        }
    }

    /// What `sort`, `unique`, `min` and `max` compare: text without its case, unless told otherwise.
    static func key(_ value: Value, caseSensitive: Bool) -> Value {
        if !caseSensitive, case .string(let text) = value { return .string(Text.lower(text)) }
        return value
    }
}
