import EventLoop
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
    /// The folder that its records are in; empty where an older opsrun wrote it.
    package var state: String

    package init(
        runID: String, playbook: String, user: String, host: String, pid: Int, startTime: String, bootID: String,
        since: Timestamp, state: String = ""
    ) {
        self.runID = runID
        self.playbook = playbook
        self.user = user
        self.host = host
        self.pid = pid
        self.startTime = startTime
        self.bootID = bootID
        self.since = since
        self.state = state
    }

    package func json() -> ValueMap {
        [
            "run": .string(runID), "playbook": .string(playbook), "user": .string(user), "host": .string(host),
            "pid": .int(Int64(pid)), "start_time": .string(startTime), "boot_id": .string(bootID),
            "since": .timestamp(since), "state_folder": .string(state),
        ]
    }

    /// Another user may have written it: control characters and long texts are left out.
    package init?(json: Value) {
        guard let run = Self.text(json, "run") else { return nil }
        self.init(
            runID: run, playbook: Self.text(json, "playbook") ?? "", user: Self.text(json, "user") ?? "",
            host: Self.text(json, "host") ?? "", pid: Int(clamping: json["pid"]?.intValue ?? 0),
            startTime: Self.text(json, "start_time") ?? "", bootID: Self.text(json, "boot_id") ?? "",
            since: json["since"]?.stringValue.flatMap(Timestamp.init(rfc3339Text:)) ?? Timestamp(milliseconds: 0),
            state: Self.text(json, "state_folder") ?? "")
    }

    /// A text of somebody else's, bounded and without control characters.
    static func text(_ json: Value, _ name: String) -> String? {
        json[name]?.stringValue.map { text in
            String(
                String.UnicodeScalarView(
                    text.unicodeScalars.prefix(textLimit).filter { $0.properties.generalCategory != .control }))
        }
    }

    private static let textLimit = 256

    /// `run 0190… of rolling-upgrade.yml, by anna on ops-1, pid 4711, since 2026-…`.
    package var description: String {
        "run \(runID) of \(playbook), by \(user) on \(host), pid \(pid), since \(since)"
    }

    /// Whether it is proven that the process is gone: it ran on this machine, and either that has booted since or no process
    /// of its pid and its start is there. False where nobody can tell.
    package func isGone(from host: String, bootID present: String) -> Bool {
        guard self.host == host, !bootID.isEmpty, !present.isEmpty, !startTime.isEmpty else { return false }
        guard bootID == present else { return true }
        return ProcessIdentity.startTime(of: pid) != startTime
    }
}

/// What tells this process from every other one.
package struct ProcessIdentity: Sendable {
    package var pid: Int
    package var startTime: String
    package var bootID: String

    /// Read from `/proc`; empty texts where it cannot be read.
    package static func current(pid: Int) -> ProcessIdentity {
        ProcessIdentity(pid: pid, startTime: startTime(at: "/proc/self/stat") ?? "", bootID: currentBootID)
    }

    /// Of the machine's present boot; empty where it cannot be read.
    package static var currentBootID: String {
        let boot = (try? Files.read("/proc/sys/kernel/random/boot_id", limit: 1024)) ?? []
        return String(decoding: boot.filter { $0 > 0x20 }, as: UTF8.self)
    }

    /// Nil: there is no such process.
    static func startTime(of pid: Int) -> String? { startTime(at: "/proc/\(pid)/stat") }

    private static func startTime(at path: String) -> String? {
        guard let stat = try? Files.read(path, limit: 65_536) else { return nil }
        // The name (field 2) may hold spaces and brackets; fields are counted from the last bracket. Field 22 is the start.
        let afterName = stat.lastIndex(of: UInt8(ascii: ")")).map { stat[($0 + 1)...] } ?? []
        let fields = String(decoding: afterName, as: UTF8.self).split(separator: " ")
        return fields.count > 19 ? String(fields[19]) : nil
    }
}
