/// A response on the wire: length, header, body. The client decodes, the simulator encodes.
package enum ResponseFrame {
    /// A response that was read.
    package struct Decoded<Response: ReadableResponse>: Sendable {
        package let correlationId: Int32
        package let body: Response
        /// The bytes after the body: tolerated, because newer brokers and proxies may add some, and worth a log line.
        package let trailingBytes: Int
    }

    /// The correlation id at the start of a frame's payload; it stands there in every version.
    package static func correlationId(of payload: [UInt8]) throws(WireError) -> Int32 {
        var reader = WireReader(payload, version: 0, flexible: false)
        return try reader.integer(Int32.self)
    }

    /// Reads header and body from a frame's payload; the body into the message or, if large, into columns
    /// (`FlatMetadata`).
    ///
    /// - Parameter version: that of the request.
    package static func decode<Response: ReadableResponse>(
        _ type: Response.Type, version: Int16, from payload: [UInt8]
    ) throws(WireError) -> Decoded<Response> {
        let bodyOffset = try bodyOffset(Response.apiKey, version: version, of: payload)
        let (body, rest) = try Response.decode(payload, from: bodyOffset, version: version)
        return Decoded(correlationId: try correlationId(of: payload), body: body, trailingBytes: rest)
    }

    /// Where the body begins in a frame's payload.
    package static func bodyOffset(
        _ apiKey: APIKey, version: Int16, of payload: [UInt8]
    ) throws(WireError) -> Int {
        let (_, rest) = try ResponseHeader.decode(payload, version: apiKey.responseHeaderVersion(version))
        return payload.count - rest
    }

    /// The whole frame, with its length.
    package static func encode<Response: KafkaResponse>(
        _ response: Response, version: Int16, correlationId: Int32
    ) throws(WireError) -> [UInt8] {
        let header = ResponseHeader(correlationId: correlationId)
        let prefix = try header.encoded(
            version: Response.apiKey.responseHeaderVersion(version), after: FrameLength.placeholder)
        return try FrameLength.filled(in: response.encoded(version: version, after: prefix))
    }

    /// Reads an answer to ApiVersions, which may be in another version than was asked for.
    ///
    /// A broker that does not know the version answers in v0 with UNSUPPORTED_VERSION (KIP-511); some answer in v0
    /// without saying so. The first is found by the error code, which stands first in every version; the second by
    /// reading as v0 what cannot be read as asked. librdkafka's mock brokers say UNSUPPORTED_VERSION before a list that is
    /// of no version at all.
    ///
    /// - Returns: the answer and the version that it was in. With UNSUPPORTED_VERSION its list is not a table of
    ///   versions: at most the entry of ApiVersions itself is to be used, and the list is empty where it is of no version.
    package static func decodeApiVersions(
        requested version: Int16, from payload: [UInt8]
    ) throws(WireError) -> (response: Decoded<ApiVersionsResponse>, version: Int16) {
        let offset = try bodyOffset(.apiVersions, version: version, of: payload)
        var peek = WireReader(payload, from: offset, version: 0, flexible: false)
        let errorCode = KafkaErrorCode(rawValue: try peek.integer(Int16.self))
        if errorCode == .unsupportedVersion {
            do throws(WireError) {
                return (try decode(ApiVersionsResponse.self, version: 0, from: payload), 0)
            } catch {
                let body = ApiVersionsResponse(errorCode: errorCode)
                return (Decoded(correlationId: try correlationId(of: payload), body: body, trailingBytes: 0), 0)
            }
        }
        do throws(WireError) {
            return (try decode(ApiVersionsResponse.self, version: version, from: payload), version)
        } catch {
            guard ApiVersionsResponse.isFlexible(version) else { throw error }
            do throws(WireError) {
                return (try decode(ApiVersionsResponse.self, version: 0, from: payload), 0)
            } catch {
                // The answer is neither: the failure in the version that was asked for says more.
            }
            throw error
        }
    }
}
