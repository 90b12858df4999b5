import CCompression

/// zstd frames.
enum ZstdCodec {
    private static let level: Int32 = 3
    /// The room of the first attempt when the frame does not say how large it becomes.
    private static let firstRoom = 1 << 16
    private static let growth = 4

    /// Decompresses at once into one buffer, and again into a larger one when it was too small. A stream would need a
    /// window as large as the frame claims (128 MiB and more) before it gives its first byte; so nothing but the output is
    /// held, and at most a third of the work is done in vain.
    static func decompress(_ bytes: ArraySlice<UInt8>, limit: Int) throws(WireError) -> [UInt8] {
        guard !bytes.isEmpty else { throw RecordCompression.zstd.corrupt("it ends early") }
        let claim = bytes.withUnsafeBytes { ZSTD_getFrameContentSize($0.baseAddress, $0.count) }
        var room = firstRoom(claim: claim, compressed: bytes.count, limit: limit)
        while true {
            var result = 0
            let output = [UInt8](unsafeUninitializedCapacity: room) { output, count in
                bytes.withUnsafeBytes { input in
                    result = ZSTD_decompress(output.baseAddress, room, input.baseAddress, input.count)
                }
                count = ZSTD_isError(result) == 0 ? result : 0
            }
            if ZSTD_isError(result) == 0 { return output }
            let code = ZSTD_getErrorCode(result)
            guard code == ZSTD_error_dstSize_tooSmall else {
                throw RecordCompression.zstd.corrupt(String(cString: ZSTD_getErrorName(result)))
            }
            guard room < limit else { throw RecordCompression.zstd.tooLarge(from: bytes.count, limit: limit) }
            room = room > limit / growth ? limit : room * growth
        }
    }

    /// The room of the first attempt. The two largest claims mean "unknown" and "not a frame"; any other is a hint, never
    /// a promise.
    static func firstRoom(claim: UInt64, compressed: Int, limit: Int) -> Int {
        let least = min(limit, firstRoom)
        guard let claim = Int(exactly: claim), claim <= limit, claim > least else { return least }
        return max(least, min(claim, DecompressionLimits.commonly(compressed)))
    }

    static func compress(_ bytes: [UInt8]) throws(WireError) -> [UInt8] {
        let room = ZSTD_compressBound(bytes.count)
        guard ZSTD_isError(room) == 0 else { throw RecordCompression.zstd.notCompressed("\(bytes.count) bytes") }
        var result = 0
        let compressed = [UInt8](unsafeUninitializedCapacity: room) { output, count in
            bytes.withUnsafeBytes { input in
                result = ZSTD_compress(output.baseAddress, room, input.baseAddress, input.count, level)
            }
            count = ZSTD_isError(result) == 0 ? result : 0
        }
        guard ZSTD_isError(result) == 0 else {
            throw RecordCompression.zstd.notCompressed(String(cString: ZSTD_getErrorName(result)))
        }
        return compressed
    }
}
