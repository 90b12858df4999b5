import Testing

/// Rules that a compiler does not check.
@Suite struct HygieneTests {
    /// Above this many lines a file is a table or one state machine, or it wants splitting. The exceptions say which.
    static let longestFile = 400

    /// Files above the limit, with the reason.
    static let longFiles: [String: String] = [:]

    @Test func `files stay short`() throws {
        for file in try SourceTree.swiftFiles(under: "Sources") where Self.longFiles[file] == nil {
            let lines = try SourceTree.lines(of: file).count
            #expect(lines <= Self.longestFile, "\(file) has \(lines) lines")
        }
    }

    @Test(arguments: ["fatalError(", "try!", "as! ", "Foundation.", "Synchronization.Mutex"])
    func `a source never contains`(forbidden: String) throws {
        for file in try SourceTree.swiftFiles(under: "Sources") {
            for (number, line) in try SourceTree.lines(of: file).enumerated()
            where line.contains(forbidden) && !SourceTree.isComment(line) {
                Issue.record("\(file):\(number + 1) contains \(forbidden)")
            }
        }
    }

    /// A test that sleeps on a thread is slow on a fast machine and wrong on a slow one: `ThreadGate` holds a thread, a manual
    /// clock moves time. The harness in TestSupport waits for other processes.
    @Test(arguments: ["us" + "leep(", "nano" + "sleep(", "Task" + ".sleep"])
    func `a test never contains`(forbidden: String) throws {
        for file in try SourceTree.swiftFiles(under: "Tests") where !file.hasPrefix("Tests/TestSupport/") {
            for (number, line) in try SourceTree.lines(of: file).enumerated() where line.contains(forbidden) {
                Issue.record("\(file):\(number + 1) contains \(forbidden)")
            }
        }
    }

    @Test func `no target or file is called Core, Common, Utils, Helpers, Manager or Base`() throws {
        let grabBags: Set<String> = ["Core", "Common", "Utils", "Helpers", "Manager", "Base"]
        for file in try SourceTree.swiftFiles(under: "Sources") {
            for part in file.split(separator: "/") {
                let name = part.hasSuffix(".swift") ? String(part.dropLast(6)) : String(part)
                #expect(!grabBags.contains(name), "\(file)")
            }
        }
    }
}
