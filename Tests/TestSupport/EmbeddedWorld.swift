package import EventLoop
package import KafkaAdmin
package import KafkaOperations
package import Playbooks
package import RunEngine
package import SimulatedKafka
package import Values

/// An embedded cluster with a client and a lifecycle, for tests of actions: brokers 1 to 3 unless told otherwise.
package final class EmbeddedWorld: Sendable {
    package static let clusterID = "embedded-test-cluster"

    package let cluster: SimulatedCluster
    package let time: any TimeSource
    package let client: AdminClient
    package let inventory: Inventory
    package let catalog: Catalog
    package let services: OperationServices

    /// `speed`: how many times faster than the world. `lifecycle`: what stands in the place of the embedded one.
    package init(
        nodes: [SimulatedClusterConfiguration.Node] = SimulatedClusterConfiguration.combinedNodes([1, 2, 3]),
        topics: [SimulatedClusterConfiguration.Topic] = [
            .init(name: "orders", partitions: 6, replicationFactor: 3, minInsyncReplicas: 2)
        ], version: String = "3.9.2", speed: Double = 50,
        pending: PendingActivations = .none, configure: (inout SimulatedClusterConfiguration) -> Void = { _ in },
        lifecycle: @escaping @Sendable (EmbeddedTestLifecycle) -> any Lifecycle = { $0 }
    ) {
        var configuration = SimulatedClusterConfiguration(
            version: Version(version) ?? Version(major: 3, minor: 9), nodes: nodes, topics: topics)
        configure(&configuration)
        let time = ScaledTimeSource(speed: speed)
        let cluster = SimulatedCluster(configuration, time: time)
        func addresses(_ endpoints: [SimulatedEndpoint]) -> [BrokerAddress] {
            endpoints.compactMap { BrokerAddress(host: $0.host, port: Int32(truncatingIfNeeded: $0.port)) }
        }
        client = AdminClient(
            settings: AdminClientSettings(
                bootstrap: addresses(cluster.bootstrap), bootstrapControllers: addresses(cluster.bootstrapControllers),
                // Seconds of the world, not of the cluster: a busy machine is no slow broker.
                requestTimeout: .seconds(20 + 5 * speed), totalTimeout: .seconds(60 + 20 * speed)),
            dialer: Dialer(cluster: cluster), time: time)
        self.cluster = cluster
        self.time = time
        let span = SourceSpan(file: "inventory.yml", line: 1, column: 1)
        inventory = Inventory(
            path: "inventory.yml",
            hosts: nodes.map { StepBench.host("kafka-\($0.id)", node: $0.id, isBroker: $0.isBroker, cluster: "demo") },
            groups: [],
            clusters: [
                ClusterSettings(
                    name: "demo", bootstrap: [], bootstrapControllers: [], clusterID: nil, isProtected: false,
                    version: nil, security: nil, lifecycle: nil, simulated: nil, commandConfig: nil, span: span)
            ], approverGroups: [:], sources: [], warnings: [])
        let standard = OperationServices.standard(ProcessSettings(environment: [:]))
        var services = OperationServices(
            shell: standard.shell,
            lifecycle: { host, _ throws(StepFailure) in
                lifecycle(EmbeddedTestLifecycle(cluster, node: host.nodeID ?? 0))
            },
            processes: standard.processes)
        services.pending = pending
        self.services = services
        catalog = OperationCatalog.make(services: services)
    }

    package var reader: LiveClusterReader { LiveClusterReader(sender: client) }
    package var writer: LiveClusterOperator { LiveClusterOperator(sender: client) }

    package func bench(_ node: Int32) -> StepBench {
        StepBench(host: inventory.host("kafka-\(node)") ?? StepBench.localhost, inventory: inventory, time: time)
    }

    /// Runs an action on the host of a node.
    package func run(
        _ name: String, _ values: ValueMap = [:], on node: Int32 = 1, timeout: Duration? = nil, bench: StepBench? = nil
    ) async throws -> ActionOutcome {
        let bench = bench ?? self.bench(node)
        let action = try StepBench.make(catalog, name, values)
        var context = bench.step(cluster: reader, writer: writer, timeout: timeout)
        context.reading.clusterID = Self.clusterID
        return try await action.run(in: context)
    }

    package func read(_ name: String, _ values: ValueMap = [:], on node: Int32 = 1) async throws -> ValueMap {
        let action = try StepBench.make(catalog, name, values)
        return try await action.read(in: bench(node).reading(cluster: reader)).result
    }

    package func plan(_ name: String, _ values: ValueMap = [:], on node: Int32 = 1) async throws -> ActionPlan {
        let action = try StepBench.make(catalog, name, values)
        return try await action.plan(in: bench(node).reading(cluster: reader))
    }

    /// Returns once a read passes; throws with its reasons when it does not in a minute of the cluster's time.
    package func waitUntil(_ name: String, _ values: ValueMap = [:]) async throws {
        let deadline = time.deadline(after: .seconds(60))
        while true {
            let result = try await read(name, values)
            if result["passes"]?.boolValue == true { return }
            guard time.monotonic < deadline else {
                throw StepFailure(.timedOut, "\(name): \(JSON.text(result["reasons"] ?? .null))")
            }
            try await time.sleep(for: .milliseconds(500))
        }
    }

    private struct Dialer: BrokerDialer {
        let cluster: SimulatedCluster

        func dial(_ address: BrokerAddress, within limit: Duration) async throws(KafkaError) -> any BrokerChannel {
            guard let connection = cluster.connect(host: address.host, port: Int(address.port)) else {
                var error = KafkaError(.unreachable, "\(address) refuses connections")
                error.isRefused = true
                throw error
            }
            return Channel(connection: connection)
        }
    }

    private struct Channel: BrokerChannel {
        let connection: SimulatedConnection

        func start(_ handler: @escaping @Sendable (BrokerChannelEvent) -> Void) {
            connection.start { event in
                switch event {
                case .frame(let payload): handler(.frame(payload))
                case .closed: handler(.closed(nil))
                }
            }
        }

        func send(_ frame: [UInt8]) { connection.send(frame) }
        func close() { connection.close() }
    }
}

/// Starts and stops nodes of an embedded cluster. It tells no process, so that what is proven is proven over the protocol.
package struct EmbeddedTestLifecycle: Lifecycle {
    package let cluster: SimulatedCluster
    package let node: Int32

    package init(_ cluster: SimulatedCluster, node: Int32) {
        self.cluster = cluster
        self.node = node
    }

    package var name: String { "the embedded cluster" }

    package func has(_ operation: LifecycleOperation) -> Bool {
        [.install, .activate, .stop, .start, .version].contains(operation)
    }

    package func commands(for operation: LifecycleOperation, version: Version?) throws(StepFailure) -> [[String]] { [] }

    package func perform(
        _ operation: LifecycleOperation, version: Version?, in context: LifecycleContext
    ) async throws(StepFailure) -> LifecycleOutcome {
        do throws(ClusterModel.EstateError) {
            switch (operation, version) {
            case (.install, let version?): try cluster.install(node, version)
            case (.activate, let version?): try cluster.activate(node, version)
            case (.stop, _): try cluster.stop(node)
            case (.start, _): try cluster.start(node)
            default: break
            }
        } catch {
            throw StepFailure(.failed, error.description)
        }
        return LifecycleOutcome()
    }

    package func installedVersion(in context: LifecycleContext) async throws(StepFailure) -> Version? {
        cluster.installedVersion(node)
    }

    package func runningVersion(in context: LifecycleContext) async throws(StepFailure) -> Version? { nil }
    package func process(in context: LifecycleContext) async throws(StepFailure) -> BrokerProcess? { nil }
}
