import EventLoop
import Glibc

/// Which run a signed approval of a plan has counted for: it counts for one. A file a text in `<state>/approvals/`, named by
/// the text's SHA-256, holding the id of the run.
///
/// What is known is what the runs of this state folder have used. A text for a named run counts there alone, wherever it lies.
struct UsedApprovals: Sendable {
    private let store: RunStore

    init(_ store: RunStore) { self.store = store }

    /// The run that has counted the text; nil: none has, or one that never began.
    func user(of text: String) throws(RecordFailure) -> String? {
        do throws(SystemError) {
            return try reader(of: text)
        } catch {
            throw RecordFailure(what: "list of used approvals", error)
        }
    }

    /// Durably, before the approval counts. Throws where another run was faster.
    func use(_ text: String, for runID: String) throws(RecordFailure) {
        do throws(SystemError) {
            try store.storage.makeFolders(store.usedApprovalsFolder)
            let lock = try waitForLock()
            defer { withExtendedLifetime(lock) {} }
            if let user = try reader(of: text) {
                guard user != runID else { return }
                throw SystemError(code: 0, operation: "use (run \(user) has done so) the approval", subject: text)
            }
            try store.storage.writeAtomically(Array("\(runID)\n".utf8), to: path(text))
        } catch {
            throw RecordFailure(what: "list of used approvals", error)
        }
    }

    private func path(_ text: String) -> String { "\(store.usedApprovalsFolder)/\(RunStore.fileName(text))" }

    private func reader(of text: String) throws(SystemError) -> String? {
        do throws(SystemError) {
            let user = String(decoding: try store.storage.read(path(text)).prefix { $0 > 0x20 }, as: UTF8.self)
            return RunID.isValid(user) && !store.neverBegan(user) ? user : nil
        } catch {
            if error.isMissing { return nil }
            throw error
        }
    }

    private func waitForLock() throws(SystemError) -> any HeldLock {
        let path = "\(store.usedApprovalsFolder)/lock"
        for _ in 0..<Self.attempts {
            if let lock = try store.storage.lock(path) { return lock }
            pauseBriefly()
        }
        throw SystemError(code: EAGAIN, operation: "lock (another process holds it)", subject: path)
    }

    /// Times ten milliseconds.
    private static let attempts = 500
}
