import Glibc
import TestSupport
import Testing
import Values

@testable import Playbooks

/// `yaml.jsonl` of the conformance folder: the same value, or an error at the same line.
@Suite struct YAMLConformance {
    @Test func `Every case of the corpus has its value or its error`() throws {
        guard let bytes = ConformanceFile.read("yaml.jsonl") else { return }
        var passed = 0
        var failures: [String] = []
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            let record = try JSON.parse(Array(line))
            let id = record["id"]?.stringValue ?? "?"
            if let failure = Self.failure(of: record) {
                failures.append("\(id): \(failure)\n\(record["yaml"]?.stringValue ?? "")")
            } else {
                passed += 1
            }
        }
        ConformanceFile.summarize("YAMLConformance", passed: passed, failed: failures.count)
        #expect(failures.isEmpty, "\(failures.joined(separator: "\n"))")
        #expect(passed > 0)
    }

    private static func failure(of record: Value) -> String? {
        let text = record["yaml"]?.stringValue ?? ""
        let outcome = YAMLParser.documents(of: Array(text.utf8), file: "case.yml")
        let problem = outcome.problems.first
        if let line = record["error_line"] {
            guard let problem else { return "no error; read \(outcome.documents.map(\.coreValue))" }
            if let line = line.intValue, Int(line) != problem.span.line { return "another line: \(problem)" }
            if let word = record["error_contains"]?.stringValue, !problem.description.contains(word) {
                return "no '\(word)' in: \(problem)"
            }
            return nil
        }
        if let problem { return "refused: \(problem)" }
        let documents = outcome.documents.map(\.coreValue)
        let special = record["special"]?.mapValue ?? ValueMap()
        if let expected = record["documents"]?.listValue {
            return documents == expected ? nil : "read \(documents)"
        }
        guard documents.count == 1, let expected = record["result"] else { return "\(documents.count) documents" }
        return same(documents[0], expected, special, at: "") ? nil : "read \(documents[0])"
    }

    private static func same(_ one: Value, _ other: Value, _ special: ValueMap, at pointer: String) -> Bool {
        switch (one, other) {
        case (.float(let number), .null):
            switch special[pointer]?.stringValue {
            case ".nan": return number.isNaN
            case ".inf": return number == .infinity
            case "-.inf": return number == -.infinity
            default: return false
            }
        case (.list(let ours), .list(let theirs)):
            return ours.count == theirs.count
                && ours.indices.allSatisfy { same(ours[$0], theirs[$0], special, at: "\(pointer)/\($0)") }
        case (.map(let ours), .map(let theirs)):
            return ours.keys.elementsEqual(theirs.keys) { $0.isExactly($1) }
                && ours.allSatisfy { same($0.value, theirs[$0.key] ?? .null, special, at: "\(pointer)/\($0.key)") }
        default: return one == other
        }
    }
}

/// The conformance corpus, where the environment says that it is there.
enum ConformanceFile {
    static func read(_ name: String) -> [UInt8]? {
        guard let folder = getenv("OPSRUN_CONFORMANCE").map({ String(cString: $0) }),
            let file = fopen("\(folder)/\(name)", "r")
        else {
            print("skipped: \(name) (OPSRUN_CONFORMANCE is not set or has no such file)")
            return nil
        }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
        }
    }

    /// One line for the person who asked for a summary (`OPSRUN_SUMMARY` names a file).
    static func summarize(_ suite: String, passed: Int, failed: Int) {
        guard let path = getenv("OPSRUN_SUMMARY"), let file = fopen(path, "a") else { return }
        defer { fclose(file) }
        fputs("\(suite) \(passed) passed, \(failed) failed\n", file)
    }
}
