import Playbooks
import RunEngine
import Values

extension ValueType {
    /// A record of these fields.
    static func fields(_ fields: RecordType.Field...) -> ValueType { .record(RecordType(fields)) }

    /// A list of records of these fields.
    static func listOf(_ fields: RecordType.Field...) -> ValueType { .list(.record(RecordType(fields))) }

    /// `Part` of the catalogue: a partition of a topic.
    static let part = ValueType.fields(.init("topic", .string), .init("partition", .int))
    static let parts = ValueType.list(.part)
}

extension RecordType {
    /// The fields of a read that can stand in a gate, then its own.
    static func gate(_ fields: Field...) -> RecordType {
        RecordType(
            [
                Field("passes", .bool, "The verdict"),
                Field("reasons", .list(.string), "Why it does not pass: which partition or broker"),
                Field(
                    "progress", .optional(.int), "Grows while what is waited for comes closer; null when not measured"),
            ] + fields)
    }

    /// `changed`, then the action's own fields.
    static func write(_ fields: Field...) -> RecordType {
        RecordType([Field("changed", .bool, "Whether anything was changed")] + fields)
    }

}

extension RecordType.Field {
    static let items = RecordType.Field(
        "items",
        .listOf(
            .init("name", .string), .init("changed", .bool), .init("error", .optional(.string), "Why this one failed")),
        "The outcome of each item")
}

extension ActionReference.Parameter {
    /// An optional argument without a default: it may be left out or be null.
    static func optional(_ name: String, _ type: ValueType, oneOf: [String] = [], _ summary: String) -> Self {
        Self(name, .optional(type), default: .null, oneOf: oneOf, summary)
    }
}

/// A verdict's common fields as a result.
func gateResult(passes: Bool, reasons: [String], progress: Int64?, _ fields: KeyValuePairs<String, Value>) -> ValueMap {
    var map = ValueMap()
    map["passes"] = .bool(passes)
    map["reasons"] = .list(reasons.map(Value.string))
    map["progress"] = progress.map(Value.int) ?? .null
    for (name, value) in fields { map[name] = value }
    return map
}

extension Value {
    static func optional(_ text: String?) -> Value { text.map(Value.string) ?? .null }
    static func optional(_ number: Int64?) -> Value { number.map(Value.int) ?? .null }
    static func optional(_ flag: Bool?) -> Value { flag.map(Value.bool) ?? .null }
    static func optional(_ version: Version?) -> Value { version.map(Value.version) ?? .null }
    static func texts(_ texts: some Sequence<String>) -> Value { .list(texts.map(Value.string)) }
    static func ids(_ ids: some Sequence<Int32>) -> Value { .list(ids.map { .int(Int64($0)) }) }
}

/// An entry of the catalog from an action's type.
func entry<A: CatalogedAction>(_ type: A.Type, _ services: OperationServices) -> CatalogEntry {
    CatalogEntry(reference: type.reference) { (arguments) throws(StepFailure) in try A(arguments, services) }
}

/// What every action's file declares.
protocol CatalogedAction: Action {
    static var reference: ActionReference { get }
    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure)
}
