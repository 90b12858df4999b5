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
            .init("authorizer_enabled", .bool),
            .init("allow_everyone", .optional(.bool), "Whether those are let in for whom there is no rule"),
            .init("current", .list(AccessBinding.fields)),
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
        return ActionOutcome(
            .ok,
            result: [
                "authorizer_enabled": .bool(rules != nil),
                "allow_everyone": .optional(await allowsEveryone(reader)),
                "current": .list(sorted.map(AccessBinding.value)),
            ])
    }

    /// Nil where the brokers do not say.
    private func allowsEveryone(_ reader: any ClusterReader) async -> Bool? {
        guard let broker = try? await reader.describeCluster(includeFenced: false, from: .any).brokers.first?.id,
            let entries = try? await reader.describeConfigs([.broker(broker)], keys: nil).first?.result.get()
        else { return nil }
        return entries.first { $0.name == "allow.everyone.if.no.acl.found" }?.value.map { $0 == "true" }
    }
}
