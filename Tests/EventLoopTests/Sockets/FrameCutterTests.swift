import Testing

@testable import EventLoop

@Suite struct FrameCutterTests {
    /// What comes out of a stream that arrives in pieces of one size.
    private func cut(_ stream: [UInt8], by size: Int, limit: Int) -> (frames: [[UInt8]], refused: Int?, left: Int) {
        var cutter = FrameCutter(limit: limit)
        var queue = ByteQueue()
        var frames: [[UInt8]] = []
        for start in stride(from: 0, to: stream.count, by: size) {
            queue.append(stream[start..<min(start + size, stream.count)])
            taking: while true {
                switch cutter.next(&queue) {
                case .frame(let frame): frames.append(frame)
                case .incomplete: break taking
                case .refused(let length): return (frames, length, queue.count)
                }
            }
        }
        return (frames, nil, queue.count)
    }

    @Test(arguments: 1...16)
    func `frames come out whole however the stream is cut`(size: Int) {
        let stream: [UInt8] = [0, 0, 0, 3, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 1, 9]
        let (frames, refused, left) = cut(stream, by: size, limit: 100)
        #expect(frames == [[1, 2, 3], [], [9]])
        #expect(refused == nil && left == 0)
    }

    @Test(arguments: 0..<7)
    func `a stream that ends within a frame gives none`(length: Int) {
        let stream = Array([0, 0, 0, 3, 1, 2, 3].prefix(length)) as [UInt8]
        for size in 1...7 {
            let (frames, refused, _) = cut(stream, by: size, limit: 100)
            #expect(frames.isEmpty && refused == nil)
        }
    }

    @Test(
        arguments: [
            [0xFF, 0xFF, 0xFF, 0xFF], [0x80, 0x00, 0x00, 0x00], [0x7F, 0xFF, 0xFF, 0xFF], [0x00, 0x00, 0x03, 0xE9],
            Array("HTTP".utf8), Array("GET ".utf8), [0x15, 0x03, 0x03, 0x00], [0x16, 0x03, 0x01, 0x02],
        ] as [[UInt8]])
    func `a length over the limit or below zero is refused before anything is kept, with its bytes left`(
        prefix: [UInt8]
    ) {
        let announced = prefix.reduce(0) { $0 << 8 | Int($1) }
        for size in 1...5 {
            let (frames, refused, left) = cut([0, 0, 0, 1, 7] + prefix, by: size, limit: 1000)
            #expect(frames == [[7]])
            #expect(refused == announced && left == 4)
        }
    }

    @Test func `a frame at the limit passes and one above does not`() {
        #expect(cut([0, 0, 0, 4, 1, 2, 3, 4], by: 3, limit: 4).frames == [[1, 2, 3, 4]])
        #expect(cut([0, 0, 0, 5, 1, 2, 3, 4, 5], by: 3, limit: 4).refused == 5)
    }

    @Test func `a limit that is raised holds from the next frame on`() {
        var cutter = FrameCutter(limit: 1)
        var queue = ByteQueue()
        queue.append([0, 0, 0, 1, 7, 0, 0, 0, 2, 8, 9])
        guard case .frame([7]) = cutter.next(&queue) else { return #expect(Bool(false), "no first frame") }
        cutter.limit = 2
        guard case .frame([8, 9]) = cutter.next(&queue) else { return #expect(Bool(false), "no second frame") }
    }
}
