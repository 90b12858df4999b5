import EventLoop
package import Playbooks
package import RunEngine
package import Values

/// Reads secrets from where they are kept: `env:NAME`, `file:PATH`, `cmd:COMMAND`.
///
/// 1. A variable of opsrun's own environment, a file, or what a program prints, without line ends at its end.
/// 2. A relative path is looked up from the folder of the file that names the secret, and a program runs there. The command
///    is split into words as `command` does it: no shell reads it.
/// 3. An empty one is no secret: it is what a forgotten variable or a failed program looks like.
///
/// Messages name the source and never show anything of what was read.
package struct SecretResolver: Sendable {
    /// Bytes of a secret.
    private static let limit = 1 << 20
    /// How long a `cmd:` may take.
    private static let commandTimeout = Duration.seconds(60)

    private let environment: [String: String]
    private let processes: ProcessSettings

    package init(environment: [String: String], processes: ProcessSettings) {
        self.environment = environment
        self.processes = processes
    }

    package func resolve(_ source: SecretSource) async throws(StepFailure) -> Secret {
        let kind = source.text.prefix { $0 != ":" }
        let rest = String(source.text.dropFirst(kind.count + 1))
        let text: String
        switch kind {
        case "env":
            guard let value = environment[rest] else {
                throw failure(
                    source, "the environment variable \(rest) is not set",
                    nextAction: "set \(rest) in the environment of opsrun")
            }
            text = value
        case "file": text = try await file(rest, source)
        case "cmd": text = try await output(of: rest, source)
        default:
            throw failure(
                source, "secrets from there are not built yet", nextAction: "use env:, file: or cmd: meanwhile")
        }
        guard !text.isEmpty else { throw failure(source, "it is empty") }
        return Secret(text, origin: source.text)
    }

    private func file(_ path: String, _ source: SecretSource) async throws(StepFailure) -> String {
        let place = LocalPath.join(source.folder, path)
        let answer = try? await ProcessSettings.disk.run { () -> Result<[UInt8], SystemError> in
            do throws(SystemError) {
                return .success(try Files.read(place, limit: Self.limit))
            } catch {
                return .failure(error)
            }
        }
        let bytes: [UInt8]
        switch answer {
        case .success(let read): bytes = read
        case .failure(let error): throw failure(source, "\(place) cannot be read: \(error.reason)")
        case nil: throw failure(source, "\(place) cannot be read")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw failure(source, "it is no text") }
        return KeptOutput(text).trimmedText
    }

    private func output(of command: String, _ source: SecretSource) async throws(StepFailure) -> String {
        var words: [String]
        do throws(ShellWords.Failure) { words = try ShellWords.split(command) } catch {
            throw failure(
                source, error.message, nextAction: "for what only a shell understands, write cmd:sh -c '…'")
        }
        guard let program = words.first, !program.isEmpty else { throw failure(source, "there is no program to run") }
        if program.contains("/") { words[0] = LocalPath.join(source.folder, program) }
        let result: ShellResult
        do throws(StepFailure) {
            let folder = source.folder
            result = try await LocalShell(processes).run(
                ShellCommand(
                    words, directory: folder.isEmpty || folder == "." ? nil : folder, timeout: Self.commandTimeout,
                    isRead: true))
        } catch {
            // Its details are what the program printed, which may be the secret.
            throw failure(source, error.message, nextAction: error.nextAction)
        }
        guard result.succeeded else {
            throw failure(
                source, "\(program) ended with exit code \(result.code)",
                nextAction: "run it by hand: it is to print the secret, and nothing else")
        }
        guard result.stdout.gap == nil, result.stdout.totalBytes <= Self.limit,
            let text = String(validating: result.stdout.bytes, as: UTF8.self)
        else { throw failure(source, "what \(program) printed is no text, or too long") }
        return KeptOutput(text).trimmedText
    }

    private func failure(_ source: SecretSource, _ reason: String, nextAction: String? = nil) -> StepFailure {
        StepFailure(
            .failed, "\(source.file): the secret \(source.text) cannot be had: \(reason)", nextAction: nextAction)
    }
}
