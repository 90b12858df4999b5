import Values

/// `attribute='cfg.heap'` or `attribute=0`: a way into each element of a list.
struct Attribute: Sendable {
    enum Part: Sendable {
        case field(String)
        case index(Int)
    }

    let parts: [Part]
    let text: String

    init(_ value: Value) throws {
        switch value {
        case .string(let text):
            self.text = text
            parts = text.split(separator: ".", omittingEmptySubsequences: false).map { part in
                if let first = part.first, first.isASCII, first.isNumber, let number = Int(part) {
                    return .index(number)
                }
                return .field(String(part))
            }
        case .int(let number):
            text = String(number)
            parts = [.index(Int(number))]
        default: throw ExpressionFailure(.type, "an attribute is text or a number, not \(value.kindName)")
        }
    }

    /// `rack,host`: several, compared one after another.
    static func several(_ value: Value) throws -> [Attribute] {
        guard case .string(let text) = value else { return [try Attribute(value)] }
        return try text.split(separator: ",", omittingEmptySubsequences: false).map {
            try Attribute(.string(String($0)))
        }
    }

    /// The value there; nil when a field or element is missing on the way.
    func read(_ value: Value) -> Value? {
        var value = value
        for part in parts {
            switch part {
            case .field(let name):
                guard let next = Access.field(value, name) else { return nil }
                value = next
            case .index(let place):
                guard let next = Access.index(value, .int(Int64(place))) else { return nil }
                value = next
            }
        }
        return value
    }

    func demand(_ value: Value) throws -> Value {
        guard let found = read(value) else {
            throw ExpressionFailure(.undefined, "an element has no '\(text)'", hint: "give a default")
        }
        return found
    }
}

/// Fields and elements of values.
enum Access {
    /// The names under which pairs' parts can be read.
    static func pairPlace(_ name: String) -> Int? {
        switch name {
        case "grouper", "key": 0
        case "list", "value": 1
        default: nil
        }
    }

    static func field(_ value: Value, _ name: String) -> Value? {
        switch value {
        case .map(let map): return map[name]
        case .list(let items):
            guard let place = pairPlace(name), items.count == 2 else { return nil }
            return items[place]
        default: return nil
        }
    }

    /// Nil when there is no such element.
    static func index(_ value: Value, _ index: Value) -> Value? {
        switch (value, index) {
        case (.list(let items), .int(let place)):
            return position(place, items.count).map { items[$0] }
        case (.string(let text), .int(let place)):
            let scalars = Text.scalars(text)
            return position(place, scalars.count).map { .string(String(scalars[$0])) }
        case (.map(let map), .string(let key)): return map[key]
        default: return nil
        }
    }

    private static func position(_ place: Int64, _ count: Int) -> Int? {
        let place = place < 0 ? place + Int64(count) : place
        return place >= 0 && place < Int64(count) ? Int(place) : nil
    }

    /// Python's slices.
    static func slice<Item>(_ items: [Item], _ from: Int?, _ to: Int?, _ step: Int) -> [Item] {
        let count = items.count
        func clamp(_ place: Int, _ low: Int, _ high: Int) -> Int {
            let place = place < 0 ? place &+ count : place
            return min(max(place, low), high)
        }
        var result: [Item] = []
        if step > 0 {
            var place = from.map { clamp($0, 0, count) } ?? 0
            let end = to.map { clamp($0, 0, count) } ?? count
            while place < end {
                result.append(items[place])
                let (next, overflow) = place.addingReportingOverflow(step)
                guard !overflow else { break }
                place = next
            }
        } else {
            var place = from.map { clamp($0, -1, count - 1) } ?? count - 1
            let end = to.map { clamp($0, -1, count - 1) } ?? -1
            while place > end {
                result.append(items[place])
                let (next, overflow) = place.addingReportingOverflow(step)
                guard !overflow else { break }
                place = next
            }
        }
        return result
    }
}
