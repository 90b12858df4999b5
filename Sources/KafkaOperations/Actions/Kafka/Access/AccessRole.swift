import KafkaAdmin
import RunEngine
import Values

/// `rules` of the catalogue: what a principal needs for its part, as Kafka's bindings.
///
/// A consumer reads and describes its topics and reads its groups; a producer writes and describes its topics; a transactional
/// one also uses its transactional ids.
enum AccessRole {
    static let names = ["consumer", "producer", "transactional_producer"]

    static let fields = ValueType.fields(
        .init("principal", .string), .init("role", .string, names.joined(separator: ", ")),
        .init("topics", .list(.string)), .init("groups", .list(.string), mayBeAbsent: true, "Of a consumer"),
        .init(
            "transactional_ids", .list(.string), mayBeAbsent: true, "Of a transactional producer"),
        .init("prefix", .bool, mayBeAbsent: true, "The names are prefixes"))

    static func rules(_ arguments: Arguments) throws(StepFailure) -> [AccessRule] {
        var found: [AccessRule] = []
        for item in arguments["rules"]?.listValue ?? [] {
            guard let principal = item["principal"]?.plainText, principal.contains(":") else {
                throw arguments.failure("a rule needs a `principal` such as User:payments")
            }
            guard let role = item["role"]?.stringValue, names.contains(role) else {
                throw arguments.failure("`role` is one of \(names.joined(separator: ", "))")
            }
            let pattern: AccessPattern = item["prefix"]?.boolValue == true ? .prefixed : .literal
            func texts(_ key: String) -> [String] { item[key]?.listValue?.compactMap(\.plainText) ?? [] }
            func add(_ type: AccessResourceType, _ key: String, _ operations: [AccessOperation]) throws(StepFailure) {
                let names = texts(key)
                guard !names.isEmpty, !names.contains("") else {
                    throw arguments.failure("the \(role) \(principal) needs `\(key)`")
                }
                for name in names {
                    for operation in operations {
                        let rule = AccessRule(
                            type, name, pattern: pattern, principal: principal, operation: operation)
                        if !found.contains(rule) { found.append(rule) }
                    }
                }
            }
            switch role {
            case "consumer":
                try add(.topic, "topics", [.read, .describe])
                try add(.group, "groups", [.read])
            case "transactional_producer":
                try add(.topic, "topics", [.write, .describe])
                try add(.transactionalID, "transactional_ids", [.write, .describe])
            default: try add(.topic, "topics", [.write, .describe])
            }
        }
        return found
    }
}
