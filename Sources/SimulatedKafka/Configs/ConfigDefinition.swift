/// A configuration key: its type, its default, what values it takes.
struct ConfigDefinition: Sendable {
    /// With the protocol's numbers.
    enum Kind: Int8, Sendable {
        case boolean = 1, string, int, short, long, double, list, `class`, password
    }

    let name: String
    let kind: Kind
    /// nil for a key without a default.
    let defaultValue: String?
    /// The broker key that a topic key falls back to.
    let synonym: String?
    /// Whether a running broker takes a change.
    let isDynamic: Bool
    private let limits: (low: Double, high: Double?)?
    private let choices: [String]

    init(
        _ name: String, _ kind: Kind, _ defaultValue: String?, synonym: String? = nil, dynamic: Bool = false,
        at limits: (Double, Double?)? = nil, of choices: [String] = []
    ) {
        self.name = name
        self.kind = kind
        self.defaultValue = defaultValue
        self.synonym = synonym
        isDynamic = dynamic
        self.limits = limits
        self.choices = choices
    }

    /// What is wrong with a value, in Kafka's words; nil when nothing is.
    func problem(with value: String) -> String? {
        let trimmed = String(value.drop { $0 == " " })
        let number: Double?
        switch kind {
        case .boolean:
            return ["true", "false"].contains(value.lowercased())
                ? nil : invalid(value, "Expected value to be either true or false")
        case .int: number = Int32(trimmed).map { Double($0) }
        case .short: number = Int16(trimmed).map { Double($0) }
        case .long: number = Int64(trimmed).map { Double($0) }
        case .double: number = Double(trimmed)
        case .string: return choiceProblem([value], in: value)
        case .list:
            let items = value.split(separator: ",").map { $0.filter { $0 != " " } }
            return name.hasSuffix("replication.throttled.replicas")
                ? throttleProblem(items) : choiceProblem(items, in: value)
        case .class, .password: return nil
        }
        guard let number else { return invalid(value, "Not a number of type \(typeName)") }
        if let limits, number < limits.low { return invalid(value, "Value must be at least \(text(limits.low))") }
        if let high = limits?.high, number > high { return invalid(value, "Value must be no more than \(text(high))") }
        return nil
    }

    private var typeName: String {
        switch kind {
        case .int: "INT"
        case .short: "SHORT"
        case .long: "LONG"
        default: "DOUBLE"
        }
    }

    private func invalid(_ value: String, _ reason: String) -> String {
        "Invalid value \(value) for configuration \(name): \(reason)"
    }

    private func text(_ number: Double) -> String { Int64(exactly: number).map { String($0) } ?? String(number) }

    private func choiceProblem(_ items: [String], in value: String) -> String? {
        guard !choices.isEmpty, items.contains(where: { !choices.contains($0) }) else { return nil }
        return invalid(value, "String must be one of: \(choices.joined(separator: ", "))")
    }

    private func throttleProblem(_ items: [String]) -> String? {
        func isReplica(_ item: String) -> Bool {
            let parts = item.split(separator: ":", omittingEmptySubsequences: false)
            return parts.count == 2 && parts.allSatisfy { Int32($0) != nil }
        }
        guard items != ["*"], !items.allSatisfy(isReplica) else { return nil }
        return invalid(
            "[\(items.joined(separator: ", "))]",
            "\(name) must be the literal '*' or a list of replicas in the following format: "
                + "[partitionId]:[brokerId],[partitionId]:[brokerId],...")
    }
}
