import EventLoop
import Glibc
import RunEngine

/// A file system in memory that keeps every write in order, so that a test can stand at any instant of a run: before a
/// write, after it, or in the middle of one.
final class CrashStorage: RecordStorage {
    enum Operation: Sendable {
        case append(path: String, bytes: [UInt8])
        case truncate(path: String, length: Int)
        case replace(path: String, bytes: [UInt8])
    }

    /// A write, and how many effects there were when it began.
    struct Moment: Sendable {
        var operation: Operation
        var effects: Int
    }

    private struct State {
        var files: [String: [UInt8]] = [:]
        var moments: [Moment] = []
    }

    private let state: Locked<State>
    private let locks = MemoryLocks()
    private let effects: @Sendable () -> Int

    /// `effects`: how many there are by now.
    init(files: [String: [UInt8]] = [:], effects: @escaping @Sendable () -> Int = { 0 }) {
        state = Locked(State(files: files))
        self.effects = effects
    }

    var files: [String: [UInt8]] { state.withLock { $0.files } }
    var moments: [Moment] { state.withLock { $0.moments } }

    /// What stood on the disk after so many writes, and with `torn` so many bytes of the next one.
    static func image(
        of moments: [Moment], after count: Int, torn: Int = 0, on files: [String: [UInt8]] = [:]
    ) -> [String: [UInt8]] {
        let storage = CrashStorage(files: files)
        for moment in moments.prefix(count) { storage.perform(moment.operation) }
        if torn > 0, count < moments.count, case .append(let path, let bytes) = moments[count].operation {
            storage.perform(.append(path: path, bytes: Array(bytes.prefix(torn))))
        }
        return storage.files
    }

    private func perform(_ operation: Operation) {
        state.withLock { state in
            switch operation {
            case .append(let path, let bytes): state.files[path, default: []] += bytes
            case .truncate(let path, let length):
                let file = state.files[path] ?? []
                state.files[path] = Array(file.prefix(length))
            case .replace(let path, let bytes): state.files[path] = bytes
            }
        }
    }

    fileprivate func note(_ operation: Operation) {
        let count = effects()
        state.withLock { $0.moments.append(Moment(operation: operation, effects: count)) }
        perform(operation)
    }

    fileprivate func size(of path: String) -> Int { state.withLock { $0.files[path]?.count ?? 0 } }

    func makeFolders(_ path: String) throws(SystemError) {}
    func synchronizeFolder(_ path: String) throws(SystemError) {}

    func openForAppending(_ path: String, exclusive: Bool) throws(SystemError) -> any AppendTarget {
        if exclusive, state.withLock({ $0.files[path] }) != nil {
            throw SystemError(code: EEXIST, operation: "create", subject: path)
        }
        if state.withLock({ $0.files[path] }) == nil { note(.append(path: path, bytes: [])) }
        return Target(storage: self, path: path)
    }

    func writeAtomically(_ bytes: [UInt8], to path: String) throws(SystemError) {
        note(.replace(path: path, bytes: bytes))
    }

    func read(_ path: String) throws(SystemError) -> [UInt8] {
        guard let bytes = state.withLock({ $0.files[path] }) else {
            throw SystemError(code: ENOENT, operation: "open", subject: path)
        }
        return bytes
    }

    func list(_ path: String) throws(SystemError) -> [String] {
        let prefix = path + "/"
        let names = state.withLock { state in
            Set(
                state.files.keys.filter { $0.hasPrefix(prefix) }.compactMap {
                    $0.dropFirst(prefix.count).split(separator: "/").first.map(String.init)
                })
        }
        guard !names.isEmpty else { throw SystemError(code: ENOENT, operation: "open", subject: path) }
        return names.sorted()
    }

    func lock(_ path: String) throws(SystemError) -> (any HeldLock)? { try lockShared(path) }

    func lockShared(_ path: String) throws(SystemError) -> (any SharedFile)? {
        locks.take(
            path, read: { [self] in files[path] ?? [] }, write: { [self] in note(.replace(path: path, bytes: $0)) })
    }

    private final class Target: AppendTarget {
        let storage: CrashStorage
        let path: String

        init(storage: CrashStorage, path: String) {
            self.storage = storage
            self.path = path
        }

        func append(_ bytes: [UInt8]) throws(SystemError) { storage.note(.append(path: path, bytes: bytes)) }
        func synchronize() throws(SystemError) {}
        func size() throws(SystemError) -> Int { storage.size(of: path) }
        func truncate(to length: Int) throws(SystemError) { storage.note(.truncate(path: path, length: length)) }
    }
}
