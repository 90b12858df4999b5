import RunEngine
import Testing
import Values

@Suite struct ApprovalTextTests {
    private static func text(task: String?, run: String? = nil) -> ApprovalText {
        ApprovalText(
            isGranted: true, planDigest: String(repeating: "a", count: 64), runID: run, playbook: "p.yml",
            clusters: ["demo", "other, \"quoted\""], task: task, by: "anna",
            made: Timestamp(milliseconds: 1_700_000_000_000), expires: Timestamp(milliseconds: 1_700_000_100_000))
    }

    @Test(arguments: ["Go / no-go", "whole plan", "a: b\nrun: any", "\u{1b}[2J\u{202e}", "", "Ærlig: nei"])
    func `a text reads back as it was written`(task: String) throws {
        var text = Self.text(task: task, run: "01a200c2")
        text.reason = task
        text.typed = task
        let read = try #require(ApprovalText(bytes: text.bytes))
        #expect(read == text)
        #expect(ApprovalText(bytes: Self.text(task: nil).bytes)?.task == nil)
        #expect(!text.bytes.dropLast().contains { $0 < 0x20 && $0 != UInt8(ascii: "\n") })
    }

    @Test func `no other bytes are an approval`() {
        let good = Self.text(task: "Go").bytes
        #expect(ApprovalText(bytes: good) != nil)
        for place in good.indices {
            #expect(ApprovalText(bytes: Array(good.prefix(place))) == nil, "cut at \(place)")
            for added in " \n:\"".utf8 {
                var bad = good
                bad.insert(added, at: place)
                if let read = ApprovalText(bytes: bad) { #expect(read.bytes == bad) }
            }
        }
        #expect(ApprovalText(bytes: good + Array("by: \"ola\"\n".utf8)) == nil)
        #expect(ApprovalText(bytes: Array("\n".utf8) + good) == nil)
    }
}
