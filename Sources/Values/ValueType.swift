/// The static type of a value or an expression.
package indirect enum ValueType: Sendable, Hashable {
    case bool, int, float, string, bytes, duration, timestamp, version, secret
    /// Text that may be secret: where a secret is meant to go. Declared by actions, never by playbooks.
    case textOrSecret
    /// Only null; the type of `none`.
    case null
    /// Decoded text of unknown shape: each use needs a cast or a test.
    case json
    /// No value at all: the element type of `[]`. It fits every other type.
    case never
    /// A list of fixed length whose elements have types of their own: the pairs of `zip`, `groupby` and `items`.
    case tuple([ValueType])
    /// A record of a Kafka cluster of the inventory, given by its name.
    case cluster
    case list(ValueType)
    case map(ValueType)
    case record(RecordType)
    /// `T?`: a `T` or null.
    case optional(ValueType)
}

/// A record's fields, in the order in which they are documented.
package struct RecordType: Sendable, Hashable {
    package struct Field: Sendable, Hashable {
        package var name: String
        package var type: ValueType
        /// True when a value may lack the field altogether (the engines' "undefined"), as against holding null.
        package var mayBeAbsent: Bool
        /// One line for the reference; may be empty.
        package var summary: String

        package init(_ name: String, _ type: ValueType, mayBeAbsent: Bool = false, _ summary: String = "") {
            self.name = name
            self.type = type
            self.mayBeAbsent = mayBeAbsent
            self.summary = summary
        }
    }

    package var fields: [Field]

    package init(_ fields: [Field]) { self.fields = fields }

    package subscript(_ name: String) -> Field? {
        for index in fields.indices where fields[index].name == name { return fields[index] }
        return nil
    }
}

extension ValueType: CustomStringConvertible {
    /// As a playbook writes it: `list<int>`, `version?`.
    package var description: String {
        switch self {
        case .bool: "bool"
        case .int: "int"
        case .float: "float"
        case .string: "string"
        case .bytes: "bytes"
        case .duration: "duration"
        case .timestamp: "timestamp"
        case .version: "version"
        case .secret: "secret"
        case .textOrSecret: "string or secret"
        case .null: "none"
        case .json: "json"
        case .never: "nothing"
        case .tuple(let elements): "pair<\(elements.map(\.description).joined(separator: ", "))>"
        case .cluster: "cluster"
        case .list(let element): "list<\(element)>"
        case .map(let element): "map<\(element)>"
        case .record: "record"
        case .optional(let wrapped): "\(wrapped)?"
        }
    }
}
