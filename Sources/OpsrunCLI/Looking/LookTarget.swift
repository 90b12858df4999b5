internal import EventLoop
package import KafkaAdmin
internal import KafkaOperations
internal import Playbooks
internal import RunEngine

/// The cluster that a looking verb looks at: a reader, and nothing that writes.
package struct LookTarget: Sendable {
    /// For people: the inventory's name of it, or the addresses.
    package let name: String
    /// What is to be said of an embedded cluster; nil for a real one.
    package let note: String?
    package let reader: any ClusterReader
    private let end: @Sendable () async -> Void

    package init(
        name: String, note: String? = nil, reader: any ClusterReader, end: @escaping @Sendable () async -> Void = {}
    ) {
        self.name = name
        self.note = note
        self.reader = reader
        self.end = end
    }

    /// Closes its connections.
    package func close() async { await end() }

    /// By `--bootstrap`, with the settings of a `client.properties` where one is given: as an inventory that says no more.
    static func inventory(of texts: [String], commandConfig: String?) throws(LookFailure) -> Inventory {
        do throws(KafkaError) { _ = try AdminClientSettings.addresses(texts) } catch {
            throw LookFailure(.usage, StepFailure(.failed, error.message, nextAction: error.nextAction))
        }
        return inventory(named: texts.joined(separator: ","), bootstrap: texts, commandConfig: commandConfig)
    }

    /// `bootstrap` empty: the settings say where the cluster is.
    static func inventory(named name: String, bootstrap: [String], commandConfig: String?) -> Inventory {
        let place = SourceSpan(option: "--bootstrap")
        let file = commandConfig.map {
            Located($0, at: SourceSpan(option: "--command-config"))
        }
        let cluster = ClusterSettings(
            name: name, bootstrap: bootstrap, bootstrapControllers: [], clusterID: nil, isProtected: false,
            version: nil,
            security: nil, lifecycle: nil, simulated: nil, commandConfig: file, span: place)
        return Inventory(
            path: "--bootstrap", hosts: [], groups: [], clusters: [cluster], approverGroups: [:], sources: [],
            warnings: [])
    }

    /// By an inventory: an embedded cluster in process, a real one as a run would reach it, pins and contradictions
    /// checked.
    static func connect(
        to cluster: ClusterSettings, of inventory: Inventory, _ embedded: EmbeddedCluster?,
        _ clusters: EmbeddedClusters, _ surroundings: Surroundings
    ) async throws(LookFailure) -> LookTarget {
        do {
            if let embedded {
                let running = clusters.cluster(embedded, speed: 1)
                return LookTarget(
                    name: cluster.name, note: running.settings.note, reader: try await running.access().reader)
            }
            let estate = LifecycleEstate(
                inventory: inventory, services: .standard(ProcessSettings(environment: surroundings.environment)),
                time: SystemTimeSource())
            do {
                let reader = try await estate.cluster(named: cluster.name).reader
                return LookTarget(name: cluster.name, reader: reader, end: { await estate.close() })
            } catch {
                await estate.close()
                throw error
            }
        } catch {
            throw LookFailure.of(error)
        }
    }
}
