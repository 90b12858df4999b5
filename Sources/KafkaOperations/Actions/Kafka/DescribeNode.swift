import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Describes one node, asked of itself on a new connection and of up to two others.
///
/// 1. Facts: `NodeFactReader`. 2. Its place in the partitions, by another broker's view. 3. Verdict: `NodeBack`.
struct DescribeNode: CatalogedAction {
    static let reference = ActionReference(
        name: "kafka.describe_node",
        summary: "Describe one node, asked of itself and of others",
        details: """
            Passes when it answers on a new connection, its peers list it unfenced, its metadata log is caught up, no log directory is \
            offline, and, with `expect`, its release is the wanted one. A dedicated controller passes when its listener answers and the \
            quorum counts it as caught up. `fenced` is told from Kafka 4.0 on; before, a fenced broker is absent.
            """,
        parameters: [
            .init("node", .int, "Its id"),
            .optional("expect", .version, "The release that it should run"),
        ],
        result: .gate(
            .init("answers", .bool, "Whether it answers on a new connection"),
            .init("registered", .bool, "Its peers list it, or it votes"),
            .init("fenced", .optional(.bool), "As its peers see it; null before 4.0"),
            .init("release", .optional(.version), "Null above the newest known level"),
            .init("as_expected", .bool, "True without `expect`"),
            .init("rack", .optional(.string), "Null when it has none"),
            .init("roles", .list(.string), "broker, controller"), .init("leaders", .int, "Partitions that it leads"),
            .init("replicas", .int, "Replicas that it is given"),
            .init("log_dirs", .list(.string), "Paths"),
            .init("offline_log_dirs", .list(.string), "Paths of those that failed"),
            .init("advertised", .optional(.string), "host:port")),
        effect: .read, target: .cluster,
        example: """
            - name: Broker 1 is back
              gate:
                kafka.describe_node: {node: 1}
                interval: 2s
                timeout: 10m
            """,
        isGate: true, shorthand: "node")

    private let node: Int32
    private let expect: Version?

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        node = try arguments.node("node")
        expect = try arguments.versionIfAny("expect")
    }

    func read(in context: ReadContext) async throws -> ActionOutcome {
        let reader = try context.requireCluster(for: Self.reference.name)
        let facts = await NodeFactReader(
            reader, address: context.controllerAddress(of: node), isController: context.isController(node)
        ).gather(node, logDirectories: true)
        let verdict = NodeBack.evaluate(facts, expect: expect)
        let listing = facts.peers.compactMap(\.listing).first
        let quorum = facts.quorum
        let isVoter = quorum?.voters.contains { $0.id == node } ?? false
        let place = await place(reader, facts)
        var roles: [Value] = []
        if listing != nil || place.replicas > 0 || !facts.isControllerOnly && !isVoter { roles.append("broker") }
        if isVoter { roles.append("controller") }
        let directories = facts.logDirectories ?? []
        return ActionOutcome(
            .ok,
            result: gateResult(
                passes: verdict.passes, reasons: BoundedList.lines(verdict.reasons), progress: verdict.progress,
                [
                    "answers": .bool(facts.versions != nil), "registered": .bool(verdict.isRegistered),
                    "fenced": .optional(verdict.isFenced), "release": .optional(verdict.release),
                    "as_expected": .bool(verdict.asExpected), "rack": .optional(listing?.rack), "roles": .list(roles),
                    "leaders": .int(place.leaders), "replicas": .int(place.replicas),
                    "log_dirs": .texts(directories.map(\.path)),
                    "offline_log_dirs": .texts(directories.filter { $0.error != nil }.map(\.path)),
                    "advertised": .optional(listing.map { "\($0.host):\($0.port)" }),
                ]))
    }

    private func place(_ reader: any ClusterReader, _ facts: NodeFacts) async -> (leaders: Int64, replicas: Int64) {
        let source = facts.peers.first.map { ViewSource.node($0.peer) } ?? .any
        guard !facts.isControllerOnly, let view = try? await reader.snapshot(topics: nil, from: source) else {
            return (0, 0)
        }
        var leaders: Int64 = 0
        var replicas: Int64 = 0
        for partition in view.partitions {
            if partition.leader == node { leaders += 1 }
            if view.replicas(of: partition).contains(node) { replicas += 1 }
        }
        return (leaders, replicas)
    }
}

extension ReadContext {
    /// Whether the inventory knows the node, and as a dedicated controller.
    func isController(_ node: Int32) -> Bool? { inventoryHost(of: node).map { $0.brokerID == nil } }

    private func inventoryHost(of node: Int32) -> Host? {
        let name = clusterSettings?.name
        return inventory.hosts.first { $0.nodeID == node && (name == nil || $0.cluster == name) }
    }

    /// Where a dedicated controller listens, when the inventory says so: `controller_port` of its host.
    func controllerAddress(of node: Int32) -> (host: String, port: Int32)? {
        guard let host = inventoryHost(of: node),
            let port = host.variables["controller_port"]?.intValue.flatMap(Int32.init(exactly:))
        else { return nil }
        return (host.connection.address, port)
    }
}
