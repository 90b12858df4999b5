import OpsrunCLI
import Playbooks
import SimulatedKafka
import Testing
import Values

@Suite struct SimulatedClusterDecoderTests {
    /// The embedded cluster of an inventory with these lines under `simulated:`, or what is wrong with it.
    private func decode(
        _ simulated: String, hosts: String = "kafka-[1:3]: {}", controllers: String = "{}"
    ) -> (EmbeddedCluster?, [String]) {
        let text = """
            all:
              vars:
                kafka_clusters:
                  demo:
                    lifecycle: simulated
                    simulated: \(simulated)
              children:
                brokers:
                  vars: {cluster: demo, broker_id: "{{ host.name | split('-') | last | int }}"}
                  hosts:
                    \(hosts)
                controllers:
                  hosts: \(controllers)
            """
        let outcome = InventoryLoader.load(path: "inv.yml", files: FileAccess(files: ["inv.yml": text]))
        var problems = outcome.problems
        guard let cluster = outcome.inventory.clusters.first else { return (nil, problems.map(\.description)) }
        let embedded = SimulatedClusterDecoder.decode(cluster, hosts: outcome.inventory.hosts, &problems)
        return (embedded, problems.map(\.description))
    }

    @Test func `everything that can be said is understood`() throws {
        let (decoded, problems) = decode(
            """
            {version: 3.9.2, racks: 3, speed: 12.5, catch_up: 40MiB/s, ingest: 1MiB/s, session_timeout: 6s, start_time: 5s,
                     stop_time: 1s, seed: 7, min_insync_replicas: 2,
                     topics: [{name: orders, partitions: 24, replication_factor: 3, min_insync_replicas: 2, bytes_per_partition: 2GiB}],
                     faults: [{at: 90s, kill: 3}, {at: 2m, slow_recovery: 2, factor: 20}, {stop_answering: 1, for: 30s}, {fail_start: 2, version: 4.3.1}]}
            """)
        #expect(problems == [])
        let embedded = try #require(decoded)
        let configuration = embedded.configuration
        #expect(embedded.speed == 12.5)
        #expect(embedded.note == "embedded cluster demo, time ×12.5")
        #expect(configuration.version == Version("3.9.2"))
        #expect(configuration.nodes.map(\.id) == [1, 2, 3])
        #expect(configuration.nodes.map(\.rack) == ["rack-1", "rack-2", "rack-3"])
        #expect(configuration.nodes.allSatisfy { $0.isBroker && $0.isController })
        #expect(configuration.catchUp == ByteCount(40 << 20))
        #expect(configuration.topics.first?.bytesPerPartition == ByteCount(2 << 30))
        #expect(configuration.seed == 7)
        #expect(
            configuration.faults == [
                ScriptedFault(at: .seconds(90), .kill(3)),
                ScriptedFault(at: .seconds(120), .slowRecovery(2, factor: 20)),
                ScriptedFault(.stopAnswering(1, for: .seconds(30))),
                ScriptedFault(.failStart(2, version: Version("4.3.1") ?? Version(major: 0, minor: 0))),
            ])
    }

    @Test func `listeners, users and more faults are understood`() throws {
        let (decoded, problems) = decode(
            """
            {version: 4.3.1, log_directories: 2, users: {alice: secret}, super_users: [User:admin], session_lifetime: 5m,
                     delegation_tokens: true, allow_everyone_if_no_acl_found: true,
                     listeners: [SASL_SSL, {name: IN, protocol: SASL_PLAINTEXT, mechanisms: [PLAIN, OAUTHBEARER], port: 19092},
                                 {name: OUT, protocol: SSL, client_auth: required}],
                     faults: [{half_open: 1, for: 30s}, {drip: 2, rate: 1B/s}, {advertise: 3, address: "other:9094"},
                              {lie_once: 1, lie: cluster_id}]}
            """)
        #expect(problems == [])
        let configuration = try #require(decoded).configuration
        #expect(
            configuration.listeners == [
                .init("SASL_SSL", .saslSSL, mechanisms: SaslMechanism.allCases),
                .init("IN", .saslPlaintext, mechanisms: [.plain, .oauthBearer], port: 19092),
                .init("OUT", .ssl, wantsClientCertificate: true),
            ])
        #expect(configuration.users == ["alice": "secret"])
        #expect(configuration.superUsers == ["User:admin"] && configuration.hasAuthorizer)
        #expect(configuration.allowsWithoutRules && configuration.hasDelegationTokens)
        #expect(configuration.saslSessionLifetime == .seconds(300))
        #expect(configuration.logDirectories == ["/var/lib/kafka/data", "/var/lib/kafka/data-2"])
        #expect(
            configuration.faults == [
                ScriptedFault(.halfOpen(1, for: .seconds(30))), ScriptedFault(.drip(2, bytesPerSecond: 1)),
                ScriptedFault(.advertise(3, SimulatedEndpoint(host: "other", port: 9094))),
                ScriptedFault(.lieOnce(1, .clusterID)),
            ])
    }

    @Test func `a host without a broker id is a dedicated controller`() throws {
        let (decoded, problems) = decode(
            "{version: 4.3.1}", hosts: "kafka-[1:2]: {}", controllers: "{ctl-101: {cluster: demo, node_id: 101}}")
        #expect(problems == [])
        let nodes = try #require(decoded).configuration.nodes
        #expect(nodes.filter(\.isController).map(\.id) == [101])
        #expect(nodes.filter(\.isBroker).map(\.id) == [1, 2])
    }

    @Test(arguments: [
        ("{racks: 3}", "simulated of 'demo' needs `version`"),
        ("{version: 4.3.1, speeed: 3}", "simulated has no key 'speeed' (did you mean 'speed'?)"),
        ("{version: 4.3.1, speed: 0}", "'speed' must be a number above 0.0"),
        ("{version: 4.3.1, topics: [{partitions: 3}]}", "a topic of simulated needs a `name`"),
        (
            "{version: 4.3.1, topics: [{name: a, replication_factor: 4}]}",
            "'replication_factor' must be a whole number from 1 to 3"
        ),
        ("{version: 4.3.1, topics: [{name: a}, {name: a}]}", "the topic 'a' is there twice"),
        ("{version: 4.3.1, topics: {name: a}}", "'topics' must be a list"),
        ("{version: 4.3.1, faults: [{at: 3s}]}", "a fault names one of: kill"),
        ("{version: 4.3.1, faults: [{at: 3s, kill: 9}]}", "the embedded cluster has no node 9"),
        ("{version: 4.3.1, faults: [{at: soon, kill: 1}]}", "'at' must be a duration such as 90s"),
        ("{version: 4.3.1, catch_up: fast}", "'catch_up' must be a rate such as 40MiB/s"),
        (
            "{version: 4.3.1, topics: [{name: a, partitions: 99999}, {name: b, partitions: 99999}]}",
            "holds 100000 partitions at most"
        ),
        ("{version: 4.3.1, listeners: [TLS]}", "a listener of simulated must be a map"),
        ("{version: 4.3.1, listeners: [{name: A}]}", "a listener of simulated needs a `protocol`"),
        ("{version: 4.3.1, listeners: [{protocol: TLS}]}", "'protocol' must be one of: PLAINTEXT, SSL"),
        ("{version: 4.3.1, listeners: [SSL, SSL]}", "the listener 'SSL' is there twice"),
        ("{version: 4.3.1, listeners: [SASL_SSL]}", "with PLAIN needs `users`"),
        ("{version: 4.3.1, users: [alice]}", "'users' must be a map"),
        ("{version: 4.3.1, users: {alice: 7}}", "the password of 'alice' must be a plain text"),
        ("{version: 4.3.1, super_users: [admin]}", "a super user is a principal such as User:admin"),
        (
            "{version: 4.3.1, listeners: [{protocol: SASL_SSL, mechanisms: [GSSAPI]}], users: {a: b}}",
            "a mechanism is one of: PLAIN"
        ),
        ("{version: 4.3.1, faults: [{advertise: 1}]}", "advertise needs the `address`"),
        ("{version: 4.3.1, faults: [{advertise: 1, address: here}]}", "'address' must be an address"),
        ("[1, 2]", "'simulated' is a map, not a list"),
        ("{version: 4.3.1, seed: 99999999999999999999}", "does not fit 64 bits"),
    ])
    func `what cannot be built is said at its place`(simulated: String, message: String) {
        let (decoded, problems) = decode(simulated)
        #expect(decoded == nil)
        #expect(problems.contains { $0.contains(message) && $0.hasPrefix("inv.yml:") }, "\(problems)")
    }
}
