import Glibc
import TestSupport
import Testing

/// What a look, a plan and a run say of brokers that are gone, silent, slow, lying or too large, and that they end in time: the
/// built program against the embedded cluster's faults.
@Suite(.serialized, .timeLimit(.minutes(15))) struct BrokerFaultTests {
    /// `default.api.timeout.ms` of the runs.
    static let deadline = 3

    /// Seconds that a busy machine may take for everything but waiting. What tells a deadline from another is the sentence.
    static let patience = 10

    /// Of every embedded cluster.
    private static let clusterID = "b3BzcnVuLXNpbXVsYXRlZA"

    struct Fault: Sendable, CustomTestStringConvertible {
        var name: String
        /// As in `simulated.faults` of an inventory.
        var fault: String
        /// All of them are said, whatever is done; BROKER stands for the address.
        var said: [String]
        var status: Int32 = 4
        /// Calls that wait one after the other: first the cluster is looked for, then it is asked.
        var calls = 2

        var testDescription: String { name }
    }

    static let silence = [
        "Metadata got no answer within",
        "BROKER accepted the connection and did not answer ApiVersions in time",
        "Check that a Kafka broker listens there and is not overloaded.",
    ]
    static let refusal = [
        "BROKER refuses connections", "Check that the broker runs and that this is its listener's port.",
    ]

    static let faults = [
        Fault(name: "gone", fault: "{kill: 1}", said: refusal),
        Fault(name: "closed to clients", fault: "{refuse: 1}", said: refusal),
        Fault(name: "silent", fault: "{stop_answering: 1}", said: silence),
        Fault(name: "forgotten by a firewall", fault: "{half_open: 1}", said: silence),
        Fault(name: "slow", fault: "{drip: 1, rate: 20B}", said: silence),
        Fault(
            name: "to be reached elsewhere, where nobody listens", fault: "{advertise: 1, address: \"127.0.0.1:9\"}",
            said: [
                "got no answer within", "127.0.0.1:9 refuses connections",
                "Check that the broker runs and that this is its listener's port.",
            ]),
        Fault(
            name: "lying once about what it answers", fault: "{lie_once: 1, lie: correlation_id}", said: [], status: 0),
    ]

    private func inventory(fault: String) -> String {
        """
        all:
          vars:
            kafka_clusters:
              demo:
                version: 3.9.2
                simulated:
                  version: 3.9.2
                  topics: [{name: orders, partitions: 3, replication_factor: 1}]
                  faults: [\(fault)]
                lifecycle: simulated
          children:
            brokers:
              vars: {cluster: demo, ansible_connection: simulated, broker_id: 1}
              hosts:
                kafka-1: {}

        """
    }

    /// Where to go: an inventory, and what goes with `--bootstrap`.
    private func target(
        _ bootstrap: String, in scratch: ScratchDirectory, clusterID: String? = nil
    ) throws -> (inventory: String, client: String) {
        let milliseconds = Self.deadline * 1000
        let client = try scratch.write(
            "default.api.timeout.ms=\(milliseconds)\nrequest.timeout.ms=\(milliseconds * 2 / 3)\n",
            to: "client.properties")
        let pinned = clusterID.map { ", cluster_id: \($0)" } ?? ""
        let inventory = try scratch.write(
            """
            all:
              vars:
                kafka_clusters:
                  local: {bootstrap: ["\(bootstrap)"], version: 3.9.2, command_config: client.properties\(pinned)}
              children:
                brokers:
                  vars: {cluster: local, ansible_connection: local}
                  hosts:
                    broker-1: {broker_id: 1}

            """, to: "target.yml")
        return (inventory, client)
    }

    private func playbook(_ first: String = "") -> String {
        """
        opsrun: 1
        name: A topic
        cluster: local
        plays:
          - hosts: localhost
            tasks:
        \(first)      - kafka.create_topics: {topics: [{name: shop, partitions: 2, replication_factor: 1}]}

        """
    }

    private func seconds() -> Int {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return now.tv_sec
    }

    /// Runs it, and judges what it says, how it ends and when.
    private func judge(
        _ fault: Fault, _ what: String, _ bootstrap: String, _ run: () async throws -> TestProcess.Outcome
    ) async throws {
        let start = seconds()
        let outcome = try await run()
        let took = seconds() - start
        // Sentences are wrapped to the terminal's width.
        let said = (outcome.stdout + " " + outcome.stderr).split(whereSeparator: \.isWhitespace).joined(separator: " ")
            .replacing(bootstrap, with: "BROKER")
        #expect(outcome.status == fault.status, "\(what): \(said)")
        for sentence in fault.said { #expect(said.contains(sentence), "\(what): \(said)") }
        let limit = fault.calls * Self.deadline * 11 / 10 + Self.patience
        #expect(took <= limit, "\(what) took \(took) seconds of \(limit)")
    }

    @Test(arguments: faults) func `a look, a plan and a run say what is wrong with a broker, and end`(fault: Fault)
        async throws
    {
        try await ScratchDirectory.with { scratch in
            let opsrun = BuiltOpsrun(in: scratch)
            let cluster = try scratch.write(inventory(fault: fault.fault), to: "cluster.yml")
            try await opsrun.withServedCluster(cluster) { bootstrap in
                let (inventory, client) = try target(bootstrap, in: scratch)
                let playbook = try scratch.write(playbook(), to: "topic.yml")
                for verb in ["topics", "health"] {
                    try await judge(fault, verb, bootstrap) {
                        try await opsrun.run(verb, "--bootstrap", bootstrap, "--command-config", client)
                    }
                }
                try await judge(fault, "plan", bootstrap) { try await opsrun.run("plan", playbook, "-i", inventory) }
                try await judge(fault, "run", bootstrap) {
                    try await opsrun.run(playbook, "-i", inventory, "--yes", "--no-input")
                }
            }
        }
    }

    @Test(arguments: [
        Fault(name: "goes silent", fault: "-STOP", said: silence, status: 1),
        Fault(
            name: "goes away", fault: "-KILL",
            said: ["Metadata got no answer within \(deadline).0 seconds"] + refusal, status: 1),
    ])
    func `a broker that goes while a run is at work fails the step, and the run says so`(fault: Fault) async throws {
        try await ScratchDirectory.with { scratch in
            let opsrun = BuiltOpsrun(in: scratch)
            let server = try opsrun.start(
                "simulate", "-i", try scratch.write(inventory(fault: ""), to: "cluster.yml"))
            defer { server.signal(9) }
            let bootstrap = try await Eventually.found("the cluster listens") { () throws -> String? in
                let text = try scratch.read(server.stdout)
                return text.hasSuffix("\n") ? String(text.dropLast().dropFirst("bootstrap ".count)) : nil
            }
            let (inventory, _) = try target(bootstrap, in: scratch)
            let file = try scratch.write(
                playbook("      - command: [kill, \"\(fault.fault)\", \"\(server.pid)\"]\n"), to: "topic.yml")
            try await judge(fault, "run", bootstrap) {
                try await opsrun.run(file, "-i", inventory, "--yes", "--no-input")
            }
        }
    }

    @Test func `a broker that says once that it is of another cluster is refused at once`() async throws {
        try await ScratchDirectory.with { scratch in
            let opsrun = BuiltOpsrun(in: scratch)
            for verb in ["health", "plan", "run"] {
                let cluster = try scratch.write(
                    inventory(fault: "{lie_once: 1, lie: cluster_id}"), to: "cluster.yml")
                try await opsrun.withServedCluster(cluster) { bootstrap in
                    let (inventory, _) = try target(bootstrap, in: scratch, clusterID: Self.clusterID)
                    let playbook = try scratch.write(playbook(), to: "topic.yml")
                    func ask() async throws -> TestProcess.Outcome {
                        switch verb {
                        case "plan": try await opsrun.run("plan", playbook, "-i", inventory)
                        case "run": try await opsrun.run(playbook, "-i", inventory, "--yes", "--no-input")
                        default: try await opsrun.run(verb, "-i", inventory)
                        }
                    }
                    let lie = Fault(
                        name: "of another cluster", fault: "",
                        said: [
                            "local is pinned to cluster \(Self.clusterID), but another answers",
                            "BROKER belongs to cluster bm90LXRoZS1zYW1lLW9uZQ, not to \(Self.clusterID)",
                            "check `bootstrap` and `cluster_id` of the inventory",
                        ], status: 9)
                    try await judge(lie, verb, bootstrap, ask)
                    // The truth, from then on.
                    let truth = try await ask()
                    #expect(truth.status == 0, "\(verb): \(truth)")
                }
            }
        }
    }

    /// Answers whatever comes with the beginning of a frame of two GiB.
    private static let oversized = """
        import socket, threading
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        listener.listen(50)
        print("127.0.0.1:%d" % listener.getsockname()[1], flush=True)
        def serve(peer):
            try:
                while request := peer.recv(65536):
                    peer.sendall(b"\\x7f\\xff\\xff\\xff" + request[8:12] + bytes(1000))
            except OSError:
                pass
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
        """

    /// Takes no connection any more, like a firewall that drops what comes: the queue of those that wait is full.
    private static let unreachable = """
        import socket, time
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for peer in waiting:
            peer.setblocking(False)
            peer.connect_ex(listener.getsockname())
        print("127.0.0.1:%d" % listener.getsockname()[1], flush=True)
        time.sleep(600)
        """

    /// Peers that are no embedded cluster, and what is said of them.
    private static let peers = [
        (
            script: oversized,
            fault: Fault(
                name: "oversized", fault: "",
                said: [
                    "BROKER announced an answer of 2147483647 bytes, more than the 524288 allowed",
                    "Check that a Kafka broker listens there.",
                ])
        ),
        (
            script: unreachable,
            fault: Fault(
                name: "unreachable", fault: "",
                said: [
                    "got no answer within", "BROKER did not answer the connection in time",
                    "Check host and port, and whether a firewall on the way drops what is sent there.",
                ])
        ),
    ]

    @Test(arguments: 0..<2) func `an answer that is too large, and a broker that nothing reaches, are said`(peer: Int)
        async throws
    {
        let (script, fault) = Self.peers[peer]
        try await ScratchDirectory.with { scratch in
            let peer = try TestProcess.start(["python3", "-c", script], in: scratch)
            defer { peer.signal(9) }
            let bootstrap = try await Eventually.found("the peer listens") { () throws -> String? in
                let text = try scratch.read(peer.stdout)
                return text.hasSuffix("\n") ? String(text.dropLast()) : nil
            }
            let (inventory, client) = try target(bootstrap, in: scratch)
            let playbook = try scratch.write(playbook(), to: "topic.yml")
            let opsrun = BuiltOpsrun(in: scratch)
            try await judge(fault, "topics", bootstrap) {
                try await opsrun.run("topics", "--bootstrap", bootstrap, "--command-config", client)
            }
            try await judge(fault, "plan", bootstrap) { try await opsrun.run("plan", playbook, "-i", inventory) }
            try await judge(fault, "run", bootstrap) {
                try await opsrun.run(playbook, "-i", inventory, "--yes", "--no-input")
            }
        }
    }
}
