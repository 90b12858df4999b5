import Glibc
import Torture

/// `torture OPSRUN SECONDS [SEED [THREADS [FIRST EPISODES]]]`: kills opsrun at random instants in runs of every playbook, goes
/// on with them, and compares what happened with the ledger of the cluster. Exit 1 when something was found.
///
/// A finding is looked for again with the same seed and threads 1, from the number in its folder's name, for one episode. Where
/// `OPSRUN_TORTURE` names playbooks (`rollback,gates`), only those are run.
@main struct TortureDriver {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count >= 3, let seconds = Int(arguments[2]) else {
            print("torture OPSRUN SECONDS [SEED [THREADS [FIRST EPISODES]]]")
            exit(64)
        }
        func number(_ place: Int) -> Int? { arguments.count > place ? Int(arguments[place]) : nil }
        let seed = number(3).map { UInt64(max(0, $0)) } ?? UInt64.random(in: 1...999_999)
        say("seed \(seed)")
        let root = try Campaign.makeRoot("\(seed)")
        let begin = time(nil)
        let names = getenv("OPSRUN_TORTURE").map { String(cString: $0).split(separator: ",").map(String.init) } ?? []
        let playbooks = TorturePlaybook.all.filter { names.isEmpty || names.contains($0.name) }
        let campaign = Campaign(opsrun: arguments[1], root: root, seed: seed) { _, findings in
            for finding in findings { say("FOUND after \(time(nil) - begin)s: \(finding)") }
        }
        campaign.run(
            playbooks, seconds: seconds, threads: number(4) ?? 6, episodes: number(6) ?? .max,
            first: number(5) ?? 0)
        for (name, tally) in campaign.byPlaybook { say("\(name): \(tally.text)") }
        let all = campaign.tallyOfAll
        say("all, in \(time(nil) - begin)s: \(all.text)")
        var calls = Campaign.Tally()
        if !names.isEmpty {
            say("each call of the system: left out")
        } else if SyscallTorture.isPossible(in: root) {
            let torture = try SyscallTorture(opsrun: arguments[1], root: root)
            let isWhole = torture.run(seconds: seconds, threads: number(4) ?? 6)
            calls = torture.tally
            say("each call of the system\(isWhole ? "" : ", as far as there was time"): \(calls.text)")
            say("calls that were hit: \(torture.hits)")
            for finding in calls.findings { say("FOUND \(finding)") }
        } else {
            say("there is no strace, or it may not trace: calls of the system are left out")
        }
        let isGood = all.findings.isEmpty && calls.findings.isEmpty && all.runs > 0
        if isGood { Campaign.remove(root: root) }
        exit(isGood ? 0 : 1)
    }

    private static func say(_ text: String) {
        print(text)
        fflush(nil)
    }
}
