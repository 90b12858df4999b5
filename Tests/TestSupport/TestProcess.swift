import Glibc

/// Runs another program in a test and waits for it, away from the threads that tests run on. Not the product's process
/// runner on purpose: a harness that shared its bugs would hide them.
package struct TestProcess: Sendable {
    package struct Outcome: Sendable {
        /// The exit code, or 128 + the signal.
        package var status: Int32
        package var stdout: String
        package var stderr: String
    }

    /// Standard input is `/dev/null`; the output goes through files, so a grandchild that keeps them open hangs nobody.
    package static func run(
        _ argv: [String], environment: [String: String] = [:], in scratch: ScratchDirectory, within seconds: Int = 120
    ) async throws -> Outcome {
        let child = try start(argv, environment: environment, in: scratch)
        let status = await child.wait(within: seconds)
        return Outcome(
            status: status, stdout: try scratch.read(child.stdout), stderr: try scratch.read(child.stderr))
    }

    package let pid: Int32
    package let stdout: String
    package let stderr: String

    package static func start(
        _ argv: [String], environment: [String: String] = [:], in scratch: ScratchDirectory
    ) throws -> TestProcess {
        let name = "process-\(UInt64.random(in: 0 ..< .max))"
        let stdout = "\(scratch.path)/\(name).out", stderr = "\(scratch.path)/\(name).err"
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, stdout, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        posix_spawn_file_actions_addopen(&actions, 2, stderr, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        var variables: [String: String] = [:]
        var next = environ
        while let pointer = next.pointee {
            let pair = String(cString: pointer).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if pair.count == 2 { variables[String(pair[0])] = String(pair[1]) }
            next += 1
        }
        variables.merge(environment) { $1 }
        // A session of its own, so that the whole group can be killed.
        let words = ["setsid", "sh", "-c", "cd \"$0\" && exec \"$@\"", scratch.path] + argv
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var settings: [UnsafeMutablePointer<CChar>?] = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in arguments + settings { free(pointer) } }
        var pid: pid_t = 0
        let failure = posix_spawnp(&pid, "setsid", &actions, nil, &arguments, &settings)
        guard failure == 0 else {
            throw ScratchDirectory.Failure(description: "cannot start \(argv[0]): errno \(failure)")
        }
        return TestProcess(pid: pid, stdout: stdout, stderr: stderr)
    }

    /// The exit code, or 128 + the signal; kills the process group when the time is up.
    package func wait(within seconds: Int) async -> Int32 {
        let pid = pid
        return await withCheckedContinuation { continuation in
            Self.onThread {
                var status: CInt = 0
                var ticks = 0
                while waitpid(pid, &status, WNOHANG) == 0 {
                    ticks += 1
                    if ticks == seconds * 100 { kill(-pid, SIGKILL) }
                    var pause = timespec(tv_sec: 0, tv_nsec: 10_000_000)
                    nanosleep(&pause, nil)
                }
                let signal = status & 0x7f
                continuation.resume(returning: signal == 0 ? (status >> 8) & 0xff : 128 + signal)
            }
        }
    }

    package struct TimedEnd: Sendable {
        package var status: Int32
        /// From the signal to the end, by the monotonic clock.
        package var duration: Duration
    }

    /// Sends a signal and waits for the end. The time is taken on the thread that waits, so that no other test
    /// stands between the end and the clock.
    package func signalAndWait(_ number: Int32, within seconds: Int) async -> TimedEnd {
        let pid = pid
        return await withCheckedContinuation { continuation in
            Self.onThread {
                let clock = ContinuousClock()
                let begin = clock.now
                kill(pid, number)
                var status: CInt = 0
                while waitpid(pid, &status, WNOHANG) == 0 {
                    if clock.now - begin > .seconds(seconds) { kill(-pid, SIGKILL) }
                    var pause = timespec(tv_sec: 0, tv_nsec: 1_000_000)
                    nanosleep(&pause, nil)
                }
                let duration = clock.now - begin
                let signal = status & 0x7f
                continuation.resume(
                    returning: TimedEnd(
                        status: signal == 0 ? (status >> 8) & 0xff : 128 + signal, duration: duration))
            }
        }
    }

    /// Whether it has ended; it can still be waited for.
    package var hasEnded: Bool {
        var info = siginfo_t()
        guard waitid(P_PID, id_t(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 else { return true }
        return info.si_signo == SIGCHLD
    }

    package func signal(_ number: Int32) { kill(pid, number) }

    private static func onThread(_ body: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        let box = Unmanaged.passRetained(Box(body))
        pthread_create(
            &thread, nil,
            { pointer in
                pointer.map { Unmanaged<Box>.fromOpaque($0).takeRetainedValue().body() }
                return nil
            }, box.toOpaque())
        pthread_detach(thread)
    }

    private final class Box: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}
