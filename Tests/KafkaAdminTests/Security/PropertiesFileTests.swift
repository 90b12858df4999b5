import Glibc
import TestSupport
import Testing

@testable import KafkaAdmin

@Suite struct PropertiesFileTests {
    static let cases: [(String, [(String, String)])] = [
        ("", []), ("\n\r\n \t\n", []), ("# a comment\n! another\n   # third", []),
        ("a=b", [("a", "b")]), ("a = b", [("a", "b")]), ("a: b", [("a", "b")]), ("a b", [("a", "b")]),
        ("a\t\u{C} b ", [("a", "b ")]), ("a==b", [("a", "=b")]), ("a : = b", [("a", "= b")]), ("a", [("a", "")]),
        ("a=", [("a", "")]), ("=b", [("", "b")]), ("a\\=b=c", [("a=b", "c")]), ("a\\ b c", [("a b", "c")]),
        ("a\\:b:c", [("a:b", "c")]), ("a=b\\\n   c", [("a", "bc")]), ("a=b\\\r\n\tc", [("a", "bc")]),
        ("a=b\\\\\nc=d", [("a", "b\\"), ("c", "d")]), ("a=b\\\n\nc=d", [("a", "b"), ("c", "d")]),
        ("a=b\\\n#c", [("a", "b#c")]), ("\\\n#x\na=b", [("a", "b")]), ("a=b\\", [("a", "b")]),
        ("a=\\t\\n\\r\\f\\q\\\"", [("a", "\t\n\r\u{C}q\"")]), ("a=\\u0041\\u00e4\\u20AC", [("a", "Aä€")]),
        ("a=\\ud83d\\ude00", [("a", "😀")]), ("a=1\na=2", [("a", "1"), ("a", "2")]),
        ("a=b#c!d", [("a", "b#c!d")]), ("  a  =  b  ", [("a", "b  ")]), ("a=b\rc=d", [("a", "b"), ("c", "d")]),
        (
            "cert=-----BEGIN X-----\\n\\\n  abc\\n\\\n  -----END X-----",
            [("cert", "-----BEGIN X-----\nabc\n-----END X-----")]
        ),
        ("a=\\\n  \\\n  b", [("a", "b")]), ("\\u0061=b", [("a", "b")]), ("a\\\nb=c", [("ab", "c")]), ("\\", [("", "")]),
        ("\\\n", [("", "")]), ("\\\r\n", []),
    ]

    @Test(arguments: cases) func `a file means what Java says it means`(text: String, expected: [(String, String)])
        throws
    {
        let entries = try PropertiesFile(Array(text.utf8)).entries
        #expect(entries.map(\.key) == expected.map(\.0))
        #expect(entries.map(\.value) == expected.map(\.1))
    }

    @Test func `bytes are Latin-1, as Java reads them`() throws {
        let file = try PropertiesFile([0x61, 0x3D, 0xE4])
        #expect(file["a"] == "ä")
        #expect(try PropertiesFile(Array("a=ä".utf8))["a"] == "Ã¤")
        #expect(try PropertiesFile(text: "a=ä")["a"] == "ä")
    }

    @Test(arguments: ["a=\\u12", "a=\\u12g4", "a=b\nc=\\u", "a=\\u+123"])
    func `a bad escape is told with its line`(text: String) {
        let error = #expect(throws: PropertiesFile.Malformed.self) { try PropertiesFile(Array(text.utf8)) }
        #expect(error?.line == (text.contains("\n") ? 2 : 1))
    }

    @Test func `entries know where they begin`() throws {
        let file = try PropertiesFile(Array("# x\n\na=b\\\n c\n\nd=e\r\nf=g".utf8))
        #expect(file.entries.map(\.line) == [3, 6, 7])
    }

    @Test func `no bytes trap`() {
        var generator = SystemRandomNumberGenerator()
        let alphabet = Array("\\\\\n\r =:#!u0aä\t".utf8)
        for _ in 0..<2000 {
            let bytes = (0..<Int.random(in: 0..<40, using: &generator)).map { _ in alphabet.randomElement() ?? 0 }
            _ = try? PropertiesFile(bytes)
        }
    }

    private static let java: String? = ["/usr/bin/java", "/usr/local/bin/java"].first { (path: String) in
        access(path, X_OK) == 0
    }

    @Test(.enabled(if: java != nil, "there is no Java here"), .timeLimit(.minutes(3)))
    func `Java itself reads the same`() async throws {
        let java = try #require(Self.java)
        try await ScratchDirectory.with { (scratch: ScratchDirectory) async throws -> Void in
            try scratch.write(Self.program, to: "Read.java")
            var generator = SystemRandomNumberGenerator()
            let alphabet = Array("\\\\\\\n\n\r  ==::#!u0041ab\u{E4}\t".unicodeScalars).map { UInt8($0.value) }
            var inputs = Self.cases.map { Array($0.0.utf8) }
            for _ in 0..<400 {
                inputs.append(
                    (0..<Int.random(in: 0..<30, using: &generator)).map { _ in alphabet.randomElement() ?? 32 })
            }
            try scratch.write(
                inputs.map { bytes in bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
                    .joined(separator: "\n") + "\n", to: "inputs")
            let outcome = try await TestProcess.run([java, "Read.java", "inputs"], in: scratch)
            #expect(outcome.status == 0, "\(outcome.stderr)")
            let answers = outcome.stdout.split(separator: "\n", omittingEmptySubsequences: false)
            for (input, answer) in zip(inputs, answers) {
                let ours: String
                if let file = try? PropertiesFile(input) {
                    var last: [String: String] = [:]
                    for entry in file.entries { last[entry.key] = entry.value }
                    ours = last.map { "\(Self.hex($0.key))=\(Self.hex($0.value))" }.sorted().joined(separator: ",")
                } else {
                    ours = "malformed"
                }
                #expect(ours == answer, "\(input)")
            }
        }
    }

    private static func hex(_ text: String) -> String {
        text.utf16.map { unit in
            let digits = String(unit, radix: 16)
            return String(repeating: "0", count: 4 - digits.count) + digits
        }.joined()
    }

    private static let program = """
        import java.io.*;
        import java.nio.file.*;
        import java.util.*;
        public class Read {
            static String hex(String text) {
                StringBuilder out = new StringBuilder();
                for (char c : text.toCharArray()) out.append(String.format("%04x", (int) c));
                return out.toString();
            }
            public static void main(String[] names) throws Exception {
                for (String line : Files.readAllLines(Path.of(names[0]))) {
                    byte[] bytes = new byte[line.length() / 2];
                    for (int i = 0; i < bytes.length; i++)
                        bytes[i] = (byte) Integer.parseInt(line.substring(2 * i, 2 * i + 2), 16);
                    Properties found = new Properties();
                    try {
                        found.load(new ByteArrayInputStream(bytes));
                        List<String> parts = new ArrayList<>();
                        for (String key : found.stringPropertyNames())
                            parts.add(hex(key) + "=" + hex(found.getProperty(key)));
                        Collections.sort(parts);
                        System.out.println(String.join(",", parts));
                    } catch (IllegalArgumentException wrong) {
                        System.out.println("malformed");
                    }
                }
            }
        }

        """
}
