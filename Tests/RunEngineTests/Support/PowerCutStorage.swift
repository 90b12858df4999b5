import EventLoop
import Glibc
import RunEngine

/// A file system in memory that knows what is on the disk and what is only written: what a sync has not covered may be there
/// after a loss of power, in part, or not at all.
///
/// As on a disk: `synchronize` covers a file's content, `synchronizeFolder` the names in a folder. `writeAtomically` is a file
/// of its own, its content synced, renamed, the folder synced. Folders are durable once made (`DiskStorage`).
final class PowerCutStorage: RecordStorage {
    enum Operation: Sendable {
        case create(file: Int, path: String)
        case rename(file: Int, path: String)
        case append(file: Int, bytes: [UInt8])
        case truncate(file: Int, length: Int)
        case synchronize(file: Int)
        case synchronizeFolder(String)
    }

    struct Moment: Sendable {
        var operation: Operation
        /// How many effects there were when it began.
        var effects: Int
    }

    private struct State {
        var names: [String: Int] = [:]
        var contents: [[UInt8]] = []
        var moments: [Moment] = []
    }

    private let state = Locked(State())
    private let locks = MemoryLocks()
    private let effects: @Sendable () -> Int

    init(effects: @escaping @Sendable () -> Int) { self.effects = effects }

    var moments: [Moment] { state.withLock { $0.moments } }

    private func note(_ operation: Operation) {
        let count = effects()
        state.withLock { $0.moments.append(Moment(operation: operation, effects: count)) }
    }

    private func make(_ path: String, named: Bool) -> Int {
        let file = state.withLock { state in
            state.contents.append([])
            if named { state.names[path] = state.contents.count - 1 }
            return state.contents.count - 1
        }
        note(.create(file: file, path: path))
        return file
    }

    fileprivate func append(_ bytes: [UInt8], to file: Int) {
        state.withLock { $0.contents[file] += bytes }
        note(.append(file: file, bytes: bytes))
    }

    fileprivate func truncate(_ file: Int, to length: Int) {
        state.withLock { $0.contents[file].removeSubrange(min(length, $0.contents[file].count)...) }
        note(.truncate(file: file, length: length))
    }

    fileprivate func synchronize(_ file: Int) { note(.synchronize(file: file)) }
    fileprivate func size(_ file: Int) -> Int { state.withLock { $0.contents[file].count } }

    func makeFolders(_ path: String) throws(SystemError) {}
    func synchronizeFolder(_ path: String) throws(SystemError) { note(.synchronizeFolder(path)) }

    func openForAppending(_ path: String, exclusive: Bool) throws(SystemError) -> any AppendTarget {
        let known = state.withLock { $0.names[path] }
        if exclusive, known != nil { throw SystemError(code: EEXIST, operation: "create", subject: path) }
        return Target(storage: self, file: known ?? make(path, named: true))
    }

    func writeAtomically(_ bytes: [UInt8], to path: String) throws(SystemError) {
        let file = make("\(path).tmp", named: false)
        append(bytes, to: file)
        synchronize(file)
        state.withLock { $0.names[path] = file }
        note(.rename(file: file, path: path))
        note(.synchronizeFolder(Files.folder(of: path)))
    }

    func read(_ path: String) throws(SystemError) -> [UInt8] {
        guard let bytes = state.withLock({ state in state.names[path].map { state.contents[$0] } }) else {
            throw SystemError(code: ENOENT, operation: "open", subject: path)
        }
        return bytes
    }

    func list(_ path: String) throws(SystemError) -> [String] {
        throw SystemError(code: ENOENT, operation: "open", subject: path)
    }

    /// What stands in a folder of all users is no record.
    func lock(_ path: String) throws(SystemError) -> (any HeldLock)? { locks.take(path) }
    func lockShared(_ path: String) throws(SystemError) -> (any SharedFile)? { locks.take(path) }

    private final class Target: AppendTarget {
        let storage: PowerCutStorage
        let file: Int

        init(storage: PowerCutStorage, file: Int) {
            self.storage = storage
            self.file = file
        }

        func append(_ bytes: [UInt8]) throws(SystemError) { storage.append(bytes, to: file) }
        func synchronize() throws(SystemError) { storage.synchronize(file) }
        func size() throws(SystemError) -> Int { storage.size(file) }
        func truncate(to length: Int) throws(SystemError) { storage.truncate(file, to: length) }
    }
}
