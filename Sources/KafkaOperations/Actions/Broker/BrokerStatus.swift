import Playbooks
import RunEngine
import Values

/// Says what runs on the host.
///
/// 1. What the lifecycle knows of the process and the versions. 2. Where it cannot tell whether it runs, whether the
/// node answers.
struct BrokerStatus: CatalogedAction {
    static let reference = ActionReference(
        name: "broker.status",
        summary: "Say what runs on the host, and what starts next",
        details: "What the lifecycle cannot tell is null. Whether it runs is then asked of the broker itself.",
        result: RecordType([
            .init(
                "running", .optional(.bool),
                "Whether there is a process, or something that answers; null when nobody can tell"),
            .init("pid", .optional(.int), "Of its process; null when it is not known"),
            .init("started_at", .optional(.timestamp), "When its process began; null when it is not known"),
            .init(
                "installed_version", .optional(.version),
                "That the next start runs; null when the lifecycle does not say"),
            .init("running_version", .optional(.version), "That its process runs; null when it is not known"),
            .init("state", .optional(.string), "In the supervisor's words"),
        ]),
        effect: .read, target: .host,
        example: """
            - broker.status: {}
              register: status
            """)

    private let services: OperationServices

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) { self.services = services }

    func read(in context: ReadContext) async throws -> ActionOutcome {
        let lifecycle = try services.lifecycle(context.host, context.inventory)
        let inner = try context.lifecycleContext()
        let process = try await lifecycle.process(in: inner)
        let facts = try await HostFactReader(services: services, inventory: context.inventory, time: context.time)
            .facts(of: context.host, context.cluster, clusterID: context.clusterID)
        var running = process?.isRunning
        if running == nil, let reader = context.cluster, let node = context.host.nodeID {
            running =
                await NodeFactReader(
                    reader, address: context.controllerAddress(of: node), isController: context.host.brokerID == nil
                ).gather(node, logDirectories: false).versions != nil
        }
        return ActionOutcome(
            .ok,
            result: [
                "running": .optional(running), "pid": .optional(process?.pid),
                "started_at": process?.startedAt.map(Value.timestamp) ?? .null,
                "installed_version": .optional(facts.installedVersion),
                "running_version": .optional(facts.runningVersion), "state": .optional(process?.state),
            ])
    }
}
