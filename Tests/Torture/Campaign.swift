import Glibc

/// Every playbook, run and killed over and over, on several threads, for a time or a number of episodes.
package final class Campaign: @unchecked Sendable {
    /// What came of a playbook's episodes.
    package struct Tally: Sendable {
        package var runs = 0
        package var kills = 0
        package var resumes = 0
        package var resolves = 0
        package var restarts = 0
        package var findings: [String] = []

        package init() {}

        package var text: String {
            "\(runs) runs, \(kills) kills, \(resumes) resumes, \(restarts) begun anew, \(resolves) resolved, "
                + "\(findings.count) findings"
        }

        package static func + (left: Tally, right: Tally) -> Tally {
            var sum = left
            sum.runs += right.runs
            sum.kills += right.kills
            sum.resumes += right.resumes
            sum.resolves += right.resolves
            sum.restarts += right.restarts
            sum.findings += right.findings
            return sum
        }

        mutating func add(_ told: Episode.Told, from folder: String) {
            runs += 1
            kills += told.kills
            resumes += told.resumes
            resolves += told.resolves
            restarts += told.restarts
            findings += told.findings.map { "\(folder): \($0)" }
        }
    }

    /// A kind of episode: a playbook, and by what it is killed.
    private struct Kind {
        var playbook: TorturePlaybook
        var whole: Episode.Told
    }

    private let opsrun: String
    private let root: String
    private let seed: UInt64
    /// Sees each episode's tally when it is over.
    private let note: @Sendable (_ name: String, _ findings: [String]) -> Void

    private let locked = Guarded()
    // Guarded by it.
    private var tallies: [String: Tally] = [:]
    private var next = 0

    package init(
        opsrun: String, root: String, seed: UInt64,
        note: @escaping @Sendable (_ name: String, _ findings: [String]) -> Void = { _, _ in }
    ) {
        self.opsrun = opsrun
        self.root = root
        self.seed = seed
        self.note = note
    }

    package var tallyOfAll: Tally {
        locked { tallies.values.reduce(Tally(), +) }
    }

    package var byPlaybook: [(name: String, tally: Tally)] {
        locked { tallies.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }
    }

    /// Blocks until the time is over, or as many episodes are; each that began is finished. `first`: the number of the first
    /// episode, to do one again that was found to be wrong.
    package func run(
        _ playbooks: [TorturePlaybook], seconds: Int, threads: Int, episodes: Int = .max, first: Int = 0,
        mostKills: Int = 8
    ) {
        let begin = Victim.now()
        var kinds = [Kind?](repeating: nil, count: playbooks.count)
        Workers.run(threads) { worker in
            for index in stride(from: worker, to: playbooks.count, by: threads) {
                let kind = self.whole(playbooks[index])
                self.locked { kinds[index] = kind }
            }
        }
        let ready = kinds.compactMap { $0 }
        guard ready.count == playbooks.count, !ready.isEmpty else { return }
        next = first
        Workers.run(threads) { _ in
            while true {
                let number = self.locked {
                    self.next += 1
                    return self.next - 1
                }
                guard number - first < episodes, Victim.now() - begin < seconds * 1_000_000 else { return }
                self.episode(number, ready[number % ready.count], mostKills)
            }
        }
    }

    /// The playbook as it runs when nobody kills it.
    private func whole(_ playbook: TorturePlaybook) -> Kind? {
        let folder = "\(root)/\(playbook.name)-whole"
        var chance = Chance(seed: seed)
        do {
            let told = try Episode(
                opsrun: opsrun, folder: folder, playbook: playbook, whole: nil, mostKills: 0
            ).run(&chance)
            if told.findings.isEmpty {
                Disk.remove(folder)
                return Kind(playbook: playbook, whole: told)
            }
            keep(told, playbook.name, folder)
        } catch {
            var told = Episode.Told()
            told.findings = ["\(error)"]
            keep(told, playbook.name, folder)
        }
        return nil
    }

    private func episode(_ number: Int, _ kind: Kind, _ mostKills: Int) {
        let folder = "\(root)/\(kind.playbook.name)-\(number)"
        var chance = Chance(seed: seed &+ UInt64(number) &* 0x1_0000_0001)
        var told: Episode.Told
        do {
            told = try Episode(
                opsrun: opsrun, folder: folder, playbook: kind.playbook, whole: kind.whole, mostKills: mostKills
            ).run(&chance)
        } catch {
            told = Episode.Told()
            told.findings = ["\(error)"]
        }
        keep(told, kind.playbook.name, folder)
        // What is wrong leaves its folder behind.
        if told.findings.isEmpty { Disk.remove(folder) }
    }

    private func keep(_ told: Episode.Told, _ name: String, _ folder: String) {
        locked { tallies[name, default: Tally()].add(told, from: folder) }
        note(name, told.findings.map { "\(folder): \($0)" })
    }

    /// A folder for campaigns, which `remove` takes away; its name is short, since sockets stand in it.
    package static func makeRoot(_ name: String) throws -> String {
        let root = "/tmp/opsrun-torture-\(name)-\(getpid())"
        try Disk.makeFolder(root)
        return root
    }

    package static func remove(root: String) { Disk.remove(root) }
}

/// Threads for work that waits for processes.
enum Workers {
    /// Blocks until all have ended.
    static func run(_ count: Int, _ body: @escaping (Int) -> Void) {
        var threads: [pthread_t] = []
        for index in 0..<max(1, count) {
            var thread = pthread_t()
            let start = Unmanaged.passRetained(Start { body(index) })
            let code = pthread_create(
                &thread, nil,
                { pointer in
                    pointer.map { Unmanaged<Start>.fromOpaque($0).takeRetainedValue().body() }
                    return nil
                }, start.toOpaque())
            if code == 0 { threads.append(thread) } else { start.release() }
        }
        for thread in threads { pthread_join(thread, nil) }
    }

    private final class Start {
        let body: () -> Void
        init(_ body: @escaping () -> Void) { self.body = body }
    }
}
