import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// What a configuration action means: a topic, a broker, the default of all brokers, a group.
struct ConfigTarget: Sendable, Hashable {
    enum Kind: String, CaseIterable {
        case topic, broker, brokerDefault = "broker_default", brokerLogger = "broker_logger", group
    }

    var kind: Kind
    var resource: ConfigResource

    static let parameters: [ActionReference.Parameter] = [
        .init("resource", .string, oneOf: Kind.allCases.map(\.rawValue), "What it belongs to"),
        .optional("name", .string, "The topic, the broker's id or the group; none for broker_default"),
    ]

    init(kind: Kind, resource: ConfigResource) {
        self.kind = kind
        self.resource = resource
    }

    init(_ arguments: Arguments) throws(StepFailure) {
        guard let kind = Kind(rawValue: try arguments.text("resource")) else {
            throw arguments.failure(
                "`resource` must be one of \(Kind.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        try self.init(kind: kind, name: try arguments.textIfAny("name"), arguments)
    }

    init(kind: Kind, name: String?, _ arguments: Arguments) throws(StepFailure) {
        self.kind = kind
        switch kind {
        case .brokerDefault:
            guard name == nil else { throw arguments.failure("the default of all brokers has no name", at: "name") }
            resource = .brokerDefault
        case .topic: resource = .topic(try Self.require(name, arguments))
        case .group: resource = .group(try Self.require(name, arguments))
        case .broker, .brokerLogger:
            guard let id = Int32(try Self.require(name, arguments)) else {
                throw arguments.failure("the name of a broker is its id, a number", at: "name")
            }
            resource = kind == .broker ? .broker(id) : .brokerLogger(id)
        }
    }

    private static func require(_ name: String?, _ arguments: Arguments) throws(StepFailure) -> String {
        guard let name, !name.isEmpty else { throw arguments.failure("`name` is missing", at: "name") }
        return name
    }

    /// As the argument `name` has it; nil: it has none.
    var name: String? {
        switch resource {
        case .topic(let name), .group(let name), .clientMetrics(let name): name
        case .broker(let id), .brokerLogger(let id): "\(id)"
        case .brokerDefault: nil
        }
    }

    /// Where a value of its own comes from, as against one that it inherits.
    var ownSource: ConfigEntry.Source {
        switch kind {
        case .topic: .topic
        case .broker: .dynamicBroker
        case .brokerDefault: .dynamicDefaultBroker
        case .brokerLogger: .brokerLogger
        case .group: .group
        }
    }

    /// Its own value: the entry's, or, where a stronger one hides it, the one among the synonyms. `.some(nil)` is a
    /// sensitive one.
    func own(_ entry: ConfigEntry) -> String?? {
        if entry.source == ownSource { return .some(entry.value) }
        guard let synonym = entry.synonyms.first(where: { $0.source == ownSource }) else { return .none }
        return .some(synonym.value)
    }

    /// Its entries now.
    func read(_ reader: any ClusterReader, keys: [String]?) async throws(StepFailure) -> [ConfigEntry] {
        let resource = resource
        let answers = try await kafka("the configuration cannot be read") { () throws(KafkaError) in
            try await reader.describeConfigs([resource], keys: keys)
        }
        guard let answer = answers.first else {
            throw StepFailure(.failed, "the configuration was not in the answer")
        }
        do throws(KafkaError) { return try answer.result.get() } catch {
            throw StepFailure(error, doing: "the configuration cannot be read")
        }
    }
}
