import Glibc

/// A program that is run and may be killed. Not the product's own process runner: a driver that shared its bugs would hide them.
struct Victim {
    enum End: Equatable {
        case exited(Int32)
        case killed
        /// Its time was over; it was killed then.
        case hung
    }

    struct Outcome {
        var end: End
        var said: String
        var milliseconds: Int
    }

    let pid: pid_t
    private let output: String
    private let begin = Self.now()

    /// Standard output and standard error go into a file of `folder`.
    init(_ argv: [String], environment: [String: String], in folder: String) throws {
        output = "\(folder)/said-\(UInt32.random(in: .min ... .max))"
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var variables = ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": folder, "NO_COLOR": "1", "LC_ALL": "C.UTF-8"]
        if let path = getenv("PATH") { variables["PATH"] = String(cString: path) }
        variables.merge(environment) { $1 }
        var words: [UnsafeMutablePointer<CChar>?] = argv.map { strdup($0) } + [nil]
        var settings: [UnsafeMutablePointer<CChar>?] = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in words + settings { free(pointer) } }
        var child: pid_t = 0
        let code = posix_spawnp(&child, argv[0], &actions, nil, &words, &settings)
        guard code == 0 else { throw TortureFailure("cannot start \(argv[0]): errno \(code)") }
        pid = child
    }

    /// Waits for its end; kills it with SIGKILL after so many microseconds, and `afterwards` then.
    func wait(killAfter microseconds: Int? = nil, within seconds: Int = 120, afterwards: () -> Void = {}) -> Outcome {
        let limit = begin + seconds * 1_000_000
        let due = microseconds.map { begin + $0 }
        var status: CInt = 0
        var wasKilled = false
        var hung = false
        while waitpid(pid, &status, WNOHANG) == 0 {
            let now = Self.now()
            if !wasKilled, let due, now >= due {
                kill(pid, SIGKILL)
                wasKilled = true
                afterwards()
                continue
            }
            if now >= limit {
                hung = true
                kill(pid, SIGKILL)
            }
            Self.pause(microseconds: min(due.map { max(50, $0 - now) } ?? 2000, 2000))
        }
        let milliseconds = (Self.now() - begin) / 1000
        let said = Disk.text(output)
        unlink(output)
        let signal = status & 0x7f
        if hung { return Outcome(end: .hung, said: said, milliseconds: milliseconds) }
        let end: End = signal == 0 ? .exited((status >> 8) & 0xff) : .killed
        return Outcome(end: end, said: said, milliseconds: milliseconds)
    }

    func said() -> String { Disk.text(output) }

    static func pause(microseconds: Int) {
        var pause = timeval(tv_sec: microseconds / 1_000_000, tv_usec: microseconds % 1_000_000)
        select(0, nil, nil, nil, &pause)
    }

    /// Microseconds of a clock that only goes forward.
    static func now() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int(time.tv_sec) * 1_000_000 + Int(time.tv_nsec) / 1000
    }
}

package struct TortureFailure: Error, CustomStringConvertible {
    package var description: String
    init(_ description: String) { self.description = description }
}
