import Glibc

/// A run that is killed at, or hurt by, each of its calls of the system that touch a file, one after the other: by `strace`,
/// which counts the calls of each thread by itself. All records are written by one thread.
package struct SyscallTorture {
    /// What happens to the k-th call.
    enum Fate: Equatable {
        case kill
        /// It fails, and all after it.
        case error(String)

        var words: String {
            switch self {
            case .kill: "signal=SIGKILL:when="
            case .error(let name): "error=\(name):when="
            }
        }
    }

    /// One call, and which process of the run it is counted in.
    struct Place {
        var call: String
        var fate: Fate
        /// 0: the first process; 1: the resume of one that was killed in the middle.
        var process: Int
        var number: Int

        var text: String { "\(call) \(number) of process \(process), \(fate.words)" }
    }

    /// A thread has no more calls of a kind than this in a run so short.
    private static let mostCalls = 400
    /// Which sync of a run is in its middle.
    private static let middle = 5

    private let opsrun: String
    private let root: String
    private let whole: Episode.Told
    package private(set) var tally = Campaign.Tally()

    package init(opsrun: String, root: String) throws {
        self.opsrun = opsrun
        self.root = root
        var chance = Chance(seed: 1)
        let folder = "\(root)/s-whole"
        whole = try Episode(
            opsrun: opsrun, folder: folder, playbook: .short, whole: nil, mostKills: 0
        ).run(&chance)
        guard whole.findings.isEmpty else { throw TortureFailure("\(whole.findings)") }
        Disk.remove(folder)
    }

    /// `strace` is there, and may do what it is needed for.
    package static func isPossible(in root: String) -> Bool {
        let words = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=close:error=EIO:when=1", "true"]
        return (try? Victim(words, environment: [:], in: root).wait().end) == .exited(0)
    }

    /// Every call, or every so many of them, until the time is over. True when all were done.
    package mutating func run(seconds: Int, stride: Int = 1) throws -> Bool {
        let begin = Victim.now()
        let killing = ["fdatasync", "fsync", "rename", "ftruncate", "mkdir", "unlink", "write", "openat"]
        var kinds: [(call: String, fate: Fate, process: Int)] = []
        for process in [0, 1] {
            kinds += killing.map { ($0, .kill, process) }
            for error in ["ENOSPC", "EIO"] {
                kinds += ["fdatasync", "fsync", "rename"].map { ($0, .error(error), process) }
            }
        }
        // Before there is a run nobody knows its files, and a call that writes to something else must not fail.
        kinds += [("write", .error("ENOSPC"), 1), ("write", .error("EIO"), 1)]
        for (index, kind) in kinds.enumerated() {
            var number = 1 + index % stride
            while number < Self.mostCalls {
                guard Victim.now() - begin < seconds * 1_000_000 else { return false }
                let place = Place(call: kind.call, fate: kind.fate, process: kind.process, number: number)
                if try !episode(place, "\(root)/s-\(index)-\(number)") { break }
                number += stride
            }
        }
        return true
    }

    /// False: there is no such call any more.
    private mutating func episode(_ place: Place, _ folder: String) throws -> Bool {
        let log = "\(folder)/strace"
        var chance = Chance(seed: 1)
        var episode = Episode(opsrun: opsrun, folder: folder, playbook: .short, whole: whole, mostKills: 0)
        episode.wrapper = { process, state in
            if process == place.process { return Self.strace(place, log, state) }
            guard process < place.process else { return [] }
            return Self.strace(
                Place(call: "fdatasync", fate: .kill, process: process, number: Self.middle), "/dev/null", state)
        }
        var told = try episode.run(&chance)
        let lines = Disk.lines(log)
        let isHurt = place.fate == .kill ? told.wasHurt : lines.contains { $0.contains("(INJECTED)") }
        if case .error = place.fate { told.findings += Self.effects(after: lines) }
        tally.add(told, from: "\(folder), \(place.text)")
        if told.findings.isEmpty { Disk.remove(folder) }
        return isHurt
    }

    private static func strace(_ place: Place, _ log: String, _ state: String) -> [String] {
        let sign = place.fate == .kill ? "" : "+"
        var words = [
            "strace", "-f", "-y", "-qq", "-o", log, "-e", "trace=\(place.call),execve", "-e",
            "inject=\(place.call):\(place.fate.words)\(place.number)\(sign)",
        ]
        if place.call == "write", place.fate != .kill {
            for run in Disk.list("\(state)/runs") { words += ["-P", "\(state)/runs/\(run)/journal.jsonl"] }
            for log in Disk.list("\(state)/audit") { words += ["-P", "\(state)/audit/\(log)"] }
        }
        return words
    }

    /// Programs that were started after the first record could not be written. What a step said is kept where there is space,
    /// and is no record.
    private static func effects(after lines: [String]) -> [String] {
        guard
            let first = lines.firstIndex(where: { $0.contains("(INJECTED)") && !$0.contains("/output") })
        else { return [] }
        return lines[first...].filter { $0.contains("execve(") && $0.contains("/bin/sh") }.map {
            "an effect after the first failure: \($0.prefix(200))"
        }
    }
}
