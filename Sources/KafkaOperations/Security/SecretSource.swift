import EventLoop
import RunEngine
import Values

/// Fetches what `{secret: "env:…"}` names. The text goes nowhere but into a `Secret`.
struct SecretSource: Sendable {
    /// Bytes of a secret.
    static let limit = 1 << 20
    /// How long a `cmd:` may take.
    static let commandLimit: Duration = .seconds(30)

    let processes: ProcessSettings
    /// For relative paths.
    let folder: String

    /// `source` has its prefix. The last line end of a file or an output is left out.
    func fetch(_ source: String) async throws(StepFailure) -> Secret {
        let name = String(source.drop { $0 != ":" }.dropFirst())
        if source.hasPrefix("env:") {
            guard let text = processes.environment[name], !text.isEmpty else {
                throw StepFailure(
                    .failed, "the secret \(source) is not there: the variable is not set",
                    nextAction: "set \(name) in the environment of opsrun")
            }
            return Secret(text, origin: source)
        }
        if source.hasPrefix("file:") { return try await read(path(name), source) }
        if source.hasPrefix("cmd:") { return try await run(name, source) }
        throw StepFailure(
            .failed, "secrets from vault are not built yet: \(source)", nextAction: "use env:, file: or cmd: meanwhile")
    }

    /// Where a file named in the inventory is.
    func path(_ name: String) -> String { name.hasPrefix("/") || folder.isEmpty ? name : "\(folder)/\(name)" }

    private func read(_ path: String, _ source: String) async throws(StepFailure) -> Secret {
        let result: Result<[UInt8], SystemError>
        do throws(SystemError) {
            result = try await ProcessSettings.disk.run {
                do throws(SystemError) { return .success(try Files.read(path, limit: Self.limit)) } catch {
                    return .failure(error)
                }
            }
        } catch {
            result = .failure(error)
        }
        switch result {
        case .success(let bytes): return try secret(bytes, source)
        case .failure(let error):
            throw StepFailure(.failed, "the secret \(source) cannot be read: \(error.reason)")
        }
    }

    private func run(_ command: String, _ source: String) async throws(StepFailure) -> Secret {
        let outcome = await ChildProcess.run(
            ProcessRequest(
                program: "sh", arguments: ["-c", command], environment: processes.environment,
                directory: folder.isEmpty ? nil : folder, timeout: Self.commandLimit, grace: .seconds(1),
                outputLimit: OutputLimit(head: Self.limit, tail: 0)),
            loop: processes.loop)
        guard outcome.succeeded, !outcome.stdoutTruncated else {
            throw StepFailure(
                .failed, "the command of a secret failed: \(source)",
                nextAction: "run it by hand: it is to print the secret")
        }
        return try secret(outcome.stdout, source)
    }

    private func secret(_ bytes: [UInt8], _ source: String) throws(StepFailure) -> Secret {
        var bytes = bytes[...]
        if bytes.last == 10 { bytes.removeLast() }
        if bytes.last == 13 { bytes.removeLast() }
        guard let text = String(validating: bytes, as: UTF8.self), !text.isEmpty else {
            throw StepFailure(.failed, "the secret \(source) is empty, or no text")
        }
        return Secret(text, origin: source)
    }
}
