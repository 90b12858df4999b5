import Glibc

/// One resolved address of a stream socket.
package struct SocketAddress: Sendable, Hashable, CustomStringConvertible {
    private let bytes: [UInt8]

    init(bytes: [UInt8]) { self.bytes = bytes }

    var family: CInt {
        withPointer { pointer, _ in CInt(pointer.pointee.sa_family) }
    }

    /// The port, 0 for a family without one.
    package var port: UInt16 {
        guard bytes.count >= 4, family == AF_INET || family == AF_INET6 else { return 0 }
        return UInt16(bytes[2]) << 8 | UInt16(bytes[3])
    }

    /// `127.0.0.1:9092`, `[::1]:9092`.
    package var description: String {
        let host = withPointer { pointer, length -> String? in
            var name = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            guard
                getnameinfo(pointer, length, &name, socklen_t(name.count), nil, 0, NI_NUMERICHOST) == 0
            else { return nil }
            return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        guard let host else { return "unknown" }
        return hostAndPort(host, Int(port))
    }

    func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        // sockaddr_storage is aligned for every family, a byte array is not.
        var storage = sockaddr_storage()
        return withUnsafeMutableBytes(of: &storage) { raw in
            raw.copyBytes(from: bytes.prefix(raw.count))
            return raw.withMemoryRebound(to: sockaddr.self) { buffer in
                guard let base = buffer.baseAddress else { preconditionFailure("A stored address has no bytes.") }
                return body(UnsafePointer(base), socklen_t(min(bytes.count, MemoryLayout<sockaddr_storage>.size)))
            }
        }
    }

    /// The address that `descriptor` is bound to.
    static func local(of descriptor: CInt) -> SocketAddress? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutableBytes(of: &storage) { raw in
            let code = raw.withMemoryRebound(to: sockaddr.self) { getsockname(descriptor, $0.baseAddress, &length) }
            guard code == 0, length >= 4 else { return nil }
            return SocketAddress(bytes: Array(raw.prefix(Int(length))))
        }
    }
}

/// `host:port`, with brackets around an IPv6 address.
package func hostAndPort(_ host: String, _ port: Int) -> String {
    host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
}
