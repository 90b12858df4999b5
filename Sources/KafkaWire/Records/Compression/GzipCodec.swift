import CCompression

/// gzip through zlib. Several members one after the other are one text, as for Java's `GZIPInputStream`.
enum GzipCodec {
    /// zlib's "gzip header and trailer, largest window".
    private static let windowBits: Int32 = 15 + 16
    private static let memoryLevel: Int32 = 8

    static func decompress(_ bytes: ArraySlice<UInt8>, limit: Int) throws(WireError) -> [UInt8] {
        guard let available = UInt32(exactly: bytes.count) else { throw RecordCompression.gzip.corrupt("too long") }
        // zlib keeps the address of its state.
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        defer { stream.deallocate() }
        guard inflateInit2_(stream, windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw RecordCompression.gzip.corrupt("zlib has no memory")
        }
        defer { inflateEnd(stream) }
        var output = BoundedOutput(limit: limit, claim: claim(of: bytes))
        let failure = bytes.withUnsafeBufferPointer { input in
            stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
            stream.pointee.avail_in = available
            return inflateAll(stream, into: &output)
        }
        switch failure {
        case .none: return output.finish()
        case .tooLarge: throw RecordCompression.gzip.tooLarge(from: bytes.count, limit: limit)
        case .corrupt(let reason): throw RecordCompression.gzip.corrupt(reason)
        }
    }

    /// The last four bytes say how long the last member is, modulo 2^32; believed as far as such bytes commonly go.
    private static func claim(of bytes: ArraySlice<UInt8>) -> Int {
        let claim = bytes.suffix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
        return min(claim, DecompressionLimits.commonly(bytes.count))
    }

    private enum Failure {
        case none
        case tooLarge
        case corrupt(String)
    }

    private static func inflateAll(
        _ stream: UnsafeMutablePointer<z_stream>, into output: inout BoundedOutput
    ) -> Failure {
        while true {
            stream.pointee.next_out = output.room.baseAddress
            stream.pointee.avail_out = UInt32(BoundedOutput.pieceSize)
            let before = stream.pointee.avail_in
            let result = inflate(stream, Z_NO_FLUSH)
            let written = BoundedOutput.pieceSize - Int(stream.pointee.avail_out)
            guard result == Z_OK || result == Z_STREAM_END else {
                if result == Z_BUF_ERROR { return .corrupt("it ends early") }
                return .corrupt(stream.pointee.msg.map { String(cString: $0) } ?? "code \(result)")
            }
            guard output.take(written) else { return .tooLarge }
            if result == Z_STREAM_END {
                guard stream.pointee.avail_in > 0 else { return .none }
                guard inflateReset(stream) == Z_OK else { return .corrupt("zlib cannot go on") }
            } else if written == 0, stream.pointee.avail_in == before {
                return .corrupt("it ends early")
            }
        }
    }

    static func compress(_ bytes: [UInt8]) throws(WireError) -> [UInt8] {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        defer { stream.deallocate() }
        let started = deflateInit2_(
            stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, windowBits, memoryLevel, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        guard started == Z_OK else { throw RecordCompression.gzip.notCompressed("zlib has no memory") }
        defer { deflateEnd(stream) }
        guard let available = UInt32(exactly: bytes.count),
            let room = UInt32(exactly: deflateBound(stream, UInt(bytes.count)))
        else { throw RecordCompression.gzip.notCompressed("\(bytes.count) bytes") }
        var result = Z_OK
        let compressed = [UInt8](unsafeUninitializedCapacity: Int(room)) { output, count in
            bytes.withUnsafeBufferPointer { input in
                stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                stream.pointee.avail_in = available
                stream.pointee.next_out = output.baseAddress
                stream.pointee.avail_out = room
                result = deflate(stream, Z_FINISH)
            }
            count = Int(room - stream.pointee.avail_out)
        }
        guard result == Z_STREAM_END else { throw RecordCompression.gzip.notCompressed("code \(result)") }
        return compressed
    }
}
