import EventLoop

/// Finds out what a listener speaks that took a connection and gave no Kafka answer: HTTP servers and TLS listeners often
/// wait for more, or just close. Asked once, after a first contact has failed; it sends a request line and a ClientHello, each on
/// a connection of its own, and changes nothing.
package enum ListenerDiagnosis {
    /// How long each look may take.
    private static let patience = Duration.seconds(1)

    /// Addresses that are looked at by one call.
    private static let addressLimit = 3

    /// What listens at the first of some addresses of which that can be told.
    package static func look(at addresses: [BrokerAddress], overTLS: Bool = false) async -> KafkaError? {
        for address in addresses.prefix(addressLimit) {
            if let error = await look(at: address, overTLS: overTLS, within: patience * 2) { return error }
        }
        return nil
    }

    /// The error that says what listens there; nil when that cannot be told. `overTLS`: the client was set to TLS.
    static func look(at address: BrokerAddress, overTLS: Bool, within limit: Duration) async -> KafkaError? {
        if overTLS { return await plaintext(at: address, within: limit) }
        let start = ContinuousClock.now
        for greeting in [requestLine, clientHello] {
            let left = limit - (ContinuousClock.now - start)
            guard let answer = await answer(of: address, to: greeting, within: left), answer.count >= 4 else {
                continue
            }
            let error = WrongProtocol.error(firstBytes: answer, limit: answer.count, from: address)
            if error.code == .speaksHTTP || error.code == .speaksTLS { return error }
        }
        return nil
    }

    /// Asked after a TLS handshake that got no answer: the error that says so when Kafka answers there in plaintext.
    static func plaintext(at address: BrokerAddress, within limit: Duration = patience) async -> KafkaError? {
        guard let answer = await answer(of: address, to: versionsRequest, within: limit), answer.count >= 10 else {
            return nil
        }
        // Four bytes of length, the correlation id, and no error.
        guard answer[4..<10].elementsEqual(correlation + [0, 0]) else { return nil }
        return KafkaError(
            .speaksPlaintext, "\(address) speaks Kafka in plaintext, and this client is set to TLS",
            nextAction: "Use the port of a TLS listener, or the security protocol PLAINTEXT or SASL_PLAINTEXT.",
            address: address.description)
    }

    /// `limit`: for the whole, bounded by this type's own patience with each part.
    private static func answer(
        of address: BrokerAddress, to greeting: [UInt8], within limit: Duration = patience
    ) async -> [UInt8]? {
        let patience = min(limit, patience)
        guard patience > .zero else { return nil }
        let start = ContinuousClock.now
        func left() -> Duration { max(.zero, patience - (ContinuousClock.now - start)) }
        do {
            let socket = try await StreamSocket.connect(to: address.host, port: Int(address.port), within: patience)
            let answer: [UInt8]?
            do {
                try await socket.write(greeting, within: left())
                answer = try await socket.read(upTo: 64, within: left())
            } catch {
                answer = nil
            }
            await socket.close()
            return answer
        } catch {
            return nil
        }
    }

    private static let correlation: [UInt8] = [0x6F, 0x70, 0x73, 0x72]

    /// ApiVersions in version 0, which every broker answers, without a client id.
    private static let versionsRequest: [UInt8] =
        [0, 0, 0, 10, 0, 18, 0, 0] + correlation + [0xFF, 0xFF]

    private static let requestLine = Array("GET / HTTP/1.0\r\n\r\n".utf8)

    /// A TLS 1.2 ClientHello with two cipher suites and no extensions: a server answers it with its hello or an alert.
    private static let clientHello: [UInt8] =
        [0x16, 0x03, 0x01, 0x00, 0x2F, 0x01, 0x00, 0x00, 0x2B, 0x03, 0x03]
        + [UInt8](repeating: 0x6F, count: 32) + [0x00, 0x00, 0x04, 0xC0, 0x2F, 0x00, 0x9C, 0x01, 0x00]
}
