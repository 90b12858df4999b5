import Playbooks
import RunEngine
import Values

/// Judges whether the cluster can go to a release from where it is.
///
/// 1. Facts: `UpgradeFactReader` asks every broker and controller on a new connection, and reads their settings. 2.
/// Verdict: `UpgradePath`.
struct CheckUpgrade: CatalogedAction {
    private static let finding = ValueType.listOf(.init("rule", .string), .init("message", .string))

    static let reference = ActionReference(
        name: "kafka.check_upgrade",
        summary: "Judge whether the cluster can go to a release",
        details: """
            Blockers: a node that does not answer, ZooKeeper or a metadata.version below 3.3 before 4.x, levels that are finalized \
            and that the release does not support. Warnings: settings that it no longer knows, half-done upgrades, and what cannot \
            be told, such as clients too old for 4.x, which the admin API does not show.
            """,
        parameters: [.init("target", .version, "The release to go to")],
        result: RecordType([
            .init("blockers", finding, "What forbids the upgrade"),
            .init("warnings", finding, "What is to be looked at first"),
            .init(
                "old_clients", .listOf(.init("name", .string), .init("versions", .list(.string))),
                "Clients that the target does not speak to any more"),
            .init("old_clients_known", .bool, "False: unknown, which is not none"),
            .init("removed_configs", .list(.string), "Settings in use that the release does not know"),
            .init("path", .list(.version), "Releases to go through, the target last"),
        ]),
        effect: .read, target: .cluster,
        example: """
            - kafka.check_upgrade: {target: "4.3.1"}
              register: path
            - assert: {that: ["path.blockers | length == 0"]}
            """,
        shorthand: "target")

    private let target: Version

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        target = try arguments.version("target")
    }

    /// What stands in the way, and what cannot be told, is for the reviewer of the plan already.
    func plan(in context: ReadContext) async throws -> ActionPlan {
        let path = try await evaluate(in: context)
        return ActionPlan(
            notes: path.blockers.map { "blocker: \($0.message)" } + path.warnings.map { "warning: \($0.message)" })
    }

    private func evaluate(in context: ReadContext) async throws -> UpgradePath {
        let reader = try context.requireCluster(for: Self.reference.name)
        let facts = try await UpgradeFactReader(reader) { context.controllerAddress(of: $0) }.gather(configs: true)
        return UpgradePath.evaluate(facts, target: target)
    }

    func read(in context: ReadContext) async throws -> ActionOutcome {
        let path = try await evaluate(in: context)
        func records(_ findings: [UpgradePath.Finding]) -> Value {
            .list(findings.map { ["rule": .string($0.rule), "message": .string($0.message)] })
        }
        return ActionOutcome(
            .ok,
            result: [
                "blockers": records(path.blockers), "warnings": records(path.warnings), "old_clients": [],
                "old_clients_known": false, "removed_configs": .texts(path.removedConfigs),
                "path": .list(path.path.map(Value.version)),
            ])
    }
}
