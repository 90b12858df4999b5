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

    @Test(
        "A secret that cannot be had is named, and nothing of it is shown",
        arguments: [
            ("env:NONE", "NONE is not set"), ("env:EMPTY", "it is empty"), ("file:/nonexistent/x", "cannot be read"),
            ("cmd:sh -c 'echo hush; echo hush >&2; exit 3'", "exit code 3"), ("cmd:true", "it is empty"),
            ("cmd:printf '\\377'", "no text"), ("vault:kv/x", "not built"),
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
