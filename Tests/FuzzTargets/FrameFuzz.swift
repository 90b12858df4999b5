#if DEBUG || FUZZING
    import KafkaWire

    @testable import EventLoop

    /// A stream cut into frames.
    enum FrameFuzz {
        /// The first byte says how the rest is cut into pieces, the second how long a frame may be.
        static func run(_ bytes: [UInt8]) {
            guard bytes.count >= 2 else { return }
            let stream = Array(bytes.dropFirst(2))
            let limit = Int(bytes[1]) * 16
            let whole = cut(stream, by: max(1, stream.count), limit: limit)
            let parts = cut(stream, by: Int(bytes[0]) + 1, limit: limit)
            require(whole.frames == parts.frames, "frames depend on how the stream was cut")
            require(whole.isRefused == parts.isRefused, "errors depend on how the stream was cut")
            require(whole.frames.allSatisfy { $0.count <= limit }, "a frame is longer than allowed")
            for frame in whole.frames {
                guard let header = try? RequestFrame.header(of: frame) else { continue }
                _ = header.apiKey.description
            }
        }

        private static func cut(
            _ stream: [UInt8], by size: Int, limit: Int
        ) -> (frames: [[UInt8]], isRefused: Bool) {
            var cutter = FrameCutter(limit: limit)
            var queue = ByteQueue()
            var found: [[UInt8]] = []
            for start in stride(from: 0, to: stream.count, by: size) {
                queue.append(stream[start..<min(start + size, stream.count)])
                taking: while true {
                    switch cutter.next(&queue) {
                    case .frame(let frame): found.append(frame)
                    case .incomplete: break taking
                    case .refused: return (found, true)
                    }
                }
            }
            return (found, false)
        }
    }
#else
    /// Internal to the loop, so it is there only where that is built for tests.
    enum FrameFuzz {
        static func run(_ bytes: [UInt8]) {}
    }
#endif
