import Glibc

/// One real broker, combined with its controller, that has a PLAINTEXT and a SASL_PLAINTEXT listener. The latter offers
/// PLAIN (sessions of a minute), both SCRAMs and OAUTHBEARER with unsigned tokens; `alice` has the password `geheim`.
package struct SecuredKafkaNode: Sendable {
    package static let clusterID = "b3BzcnVuLXRlc3QtMDAwMg"

    package let plaintextPort: Int
    package let saslPort: Int

    /// Starts the broker, runs the body, kills the broker whatever happened.
    package static func with(
        _ release: RealKafka.Release, _ body: (SecuredKafkaNode) async throws -> Void
    ) async throws {
        try await ScratchDirectory.with { scratch in
            let ports = try LoopbackPorts.free(3)
            let node = SecuredKafkaNode(plaintextPort: ports[0], saslPort: ports[1])
            try scratch.write(node.properties(controllerPort: ports[2], folder: scratch.path), to: "server.properties")
            let bin = "\(release.home)/bin"
            let format = try await TestProcess.run(
                ["\(bin)/kafka-storage.sh", "format", "-t", clusterID, "-c", "server.properties"]
                    + [256, 512].flatMap { ["--add-scram", "SCRAM-SHA-\($0)=[name=alice,password=geheim]"] },
                in: scratch)
            guard format.status == 0 else {
                throw ScratchDirectory.Failure(description: "format: \(format.stdout) \(format.stderr)")
            }
            let server = try TestProcess.start(["\(bin)/kafka-server-start.sh", "server.properties"], in: scratch)
            do {
                try await awaitPort(node.saslPort, scratch)
                try await body(node)
            } catch {
                await end(server)
                throw error
            }
            await end(server)
        }
    }

    private static func awaitPort(_ port: Int, _ scratch: ScratchDirectory) async throws {
        let wait =
            "for _ in $(seq 600); do (exec 3<>/dev/tcp/127.0.0.1/\(port)) 2>/dev/null && exit 0; sleep 0.1; done; exit 1"
        let outcome = try await TestProcess.run(["bash", "-c", wait], in: scratch)
        guard outcome.status == 0 else { throw ScratchDirectory.Failure(description: "the broker does not listen") }
    }

    private static func end(_ server: TestProcess) async {
        kill(-server.pid, SIGKILL)
        _ = await server.wait(within: 20)
    }

    private func properties(controllerPort: Int, folder: String) -> String {
        let modules = "org.apache.kafka.common.security."
        return [
            "process.roles=broker,controller", "node.id=1", "controller.quorum.voters=1@127.0.0.1:\(controllerPort)",
            "listeners=PLAINTEXT://127.0.0.1:\(plaintextPort),SASL://127.0.0.1:\(saslPort),"
                + "CONTROLLER://127.0.0.1:\(controllerPort)",
            "advertised.listeners=PLAINTEXT://127.0.0.1:\(plaintextPort),SASL://127.0.0.1:\(saslPort)",
            "controller.listener.names=CONTROLLER", "inter.broker.listener.name=PLAINTEXT",
            "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT",
            "sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER",
            "listener.name.sasl.plain.sasl.jaas.config=\(modules)plain.PlainLoginModule required user_alice=\"geheim\";",
            "listener.name.sasl.plain.connections.max.reauth.ms=60000",
            "listener.name.sasl.scram-sha-256.sasl.jaas.config=\(modules)scram.ScramLoginModule required;",
            "listener.name.sasl.scram-sha-512.sasl.jaas.config=\(modules)scram.ScramLoginModule required;",
            "listener.name.sasl.oauthbearer.sasl.jaas.config=\(modules)oauthbearer.OAuthBearerLoginModule required "
                + "unsecuredLoginStringClaim_sub=\"broker\";",
            "log.dirs=\(folder)/data", "num.network.threads=2", "num.io.threads=2", "offsets.topic.num.partitions=2",
            "offsets.topic.replication.factor=1", "transaction.state.log.replication.factor=1",
            "transaction.state.log.min.isr=1", "log.cleaner.dedupe.buffer.size=4194304",
        ].joined(separator: "\n") + "\n"
    }
}
