/// A map from text to values that keeps the order in which keys were first written.
///
/// Keys are compared by code points. Equality ignores order, as Jinja's does; iteration follows it. Small maps are searched
/// in order, larger ones keep an index.
package struct ValueMap: Sendable {
    private struct Entry: Sendable {
        var key: String
        var value: Value
    }

    private static let indexedFrom = 12

    private var entries: [Entry] = []
    private var index: [ExactText: Int] = [:]

    package init() {}

    /// The last value of a repeated key wins and keeps the first one's place.
    package init(_ pairs: some Sequence<(String, Value)>) {
        for (key, value) in pairs { self[key] = value }
    }

    /// Keys in order.
    package var keys: [String] { entries.map(\.key) }
    /// Values in the order of their keys.
    package var values: [Value] { entries.map(\.value) }
    package var count: Int { entries.count }
    package var isEmpty: Bool { entries.isEmpty }

    package subscript(_ key: String) -> Value? {
        get { place(of: key).map { entries[$0].value } }
        set {
            guard let newValue else {
                if let place = place(of: key) { remove(at: place) }
                return
            }
            if let place = place(of: key) {
                entries[place].value = newValue
            } else {
                append(Entry(key: key, value: newValue))
            }
        }
    }

    /// Adds a key that the map does not have.
    mutating func append(_ value: Value, under key: String) { append(Entry(key: key, value: value)) }

    private func place(of key: String) -> Int? {
        if entries.count < Self.indexedFrom { return entries.firstIndex { $0.key.isExactly(key) } }
        return index[ExactText(key)]
    }

    private mutating func append(_ entry: Entry) {
        entries.append(entry)
        if entries.count == Self.indexedFrom {
            reindex()
        } else if entries.count > Self.indexedFrom {
            index[ExactText(entry.key)] = entries.count - 1
        }
    }

    private mutating func remove(at place: Int) {
        entries.remove(at: place)
        reindex()
    }

    private mutating func reindex() {
        index.removeAll(keepingCapacity: true)
        guard entries.count >= Self.indexedFrom else { return }
        for (place, entry) in entries.enumerated() { index[ExactText(entry.key)] = place }
    }
}

extension ValueMap: Hashable {
    package static func == (left: ValueMap, right: ValueMap) -> Bool {
        left.count == right.count && left.entries.allSatisfy { right[$0.key] == $0.value }
    }

    package func hash(into hasher: inout Hasher) {
        var sum = 0
        for entry in entries {
            var inner = Hasher()
            entry.key.hashExactly(into: &inner)
            entry.value.hash(into: &inner)
            sum &+= inner.finalize()
        }
        hasher.combine(sum)
    }
}

extension ValueMap: Sequence {
    package struct Iterator: IteratorProtocol {
        fileprivate var rest: IndexingIterator<[(key: String, value: Value)]>

        package mutating func next() -> (key: String, value: Value)? { rest.next() }
    }

    package func makeIterator() -> Iterator {
        Iterator(rest: entries.map { (key: $0.key, value: $0.value) }.makeIterator())
    }
}

extension ValueMap: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, Value)...) { self.init(elements) }
}
