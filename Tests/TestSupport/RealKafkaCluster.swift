import KafkaAdmin
import Values

/// A KRaft cluster of real brokers on loopback, driven by a shell script `cluster` in its scratch directory: the same script
/// serves as the lifecycle of an inventory, so that opsrun and the test mean the same processes.
package struct RealKafkaCluster: Sendable {
    package struct Node: Sendable {
        package var id: Int32
        /// 0 for a dedicated controller.
        package var port: Int
        /// 0 for a dedicated broker.
        package var controllerPort: Int
        /// Free for another listener; 0 for a dedicated controller.
        package var sparePort: Int
        /// Where its files are.
        package var folder: String
    }

    package let scratch: ScratchDirectory
    package let nodes: [Node]
    /// Its own: runs on two clusters at once do not wait for one lock.
    package let clusterID: String

    package var brokers: [Node] { nodes.filter { $0.port != 0 } }
    package var controllers: [Node] { nodes.filter { $0.controllerPort != 0 } }
    package var bootstrap: [String] { brokers.map { "127.0.0.1:\($0.port)" } }
    package var bootstrapControllers: [String] { controllers.map { "127.0.0.1:\($0.controllerPort)" } }

    /// Starts a cluster, runs the body, kills every broker whatever happened.
    ///
    /// `settings` are lines behind the properties of each node, where a later line wins.
    /// Three combined nodes 1, 2, 3, or three brokers 1, 2, 3 and three dedicated controllers 101, 102, 103; rack a, b, c.
    package static func with<Success>(
        _ release: RealKafka.Release, dedicatedControllers: Bool = false,
        settings: (Node) -> [String] = { _ in [] },
        _ body: (RealKafkaCluster) async throws -> Success
    ) async throws -> Success {
        try await ScratchDirectory.with { scratch in
            let cluster = try RealKafkaCluster(
                scratch: scratch, dedicatedControllers: dedicatedControllers, settings: settings)
            do {
                try await cluster.format(release)
                try await cluster.startAll()
                let result = try await body(cluster)
                await cluster.killAll()
                return result
            } catch {
                await cluster.killAll()
                throw error
            }
        }
    }

    init(scratch: ScratchDirectory, dedicatedControllers: Bool, settings: (Node) -> [String]) throws {
        self.scratch = scratch
        clusterID = Self.newClusterID()
        let ports = try LoopbackPorts.free(9)
        func folder(_ id: Int) -> String { "\(scratch.path)/nodes/\(id)" }
        if dedicatedControllers {
            nodes =
                (0..<3).map {
                    Node(
                        id: Int32($0 + 1), port: ports[$0], controllerPort: 0, sparePort: ports[$0 + 6],
                        folder: folder($0 + 1))
                }
                + (0..<3).map {
                    Node(
                        id: Int32($0 + 101), port: 0, controllerPort: ports[$0 + 3], sparePort: 0,
                        folder: folder($0 + 101))
                }
        } else {
            nodes = (0..<3).map {
                Node(
                    id: Int32($0 + 1), port: ports[$0], controllerPort: ports[$0 + 3], sparePort: ports[$0 + 6],
                    folder: folder($0 + 1))
            }
        }
        try scratch.write(Self.script, to: "cluster", mode: 0o755)
        let voters = controllers.map { "\($0.id)@127.0.0.1:\($0.controllerPort)" }.joined(separator: ",")
        for node in nodes {
            let more = settings(node).map { "\($0)\n" }.joined()
            try scratch.write(properties(of: node, voters: voters) + more, to: "nodes/\(node.id)/server.properties")
        }
    }

    /// The whole text of an inventory whose lifecycle is this cluster's script.
    /// `commands`: more operations of the script than its usual ones, `status` and `install` among them.
    package func inventory(
        version: String, name: String = "local", clusterLines: [String] = [], stop: String = "stop",
        commands: [String] = []
    ) -> String {
        var lines = [
            "all:", "  vars:", "    kafka_clusters:", "      \(name):",
            "        bootstrap: [\(bootstrap.joined(separator: ", "))]",
            "        bootstrap_controllers: [\(bootstrapControllers.joined(separator: ", "))]",
            "        version: \(version)",
        ]
        lines += clusterLines.map { "        \($0)" }
        lines += [
            "        lifecycle:"
        ]
        // The script's processes run on this machine.
        if commands.contains("status") { lines.append("          pid: host") }
        lines += [
            "          commands:",
            "            activate: [./cluster, use, \"{{ host.node_id }}\", \"{{ version }}\"]",
            "            stop: [./cluster, \(stop), \"{{ host.node_id }}\"]",
            "            start: [./cluster, start, \"{{ host.node_id }}\"]",
            "            version: [./cluster, version, \"{{ host.node_id }}\"]",
        ]
        lines += commands.map { command in
            let version = command == "install" ? ", \"{{ version }}\"" : ""
            return "            \(command): [./cluster, \(command), \"{{ host.node_id }}\"\(version)]"
        }
        lines += [
            "  children:", "    brokers:", "      vars: {cluster: \(name), ansible_connection: local}", "      hosts:",
        ]
        lines += brokers.map { "        broker-\($0.id): {broker_id: \($0.id)}" }
        let dedicated = controllers.filter { $0.port == 0 }
        if !dedicated.isEmpty {
            lines += ["    controllers:", "      vars: {cluster: \(name), ansible_connection: local}", "      hosts:"]
            lines += dedicated.map { "        controller-\($0.id): {node_id: \($0.id)}" }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    package func start(_ id: Int32) async throws { try await script("start", "\(id)") }
    package func stop(_ id: Int32) async throws { try await script("stop", "\(id)") }
    package func kill(_ id: Int32) async throws { try await script("kill", "\(id)") }

    package func use(_ id: Int32, _ release: RealKafka.Release) async throws {
        try await script("use", "\(id)", release.version.text)
    }

    /// What the script was asked to do so far, a line each: `stop 1`, `use 2 4.3.1`.
    package func ledger() throws -> [String] {
        try scratch.read("ledger").split(separator: "\n").map(String.init)
    }

    /// Runs a tool of a release against this cluster; nil when the release lacks it.
    package func tool(
        _ name: String, of release: RealKafka.Release, _ arguments: [String]
    ) async throws -> TestProcess.Outcome? {
        guard let path = release.tool(name) else { return nil }
        return try await TestProcess.run([path] + arguments, in: scratch)
    }

    @discardableResult
    private func script(_ arguments: String...) async throws -> String {
        let outcome = try await TestProcess.run(["./cluster"] + arguments, in: scratch)
        guard outcome.status == 0 else {
            throw ScratchDirectory.Failure(
                description: "./cluster \(arguments.joined(separator: " ")): \(outcome.status) \(outcome.stderr)")
        }
        return outcome.stdout
    }

    private func format(_ release: RealKafka.Release) async throws {
        for node in nodes {
            try await use(node.id, release)
            try await script("format", "\(node.id)", clusterID)
        }
        try scratch.write("", to: "ledger")
    }

    private func startAll() async throws {
        for node in nodes { try await start(node.id) }
        for node in nodes {
            try await script("await", "\(node.id)", "\(node.port != 0 ? node.port : node.controllerPort)")
        }
        try await awaitMembership()
        try scratch.write("", to: "ledger")
    }

    /// An open port is not yet a member: waits until every broker's own answer lists every broker.
    private func awaitMembership() async throws {
        let client = AdminClient(
            settings: AdminClientSettings(
                bootstrap: try AdminClientSettings.addresses(bootstrap),
                bootstrapControllers: try AdminClientSettings.addresses(bootstrapControllers)))
        let reader = LiveClusterReader(sender: client)
        let expected = Set(brokers.map(\.id))
        var waiting = expected
        for _ in 0..<Self.membershipChecks where !waiting.isEmpty {
            for id in waiting.sorted() {
                let seen = try? await reader.describeCluster(includeFenced: false, from: .node(id))
                if let seen, Set(seen.brokers.map(\.id)) == expected { waiting.remove(id) }
            }
            if !waiting.isEmpty { try await TestProcess.pause(milliseconds: 100, in: scratch) }
        }
        await client.close()
        guard waiting.isEmpty else {
            throw ScratchDirectory.Failure(description: "brokers \(waiting.sorted()) do not list every broker")
        }
    }

    /// A minute, ten times a second.
    private static let membershipChecks = 600

    /// Makes a topic with three replicas, by Kafka's own tool, and waits until every broker has it.
    package func createTopic(
        _ name: String, partitions: Int, minInSync: Int? = nil, by release: RealKafka.Release
    ) async throws {
        let outcome = try await tool(
            "kafka-topics.sh", of: release,
            [
                "--bootstrap-server", bootstrap.joined(separator: ","), "--create", "--topic", name, "--partitions",
                "\(partitions)", "--replication-factor", "3",
            ] + (minInSync.map { ["--config", "min.insync.replicas=\($0)"] } ?? []))
        guard outcome?.status == 0 else {
            throw ScratchDirectory.Failure(
                description: "topic \(name): \(outcome?.stderr ?? "release \(release.version) has no kafka-topics.sh")")
        }
        try await awaitTopic(name, partitions: partitions)
    }

    /// Waits for a line of the ledger that begins so, and gives its rest.
    package func awaitLedger(_ start: String) async throws -> String {
        try await Eventually.found("the ledger says \(start)", within: .seconds(180)) {
            try ledger().first { $0.hasPrefix(start) }.map { String($0.dropFirst(start.count)) }
        }
    }

    /// Waits until every broker lists the topic with so many partitions, led and with all of their replicas in sync.
    package func awaitTopic(_ name: String, partitions: Int, replicas: Int = 3) async throws {
        let client = AdminClient(
            settings: AdminClientSettings(bootstrap: try AdminClientSettings.addresses(bootstrap)))
        let reader = LiveClusterReader(sender: client)
        let result: Result<Void, any Error>
        do {
            for broker in brokers {
                try await Eventually.holds("broker \(broker.id) lists \(name)") {
                    let view = try await reader.snapshot(topics: [name], from: .node(broker.id))
                    return view.partitions.count == partitions
                        && view.partitions.allSatisfy { $0.leader > 0 && view.inSync(of: $0).count == replicas }
                }
            }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await client.close()
        try result.get()
    }

    /// Sixteen bytes as Kafka's Uuid writes them: 22 letters and digits, the last one of two bits.
    private static func newClusterID() -> String {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
        return String((0..<21).map { _ in letters.randomElement() ?? "A" }) + "A"
    }

    private func killAll() async {
        for node in nodes { try? await kill(node.id) }
    }

    private func properties(of node: Node, voters: String) -> String {
        var roles: [String] = [], listeners: [String] = []
        if node.port != 0 {
            roles.append("broker")
            listeners.append("PLAINTEXT://127.0.0.1:\(node.port)")
        }
        if node.controllerPort != 0 {
            roles.append("controller")
            listeners.append("CONTROLLER://127.0.0.1:\(node.controllerPort)")
        }
        let rack = ["a", "b", "c"][Int(node.id - 1) % 3]
        var lines = [
            "process.roles=\(roles.joined(separator: ","))", "node.id=\(node.id)",
            "controller.quorum.voters=\(voters)", "listeners=\(listeners.joined(separator: ","))",
            "controller.listener.names=CONTROLLER",
            "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "log.dirs=\(scratch.path)/nodes/\(node.id)/data",
            "num.network.threads=2", "num.io.threads=2", "num.partitions=3", "default.replication.factor=3",
            "min.insync.replicas=2", "offsets.topic.num.partitions=10", "offsets.topic.replication.factor=3",
            "transaction.state.log.num.partitions=10", "transaction.state.log.replication.factor=3",
            "transaction.state.log.min.isr=2", "group.initial.rebalance.delay.ms=0",
            "log.cleaner.dedupe.buffer.size=4194304", "broker.heartbeat.interval.ms=500",
            "broker.session.timeout.ms=6000", "controlled.shutdown.enable=true",
        ]
        if node.port != 0 {
            lines += ["advertised.listeners=PLAINTEXT://127.0.0.1:\(node.port)", "broker.rack=\(rack)"]
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static let script = """
        #!/usr/bin/env bash
        # cluster use ID VERSION | format ID CLUSTER | start ID | stop ID | kill ID | version ID | await ID PORT
        #         install ID VERSION | status ID
        # A file broken-VERSION: that release says no to its start; dying-VERSION: it says yes and dies; hold-install: an
        # install waits for a file go-install; hold-use: a use that was done waits for a file go-use.
        set -eu
        here=$(cd "$(dirname "$0")" && pwd); node=$here/nodes/$2
        home() { echo "$OPSRUN_KAFKA/$(cat "$node/version")"; }
        alive() { [ -f "$node/pid" ] && kill -0 "$(cat "$node/pid")" 2>/dev/null; }
        case $1 in
            use | start | stop | kill | install) echo "$*" >>"$here/ledger" ;;
        esac
        case $1 in
            use)
                echo "$3" >"$node/version"
                while [ -f "$here/hold-use" ] && [ ! -f "$here/go-use" ]; do sleep 0.1; done ;;
            version) cat "$node/version" ;;
            install) while [ -f "$here/hold-install" ] && [ ! -f "$here/go-install" ]; do sleep 0.1; done ;;
            status) alive || exit 3; echo "kafka (pid $(cat "$node/pid")) runs" ;;
            format) "$(home)/bin/kafka-storage.sh" format -t "$3" -c "$node/server.properties" >"$node/format.log" ;;
            start)
                if alive; then exit 0; fi
                [ ! -f "$here/broken-$(cat "$node/version")" ] || { echo "this release does not start here" >&2; exit 1; }
                if [ -f "$here/dying-$(cat "$node/version")" ]; then
                    setsid sh -c 'sleep 1; exit 1' >>"$node/server.log" 2>&1 </dev/null &
                else
                    setsid "$(home)/bin/kafka-server-start.sh" "$node/server.properties" \\
                        >>"$node/server.log" 2>&1 </dev/null &
                fi
                echo $! >"$node/pid" ;;
            stop)
                alive || exit 0
                kill -TERM "$(cat "$node/pid")"
                while alive; do sleep 0.1; done ;;
            kill) if alive; then kill -KILL "$(cat "$node/pid")"; fi ;;
            await)
                for _ in $(seq 600); do
                    (exec 3<>"/dev/tcp/127.0.0.1/$3") 2>/dev/null && exit 0
                    alive || { tail -n 5 "$node/server.log" >&2; exit 1; }
                    sleep 0.1
                done
                exit 1 ;;
        esac

        """
}
