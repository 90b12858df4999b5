internal import EventLoop
internal import KafkaOperations
internal import Playbooks
internal import RunEngine

/// The catalog of actions with what they need, put together for a process.
enum OperationsCatalog {
    /// For commands that only look at declarations: nothing of it is ever run.
    static func declarations(_ surroundings: Surroundings) -> Catalog {
        OperationCatalog.make(services: .standard(ProcessSettings(environment: surroundings.environment)))
    }

    /// Real hosts, with the embedded clusters' connections and lifecycles in front.
    static func services(_ surroundings: Surroundings, _ running: [RunningCluster]) -> OperationServices {
        let standard = OperationServices.standard(ProcessSettings(environment: surroundings.environment))
        let clusters = running
        @Sendable func cluster(of host: Host) -> RunningCluster? {
            clusters.first { $0.settings.name == host.cluster }
        }
        return OperationServices(
            shell: { host throws(StepFailure) in
                host.connection.kind == .simulated ? EmbeddedShell(host: host.name) : try standard.shell(host)
            },
            lifecycle: { host, inventory throws(StepFailure) in
                if let embedded = cluster(of: host), let node = host.nodeID {
                    return EmbeddedLifecycle(embedded.cluster, node: node)
                }
                if let served = try ServedLifecycle.find(host, in: inventory) { return served }
                return try standard.lifecycle(host, inventory)
            },
            permits: standard.permits, processes: standard.processes)
    }
}
