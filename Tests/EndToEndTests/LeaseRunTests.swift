import Glibc
import TestSupport
import Testing
import Values

/// The built program and the lock of a cluster: a runner that stands still, one that dies, one whose lock is broken.
@Suite(.serialized) struct LeaseRunTests {
    private struct Case {
        let scratch: ScratchDirectory
        let opsrun: BuiltOpsrun
        let inventory: String
        let slow: String
        let quick: String

        init(_ scratch: ScratchDirectory, _ opsrun: BuiltOpsrun, _ bootstrap: String, lease: String) throws {
            self.scratch = scratch
            self.opsrun = opsrun
            inventory = try scratch.write(
                """
                all:
                  vars:
                    kafka_clusters:
                      local: {bootstrap: [\(bootstrap)], lock: {path: locks, lease: \(lease)}}
                  children:
                    brokers:
                      vars: {cluster: local, ansible_connection: local}
                      hosts:
                        broker-1: {broker_id: 1}

                """, to: "inventory.yml")
            func playbook(_ name: String, _ steps: String, _ head: String = "") -> String {
                "opsrun: 1\nname: \(name)\n\(head)plays:\n  - name: P\n    hosts: brokers\n    tasks:\n\(steps)"
            }
            let wait = "touch begun; while [ ! -e go ]; do sleep 0.05; done; echo one >> ledger"
            slow = try scratch.write(
                playbook("Slow", "      - shell: \"\(wait)\"\n      - shell: echo two >> ledger\n"), to: "slow.yml")
            quick = try scratch.write(
                playbook("Quick", "      - shell: echo other >> ledger\n", "lock: {scope: cluster, wait: 5m}\n"),
                to: "quick.yml")
            try Self.makeFolder("\(scratch.path)/locks")
        }

        private static func makeFolder(_ path: String) throws {
            guard mkdir(path, 0o777) == 0 else { throw ScratchDirectory.Failure(description: "mkdir \(path)") }
        }

        func begun() async throws -> TestProcess {
            let process = try opsrun.start(slow, "-i", inventory, "--yes", "--no-input", "--output", "plain")
            try await Eventually.holds("the step works") { access("\(scratch.path)/begun", F_OK) == 0 }
            return process
        }

        func runID(of name: String) async throws -> String {
            let listed = try await opsrun.run("runs", "--output", "json")
            let runs = try JSON.parse(listed.stdout)["runs"]?.listValue ?? []
            let run = runs.first { $0["playbook"]?.stringValue?.hasSuffix(name) == true }
            return try #require(run?["id"]?.stringValue)
        }

        func locks() async throws -> [Value] {
            let shown = try await opsrun.run("lock", "show", "-i", inventory, "--output", "json")
            #expect(shown.status == 0, "\(shown.stderr)")
            return try JSON.parse(shown.stdout)["locks"]?.listValue ?? []
        }
    }

    private func with(lease: String, _ body: (Case) async throws -> Void) async throws {
        try await ScratchDirectory.with { scratch in
            let opsrun = BuiltOpsrun(in: scratch)
            try await opsrun.withServedCluster { bootstrap in
                try await body(try Case(scratch, opsrun, bootstrap, lease: lease))
            }
            let audit = try await opsrun.run("audit", "verify")
            #expect(audit.status == 0, "\(audit.stdout)")
        }
    }

    @Test func `a runner that is stopped for longer than its lease and woken begins no new step`() async throws {
        try await with(lease: "5s") { run in
            let first = try await run.begun()
            first.signal(SIGSTOP)
            let second = try await run.opsrun.run(run.quick, "-i", run.inventory, "--yes", "--no-input")
            #expect(second.status == 0, "\(second.stdout)\(second.stderr)")
            try run.scratch.write("", to: "go")
            first.signal(SIGCONT)
            #expect(await first.wait(within: 120) == 10)
            let text = try run.scratch.read(first.stdout)
            #expect(text.contains("the lock of local is lost"), "\(text)")
            #expect(try run.scratch.read("ledger").split(separator: "\n").sorted() == ["one", "other"])
            let resumed = try await run.opsrun.run("resume", try await run.runID(of: "slow.yml"))
            #expect(resumed.status == 0, "\(resumed.stdout)\(resumed.stderr)")
            #expect(try run.scratch.read("ledger").split(separator: "\n").sorted() == ["one", "other", "two"])
        }
    }

    @Test func `the lock of a run that was killed is free at once for its resume, and for nobody else`() async throws {
        try await with(lease: "1h") { run in
            let first = try await run.begun()
            let id = try await run.runID(of: "slow.yml")
            let held = try await run.locks()
            #expect(held.map { $0["state"] } == ["held"])
            #expect(held.first?["run"] == .string(id) && held.first?["pid"] == .int(Int64(first.pid)))
            #expect(held.first?["cluster"] == "local" && held.first?["epoch"] == 1)
            first.signal(SIGKILL)
            _ = await first.wait(within: 60)
            let refused = try await run.opsrun.run(run.slow, "-i", run.inventory, "--yes", "--no-input")
            #expect(refused.status == 9, "\(refused.stdout)")
            #expect(refused.stderr.contains("run \(id) of"), "\(refused.stderr)")
            #expect(refused.stderr.contains("opsrun resume \(id)"), "\(refused.stderr)")
            try run.scratch.write("", to: "go")
            let resumed = try await run.opsrun.run("resume", id)
            #expect(resumed.status == 0, "\(resumed.stdout)\(resumed.stderr)")
            #expect(try run.scratch.read("ledger") == "one\ntwo\n")
            #expect(try await run.locks().map { $0["state"] } == ["released"])
        }
    }

    @Test func `a lock that is broken is lost to its run, which ends suspended`() async throws {
        try await with(lease: "1h") { run in
            let first = try await run.begun()
            let unconfirmed = try await run.opsrun.run("lock", "break", "-i", run.inventory, "--reason", "it hangs")
            #expect(unconfirmed.status == 9, "\(unconfirmed.stderr)")
            let broken = try await run.opsrun.run(
                "lock", "break", "-i", run.inventory, "--reason", "it hangs", "--confirm", "local")
            #expect(broken.status == 0, "\(broken.stderr)")
            let id = try await run.runID(of: "slow.yml")
            #expect(broken.stdout.contains("run \(id) starts nothing new"), "\(broken.stdout)")
            try await Eventually.holds("the run has seen it") {
                try run.scratch.read(first.stdout).contains("broke it: it hangs")
            }
            try run.scratch.write("", to: "go")
            #expect(await first.wait(within: 120) == 10)
            #expect(try run.scratch.read("ledger") == "one\n")
            let shown = try await run.opsrun.run("audit", "show")
            #expect(shown.stdout.contains("lock of local broken by"), "\(shown.stdout)")
        }
    }
}
