import Testing

@testable import EventLoop

@Suite struct OutputCaptureTests {
    @Test(arguments: [
        (0, 0, "", 0), (4, 0, "0123", 4), (0, 4, "6789", 0), (3, 3, "012789", 3), (5, 5, "0123456789", -1),
        (20, 20, "0123456789", -1), (9, 1, "0123456789", -1), (8, 1, "012345679", 8),
    ])
    func headAndTailAreKeptHoweverTheBytesArrive(head: Int, tail: Int, expected: String, gap: Int) {
        for step in 1...10 {
            var capture = OutputCapture(limit: OutputLimit(head: head, tail: tail))
            var rest = Array("0123456789".utf8)[...]
            while !rest.isEmpty {
                Array(rest.prefix(step)).withUnsafeBytes { capture.append($0) }
                rest = rest.dropFirst(step)
            }
            let kept = capture.finish()
            #expect(String(decoding: kept.bytes, as: UTF8.self) == expected)
            #expect(kept.gap == (gap < 0 ? nil : gap))
            #expect(capture.total == 10)
        }
    }
}
