internal import CSystem
import Glibc

/// An advisory lock on a file (flock), held as long as the value lives. The kernel drops it when the process dies.
package struct FileLock: ~Copyable, Sendable {
    package let path: String
    private let descriptor: CInt

    /// Takes the lock, making the file if need be. Nil: another process, or another holder in this one, has it.
    package static func take(_ path: String, exclusive: Bool = true) throws(SystemError) -> FileLock? {
        let opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard opened >= 0 else { throw .current("open", path) }
        let code = csystem_lock_file(opened, exclusive ? 1 : 0)
        if code == 0 { return FileLock(path: path, descriptor: opened) }
        close(opened)
        if code == EWOULDBLOCK { return nil }
        throw SystemError(code: code, operation: "lock", subject: path)
    }

    private init(path: String, descriptor: CInt) {
        self.path = path
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }
}
