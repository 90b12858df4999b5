import EventLoop
import KafkaWire

/// An answer as it came, with the version to read it in.
struct RawAnswer: Sendable {
    let payload: [UInt8]
    let version: Int16
    let api: APIKey
    let address: BrokerAddress

    /// A write whose answer cannot be read was done or not: nobody knows.
    func decoded<Response: KafkaResponse>(
        _ type: Response.Type, kind: RequestKind = .read
    ) throws(KafkaError) -> Response {
        do throws(WireError) {
            return try ResponseFrame.decode(type, version: version, from: payload).body
        } catch {
            throw KafkaError(
                kind == .write ? .unknownOutcome : .malformed,
                "The answer of \(address) to \(api) version \(version) cannot be read",
                nextAction: kind == .write ? "Look at the cluster before sending it again." : nil, api: api,
                address: address.description, causes: ["\(error)"])
        }
    }

    /// The bytes behind the header.
    func body() throws(KafkaError) -> [UInt8] {
        do throws(WireError) {
            let offset = try ResponseFrame.bodyOffset(api, version: version, of: payload)
            return Array(payload.dropFirst(offset))
        } catch {
            throw KafkaError(
                .malformed, "The answer of \(address) to \(api) version \(version) cannot be read", api: api,
                address: address.description, causes: ["\(error)"])
        }
    }
}

extension NegotiatedConnection {
    /// Encodes a request for the version that both sides speak, here on the caller's executor, and sends it.
    func send<Request: KafkaRequest>(
        _ request: Request, kind: RequestKind, deadline: Duration
    ) async throws(KafkaError) -> RawAnswer {
        let api = Request.apiKey
        let usable = (request as? any VersionLimited)?.usableVersions ?? Request.offeredVersions
        let version = try table.choose(api, client: usable, address: connection.address.description)
        let clientID = connection.identity.clientID
        var request = request
        if var timed = request as? any BrokerTimed {
            timed.timeoutMs = BrokerTimeout.milliseconds(left: deadline - connection.time.monotonic)
            if let same = timed as? Request { request = same }
        }
        let frame: [UInt8]
        do throws(WireError) {
            // The connection puts its own correlation id in.
            frame =
                if request is ApiVersionsRequest {
                    // Brokers refuse one that does not say who asks.
                    try RequestFrame.encode(
                        connection.identity.greeting, version: version, correlationId: 0, clientId: clientID)
                } else {
                    try RequestFrame.encode(request, version: version, correlationId: 0, clientId: clientID)
                }
        } catch {
            throw KafkaError(
                error.code == .unsupportedField ? .unsupportedVersion : .configuration,
                "\(api) cannot be written in version \(version), the newest that \(connection.address) speaks",
                api: api, address: connection.address.description, causes: ["\(error)"])
        }
        let payload = try await connection.call(
            frame, api: api, version: version, kind: kind, deadline: deadline)
        return RawAnswer(payload: payload, version: version, api: api, address: connection.address)
    }
}
