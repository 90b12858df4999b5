/// A map from text to values that keeps the order in which keys were first written.
///
/// Equality ignores order, as Jinja's does; iteration follows it.
package struct ValueMap: Sendable {
    /// Keys in order.
    package private(set) var keys: [String] = []
    private var values: [String: Value] = [:]

    package init() {}

    /// The last value of a repeated key wins and keeps the first one's place.
    package init(_ pairs: some Sequence<(String, Value)>) {
        for (key, value) in pairs { self[key] = value }
    }

    package subscript(_ key: String) -> Value? {
        get { values[key] }
        set {
            if let newValue {
                if values.updateValue(newValue, forKey: key) == nil { keys.append(key) }
            } else if values.removeValue(forKey: key) != nil {
                keys.removeAll { $0.unicodeScalars.elementsEqual(key.unicodeScalars) }
            }
        }
    }

    package var count: Int { keys.count }
    package var isEmpty: Bool { keys.isEmpty }
}

extension ValueMap: Hashable {
    package static func == (left: ValueMap, right: ValueMap) -> Bool { left.values == right.values }
    package func hash(into hasher: inout Hasher) { hasher.combine(values) }
}

extension ValueMap: Sequence {
    package func makeIterator() -> AnyIterator<(key: String, value: Value)> {
        var index = 0
        return AnyIterator { () -> (key: String, value: Value)? in
            guard index < keys.count else { return nil }
            let key = keys[index]
            index += 1
            return values[key].map { (key, $0) }
        }
    }
}

extension ValueMap: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, Value)...) { self.init(elements) }
}
