import EventLoop
import Glibc
import KafkaAdmin

/// One real broker, its own controller, with listeners of every kind on loopback; and, where a test wants it, a second node
/// that is a broker and may become a voter.
package struct RealKafkaBroker: Sendable {
    /// A client listener besides the plaintext one that every broker here has.
    package struct Listener: Sendable {
        /// Letters and digits.
        package var name: String
        /// `SSL`, `SASL_SSL`, `SASL_PLAINTEXT`.
        package var securityProtocol: String
        package var advertisedHost: String
        /// Without `listener.name.<name>.`.
        package var properties: [String]

        package init(
            _ name: String, _ securityProtocol: String = "SSL", advertisedHost: String = "127.0.0.1",
            properties: [String] = []
        ) {
            self.name = name
            self.securityProtocol = securityProtocol
            self.advertisedHost = advertisedHost
            self.properties = properties
        }
    }

    /// A minute, ten times a second.
    private static let checks = 600
    private static let node = 1

    package let scratch: ScratchDirectory
    /// By the name of the listener; `PLAINTEXT` is one.
    package let ports: [String: Int]
    package var plaintext: String { bootstrap("PLAINTEXT") }
    package let clusterID = "b3BzcnVuLXRlc3QtMDAwMg"
    /// Those that run: the first node, and the second one, number 2.
    private let processes = Locked([TestProcess]())

    /// `127.0.0.1:port` of a listener.
    package func bootstrap(_ listener: String) -> String { "127.0.0.1:\(ports[listener] ?? 0)" }

    /// Starts a broker, runs the body, kills the broker whatever happened. The listeners may name files of `scratch`.
    ///
    /// With a companion, the quorum is one whose voters change (KIP-853) and has node 1 in it; node 2 is a broker and
    /// controller that watches. Both are members when the body begins.
    package static func with<Success>(
        _ release: RealKafka.Release, scratch: ScratchDirectory, listeners: [Listener], properties: [String] = [],
        hasCompanion: Bool = false,
        _ body: (RealKafkaBroker) async throws -> Success
    ) async throws -> Success {
        let names =
            ["PLAINTEXT", "CONTROLLER"] + (hasCompanion ? ["PLAINTEXT-2", "CONTROLLER-2"] : []) + listeners.map(\.name)
        let ports = Dictionary(uniqueKeysWithValues: zip(names, try LoopbackPorts.free(names.count)))
        let broker = RealKafkaBroker(scratch: scratch, ports: ports)
        let quorum = hasCompanion ? "bootstrap.servers=" : "voters=\(node)@"
        let common = properties + ["controller.quorum.\(quorum)127.0.0.1:\(ports["CONTROLLER"] ?? 0)"]
        do {
            let first = try scratch.write(broker.text(listeners, common), to: "server.properties")
            try await broker.start(release, first, hasCompanion ? ["--standalone"] : [])
            if hasCompanion {
                let second = try scratch.write(broker.companionText(common), to: "companion.properties")
                try await broker.start(release, second, ["--no-initial-controllers"])
            }
            try await broker.awaitAnswer()
            let result = try await body(broker)
            await broker.end()
            return result
        } catch {
            await broker.end()
            throw error
        }
    }

    private func start(
        _ release: RealKafka.Release, _ file: String, _ quorum: [String]
    ) async throws {
        guard let storage = release.tool("kafka-storage.sh"), let start = release.tool("kafka-server-start.sh") else {
            throw ScratchDirectory.Failure(description: "\(release.home) lacks its tools")
        }
        let formatted = try await TestProcess.run(
            [storage, "format", "-t", clusterID, "-c", file] + quorum, in: scratch)
        guard formatted.status == 0 else { throw ScratchDirectory.Failure(description: formatted.stderr) }
        let process = try TestProcess.start([start, file], in: scratch)
        processes.withLock { $0.append(process) }
    }

    /// Ends the second node as an operator does: a controlled shutdown.
    package func stopCompanion() async {
        let companion = processes.withLock { $0.count > 1 ? $0.removeLast() : nil }
        companion?.signal(SIGTERM)
        _ = await companion?.wait(within: 60)
    }

    private func end() async {
        let left = processes.withLock { $0 }
        for process in left { process.signal(SIGKILL) }
        for process in left { _ = await process.wait(within: 20) }
    }

    private func awaitAnswer() async throws {
        let processes = processes.withLock { $0 }
        let client = AdminClient(
            settings: AdminClientSettings(
                bootstrap: try AdminClientSettings.addresses([plaintext]), totalTimeout: .seconds(5)))
        let reader = LiveClusterReader(sender: client)
        for _ in 0..<Self.checks {
            let brokers = try? await reader.describeCluster(includeFenced: false, from: .any).brokers.count
            if brokers == processes.count { return await client.close() }
            guard !processes.contains(where: \.hasEnded) else { break }
            try await TestProcess.pause(milliseconds: 100, in: scratch)
        }
        await client.close()
        let said = try processes.map { process in
            let lines =
                try scratch.read(process.stdout).split(separator: "\n").suffix(20)
                + scratch.read(process.stderr).split(separator: "\n").suffix(20)
            return "(\(process.hasEnded ? "ended" : "running")) \(lines.joined(separator: "\n"))"
        }
        throw ScratchDirectory.Failure(description: "a broker does not answer: \(said.joined(separator: "\n\n"))")
    }

    private func text(_ listeners: [Listener], _ properties: [String]) -> String {
        let all = [Listener("PLAINTEXT", "PLAINTEXT"), Listener("CONTROLLER", "PLAINTEXT")] + listeners
        let clients = all.filter { $0.name != "CONTROLLER" }
        func place(_ listener: Listener, _ host: String) -> String {
            "\(listener.name)://\(host):\(ports[listener.name] ?? 0)"
        }
        var lines = [
            "process.roles=broker,controller", "node.id=\(Self.node)",
            "controller.listener.names=CONTROLLER", "inter.broker.listener.name=PLAINTEXT",
            "listeners=" + all.map { place($0, "127.0.0.1") }.joined(separator: ","),
            "advertised.listeners=" + clients.map { place($0, $0.advertisedHost) }.joined(separator: ","),
            "listener.security.protocol.map="
                + all.map { "\($0.name):\($0.securityProtocol)" }.joined(separator: ","),
            "log.dirs=\(scratch.path)/data,\(scratch.path)/more",
        ]
        lines += Self.small
        for listener in listeners {
            lines += listener.properties.map { "listener.name.\(listener.name.lowercased()).\($0)" }
        }
        return (lines + properties).joined(separator: "\n") + "\n"
    }

    private func companionText(_ properties: [String]) -> String {
        let places = ["PLAINTEXT", "CONTROLLER"].map { "\($0)://127.0.0.1:\(ports["\($0)-2"] ?? 0)" }
        let lines = [
            "process.roles=broker,controller", "node.id=2", "controller.listener.names=CONTROLLER",
            "inter.broker.listener.name=PLAINTEXT", "listeners=\(places.joined(separator: ","))",
            "advertised.listeners=\(places[0])",
            "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "log.dirs=\(scratch.path)/data-2,\(scratch.path)/more-2",
        ]
        return (lines + Self.small + properties).joined(separator: "\n") + "\n"
    }

    /// What keeps brokers quick and small.
    private static let small = [
        "num.network.threads=2", "num.io.threads=2", "offsets.topic.num.partitions=2",
        "offsets.topic.replication.factor=1", "transaction.state.log.num.partitions=2",
        "transaction.state.log.replication.factor=1", "transaction.state.log.min.isr=1",
        "share.coordinator.state.topic.num.partitions=2", "share.coordinator.state.topic.replication.factor=1",
        "share.coordinator.state.topic.min.isr=1", "log.cleaner.dedupe.buffer.size=4194304",
        "group.initial.rebalance.delay.ms=0", "broker.heartbeat.interval.ms=500", "broker.session.timeout.ms=6000",
    ]
}
