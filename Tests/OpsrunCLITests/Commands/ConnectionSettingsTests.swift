import EventLoop
import OpsrunCLI
import RunEngine
import SimulatedKafka
import TestSupport
import Testing
import Values

/// `client.properties` as looking verbs, `lint` and `inventory` take it.
@Suite struct ConnectionSettingsTests {
    private func opsrun(_ arguments: [String]) async -> (code: ExitCode, streams: CapturedStreams) {
        let streams = CapturedStreams()
        return (await OpsrunCommand.run(arguments, in: streams.surroundings), streams)
    }

    private func withCluster(
        _ body: (_ bootstrap: String, _ scratch: ScratchDirectory) async throws -> Void
    ) async throws {
        let configuration = SimulatedClusterConfiguration(
            version: try #require(Version("4.3.1")), nodes: SimulatedClusterConfiguration.combinedNodes([1]),
            topics: [.init(name: "orders", partitions: 1, replicationFactor: 1, minInsyncReplicas: 1)])
        try await ScratchDirectory.with { scratch in
            try await SimulatedServer.with(SimulatedCluster(configuration, time: SystemTimeSource())) { server in
                try await body(server.bootstrap, scratch)
            }
        }
    }

    private static func inventory(_ bootstrap: String) -> String {
        """
        all:
          vars:
            kafka_clusters:
              local:
                bootstrap: ["\(bootstrap)"]
                command_config: client.properties

        """
    }

    @Test func `a misspelt key is named wherever settings are read`() async throws {
        try await withCluster { bootstrap, scratch in
            let settings = try scratch.write("requst.timeout.ms=5\nbogus.key=1\n", to: "client.properties")
            let inventory = try scratch.write(Self.inventory(bootstrap), to: "inventory.yml")
            let playbook = try scratch.write("- name: nothing\n  hosts: all\n  tasks: []\n", to: "play.yml")
            for arguments in [
                ["topics", "--bootstrap", bootstrap, "--command-config", settings], ["topics", "-i", inventory],
                ["inventory", "-i", inventory], ["lint", inventory], ["lint", playbook, "-i", inventory],
            ] {
                let (_, streams) = await opsrun(arguments)
                let said = (streams.output + streams.messages).split(whereSeparator: \.isWhitespace)
                    .joined(separator: " ")
                #expect(said.contains("requst.timeout.ms is no setting that opsrun knows"), "\(arguments): \(said)")
                #expect(said.contains("did you mean") && said.contains("bogus.key"), "\(arguments): \(said)")
            }
        }
    }

    @Test func `bootstrap_servers of the settings is enough to look`() async throws {
        try await withCluster { bootstrap, scratch in
            let settings = try scratch.write("bootstrap.servers=\(bootstrap)\n", to: "client.properties")
            let (code, streams) = await opsrun(["topics", "--command-config", settings, "--output", "name"])
            #expect(code == .done, "\(streams.messages)")
            #expect(streams.output.contains("orders\n"), "\(streams.output)")
        }
    }

    @Test(arguments: [
        "request.timeout.ms=soon", "security.protocol=SSL\nssl.truststore.location=/no/such/trust.jks",
        "security.protocol=SSL\nssl.engine.factory.class=org.example.Factory",
        "security.protocol=SSL\nssl.truststore.type=PEM\nssl.truststore.location=/no/such/ca.pem",
    ])
    func `settings that cannot work are exit 3, and no task has failed`(text: String) async throws {
        try await withCluster { bootstrap, scratch in
            let settings = try scratch.write(text + "\n", to: "client.properties")
            let inventory = try scratch.write(Self.inventory(bootstrap), to: "inventory.yml")
            for arguments in [
                ["topics", "--bootstrap", bootstrap, "--command-config", settings], ["topics", "-i", inventory],
            ] {
                let (code, streams) = await opsrun(arguments)
                #expect(code == .invalid, "\(streams.messages)")
                #expect(streams.messages.contains("error"), "\(streams.messages)")
            }
        }
    }

    @Test func `settings that are not there are exit 3`() async throws {
        try await withCluster { bootstrap, scratch in
            let (code, streams) = await opsrun([
                "topics", "--bootstrap", bootstrap, "--command-config", "\(scratch.path)/nothing.properties",
            ])
            #expect(code == .invalid && streams.messages.contains("cannot be read"), "\(streams.messages)")
        }
    }

    @Test func `each frame of YAML is a document of its own`() async throws {
        try await withCluster { bootstrap, _ in
            let streams = CapturedStreams()
            let stopper = Stopper()
            let parsed = try ArgumentParser(isPlaybook: { _ in false }).parse(
                ["topics", "--bootstrap", bootstrap, "--watch", "100ms", "--output", "yaml"])
            async let ended = LookCommand(.topics, parsed.options, in: streams.surroundings).run(stopper: stopper)
            func frames() -> Int { streams.output.split(separator: "\n").count { $0 == "---" } }
            for _ in 0..<1000 where frames() < 2 { try await SystemTimeSource().sleep(for: .milliseconds(20)) }
            stopper.request("SIGINT")
            #expect(await ended == .done)
            #expect(frames() >= 2 && streams.output.hasPrefix("---\n"), "\(streams.output)")
        }
    }
}
