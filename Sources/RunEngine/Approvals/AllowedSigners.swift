package import EventLoop
import Glibc
import Values

/// The file that says whose keys may sign approvals, in the form of ssh-keygen's ALLOWED SIGNERS (`man ssh-keygen`): a line a
/// key, beginning with the names it stands for. Whoever can change it can approve, so it belongs where changes are reviewed.
package struct AllowedSigners: Sendable {
    package static let maximumBytes = 1 << 20
    /// For one signature; ssh-keygen reads two small files.
    private static let timeLimit = Duration.seconds(20)

    package let path: String
    /// What each line says: patterns of names, and the rest with the key.
    private var lines: [(names: [String], rest: Substring)] = []
    /// Why the file cannot be read; nil when it can.
    package private(set) var problem: String?

    package init(path: String) {
        self.path = path
        do throws(SystemError) {
            for line in String(decoding: try Files.read(path, limit: Self.maximumBytes), as: UTF8.self)
                .split(separator: "\n")
            {
                let words = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
                guard words.count == 2, !words[0].hasPrefix("#") else { continue }
                let names = words[0].filter { $0 != "\"" }.split(separator: ",").map(String.init)
                lines.append((names, words[1]))
            }
        } catch {
            problem = error.reason
        }
    }

    package var isEmpty: Bool { lines.isEmpty }

    /// Whether a key of this name is there. Patterns as in ssh: `*`, `?`, and `!` in front of what is left out.
    package func knows(_ name: String) -> Bool {
        lines.contains { line in
            func matches(_ pattern: String) -> Bool { fnmatch(pattern, name, 0) == 0 }
            return line.names.contains { !$0.hasPrefix("!") && matches($0) }
                && !line.names.contains { $0.hasPrefix("!") && matches(String($0.dropFirst())) }
        }
    }

    /// Names that are written out, in the order of the file.
    package var names: [String] {
        var names: [String] = []
        for name in lines.flatMap(\.names) where !name.contains(where: { "*?!".contains($0) }) && !names.contains(name)
        {
            names.append(name)
        }
        return names
    }

    /// True when a line stands for names that it does not write out.
    package var hasPatterns: Bool { lines.contains { $0.names.contains { $0.contains(where: { "*?".contains($0) }) } } }

    /// The names of a public key, as `ssh-ed25519 AAAA… comment`.
    package func names(ofKey publicKey: String) -> [String] {
        let words = publicKey.split(whereSeparator: { $0 == " " || $0 == "\n" })
        guard words.count >= 2 else { return [] }
        return lines.filter { $0.rest.split(separator: " ").contains(words[1]) }.flatMap(\.names)
            .filter { !$0.contains(where: { "*?!".contains($0) }) }
    }

    // MARK: Verifying

    package enum Verdict: Sendable, Hashable {
        /// The fingerprint of the key, `SHA256:…`.
        case good(fingerprint: String)
        case bad(reason: String)
    }

    /// Whether `signature` is one by a key of `name` over `text`: `ssh-keygen -Y verify` says so.
    package func verify(_ text: [UInt8], signature: String, by name: String) async -> Verdict {
        // A name that begins with a dash is an option to nobody, but let none come near.
        guard !name.isEmpty, !name.hasPrefix("-") else { return .bad(reason: "'\(name)' is no name") }
        let outcome = await ChildProcess.run(
            ProcessRequest(
                program: "ssh-keygen",
                arguments: ["-Y", "verify", "-f", path, "-I", name, "-n", ApprovalText.namespace, "-s", signature],
                environment: SSHKeygen.environment, input: text, timeout: Self.timeLimit))
        let said = SSHKeygen.firstLine(outcome)
        switch outcome.exit {
        case .exited(0):
            let fingerprint = said.split(separator: " ").last { $0.hasPrefix("SHA256:") }
            return .good(fingerprint: fingerprint.map(String.init) ?? "")
        case .notStarted: return .bad(reason: "ssh-keygen cannot be run here: it checks signatures")
        default: return .bad(reason: "it is not a signature by a key of \(name) (\(said))")
        }
    }
}

/// OpenSSH's own tool, which signs and checks.
package enum SSHKeygen {
    package static let environment = ["PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C"]
    private static let longestWord = 300

    /// The first line that it said, on either stream.
    package static func firstLine(_ outcome: ProcessOutcome) -> String {
        let text = String(decoding: outcome.stderr.isEmpty ? outcome.stdout : outcome.stderr, as: UTF8.self)
        let line = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? "it said nothing"
        return String(line.prefix(longestWord))
    }

    /// Signs `file`; the signature is beside it, `file.sig`. Nil: it is; else why not. `agent`: SSH_AUTH_SOCK, for a key that is
    /// there only.
    package static func sign(_ file: String, key: String, agent: String?) async -> String? {
        var environment = environment
        environment["SSH_AUTH_SOCK"] = agent
        let outcome = await ChildProcess.run(
            ProcessRequest(
                program: "ssh-keygen",
                arguments: ["-Y", "sign", "-q", "-n", ApprovalText.namespace, "-f", key, file],
                environment: environment, timeout: signLimit))
        return outcome.succeeded ? nil : firstLine(outcome)
    }

    /// A key on a stick waits for a touch.
    private static let signLimit = Duration.seconds(120)
}
