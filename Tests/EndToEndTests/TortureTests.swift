import EventLoop
import Glibc
import TestSupport
import Testing
import Torture

/// The built program, killed at random instants and gone on with (`make torture` does it for longer).
@Suite struct TortureTests {
    private static let thread = BlockingThread(name: "torture")

    @Test func `nothing is lost or repeated when opsrun is killed at random instants`() async throws {
        let seed = UInt64.random(in: 1...999_999)
        let tally = try await Self.thread.run {
            do {
                let root = try Campaign.makeRoot("\(seed)")
                let campaign = Campaign(opsrun: BuiltOpsrun.path, root: root, seed: seed)
                campaign.run(TorturePlaybook.inSuite, seconds: 10, threads: 4, mostKills: 2)
                let tally = campaign.tallyOfAll
                if tally.findings.isEmpty { Campaign.remove(root: root) }
                return tally
            } catch {
                var tally = Campaign.Tally()
                tally.findings = ["\(error)"]
                return tally
            }
        }
        #expect(tally.findings.isEmpty, "seed \(seed): \(tally.findings.joined(separator: "\n"))")
        #expect(tally.runs > TorturePlaybook.inSuite.count)
    }
}
