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

    /// Takes the lock on a file in a folder that all users of the machine write to (mode 1777), making it for all of them if
    /// need be. Nil: another holder has it.
    ///
    /// Whoever may write to the folder may have put anything there: links are not followed, and only a plain file with one
    /// name is taken.
    package static func takeShared(_ path: String) throws(SystemError) -> FileLock? {
        // An open that may make the file is refused by the kernel, in such a folder, where the file is another user's.
        for _ in 0..<sharedAttempts {
            let opened = open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
            if opened >= 0 { return try lockShared(opened, path) }
            guard errno == ENOENT else { throw .current("open", path) }
            let made = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, sharedMode)
            if made >= 0 {
                // Whatever the umask says.
                fchmod(made, sharedMode)
                return try lockShared(made, path)
            }
            guard errno == EEXIST else { throw .current("create", path) }
        }
        throw SystemError(code: EAGAIN, operation: "create", subject: path)
    }

    private static func lockShared(_ descriptor: CInt, _ path: String) throws(SystemError) -> FileLock? {
        var info = stat()
        guard fstat(descriptor, &info) == 0, info.st_mode & S_IFMT == S_IFREG, info.st_nlink == 1 else {
            close(descriptor)
            throw SystemError(code: EINVAL, operation: "lock what is no plain file", subject: path)
        }
        let code = csystem_lock_file(descriptor, 1)
        if code == 0 { return FileLock(path: path, descriptor: descriptor) }
        close(descriptor)
        if code == EWOULDBLOCK { return nil }
        throw SystemError(code: code, operation: "lock", subject: path)
    }

    private static let sharedMode: mode_t = 0o666
    private static let sharedAttempts = 10

    /// What the locked file says; fails with `EFBIG` when that is more than `limit` bytes.
    package func contents(limit: Int) throws(SystemError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        var length = 0
        while length < bytes.count {
            let count = bytes.withUnsafeMutableBytes { buffer in
                pread(descriptor, buffer.baseAddress?.advanced(by: length), buffer.count - length, off_t(length))
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw .current("read", path)
            }
            if count == 0 { break }
            length += count
        }
        guard length <= limit else { throw SystemError(code: EFBIG, operation: "read", subject: path) }
        return Array(bytes.prefix(length))
    }

    /// Replaces what the locked file says, in one write: a process that is killed leaves the old text or the new one. Not kept
    /// when the power goes.
    package func replaceContents(_ bytes: [UInt8]) throws(SystemError) {
        guard pwrite(descriptor, bytes, bytes.count, 0) == bytes.count, ftruncate(descriptor, off_t(bytes.count)) == 0
        else {
            throw .current("write", path)
        }
    }

    private init(path: String, descriptor: CInt) {
        self.path = path
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }
}
