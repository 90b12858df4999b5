package import Playbooks
package import RunEngine

/// What actions need besides their arguments and the engine's contexts. Injected, so that `OpsrunCLI` can put the
/// embedded cluster's connection and lifecycle in front of the real ones.
package struct OperationServices: Sendable {
    /// The connection to a host.
    package var shell: @Sendable (Host) throws(StepFailure) -> any HostShell
    /// How `broker.*` is done on a host.
    package var lifecycle: @Sendable (Host, Inventory) throws(StepFailure) -> any Lifecycle
    /// Who is held down by this run, per cluster.
    package var permits: RestartPermits
    package var processes: ProcessSettings
    /// Where processes of the run left traces.
    package let jobs = JobPlaces()
    /// Whose turn it is to change what steps of the run share.
    package let turns = ClusterTurns()
    /// Who was given another release and not restarted since, over runs.
    package var pending = PendingActivations.none

    package init(
        shell: @escaping @Sendable (Host) throws(StepFailure) -> any HostShell,
        lifecycle: @escaping @Sendable (Host, Inventory) throws(StepFailure) -> any Lifecycle,
        permits: RestartPermits = RestartPermits(), processes: ProcessSettings
    ) {
        self.shell = shell
        self.lifecycle = lifecycle
        self.permits = permits
        self.processes = processes
    }

    /// The lifecycle of the host that a step runs for.
    package func lifecycle(in context: ReadContext) throws(StepFailure) -> any Lifecycle {
        try lifecycle(context.host, context.inventory)
    }

    /// For what a step asks of a lifecycle: its programs can be found again.
    func lifecycleContext(of step: StepContext) throws(StepFailure) -> LifecycleContext {
        var context = try step.reading.lifecycleContext()
        let host = step.reading.host
        if let job = step.job, let shell = try? shell(host) {
            context.job = job
            jobs.note(host.name, shell)
        }
        return context
    }

    /// Real hosts: this machine and ssh.
    package static func standard(_ processes: ProcessSettings) -> OperationServices {
        let shell: @Sendable (Host) throws(StepFailure) -> any HostShell = { host throws(StepFailure) in
            try Connections.shell(for: host, processes)
        }
        return OperationServices(
            shell: shell,
            lifecycle: { host, inventory throws(StepFailure) in
                try LifecycleDecoder.lifecycle(of: host, in: inventory, shell: try shell(host))
            },
            processes: processes)
    }
}

/// The kinds of connections.
enum Connections {
    static func shell(for host: Host, _ settings: ProcessSettings) throws(StepFailure) -> any HostShell {
        switch host.connection.kind {
        case .local: return LocalShell(settings)
        case .ssh: return SSHShell(host: host.name, host.connection, settings)
        case .kubectl:
            throw StepFailure(
                .failed, "\(host.name): the connection `kubectl` is not built yet",
                nextAction: "use `ssh` or `local`, or run the playbook where kubectl is a `command`")
        case .simulated:
            throw StepFailure(
                .failed, "\(host.name): the connection `simulated` leads to the embedded cluster only",
                nextAction: "give its cluster `simulated: {…}`, or use another connection")
        }
    }
}
