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

    /// Takes the memory of what comes out and no more: every block says how long it becomes, and their sum is known
    /// before the first is read.
    static func decompress(_ bytes: ArraySlice<UInt8>, limit: Int) throws(WireError) -> [UInt8] {
        var total = 0
        var position = bytes.startIndex
        while let block = try nextBlock(of: bytes, at: &position) {
            guard block.claim <= limit - total else {
                throw RecordCompression.snappy.tooLarge(from: bytes.count, limit: limit)
            }
            total += block.claim
        }
        var isIntact = true
        let output = [UInt8](unsafeUninitializedCapacity: total) { room, count in
            var position = bytes.startIndex
            while isIntact, let block = try? nextBlock(of: bytes, at: &position) {
                isIntact = fill(room.extracting(count..<(count + block.claim)), from: block.bytes)
                if isIntact { count += block.claim }
            }
        }
        guard isIntact else { throw RecordCompression.snappy.corrupt("a damaged block") }
        return output
    }

    private struct Block {
        let bytes: ArraySlice<UInt8>
        /// How many bytes it becomes.
        let claim: Int

        init(_ bytes: ArraySlice<UInt8>) throws(WireError) {
            var claim = 0
            let isReadable = bytes.withUnsafeBytes { input in
                snappy_uncompressed_length(input.bindMemory(to: CChar.self).baseAddress, input.count, &claim)
                    == SNAPPY_OK
            }
            guard isReadable, claim >= 0 else { throw RecordCompression.snappy.corrupt("no length") }
            guard claim / largestRatio <= bytes.count else {
                throw RecordCompression.snappy.corrupt("\(bytes.count) bytes that claim to become \(claim)")
            }
            self.bytes = bytes
            self.claim = claim
        }
    }

    /// The block at `position`, which then stands behind it; nil at the end.
    private static func nextBlock(
        of bytes: ArraySlice<UInt8>, at position: inout Int
    ) throws(WireError) -> Block? {
        guard isHeader(bytes, at: bytes.startIndex) else {
            // Without framing all of it is one block, which an empty one is not.
            guard position < bytes.endIndex || bytes.isEmpty else { return nil }
            position = bytes.endIndex
            return try Block(bytes)
        }
        while isHeader(bytes, at: position) { position += headerSize }
        guard position < bytes.endIndex else { return nil }
        guard bytes.endIndex - position >= 4 else { throw RecordCompression.snappy.corrupt("it ends early") }
        let length = bytes[position..<(position + 4)].reduce(into: UInt32(0)) { $0 = $0 << 8 | UInt32($1) }
        position += 4
        guard length <= bytes.endIndex - position else {
            throw RecordCompression.snappy.corrupt("a block of \(Int32(bitPattern: length)) bytes")
        }
        let start = position
        position += Int(length)
        return try Block(bytes[start..<position])
    }

    private static func isHeader(_ bytes: ArraySlice<UInt8>, at position: Int) -> Bool {
        bytes.endIndex - position >= headerSize && bytes[position..<(position + magic.count)].elementsEqual(magic)
    }

    /// Whether a block could be read and has become as much as it said.
    private static func fill(_ room: UnsafeMutableBufferPointer<UInt8>, from block: ArraySlice<UInt8>) -> Bool {
        var written = room.count
        let isIntact = block.withUnsafeBytes { input in
            room.withMemoryRebound(to: CChar.self) { room in
                snappy_uncompress(
                    input.bindMemory(to: CChar.self).baseAddress, input.count, room.baseAddress, &written)
            } == SNAPPY_OK
        }
        return isIntact && written == room.count
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
