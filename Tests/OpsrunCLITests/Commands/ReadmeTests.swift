import Glibc
import OpsrunCLI
import RunEngine
import TestSupport
import Testing

/// The README is part of the product: what it shows must be so.
@Suite struct ReadmeTests {
    private func blocks() throws -> [String] {
        try PackageFiles.text("README.md").components(between: "```yaml\n", and: "```\n")
    }

    @Test func `its playbooks and inventories lint clean`() async throws {
        let blocks = try blocks()
        #expect(blocks.contains { $0.hasPrefix("opsrun: 1") } && blocks.contains { $0.hasPrefix("all:") })
        try await ScratchDirectory.with { scratch in
            for (number, block) in blocks.enumerated() {
                let isPlaybook = block.hasPrefix("opsrun: 1")
                let file = try scratch.write(block, to: isPlaybook ? "\(number).yml" : "inventories/\(number).yml")
                let arguments =
                    isPlaybook
                    ? ["lint", file, "-i", "\(PackageFiles.root)/inventories/default.yml"]
                    : ["lint", "\(PackageFiles.root)/playbooks/rolling-upgrade.yml", "-i", file]
                let streams = CapturedStreams()
                let code = await OpsrunCommand.run(arguments, in: streams.surroundings)
                #expect(code == .done, "\(streams.output)\(streams.messages)")
            }
        }
    }

    @Test func `the brokers it shows are those of the embedded cluster`() async throws {
        let streams = CapturedStreams()
        let arguments = ["brokers", "-i", "\(PackageFiles.root)/inventories/default.yml"]
        #expect(await OpsrunCommand.run(arguments, in: streams.surroundings) == .done)
        let shown = streams.output.split(separator: "\n").map { "    \($0)\n" }.joined()
        #expect(try PackageFiles.text("README.md").contains(shown), "\(streams.output)")
    }

    @Test func `the files it names are there`() throws {
        let text = try PackageFiles.text("README.md")
        let folders = ["Sources/", "playbooks/", "examples/", "inventories/example-", "docs/", "Tests/"]
        let words = text.split { " `()\n|:;,".contains($0) }.map {
            $0.hasSuffix(".") ? String($0.dropLast()) : String($0)
        }
        // Its own inventory is the reader's to write.
        for word in words where folders.contains(where: { word.hasPrefix($0) }) && !word.contains("*") {
            #expect(access("\(PackageFiles.root)/\(word)", F_OK) == 0, "README.md names \(word)")
        }
    }
}

extension String {
    fileprivate func components(between start: String, and end: String) -> [String] {
        var found: [String] = []
        var rest = self[...]
        while let opening = rest.firstRange(of: start) {
            rest = rest[opening.upperBound...]
            guard let closing = rest.firstRange(of: end) else { break }
            found.append(String(rest[..<closing.lowerBound]))
            rest = rest[closing.upperBound...]
        }
        return found
    }
}
