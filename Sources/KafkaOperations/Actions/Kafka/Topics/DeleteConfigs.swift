import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Takes away settings of a topic, a broker, the default of all brokers, or a group: they go back to what they inherit.
///
/// 1. Without `keys`, all that it has of its own are read. 2. They are removed as kafka.alter_configs removes them, and read
/// back.
struct DeleteConfigs: CatalogedAction {
    static let reference = ActionReference(
        name: "kafka.delete_configs",
        summary: "Take away settings, so that they go back to what they inherit",
        details: "`previous` are arguments of kafka.alter_configs that put back what was there.",
        parameters: ConfigTarget.parameters + [
            .optional("keys", .list(.string), "Only these; without them all that it has of its own")
        ],
        result: .write(
            .init(
                "previous",
                .fields(.init("set", .map(.string)), .init("remove", .list(.string))), "Arguments that put it back"),
            .items),
        effect: .checked, target: .cluster,
        example: """
            - kafka.delete_configs: {resource: topic, name: orders, keys: [retention.ms]}
            """)

    private let target: ConfigTarget
    private let keys: [String]?
    private let arguments: Arguments
    private let services: OperationServices

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        target = try ConfigTarget(arguments)
        keys = try arguments.texts("keys")
        self.arguments = arguments
        self.services = services
    }

    private func removal(_ reader: any ClusterReader) async throws(StepFailure) -> AlterConfigs {
        var names = keys ?? []
        if keys == nil {
            names = try await target.read(reader, keys: nil).filter { target.own($0) != nil }.map(\.name).sorted()
        }
        var values: ValueMap = ["resource": .string(target.kind.rawValue), "set": [:], "remove": .texts(names)]
        values["name"] = arguments["name"]
        return try AlterConfigs(Arguments(values: values, conditions: [:], span: arguments.span), services)
    }

    func plan(in context: ReadContext) async throws -> ActionPlan {
        let reader = try context.requireCluster(for: Self.reference.name)
        return try await removal(reader).plan(in: context)
    }

    func run(in context: StepContext) async throws -> ActionOutcome {
        let reader = try context.reading.requireCluster(for: Self.reference.name)
        var outcome = try await removal(reader).run(in: context)
        outcome.result["previous_of_brokers"] = nil
        return outcome
    }

    func verify(in context: StepContext) async throws -> Verification {
        let reader = try context.reading.requireCluster(for: Self.reference.name)
        return try await removal(reader).verify(in: context)
    }
}
