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

    /// Replaces the file: a reader sees the old content or the new one.
    func write(_ path: String, _ bytes: [UInt8], mode: UInt32) async throws(StepFailure) {
        let path = context.path(path, on: shell)
        guard isDirect else { return try await writeRemotely(path, bytes, mode) }
        _ = try await blocking {
            do throws(SystemError) {
                try Files.writeAtomically(bytes, to: path, mode: 0o600)
            } catch {
                return Result<Bool, StepFailure>.failure(StepFailure(.failed, error.description))
            }
            return chmod(path, mode) == 0 ? .success(true) : .failure("set the mode of", path)
        }
    }

    private func writeRemotely(_ path: String, _ bytes: [UInt8], _ mode: UInt32) async throws(StepFailure) {
        let temporary = "\(path).\(UInt32.random(in: .min ... .max)).tmp"
        let (quoted, target) = (ShellWords.quote(temporary), ShellWords.quote(path))
        let script =
            "umask 077; cat > \(quoted) && chmod \(String(mode, radix: 8)) \(quoted) && mv -f -- \(quoted) \(target) "
            + "|| { rm -f -- \(quoted); exit 1; }"
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

/// A file's mode as a playbook writes it: `"0644"` or `u=rw`-free octal digits.
enum FileMode {
    static func parse(_ text: String) -> UInt32? {
        guard (3...4).contains(text.utf8.count) else { return nil }
        return UInt32(text, radix: 8)
    }
}
