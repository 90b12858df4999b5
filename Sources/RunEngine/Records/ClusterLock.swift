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

    package init?(json: Value) {
        guard let run = json["run"]?.stringValue else { return nil }
        self.init(
            runID: run, playbook: json["playbook"]?.stringValue ?? "", user: json["user"]?.stringValue ?? "",
            host: json["host"]?.stringValue ?? "", pid: Int(clamping: json["pid"]?.intValue ?? 0),
            startTime: json["start_time"]?.stringValue ?? "", bootID: json["boot_id"]?.stringValue ?? "",
            since: json["since"]?.stringValue.flatMap(Timestamp.init(rfc3339Text:)) ?? Timestamp(milliseconds: 0))
    }

    /// `run 0190… of rolling-upgrade.yml, by anna on ops-1, pid 4711, since 2026-…`.
    package var description: String {
        "run \(runID) of \(playbook), by \(user) on \(host), pid \(pid), since \(since)"
    }
}

/// One writer per cluster on this machine: a file under flock, which the kernel lets go when its holder dies, and a second
/// file that says who that is.
package enum ClusterLock {
    /// How often a held lock is tried again.
    package static let pollInterval = Duration.milliseconds(500)

    package final class Held: Sendable {
        private let lock: any HeldLock

        fileprivate init(_ lock: any HeldLock) { self.lock = lock }
    }

    /// Takes the lock, waiting up to `wait` for its holder. Throws `refused` that names the holder.
    package static func take(
        clusterID: String, store: RunStore, holder: LockHolder, wait: Duration, time: any TimeSource, stopper: Stopper
    ) async throws -> Held {
        let path = "\(store.lockFolder)/\(RunStore.fileName(clusterID))"
        let deadline = time.deadline(after: wait)
        do throws(SystemError) {
            try store.storage.makeFolders(store.lockFolder)
            while true {
                if let lock = try store.storage.lock("\(path).lock") {
                    let bytes = Array(JSON.text(holder.json(), pretty: true).utf8)
                    try store.storage.writeAtomically(bytes, to: "\(path).json")
                    return Held(lock)
                }
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

    /// Who held the lock last; it may be free by now.
    package static func holder(clusterID: String, store: RunStore) -> LockHolder? {
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
