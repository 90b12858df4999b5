package import EventLoop
import Playbooks
package import Values

/// Who holds a lock, for whoever meets it.
package struct LockHolder: Sendable, Hashable {
    package var runID: String
    package var playbook: String
    package var user: String
    package var host: String
    package var pid: Int
    /// Clock ticks since boot at which the process started: with the boot id it tells this process from a later one of that pid.
    package var startTime: String
    package var bootID: String
    package var since: Timestamp

    package init(
        runID: String, playbook: String, user: String, host: String, pid: Int, startTime: String, bootID: String,
        since: Timestamp
    ) {
        self.runID = runID
        self.playbook = playbook
        self.user = user
        self.host = host
        self.pid = pid
        self.startTime = startTime
        self.bootID = bootID
        self.since = since
    }

    package func json() -> Value {
        [
            "run": .string(runID), "playbook": .string(playbook), "user": .string(user), "host": .string(host),
            "pid": .int(Int64(pid)), "start_time": .string(startTime), "boot_id": .string(bootID),
            "since": .timestamp(since),
        ]
    }

    /// Another user may have written it: control characters and long texts are left out.
    package init?(json: Value) {
        func text(_ name: String) -> String? {
            json[name]?.stringValue.map { text in
                String(
                    String.UnicodeScalarView(
                        text.unicodeScalars.prefix(Self.textLimit).filter { $0.properties.generalCategory != .control })
                )
            }
        }
        guard let run = text("run") else { return nil }
        self.init(
            runID: run, playbook: text("playbook") ?? "", user: text("user") ?? "", host: text("host") ?? "",
            pid: Int(clamping: json["pid"]?.intValue ?? 0), startTime: text("start_time") ?? "",
            bootID: text("boot_id") ?? "",
            since: json["since"]?.stringValue.flatMap(Timestamp.init(rfc3339Text:)) ?? Timestamp(milliseconds: 0))
    }

    private static let textLimit = 256

    /// `run 0190… of rolling-upgrade.yml, by anna on ops-1, pid 4711, since 2026-…`.
    package var description: String {
        "run \(runID) of \(playbook), by \(user) on \(host), pid \(pid), since \(since)"
    }
}

/// One writer per cluster on this machine: a file under flock, which the kernel lets go when its holder dies.
///
/// Where the machine has a folder for it, the file stands there, for all users, and says who its holder is. Else it stands in
/// the user's own state folder, beside a second file that says it, and holds for that user's runs alone.
package enum ClusterLock {
    /// How often a held lock is tried again.
    package static let pollInterval = Duration.milliseconds(500)

    package final class Held: Sendable {
        private let lock: any HeldLock
        /// Somebody else had it first: what was read before is older than what they did.
        package let hasWaited: Bool

        fileprivate init(_ lock: any HeldLock, hasWaited: Bool) {
            self.lock = lock
            self.hasWaited = hasWaited
        }
    }

    /// Takes the lock, waiting up to `wait` for its holder. Throws `refused` that names the holder.
    package static func take(
        clusterID: String, store: RunStore, holder: LockHolder, wait: Duration, time: any TimeSource, stopper: Stopper
    ) async throws -> Held {
        let deadline = time.deadline(after: wait)
        var hasWaited = false
        do throws(SystemError) {
            while true {
                if let lock = try take(clusterID, store, holder) { return Held(lock, hasWaited: hasWaited) }
                hasWaited = true
                guard time.monotonic < deadline, !stopper.isStopping else { break }
                _ = await stopper.wait(min(pollInterval, deadline - time.monotonic), on: time)
            }
        } catch {
            throw RecordFailure(what: "lock", error)
        }
        let present = self.holder(clusterID: clusterID, store: store)
        throw StepFailure(
            .refused, "the cluster is locked by " + (present?.description ?? "another run"),
            nextAction: "wait for it to end, or run with a longer `lock: {wait: …}`")
    }

    private static func take(
        _ clusterID: String, _ store: RunStore, _ holder: LockHolder
    ) throws(SystemError) -> (any HeldLock)? {
        let bytes = Array(JSON.text(holder.json(), pretty: true).utf8)
        if let folder = store.sharedLockFolder {
            return try store.storage.lockShared(sharedPath(folder, clusterID), note: bytes)
        }
        let path = "\(store.lockFolder)/\(RunStore.fileName(clusterID))"
        try store.storage.makeFolders(store.lockFolder)
        guard let lock = try store.storage.lock("\(path).lock") else { return nil }
        try store.storage.writeAtomically(bytes, to: "\(path).json")
        return lock
    }

    private static func sharedPath(_ folder: String, _ clusterID: String) -> String {
        "\(folder)/\(RunStore.fileName(clusterID)).lock"
    }

    /// A note of another user is no longer than this.
    private static let noteLimit = 65_536

    /// Who held the lock last; it may be free by now.
    package static func holder(clusterID: String, store: RunStore) -> LockHolder? {
        if let folder = store.sharedLockFolder {
            let bytes = (try? Files.read(sharedPath(folder, clusterID), limit: noteLimit)) ?? []
            return (try? JSON.parse(bytes)).flatMap(LockHolder.init(json:))
        }
        let path = "\(store.lockFolder)/\(RunStore.fileName(clusterID)).json"
        guard let bytes = try? store.storage.read(path), let value = try? JSON.parse(bytes) else { return nil }
        return LockHolder(json: value)
    }
}

/// What tells this process from every other one.
package struct ProcessIdentity: Sendable {
    package var pid: Int
    package var startTime: String
    package var bootID: String

    /// Read from `/proc`; empty texts where it cannot be read.
    package static func current(pid: Int) -> ProcessIdentity {
        let boot = (try? Files.read("/proc/sys/kernel/random/boot_id", limit: 1024)) ?? []
        let stat = (try? Files.read("/proc/self/stat", limit: 65_536)) ?? []
        // The name (field 2) may hold spaces and brackets; fields are counted from the last bracket. Field 22 is the start.
        let afterName = stat.lastIndex(of: UInt8(ascii: ")")).map { stat[($0 + 1)...] } ?? []
        let fields = String(decoding: afterName, as: UTF8.self).split(separator: " ")
        return ProcessIdentity(
            pid: pid, startTime: fields.count > 19 ? String(fields[19]) : "",
            bootID: String(decoding: boot.filter { $0 > 0x20 }, as: UTF8.self))
    }
}
