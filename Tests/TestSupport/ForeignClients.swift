import Glibc

/// Clients of other makers that tests talk to, and whether this machine has them. `scripts/setup test` installs them.
package enum ForeignClients {
    /// What `scripts/setup test` made, else the machine's own.
    package static let python: String = {
        let made = "\(BuiltOpsrun.package)/.build/test-venv/bin/python"
        return access(made, X_OK) == 0 ? made : "python3"
    }()

    /// Whether Python has a module. Where real Kafka is to be tested against, it has to: a test that lacks it fails there.
    package static func has(pythonModule module: String) async throws -> Bool {
        if RealKafka.isAvailable { return true }
        return try await succeeds([python, "-c", "import \(module)"])
    }

    /// As `has`.
    package static func hasKcat() async throws -> Bool {
        if RealKafka.isAvailable { return true }
        return try await succeeds(["kcat", "-V"])
    }

    private static func succeeds(_ argv: [String]) async throws -> Bool {
        try await ScratchDirectory.with { try await TestProcess.run(argv, in: $0).status == 0 }
    }
}
