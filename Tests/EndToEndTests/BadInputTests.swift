import TestSupport
import Testing

/// What users get wrong, through the built program: a clear sentence, the right exit code, nothing half-done.
@Suite(.serialized) struct BadInputTests {
    static let upgrade = "\(BuiltOpsrun.package)/playbooks/rolling-upgrade.yml"

    private func inventory(
        bootstrap: String, more: String = "", version: String = "[echo, 3.9.2]", ids: ClosedRange<Int> = 1...1
    ) -> String {
        """
        all:
          vars:
            kafka_clusters:
              local:
                bootstrap: [\(bootstrap)]
                version: 4.3.1\(more)
                lifecycle:
                  commands: {activate: ["true"], stop: ["true"], start: ["true"], version: \(version)}
          children:
            brokers:
              vars: {cluster: local, ansible_connection: local}
              hosts:
                broker-[\(ids.lowerBound):\(ids.upperBound)]: {broker_id: "{{ host.name | split('-') | last | int }}"}

        """
    }

    @Test func `a wrong cluster id is exit 9, and both ids are named`() async throws {
        try await ScratchDirectory.with { scratch in
            let opsrun = BuiltOpsrun(in: scratch)
            try await opsrun.withServedCluster { bootstrap in
                let file = try scratch.write(
                    inventory(
                        bootstrap: bootstrap, more: "\n        cluster_id: AAAAAAAAAAAAAAAAAAAAAA", ids: 1...6),
                    to: "inventory.yml")
                let run = try await opsrun.run(Self.upgrade, "-i", file, "--yes", "--no-input")
                #expect(run.status == 9, "\(run.stdout)\n\(run.stderr)")
                let said = run.stdout + run.stderr
                #expect(said.contains("local is pinned to cluster AAAAAAAAAAAAAAAAAAAAAA"), "\(said)")
                #expect(said.contains("b3BzcnVuLXNpbXVsYXRlZA"), "\(said)")
                #expect(said.contains("check `bootstrap` and `cluster_id` of the inventory"), "\(said)")
            }
        }
    }

    @Test func `an inventory of other brokers than the cluster has is exit 3, and both are named`() async throws {
        try await ScratchDirectory.with { scratch in
            let opsrun = BuiltOpsrun(in: scratch)
            try await opsrun.withServedCluster { bootstrap in
                let file = try scratch.write(inventory(bootstrap: bootstrap, ids: 11...12), to: "inventory.yml")
                let run = try await opsrun.run(Self.upgrade, "-i", file, "--yes", "--no-input")
                #expect(run.status == 3, "\(run.stdout)\n\(run.stderr)")
                let said = (run.stdout + run.stderr).split(whereSeparator: \.isWhitespace).joined(separator: " ")
                #expect(
                    said.contains(
                        "the inventory names brokers 11, 12 of local, the cluster has brokers 1, 2, 3, 4, 5, 6"),
                    "\(said)")
                #expect(said.contains("correct the `broker_id` of the hosts"), "\(said)")
            }
        }
    }

    @Test func `a lifecycle command that leaves a daemon on its pipe delays nothing`() async throws {
        try await ScratchDirectory.with { scratch in
            let opsrun = BuiltOpsrun(in: scratch)
            try await opsrun.withServedCluster { bootstrap in
                let nap = "418.\(Int.random(in: 100_000...999_999))"
                let file = try scratch.write(
                    inventory(bootstrap: bootstrap, version: "[sh, -c, \"sleep \(nap) & echo 3.9.2\"]", ids: 1...2),
                    to: "inventory.yml")
                let playbook = try scratch.write(
                    """
                    opsrun: 1
                    name: Which version
                    plays:
                      - hosts: brokers
                        tasks:
                          - assert: {that: ["host.installed_version == ('3.9.2' | version)"]}
                          - broker.status: {}
                            register: status
                          - command: [touch, touched]

                    """, to: "version.yml")
                let run = try await opsrun.run(playbook, "-i", file, "--yes", "--no-input", within: 300)
                _ = try await TestProcess.run(["pkill", "-f", "^sleep \(nap)$"], in: scratch)
                #expect(run.status == 0, "\(run.stdout)\n\(run.stderr)")
                #expect(try scratch.read("touched").isEmpty)
            }
        }
    }

    @Test func `ten different mistakes are ten diagnostics at their lines, and nothing is contacted`() async throws {
        try await ScratchDirectory.with { scratch in
            let playbook = try scratch.write(
                """
                opsrun: 1
                name: Ten mistakes
                params:
                  count: {type: int, default: many}
                  size: {type: bites, default: 1MiB}
                plays:
                  - name: First
                    hosts: localhost
                    taks: []
                    tasks:
                      - name: No such action
                        kafka.can_stopp: {nodes: [1]}
                      - name: Unknown argument
                        kafka.can_stop: {nodes: [1], accept_unavailabilty: []}
                      - name: Undeclared name
                        assert: {that: [cuont > 1]}
                      - name: Not a condition
                        when: count
                        command: "true"
                      - name: Bad duration
                        pause: {for: soon}
                      - name: Refused keyword
                        command: "true"
                        ignore_errors: true
                      - name: Unknown gate
                        gate: isr_recoverd

                """, to: "ten.yml")
            let lint = try await BuiltOpsrun(in: scratch).run("lint", playbook)
            #expect(lint.status == 3, "\(lint.stdout)\n\(lint.stderr)")
            let output = lint.stdout + lint.stderr
            for line in [4, 5, 9, 12, 14, 16, 18, 21, 24, 26] {
                #expect(output.contains("ten.yml:\(line):"), "line \(line)\n\(output)")
            }
            #expect(output.split(separator: "\n").filter { $0.contains(": error: ") }.count == 10, "\(output)")
        }
    }

    @Test func `an unreachable bootstrap server is exit 4 and names the address`() async throws {
        try await ScratchDirectory.with { scratch in
            let file = try scratch.write(inventory(bootstrap: "127.0.0.1:1"), to: "inventory.yml")
            let run = try await BuiltOpsrun(in: scratch).run(Self.upgrade, "-i", file, "--yes", "--no-input")
            #expect(run.status == 4, "\(run.stdout)\n\(run.stderr)")
            #expect((run.stdout + run.stderr).contains("127.0.0.1:1"))
        }
    }

    @Test(arguments: ["HTTP", "TLS"])
    func `a port that speaks something else is named`(language: String) async throws {
        try await ScratchDirectory.with { scratch in
            let port = try LoopbackPorts.free(1)[0]
            let server: [String]
            if language == "HTTP" {
                server = ["python3", "-m", "http.server", "\(port)", "--bind", "127.0.0.1"]
            } else {
                let made = try await TestProcess.run(
                    [
                        "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-keyout",
                        "\(scratch.path)/key.pem", "-out", "\(scratch.path)/certificate.pem",
                    ], in: scratch)
                try #require(made.status == 0, "\(made.stderr)")
                server = [
                    "openssl", "s_server", "-accept", "127.0.0.1:\(port)", "-key", "\(scratch.path)/key.pem", "-cert",
                    "\(scratch.path)/certificate.pem", "-quiet",
                ]
            }
            let listener = try TestProcess.start(server, in: scratch)
            try await Eventually.holds("something listens") {
                try await TestProcess.run(
                    ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/\(port)"], in: scratch
                ).status == 0
            }
            let file = try scratch.write(inventory(bootstrap: "127.0.0.1:\(port)"), to: "inventory.yml")
            let run = try await BuiltOpsrun(in: scratch).run(Self.upgrade, "-i", file, "--yes", "--no-input")
            listener.signal(9)
            _ = await listener.wait(within: 10)
            #expect(run.status == 4, "\(run.stdout)\n\(run.stderr)")
            #expect((run.stdout + run.stderr).contains("speaks \(language)"), "\(run.stdout)\n\(run.stderr)")
        }
    }

    @Test func `a missing program is a clear sentence and exit 1`() async throws {
        try await ScratchDirectory.with { scratch in
            let playbook = try scratch.write(
                """
                opsrun: 1
                name: Missing program
                plays:
                  - hosts: localhost
                    tasks:
                      - command: [no-such-program-here, --now]

                """, to: "missing.yml")
            let run = try await BuiltOpsrun(in: scratch).run(playbook, "--yes", "--no-input")
            #expect(run.status == 1, "\(run.stdout)\n\(run.stderr)")
            #expect(
                (run.stdout + run.stderr).contains("there is no program no-such-program-here on this machine"),
                "\(run.stdout)\n\(run.stderr)")
        }
    }

    @Test func `a step that prints a gigabyte and one that leaves a daemon on its pipe both end well`() async throws {
        try await ScratchDirectory.with { scratch in
            let nap = "419.\(Int.random(in: 100_000...999_999))"
            let playbook = try scratch.write(
                """
                opsrun: 1
                name: Loud and clinging
                plays:
                  - hosts: localhost
                    tasks:
                      - shell: head -c 1073741824 /dev/zero
                      - shell: "sleep \(nap) & echo started"
                        register: daemon
                      - assert: {that: ["daemon.stdout == 'started'"]}

                """, to: "loud.yml")
            let run = try await BuiltOpsrun(in: scratch).run(playbook, "--yes", "--no-input", within: 300)
            _ = try await TestProcess.run(["pkill", "-f", "^sleep \(nap)$"], in: scratch)
            #expect(run.status == 0, "\(run.stdout.prefix(2000))\n\(run.stderr.prefix(2000))")
            #expect(run.stdout.utf8.count < 1 << 20)
        }
    }

    @Test func `without a terminal and without --yes nothing runs`() async throws {
        try await ScratchDirectory.with { scratch in
            let playbook = try scratch.write(
                """
                opsrun: 1
                name: Asks first
                plays:
                  - hosts: localhost
                    tasks:
                      - command: [touch, "\(scratch.path)/touched"]

                """, to: "asks.yml")
            let run = try await BuiltOpsrun(in: scratch).run(playbook)
            #expect(run.status == 9, "\(run.stdout)\n\(run.stderr)")
            #expect((run.stdout + run.stderr).contains("--yes"))
            #expect(throws: (any Error).self) { try scratch.read("touched") }
        }
    }
}
