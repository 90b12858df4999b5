package import KafkaOperations
internal import Playbooks
package import RunEngine
package import SimulatedKafka
package import Values

/// The lifecycle `simulated`: what `broker.*` means on a host of the embedded cluster.
package struct EmbeddedLifecycle: Lifecycle {
    private let cluster: SimulatedCluster
    private let node: Int32

    package init(_ cluster: SimulatedCluster, node: Int32) {
        self.cluster = cluster
        self.node = node
    }

    package var name: String { "the embedded cluster" }

    /// What the simulator does of a lifecycle, in this process or in another.
    static let operations: Set<LifecycleOperation> = [
        .install, .activate, .stop, .start, .version, .running, .status,
    ]

    package func has(_ operation: LifecycleOperation) -> Bool { Self.operations.contains(operation) }

    package func commands(for operation: LifecycleOperation, version: Version?) throws(StepFailure) -> [[String]] { [] }

    package func perform(
        _ operation: LifecycleOperation, version: Version?, in context: LifecycleContext
    ) async throws(StepFailure) -> LifecycleOutcome {
        var isKnown = true
        do throws(ClusterModel.EstateError) {
            switch (operation, version) {
            case (.install, let version?): try cluster.install(node, version)
            case (.activate, let version?): try cluster.activate(node, version)
            case (.stop, _): try cluster.stop(node)
            case (.start, _): try cluster.start(node)
            default: isKnown = false
            }
        } catch {
            throw StepFailure(.failed, "the embedded cluster refused: \(error.description)")
        }
        guard isKnown else { throw StepFailure(.failed, "the embedded cluster cannot do `\(operation.rawValue)`") }
        return LifecycleOutcome()
    }

    package func installedVersion(in context: LifecycleContext) async throws(StepFailure) -> Version? {
        cluster.installedVersion(node)
    }

    package func runningVersion(in context: LifecycleContext) async throws(StepFailure) -> Version? {
        cluster.runningVersion(node)
    }

    package func process(in context: LifecycleContext) async throws(StepFailure) -> BrokerProcess? {
        BrokerProcess(isRunning: cluster.isRunning(node), invocation: "start \(cluster.incarnation(node))")
    }
}

/// The connection `simulated`: there is no machine, so a program is not run. It ends with 0 and says so on standard error.
package struct EmbeddedShell: HostShell {
    private let host: String

    package init(host: String) { self.host = host }

    package var place: String { "on \(host), which is simulated" }
    package var isLocal: Bool { false }

    package func run(_ command: ShellCommand) async throws(StepFailure) -> ShellResult {
        ShellResult(
            code: 0, stdout: KeptOutput(""), stderr: KeptOutput("not run: \(host) is simulated\n"), duration: .zero)
    }
}
