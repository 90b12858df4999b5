import EventLoop

/// What an earlier run has left on a cluster, by its own journal: it was killed, or could not put everything back.
package struct LeftBehind: Sendable, Hashable {
    /// So many runs are looked at, the newest first.
    package static let runs = 200
    /// A journal that is larger is not looked at.
    private static let sizeLimit = 64 << 20

    package var runID: String
    package var playbook: String
    /// As a person says it, one for each change that is held.
    package var changes: [String]
    /// The run can still be gone on with.
    package var isOpen: Bool

    /// Runs of this store that hold something on one of these clusters, and whose process is gone; the newest first. What
    /// cannot be read is left out: it stands in the way of nothing.
    package static func find(
        in store: RunStore, clusterIDs: [String], leavingOut own: String? = nil
    ) -> [LeftBehind] {
        guard !clusterIDs.isEmpty, let runs = try? store.runIDs() else { return [] }
        return runs.prefix(Self.runs).compactMap { run in
            run == own ? nil : LeftBehind(run, in: store, Set(clusterIDs))
        }
    }

    private init?(_ runID: String, in store: RunStore, _ clusterIDs: Set<String>) {
        guard let bytes = try? store.storage.read(store.journalPath(of: runID)), bytes.count <= Self.sizeLimit,
            Self.speaksOfChanges(bytes)
        else { return nil }
        var state = RunState()
        guard JournalContent.read(bytes, { state.apply($0) }).damage == nil else { return nil }
        let held = state.temporary.held.filter { clusterIDs.contains($0.clusterID) }
        guard !held.isEmpty, Self.isFree(runID, store) else { return nil }
        self.runID = runID
        playbook = state.run.playbook
        changes = held.map(\.what)
        isOpen = state.closed.map { $0.status == .suspended || $0.status == .unknown } ?? true
    }

    /// Nobody is in the run right now.
    private static func isFree(_ runID: String, _ store: RunStore) -> Bool {
        guard let lock = try? store.lockRun(runID) else { return false }
        withExtendedLifetime(lock) {}
        return true
    }

    /// Journals of runs that changed nothing for a time, which are nearly all, need not be taken apart.
    private static func speaksOfChanges(_ bytes: [UInt8]) -> Bool {
        let word = Array("\"kind\":\"\(TemporaryChange.kind)\"".utf8)
        guard let first = word.first, bytes.count >= word.count else { return false }
        return bytes.withUnsafeBufferPointer { bytes in
            (0...bytes.count - word.count).contains { place in
                bytes[place] == first && bytes[place..<place + word.count].elementsEqual(word)
            }
        }
    }

    /// For the plan of the next run.
    package var sentence: String {
        let shown = changes.prefix(3).joined(separator: ", ")
        let more = changes.count > 3 ? " and \(changes.count - 3) more" : ""
        let repair =
            isOpen
            ? "`opsrun resume \(runID)` goes on with it, `opsrun cancel \(runID)` ends it and puts that back"
            : "`opsrun cancel \(runID)` puts it back"
        return "run \(runID) left \(shown)\(more); \(repair)"
    }
}
