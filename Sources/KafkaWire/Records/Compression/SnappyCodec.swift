import CCompression

/// snappy in the framing of Java's library (xerial), and without framing as librdkafka and others write it.
///
/// The framing: eight magic bytes, the version and the oldest version that reads it as int32, then blocks, each led by
/// its compressed length as int32. A header may come again between blocks.
enum SnappyCodec {
    private static let magic: [UInt8] = [0x82, 0x53, 0x4E, 0x41, 0x50, 0x50, 0x59, 0x00]
    private static let headerSize = 16
    private static let version: Int32 = 1
    /// What Java's library cuts its input into.
    private static let blockSize = 32 << 10
    /// A copy of 64 bytes takes three: the format cannot do better, so a block that claims more is refused unread.
    private static let largestRatio = 22

    static func decompress(_ bytes: ArraySlice<UInt8>, limit: Int) throws(WireError) -> [UInt8] {
        guard isHeader(bytes, at: bytes.startIndex) else {
            var output: [UInt8] = []
            try appendBlock(bytes, to: &output, limit: limit, of: bytes.count)
            return output
        }
        var output: [UInt8] = []
        var position = bytes.startIndex
        while position < bytes.endIndex {
            if isHeader(bytes, at: position) {
                position += headerSize
                continue
            }
            guard bytes.endIndex - position >= 4 else { throw RecordCompression.snappy.corrupt("it ends early") }
            let length = bytes[position..<(position + 4)].reduce(into: UInt32(0)) { $0 = $0 << 8 | UInt32($1) }
            position += 4
            guard length <= bytes.endIndex - position else {
                throw RecordCompression.snappy.corrupt("a block of \(Int32(bitPattern: length)) bytes")
            }
            let end = position + Int(length)
            try appendBlock(bytes[position..<end], to: &output, limit: limit, of: bytes.count)
            position = end
        }
        return output
    }

    private static func isHeader(_ bytes: ArraySlice<UInt8>, at position: Int) -> Bool {
        bytes.endIndex - position >= headerSize && bytes[position..<(position + magic.count)].elementsEqual(magic)
    }

    private static func appendBlock(
        _ block: ArraySlice<UInt8>, to output: inout [UInt8], limit: Int, of received: Int
    ) throws(WireError) {
        var claim = 0
        let isReadable = block.withUnsafeBytes { input in
            snappy_uncompressed_length(input.bindMemory(to: CChar.self).baseAddress, input.count, &claim) == SNAPPY_OK
        }
        guard isReadable, claim >= 0 else { throw RecordCompression.snappy.corrupt("no length") }
        guard claim / largestRatio <= block.count else {
            throw RecordCompression.snappy.corrupt("\(block.count) bytes that claim to become \(claim)")
        }
        guard claim <= limit - output.count else {
            throw RecordCompression.snappy.tooLarge(from: received, limit: limit)
        }
        var isIntact = false
        let piece = [UInt8](unsafeUninitializedCapacity: claim) { room, count in
            var written = claim
            isIntact = block.withUnsafeBytes { input in
                room.withMemoryRebound(to: CChar.self) { room in
                    snappy_uncompress(
                        input.bindMemory(to: CChar.self).baseAddress, input.count, room.baseAddress, &written)
                } == SNAPPY_OK
            }
            count = isIntact ? min(written, claim) : 0
        }
        guard isIntact else { throw RecordCompression.snappy.corrupt("a damaged block") }
        if output.isEmpty { output = piece } else { output += piece }
    }

    static func compress(_ bytes: [UInt8]) throws(WireError) -> [UInt8] {
        var output = magic
        for number in [version, version] { withUnsafeBytes(of: number.bigEndian) { output.append(contentsOf: $0) } }
        for start in stride(from: 0, to: bytes.count, by: blockSize) {
            let block = bytes[start..<min(start + blockSize, bytes.count)]
            var written = snappy_max_compressed_length(block.count)
            var isDone = false
            let piece = [UInt8](unsafeUninitializedCapacity: written) { room, count in
                isDone = block.withUnsafeBytes { input in
                    room.withMemoryRebound(to: CChar.self) { room in
                        snappy_compress(
                            input.bindMemory(to: CChar.self).baseAddress, input.count, room.baseAddress, &written)
                    } == SNAPPY_OK
                }
                count = isDone ? written : 0
            }
            guard isDone, let length = Int32(exactly: piece.count) else {
                throw RecordCompression.snappy.notCompressed("a block of \(block.count) bytes")
            }
            withUnsafeBytes(of: length.bigEndian) { output.append(contentsOf: $0) }
            output += piece
        }
        return output
    }
}
