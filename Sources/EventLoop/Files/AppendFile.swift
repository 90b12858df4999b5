import Glibc

/// A file that only grows: a journal. Its calls block.
///
/// After a failed `append` or `synchronize` the content behind the last success is not known: the holder stops, and does
/// not retry on the same descriptor (a second fsync may report success for pages the first one lost).
package struct AppendFile: ~Copyable, Sendable {
    package let path: String
    private let descriptor: CInt

    /// Opens or, with `create`, makes the file. The caller makes a new name durable with `Files.synchronizeFolder`.
    package init(path: String, create: Bool, exclusive: Bool = false, mode: UInt32 = 0o600) throws(SystemError) {
        var flags = O_WRONLY | O_APPEND | O_CLOEXEC
        if create { flags |= O_CREAT }
        if exclusive { flags |= O_EXCL }
        let opened = open(path, flags, mode)
        guard opened >= 0 else { throw .current(create ? "create" : "open", path) }
        descriptor = opened
        self.path = path
    }

    deinit { close(descriptor) }

    /// Writes all bytes at the end.
    package func append(_ bytes: [UInt8]) throws(SystemError) {
        try Files.writeAll(bytes, to: descriptor, path: path)
    }

    /// Returns when the content is on the disk (fdatasync).
    package func synchronize() throws(SystemError) {
        guard fdatasync(descriptor) == 0 else { throw .current("fdatasync", path) }
    }

    /// Cuts a torn end off.
    package func truncate(to length: Int) throws(SystemError) {
        guard ftruncate(descriptor, off_t(length)) == 0 else { throw .current("truncate", path) }
    }

    package func size() throws(SystemError) -> Int {
        var info = stat()
        guard fstat(descriptor, &info) == 0 else { throw .current("stat", path) }
        return Int(info.st_size)
    }
}
