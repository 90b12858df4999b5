import Glibc
import KafkaAdmin

/// One real broker, its own controller, with listeners of every kind on loopback.
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

    /// `127.0.0.1:port` of a listener.
    package func bootstrap(_ listener: String) -> String { "127.0.0.1:\(ports[listener] ?? 0)" }

    /// Starts a broker, runs the body, kills the broker whatever happened. The listeners may name files of `scratch`.
    package static func with<Success>(
        _ release: RealKafka.Release, scratch: ScratchDirectory, listeners: [Listener], properties: [String] = [],
        _ body: (RealKafkaBroker) async throws -> Success
    ) async throws -> Success {
        let names = ["PLAINTEXT", "CONTROLLER"] + listeners.map(\.name)
        let ports = Dictionary(uniqueKeysWithValues: zip(names, try LoopbackPorts.free(names.count)))
        let broker = RealKafkaBroker(scratch: scratch, ports: ports)
        let file = try scratch.write(broker.text(listeners, properties), to: "server.properties")
        guard let storage = release.tool("kafka-storage.sh"), let start = release.tool("kafka-server-start.sh") else {
            throw ScratchDirectory.Failure(description: "\(release.home) lacks its tools")
        }
        let formatted = try await TestProcess.run(
            [storage, "format", "-t", "b3BzcnVuLXRlc3QtMDAwMg", "-c", file], in: scratch)
        guard formatted.status == 0 else { throw ScratchDirectory.Failure(description: formatted.stderr) }
        let process = try TestProcess.start([start, file], in: scratch)
        do {
            try await broker.awaitAnswer(process)
            let result = try await body(broker)
            await broker.end(process)
            return result
        } catch {
            await broker.end(process)
            throw error
        }
    }

    private func end(_ process: TestProcess) async {
        process.signal(SIGKILL)
        _ = await process.wait(within: 20)
    }

    private func awaitAnswer(_ process: TestProcess) async throws {
        let client = AdminClient(
            settings: AdminClientSettings(bootstrap: try AdminClientSettings.addresses([plaintext])))
        let reader = LiveClusterReader(sender: client)
        for _ in 0..<Self.checks {
            let brokers = try? await reader.describeCluster(includeFenced: false, from: .any).brokers.count
            if brokers == 1 { return await client.close() }
            guard kill(process.pid, 0) == 0 else { break }
            try await TestProcess.pause(milliseconds: 100, in: scratch)
        }
        await client.close()
        let said = try scratch.read(process.stdout).split(separator: "\n").suffix(20).joined(separator: "\n")
        throw ScratchDirectory.Failure(description: "the broker does not answer: \(said)")
    }

    private func text(_ listeners: [Listener], _ properties: [String]) -> String {
        let all = [Listener("PLAINTEXT", "PLAINTEXT"), Listener("CONTROLLER", "PLAINTEXT")] + listeners
        let clients = all.filter { $0.name != "CONTROLLER" }
        func place(_ listener: Listener, _ host: String) -> String {
            "\(listener.name)://\(host):\(ports[listener.name] ?? 0)"
        }
        var lines = [
            "process.roles=broker,controller", "node.id=\(Self.node)",
            "controller.quorum.voters=\(Self.node)@127.0.0.1:\(ports["CONTROLLER"] ?? 0)",
            "controller.listener.names=CONTROLLER", "inter.broker.listener.name=PLAINTEXT",
            "listeners=" + all.map { place($0, "127.0.0.1") }.joined(separator: ","),
            "advertised.listeners=" + clients.map { place($0, $0.advertisedHost) }.joined(separator: ","),
            "listener.security.protocol.map="
                + all.map { "\($0.name):\($0.securityProtocol)" }.joined(separator: ","),
            "log.dirs=\(scratch.path)/data", "num.network.threads=2", "num.io.threads=2",
            "offsets.topic.num.partitions=1", "offsets.topic.replication.factor=1",
            "transaction.state.log.num.partitions=1", "transaction.state.log.replication.factor=1",
            "transaction.state.log.min.isr=1", "log.cleaner.dedupe.buffer.size=4194304",
        ]
        for listener in listeners {
            lines += listener.properties.map { "listener.name.\(listener.name.lowercased()).\($0)" }
        }
        return (lines + properties).joined(separator: "\n") + "\n"
    }
}
