import Glibc

/// The program as it was built beside the tests, run as a user runs it.
package struct BuiltOpsrun: Sendable {
    /// The state of its runs is the scratch directory's.
    package let scratch: ScratchDirectory

    /// Added to the environment of the test run.
    package let variables: [String: String]

    package init(in scratch: ScratchDirectory, environment variables: [String: String] = [:]) {
        self.scratch = scratch
        self.variables = variables
    }

    /// The executable, found beside the test runner's.
    package static let path: String = {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let length = readlink("/proc/self/exe", &buffer, Int(PATH_MAX))
        let runner = String(decoding: buffer.prefix(max(length, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let folder = TestEnvironment["OPSRUN_BUILD_FOLDER"] ?? Self.buildFolder(of: runner)
        return "\(folder)/opsrun"
    }()

    /// The package's folder, found from this file.
    package static let package: String =
        "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

    /// Under `swift test` the runner is the toolchain's own: then the debug build of this package is meant.
    private static func buildFolder(of runner: String) -> String {
        let folder = runner.split(separator: "/").dropLast().joined(separator: "/")
        return access("/\(folder)/opsrun", X_OK) == 0 ? "/\(folder)" : "\(Self.package)/.build/debug"
    }

    private var environment: [String: String] {
        ["XDG_STATE_HOME": "\(scratch.path)/state", "NO_COLOR": "1", "CI": "", "OPSRUN_INVENTORY": ""]
            .merging(variables) { $1 }
    }

    package func run(
        _ arguments: String..., within seconds: Int = 300
    ) async throws -> TestProcess.Outcome {
        try await TestProcess.run(
            [Self.path] + arguments, environment: environment, in: scratch, within: seconds)
    }

    /// An embedded cluster on real ports (`opsrun simulate`), for as long as `body` runs: its bootstrap addresses.
    package func withServedCluster<Success>(
        _ inventory: String = "\(package)/inventories/default.yml", _ body: (String) async throws -> Success
    ) async throws -> Success {
        let server = try start("simulate", "-i", inventory)
        defer { server.signal(9) }
        for _ in 0..<1200 {
            if let line = try scratch.read(server.stdout).split(separator: "\n").first {
                return try await body(String(line.dropFirst("bootstrap ".count)))
            }
            try await TestProcess.pause(milliseconds: 100, in: scratch)
        }
        throw ScratchDirectory.Failure(description: "the embedded cluster did not answer within two minutes")
    }

    package func start(_ arguments: String...) throws -> TestProcess {
        try TestProcess.start([Self.path] + arguments, environment: environment, in: scratch)
    }
}
