import EventLoop
import Glibc
import RunEngine

/// The traces of a job of this machine (`JobScript`). Everything here blocks for as long as the disk takes.
struct JobFiles: Sendable {
    let folder: String
    let prefix: String

    init(_ job: ProcessJob) {
        folder = job.folder
        prefix = "\(job.folder)/\(job.name)"
    }

    func path(of stream: ProcessStream) -> String { stream == .output ? "\(prefix).out" : "\(prefix).err" }

    /// Makes the folder, and the file that the program reads.
    func prepare(input: [UInt8]?) throws(SystemError) {
        try Files.makeFolders(folder)
        guard let input else { return }
        // Not durable: a program whose machine is gone reads nothing more.
        try Files.writeNew(input, to: "\(prefix).in")
    }

    /// Whether the folder is there already.
    var hasFolder: Bool { access(folder, W_OK) == 0 }

    /// Whether the program said nothing.
    var isSilent: Bool {
        [ProcessStream.output, .errors].allSatisfy { stream in
            var info = stat()
            return stat(path(of: stream), &info) != 0 || info.st_size == 0
        }
    }

    func removeInput() { unlink("\(prefix).in") }

    /// What is kept of a stream, and how much there was.
    func kept(_ stream: ProcessStream, _ limit: OutputLimit) -> KeptOutput {
        let file = open(path(of: stream), O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return KeptOutput("") }
        defer { close(file) }
        var info = stat()
        guard fstat(file, &info) == 0, info.st_size > 0 else { return KeptOutput("") }
        let size = Int(clamping: info.st_size)
        guard size > limit.head + limit.tail else {
            return KeptOutput(bytes: Self.read(file, from: 0, upTo: size), totalBytes: size)
        }
        let head = Self.read(file, from: 0, upTo: limit.head)
        let tail = Self.read(file, from: size - limit.tail, upTo: limit.tail)
        return KeptOutput(bytes: head + tail, totalBytes: size, gap: head.count)
    }

    static func read(_ file: CInt, from start: Int, upTo count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let more = bytes.withUnsafeMutableBytes { buffer in
                pread(
                    file, UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]).baseAddress, count - filled,
                    off_t(start + filled))
            }
            if more < 0, errno == EINTR { continue }
            guard more > 0 else { break }
            filled += more
        }
        return Array(bytes.prefix(filled))
    }
}

/// Follows what a job of this machine says while it runs: lines for people, and a bound on what it leaves on the disk.
///
/// The result is read from the files at the end (`JobFiles.kept`); nothing of it hangs on what was seen here.
final class JobFollower: Sendable {
    /// Bytes of one look that are shown; what came beyond them since the last look is passed over.
    static let shownBytes = 64 << 10

    private struct Progress {
        var seen: [ProcessStream: Int] = [:]
        var emptied: [ProcessStream: Int] = [:]
        var isAsked = false
    }

    private let files: JobFiles
    private let observe: (@Sendable (ProcessStream, [UInt8]) -> Void)?
    private let progress = Locked(Progress())

    init(_ files: JobFiles, _ observe: (@Sendable (ProcessStream, [UInt8]) -> Void)?) {
        self.files = files
        self.observe = observe
    }

    /// Looks soon, on the thread for that: once, however often it is asked meanwhile.
    func lookSoon() {
        let isFirst = progress.withLock { progress in
            defer { progress.isAsked = true }
            return !progress.isAsked
        }
        guard isFirst else { return }
        let isQueued = ProcessSettings.disk.submit {
            self.look()
            self.progress.withLock { $0.isAsked = false }
        }
        if !isQueued { progress.withLock { $0.isAsked = false } }
    }

    /// Shows what is new. Blocks.
    func look() {
        for stream in [ProcessStream.output, .errors] { look(at: stream) }
    }

    private func look(at stream: ProcessStream) {
        let path = files.path(of: stream)
        var info = stat()
        guard stat(path, &info) == 0 else { return }
        let size = Int(clamping: info.st_size)
        let seen = progress.withLock { $0.seen[stream] ?? 0 }
        guard size > seen else { return }
        if let observe {
            let file = open(path, O_RDONLY | O_CLOEXEC)
            guard file >= 0 else { return }
            let start = max(seen, size - Self.shownBytes)
            let bytes = JobFiles.read(file, from: start, upTo: size - start)
            close(file)
            observe(stream, start > seen ? Self.afterSkip(bytes) : bytes)
        }
        progress.withLock { $0.seen[stream] = size }
        empty(stream, size)
    }

    /// What was passed over has ended a line in its middle, and begun another one: the first is closed as cut, what is left of the
    /// second is left out.
    private static func afterSkip(_ bytes: [UInt8]) -> [UInt8] {
        let end = Array("\(SecretMask.cut)\n".utf8)
        guard let start = bytes.firstIndex(of: UInt8(ascii: "\n")) else { return end }
        return end + bytes[(start + 1)...]
    }

    /// Gives the middle of a long stream back to the disk, where the file system can (ext4, xfs, btrfs, tmpfs).
    private func empty(_ stream: ProcessStream, _ size: Int) {
        let end = size - JobScript.keptBytes / 2
        let start = progress.withLock { $0.emptied[stream] ?? JobScript.keptHead }
        guard size > JobScript.keptBytes, end - start > JobScript.keptBytes / 2 else { return }
        if Files.punchHole(start..<end, in: files.path(of: stream)) { progress.withLock { $0.emptied[stream] = end } }
    }
}
