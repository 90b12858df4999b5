import EventLoop
import Glibc
import Playbooks
import RunEngine
import TestSupport
import Testing
import Values

@testable import KafkaOperations

/// Processes that are found again, on this machine and behind a real sshd.
@Suite struct JobTests {
    enum Place: String, CaseIterable { case local, ssh }

    /// A host, and where its jobs of the run `run` leave their traces.
    private struct World {
        var shell: any HostShell
        var scratch: ScratchDirectory
        var place: Place

        func job(_ key: String, attempt: Int = 1) -> ProcessJob {
            ProcessJob(runID: "run", key: key, attempt: attempt, folder: "\(scratch.path)/jobs")
        }

        func prefix(_ job: ProcessJob) -> String {
            "\(scratch.path)/\(place == .local ? "jobs" : "remote/opsrun/jobs/run")/\(job.name)"
        }

        func command(_ script: String, _ job: ProcessJob, timeout: Duration = .seconds(120)) -> ShellCommand {
            var command = ShellCommand(["sh", "-c", script, "x"], timeout: timeout)
            command.job = job
            return command
        }
    }

    private func with(_ place: Place, _ body: (World) async throws -> Void) async throws {
        switch place {
        case .local:
            try await ScratchDirectory.with { scratch in
                var settings = ProcessTests.settings
                // A test may kill who keeps its jobs.
                settings.keepers = JobKeepers(loop: settings.loop)
                try await body(World(shell: LocalShell(settings), scratch: scratch, place: place))
                await settings.keepers.letGo()
            }
        case .ssh:
            guard LocalSSHServer.isAvailable else { return }
            try await LocalSSHServer.with { server in
                try await body(World(shell: server.shell(), scratch: server.scratch, place: place))
            }
        }
    }

    private func failure(_ work: () async throws -> Void) async throws -> StepFailure? {
        do {
            try await work()
            return nil
        } catch let failure as StepFailure {
            return failure
        }
    }

    @Test(arguments: Place.allCases)
    func `a job says, reads and ends as any program does`(place: Place) async throws {
        try await with(place) { world in
            let lines = Locked([String]())
            let job = world.job("a/b c")
            var command = ShellCommand(
                ["sh", "-c", "echo \"$1 $TOKEN $PWD\"; cat; echo oops >&2; exit 7", "x", "it's *"],
                environment: [("TOKEN", "s3 'cret'")], directory: "/usr", input: Array("fed\n\nin".utf8),
                timeout: .seconds(60), onLines: { more in lines.withLock { $0 += more } })
            command.job = job
            let result = try await world.shell.run(command)
            #expect(result.code == 7)
            #expect(result.stdout.text == "it's * s3 'cret' /usr\nfed\n\nin")
            #expect(result.stderr.text == "oops\n")
            #expect(Set(lines.withLock { $0 }).isSuperset(of: ["it's * s3 'cret' /usr", "oops"]))
            #expect(access("\(world.prefix(job)).in", F_OK) != 0, "what it read does not stay")
            var info = stat()
            #expect(stat(Files.folder(of: world.prefix(job)), &info) == 0 && info.st_mode & 0o077 == 0)

            await world.shell.forgetJobs(of: job)
            #expect(stat(Files.folder(of: world.prefix(job)), &info) != 0)
        }
    }

    @Test(arguments: Place.allCases)
    func `nothing runs twice under one name, and whoever comes later reads how it ended`(place: Place) async throws {
        try await with(place) { world in
            let job = world.job("step")
            let script = "echo once >>'\(world.scratch.path)/effects'; echo done; echo e >&2; exit 3"
            let first = try await world.shell.run(world.command(script, job))
            #expect(first.code == 3)
            let again = try await failure { _ = try await world.shell.run(world.command(script, job)) }
            #expect(again?.code == .unknownOutcome)
            #expect(again?.message.contains("begun already") == true)
            #expect(try world.scratch.read("effects") == "once\n")
            guard case .ended(let found) = try await world.shell.attach(to: job, of: world.command(script, job)) else {
                Issue.record("it is not found")
                return
            }
            #expect(found.code == 3 && found.stdout.text == "done\n" && found.stderr.text == "e\n")
            // Another attempt is another job.
            #expect(try await world.shell.run(world.command(script, world.job("step", attempt: 2))).code == 3)
            #expect(try world.scratch.read("effects") == "once\nonce\n")
        }
    }

    @Test(arguments: Place.allCases)
    func `a job that never began never will`(place: Place) async throws {
        try await with(place) { world in
            let first = world.job("first"), late = world.job("late")
            if place == .ssh {
                let nowhere = try await failure {
                    _ = try await world.shell.attach(to: late, of: world.command("true", late))
                }
                #expect(nowhere?.code == .unknownOutcome)
            }
            _ = try await world.shell.run(world.command("true", first))
            guard case .neverBegan = try await world.shell.attach(to: late, of: world.command("true", late)) else {
                Issue.record("it began")
                return
            }
            let effect = "echo x >'\(world.scratch.path)/effect'"
            let refused = try await failure { _ = try await world.shell.run(world.command(effect, late)) }
            #expect(refused?.code == .unknownOutcome)
            #expect(access("\(world.scratch.path)/effect", F_OK) != 0)
        }
    }

    @Test(arguments: Place.allCases)
    func `a job outlives its runner and is followed to its end`(place: Place) async throws {
        try await with(place) { world in
            let job = world.job("long")
            // A runner that dies with its pipes right after it has started the job.
            let go = "\(world.scratch.path)/go"
            let script = "echo before; while [ ! -e '\(go)' ]; do sleep 0.05; done; echo after; exit 5"
            let target = world.prefix(job)
            try Files.makeFolders(Files.folder(of: target))
            let runner = try TestProcess.start(
                [
                    "/bin/sh", "-c", "setsid \"$@\" & wait", "runner", "/bin/sh", "-c", JobScript.supervisor,
                    "opsrun-job", target, "/bin/sh", "-c", script,
                ], in: world.scratch)
            try await Eventually.holds("it has begun") { access("\(target).out", F_OK) == 0 }
            runner.signal(9)
            _ = await runner.wait(within: 60)

            async let fate = world.shell.attach(to: job, of: world.command(script, job))
            try world.scratch.write("", to: "go")
            guard case .ended(let found) = try await fate else {
                Issue.record("it is not found")
                return
            }
            #expect(found.code == 5 && found.stdout.text == "before\nafter\n")
        }
    }

    @Test(arguments: Place.allCases)
    func `a job that was killed with who keeps its end is lost, and not called failed`(place: Place) async throws {
        try await with(place) { world in
            let job = world.job("killed")
            let result = try await failure {
                _ = try await world.shell.run(world.command("kill -9 $PPID; kill -9 $$", job))
            }
            #expect(result?.code == .unknownOutcome)
            let fate = try await failure {
                _ = try await world.shell.attach(to: job, of: world.command("true", job))
            }
            #expect(fate?.code == .unknownOutcome)
            #expect(fate?.message.contains("without a trace") == true)
        }
    }

    @Test(arguments: Place.allCases)
    func `a timeout ends the job and what it started`(place: Place) async throws {
        try await with(place) { world in
            let job = world.job("late")
            let script = "sleep 300 & echo $! >'\(world.scratch.path)/child'; sleep 300"
            let late = try await failure {
                _ = try await world.shell.run(world.command(script, job, timeout: .seconds(2)))
            }
            #expect(late?.code == .timedOut)
            #expect(late?.message.contains("was ended") == true)
            let child = try world.scratch.read("child").split(separator: "\n").first.flatMap { Int32($0) }
            let process = try #require(child)
            try await Eventually.holds("the child is gone") {
                guard let stat = try? Files.read("/proc/\(process)/stat", limit: 4096) else { return true }
                return String(decoding: stat, as: UTF8.self).contains(") Z")
            }
        }
    }

    @Test func `a connection that breaks under a job is made again`() async throws {
        try await with(.ssh) { world in
            let job = world.job("cut")
            // The job cuts its own connection: the sshd of this session stands above the shell that follows it.
            let script = """
                echo once >>'\(world.scratch.path)/effects'
                p=$PPID
                while ! ps -o comm= -p $p | grep -q '^sshd'; do p=$(ps -o ppid= -p $p | tr -d ' '); done
                kill -9 $p
                sleep 1; echo survived; exit 4
                """
            let result = try await world.shell.run(world.command(script, job))
            #expect(result.code == 4 && result.stdout.text == "survived\n")
            #expect(try world.scratch.read("effects") == "once\n")
        }
    }

    @Test(arguments: Place.allCases)
    func `what a shell has built in is run as a program`(place: Place) async throws {
        try await with(place) { world in
            var command = ShellCommand(["echo", "-n", "$HOME"], timeout: .seconds(60))
            command.job = world.job("echo")
            #expect(try await world.shell.run(command).stdout.text == "$HOME")
            command = ShellCommand(["exit", "3"], timeout: .seconds(60))
            command.job = world.job("exit")
            let exit = command
            let missing = try await failure {
                let result = try await world.shell.run(exit)
                #expect(result.code == 127)
            }
            if let missing { #expect(missing.message == "there is no program exit on this machine") }
        }
    }

    @Test func `lines that are passed over leave no halves of lines behind`() async throws {
        try await ScratchDirectory.with { scratch in
            let job = ProcessJob(runID: "run", key: "k", attempt: 1, folder: "\(scratch.path)/jobs")
            let files = JobFiles(job)
            let lines = Locked([String]())
            let follower = JobFollower(files, LineReport.observer { more in lines.withLock { $0 += more } })
            let name = String(files.path(of: .output).dropFirst(scratch.path.count + 1))
            // Cut where it was seen for the first time, and again where the last piece begins.
            let first = "one\npassword is correct-"
            try scratch.write(first, to: name)
            follower.look()
            let passed = "horse\n" + String(repeating: "x", count: 2 * JobFollower.shownBytes)
            let last = "-horse\nlast line\n"
            let middle = "correct" + String(repeating: "-", count: JobFollower.shownBytes - last.utf8.count - 3)
            try scratch.write(first + passed + middle + last, to: name)
            follower.look()
            #expect(lines.withLock { $0 } == ["one", "password is correct-…", "last line"])
        }
    }

    @Test(arguments: Place.allCases)
    func `long output leaves a bounded file, its beginning and its end`(place: Place) async throws {
        try await with(place) { world in
            let job = world.job("much")
            let size = 160 << 20
            let script = "echo first; head -c \(size) /dev/zero; sleep 1; echo; echo last"
            let result = try await world.shell.run(world.command(script, job))
            #expect(result.stdout.totalBytes == size + 12)
            #expect(result.stdout.text.hasPrefix("first\n") && result.stdout.text.hasSuffix("\nlast\n"))
            var info = stat()
            #expect(stat("\(world.prefix(job)).out", &info) == 0)
            #expect(Int(info.st_blocks) * 512 <= 2 * JobScript.keptBytes)
        }
    }
}
