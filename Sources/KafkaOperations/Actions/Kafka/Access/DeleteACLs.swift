import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Takes access rules away.
///
/// 1. Exact bindings only: a filter deletes what nobody has looked at. 2. What is not there is left alone. 3. DeleteAcls. 4.
/// DescribeAcls of every broker until none goes by them.
struct DeleteACLs: AccessRuleAction {
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

    let write: AccessRuleWrite

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        write = AccessRuleWrite(
            rules: try AccessBinding.rules(arguments, "bindings"),
            everyBroker: try arguments.flag("every_broker", default: true), isCreation: false)
    }
}
