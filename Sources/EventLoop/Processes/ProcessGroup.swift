import Glibc

/// Asks about a process group.
enum ProcessGroup {
    /// What of `/proc/PID/stat` is read: the name in it is at most 16 bytes, and what is asked for stands right behind.
    private static let statLength = 256

    /// Whether a member of the group still runs. A dead one that its parent has not collected does not: it can do nothing
    /// more, and where the first process of a container collects nobody's children it stays for ever.
    static func isAlive(_ group: pid_t) -> Bool {
        if kill(-group, 0) != 0, errno == ESRCH { return false }
        guard let folder = opendir("/proc") else { return true }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let process = pid_t(name), process > 0, let (state, itsGroup) = stat(of: process) else { continue }
            if itsGroup == group, state != UInt8(ascii: "Z"), state != UInt8(ascii: "X") { return true }
        }
        return false
    }

    /// State and group of a process; nil when it is gone.
    private static func stat(of process: pid_t) -> (UInt8, pid_t)? {
        let file = open("/proc/\(process)/stat", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: statLength)
        let count = bytes.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
        // `PID (name) state parent group …`; the name may hold blanks and brackets.
        guard count > 0, let end = bytes.prefix(count).lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = bytes[(end + 1)..<count].split(separator: UInt8(ascii: " "), maxSplits: 3)
        guard fields.count > 2, let state = fields[0].first else { return nil }
        return pid_t(String(decoding: fields[2], as: UTF8.self)).map { (state, $0) }
    }
}
