/// A request on the wire: length, header, body. The client encodes, the simulator decodes.
package enum RequestFrame {
    /// The header of a request that was received, and where its body begins.
    package struct Header: Sendable, Equatable {
        package let apiKey: APIKey
        package let version: Int16
        package let correlationId: Int32
        package let clientId: String?
        /// The body's position in the frame's payload.
        package let bodyOffset: Int
    }

    /// The whole frame, with its length.
    package static func encode<Request: KafkaRequest>(
        _ request: Request, version: Int16, correlationId: Int32, clientId: String?
    ) throws(WireError) -> [UInt8] {
        let header = RequestHeader(
            requestApiKey: Request.apiKey, requestApiVersion: version, correlationId: correlationId, clientId: clientId)
        let prefix = try header.encoded(
            version: Request.apiKey.requestHeaderVersion(version), after: FrameLength.placeholder)
        return try FrameLength.filled(in: request.encoded(version: version, after: prefix))
    }

    /// Reads the header at the start of a frame's payload.
    ///
    /// - Throws: `WireError` with code `unknownAPI` when the key is not in the table, because the shape of the header is
    ///   then unknown. Versions are not checked here: ApiVersions has to answer a version that it does not know.
    package static func header(of payload: [UInt8]) throws(WireError) -> Header {
        var peek = WireReader(payload, version: 1, flexible: false)
        let apiKey = APIKey(rawValue: try peek.integer(Int16.self))
        let version = try peek.integer(Int16.self)
        guard apiKey.isKnown else {
            throw WireError(.unknownAPI, "a request with API key \(apiKey.rawValue)", offset: 0)
        }
        let (header, rest) = try RequestHeader.decode(payload, version: apiKey.requestHeaderVersion(version))
        return Header(
            apiKey: apiKey, version: version, correlationId: header.correlationId, clientId: header.clientId,
            bodyOffset: payload.count - rest)
    }

    /// Reads the body of a request whose header has been read.
    ///
    /// - Throws: also when bytes follow the body: a request that says more than it should has not been understood.
    package static func body<Request: KafkaRequest>(
        _ type: Request.Type, of payload: [UInt8], header: Header
    ) throws(WireError) -> Request {
        let (request, rest) = try Request.decode(payload, from: header.bodyOffset, version: header.version)
        guard rest == 0 else {
            throw WireError(.badLength, "\(rest) bytes after the request", offset: payload.count - rest)
        }
        return request
    }
}

/// The four bytes of length that lead a frame.
enum FrameLength {
    static let placeholder: [UInt8] = [0, 0, 0, 0]

    /// The frame with its length put in its first four bytes, in place.
    static func filled(in frame: consuming [UInt8]) throws(WireError) -> [UInt8] {
        guard let length = Int32(exactly: frame.count - 4) else {
            throw WireError(.frameTooLarge, "a frame of \(frame.count) bytes", offset: 0)
        }
        withUnsafeBytes(of: length.bigEndian) { bytes in
            for (index, byte) in bytes.enumerated() { frame[index] = byte }
        }
        return frame
    }
}
