import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Takes a fence of kafka.fence_producers away: exactly the denials that it made, and nothing else.
struct UnfenceProducers: AccessRuleAction {
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

    let write: AccessRuleWrite

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        let rules = try AccessBinding.rules(arguments, "denied")
        for rule in rules
        where rule.permission != .deny || rule.resourceType != .topic || rule.operation != .write {
            throw arguments.failure("\(AccessBinding.text(rule)) is no rule of kafka.fence_producers")
        }
        write = AccessRuleWrite(rules: rules, everyBroker: true, isCreation: false)
    }
}
