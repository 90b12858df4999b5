import TestSupport
import Testing

/// What the built program says of playbooks that are checked, refused or fail.
@Suite(.serialized) struct SaidTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        /// Below `opsrun: 1` and a name.
        var playbook: String
        var words: [String] = []
        var status: Int32
        var says: [String]
        var lacks: [String] = []

        /// One play on localhost with these tasks.
        init(
            _ name: String, tasks: String, params: String = "{}", words: [String] = [], status: Int32,
            says: [String], lacks: [String] = []
        ) {
            testDescription = name
            playbook = "params: \(params)\nplays:\n  - name: P\n    hosts: localhost\n    tasks:\n"
            playbook += tasks.split(separator: "\n").map { "      \($0)\n" }.joined()
            self.words = words
            self.status = status
            self.says = says
            self.lacks = lacks
        }

        init(
            _ name: String, playbook: String, words: [String] = [], status: Int32, says: [String],
            lacks: [String] = []
        ) {
            testDescription = name
            self.playbook = playbook
            self.words = words
            self.status = status
            self.says = says
            self.lacks = lacks
        }
    }

    static let cases: [Case] = [
        Case(
            "--check judges nothing, and says so", tasks: "- assert: {that: 1 == 2}\n- assert: {that: 2 == 3}",
            words: ["--check"], status: 0, says: ["checked; nothing was run; 2 asserts and checks were not judged"]),
        Case(
            "--check --output json has a status of its own", tasks: "- debug: x",
            words: ["--check", "--output", "json"], status: 0,
            says: ["\"status\": \"checked\"", "\"message\": \"checked; nothing was run\""]),
        Case(
            "free-form msg=", tasks: "- debug: msg=hi", status: 3,
            says: ["free-form k=v arguments are not read", "write {msg: hi}"]),
        Case(
            "a script begins with an assignment", tasks: "- shell: script=1; echo $script", status: 0, says: ["changed"]
        ),
        Case(
            "a field has no default", tasks: "- debug: x",
            params: "{r: {type: record, fields: {y: {type: string, default: q}}, default: {y: a}}}", status: 3,
            says: ["a field of a record has no key 'default'"]),
        Case(
            "a wrong value hides no other mistake", tasks: "- debug: \"{{ (b | ternary(1, 2)) + 'x' }}\"",
            params: "{b: {type: bool}}", words: ["-e", "b=yes"], status: 3,
            says: ["expected true or false, not 'yes'", "'+' is not defined for int and string"]),
        Case(
            "half a byte is a unit that was forgotten", tasks: "- debug: \"{{ b }}\"", params: "{b: {type: bytes}}",
            words: ["-e", "b=1.3"], status: 3, says: ["'1.3' is no amount of data"]),
        Case(
            "v4.3 means 4.3", tasks: "- debug: kafka-{{ v }}, {{ b }}",
            params: "{v: {type: version}, b: {type: bytes}}", words: ["-e", "v=v4.3", "-e", "b=1.5KiB"], status: 0,
            says: ["kafka-4.3, 1536B"], lacks: ["v4.3,"]),
        Case(
            "a message of several lines", tasks: "- fail: {msg: \"first\\nsecond\"}", status: 1,
            says: ["\n  first\n  second\n"], lacks: ["u{a}"]),
        Case(
            "a timeout that is not kept", tasks: "- command: [sleep, \"30\"]\n  timeout: 1s", status: 8,
            says: [
                "sleep did not end within its timeout of 1s and was ended",
                "next: find out whether it happened before anything runs again; then give the task a longer `timeout`",
            ]),
        Case(
            "a play that is skipped says why once",
            playbook: """
                plays:
                  - {name: P, hosts: localhost, when: 1 == 2, tasks: [debug: x]}
                  - {name: Q, hosts: {pattern: nobody, optional: true}, tasks: [debug: x]}
                  - {name: R, hosts: localhost, tasks: [debug: x]}
                """, words: ["--output", "plain"], status: 0,
            says: ["skipping: [localhost] when: 1 == 2 is false", "skipping: no host matches"],
            lacks: ["skipping: when", "no host is left"]),
        Case(
            "a check without conditions and a task without a name",
            tasks: "- check: {value: 1}\n- {name: \"\", debug: x}",
            status: 3, says: ["a check needs `warning` or `critical`", "the name is empty"]),
    ]

    @Test(arguments: cases) func `it says what is so`(expected: Case) async throws {
        try await ScratchDirectory.with { scratch in
            let path = try scratch.write("opsrun: 1\nname: N\n\(expected.playbook)\n", to: "p.yml")
            let run = try await TestProcess.run(
                [BuiltOpsrun.path, path, "--yes"] + expected.words,
                environment: ["XDG_STATE_HOME": "\(scratch.path)/state", "NO_COLOR": "1"], in: scratch)
            let said = run.stdout + run.stderr
            #expect(run.status == expected.status, "\(said)")
            for text in expected.says { #expect(said.contains(text), "\(said)") }
            for text in expected.lacks { #expect(!said.contains(text), "\(said)") }
        }
    }

    @Test func `a parameter that only an import can give is missed by lint`() async throws {
        try await ScratchDirectory.with { scratch in
            try scratch.write(
                """
                opsrun: 1
                name: Inner
                params: {who: {type: string}}
                plays:
                  - {hosts: localhost, tasks: [debug: "{{ who }}"]}

                """, to: "inner.yml")
            let outer = try scratch.write(
                "opsrun: 1\nname: Outer\nplays:\n  - import_playbook: inner.yml\n", to: "outer.yml")
            let lint = try await BuiltOpsrun(in: scratch).run("lint", outer)
            #expect(lint.status == 3)
            #expect((lint.stdout + lint.stderr).contains("outer.yml:4:22: error"), "\(lint.stdout)\(lint.stderr)")
            #expect((lint.stdout + lint.stderr).contains("vars: {who: …}"))
            try scratch.write(
                "opsrun: 1\nname: Outer\nplays:\n  - import_playbook: inner.yml\n    vars: {who: x}\n", to: "outer.yml")
            #expect(try await BuiltOpsrun(in: scratch).run("lint", outer).status == 0)
        }
    }

    @Test func `after more failures than max_fail bears the recap names who was not begun, within the width`()
        async throws
    {
        try await ScratchDirectory.with { scratch in
            let playbook = try scratch.write(
                """
                opsrun: 1
                name: N
                plays:
                  - hosts: all
                    serial: 1
                    max_fail: 1
                    tasks:
                      - command: [test, "{{ host.name }}", "=", host-1]
                        effect: idempotent

                """, to: "p.yml")
            let inventory = try scratch.write(
                "all:\n  vars: {ansible_connection: local}\n  hosts: {\"host-[1:6]\": {}}\n", to: "i.yml")
            let run = try await BuiltOpsrun(in: scratch).run(playbook, "-i", inventory, "--yes")
            #expect(run.status == 1)
            let said = run.stdout + run.stderr
            #expect(
                said.contains("more hosts failed than max_fail: 1 bears; not begun: host-4, host-5, host-6"), "\(said)")
            #expect(!said.contains("were not touched"))
            let recap = said.split(separator: "\n").filter { $0.contains("ok=") }
            #expect(recap.count == 3)
            #expect(recap.allSatisfy { $0.count <= 80 }, "\(recap)")
        }
    }

    @Test func `audit show goes run by run and says whose clock an embedded cluster has`() async throws {
        try await ScratchDirectory.with { scratch in
            let opsrun = BuiltOpsrun(in: scratch)
            let local = try scratch.write(
                "opsrun: 1\nname: Local\nplays:\n  - {hosts: localhost, tasks: [command: [\"true\"]]}\n", to: "p.yml")
            let embedded = try scratch.write(
                "opsrun: 1\nname: Embedded\nplays:\n  - {hosts: localhost, tasks: [pause: {for: 20s}, kafka.describe_cluster: {}]}\n",
                to: "e.yml")
            let inventory = "\(BuiltOpsrun.package)/inventories/default.yml"
            for words in [[local], [embedded, "-i", inventory], [local]] {
                let run = try await TestProcess.run(
                    [BuiltOpsrun.path, "--yes", "--no-input"] + words,
                    environment: ["XDG_STATE_HOME": "\(scratch.path)/state", "NO_COLOR": "1"], in: scratch)
                #expect(run.status == 0, "\(run.stdout)\(run.stderr)")
            }
            let shown = try await opsrun.run("audit", "show")
            let opened = shown.stdout.split(separator: "\n").filter { $0.contains("opened by") }
            #expect(opened.map { $0.contains("Embedded") } == [false, true, false], "\(shown.stdout)")
            #expect(opened.map { $0.contains("time ×") } == [false, true, false], "\(shown.stdout)")
        }
    }

    @Test(arguments: ["isr_recovered", "can_stop", "node_back", "quorum_healthy", "nothing_moving"])
    func `a shipped gate is explained by what it wants`(gate: String) async throws {
        try await ScratchDirectory.with { scratch in
            let explained = try await BuiltOpsrun(in: scratch).run("explain", gate)
            #expect(explained.status == 0)
            #expect(explained.stdout.contains("Passes when "), "\(explained.stdout)")
            #expect(!explained.stdout.contains("its action says so"))
        }
    }
}
