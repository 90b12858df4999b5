import Glibc
import TestSupport
import Testing

@testable import EventLoop

@Suite struct ChildProcessTests {
    private let environment = ["PATH": "/usr/local/bin:/usr/bin:/bin"]

    private func shell(_ script: String) -> ProcessRequest {
        ProcessRequest(program: "sh", arguments: ["-c", script], environment: environment)
    }

    @Test func anExitCodeAndBothStreamsAreReported() async {
        let outcome = await ChildProcess.run(shell("echo out; echo err >&2; exit 7"))
        #expect(outcome.exit == .exited(7))
        #expect(String(decoding: outcome.stdout, as: UTF8.self) == "out\n")
        #expect(String(decoding: outcome.stderr, as: UTF8.self) == "err\n")
        #expect(!outcome.succeeded && !outcome.stdoutTruncated)
    }

    @Test(arguments: [
        ("no-such-program-anywhere", ENOENT), ("/no/such/program", ENOENT), ("/etc/passwd", EACCES), ("", EINVAL),
        ("sh\0x", EINVAL),
    ])
    func aProgramThatCannotStartIsAnOutcome(program: String, code: Int32) async {
        let outcome = await ChildProcess.run(ProcessRequest(program: program, environment: environment))
        #expect(outcome.exit == .notStarted(code))
    }

    @Test func aMissingDirectoryIsAnOutcome() async {
        var request = shell("true")
        request.directory = "/no/such/directory"
        #expect(await ChildProcess.run(request).exit == .notStarted(ENOENT))
    }

    @Test func directoryEnvironmentAndInputReachTheProgram() async {
        var request = shell("pwd; echo $WORD; cat")
        request.environment["WORD"] = "grün"
        request.directory = "/usr"
        request.input = Array("input".utf8)
        let outcome = await ChildProcess.run(request)
        #expect(String(decoding: outcome.stdout, as: UTF8.self) == "/usr\ngrün\ninput")
    }

    @Test func aLargeInputPassesThrough() async {
        var request = shell("wc -c")
        request.input = [UInt8](repeating: 65, count: 3_000_000)
        let outcome = await ChildProcess.run(request)
        #expect(String(decoding: outcome.stdout, as: UTF8.self) == "3000000\n")
    }

    @Test func inputThatNobodyReadsIsNoError() async {
        var request = shell("exit 3")
        request.input = [UInt8](repeating: 65, count: 3_000_000)
        #expect(await ChildProcess.run(request).exit == .exited(3))
    }

    @Test func noDescriptorButTheThreeStandardOnesIsInherited() async {
        let extra = open("/dev/null", O_RDONLY)
        defer { close(extra) }
        // ls itself opens one more to list the folder.
        let outcome = await ChildProcess.run(shell("exec ls /proc/self/fd"))
        let listed = String(decoding: outcome.stdout, as: UTF8.self).split(separator: "\n").map(String.init)
        #expect(listed == ["0", "1", "2", "3"])
    }

    @Test func signalsHaveTheirDefaultActionInTheChild() async {
        Signals.ignoreBrokenPipe()
        let outcome = await ChildProcess.run(shell("kill -PIPE $$; echo survived"))
        #expect(outcome.exit == .signalled(SIGPIPE))
    }

    @Test func theChildLeadsASessionOfItsOwn() async {
        let outcome = await ChildProcess.run(shell("ps -o sid= -p $$; echo $$"))
        let fields = String(decoding: outcome.stdout, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        #expect(fields.count == 2 && fields.first == fields.last)
    }

    @Test func aGrandchildThatHoldsTheOutputDelaysTheEndOnlyByTheQuietTime() async {
        var request = shell("sleep 30 & echo started")
        request.drainQuiet = .milliseconds(50)
        let outcome = await ChildProcess.run(request)
        #expect(outcome.exit == .exited(0))
        #expect(String(decoding: outcome.stdout, as: UTF8.self) == "started\n")
        #expect(outcome.duration < .seconds(5))
    }

    @Test(arguments: [true, false])
    func survivorsOfANormalEndLiveOnlyWhenAsked(keep: Bool) async throws {
        var request = shell("sleep 30 & echo $!")
        request.drainQuiet = .milliseconds(50)
        request.keepGroup = keep
        let outcome = await ChildProcess.run(request)
        let survivor = try #require(Int32(String(decoding: outcome.stdout.dropLast(), as: UTF8.self)))
        #expect(await ends(survivor) == !keep)
        if keep { kill(survivor, SIGKILL) }
    }

    @Test func aTimeoutEndsTheWholeGroup() async throws {
        var request = shell("sleep 30 & echo $!; wait")
        request.timeout = .milliseconds(200)
        let outcome = await ChildProcess.run(request)
        #expect(outcome.timedOut && outcome.groupIsGone)
        #expect(outcome.exit == .signalled(SIGTERM))
        #expect(outcome.duration < .seconds(5))
        let member = try #require(Int32(String(decoding: outcome.stdout.dropLast(), as: UTF8.self)))
        #expect(await ends(member))
    }

    /// What a script started goes on when the time is over, or the caller gives up, after the script's own end.
    @Test(arguments: [true, false])
    func whatAProgramLeftBehindOutlivesATimeoutOrCancellationAfterItsEnd(cancels: Bool) async throws {
        // It prints without pause, so that the output is never silent.
        var request = shell("(while :; do echo tick; sleep 0.02; done) & echo \"pid $!\"; exit 0")
        request.drainQuiet = .seconds(60)
        request.keepGroup = true
        let (ticks, signal) = AsyncStream.makeStream(of: Void.self)
        let began = SystemTimeSource().monotonic
        // Before reading ends by itself.
        if !cancels { request.timeout = ChildRun.drainLimit - .seconds(1) }
        let task = Task { [request] in await ChildProcess.run(request) { _, _ in signal.yield() } }
        if cancels {
            var count = 0
            for await _ in ticks {
                count += 1
                if count == 20 { break }
            }
            task.cancel()
        }
        let outcome = await task.value
        #expect(SystemTimeSource().monotonic - began < .seconds(30))
        #expect(outcome.exit == .exited(0) && outcome.outputWasCut && !outcome.timedOut && !outcome.wasCancelled)
        let first = String(decoding: outcome.stdout, as: UTF8.self).split(separator: "\n").first {
            $0.hasPrefix("pid ")
        }
        let survivor = try #require(first.flatMap { Int32($0.dropFirst(4)) })
        #expect(kill(survivor, 0) == 0)
        kill(survivor, SIGKILL)
    }

    /// A program on a dead network file system: starting it does not return.
    @Test(arguments: [true, false])
    func aStartThatHangsEndsWithTheTimeoutOrTheCancellation(cancels: Bool) async throws {
        let (entered, signal) = AsyncStream.makeStream(of: Void.self)
        let release = ThreadGate()
        let late = Locked(Int32(0))
        var request = shell("sleep 60")
        if !cancels { request.timeout = .milliseconds(50) }
        let task = Task { [request] in
            await ChildProcess.run(request, loop: .shared, onOutput: nil) { request in
                signal.yield()
                release.wait()
                let launched = ChildProcess.launch(request)
                if case .success(let child) = launched { late.withLock { $0 = child.process } }
                return launched
            }
        }
        for await _ in entered { break }
        if cancels { task.cancel() }
        let outcome = await task.value
        #expect(outcome.exit == .unconfirmed && !outcome.groupIsGone)
        #expect(outcome.timedOut == !cancels && outcome.wasCancelled == cancels)
        // Others start meanwhile, and what comes too late does not live.
        #expect(await ChildProcess.run(shell("exit 3")).exit == .exited(3))
        release.open()
        while late.withLock({ $0 }) == 0 { try await SystemTimeSource().sleep(for: .milliseconds(5)) }
        #expect(await ends(late.withLock { $0 }))
    }

    @Test func aProgramThatIgnoresTheRequestToEndIsKilled() async {
        var request = shell("trap '' TERM; while :; do sleep 0.05; done")
        request.timeout = .milliseconds(100)
        request.grace = .milliseconds(200)
        let outcome = await ChildProcess.run(request)
        #expect(outcome.timedOut && outcome.groupIsGone)
        #expect(outcome.exit == .signalled(SIGKILL))
    }

    @Test func cancellationEndsTheGroup() async {
        let (started, signal) = AsyncStream.makeStream(of: Void.self)
        let request = shell("echo ready; sleep 30 & wait")
        let task = Task {
            await ChildProcess.run(request) { _, _ in signal.yield() }
        }
        for await _ in started { break }
        task.cancel()
        let outcome = await task.value
        #expect(outcome.wasCancelled && outcome.groupIsGone && !outcome.timedOut)
        #expect(outcome.exit == .signalled(SIGTERM))
    }

    @Test func aDeadMemberThatNobodyCollectsIsNoSurvivor() async throws {
        // The group's `sleep` has a parent of another session, which never waits for it.
        let outcome = await withTaskGroup(of: ProcessOutcome.self) { group in
            let started = AsyncStream<Void>.makeStream()
            group.addTask {
                let outsider = "exec setsid sh -c \"echo \\$\\$; exec sleep 60 >/dev/null 2>&1\""
                let request = shell("sh -c 'sleep 60 & \(outsider)' & sleep 60")
                return await ChildProcess.run(request) { _, _ in started.continuation.yield() }
            }
            for await _ in started.stream { break }
            group.cancelAll()
            return await group.next()
        }
        let ended = try #require(outcome)
        #expect(ended.wasCancelled)
        #expect(ended.groupIsGone)
        let text = String(decoding: ended.stdout, as: UTF8.self)
        let outsider = try #require(pid_t(text.prefix { $0 != "\n" }))
        #expect(kill(outsider, SIGKILL) == 0)
    }

    @Test func outputWithoutEndIsCountedAndNotKept() async {
        let count = 200_000_000
        var request = shell("printf first; head -c \(count) /dev/zero; printf last")
        request.outputLimit = OutputLimit(head: 5, tail: 4)
        let outcome = await ChildProcess.run(request)
        #expect(outcome.stdoutBytes == count + 9)
        #expect(outcome.stdout == Array("firstlast".utf8))
        #expect(outcome.stdoutGap == 5)
    }

    @Test func aSurvivorThatPrintsForEverDoesNotHoldTheRun() async {
        var request = shell("(while :; do echo tick; sleep 0.02; done) & exit 0")
        request.drainQuiet = .seconds(2)
        request.outputLimit = OutputLimit(head: 100, tail: 100)
        let outcome = await ChildProcess.run(request)
        #expect(outcome.exit == .exited(0) && outcome.outputWasCut)
    }

    @Test func manyShortProgramsRunAtOnce() async {
        let codes = await withTaskGroup(of: ProcessOutcome.Exit.self) { group in
            for number in 0..<100 {
                let request = shell("exit \(number % 5)")
                group.addTask { await ChildProcess.run(request).exit }
            }
            return await group.reduce(into: [ProcessOutcome.Exit: Int]()) { $0[$1, default: 0] += 1 }
        }
        #expect(codes == Dictionary(uniqueKeysWithValues: (0..<5).map { (.exited($0), 20) }))
    }

    /// Whether a process that is not our child ends within two seconds.
    private func ends(_ process: Int32) async -> Bool {
        for _ in 0..<100 {
            if kill(process, 0) != 0 { return true }
            let status = (try? Files.read("/proc/\(process)/stat", limit: 4096)) ?? []
            if String(decoding: status, as: UTF8.self).contains(") Z ") { return true }
            try? await SystemTimeSource().sleep(for: .milliseconds(20))
        }
        return false
    }
}
