import TestSupport
import Testing

/// `make mutants` breaks the engine on purpose. Its table names texts of the sources, and has to be kept with them.
@Suite struct MutantTableTests {
    @Test func `each mutant still finds the text that it changes`() async throws {
        try await ScratchDirectory.with { scratch in
            let check = try await TestProcess.run(
                ["python3", BuiltOpsrun.package + "/scripts/mutants", "--check"], in: scratch)
            #expect(check.status == 0, "\(check.stdout)\(check.stderr)")
        }
    }
}
