import EventLoop
import Glibc
import RunEngine
import Values

/// Files of a host: looked at and replaced as a whole, directly on this machine, by small programs elsewhere.
struct HostFiles: Sendable {
    /// Bytes of a file that is copied.
    static let sizeLimit = 64 << 20
    /// How long looking at or writing one file may take over a connection.
    static let timeout: Duration = .seconds(120)

    private let shell: any HostShell
    private let context: ReadContext

    init(_ shell: any HostShell, _ context: ReadContext) {
        self.shell = shell
        self.context = context
    }

    private var isDirect: Bool { shell.isLocal && context.becomeUser == nil }

    func exists(_ path: String) async throws(StepFailure) -> Bool {
        let path = context.path(path, on: shell)
        guard isDirect else { return try await test(["test", "-e", path]) }
        return try await blocking {
            var info = stat()
            return .success(stat(path, &info) == 0)
        }
    }

    /// Whether the file there has exactly these bytes and, where given, this mode.
    func matches(_ path: String, _ bytes: [UInt8], mode: UInt32?) async throws(StepFailure) -> Bool {
        let path = context.path(path, on: shell)
        guard isDirect else {
            guard try await test(["cmp", "-s", "--", "-", path], input: bytes) else { return false }
            guard let mode else { return true }
            let result = try await run(["stat", "-c", "%a", "--", path], isRead: true)
            return result.succeeded && UInt32(result.stdout.trimmedText, radix: 8) == mode
        }
        return try await blocking {
            var info = stat()
            guard stat(path, &info) == 0 else { return errno == ENOENT ? .success(false) : .failure("look at", path) }
            guard Int(info.st_size) == bytes.count, mode == nil || mode == info.st_mode & 0o7777 else {
                return .success(false)
            }
            do throws(SystemError) { return .success(try Files.read(path, limit: bytes.count) == bytes) } catch {
                return .failure(StepFailure(.failed, error.description))
            }
        }
    }

    /// The file's text; nil: there is none, or it is no text, or longer than `limit`.
    func text(_ path: String, limit: Int) async throws(StepFailure) -> String? {
        guard let there = try await status(path), there.size <= Int64(limit) else { return nil }
        let path = context.path(path, on: shell)
        guard isDirect else {
            let result = try await run(["cat", "--", path], isRead: true)
            return result.succeeded && result.stdout.gap == nil
                ? String(validating: result.stdout.bytes, as: UTF8.self) : nil
        }
        let bytes: [UInt8]? = try await blocking {
            do throws(SystemError) { return .success(try Files.read(path, limit: limit)) } catch {
                return .failure(StepFailure(.failed, error.description))
            }
        }
        return bytes.flatMap { String(validating: $0, as: UTF8.self) }
    }

    /// What is there: its size and mode; nil: nothing.
    func status(_ path: String) async throws(StepFailure) -> (size: Int64, mode: UInt32)? {
        let path = context.path(path, on: shell)
        guard isDirect else {
            guard try await test(["test", "-e", path]) else { return nil }
            let result = try await run(["stat", "-L", "-c", "%s %a", "--", path], isRead: true)
            let words = result.stdout.trimmedText.split(separator: " ")
            guard words.count == 2, let size = Int64(words[0]), let mode = UInt32(words[1], radix: 8) else {
                throw StepFailure(.failed, "\(path) cannot be looked at \(shell.place)", details: result.stderr.tail(3))
            }
            return (size, mode)
        }
        let found = try await blocking { Self.look(path) }
        return found.map { (Int64($0.st_size), $0.st_mode & 0o7777) }
    }

    private static func look(_ path: String) -> Result<stat?, StepFailure> {
        var info = stat()
        if stat(path, &info) == 0 { return .success(info) }
        return errno == ENOENT ? .success(nil) : .failure("look at", path)
    }

    /// Replaces the file: a reader sees the old content or the new one. Whose it is stays as it is, and so does its mode
    /// where none is given; a new file gets `newMode` then.
    func write(_ path: String, _ bytes: [UInt8], mode: UInt32?, newMode: UInt32) async throws(StepFailure) {
        let path = context.path(path, on: shell)
        guard isDirect else { return try await writeRemotely(path, bytes, mode, newMode: newMode) }
        _ = try await blocking {
            Self.look(path).flatMap { there in
                let owner = there.map { FileOwner(user: $0.st_uid, group: $0.st_gid) }
                let mode = mode ?? there.map { $0.st_mode & 0o7777 } ?? newMode
                do throws(SystemError) {
                    try Files.writeAtomically(bytes, to: path, mode: mode, owner: owner)
                    return .success(true)
                } catch {
                    return Result<Bool, StepFailure>.failure(StepFailure(.failed, error.description))
                }
            }
        }
    }

    private func writeRemotely(
        _ path: String, _ bytes: [UInt8], _ mode: UInt32?, newMode: UInt32
    ) async throws(StepFailure) {
        let temporary = "\(path).\(UInt32.random(in: .min ... .max)).tmp"
        let (quoted, target) = (ShellWords.quote(temporary), ShellWords.quote(path))
        let own = "chown \"$(stat -L -c %u:%g -- \(target))\" \(quoted)"
        let kept = mode == nil ? " && chmod \"$(stat -L -c %a -- \(target))\" \(quoted)" : ""
        let given = String(mode ?? newMode, radix: 8)
        let always = mode == nil ? "" : " && chmod \(given) \(quoted)"
        let script =
            "umask 077; cat > \(quoted) && if test -e \(target); then \(own)\(kept); else chmod \(given) \(quoted); fi"
            + "\(always) && mv -f -- \(quoted) \(target) || { rm -f -- \(quoted); exit 1; }"
        let result = try await run(["/bin/sh", "-c", script], input: bytes, isRead: false)
        guard result.succeeded else {
            throw StepFailure(.failed, "\(path) could not be written \(shell.place)", details: result.stderr.tail(5))
        }
    }

    private func test(_ argv: [String], input: [UInt8]? = nil) async throws(StepFailure) -> Bool {
        let result = try await run(argv, input: input, isRead: true)
        guard result.code <= 1 || argv.first == "cmp" else {
            throw StepFailure(
                .failed, "\(argv[0]) ended with \(result.code) \(shell.place)", details: result.stderr.tail(3))
        }
        return result.code == 0
    }

    private func run(_ argv: [String], input: [UInt8]? = nil, isRead: Bool) async throws(StepFailure) -> ShellResult {
        try await shell.run(
            ShellCommand(
                argv, input: input, timeout: context.timeout ?? Self.timeout, becomeUser: context.becomeUser,
                isRead: isRead))
    }

    private func blocking<Success: Sendable>(
        _ work: @escaping @Sendable () -> Result<Success, StepFailure>
    ) async throws(StepFailure) -> Success {
        let result: Result<Success, StepFailure>
        do throws(SystemError) { result = try await ProcessSettings.disk.run(work) } catch {
            throw StepFailure(.failed, error.description)
        }
        return try result.get()
    }
}

extension Result where Failure == StepFailure {
    /// A call of the operating system that has just failed.
    fileprivate static func failure(_ operation: String, _ path: String) -> Self {
        .failure(StepFailure(.failed, SystemError(code: errno, operation: operation, subject: path).description))
    }
}

/// A file's mode as a playbook writes it: three or four octal digits, `"0644"`.
enum FileMode {
    static func parse(_ text: String) -> UInt32? {
        guard (3...4).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x37).contains($0) }) else {
            return nil
        }
        return UInt32(text, radix: 8)
    }

    static func text(_ mode: UInt32) -> String {
        let digits = String(mode, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
