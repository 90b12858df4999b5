import EventLoop
import Glibc

/// Appends a line to a file: on another disk, on a mount of another machine.
package struct CheckpointFile: CheckpointSink {
    package let name: String
    private let path: String
    /// Around the line, where people read the file.
    private let frame: (before: String, after: String)

    package init(name: String, path: String, before: String = "", after: String = "") {
        self.name = name
        self.path = path
        frame = (before, after)
    }

    package func keep(_ checkpoint: AuditCheckpoint) async throws {
        do throws(SystemError) {
            let file = try AppendFile(path: path, create: true, exclusive: false, mode: 0o600)
            // A line that was torn off stays one of its own.
            let start = Self.endsInLine(path, try file.size()) ? "" : "\n"
            try file.append(Array((start + frame.before + checkpoint.line + frame.after + "\n").utf8))
            try file.synchronize()
        } catch {
            throw StepFailure(.failed, "\(path): \(error.reason)")
        }
    }
}

extension CheckpointFile {
    /// The last byte ends a line, or there is none. What cannot be read counts as torn: an empty line does no harm.
    private static func endsInLine(_ path: String, _ size: Int) -> Bool {
        guard size > 0 else { return true }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var last: UInt8 = 0
        return pread(descriptor, &last, 1, off_t(size - 1)) == 1 && last == UInt8(ascii: "\n")
    }
}

/// Sends the line to the system's log, which journald and every syslog listen to at one socket.
package struct CheckpointSystemLog: CheckpointSink {
    package static let path = "/dev/log"
    /// Facility 13 (log audit), severity 5 (notice), as in RFC 5424.
    private static let priority = 13 * 8 + 5

    package let name: String
    private let path: String

    package init(name: String, path: String = CheckpointSystemLog.path) {
        self.name = name
        self.path = path
    }

    package func keep(_ checkpoint: AuditCheckpoint) async throws {
        if let problem = send("<\(Self.priority)>opsrun[\(getpid())]: \(checkpoint.line)") {
            throw StepFailure(.failed, "\(path): \(SystemError.reason(of: problem))")
        }
    }

    /// The errno of what failed.
    private func send(_ message: String) -> CInt? {
        let descriptor = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return errno }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return ENAMETOOLONG }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let sent = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic -> Int in
                var message = message
                return message.withUTF8 { text in
                    sendto(
                        descriptor, text.baseAddress, text.count, CInt(MSG_DONTWAIT) | CInt(MSG_NOSIGNAL),
                        generic, length)
                }
            }
        }
        return sent == message.utf8.count ? nil : (sent < 0 ? errno : EMSGSIZE)
    }
}
