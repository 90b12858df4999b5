/// How the records of a batch are compressed: the lowest three bits of its attributes.
package enum RecordCompression: UInt8, Sendable, CaseIterable, CustomStringConvertible {
    case none = 0
    case gzip = 1
    /// In Java's framing (xerial) or, as other clients write it, without.
    case snappy = 2
    /// The frame format of lz4, not its bare blocks.
    case lz4 = 3
    /// Needs Produce v7 and Fetch v10 at least.
    case zstd = 4

    /// The name that `compression.type` has in Kafka's configuration.
    package var description: String {
        switch self {
        case .none: "none"
        case .gzip: "gzip"
        case .snappy: "snappy"
        case .lz4: "lz4"
        case .zstd: "zstd"
        }
    }

    /// The bytes as they were before they were compressed.
    ///
    /// Takes the memory of `limit` bytes and a constant at most, whatever the bytes claim.
    ///
    /// - Throws: `.badCompression` for bytes that the codec cannot read, `.decompressedTooLarge` for more than `limit`.
    package func decompress(_ bytes: ArraySlice<UInt8>, limit: Int) throws(WireError) -> [UInt8] {
        switch self {
        case .none: Array(bytes)
        case .gzip: try GzipCodec.decompress(bytes, limit: limit)
        case .snappy: try SnappyCodec.decompress(bytes, limit: limit)
        case .lz4: try LZ4Codec.decompress(bytes, limit: limit)
        case .zstd: try ZstdCodec.decompress(bytes, limit: limit)
        }
    }

    /// The bytes compressed at the codec's usual level; the same bytes give the same result with the same library.
    package func compress(_ bytes: [UInt8]) throws(WireError) -> [UInt8] {
        switch self {
        case .none: bytes
        case .gzip: try GzipCodec.compress(bytes)
        case .snappy: try SnappyCodec.compress(bytes)
        case .lz4: try LZ4Codec.compress(bytes)
        case .zstd: try ZstdCodec.compress(bytes)
        }
    }

    // MARK: Failures

    func corrupt(_ what: String) -> WireError {
        WireError(.badCompression, "\(self) data that cannot be decompressed: \(what)", offset: 0)
    }

    func tooLarge(from count: Int, limit: Int) -> WireError {
        WireError(
            .decompressedTooLarge, "\(count) bytes of \(self) data that become more than the \(limit) allowed",
            offset: 0)
    }

    func notCompressed(_ what: String) -> WireError {
        WireError(.tooLarge, "records that \(self) does not compress: \(what)", offset: 0)
    }
}
