import TestSupport
import Testing

/// Two runs on one cluster: the second one waits, and runs no plan that the first one has overtaken.
@Suite(.serialized) struct LockTests {
    private func files(
        _ bootstrap: String, in scratch: ScratchDirectory
    ) throws -> (inventory: String, slow: String, quick: String) {
        try scratch.write("3.9.2\n", to: "version")
        let inventory = try scratch.write(
            """
            all:
              vars:
                kafka_clusters:
                  local:
                    bootstrap: [\(bootstrap)]
                    version: 4.3.1
                    lifecycle:
                      commands: {activate: ["true"], stop: ["true"], start: ["true"], version: [cat, version]}
              children:
                brokers:
                  vars: {cluster: local, ansible_connection: local}
                  hosts:
                    broker-1: {broker_id: 1}
                    broker-2: {broker_id: 2}

            """, to: "inventory.yml")
        func playbook(_ name: String, _ steps: String) -> String {
            """
            opsrun: 1
            name: \(name)
            lock: {scope: cluster, wait: 5m}
            plays:
              - name: Nodes
                hosts: brokers
                when: host.installed_version is none or host.installed_version < ('4.0.0' | version)
                tasks:
            \(steps)
            """
        }
        let wait = "while [ ! -e go ]; do sleep 0.05; done"
        return (
            inventory,
            try scratch.write(
                playbook(
                    "First",
                    """
                          - run_once: true
                            shell: "touch begun; \(wait); cat next > version"

                    """), to: "first.yml"),
            try scratch.write(
                playbook("Second", "      - shell: echo \"{{ host.name }}\" >> done\n"), to: "second.yml")
        )
    }

    private func waitFor(_ what: String, _ isThere: () throws -> Bool, in scratch: ScratchDirectory) async throws {
        for _ in 0..<1200 {
            if try isThere() { return }
            try await TestProcess.pause(milliseconds: 100, in: scratch)
        }
        throw ScratchDirectory.Failure(description: "\(what) within two minutes")
    }

    /// Both runs, the second one planned while the first one held the lock.
    private func runBoth(
        next: String, in scratch: ScratchDirectory
    ) async throws -> (first: Int32, second: Int32, text: String) {
        let opsrun = BuiltOpsrun(in: scratch)
        return try await opsrun.withServedCluster { bootstrap in
            try await runBoth(opsrun, next: next, bootstrap, in: scratch)
        }
    }

    private func runBoth(
        _ opsrun: BuiltOpsrun, next: String, _ bootstrap: String, in scratch: ScratchDirectory
    ) async throws -> (first: Int32, second: Int32, text: String) {
        let files = try files(bootstrap, in: scratch)
        try scratch.write("\(next)\n", to: "next")
        let first = try opsrun.start(files.slow, "-i", files.inventory, "--yes", "--no-input")
        try await waitFor("the first run did not begin", { (try? scratch.read("begun")) != nil }, in: scratch)
        let second = try opsrun.start(files.quick, "-i", files.inventory, "--yes", "--no-input", "--output", "plain")
        // It has planned when it says what it is about to do; then it waits for the lock.
        try await waitFor(
            "the second run said nothing", { try scratch.read(second.stdout).contains("Second") }, in: scratch)
        try await TestProcess.pause(milliseconds: 300, in: scratch)
        try scratch.write("", to: "go")
        let firstStatus = await first.wait(within: 180)
        if firstStatus != 0 { Issue.record("\(try scratch.read(first.stdout)) \(try scratch.read(first.stderr))") }
        let secondStatus = await second.wait(within: 180)
        return (firstStatus, secondStatus, try scratch.read(second.stdout) + scratch.read(second.stderr))
    }

    @Test func `a plan that the first run overtook is refused, and says what moved`() async throws {
        try await ScratchDirectory.with { scratch in
            let runs = try await runBoth(next: "3.9.3", in: scratch)
            #expect(runs.first == 0)
            #expect(runs.second == 9, "\(runs.text)")
            #expect(runs.text.contains("the plan is stale"), "\(runs.text)")
            #expect(
                runs.text.contains("broker-1.installed_version was 3.9.2, and is 3.9.3 now"), "\(runs.text)")
            #expect(throws: (any Error).self) { try scratch.read("done") }
        }
    }

    @Test func `a plan that leaves nothing to do after the first run is exit 0 and does nothing`() async throws {
        try await ScratchDirectory.with { scratch in
            let runs = try await runBoth(next: "4.3.1", in: scratch)
            #expect(runs.first == 0)
            #expect(runs.second == 0, "\(runs.text)")
            #expect(runs.text.contains("nothing to do: after the wait for the lock"), "\(runs.text)")
            #expect(throws: (any Error).self) { try scratch.read("done") }
        }
    }

    @Test func `a plan that says the same after the wait is run`() async throws {
        try await ScratchDirectory.with { scratch in
            let runs = try await runBoth(next: "3.9.2", in: scratch)
            #expect(runs.first == 0)
            #expect(runs.second == 0, "\(runs.text)")
            #expect(try scratch.read("done").split(separator: "\n").sorted() == ["broker-1", "broker-2"])
        }
    }
}
