import Glibc

/// How large the kernel's buffers of a connection are to be, in bytes. The kernel may give less, by its own limits.
package struct SocketBuffers: Sendable, Hashable {
    /// Nil: what the kernel thinks right, which it adapts to the connection.
    package var send: Int?
    package var receive: Int?

    package init(send: Int? = nil, receive: Int? = nil) {
        self.send = send
        self.receive = receive
    }

    /// Before the connection is made: the receiver's window is agreed on then.
    func apply(to descriptor: CInt) {
        for (option, bytes) in [(SO_SNDBUF, send), (SO_RCVBUF, receive)] {
            guard let bytes else { continue }
            var value = CInt(clamping: bytes)
            setsockopt(descriptor, SOL_SOCKET, option, &value, socklen_t(MemoryLayout<CInt>.size))
        }
    }

    /// What a socket has; for tests.
    static func of(_ descriptor: CInt) -> SocketBuffers {
        func read(_ option: CInt) -> Int {
            var value: CInt = 0
            var length = socklen_t(MemoryLayout<CInt>.size)
            getsockopt(descriptor, SOL_SOCKET, option, &value, &length)
            return Int(value)
        }
        return SocketBuffers(send: read(SO_SNDBUF), receive: read(SO_RCVBUF))
    }
}
