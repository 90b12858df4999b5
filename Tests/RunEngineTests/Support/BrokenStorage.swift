import EventLoop
import Glibc
import RunEngine

/// A disk whose k-th write, sync or rename fails, and all after it: nothing may be done once that has happened.
final class BrokenStorage: RecordStorage {
    private struct State {
        var operations = 0
        var syncs = 0
        var hasFailed = false
        var firstFailed = ""
    }

    private let disk = DiskStorage()
    private let failsAt: Int
    private let code: CInt
    private let state = Locked(State())

    init(failsAt: Int, code: CInt) {
        self.failsAt = failsAt
        self.code = code
    }

    var operations: Int { state.withLock { $0.operations } }
    /// Syncs of files: of the journal and the audit log.
    var syncs: Int { state.withLock { $0.syncs } }
    /// Where the first write failed.
    var firstFailed: String { state.withLock { $0.firstFailed } }
    var hasFailed: Bool { state.withLock { $0.hasFailed } }

    fileprivate func count(_ operation: String, _ path: String) throws(SystemError) {
        let fails = state.withLock { state in
            state.operations += 1
            if operation == "fdatasync" { state.syncs += 1 }
            if state.operations >= failsAt, !state.hasFailed {
                state.hasFailed = true
                state.firstFailed = path
            }
            return state.hasFailed
        }
        if fails { throw SystemError(code: code, operation: operation, subject: path) }
    }

    func makeFolders(_ path: String) throws(SystemError) {
        try count("create the folder", path)
        try disk.makeFolders(path)
    }

    func openForAppending(_ path: String, exclusive: Bool) throws(SystemError) -> any AppendTarget {
        try count("create", path)
        return Target(storage: self, path: path, target: try disk.openForAppending(path, exclusive: exclusive))
    }

    func writeAtomically(_ bytes: [UInt8], to path: String) throws(SystemError) {
        try count("write", path)
        try disk.writeAtomically(bytes, to: path)
    }

    func synchronizeFolder(_ path: String) throws(SystemError) {
        try count("fsync the folder", path)
        try disk.synchronizeFolder(path)
    }

    func read(_ path: String) throws(SystemError) -> [UInt8] { try disk.read(path) }
    func list(_ path: String) throws(SystemError) -> [String] { try disk.list(path) }

    func lock(_ path: String) throws(SystemError) -> (any HeldLock)? {
        try count("lock", path)
        return try disk.lock(path)
    }

    func lockShared(_ path: String) throws(SystemError) -> (any SharedFile)? {
        try count("lock", path)
        return try disk.lockShared(path)
    }

    private final class Target: AppendTarget {
        let storage: BrokenStorage
        let path: String
        let target: any AppendTarget

        init(storage: BrokenStorage, path: String, target: any AppendTarget) {
            self.storage = storage
            self.path = path
            self.target = target
        }

        func append(_ bytes: [UInt8]) throws(SystemError) {
            do throws(SystemError) {
                try storage.count("write", path)
            } catch {
                // A full disk takes part of a write.
                try? target.append(Array(bytes.prefix(bytes.count / 2)))
                throw error
            }
            try target.append(bytes)
        }

        func synchronize() throws(SystemError) {
            try storage.count("fdatasync", path)
            try target.synchronize()
        }

        func size() throws(SystemError) -> Int { try target.size() }
        func truncate(to length: Int) throws(SystemError) { try target.truncate(to: length) }
    }
}
