import Glibc
import Values

/// One run of a playbook on a served cluster, killed and gone on with until it ends, and judged.
struct Episode {
    struct Told {
        var kills = 0
        var processes = 0
        var resumes = 0
        var resolves = 0
        /// Runs that were killed before they began, and begun anew.
        var restarts = 0
        var findings: [String] = []
        /// The last process under a wrapper was killed, or told that its records could not be written.
        var wasHurt = false
        /// How often it was.
        var hurts = 0
        var traces: Traces?
        var counts = ""
        /// Of the first process that was not killed, in milliseconds.
        var milliseconds = 0
    }

    /// More processes than this, and the run cannot go on.
    private static let processLimit = 40

    let opsrun: String
    let folder: String
    let playbook: TorturePlaybook
    /// Of a run that nobody killed; nil: this is it.
    let whole: Told?
    let mostKills: Int
    /// Words before a process of opsrun that something else is to happen to (`strace …`), by its number and the state folder.
    var wrapper: (Int, String) -> [String] = { _, _ in [] }

    private var state: String { "\(folder)/state/opsrun" }
    private var environment: [String: String] {
        ["XDG_STATE_HOME": "\(folder)/state", "CI": "", "OPSRUN_INVENTORY": ""]
    }

    func run(_ chance: inout Chance) throws -> Told {
        try Disk.makeFolder(folder)
        try Disk.makeFolder("\(folder)/files")
        let cluster = try ServedCluster(opsrun: opsrun, in: folder)
        defer { cluster.end() }
        try Disk.write(cluster.inventory(usesCommands: playbook.usesCommands), to: "\(folder)/inventory.yml")
        var text = playbook.text
        for (name, path) in [("{effects}", "\(folder)/effects"), ("{files}", "\(folder)/files")] {
            text = text.split(separator: name, omittingEmptySubsequences: false).joined(separator: path)
        }
        try Disk.write(text, to: "\(folder)/playbook.yml")

        var told = Told()
        var runID: String?
        var dead: Set<String> = []
        processes: while true {
            guard told.processes < Self.processLimit else {
                told.findings.append("it does not come to an end")
                break
            }
            let argv: [String]
            if let runID {
                argv = [opsrun, "resume", runID, "--yes", "--no-input"]
                told.resumes += 1
            } else {
                argv = [opsrun, "\(folder)/playbook.yml", "-i", "\(folder)/inventory.yml", "--yes", "--no-input"]
            }
            let outcome = try process(argv, &told, &chance)
            told.processes += 1
            let runs = Disk.list("\(state)/runs").filter { $0.contains("-") && !dead.contains($0) }
            switch outcome.end {
            case .hung:
                told.findings.append("it hangs: \(outcome.said.suffix(500))")
                break processes
            case .killed: if runID == nil { runID = runs.last }
            case .exited(playbook.exitCode):
                told.milliseconds = outcome.milliseconds
                runID = runID ?? runs.last
                break processes
            case .exited(74) where told.wasHurt, .exited(10) where told.wasHurt:
                // From now on there is space again.
                if runID == nil { runID = runs.last }
            case .exited(9) where outcome.said.contains("never began"):
                if let id = runID { dead.insert(id) }
                runID = nil
                told.restarts += 1
            case .exited(9) where outcome.said.contains("is over"): break processes
            case .exited(9)
            where runID == nil && told.kills + told.hurts > 0 && outcome.said.contains("the cluster is locked by"):
                // It ended between its lock and its journal, or could not give the lock back: there is nothing to go on with,
                // and the lock runs out.
                _ = try Victim(["/bin/sleep", "1"], environment: environment, in: folder).wait()
                told.processes -= 1
                told.restarts += 1
            case .exited(8) where whole != nil:
                guard let id = runID ?? runs.last, try resolve(id, &told) else {
                    told.findings.append("nobody can tell what became of it: \(outcome.said.suffix(1500))")
                    break processes
                }
                runID = id
            case .exited(let code):
                told.findings.append("exit code \(code): \(outcome.said.suffix(1500))")
                break processes
            }
        }
        try judge(runID, cluster, &told)
        return told
    }

    private func process(_ argv: [String], _ told: inout Told, _ chance: inout Chance) throws -> Victim.Outcome {
        let wrapper = wrapper(told.processes, state)
        let victim = try Victim(wrapper + argv, environment: environment, in: folder)
        let isKilled = whole != nil && told.kills < mostKills && (told.processes == 0 || chance.happens(0.8))
        guard isKilled, let whole else {
            let outcome = victim.wait()
            if !wrapper.isEmpty {
                if outcome.end == .killed { told.kills += 1 }
                // A disk that takes no lease any more ends the run, too: its lock is lost.
                let isLockLost = outcome.end == .exited(10) && outcome.said.contains("could not be written")
                told.wasHurt = outcome.end == .killed || outcome.end == .exited(74) || isLockLost
                if told.wasHurt { told.hurts += 1 }
            }
            return outcome
        }
        // Anywhere in it, and often early: there a resume is settling what the last one left.
        let span = told.processes > 0 && chance.happens(0.5) ? whole.milliseconds / 4 : whole.milliseconds
        let due = Int.random(in: 0...max(1, span * 1050), using: &chance)
        // Of a lifecycle's program that died with its runner nobody could tell what it has done.
        let takesAll = chance.happens(0.15) && !playbook.usesCommands
        let outcome = victim.wait(killAfter: due) { if takesAll { killJobs() } }
        if outcome.end == .killed { told.kills += 1 }
        return outcome
    }

    /// What a restart of the machine would do to the programs of steps.
    private func killJobs() {
        for run in Disk.list("\(state)/runs") {
            let jobs = "\(state)/runs/\(run)/jobs"
            for name in Disk.list(jobs) where name.hasSuffix(".begun") {
                let fields = Disk.text("\(jobs)/\(name)").split(separator: " ").map { pid_t($0) ?? 0 }
                // First who keeps their ends.
                if fields.count > 3, fields[3] > 1 { kill(fields[3], SIGKILL) }
                if let group = fields.first, group > 1 { kill(-group, SIGKILL) }
            }
        }
    }

    /// Says what became of steps that nobody can prove: as a person would, by looking for their traces.
    private func resolve(_ run: String, _ told: inout Told) throws -> Bool {
        let journal = RunJournal("\(state)/runs/\(run)/journal.jsonl")
        let lines = Disk.lines("\(folder)/effects")
        var isDone = false
        for key in journal.open {
            let name = journal.name(of: key)
            // Only for programs of a step is there nothing that opsrun could ask.
            guard journal.intents.contains(where: { $0.key == key && ["shell", "command"].contains($0.action) }) else {
                continue
            }
            let verdict = lines.contains(name) ? "done" : "not-done"
            let outcome = try Victim(
                [opsrun, "resolve", run, key, "--as", verdict, "--reason", "looked"], environment: environment,
                in: folder
            ).wait()
            guard outcome.end == .exited(0) else {
                told.findings.append("resolve \(key): \(outcome.said)")
                return false
            }
            told.resolves += 1
            isDone = true
        }
        return isDone
    }

    private func judge(_ runID: String?, _ cluster: ServedCluster, _ told: inout Told) throws {
        let traces = try Traces(cluster, folder: folder)
        told.traces = traces
        guard let runID else { return told.findings.append("there is no run") }
        let journal = RunJournal("\(state)/runs/\(runID)/journal.jsonl")
        told.counts = journal.counts
        if journal.exitCode != Int64(playbook.exitCode) {
            told.findings.append("the journal ends with \(journal.exitCode.map(String.init) ?? "nothing")")
        }
        for key in journal.open where journal.outcomes[key] == nil { told.findings.append("\(key) has no outcome") }
        if let whole, let theirs = whole.traces, told.findings.isEmpty {
            told.findings += traces.problems(beside: theirs, playbook, journal)
            if told.resolves == 0, told.counts != whole.counts {
                told.findings.append("counts are \(told.counts), and not \(whole.counts)")
            }
        }
        let verified = try Victim([opsrun, "audit", "verify"], environment: environment, in: folder).wait()
        if verified.end != .exited(0) { told.findings.append("audit verify: \(verified.said)") }
    }
}
