import EventLoop
package import KafkaAdmin
package import KafkaWire

/// Dials as the client does by itself, and remembers whom, and what was sent.
package struct CountingDialer: BrokerDialer {
    private let inner: TCPDialer
    private let log = Locked(Log())

    private struct Log {
        var dialed: [BrokerAddress] = []
        var sent: [Int16] = []
    }

    package init(_ settings: AdminClientSettings) {
        inner = TCPDialer(tls: settings.tls.map { TLSContext.client($0) })
    }

    /// In order.
    package var dialed: [BrokerAddress] { log.withLock { $0.dialed } }

    /// Requests that were sent, on all connections.
    package func requests(_ api: APIKey) -> Int { log.withLock { $0.sent.count { $0 == api.rawValue } } }

    package func dial(
        _ address: BrokerAddress, within limit: Duration
    ) async throws(KafkaError) -> any BrokerChannel {
        log.withLock { $0.dialed.append(address) }
        return Channel(inner: try await inner.dial(address, within: limit), log: log)
    }

    private struct Channel: BrokerChannel {
        let inner: any BrokerChannel
        let log: Locked<Log>

        func start(_ handler: @escaping @Sendable (BrokerChannelEvent) -> Void) { inner.start(handler) }
        func acceptLongFrames() { inner.acceptLongFrames() }
        func close() { inner.close() }

        /// The length, then the key of the API.
        func send(_ frame: [UInt8]) {
            if frame.count > 6 { log.withLock { $0.sent.append(Int16(frame[4]) << 8 | Int16(frame[5])) } }
            inner.send(frame)
        }
    }
}
