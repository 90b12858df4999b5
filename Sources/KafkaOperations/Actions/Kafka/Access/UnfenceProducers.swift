import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Takes a fence of kafka.fence_producers away: exactly the denials that it made, and nothing else.
struct UnfenceProducers: CatalogedAction {
    static let reference = ActionReference(
        name: "kafka.unfence_producers",
        summary: "Let producers write again",
        details: "Takes `denied` of kafka.fence_producers. Rules that are no denials of writing to topics are refused.",
        parameters: [.init("denied", .list(AccessBinding.fields), "What kafka.fence_producers made")],
        result: .write(.init("bindings", .list(AccessBinding.fields), "What was taken away"), .items),
        effect: .checked, target: .cluster,
        example: """
            - kafka.unfence_producers:
                denied:
                  - {principal: "User:payments", resource: topic, name: "*", operation: write, permission: deny}
            """,
        shorthand: "denied")

    private let write: AccessRuleWrite

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        let rules = try AccessBinding.rules(arguments, "denied")
        for rule in rules
        where rule.permission != .deny || rule.resourceType != .topic || rule.operation != .write {
            throw arguments.failure("\(AccessBinding.text(rule)) is no rule of kafka.fence_producers")
        }
        write = AccessRuleWrite(rules: rules, everyBroker: true, isCreation: false)
    }

    func plan(in context: ReadContext) async throws -> ActionPlan {
        try await write.plan(try context.requireCluster(for: Self.reference.name))
    }

    func run(in context: StepContext) async throws -> ActionOutcome {
        let writer = try context.requireOperator(for: Self.reference.name)
        return try await write.run(try context.reading.requireCluster(for: Self.reference.name), in: context) {
            rules throws(KafkaError) in
            try await AccessRuleWrite.delete(rules, writer)
        }
    }

    func verify(in context: StepContext) async throws -> Verification {
        try await write.verify(try context.reading.requireCluster(for: Self.reference.name), in: context.reading)
    }
}
