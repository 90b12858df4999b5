import EventLoop
import Glibc
import KafkaOperations
import Playbooks
import RunEngine
import TestSupport
import Testing
import Values

private enum Sudo {
    static let isPossible: Bool = {
        let folders = TestEnvironment["PATH"]?.split(separator: ":") ?? []
        return geteuid() == 0 && folders.contains { access("\($0)/sudo", X_OK) == 0 }
    }()
}

/// `become` by the real sudo, where it is installed and lets us become `nobody` without a question (root may).
@Suite(.enabled(if: Sudo.isPossible, "sudo is not installed, or asks for a password")) struct BecomeTests {
    static let settings = ProcessSettings(
        environment: ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent"], grace: .milliseconds(500))
    static let catalog = OperationCatalog.make(services: .standard(settings))

    private func run(
        _ name: String, _ values: ValueMap, as user: String? = "nobody", timeout: Duration? = nil,
        environment: [(name: String, value: Value)] = []
    ) async throws -> ActionOutcome {
        let host = StepBench.host(
            "here", connection: ConnectionSettings(kind: .local, address: "here", become: true, becomeUser: user))
        var context = StepBench(host: host).step(timeout: timeout, environment: environment)
        context.reading.become = true
        return try await StepBench.make(Self.catalog, name, values).run(in: context)
    }

    @Test func `a step runs as the user that was named, and as root when none is`() async throws {
        #expect(try await run("command", ["argv": ["id", "-un"]]).result["stdout"] == "nobody")
        #expect(try await run("command", ["argv": ["id", "-un"]], as: nil).result["stdout"] == "root")
        #expect(try await run("shell", ["script": "id -un; echo \"$0\""]).result["stdout"] == "nobody\n/bin/sh")
    }

    @Test func `declared variables arrive, others do not, and no value stands in an argument list`() async throws {
        let outcome = try await run(
            "shell", ["script": "echo \"$TOKEN/$HOME\"; tr '\\0' ' ' < /proc/$PPID/cmdline"],
            environment: [("TOKEN", "hidden word")])
        let lines = outcome.result["stdout_lines"]?.listValue?.compactMap(\.stringValue) ?? []
        #expect(lines.first?.hasPrefix("hidden word/") == true)
        #expect(lines.dropFirst().joined().contains("--preserve-env=TOKEN"), "\(lines)")
        #expect(!lines.dropFirst().joined().contains("hidden"))
    }

    @Test func `a user that does not exist is a failed step with sudo's words`() async throws {
        let outcome = try await run("command", ["argv": ["true"]], as: "no-such-user-here")
        #expect(outcome.failure?.details.contains { $0.contains("no-such-user-here") } == true, "\(outcome)")
    }

    @Test func `the code, the input and both outputs are the program's own`() async throws {
        let outcome = try await run("shell", ["script": "cat; echo wrong >&2; exit 7", "stdin": "some input"])
        #expect(outcome.result["rc"] == 7)
        #expect(outcome.result["stdout"] == "some input")
        #expect(outcome.failure?.details == ["wrong"])
    }

    @Test func `a timeout ends sudo and what it started`() async throws {
        try await ScratchDirectory.with { scratch in
            chmod(scratch.path, 0o777)
            let file = scratch.path + "/pid"
            let failure = await #expect(throws: StepFailure.self) {
                _ = try await run(
                    "shell", ["script": .string("echo $$ > \(file); sleep 600 & wait")], timeout: .seconds(5))
            }
            #expect(failure?.code == .timedOut)
            let text = try scratch.read("pid")
            let pid = try #require(Int32(text.trimming("\n")))
            #expect(kill(pid, 0) == -1 && errno == ESRCH)
        }
    }

    @Test func `a file is written as that user`() async throws {
        try await ScratchDirectory.with { scratch in
            chmod(scratch.path, 0o777)
            let path = scratch.path + "/server.properties"
            let first = try await run("copy", ["content": "a=1\n", "dest": .string(path), "mode": "0640"])
            #expect(first.isChanged, "\(first)")
            var info = stat()
            #expect(stat(path, &info) == 0)
            let nobody = getpwnam("nobody").pointee.pw_uid
            #expect(info.st_uid == nobody && info.st_mode & 0o777 == 0o640)
            #expect(try scratch.read("server.properties") == "a=1\n")
            let second = try await run("copy", ["content": "a=1\n", "dest": .string(path), "mode": "0640"])
            #expect(!second.isChanged)
        }
    }
}

extension String {
    fileprivate func trimming(_ character: Character) -> String { filter { $0 != character } }
}
