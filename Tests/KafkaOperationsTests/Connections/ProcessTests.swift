import EventLoop
import Glibc
import KafkaOperations
import Playbooks
import RunEngine
import TestSupport
import Testing
import Values

@Suite struct ProcessTests {
    static let settings = ProcessSettings(
        environment: ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent"], grace: .milliseconds(500))
    static let catalog = OperationCatalog.make(services: .standard(settings))

    private func run(
        _ name: String, _ values: ValueMap, timeout: Duration? = nil,
        environment: [(name: String, value: Value)] = [], folder: String = "", bench: StepBench? = nil
    ) async throws -> ActionOutcome {
        let bench = bench ?? StepBench(folder: folder)
        let action = try StepBench.make(Self.catalog, name, values)
        return try await action.run(in: bench.step(timeout: timeout, environment: environment))
    }

    @Test func `a program runs without a shell`() async throws {
        let outcome = try await run("command", ["argv": ["echo", "$HOME", "a b", "*", 3, .version(Version("4.10")!)]])
        #expect(outcome.isChanged)
        #expect(outcome.result["stdout"] == "$HOME a b * 3 4.10")
        #expect(outcome.result["rc"] == 0)
    }

    @Test func `text is split into words`() throws {
        let words: [(String, [String])] = [
            ("a b  c", ["a", "b", "c"]), ("'a b' c", ["a b", "c"]), ("\"a \\\" b\"", ["a \" b"]), ("a\\ b", ["a b"]),
            ("''", [""]), ("x='1 2'", ["x=1 2"]), ("", []), ("'$HOME'", ["$HOME"]),
        ]
        for (text, expected) in words { #expect(try ShellWords.split(text) == expected, "\(text)") }
        for text in ["a | b", "a > b", "'a", "a;b", "a &", "a\\"] {
            #expect(throws: ShellWords.Failure.self, "\(text)") { _ = try ShellWords.split(text) }
        }
    }

    @Test(arguments: ["", "a b", "it's", "$(x)", "-x", "ü\n", "a*b", "\\", "!", "~", "'", "a\"b"])
    func `quoting is read back by a real shell`(_ word: String) async throws {
        let outcome = try await run("shell", ["script": .string("printf %s \(ShellWords.quote(word)) | od -An -c")])
        let direct = try await run("shell", ["script": "od -An -c", "stdin": .string(word)])
        #expect(outcome.result["stdout"] == direct.result["stdout"])
    }

    @Test func `a non-zero exit fails with the end of the output, and keeps the result`() async throws {
        let outcome = try await run("shell", ["script": "echo out; echo wrong >&2; exit 3"])
        #expect(outcome.failure?.message == "/bin/sh ended with exit code 3 on this machine")
        #expect(outcome.failure?.details == ["wrong"])
        #expect(outcome.result["rc"] == 3)
        #expect(outcome.result["stdout_lines"] == ["out"])
    }

    @Test func `a missing program, folder or right is a sentence`() async throws {
        let failures: [(ValueMap, String)] = [
            (["argv": ["no-such-program-here"]], "there is no program no-such-program-here on this machine"),
            (["argv": ["/no/such/program"]], "there is no program /no/such/program"),
            (["argv": ["/etc/passwd"]], "/etc/passwd may not be run"),
        ]
        for (values, message) in failures {
            do throws(any Error) {
                _ = try await run("command", values)
                Issue.record("\(values) ran")
            } catch let failure as StepFailure {
                #expect(failure.message == message)
            }
        }
    }

    @Test func `a relative program stands in the folder of the file that names it`() async throws {
        try await ScratchDirectory.with { scratch in
            try scratch.write("#!/bin/sh\necho here $1\n", to: "bin/tool", mode: 0o755)
            let outcome = try await run("command", ["argv": ["bin/tool", "x"]], folder: scratch.path)
            #expect(outcome.result["stdout"] == "here x")
        }
    }

    @Test func `a timeout ends the program and what it started`() async throws {
        let start = ContinuousClock.now
        await #expect(throws: StepFailure.self) {
            _ = try await self.run(
                "shell", ["script": "sleep 30 & echo $!; sleep 30"], timeout: .milliseconds(300))
        }
        #expect(ContinuousClock.now - start < .seconds(10))
    }

    @Test func `creates and removes say when there is nothing to do`() async throws {
        let here = try await run("command", ["argv": ["false"], "creates": "/etc/passwd"])
        #expect(here.skipReason == "/etc/passwd exists")
        let gone = try await run("command", ["argv": ["false"], "removes": "/no/such/file"])
        #expect(gone.skipReason == "/no/such/file does not exist")
        #expect(gone.result["rc"] == 0)
    }

    @Test func `the environment is what was declared, and secrets reach it unseen`() async throws {
        let outcome = try await run(
            "command", ["argv": ["/usr/bin/env"]],
            environment: [("TOKEN", .secret(Secret("s3cret", origin: "env:T"))), ("N", 4)])
        let lines = outcome.result["stdout_lines"]?.listValue?.compactMap { $0.stringValue } ?? []
        #expect(Set(lines).isSuperset(of: ["TOKEN=s3cret", "N=4", "HOME=/nonexistent"]))
        await #expect(throws: StepFailure.self) {
            _ = try await self.run("command", ["argv": ["echo", .secret(Secret("x", origin: "env:X"))]])
        }
    }

    @Test func `output beyond the limit is counted and its middle left out`() async throws {
        let outcome = try await run(
            "shell", ["script": "echo first; head -c 3000000 /dev/zero | tr '\\0' x; echo; echo last"])
        let text = try #require(outcome.result["stdout"]?.stringValue)
        #expect(text.hasPrefix("first\n") && text.hasSuffix("\nlast"))
        #expect(text.utf8.count < 600_000)
        #expect(text.contains("bytes left out]"))
        #expect(outcome.result["stdout_bytes"] == .bytes(ByteCount(3_000_012)))
    }

    @Test func `a gibibyte of output does not fill the memory`() async throws {
        let outcome = try await run("shell", ["script": "head -c 1073741824 /dev/zero"])
        #expect(outcome.result["stdout_bytes"] == .bytes(ByteCount(1 << 30)))
    }

    @Test func `a daemon that holds the output delays no one`() async throws {
        let start = ContinuousClock.now
        let outcome = try await run("shell", ["script": "sleep 120 & echo started"])
        #expect(outcome.result["stdout"] == "started")
        // Far from what the daemon takes, also on a loaded machine.
        #expect(ContinuousClock.now - start < .seconds(60))
    }

    @Test func `output is passed on line by line, safe for a terminal, and kept in the step's folder`() async throws {
        try await ScratchDirectory.with { scratch in
            let bench = StepBench(outputFolder: "\(scratch.path)/out")
            _ = try await run("shell", ["script": "printf 'a\\033[31mb\\nc'"], bench: bench)
            #expect(bench.lines == ["a\u{FFFD}[31mb"])
            #expect(bench.messages.allSatisfy { $0.isEmpty }, "output alone is no progress that a journal keeps")
            #expect(try scratch.read("out/stdout") == "a\u{1B}[31mb\nc")
        }
    }

    @Test func `what is kept of the output has no secret in it, and no_log keeps nothing`() async throws {
        try await ScratchDirectory.with { scratch in
            let bench = StepBench(outputFolder: "\(scratch.path)/out")
            var context = bench.step()
            context.mask = { $0 == "token s3cret" ? "token •••" : $0 }
            let action = try StepBench.make(Self.catalog, "shell", ["script": "printf 'token s3cret'; printf e >&2"])
            _ = try await action.run(in: context)
            #expect(try scratch.read("out/stdout") == "token •••")
            #expect(try scratch.read("out/stderr") == "e")
            context.outputFolder = ""
            _ = try await action.run(in: context)
            #expect(try Files.list(scratch.path) == ["out"])
        }
    }

    @Test func `copy keeps whose a file is, and its mode unless one is given`() async throws {
        try await ScratchDirectory.with { scratch in
            let path = try scratch.write("old\n", to: "jaas.conf", mode: 0o640)
            let isRoot = geteuid() == 0
            if isRoot { #expect(chown(path, 65534, 65534) == 0) }
            func info() -> stat {
                var info = stat()
                #expect(stat(path, &info) == 0)
                return info
            }
            _ = try await run("copy", ["content": "new\n", "dest": .string(path)])
            #expect(info().st_mode & 0o7777 == 0o640)
            #expect(info().st_uid == (isRoot ? 65534 : geteuid()))
            _ = try await run("copy", ["content": "new\n", "dest": .string(path), "mode": "0600"])
            #expect(info().st_mode & 0o7777 == 0o600)
            #expect(info().st_gid == (isRoot ? 65534 : getegid()))
            let fresh = "\(scratch.path)/fresh"
            _ = try await run("copy", ["content": "x", "dest": .string(fresh)])
            var made = stat()
            #expect(stat(fresh, &made) == 0 && made.st_mode & 0o7777 == 0o644)
        }
    }

    @Test func `a folder that is missing is named, not the program`() async throws {
        let outcome: ActionOutcome
        do {
            outcome = try await run("command", ["argv": ["pwd"], "chdir": "/no/such/folder"])
            Issue.record("it ran: \(outcome)")
        } catch let failure as StepFailure {
            #expect(failure.message == "there is no folder /no/such/folder to run pwd in")
        }
    }

    @Test func `a code above 128 is no signal`() async throws {
        let outcome = try await run("command", ["argv": ["sh", "-c", "exit 200"]])
        #expect(outcome.failure?.message.contains("ended with exit code 200") == true)
        let killed = try await run("command", ["argv": ["sh", "-c", "kill -9 $$"]])
        #expect(killed.failure?.message.contains("was killed by signal 9") == true)
        #expect(killed.result["rc"] == .int(137))
    }

    @Test func `copy writes what differs, once, as a whole`() async throws {
        try await ScratchDirectory.with { scratch in
            let values: ValueMap = ["content": "hello\n", "dest": .string("\(scratch.path)/motd"), "mode": "0640"]
            #expect(try await run("copy", values).isChanged)
            #expect(try scratch.read("motd") == "hello\n")
            #expect(try await run("copy", values).isChanged == false)
            chmod("\(scratch.path)/motd", 0o600)
            #expect(try await run("copy", values).isChanged)
            let action = try StepBench.make(Self.catalog, "copy", values)
            #expect(try await action.plan(in: StepBench().reading()).changesNothing)
            let other: ValueMap = ["content": "good bye\n", "dest": .string("\(scratch.path)/motd")]
            let next = try StepBench.make(Self.catalog, "copy", other)
            var context = StepBench().reading()
            #expect(try await next.plan(in: context).changes == ["\(scratch.path)/motd: 6B → 9B"])
            context.showsDifferences = true
            #expect(try await next.plan(in: context).changes.dropFirst() == ["- hello", "+ good bye", "  "])
        }
    }

    @Test func `a template is rendered with the task's scope`() async throws {
        try await ScratchDirectory.with { scratch in
            try scratch.write(
                "{% for b in brokers %}\nbroker {{ b }}\n{% endfor %}\n{{ last }}\n", to: "t.j2")
            let action = try StepBench.make(
                Self.catalog, "template", ["src": "t.j2", "dest": .string("\(scratch.path)/out")])
            let bench = StepBench(folder: scratch.path)
            let outcome = try await action.run(in: bench.step(scope: ["brokers": [1, 2], "last": "end"]))
            #expect(outcome.isChanged)
            #expect(try scratch.read("out") == "broker 1\nbroker 2\nend\n")
        }
    }
}
