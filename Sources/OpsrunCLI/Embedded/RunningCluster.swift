package import EventLoop
package import KafkaAdmin
internal import KafkaOperations
package import RunEngine
package import SimulatedKafka
internal import Values

/// An embedded cluster that runs, with the client that talks to it. It lives as long as someone holds it.
package final class RunningCluster: Sendable {
    package let settings: EmbeddedCluster
    package let cluster: SimulatedCluster
    package let time: any TimeSource
    private let client: AdminClient

    /// `time` is the cluster's own clock, which the run uses too.
    package init(_ settings: EmbeddedCluster, time: any TimeSource) {
        self.settings = settings
        self.time = time
        cluster = SimulatedCluster(settings.configuration, time: time)
        client = AdminClient(
            settings: Self.clientSettings(cluster, speed: settings.speed), dialer: EmbeddedDialer(cluster), time: time)
    }

    package func access() async throws(KafkaError) -> ClusterAccess {
        let reader = LiveClusterReader(sender: client)
        return ClusterAccess(
            reader: reader, clusterOperator: LiveClusterOperator(sender: client),
            clusterID: try await reader.clusterID(),
            leases: KafkaLeaseStore(
                LiveFencedTopic(KafkaLeaseStore.topic, sender: client, limit: Self.leaseLimit)))
    }

    /// Of ours: leases count by the machine's clock, whatever the cluster's does.
    private static let leaseLimit = Duration.seconds(15)

    /// Patience counts in the cluster's time; however fast that is, a call has a second of ours.
    private static func clientSettings(_ cluster: SimulatedCluster, speed: Double) -> AdminClientSettings {
        func addresses(_ endpoints: [SimulatedEndpoint]) -> [BrokerAddress] {
            endpoints.compactMap { BrokerAddress(host: $0.host, port: Int32(truncatingIfNeeded: $0.port)) }
        }
        func atLeast(_ seconds: Double, ours: Double) -> Duration {
            .milliseconds(Int64(max(seconds, ours * speed) * 1000))
        }
        return AdminClientSettings(
            bootstrap: addresses(cluster.bootstrap), bootstrapControllers: addresses(cluster.bootstrapControllers),
            clusterID: cluster.configuration.clusterID, requestTimeout: atLeast(5, ours: 1),
            totalTimeout: atLeast(15, ours: 3), connectTimeout: atLeast(5, ours: 1))
    }
}

/// The embedded clusters of a process, by the inventory's names: made when first asked for, the same afterwards.
package final class EmbeddedClusters: Sendable {
    private let running = Locked<[String: RunningCluster]>([:])
    private let clock: any TimeSource

    package init(clock: any TimeSource = SystemTimeSource()) { self.clock = clock }

    /// `speed` is the one that the run decided on.
    package func cluster(_ settings: EmbeddedCluster, speed: Double) -> RunningCluster {
        running.withLock { running in
            if let known = running[settings.name] { return known }
            var settings = settings
            settings.speed = speed
            let time: any TimeSource = speed == 1 ? clock : ScaledTimeSource(speed: speed, base: clock)
            let made = RunningCluster(settings, time: time)
            running[settings.name] = made
            return made
        }
    }

    package func cluster(named name: String) -> RunningCluster? { running.withLock { $0[name] } }
}
