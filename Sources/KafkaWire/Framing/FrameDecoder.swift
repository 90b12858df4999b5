/// Cuts a stream of bytes into frames: four bytes of length, then as many bytes of payload.
///
/// Memory follows what has really arrived, never the length that the peer announces. After an error the stream cannot be
/// resumed. Not safe to share: one decoder belongs to one connection.
package struct FrameDecoder: Sendable {
    /// The largest frame accepted unless told otherwise: Kafka's own limit for requests (`socket.request.max.bytes`).
    package static let defaultLimit = 100 * 1024 * 1024
    /// Kafka's limit before a connection is authenticated (`sasl.server.max.receive.size`).
    package static let unauthenticatedLimit = 512 * 1024

    /// The largest payload accepted, in bytes. May be raised once a connection is authenticated.
    package var limit: Int
    private var lengthBytes: [UInt8] = []
    /// The length of the frame being received; nil while its length is.
    private var length: Int?
    private var payload: [UInt8] = []
    /// Frames complete and not taken yet: at most those of the last `append`.
    private var ready: [[UInt8]] = []
    private var taken = 0
    /// Payload and length bytes seen since the start of the stream.
    private var received = 0

    package init(limit: Int = FrameDecoder.defaultLimit) { self.limit = limit }

    /// Whether the stream stands in the middle of a frame: an end of the stream here has lost something.
    package var isInFrame: Bool { length != nil || !lengthBytes.isEmpty }

    /// Takes bytes in the order they arrived; complete frames are then given out by `next`.
    package mutating func append(_ bytes: UnsafeRawBufferPointer) throws(WireError) {
        var rest = bytes
        while !rest.isEmpty {
            let used: Int
            if let length {
                used = min(rest.count, length - payload.count)
                payload.append(contentsOf: UnsafeRawBufferPointer(rebasing: rest[..<used]))
                finishFrame(length)
            } else {
                used = min(rest.count, 4 - lengthBytes.count)
                lengthBytes.append(contentsOf: rest[..<used])
                try finishLength()
            }
            received += used
            rest = UnsafeRawBufferPointer(rebasing: rest[used...])
        }
    }

    package mutating func append(_ bytes: [UInt8]) throws(WireError) {
        var failure: WireError?
        bytes.withUnsafeBytes { buffer in
            do throws(WireError) { try append(buffer) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    /// The next complete frame's payload, or nil.
    package mutating func next() -> [UInt8]? {
        guard taken < ready.count else { return nil }
        let frame = ready[taken]
        ready[taken] = []
        taken += 1
        if taken == ready.count {
            ready.removeAll(keepingCapacity: true)
            taken = 0
        }
        return frame
    }

    private mutating func finishLength() throws(WireError) {
        guard lengthBytes.count == 4 else { return }
        let announced = lengthBytes.reduce(into: UInt32(0)) { $0 = $0 << 8 | UInt32($1) }
        let number = Int(Int32(bitPattern: announced))
        guard number >= 0 else {
            throw WireError(.negativeFrame, "a frame of length \(number)", offset: received)
        }
        guard number <= limit else { throw oversized(number) }
        lengthBytes.removeAll(keepingCapacity: true)
        length = number
        finishFrame(number)
    }

    private mutating func finishFrame(_ length: Int) {
        guard payload.count == length else { return }
        ready.append(payload)
        payload = []
        self.length = nil
    }

    /// A length above the limit is most often not a length: names the protocols that it is mistaken for.
    private func oversized(_ number: Int) -> WireError {
        let text = String(decoding: lengthBytes, as: UTF8.self)
        if ["HTTP", "GET ", "POST", "PUT ", "HEAD", "OPTI", "DELE", "CONN", "PRI "].contains(text) {
            return WireError(
                .peerSpeaksHTTP, "the other side speaks HTTP: its bytes begin with '\(text)'", offset: received)
        }
        // A TLS record: type 0x15 (alert) or 0x16 (handshake), then version 3.x.
        if lengthBytes[0] == 0x15 || lengthBytes[0] == 0x16, lengthBytes[1] == 0x03 {
            let kind = lengthBytes[0] == 0x15 ? "an alert" : "a handshake"
            return WireError(.peerSpeaksTLS, "the other side speaks TLS: its bytes begin \(kind)", offset: received)
        }
        return WireError(
            .frameTooLarge, "a frame of \(number) bytes, over the limit of \(limit)", offset: received)
    }
}
