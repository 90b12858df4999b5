import EventLoop
import KafkaOperations
import Playbooks
import RunEngine
import TestSupport
import Testing
import Values

@Suite struct SecretResolverTests {
    private static let settings = ProcessSettings(
        environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"], grace: .milliseconds(500))

    private func resolve(_ text: String, in folder: String = "") async throws -> String {
        let resolver = SecretResolver(environment: ["TOKEN": "s3cret", "EMPTY": ""], processes: Self.settings)
        let secret = try await resolver.resolve(SecretSource(text: text, file: "\(folder)/p.yml"))
        #expect(secret.origin == text)
        return secret.reveal()
    }

    @Test func `a secret is read from the environment, a file, or what a program prints`() async throws {
        try await ScratchDirectory.with { scratch in
            try scratch.write("from a file\n", to: "secret.txt")
            #expect(try await resolve("env:TOKEN") == "s3cret")
            #expect(try await resolve("file:secret.txt", in: scratch.path) == "from a file")
            #expect(try await resolve("file:\(scratch.path)/secret.txt") == "from a file")
            #expect(try await resolve("cmd:printf 'two words\\n'") == "two words")
        }
    }

    /// `{kafka: {password: "s3 cret", port: 9092}, token: tok}`, as ansible-vault of ansible-core has written it.
    static let vault = """
        $ANSIBLE_VAULT;1.1;AES256
        38363465666165323437646564643161346264346436343062646432353231316266663930396439
        3238323935653036336564653834383062343030656636380a343861653435353737383931393339
        61303536393034613934306537633137303962373531333036346165633837396362346137646565
        3337343134616136610a303064303233646635643034366432363235373039373663353130613231
        34623637393961623765623266333336363231323665653035396363383138326434356265646465
        37656234343230323434613534363165623235316532653538303338326336346331386435363761
        663361636538656666366631613437356231

        """

    private func withVault(_ password: String, _ body: (String) async throws -> Void) async throws {
        try await ScratchDirectory.with { scratch in
            try scratch.write(Self.vault, to: "secrets.yml")
            try scratch.write("plain: text\n", to: "open.yml")
            try scratch.write("\(password)\n", to: "password")
            try scratch.write("#!/bin/sh\necho '\(password)'\n", to: "tell", mode: 0o755)
            try await body(scratch.path)
        }
    }

    private func resolve(_ text: String, in folder: String, passwordFile: String?) async throws -> String {
        var environment = ["CREDENTIALS_DIRECTORY": folder]
        environment["ANSIBLE_VAULT_PASSWORD_FILE"] = passwordFile.map { "\(folder)/\($0)" }
        return try await SecretResolver(environment: environment, processes: Self.settings)
            .resolve(SecretSource(text: text, file: "\(folder)/p.yml")).reveal()
    }

    @Test func `a secret is read from a file of ansible-vault, whole or by its key`() async throws {
        try await withVault("hush hush") { folder in
            let cases = [
                ("vault:secrets.yml#kafka.password", "password", "s3 cret"),
                ("vault:secrets.yml#kafka.password", "tell", "s3 cret"),
                ("vault:secrets.yml#token", "password", "tok"), ("vault:secrets.yml#kafka.port", "password", "9092"),
                ("credential:password", "none", "hush hush"),
            ]
            for (text, file, expected) in cases {
                let secret = try await resolve(text, in: folder, passwordFile: file)
                #expect(secret == expected, "\(text)")
            }
            let whole = try await resolve("vault:secrets.yml", in: folder, passwordFile: "password")
            #expect(whole.hasSuffix("token: tok"))
        }
    }

    @Test(
        "A vault that cannot be opened is told without a word of what is in it",
        arguments: [
            ("vault:secrets.yml#token", "no", "password", "another password"),
            ("vault:secrets.yml#token", "hush hush", "missing", "cannot be read"),
            ("vault:open.yml#plain", "hush hush", "password", "$ANSIBLE_VAULT"),
            ("vault:secrets.yml#kafka", "hush hush", "password", "no text"),
            ("vault:secrets.yml#kafka.user", "hush hush", "password", "there is no kafka.user"),
            ("credential:../password", "hush hush", "password", "no name of a credential"),
            ("credential:none", "hush hush", "password", "cannot be read"),
        ])
    func closed(text: String, password: String, file: String, word: String) async throws {
        try await withVault(password) { folder in
            do {
                _ = try await resolve(text, in: folder, passwordFile: file)
                Issue.record("\(text) was resolved")
            } catch let failure as StepFailure {
                #expect(failure.message.contains(word), "\(failure.message)")
                #expect(!failure.message.contains("s3 cret") && !failure.message.contains("hush"))
            }
        }
    }

    @Test(
        "A secret that cannot be had is named, and nothing of it is shown",
        arguments: [
            ("env:NONE", "NONE is not set"), ("env:EMPTY", "it is empty"), ("file:/nonexistent/x", "cannot be read"),
            ("cmd:sh -c 'echo hush; echo hush >&2; exit 3'", "exit code 3"), ("cmd:true", "it is empty"),
            ("cmd:printf '\\377'", "no text"), ("vault:kv/x", "no password of the vault"),
            ("credential:x", "CREDENTIALS_DIRECTORY"),
        ])
    func missing(text: String, word: String) async throws {
        do {
            _ = try await resolve(text)
            Issue.record("\(text) was resolved")
        } catch let failure as StepFailure {
            #expect(failure.message.contains(word), "\(failure.message)")
            #expect(!failure.message.replacing(text, with: "").contains("hush"))
            #expect(failure.details.isEmpty && failure.causes.isEmpty)
        }
    }
}
