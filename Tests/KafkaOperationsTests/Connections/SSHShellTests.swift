import EventLoop
import Glibc
import KafkaOperations
import Playbooks
import RunEngine
import TestSupport
import Testing
import Values

/// Against a real sshd on loopback.
@Suite(.enabled(if: LocalSSHServer.isAvailable)) struct SSHShellTests {
    private func failure(_ work: () async throws(StepFailure) -> ShellResult) async -> StepFailure? {
        do throws(StepFailure) {
            _ = try await work()
            return nil
        } catch {
            return error
        }
    }

    @Test func `programs run there word by word, with their input, variables, folder and exit code`() async throws {
        try await LocalSSHServer.with { server in
            let shell = server.shell()
            let words = ["a b", "$HOME", "it's", "*", "", "\"", "-n", "ü"]
            let said = try await shell.run(ShellCommand(["printf", "%s|"] + words))
            #expect(said.stdout.text == words.map { $0 + "|" }.joined())
            #expect(said.stderr.text == "")
            let fed = try await shell.run(ShellCommand(["cat"], input: Array("line 1\n\nline 3".utf8)))
            #expect(fed.stdout.text == "line 1\n\nline 3")
            let named = try await shell.run(
                ShellCommand(
                    ["/bin/sh", "-c", "echo \"$TOKEN\" $PWD; echo oops >&2; exit 7"],
                    environment: [("TOKEN", "s3 'cret'")], directory: "/usr"))
            #expect(named.stdout.text == "s3 'cret' /usr\n")
            #expect(named.stderr.text == "oops\n")
            #expect(named.code == 7)
            let odd = try await shell.run(ShellCommand(["/bin/sh", "-c", "exit 255"]))
            #expect(odd.code == 255)
            let missing = try await shell.run(ShellCommand(["no-such-program"]))
            #expect(missing.code == 127)
        }
    }

    @Test func `output without an end of line hides no exit code`() async throws {
        try await LocalSSHServer.with { server in
            let lines = Locked([String]())
            let said = try await server.shell().run(
                ShellCommand(
                    ["/bin/sh", "-c", "printf 'first\nnot running' >&2; exit 3"],
                    onLines: { more in lines.withLock { $0 += more } }))
            #expect(said.code == 3)
            #expect(said.stderr.text == "first\nnot running")
            #expect(lines.withLock { $0 } == ["first", "not running"])
        }
    }

    @Test func `the words that Ansible gives to ssh are given to it`() async throws {
        try await LocalSSHServer.with { server in
            var connection = server.connection
            connection.options["ansible_ssh_common_args"] = "-o 'UserKnownHostsFile=/no/such/file'"
            let refused = await failure { () throws(StepFailure) in
                try await server.shell(connection).run(ShellCommand(["true"]))
            }
            #expect(refused?.code == .unreachable)
            connection.options["ansible_ssh_common_args"] = "-o 'unclosed"
            let bad = await failure { () throws(StepFailure) in
                try await server.shell(connection).run(ShellCommand(["true"]))
            }
            #expect(bad?.message == "ansible_ssh_common_args of test: a quote is not closed")
        }
    }

    @Test func `a connection is shared in a folder that is ours alone`() async throws {
        try await LocalSSHServer.with { server in
            _ = try await server.shell().run(ShellCommand(["true"]))
            var info = stat()
            #expect(stat("\(server.scratch.path)/c", &info) == 0)
            #expect(info.st_mode & 0o777 == 0o700)
            #expect(try Files.list("\(server.scratch.path)/c").count == 1)
            chmod("\(server.scratch.path)/c", 0o755)
            let refused = await failure { () throws(StepFailure) in try await server.shell().run(ShellCommand(["true"]))
            }
            #expect(refused?.causes.first?.contains("only this user can enter") == true)
            chmod("\(server.scratch.path)/c", 0o700)
        }
    }

    @Test func `another host key is refused, and so is an unknown one`() async throws {
        try await LocalSSHServer.with { server in
            let other = try server.scratch.read("other.pub").split(separator: " ").prefix(2).joined(separator: " ")
            try server.scratch.write("[127.0.0.1]:\(server.port) \(other)\n", to: "known_hosts")
            let changed = await failure { () throws(StepFailure) in try await server.shell().run(ShellCommand(["true"]))
            }
            #expect(changed?.code == .unreachable)
            #expect(changed?.nextAction?.contains("its host key is not the one in known_hosts") == true)
            try server.scratch.write("", to: "known_hosts")
            let unknown = await failure { () throws(StepFailure) in try await server.shell().run(ShellCommand(["true"]))
            }
            #expect(unknown?.code == .unreachable)
            #expect(unknown?.nextAction?.contains("known_hosts") == true)
            var lenient = server.connection
            lenient.options["ssh_options"] = ["StrictHostKeyChecking": "accept-new"]
            #expect(try await server.shell(lenient).run(ShellCommand(["true"])).succeeded)
        }
    }

    @Test func `a refused login and a closed port say that nothing ran`() async throws {
        try await LocalSSHServer.with { server in
            var connection = server.connection
            connection.privateKeyFile = "\(server.scratch.path)/other"
            try server.scratch.write(
                "UserKnownHostsFile \(server.scratch.path)/known_hosts\nGlobalKnownHostsFile /dev/null\n",
                to: "bare_config")
            connection.options["ssh_config_file"] = .string("\(server.scratch.path)/bare_config")
            let denied = await failure { () throws(StepFailure) in
                try await server.shell(connection).run(ShellCommand(["true"]))
            }
            #expect(denied?.code == .unreachable)
            #expect(denied?.causes.first?.contains("Permission denied") == true)
            var closed = server.connection
            closed.port = 1
            let refused = await failure { () throws(StepFailure) in
                try await server.shell(closed).run(ShellCommand(["true"]))
            }
            #expect(refused?.code == .unreachable)
        }
    }

    @Test func `a connection that breaks under a write is an unknown outcome, under a read it is not`() async throws {
        try await LocalSSHServer.with { server in
            // The session's own parent is the sshd of this connection.
            let kill = ["/bin/sh", "-c", "kill -9 $(ps -o ppid= -p $PPID); sleep 5"]
            let write = await failure { () throws(StepFailure) in try await server.shell().run(ShellCommand(kill)) }
            #expect(write?.code == .unknownOutcome)
            let read = await failure { () throws(StepFailure) in
                try await server.shell().run(ShellCommand(kill, isRead: true))
            }
            #expect(read?.code == .unreachable)
        }
    }

    @Test func `a timeout of a write is an unknown outcome`() async throws {
        try await LocalSSHServer.with { server in
            let late = await failure { () throws(StepFailure) in
                try await server.shell().run(ShellCommand(["sleep", "30"], timeout: .seconds(1)))
            }
            #expect(late?.code == .unknownOutcome)
            #expect(late?.message.contains("may still be running") == true)
        }
    }

    @Test func `a daemon that holds the connection delays no one`() async throws {
        try await LocalSSHServer.with { server in
            let start = ContinuousClock.now
            let result = try await server.shell().run(
                ShellCommand(["/bin/sh", "-c", "sleep 120 & echo started"], keepsSurvivors: true))
            #expect(result.stdout.text == "started\n")
            #expect(result.code == 0)
            // Far from what the daemon takes, also on a loaded machine.
            #expect(ContinuousClock.now - start < .seconds(60))
        }
    }

    @Test func `files are compared and replaced over the connection`() async throws {
        try await LocalSSHServer.with { server in
            let catalog = OperationCatalog.make(services: .standard(server.settings))
            let host = StepBench.host("test", connection: server.connection)
            let bench = StepBench(host: host)
            let values: ValueMap = ["content": "a\nb", "dest": .string("\(server.scratch.path)/x"), "mode": "0600"]
            let action = try StepBench.make(catalog, "copy", values)
            #expect(try await action.run(in: bench.step()).isChanged)
            #expect(try server.scratch.read("x") == "a\nb")
            #expect(try await action.run(in: bench.step()).isChanged == false)
        }
    }
}

/// What the OpenSSH client says before it can have sent a command.
@Suite struct SSHSentenceTests {
    @Test(arguments: [
        ("Permission denied (publickey).", true), ("ssh: connect to host x port 22: Connection refused", true),
        // Only a warning: it goes on with the agent's keys.
        ("Warning: Identity file /home/ops/.ssh/id not accessible: No such file or directory.", false),
        ("Connection to x closed by remote host.", false), ("hostname contains invalid characters", true),
        ("remote username contains invalid characters", true),
    ])
    func `only some sentences prove that nothing ran`(sentence: String, proves: Bool) {
        #expect(SSHShell.provesNothingRan(sentence) == proves)
    }
}
