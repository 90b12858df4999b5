package import EventLoop
import Glibc

/// The few things that records ask of a file system, so that tests can make each of them fail.
///
/// All calls block: they run on the recorder's thread, or before a run begins.
package protocol RecordStorage: Sendable {
    /// Durably.
    func makeFolders(_ path: String) throws(SystemError)
    func openForAppending(_ path: String, exclusive: Bool) throws(SystemError) -> any AppendTarget
    func writeAtomically(_ bytes: [UInt8], to path: String) throws(SystemError)
    func synchronizeFolder(_ path: String) throws(SystemError)
    func read(_ path: String) throws(SystemError) -> [UInt8]
    /// What stands in the file from a place on; nothing where it is shorter.
    func read(_ path: String, from offset: Int) throws(SystemError) -> [UInt8]
    func list(_ path: String) throws(SystemError) -> [String]
    /// Nil: another holder has it.
    func lock(_ path: String) throws(SystemError) -> (any HeldLock)?
    /// As `lock`, in a folder that all users of the machine write to; the file can be read and replaced while it is held.
    func lockShared(_ path: String) throws(SystemError) -> (any SharedFile)?
}

/// A file that only grows.
package protocol AppendTarget: AnyObject, Sendable {
    func append(_ bytes: [UInt8]) throws(SystemError)
    func synchronize() throws(SystemError)
    func size() throws(SystemError) -> Int
    func truncate(to length: Int) throws(SystemError)
}

/// Held until it goes away.
package protocol HeldLock: AnyObject, Sendable {}

/// A file of several users, while no other of them has it.
package protocol SharedFile: HeldLock {
    func contents(limit: Int) throws(SystemError) -> [UInt8]
    func replaceContents(_ bytes: [UInt8]) throws(SystemError)
}

extension RecordStorage {
    package func read(_ path: String, from offset: Int) throws(SystemError) -> [UInt8] {
        Array(try read(path).dropFirst(offset))
    }
}

extension SystemError {
    /// True when a file or folder is not there.
    var isMissing: Bool { code == ENOENT || code == ENOTDIR }
}

/// The real file system. Folders are made with mode 0700, files with 0600.
package struct DiskStorage: RecordStorage {
    /// Records larger than this are not read back.
    package static let readLimit = 1 << 30

    package init() {}

    package func makeFolders(_ path: String) throws(SystemError) {
        try Files.makeFolders(path, mode: 0o700, isDurable: true)
    }

    package func openForAppending(_ path: String, exclusive: Bool) throws(SystemError) -> any AppendTarget {
        DiskAppendTarget(try AppendFile(path: path, create: true, exclusive: exclusive, mode: 0o600))
    }

    package func writeAtomically(_ bytes: [UInt8], to path: String) throws(SystemError) {
        try Files.writeAtomically(bytes, to: path, mode: 0o600)
    }

    package func synchronizeFolder(_ path: String) throws(SystemError) { try Files.synchronizeFolder(path) }

    package func read(_ path: String) throws(SystemError) -> [UInt8] {
        try read(path, from: 0)
    }

    package func read(_ path: String, from offset: Int) throws(SystemError) -> [UInt8] {
        try Files.read(path, limit: Self.readLimit, from: offset)
    }

    package func list(_ path: String) throws(SystemError) -> [String] { try Files.list(path) }

    package func lock(_ path: String) throws(SystemError) -> (any HeldLock)? {
        guard let lock = try FileLock.take(path) else { return nil }
        return DiskLock(lock)
    }

    package func lockShared(_ path: String) throws(SystemError) -> (any SharedFile)? {
        guard let lock = try FileLock.takeShared(path) else { return nil }
        return DiskLock(lock)
    }
}

private final class DiskAppendTarget: AppendTarget {
    private let file: AppendFile

    init(_ file: consuming AppendFile) { self.file = file }

    func append(_ bytes: [UInt8]) throws(SystemError) { try file.append(bytes) }
    func synchronize() throws(SystemError) { try file.synchronize() }
    func size() throws(SystemError) -> Int { try file.size() }
    func truncate(to length: Int) throws(SystemError) { try file.truncate(to: length) }
}

private final class DiskLock: SharedFile {
    private let lock: FileLock

    init(_ lock: consuming FileLock) { self.lock = lock }

    func contents(limit: Int) throws(SystemError) -> [UInt8] { try lock.contents(limit: limit) }
    func replaceContents(_ bytes: [UInt8]) throws(SystemError) { try lock.replaceContents(bytes) }
}
