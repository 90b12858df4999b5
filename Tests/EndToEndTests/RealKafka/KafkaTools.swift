import TestSupport
import Testing
import Values

/// Kafka's own tools and opsrun, at work on the same cluster.
struct KafkaTools {
    let release: RealKafka.Release
    let bootstrap: String
    let scratch: ScratchDirectory

    /// What a tool prints. `prefix`: words before the address, where the tool is a class.
    func run(_ name: String, _ arguments: [String], prefix: [String] = []) async throws -> String {
        let path = try #require(release.tool(name))
        let outcome = try await TestProcess.run(
            [path] + prefix + ["--bootstrap-server", bootstrap] + arguments, in: scratch)
        try #require(outcome.status == 0, "\(name) \(arguments): \(outcome.stdout)\n\(outcome.stderr)")
        return outcome.stdout
    }

    /// The lines of a table that a tool prints, as words; the header too.
    func rows(_ name: String, _ arguments: [String], prefix: [String] = []) async throws -> [[String]] {
        try await run(name, arguments, prefix: prefix).split(separator: "\n").map {
            $0.split { $0 == " " || $0 == "\t" }.map(String.init)
        }
    }

    /// What opsrun says of the cluster, as its JSON.
    func look(_ words: [String]) async throws -> Value {
        let arguments = [BuiltOpsrun.path] + words + ["--bootstrap", bootstrap, "--output", "json"]
        let outcome = try await TestProcess.run(arguments, in: scratch)
        guard outcome.status == 0 else {
            throw Failure(description: "\(words): \(outcome.stdout)\n\(outcome.stderr)")
        }
        return try JSON.parse(outcome.stdout)
    }

    /// Looks until it is as expected, for at most a minute; what is not there yet is looked at again.
    func look(_ words: [String], until isExpected: (Value) -> Bool) async throws -> Value {
        for _ in 0..<Self.looks {
            if let found = try? await look(words), isExpected(found) { return found }
            try await TestProcess.pause(milliseconds: 200, in: scratch)
        }
        let last = try await look(words)
        try #require(isExpected(last), "\(words): \(last)")
        return last
    }

    private struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    private static let looks = 300
}
