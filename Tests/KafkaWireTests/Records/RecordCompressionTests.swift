import Testing

@testable import KafkaWire

@Suite struct RecordCompressionTests {
    static let compressing = RecordCompression.allCases.filter { $0 != .none }
    static let limit = 1 << 20

    static func noise(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
        var random = SeededRandom(seed: seed)
        return (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }

    @Test(arguments: RecordCompression.allCases, [0, 1, 100, 32768, 65536, 200_001])
    func `bytes come back as they went`(codec: RecordCompression, count: Int) throws {
        for bytes in [[UInt8](repeating: 7, count: count), Self.noise(count)] {
            let compressed = try codec.compress(bytes)
            #expect(try codec.decompress(compressed[...], limit: Self.limit) == bytes)
            #expect(try codec.decompress(([1, 2] + compressed)[2...], limit: count) == bytes, "exactly at the limit")
        }
    }

    @Test(arguments: compressing)
    func `the same bytes are compressed to the same bytes`(codec: RecordCompression) throws {
        #expect(try codec.compress(Self.noise(5000)) == codec.compress(Self.noise(5000)))
    }

    @Test(arguments: compressing)
    func `a bomb is refused with a sentence`(codec: RecordCompression) throws {
        let bomb = try codec.compress([UInt8](repeating: 0, count: 3 * Self.limit))
        let error = failure { () throws(WireError) in _ = try codec.decompress(bomb[...], limit: Self.limit) }
        #expect(error?.code == .decompressedTooLarge)
        #expect(
            error?.message == "\(bomb.count) bytes of \(codec) data that become more than the \(Self.limit) allowed")
    }

    @Test(arguments: compressing)
    func `one byte over the limit is too much`(codec: RecordCompression) throws {
        let bytes = try codec.compress(Self.noise(70_001))
        #expect(
            code { () throws(WireError) in _ = try codec.decompress(bytes[...], limit: 70_000) }
                == .decompressedTooLarge)
    }

    @Test(arguments: compressing)
    func `compressed bytes cut short anywhere are an error`(codec: RecordCompression) throws {
        let bytes = try codec.compress(Self.noise(600) + [UInt8](repeating: 1, count: 30_000))
        for length in bytes.indices {
            let error = failure { () throws(WireError) in
                _ = try codec.decompress(bytes[..<length], limit: Self.limit)
            }
            // The framing of snappy has no end mark: it may be cut between its header and a block.
            if codec == .snappy, length == 16 || length == 0 { continue }
            if error == nil { Issue.record("\(codec) cut to \(length) of \(bytes.count) bytes is read") }
        }
    }

    @Test(arguments: compressing)
    func `compressed bytes with a bit flipped are an error or other bytes within the limit`(
        codec: RecordCompression
    ) throws {
        let bytes = try codec.compress(Self.noise(300) + [UInt8](repeating: 1, count: 3000))
        for index in bytes.indices {
            for bit in 0..<8 {
                var damaged = bytes
                damaged[index] ^= 1 << UInt8(bit)
                let output = try? codec.decompress(damaged[...], limit: 10_000)
                if let output, output.count > 10_000 { Issue.record("\(codec): \(output.count) bytes") }
            }
        }
    }

    @Test func `snappy without framing is read`() throws {
        // A block of 5 bytes: its length, then a literal (length less one, times four).
        let bytes: [UInt8] = [0x05, 0x10, 1, 2, 3, 4, 5]
        #expect(try RecordCompression.snappy.decompress(bytes[...], limit: 5) == [1, 2, 3, 4, 5])
        let claim = failure { () throws(WireError) in
            _ = try RecordCompression.snappy.decompress([0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0x10, 1], limit: .max)
        }
        #expect(claim?.code == .badCompression)
        #expect(claim?.message.contains("7 bytes that claim to become 4294967295") == true)
    }

    @Test func `a second header of snappy's framing between blocks is read`() throws {
        let framed = try RecordCompression.snappy.compress([1, 2, 3])
        #expect(try RecordCompression.snappy.decompress((framed + framed)[...], limit: 6) == [1, 2, 3, 1, 2, 3])
        for length: [UInt8] in [[0xFF, 0xFF, 0xFF, 0xFF], [0x7F, 0xFF, 0xFF, 0xFF], [0, 0, 1]] {
            let bytes = framed.prefix(16) + length
            #expect(
                code { () throws(WireError) in _ = try RecordCompression.snappy.decompress(bytes, limit: 100) }
                    == .badCompression)
        }
    }

    @Test(arguments: [RecordCompression.gzip, .lz4, .zstd])
    func `several frames one after the other are one text`(codec: RecordCompression) throws {
        let twice = try codec.compress([1, 2]) + codec.compress([3])
        #expect(try codec.decompress(twice[...], limit: 3) == [1, 2, 3])
        #expect(
            code { () throws(WireError) in _ = try codec.decompress((twice + [9])[...], limit: 3) }
                == .badCompression)
    }

    @Test(arguments: compressing)
    func `what comes out takes no more room than is allowed`(codec: RecordCompression) throws {
        // Just over a power of two, where room that only doubles would be twice as much.
        let size = (1 << 21) + 100_000
        let bytes = try codec.compress(Self.noise(size))
        let output = try codec.decompress(bytes[...], limit: size)
        // The allocator rounds up to its own sizes.
        #expect(output.count == size && output.capacity <= size + 1 << 16)
    }

    @Test(arguments: [0, 1, 63 << 10, 1 << 20, (1 << 25) - 1, (1 << 25) + 1, 1 << 26])
    func `room grows to the limit without old and new being more than it`(needed: Int) {
        let limit = 1 << 26
        let room = BoundedOutput.room(for: needed, limit: limit)
        #expect(room >= needed && room <= limit)
        // What is copied into the new room was in a room of half the limit at most.
        #expect(room == limit || room <= limit / 2)
    }

    @Test func `a claim is believed as far as such bytes commonly go`() {
        let unknown = UInt64.max
        #expect(ZstdCodec.firstRoom(claim: unknown, compressed: 17, limit: 1 << 26) == 1 << 16)
        #expect(ZstdCodec.firstRoom(claim: 1 << 60, compressed: 17, limit: 1 << 26) == 1 << 16)
        #expect(ZstdCodec.firstRoom(claim: 1 << 25, compressed: 17, limit: 1 << 26) == 1 << 16)
        #expect(ZstdCodec.firstRoom(claim: 1 << 20, compressed: 1 << 16, limit: 1 << 26) == 1 << 20)
        #expect(ZstdCodec.firstRoom(claim: 1 << 20, compressed: 1 << 16, limit: 100) == 100)
    }

    @Test(
        arguments: [
            // Magic; a content size of eight bytes in one segment: an exabyte; then a raw block of one byte.
            [0x28, 0xB5, 0x2F, 0xFD, 0xE0, 0, 0, 0, 0, 0, 0, 0, 0x10, 0x09, 0, 0, 7],
            // A window of 2^41 bytes.
            [0x28, 0xB5, 0x2F, 0xFD, 0x00, 0xF8, 0x09, 0, 0, 7],
        ] as [[UInt8]])
    func `a frame of zstd that claims an exabyte or a large window is refused`(frame: [UInt8]) {
        let error = failure { () throws(WireError) in
            _ = try RecordCompression.zstd.decompress(frame[...], limit: 1 << 26)
        }
        #expect(error?.code == .badCompression)
    }
}
