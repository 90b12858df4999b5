import Glibc

/// A run that is killed at, or hurt by, each of its calls of the system that touch a file, one after the other: by `strace`,
/// which counts the calls of each thread by itself. All records are written by one thread.
package final class SyscallTorture: @unchecked Sendable {
    /// What happens to the k-th call.
    enum Fate: Equatable {
        case kill
        /// It fails; `andAllAfter`: the disk stays full, or broken, as long as the process lives.
        case error(String, andAllAfter: Bool)

        func words(_ number: Int) -> String {
            switch self {
            case .kill: "signal=SIGKILL:when=\(number)"
            case .error(let name, let andAllAfter): "error=\(name):when=\(number)\(andAllAfter ? "+" : "")"
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

        var text: String { "\(call) \(number) of process \(process), \(fate.words(number))" }
    }

    /// A thread has no more calls of a kind than this in a run so short.
    private static let mostCalls = 400
    /// Which sync of a run is in its middle.
    private static let middle = 5

    private let opsrun: String
    private let root: String
    private let whole: Episode.Told

    private let locked = Guarded()
    // Guarded by it.
    private var sum = Campaign.Tally()
    private var byCall: [String: Int] = [:]
    private var next = 0
    private var wasWhole = true

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

    package var tally: Campaign.Tally { locked { sum } }

    /// How many calls were hit, by their names and what happened to them.
    package var hits: String {
        locked { byCall.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ") }
    }

    /// `strace` is there, and may do what it is needed for.
    package static func isPossible(in root: String) -> Bool {
        let words = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=close:error=EIO:when=1", "true"]
        return (try? Victim(words, environment: [:], in: root).wait().end) == .exited(0)
    }

    /// Every call, or every so many of them, until the time is over. True when all were done.
    package func run(seconds: Int, stride: Int = 1, threads: Int = 1) -> Bool {
        let begin = Victim.now()
        let kinds = Self.kinds
        Workers.run(threads) { _ in
            while true {
                let index = self.locked {
                    self.next += 1
                    return self.next - 1
                }
                guard index < kinds.count else { return }
                var number = 1 + index % stride
                while number < Self.mostCalls {
                    guard Victim.now() - begin < seconds * 1_000_000 else {
                        return self.locked { self.wasWhole = false }
                    }
                    var place = kinds[index]
                    place.number = number
                    if !self.episode(place, "\(self.root)/s-\(index)-\(number)") { break }
                    number += stride
                }
            }
        }
        return locked { wasWhole }
    }

    private static var kinds: [Place] {
        var kinds: [Place] = []
        func add(_ calls: [String], _ fate: Fate, _ process: Int) {
            kinds += calls.map { Place(call: $0, fate: fate, process: process, number: 0) }
        }
        for process in [0, 1] {
            for andAllAfter in [true, false] {
                for error in ["ENOSPC", "EIO"] {
                    let fate = Fate.error(error, andAllAfter: andAllAfter)
                    add(["fdatasync", "fsync", "rename"], fate, process)
                    // Before there is a run nobody knows its files, and a call that writes to something else must not fail.
                    if process == 1 { add(["write"], fate, process) }
                }
            }
            add(["fdatasync", "fsync", "rename", "ftruncate", "mkdir", "unlink"], .kill, process)
        }
        // There are many of these.
        for process in [0, 1] { add(["write", "openat"], .kill, process) }
        return kinds
    }

    /// False: there is no such call any more.
    private func episode(_ place: Place, _ folder: String) -> Bool {
        let log = "\(folder)/strace"
        var chance = Chance(seed: 1)
        var episode = Episode(opsrun: opsrun, folder: folder, playbook: .short, whole: whole, mostKills: 0)
        episode.wrapper = { process, state in
            if process == place.process { return Self.strace(place, log, state) }
            guard process < place.process else { return [] }
            return Self.strace(
                Place(call: "fdatasync", fate: .kill, process: process, number: Self.middle), "/dev/null", state)
        }
        var told: Episode.Told
        do {
            told = try episode.run(&chance)
        } catch {
            told = Episode.Told()
            told.findings = ["\(error)"]
        }
        let lines = Disk.lines(log)
        let isHurt = place.fate == .kill ? told.wasHurt : lines.contains { $0.contains("(INJECTED)") }
        if case .error = place.fate { told.findings += Self.effects(after: lines) }
        locked {
            sum.add(told, from: "\(folder), \(place.text)")
            guard isHurt else { return }
            let fate =
                switch place.fate {
                case .kill: "killed"
                case .error(let name, let andAllAfter): andAllAfter ? "\(name) from there on" : name
                }
            byCall["\(place.call) \(fate)", default: 0] += 1
        }
        if told.findings.isEmpty { Disk.remove(folder) }
        return isHurt
    }

    private static func strace(_ place: Place, _ log: String, _ state: String) -> [String] {
        var words = [
            "strace", "-f", "-y", "-qq", "-o", log, "-e", "trace=\(place.call),execve", "-e",
            "inject=\(place.call):\(place.fate.words(place.number))",
        ]
        if place.call == "write", place.fate != .kill {
            for run in Disk.list("\(state)/runs") { words += ["-P", "\(state)/runs/\(run)/journal.jsonl"] }
            for log in Disk.list("\(state)/audit") { words += ["-P", "\(state)/audit/\(log)"] }
        }
        return words
    }

    /// Programs that were started after the first record could not be written. What a step said is kept where there is space,
    /// and is no record; a lease that could not be renewed is good until it runs out.
    private static func effects(after lines: [String]) -> [String] {
        guard
            let first = lines.firstIndex(where: {
                $0.contains("(INJECTED)") && !$0.contains("/output") && !$0.contains("/locks")
            })
        else { return [] }
        return lines[first...].filter { $0.contains("execve(") && $0.contains("/bin/sh") }.map {
            "an effect after the first failure: \($0.prefix(200))"
        }
    }
}
