import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Describes access rules.
///
/// 1. DescribeAcls with what is asked for as the filter. 2. Whether those without a rule are let in, by the brokers' own
/// configuration.
struct DescribeACLs: CatalogedAction {
    static let reference = ActionReference(
        name: "kafka.describe_acls",
        summary: "Describe access rules",
        details: """
            Without an authorizer there are none, and `authorizer_enabled` is false. `name` finds every rule that has to do with the \
            resource: literal, prefixed, `*`.
            """,
        parameters: [
            .optional("principal", .string, "Only of this one, as User:payments"),
            .optional("resource", .string, oneOf: AccessBinding.resourceNames, "Only of this kind"),
            .optional("name", .string, "Only those that apply to this resource"),
        ],
        result: RecordType([
            .init("authorizer_enabled", .bool, "Whether anything enforces the rules"),
            .init(
                "allow_everyone", .optional(.bool),
                "Whether those are let in for whom there is no rule; null where Kafka hides it, which says that it is set"
            ),
            .init("note", .optional(.string), "Why `allow_everyone` is not known"),
            .init("current", .list(AccessBinding.fields), "The rules, by their text"),
        ]),
        effect: .read, target: .cluster,
        example: """
            - kafka.describe_acls: {principal: "User:payments"}
              register: rights
            """)

    private let filter: AccessFilter

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        func text(_ key: String) throws(StepFailure) -> String? {
            arguments[key]?.isNull == false ? try arguments.text(key) : nil
        }
        var filter = AccessFilter.everything
        filter.principal = try text("principal")
        filter.resourceName = try text("name")
        if filter.resourceName != nil { filter.pattern = .match }
        if let name = try text("resource") {
            guard let type = AccessBinding.resource(named: name) else {
                throw arguments.failure("`resource` is one of \(AccessBinding.resourceNames.joined(separator: ", "))")
            }
            filter.resourceType = type
        }
        self.filter = filter
    }

    func read(in context: ReadContext) async throws -> ActionOutcome {
        let reader = try context.requireCluster(for: Self.reference.name)
        let rules = try await AccessBinding.all(reader, filter)
        let sorted = (rules ?? []).map { (AccessBinding.text($0), $0) }.sorted { $0.0 < $1.0 }.map(\.1)
        let everyone = rules == nil ? (true, nil) : await Self.allowsEveryone(reader)
        return ActionOutcome(
            .ok,
            result: [
                "authorizer_enabled": .bool(rules != nil), "allow_everyone": .optional(everyone.allowed),
                "note": .optional(everyone.note),
                "current": .list(sorted.map(AccessBinding.value)),
            ])
    }

    private static let everyoneKey = "allow.everyone.if.no.acl.found"

    /// The setting belongs to the authorizer, so that Kafka has no definition of it: where it is set, brokers list it as sensitive,
    /// without its value (4.3.1), and where it is not, they do not list it. StandardAuthorizer takes it for false then.
    static func allowsEveryone(_ reader: any ClusterReader) async -> (allowed: Bool?, note: String?) {
        do throws(KafkaError) {
            guard let broker = try await reader.describeCluster(includeFenced: false, from: .any).brokers.first?.id,
                let answer = try await reader.describeConfigs([.broker(broker)], keys: nil).first
            else { return (nil, "no broker says how it is configured") }
            guard let entry = try answer.result.get().first(where: { $0.name == Self.everyoneKey }) else {
                return (false, nil)
            }
            if let value = entry.value { return (value == "true", nil) }
            return (nil, "\(Self.everyoneKey) is set, and Kafka hides its value")
        } catch {
            return (nil, "the configuration of a broker cannot be read: \(error.message)")
        }
    }
}
