import KafkaWire
import Testing

@Suite struct FrameDecoderTests {
    @Test(arguments: 1...12)
    func `frames come out whole however the stream is cut`(chunk: Int) throws {
        let stream: [UInt8] = [0, 0, 0, 3, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 1, 9]
        var decoder = FrameDecoder()
        var frames: [[UInt8]] = []
        for start in stride(from: 0, to: stream.count, by: chunk) {
            try decoder.append(Array(stream[start..<min(start + chunk, stream.count)]))
            while let frame = decoder.next() { frames.append(frame) }
        }
        #expect(frames == [[1, 2, 3], [], [9]])
        #expect(!decoder.isInFrame)
    }

    @Test func `a stream that ends within a frame is seen to`() throws {
        var decoder = FrameDecoder()
        try decoder.append([0, 0])
        #expect(decoder.isInFrame)
        try decoder.append([0, 5, 1])
        #expect(decoder.isInFrame)
        #expect(decoder.next() == nil)
    }

    @Test(arguments: [
        ([0xFF, 0xFF, 0xFF, 0xFF] as [UInt8], WireError.Code.negativeFrame),
        ([0x80, 0x00, 0x00, 0x00], .negativeFrame),
        ([0x06, 0x40, 0x00, 0x01], .frameTooLarge),
        (Array("HTTP".utf8), .peerSpeaksHTTP),
        (Array("GET ".utf8), .peerSpeaksHTTP),
        ([0x15, 0x03, 0x03, 0x00], .peerSpeaksTLS),
        ([0x16, 0x03, 0x01, 0x02], .peerSpeaksTLS),
        ([0x16, 0x04, 0x01, 0x02], .frameTooLarge),
    ])
    func `a length that is none is named for what it looks like`(bytes: [UInt8], expected: WireError.Code) {
        #expect(
            code { () throws(WireError) in
                var decoder = FrameDecoder()
                try decoder.append(bytes)
            } == expected)
    }

    @Test func `a frame at the limit passes and one above does not`() throws {
        var decoder = FrameDecoder(limit: 4)
        try decoder.append([0, 0, 0, 4, 1, 2, 3, 4])
        #expect(decoder.next() == [1, 2, 3, 4])
        let error = failure { () throws(WireError) in try decoder.append([0, 0, 0, 5]) }
        #expect(error?.code == .frameTooLarge)
        #expect(error?.offset == 8)
    }
}
