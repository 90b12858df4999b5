import CCompression

/// lz4's frame format. Written as Kafka's reader wants it: independent blocks of 64 KiB, no checksum of the content.
enum LZ4Codec {
    static func decompress(_ bytes: ArraySlice<UInt8>, limit: Int) throws(WireError) -> [UInt8] {
        var context: OpaquePointer?
        guard LZ4F_isError(LZ4F_createDecompressionContext(&context, UInt32(LZ4F_VERSION))) == 0, let context else {
            throw RecordCompression.lz4.corrupt("lz4 has no memory")
        }
        defer { LZ4F_freeDecompressionContext(context) }
        var output = BoundedOutput(limit: limit)
        var failure: String?
        var isTooLarge = false
        bytes.withUnsafeBytes { input in
            var position = 0
            // What the library still expects; 0 at the end of a frame.
            var wanted = 1
            while failure == nil, !isTooLarge {
                var taken = input.count - position
                var written = BoundedOutput.pieceSize
                wanted = LZ4F_decompress(
                    context, output.room.baseAddress, &written, input.baseAddress.map { $0 + position }, &taken, nil)
                guard LZ4F_isError(wanted) == 0 else {
                    failure = String(cString: LZ4F_getErrorName(wanted))
                    return
                }
                position += taken
                isTooLarge = !output.take(written)
                if wanted == 0, position == input.count { return }
                if taken == 0, written == 0 { failure = "it ends early" }
            }
        }
        if isTooLarge { throw RecordCompression.lz4.tooLarge(from: bytes.count, limit: limit) }
        if let failure { throw RecordCompression.lz4.corrupt(failure) }
        return output.finish()
    }

    static func compress(_ bytes: [UInt8]) throws(WireError) -> [UInt8] {
        var preferences = LZ4F_preferences_t()
        preferences.frameInfo.blockSizeID = LZ4F_max64KB
        preferences.frameInfo.blockMode = LZ4F_blockIndependent
        let room = LZ4F_compressFrameBound(bytes.count, &preferences)
        var result = 0
        let compressed = [UInt8](unsafeUninitializedCapacity: room) { output, count in
            bytes.withUnsafeBytes { input in
                result = LZ4F_compressFrame(output.baseAddress, room, input.baseAddress, input.count, &preferences)
            }
            count = LZ4F_isError(result) == 0 ? result : 0
        }
        guard LZ4F_isError(result) == 0 else {
            throw RecordCompression.lz4.notCompressed(String(cString: LZ4F_getErrorName(result)))
        }
        return compressed
    }
}
