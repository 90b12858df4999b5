import Values

/// Compares what a verb's `--output json` says with the fields that help lists.
enum DocumentShape {
    /// Where a value is not of a type; every field must be there, and no other.
    static func mismatches(_ value: Value, _ type: ValueType, at place: String = "$") -> [String] {
        switch (type, value) {
        case (.optional, .null), (.int, .int), (.bool, .bool), (.string, .string), (.float, .float),
            (.float, .int):
            []
        case (.optional(let inner), _): mismatches(value, inner, at: place)
        case (.list(let element), .list(let items)):
            items.enumerated().flatMap { mismatches($1, element, at: "\(place)[\($0)]") }
        case (.map(let element), .map(let map)):
            map.flatMap { mismatches($0.value, element, at: "\(place).\($0.key)") }
        case (.record(let record), .map(let map)):
            (map.keys == record.fields.map(\.name) ? [] : ["\(place) has \(map.keys)"])
                + record.fields.flatMap { mismatches(map[$0.name] ?? .null, $0.type, at: "\(place).\($0.name)") }
        default: ["\(place): \(value) is no \(type)"]
        }
    }
}
