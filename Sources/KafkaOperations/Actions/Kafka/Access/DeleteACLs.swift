import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Takes access rules away.
///
/// 1. Exact bindings only: a filter deletes what nobody has looked at. 2. What is not there is left alone. 3. DeleteAcls. 4.
/// DescribeAcls of every broker until none goes by them.
struct DeleteACLs: CatalogedAction {
    static let reference = ActionReference(
        name: "kafka.delete_acls",
        summary: "Take access rules away",
        details: "Takes exact bindings, as kafka.describe_acls gives them. `bindings` of the result puts them back.",
        parameters: [
            .init("bindings", .list(AccessBinding.fields), "Exactly these"),
            .init("every_broker", .bool, default: true, "Wait until no broker goes by them"),
        ],
        result: .write(.init("bindings", .list(AccessBinding.fields), "What was taken away"), .items),
        effect: .checked, target: .cluster,
        example: """
            - kafka.delete_acls:
                bindings:
                  - {principal: "User:payments", resource: topic, name: orders, operation: write}
            """,
        shorthand: "bindings")

    private let write: AccessRuleWrite

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        write = AccessRuleWrite(
            rules: try AccessBinding.rules(arguments, "bindings"),
            everyBroker: try arguments.flag("every_broker", default: true), isCreation: false)
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
