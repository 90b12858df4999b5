import Glibc
import TestSupport
import Testing

@testable import EventLoop

/// Programs that outlive this process, and the process that keeps how they end.
@Suite struct JobKeepersTests {
    /// Keepers of a test's own, and a folder for what programs leave.
    private struct World {
        let keepers: JobKeepers
        let scratch: ScratchDirectory

        func request(_ script: String) -> ProcessRequest {
            ProcessRequest(
                program: "sh", arguments: ["-c", script, "x"], environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"])
        }

        func run(_ request: ProcessRequest, _ name: String = "job", readsInput: Bool = false) async -> ProcessOutcome {
            await ChildProcess.run(
                request, leaving: JobTraces(prefix: "\(scratch.path)/\(name)", readsInput: readsInput),
                keepers: keepers,
                onPause: {})
        }

        func text(_ ending: String, of name: String = "job") -> String? { try? scratch.read("\(name).\(ending)") }

        func fields(of name: String = "job") throws -> [String] {
            let line = try #require(text("begun", of: name)?.split(separator: "\n").first)
            return line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        }

        /// How it ended, as it is kept.
        func end(of name: String = "job") -> String? {
            guard let lines = text("begun", of: name)?.split(separator: "\n"), lines.count == 2 else { return nil }
            return String(lines[1])
        }
    }

    private func with(_ body: (World) async throws -> Void) async throws {
        try await ScratchDirectory.with { scratch in
            let world = World(keepers: JobKeepers(loop: .shared), scratch: scratch)
            try await body(world)
            await world.keepers.letGo()
        }
    }

    private func isGone(_ process: String) -> Bool {
        guard let stat = try? Files.read("/proc/\(process)/stat", limit: 4096) else { return true }
        return String(decoding: stat, as: UTF8.self).contains(") Z")
    }

    @Test(arguments: [("exit 0", 0, "0"), ("exit 7", 7, "7")])
    func `a program leaves who it was, what it said and how it ended`(end: String, code: Int32, kept: String)
        async throws
    {
        try await with { world in
            try world.scratch.write("fed", to: "job.in")
            var request = world.request("pwd; echo $WORD; cat; echo err >&2; echo; echo $$; ps -o sid= -p $$; \(end)")
            request.directory = "/usr"
            request.environment["WORD"] = "grün"
            let outcome = await world.run(request, readsInput: true)
            #expect(outcome.exit == .exited(code) && outcome.refusal == nil)
            let lines = try #require(world.text("out")).split(separator: "\n").map {
                $0.split(separator: " ").joined()
            }
            let fields = try world.fields()
            #expect(lines == ["/usr", "grün", "fed", fields[0], fields[0]])
            #expect(world.text("err") == "err\n" && world.end() == kept)
            let boot = try Files.read("/proc/sys/kernel/random/boot_id", limit: 100)
            #expect(fields.count == 5 && "\(fields[2])\n" == String(decoding: boot, as: UTF8.self))
            #expect(fields.allSatisfy { !$0.isEmpty } && Int(fields[1]) != nil && Int(fields[4]) != nil)
            let title = try Files.read("/proc/\(fields[3])/comm", limit: 100)
            #expect(String(decoding: title, as: UTF8.self) == "opsrun-jobs\n")
        }
    }

    @Test func `a signal is told as one, and kept as a shell says it`() async throws {
        try await with { world in
            let outcome = await world.run(world.request("kill -TERM $$; sleep 60"))
            #expect(outcome.exit == .signalled(SIGTERM))
            #expect(world.end() == "143")
        }
    }

    /// 32 and 33: the C library keeps them for itself, and lets nobody say what becomes of them.
    private static let ofTheLibrary: UInt64 = 3 << 31

    @Test func `nothing is inherited, and no signal is blocked or ignored`() async throws {
        try await with { world in
            let extra = open("/dev/null", O_RDONLY)
            defer { close(extra) }
            let outcome = await world.run(
                world.request("exec sh -c 'ls /proc/self/fd; grep -E \"^Sig(Blk|Ign):\" /proc/self/status'"))
            #expect(outcome.exit == .exited(0))
            let lines = try #require(world.text("out")).split(separator: "\n").map(String.init)
            // ls itself opens one more to list the folder.
            #expect(lines.prefix(4) == ["0", "1", "2", "3"])
            #expect(lines.count == 6)
            for line in lines.dropFirst(4) {
                let signals = try #require(line.split(separator: "\t").last.flatMap { UInt64($0, radix: 16) })
                #expect(signals & ~Self.ofTheLibrary == 0, "\(line)")
            }
        }
    }

    @Test func `a name is used once, and one that was taken away is never`() async throws {
        try await with { world in
            let script = world.request("echo x >>'\(world.scratch.path)/effects'")
            #expect(await world.run(script).exit == .exited(0))
            let again = await world.run(script)
            #expect(again.refusal == .taken && again.exit == .notStarted(EEXIST))
            try world.scratch.write("never\n", to: "late.begun")
            #expect(await world.run(script, "late").refusal == .taken)
            #expect(try world.scratch.read("effects") == "x\n")
            #expect(world.text("out", of: "late") == nil)
        }
    }

    @Test func `without a place for its traces a program is not started`() async throws {
        try await with { world in
            let outcome = await world.run(world.request("true"), "no/folder")
            #expect(outcome.refusal == .notKept(ENOENT))
            // What another one whose disk was full left of its beginning.
            try world.scratch.write("", to: "empty.begun")
            #expect(await world.run(world.request("true"), "empty").refusal == .notKept(ENOSPC))
            // The beginning is taken back where what follows fails, so that nobody takes it for a program.
            try Files.makeFolders("\(world.scratch.path)/half.out")
            #expect(await world.run(world.request("true"), "half").refusal == .notKept(EISDIR))
            #expect(world.text("begun", of: "half") == nil)
        }
    }

    @Test(arguments: [
        ("/no/such/program", "/", ENOENT, "127"), ("/etc/passwd", "/", EACCES, "126"),
        ("/bin/sh", "/no/such/folder", ENOENT, "127"),
    ])
    func `a program that cannot be run is not started, and leaves that`(
        program: String, directory: String, code: Int32, kept: String
    ) async throws {
        try await with { world in
            var request = world.request("true")
            request.program = program
            request.directory = directory
            let outcome = await world.run(request)
            #expect(outcome.exit == .notStarted(code) && outcome.refusal == nil)
            #expect(world.end() == kept)
            request.program = "no-such-program-anywhere"
            #expect(await world.run(request, "other").exit == .notStarted(ENOENT))
            request.program = "sh"
            request.arguments = [String(repeating: "x", count: 9 << 20)]
            #expect(await world.run(request, "large").exit == .notStarted(E2BIG))
            #expect(world.text("begun", of: "large") == nil)
        }
    }

    @Test func `a timeout ends the group`() async throws {
        try await with { world in
            var request = world.request("sleep 300 & echo $!; wait")
            request.timeout = .milliseconds(500)
            let outcome = await world.run(request)
            #expect(outcome.timedOut && outcome.groupIsGone && outcome.exit == .signalled(SIGTERM))
            #expect(world.end() == "143")
            let child = try #require(world.text("out")).dropLast()
            try await Eventually.holds("the child is gone") { isGone(String(child)) }
        }
    }

    @Test(arguments: [true, false])
    func `what a program leaves running lives only when asked`(keep: Bool) async throws {
        try await with { world in
            var request = world.request("sleep 300 & echo $!")
            request.keepGroup = keep
            #expect(await world.run(request).exit == .exited(0))
            let child = String(try #require(world.text("out")).dropLast())
            if keep {
                #expect(!isGone(child))
                if let process = pid_t(child) { kill(process, SIGKILL) }
            } else {
                try await Eventually.holds("the child is gone") { isGone(child) }
            }
        }
    }

    @Test func `what a silent program leaves is used again, but not where somebody can still write to it`() async throws
    {
        try await with { world in
            var request = world.request("(sleep 2; echo late) & exit 0")
            request.keepGroup = true
            #expect(await world.run(request).exit == .exited(0))
            #expect(world.text("out") == "" && world.text("err") == "")
            #expect(await world.run(world.request("exit 0"), "silent").exit == .exited(0))
            #expect(world.text("out", of: "silent") == nil && world.text("err", of: "silent") == nil)
            #expect(await world.run(world.request("echo loud; echo e >&2"), "loud").exit == .exited(0))
            try await Eventually.holds("the survivor has spoken") { world.text("out") == "late\n" }
            #expect(world.text("out", of: "loud") == "loud\n" && world.text("err", of: "loud") == "e\n")
            #expect(try Files.list(world.scratch.path).filter { $0.hasPrefix("spare-") }.isEmpty)
        }
    }

    @Test func `many at once each have their own end`() async throws {
        try await with { world in
            let ends = await withTaskGroup(of: (Int, ProcessOutcome.Exit).self) { group in
                for number in 0..<40 {
                    group.addTask { (number, await world.run(world.request("exit \(number)"), "job-\(number)").exit) }
                }
                var ends: [Int: ProcessOutcome.Exit] = [:]
                for await (number, exit) in group { ends[number] = exit }
                return ends
            }
            for number in 0..<40 {
                #expect(ends[number] == .exited(Int32(number)))
                #expect(world.end(of: "job-\(number)") == "\(number)")
            }
        }
    }

    @Test func `when its runner is gone a program goes on, its end is kept, and then nobody is left`() async throws {
        try await with { world in
            let go = "\(world.scratch.path)/go"
            async let lost = world.run(world.request("while [ ! -e '\(go)' ]; do sleep 0.05; done; echo on; exit 5"))
            try await Eventually.holds("it has begun") { world.text("begun")?.isEmpty == false }
            // As the kernel does when a process dies.
            await world.keepers.letGo()
            #expect(await lost.exit == .unconfirmed)
            let keeper = try world.fields()[3]
            #expect(world.end() == nil && !isGone(keeper))
            try world.scratch.write("", to: "go")
            try await Eventually.holds("its end is kept") { world.end() == "5" }
            #expect(world.text("out") == "on\n")
            try await Eventually.holds("the keeper is gone") { isGone(keeper) }
        }
    }

    @Test func `a keeper that dies takes nobody with it, and the next program has another one`() async throws {
        try await with { world in
            let outcome = await world.run(world.request("kill -KILL $PPID; sleep 1; echo on; exec sleep 1"))
            #expect(outcome.exit == .unconfirmed && !outcome.groupIsGone)
            try await Eventually.holds("the program goes on") { world.text("out") == "on\n" }
            #expect(await world.run(world.request("exit 3"), "next").exit == .exited(3))
            #expect(try world.fields()[3] != world.fields(of: "next")[3])
            #expect(world.end() == nil)
        }
    }
}
