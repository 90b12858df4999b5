import EventLoop
import RunEngine

/// The hosts on which a run started processes that can be found again.
package final class JobPlaces: Sendable {
    private let shells = Locked<[String: any HostShell]>([:])

    package init() {}

    func note(_ host: String, _ shell: any HostShell) { shells.withLock { $0[host] = shell } }

    /// Takes the traces of a run away, everywhere. A host that does not answer keeps them: they say nothing to anybody.
    package func release(_ runID: String, folder: String) async {
        let shells = shells.withLock { Array($0.values) }
        let job = ProcessJob(runID: runID, key: "", attempt: 0, folder: folder)
        await withTaskGroup { group in
            for shell in shells { group.addTask { await shell.forgetJobs(of: job) } }
        }
    }
}
