extension StreamSocket {
    /// What a frame handler is told, on the loop.
    package enum FrameEvent: Sendable {
        /// The bytes after a length prefix.
        case frame([UInt8])
        /// A length that is negative or over the limit; with the first bytes that arrived, the prefix included. Nothing
        /// follows but `closed`.
        case refused(prefix: [UInt8])
        /// The last event: nil at an orderly end between frames.
        case closed(SocketError?)
    }
}

/// Cuts a stream into frames: four bytes of big-endian length, then as many bytes.
struct FrameCutter {
    enum Step {
        case frame([UInt8])
        /// More bytes are needed.
        case incomplete
        /// A length that is negative or over the limit.
        case refused(length: Int)
    }

    /// Bytes of the longest frame.
    var limit: Int
    /// The length of the frame whose prefix has been taken.
    private(set) var length: Int?

    init(limit: Int) { self.limit = limit }

    /// Takes the next frame from the front of `queue`. After `refused` the length is left in the queue.
    mutating func next(_ queue: inout ByteQueue) -> Step {
        if length == nil {
            guard queue.count >= 4 else { return .incomplete }
            let announced = queue.peek(4).reduce(0) { $0 << 8 | Int($1) }
            // A negative int32 reads as more than 2^31 here, so one comparison refuses both.
            guard announced <= limit else { return .refused(length: announced) }
            queue.drop(4)
            length = announced
        }
        guard let length, queue.count >= length else { return .incomplete }
        self.length = nil
        return .frame(queue.take(length))
    }
}
