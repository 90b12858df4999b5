internal import CSystem
import Glibc

/// Whose a file is.
package struct FileOwner: Sendable, Hashable {
    package var user: UInt32
    package var group: UInt32

    package init(user: UInt32, group: UInt32) {
        self.user = user
        self.group = group
    }
}

/// Small helpers over files. They block: call them on a `BlockingThread`, or before anything else runs.
package enum Files {
    /// The content of a file; fails with `EFBIG` when it has more than `limit` bytes, and with `EINVAL` for a named pipe, a
    /// socket or a device, which could keep the reader waiting for ever. `offset`: what stands before it is left out.
    package static func read(_ path: String, limit: Int, from offset: Int = 0) throws(SystemError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .current("open", path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .current("look at", path) }
        let kind = status.st_mode & S_IFMT
        guard kind == S_IFREG || kind == S_IFDIR else {
            throw SystemError(code: EINVAL, operation: "read", subject: path)
        }
        guard offset == 0 || lseek(descriptor, off_t(offset), SEEK_SET) >= 0 else { throw .current("read", path) }
        var content: [UInt8] = []
        content.reserveCapacity(max(0, min(Int(status.st_size) - offset, limit)))
        var chunk = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw .current("read", path)
            }
            if count == 0 { return content }
            guard content.count + count <= limit else {
                throw SystemError(code: EFBIG, operation: "read", subject: path)
            }
            content.append(contentsOf: chunk.prefix(count))
        }
    }

    /// Replaces a file as a whole: a reader, also one after a crash, sees the old content or the new one.
    ///
    /// 1. The bytes go into a new file beside it, which gets `owner` where one is given, and exactly `mode`. 2. fsync.
    /// 3. rename. 4. fsync of the folder.
    package static func writeAtomically(
        _ bytes: [UInt8], to path: String, mode: UInt32 = 0o600, owner: FileOwner? = nil
    ) throws(SystemError) {
        let temporary = "\(path).\(getpid()).\(UInt32.random(in: .min ... .max)).tmp"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode & 0o600)
        guard descriptor >= 0 else { throw .current("create", temporary) }
        do throws(SystemError) {
            defer { close(descriptor) }
            try writeAll(bytes, to: descriptor, path: temporary)
            if let owner, owner != FileOwner(user: geteuid(), group: getegid()) {
                guard fchown(descriptor, owner.user, owner.group) == 0 else {
                    throw .current("keep the owner of", path)
                }
            }
            // After the owner: giving a file away takes its set-id bits.
            guard fchmod(descriptor, mode) == 0 else { throw .current("set the mode of", path) }
            guard fsync(descriptor) == 0 else { throw .current("fsync", temporary) }
        } catch {
            unlink(temporary)
            throw error
        }
        guard rename(temporary, path) == 0 else {
            let error = SystemError.current("rename \(temporary) to", path)
            unlink(temporary)
            throw error
        }
        try synchronizeFolder(folder(of: path))
    }

    /// Makes a file that must not be there yet. Not durable: for what nobody needs after a loss of power.
    package static func writeNew(_ bytes: [UInt8], to path: String, mode: UInt32 = 0o600) throws(SystemError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw .current("create", path) }
        defer { close(descriptor) }
        try writeAll(bytes, to: descriptor, path: path)
    }

    /// Gives bytes of a file back to the disk; they read as zeros from now on. False where the file system cannot.
    package static func punchHole(_ range: Range<Int>, in path: String) -> Bool {
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return csystem_punch_hole(descriptor, Int64(range.lowerBound), Int64(range.count)) == 0
    }

    /// Takes a file away for good; one that is not there is no error.
    package static func removeIfThere(_ path: String) throws(SystemError) {
        guard unlink(path) == 0 else {
            if errno == ENOENT { return }
            throw .current("remove", path)
        }
        try synchronizeFolder(folder(of: path))
    }

    /// Makes a folder and those above it. `isDurable`: the names of those that were made are on the disk when it returns.
    package static func makeFolders(
        _ path: String, mode: UInt32 = 0o700, isDurable: Bool = false
    ) throws(SystemError) {
        var isMade = mkdir(path, mode) == 0
        if !isMade, errno == ENOENT, folder(of: path) != path {
            try makeFolders(folder(of: path), mode: mode, isDurable: isDurable)
            isMade = mkdir(path, mode) == 0
        }
        if isMade {
            if isDurable { try synchronizeFolder(folder(of: path)) }
            return
        }
        var info = stat()
        guard errno == EEXIST, stat(path, &info) == 0, info.st_mode & S_IFMT == S_IFDIR else {
            throw .current("create the folder", path)
        }
    }

    /// Makes the names in a folder durable.
    package static func synchronizeFolder(_ path: String) throws(SystemError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .current("open the folder", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .current("fsync the folder", path) }
    }

    /// The names in a folder, sorted, without `.` and `..`.
    package static func list(_ path: String) throws(SystemError) -> [String] {
        guard let folder = opendir(path) else { throw .current("list", path) }
        defer { closedir(folder) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(folder) else {
                guard errno == 0 else { throw .current("list", path) }
                return names.sorted()
            }
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
    }

    /// The folder that holds `path`.
    package static func folder(of path: String) -> String {
        var path = path[...]
        while path.count > 1, path.last == "/" { path.removeLast() }
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    static func writeAll(_ bytes: some Collection<UInt8>, to descriptor: CInt, path: String) throws(SystemError) {
        let code = Array(bytes).withUnsafeBytes { buffer -> CInt in
            var rest = buffer[...]
            while !rest.isEmpty {
                let part = UnsafeRawBufferPointer(rebasing: rest)
                let count = write(descriptor, part.baseAddress, part.count)
                if count < 0 {
                    if errno == EINTR { continue }
                    return errno
                }
                rest = rest.dropFirst(count)
            }
            return 0
        }
        guard code == 0 else { throw SystemError(code: code, operation: "write", subject: path) }
    }
}
