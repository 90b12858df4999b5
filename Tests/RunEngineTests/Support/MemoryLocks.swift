import EventLoop
import RunEngine

/// Locks of a storage in memory, by path: one has each at a time.
final class MemoryLocks: Sendable {
    private let held = Locked<Set<String>>([])

    /// Nil: somebody has it. What is read of and written to the file that is locked goes through the two.
    func take(
        _ path: String, read: @escaping @Sendable () -> [UInt8] = { [] },
        write: @escaping @Sendable ([UInt8]) -> Void = { _ in }
    ) -> (any SharedFile)? {
        guard held.withLock({ $0.insert(path).inserted }) else { return nil }
        return File(locks: self, path: path, read: read, write: write)
    }

    private final class File: SharedFile {
        let locks: MemoryLocks
        let path: String
        let read: @Sendable () -> [UInt8]
        let write: @Sendable ([UInt8]) -> Void

        init(
            locks: MemoryLocks, path: String, read: @escaping @Sendable () -> [UInt8],
            write: @escaping @Sendable ([UInt8]) -> Void
        ) {
            self.locks = locks
            self.path = path
            self.read = read
            self.write = write
        }

        func contents(limit: Int) throws(SystemError) -> [UInt8] { read() }
        func replaceContents(_ bytes: [UInt8]) throws(SystemError) { write(bytes) }

        deinit { _ = locks.held.withLock { $0.remove(path) } }
    }
}
