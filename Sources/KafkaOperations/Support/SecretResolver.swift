import EventLoop
import Glibc
package import Playbooks
package import RunEngine
package import Values

/// Reads secrets from where they are kept: `env:NAME`, `file:PATH`, `cmd:COMMAND`, `vault:PATH#KEY`, `credential:NAME`.
///
/// 1. A variable of opsrun's own environment, a file, what a program prints, a file of ansible-vault (all of it, or one text
///    of the map in it), or a credential of systemd; without line ends at its end.
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
            processes.withheld.add(rest)
            text = value
        case "file": text = try await file(rest, source)
        case "cmd": text = try await output(of: rest, source)
        case "vault": text = try await vault(rest, source)
        case "credential": text = try await credential(rest, source)
        default:
            throw failure(
                source, "there is no such kind of source", nextAction: "use env:, file:, cmd:, vault: or credential:")
        }
        guard !text.isEmpty else { throw failure(source, "it is empty") }
        return Secret(text, origin: source.text)
    }

    private func file(_ path: String, _ source: SecretSource) async throws(StepFailure) -> String {
        let bytes = try await content(LocalPath.join(source.folder, path), source)
        guard let text = String(validating: bytes, as: UTF8.self) else { throw failure(source, "it is no text") }
        return KeptOutput(text).trimmedText
    }

    /// `systemd-creds`, `LoadCredential=`: a file of a folder that systemd made for this process alone.
    private func credential(_ name: String, _ source: SecretSource) async throws(StepFailure) -> String {
        guard !name.isEmpty, !name.contains("/"), !name.hasPrefix(".") else {
            throw failure(source, "that is no name of a credential")
        }
        guard let folder = environment["CREDENTIALS_DIRECTORY"], folder.hasPrefix("/") else {
            throw failure(
                source, "CREDENTIALS_DIRECTORY is not set: systemd has given no credentials to this process",
                nextAction: "LoadCredential=\(name):PATH in the unit, or systemd-run -p")
        }
        return try await file("\(folder)/\(name)", source)
    }

    /// `PATH`, or `PATH#KEY` with dots between the keys of maps in maps.
    private func vault(_ text: String, _ source: SecretSource) async throws(StepFailure) -> String {
        let parts = text.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        let path = LocalPath.join(source.folder, String(parts.first ?? ""))
        let password = try await vaultPassword(source)
        let sealed = try await content(path, source)
        let plain: [UInt8]
        do throws(AnsibleVault.Failure) { plain = try AnsibleVault.decrypt(sealed, password: password) } catch {
            switch error {
            case .wrongPassword: throw failure(source, "\(path) was sealed with another password, or has been changed")
            case .notAVault(let reason): throw failure(source, "\(path) is no file of ansible-vault: \(reason)")
            }
        }
        guard parts.count == 2 else {
            guard let text = String(validating: plain, as: UTF8.self) else { throw failure(source, "it is no text") }
            return KeptOutput(text).trimmedText
        }
        // Problems of its text are not shown: they quote it.
        guard var node = YAMLParser.document(of: plain, file: path).0 else {
            throw failure(source, "\(path) holds no YAML")
        }
        for key in parts[1].split(separator: ".", omittingEmptySubsequences: false) {
            guard let entry = node.entries?.first(where: { $0.key == key }) else {
                throw failure(source, "there is no \(parts[1]) in \(path)")
            }
            node = entry.value
        }
        guard let value = node.text, !node.isNull else { throw failure(source, "\(parts[1]) in \(path) is no text") }
        return value
    }

    private func vaultPassword(_ source: SecretSource) async throws(StepFailure) -> [UInt8] {
        guard let path = environment["ANSIBLE_VAULT_PASSWORD_FILE"], !path.isEmpty else {
            throw failure(
                source, "no password of the vault is known",
                nextAction: "set ANSIBLE_VAULT_PASSWORD_FILE to a file that holds it, or to a program that prints it")
        }
        let isProgram = (try? await ProcessSettings.disk.run { access(path, X_OK) == 0 }) == true
        let text = isProgram ? try await output(of: ShellWords.quote(path), source) : try await file(path, source)
        return Array(text.utf8)
    }

    private func content(_ place: String, _ source: SecretSource) async throws(StepFailure) -> [UInt8] {
        let answer = try? await ProcessSettings.disk.run { () -> Result<[UInt8], SystemError> in
            do throws(SystemError) {
                return .success(try Files.read(place, limit: Self.limit))
            } catch {
                return .failure(error)
            }
        }
        switch answer {
        case .success(let read): return read
        case .failure(let error): throw failure(source, "\(place) cannot be read: \(error.reason)")
        case nil: throw failure(source, "\(place) cannot be read")
        }
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
            // What prints secrets may need those that it is logged in with.
            var own = processes
            own.withheld = WithheldVariables()
            result = try await LocalShell(own).run(
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
