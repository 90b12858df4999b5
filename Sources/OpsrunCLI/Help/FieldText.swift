internal import Playbooks
internal import Values

/// Fields of arguments and results in a reference, those of inner records below them.
enum FieldText {
    /// Name, type and meaning of each field, inner ones further right.
    static func rows(_ record: RecordType, depth: Int = 0) -> [[String]] {
        record.fields.flatMap { field -> [[String]] in
            let about = [field.summary, field.mayBeAbsent ? "may be left out" : ""].filter { !$0.isEmpty }
            let name = String(repeating: "  ", count: depth) + field.name
            return [[name, "\(field.type)", about.joined(separator: "; ")]] + inner(field.type, depth: depth + 1)
        }
    }

    /// The rows of the record inside of a type; none for a type without one.
    static func inner(_ type: ValueType, depth: Int) -> [[String]] {
        record(in: type).map { rows($0, depth: depth) } ?? []
    }

    static func record(in type: ValueType) -> RecordType? {
        switch type {
        case .record(let record): record
        case .list(let type), .optional(let type), .map(let type): record(in: type)
        default: nil
        }
    }

    static func document(_ record: RecordType) -> Value {
        .list(
            record.fields.map { field in
                .map(described(field.name, field.type, field.summary, ["required": .bool(!field.mayBeAbsent)]))
            })
    }

    static func document(_ parameter: ActionReference.Parameter) -> Value {
        var more: ValueMap = ["required": .bool(parameter.defaultValue == nil)]
        if let value = parameter.defaultValue { more["default"] = value }
        if !parameter.oneOf.isEmpty { more["one_of"] = .list(parameter.oneOf.map(Value.string)) }
        let type = parameter.isCondition ? ValueType.list(.bool) : parameter.type
        return .map(described(parameter.name, type, parameter.summary, more))
    }

    private static func described(_ name: String, _ type: ValueType, _ summary: String, _ more: ValueMap) -> ValueMap {
        var map: ValueMap = ["name": .string(name), "type": .string("\(type)")]
        for (key, value) in more { map[key] = value }
        map["summary"] = .string(summary)
        if let record = record(in: type) { map["fields"] = document(record) }
        return map
    }
}
