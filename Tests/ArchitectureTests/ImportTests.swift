import Glibc
import Testing

/// SwiftPM lets a target import what it does not declare, so the table of who may know whom is held here.
@Suite struct ImportTests {
    /// Target: what it may import besides Swift's own modules.
    static let allowed: [String: Set<String>] = [
        "Values": [],
        "EventLoop": ["CSystem", "COpenSSL"],
        "KafkaWire": ["CSystem", "CCompression"],
        "Playbooks": ["Values", "CLibYAML", "CPCRE2", "COpenSSL"],
        "KafkaAdmin": ["KafkaWire", "EventLoop", "Values", "COpenSSL"],
        "RunEngine": ["Playbooks", "Values", "KafkaAdmin", "EventLoop", "COpenSSL", "CSystem"],
        "KafkaOperations": ["RunEngine", "Playbooks", "Values", "KafkaAdmin", "EventLoop"],
        "SimulatedKafka": ["KafkaWire", "EventLoop", "Values", "COpenSSL"],
        "OpsrunCLI": [
            "KafkaOperations", "RunEngine", "Playbooks", "Values", "KafkaAdmin", "KafkaWire", "EventLoop",
            "SimulatedKafka",
        ],
        "opsrun": ["OpsrunCLI"],
    ]

    /// Never `Foundation`: 52 MB with ICU.
    static let everywhere: Set<String> = ["Glibc", "Synchronization", "FoundationEssentials"]

    @Test(arguments: allowed.keys.sorted())
    func `a target imports only what the architecture allows it`(target: String) throws {
        let files = try SourceTree.swiftFiles(under: "Sources/\(target)")
        #expect(!files.isEmpty, "Sources/\(target) has no Swift files")
        let mayImport = Self.everywhere.union(Self.allowed[target, default: []])
        for file in files {
            for module in try SourceTree.imports(of: file) where !mayImport.contains(module) {
                Issue.record("\(file) imports \(module), which \(target) may not know")
            }
        }
    }

    @Test func `every folder of Sources with Swift files is in the table`() throws {
        let folders = try SourceTree.entries(of: "Sources").filter { !$0.hasPrefix("C") }
        #expect(Set(folders) == Set(Self.allowed.keys))
    }
}
