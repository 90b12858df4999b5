import EventLoop
import Values

/// The audit log of one cluster: who did what, when, by which plan, with the head of each run's journal.
///
/// One hash-chained file (`ChainedLine`), shared by all runs on the cluster. Each append takes the file's lock, reads where the
/// chain ends, writes one line and syncs. It fails closed: what cannot be written is an error, and the run does not act.
struct AuditLog {
    /// How much of the end of the file is searched for the last record before all of it is read.
    private static let repairNote = "a write of an earlier run did not finish"

    let path: String
    let storage: any RecordStorage

    /// Where the chain ended when this run last wrote to it.
    private(set) var records = 0
    private(set) var head = Digest.none
    private var length = -1

    init(path: String, storage: any RecordStorage) {
        self.path = path
        self.storage = storage
    }

    /// Appends one record and syncs it.
    ///
    /// 1. Lock the file, so that runs append one after the other.
    /// 2. When it has changed since this run's last record, read it and find its end; a torn last line is cut and noted.
    /// 3. Append the record, sync.
    mutating func append(_ members: [UInt8], at time: Timestamp) throws(RecordFailure) {
        do throws(SystemError) {
            let lock = try waitForLock()
            defer { withExtendedLifetime(lock) {} }
            let target = try storage.openForAppending(path, exclusive: false)
            let size = try target.size()
            if size != length { try findEnd(of: target, size: size, at: time) }
            try write(members, to: target)
            try target.synchronize()
            if length < 0 { try storage.synchronizeFolder(Files.folder(of: path)) }
            length = try target.size()
        } catch {
            throw RecordFailure(what: "audit log", error)
        }
    }

    /// What the log has of a run: whether it was opened, and the intents of its steps, as key and attempt.
    func contents(of runID: String) throws(RecordFailure) -> (isOpened: Bool, intents: Set<String>) {
        var found = (isOpened: false, intents: Set<String>())
        do throws(SystemError) {
            for record in ChainedRecords(try storage.read(path)).records
            where record.value["run"]?.stringValue == runID {
                switch record.value["type"]?.stringValue {
                case "run_opened": found.isOpened = true
                case "task_started":
                    found.intents.insert(
                        Self.intent(record.value["key"]?.stringValue ?? "", record.value["attempt"]?.intValue ?? 1))
                default: break
                }
            }
        } catch {
            if !error.isMissing { throw RecordFailure(what: "audit log", error) }
        }
        return found
    }

    static func intent(_ key: String, _ attempt: Int64) -> String { "\(key) \(attempt)" }

    private mutating func write(_ members: [UInt8], to target: any AppendTarget) throws(SystemError) {
        let sealed = ChainedLine.seal(sequence: records + 1, previous: head, members: members)
        try target.append(sealed.bytes)
        records += 1
        head = sealed.hash
    }

    private mutating func findEnd(
        of target: any AppendTarget, size: Int, at time: Timestamp
    ) throws(SystemError) {
        guard size > 0 else {
            (records, head) = (0, Digest.none)
            return
        }
        let chain = ChainedRecords(try storage.read(path), isSyncedByRecord: true)
        (records, head) = (chain.records.count, chain.head)
        if let damage = chain.damage {
            throw SystemError(code: 0, operation: "continue the damaged audit log (\(damage))", subject: path)
        }
        if chain.tornBytes > 0 {
            try target.truncate(to: chain.end.wholeLength)
            var writer = EventWriter()
            var (stamp, type, note, bytes) = (
                Timestamp?.some(time), "audit_repaired", Self.repairNote, chain.tornBytes
            )
            writer.field("time", &stamp)
            writer.field("type", &type)
            writer.field("reason", &note)
            writer.field("dropped_bytes", &bytes)
            try write(writer.bytes, to: target)
        }
    }

    /// Appends are short, so the lock is free soon; a holder that never lets go is an error.
    private func waitForLock() throws(SystemError) -> any HeldLock {
        for _ in 0..<Self.lockAttempts {
            if let lock = try storage.lock("\(path).lock") { return lock }
            pauseBriefly()
        }
        throw SystemError(code: 0, operation: "lock (another run holds it)", subject: path)
    }

    /// Times ten milliseconds.
    private static let lockAttempts = 500
}

/// Records could not be written: nothing may follow. Exit 74, or 11 when the evidence is damaged.
package struct RecordFailure: Error, Sendable, CustomStringConvertible {
    package var message: String
    package var isDamage: Bool

    package init(message: String, isDamage: Bool = false) {
        self.message = message
        self.isDamage = isDamage
    }

    init(what: String, _ error: SystemError) {
        isDamage = error.code == 0 && error.operation.hasPrefix("continue")
        message =
            error.code == 0
            ? "cannot \(error.operation) \(error.subject)"
            : "the \(what) cannot be written: cannot \(error.operation) \(error.subject): \(error.reason)"
    }

    package var description: String { message }
    package var exitCode: ExitCode { isDamage ? .damagedEvidence : .storage }
}
