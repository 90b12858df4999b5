import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Makes access rules.
///
/// 1. Roles become bindings. 2. What is there already is left alone. 3. CreateAcls. 4. DescribeAcls of every broker until all
/// go by them.
struct CreateACLs: AccessRuleAction {
    static let reference = ActionReference(
        name: "kafka.create_acls",
        summary: "Make access rules, by role or binding by binding",
        details: """
            The role consumer reads and describes its topics and reads its groups; producer writes and describes its topics; \
            transactional_producer also uses its transactional ids. Without an authorizer the step is refused.
            """,
        parameters: [
            .init("rules", .list(AccessRole.fields), default: [], "By role"),
            .init("bindings", .list(AccessBinding.fields), default: [], "One by one"),
            .init("every_broker", .bool, default: true, "Wait until every broker goes by them"),
        ],
        result: .write(.init("bindings", .list(AccessBinding.fields), "What was made"), .items),
        effect: .checked, target: .cluster,
        example: """
            - kafka.create_acls:
                rules:
                  - {principal: "User:payments", role: consumer, topics: [orders], groups: [payments]}
              register: made
            """)

    let write: AccessRuleWrite

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        var rules = try AccessRole.rules(arguments)
        for rule in try AccessBinding.rules(arguments, "bindings") where !rules.contains(rule) { rules.append(rule) }
        write = AccessRuleWrite(
            rules: rules, everyBroker: try arguments.flag("every_broker", default: true), isCreation: true)
    }
}
