/// How long a frame may be, in bytes of its payload.
package enum FrameLimit {
    /// The largest frame accepted unless told otherwise: Kafka's own limit for requests (`socket.request.max.bytes`).
    package static let standard = 100 * 1024 * 1024
    /// Kafka's limit before a connection is authenticated (`sasl.server.max.receive.size`).
    package static let unauthenticated = 512 * 1024
}
