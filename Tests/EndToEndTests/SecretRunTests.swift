import TestSupport
import Testing

/// A run that is given secrets from everywhere and puts them everywhere they may go: nothing else ever shows them.
@Suite(.serialized) struct SecretRunTests {
    private static let words = ["env-hush-1a2b3c", "file-hush-4d5e6f", "cmd-hush-7a8b9c", "host-hush-0d1e2f"]
    /// `b64encode` of the first.
    private static let derived = "ZW52LWh1c2gtMWEyYjNj"

    private static let inventory = """
        all:
          hosts:
            box: {ansible_connection: local, password: {secret: "env:HOST_PASSWORD"}}

        """

    private static let playbook = """
        opsrun: 1
        name: Secrets
        params:
          token: {type: secret, default: {secret: "env:TOKEN"}}
          key: {type: secret, default: {secret: "file:key.txt"}}
          made: {type: secret, default: {secret: "cmd:./make-secret now"}}
          header: {type: secret, default: "Bearer {{ token }}"}
        plays:
          - hosts: box
            environment: {PLAY_KEY: "{{ key }}"}
            vars:
              joined: "{{ token ~ ':' ~ key }}"
            tasks:
              - name: Environment
                shell: printf '%s\\n' "$TOKEN" "$PLAY_KEY" "$MADE" "$HEADER" "$HOST_PASSWORD" "$ENCODED"
                environment:
                  TOKEN: "{{ token }}"
                  MADE: {secret: "cmd:./make-secret now"}
                  HEADER: "{{ header }}"
                  HOST_PASSWORD: "{{ host.password }}"
                  ENCODED: "{{ token | b64encode }}"
                register: said
              - name: Said what it was given
                assert:
                  that:
                    - said.stdout_lines[0] == token
                    - said.stdout_lines[1] == key
                    - said.stdout_lines[2] == made
                    - said.stdout_lines[3] == header
                    - said.stdout_lines[4] == host.password
                    - said.stdout_lines[5] == token | b64encode
              - name: Standard input
                command: {argv: [cat], stdin: "{{ joined }}"}
                register: read
              - name: Read what it was given
                assert: {that: [read.stdout == joined]}
              - name: A secret as it stands
                command: {argv: [sha256sum], stdin: {secret: "file:key.txt"}}
              - name: Template
                template: {src: settings.j2, dest: "{{ run.output }}/../../settings.txt"}
              - name: Copy
                copy: {content: "password={{ token }}\\n", dest: copied.txt}
              - name: Show {{ said.stdout_lines | length }} of {{ said.stdout }}
                debug: {msg: "{{ said.stdout }} and {{ read.stdout }}"}
              - name: Fails and says it
                shell: echo "$MADE" >&2; echo "$MADE"; exit 3
                environment: {MADE: "{{ made }}"}

        """

    private func prepare(in scratch: ScratchDirectory) throws -> String {
        try scratch.write(Self.inventory, to: "inventory.yml")
        try scratch.write("\(Self.words[1])\n", to: "key.txt", mode: 0o600)
        try scratch.write("#!/bin/sh\nprintf '%s\\n' \(Self.words[2])\n", to: "make-secret", mode: 0o700)
        try scratch.write("token={{ token }}\nkey={{ key | upper }}\n", to: "settings.j2")
        return try scratch.write(
            Self.playbook.replacing("{{ run.output }}/../../settings.txt", with: "settings.txt"), to: "secrets.yml")
    }

    private let environment = ["TOKEN": words[0], "HOST_PASSWORD": words[3]]

    @Test(arguments: ["human", "plain", "json", "jsonl"])
    func `secrets reach programs and files, and no output or record`(output: String) async throws {
        try await ScratchDirectory.with { scratch in
            let playbook = try prepare(in: scratch)
            let opsrun = BuiltOpsrun(in: scratch, environment: environment)
            let plan = try await opsrun.run(
                "plan", playbook, "-i", "\(scratch.path)/inventory.yml", "--output", output == "jsonl" ? "json" : output
            )
            #expect(plan.status == 0, "\(plan.stdout)\n\(plan.stderr)")
            let run = try await opsrun.run(
                playbook, "-i", "\(scratch.path)/inventory.yml", "--yes", "--no-input", "--output", output)
            #expect(run.status == 1, "\(run.stdout)\n\(run.stderr)")
            #expect((run.stdout + run.stderr).contains("ended with exit code 3"), "\(run.stdout)\n\(run.stderr)")
            #expect((run.stdout + run.stderr).contains("•••"))

            // Where they are meant to go, they are.
            #expect(try scratch.read("copied.txt") == "password=\(Self.words[0])\n")
            #expect(
                try scratch.read("settings.txt") == "token=\(Self.words[0])\nkey=\(Self.words[1].uppercased())\n")
            let modes = try await TestProcess.run(
                ["stat", "-c", "%a", "\(scratch.path)/copied.txt", "\(scratch.path)/settings.txt"], in: scratch)
            #expect(modes.stdout == "600\n600\n")

            let state = try await TestProcess.run(
                ["sh", "-c", "find state -type f | wc -l; cat $(find state -type f)"], in: scratch)
            let files = try #require(Int(state.stdout.split(separator: "\n").first ?? ""))
            #expect(files >= 10, "journal, plan, audit, sources and the output of three programs")
            #expect(state.stdout.contains("•••"))
            for word in Self.words + [Self.derived, Self.words[1].uppercased()] {
                for (name, text) in [
                    ("plan", plan.stdout + plan.stderr), ("run", run.stdout + run.stderr), ("state", state.stdout),
                ] {
                    #expect(!text.contains(word), "\(word) in the \(name)")
                }
            }
            #expect(try await opsrun.run("audit", "verify").status == 0)
        }
    }

    @Test(arguments: [
        ("- command: [echo, \"{{ token }}\"]", "a secret cannot stand in an argument list"),
        ("- shell: echo {{ token }}", "string is expected"),
        ("- command: {argv: [cat], chdir: \"{{ token }}\"}", "is expected, this is secret"),
        ("- command: [cat]\n        environment: {X: {secret: \"vault:\"}}", "this is no source of a secret"),
        ("- command: [cat]\n        environment: {X: {secret: \"hunter2\"}}", "this is no source of a secret"),
    ])
    func `a secret that would be seen is refused before anything is read`(task: String, sentence: String) async throws {
        try await ScratchDirectory.with { scratch in
            let playbook = try scratch.write(
                """
                opsrun: 1
                name: Refused
                params:
                  token: {type: secret, default: {secret: "cmd:touch \(scratch.path)/asked"}}
                plays:
                  - hosts: localhost
                    tasks:
                      \(task)

                """, to: "refused.yml")
            let run = try await BuiltOpsrun(in: scratch).run(playbook, "--yes", "--no-input")
            #expect(run.status == 3, "\(run.stdout)\n\(run.stderr)")
            #expect((run.stdout + run.stderr).contains(sentence), "\(run.stdout)\n\(run.stderr)")
            #expect(!(run.stdout + run.stderr).contains("is no source of a secret: hunter2"))
            #expect(throws: (any Error).self) { try scratch.read("asked") }
        }
    }

    @Test func `a secret that cannot be had is exit 3 before anything runs, and its program's output is not shown`()
        async throws
    {
        try await ScratchDirectory.with { scratch in
            try scratch.write(
                "#!/bin/sh\necho cmd-hush-7a8b9c\necho cmd-hush-7a8b9c >&2\nexit 2\n", to: "make", mode: 0o700)
            let playbook = try scratch.write(
                """
                opsrun: 1
                name: Missing
                plays:
                  - hosts: localhost
                    tasks:
                      - command: [touch, touched]
                      - command: {argv: [cat], stdin: {secret: "cmd:./make"}}

                """, to: "missing.yml")
            let run = try await BuiltOpsrun(in: scratch).run(playbook, "--yes", "--no-input")
            #expect(run.status == 3, "\(run.stdout)\n\(run.stderr)")
            let said = run.stdout + run.stderr
            #expect(said.contains("the secret cmd:./make cannot be had"), "\(said)")
            #expect(said.contains("exit code 2"))
            #expect(!said.contains("hush"))
            #expect(throws: (any Error).self) { try scratch.read("touched") }
        }
    }

    @Test func `no process list shows a secret`() async throws {
        try await ScratchDirectory.with { scratch in
            let playbook = try scratch.write(
                """
                opsrun: 1
                name: Looks at the process list
                plays:
                  - hosts: localhost
                    tasks:
                      - shell: cat /proc/*/cmdline 2>/dev/null | tr '\\0' ' ' > processes.txt
                        environment: {TOKEN: {secret: "env:TOKEN"}}
                      - shell: cat > /dev/null; cat /proc/*/cmdline 2>/dev/null | tr '\\0' ' ' >> processes.txt
                        args: {stdin: {secret: "env:TOKEN"}}
                      - shell: grep -z . /proc/self/environ | tr '\\0' '\\n' > environment.txt
                        args: {stdin: {secret: "env:TOKEN"}}
                        environment: {OTHER: {secret: "env:OTHER"}}

                """, to: "list.yml")
            let run = try await BuiltOpsrun(in: scratch, environment: ["TOKEN": Self.words[0], "OTHER": Self.words[1]])
                .run(playbook, "--yes", "--no-input")
            #expect(run.status == 0, "\(run.stdout)\n\(run.stderr)")
            let processes = try scratch.read("processes.txt")
            #expect(processes.contains("/bin/sh -c"))
            #expect(!processes.contains(Self.words[0]))
            #expect(try scratch.read("environment.txt").contains("OTHER=\(Self.words[1])"))
        }
    }
}
