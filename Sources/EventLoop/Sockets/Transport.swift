import Glibc

/// What stands between a socket's descriptor and its bytes. Plain TCP here; TLS has the same calls, so a socket that is
/// open does not know which one it has.
///
/// Used on the loop by one socket only, hence not Sendable.
protocol Transport {
    /// Appends what has arrived, at most `limit` bytes. A result of fewer bytes does not mean that nothing is left.
    mutating func receive(into buffer: inout [UInt8], atMost limit: Int) -> TransportResult
    /// Sends a prefix of `bytes`.
    mutating func send(_ bytes: UnsafeRawBufferPointer) -> TransportResult
    /// Tells the peer that nothing follows, as far as that goes without waiting.
    mutating func endSending()
    /// One direction waits for the other: events of either kind are news for both.
    var wantsOtherDirection: Bool { get }
}

enum TransportResult {
    case moved(Int)
    /// Ask again when the descriptor is ready.
    case wouldBlock
    /// The peer sends no more.
    case ended
    /// An errno.
    case failed(CInt)
    /// TLS gives up.
    case refused(TLSError)

    var isEnd: Bool { if case .ended = self { true } else { false } }
}

/// Bytes as they are.
struct PlainTransport: Transport {
    let descriptor: CInt

    mutating func receive(into buffer: inout [UInt8], atMost limit: Int) -> TransportResult {
        var result = 0
        var code: CInt = 0
        buffer.append(addingCapacity: limit) { span in
            span.withUnsafeMutableBufferPointer { free, count in
                guard let base = free.baseAddress else { return }
                repeat {
                    result = recv(descriptor, base + count, min(limit, free.count - count), 0)
                    code = errno
                } while result < 0 && code == EINTR
                if result > 0 { count += result }
            }
        }
        if result > 0 { return .moved(result) }
        if result == 0 { return .ended }
        return code == EAGAIN || code == EWOULDBLOCK ? .wouldBlock : .failed(code)
    }

    mutating func send(_ bytes: UnsafeRawBufferPointer) -> TransportResult {
        while true {
            let result = Glibc.send(descriptor, bytes.baseAddress, bytes.count, CInt(MSG_NOSIGNAL))
            if result >= 0 { return .moved(result) }
            if errno == EINTR { continue }
            return errno == EAGAIN || errno == EWOULDBLOCK ? .wouldBlock : .failed(errno)
        }
    }

    mutating func endSending() { shutdown(descriptor, CInt(SHUT_WR)) }

    var wantsOtherDirection: Bool { false }
}
