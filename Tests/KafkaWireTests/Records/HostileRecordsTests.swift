import KafkaWire
import Testing
import Values

/// What a broker that is broken or hostile may return from a fetch.
@Suite struct HostileRecordsTests {
    /// Flips of one vector; a large one is not flipped at every byte.
    static let flipsPerVector = 3000

    private func vectors() throws -> [(name: String, bytes: [UInt8], batches: Int)] {
        try GoldenFiles.lines("records.jsonl").map { line in
            let vector = try JSON.parse(line)
            let bytes = try #require(vector["hex"]?.stringValue.flatMap(Hex.bytes))
            let name = "\(vector["name"]?.stringValue ?? "") \(vector["compression"]?.stringValue ?? "")"
            return (name, bytes, vector["batches"]?.listValue?.count ?? 0)
        }
    }

    @Test(.enabled(if: GoldenFiles.areThere, "OPSRUN_GOLDEN is not set"))
    func `a buffer cut short anywhere gives its whole batches and says how much is left`() throws {
        for vector in try vectors() {
            for length in vector.bytes.indices {
                var reader = RecordBatchReader(Array(vector.bytes[..<length]))
                var size = 0
                do throws(WireError) {
                    while let batch = try reader.next() { size += batch.bytes.count }
                } catch {
                    Issue.record("\(vector.name) cut to \(length): \(error)")
                }
                if size + reader.unreadBytes != length { Issue.record("\(vector.name) cut to \(length)") }
            }
        }
    }

    @Test(.enabled(if: GoldenFiles.areThere, "OPSRUN_GOLDEN is not set"))
    func `a batch with a bit flipped is refused, or the bit is outside the checksum`() throws {
        var random = SeededRandom(seed: 5)
        for vector in try vectors() where vector.batches == 1 && !vector.name.hasPrefix("bad-crc") {
            for index in indices(vector.bytes, &random) {
                var bytes = vector.bytes
                bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                let isOutside = index < 16
                do throws(WireError) {
                    let isComplete = try RawBatch.readAll(bytes) > 0
                    if !isOutside, isComplete { Issue.record("\(vector.name), byte \(index): read all the same") }
                } catch {
                    if isOutside, index > 11 { Issue.record("\(vector.name), byte \(index): \(error)") }
                }
            }
        }
    }

    /// The checksum would stop nearly every flip; a hostile broker computes it anew.
    @Test(.enabled(if: GoldenFiles.areThere, "OPSRUN_GOLDEN is not set"))
    func `a batch with a bit flipped and the right checksum never traps`() throws {
        var random = SeededRandom(seed: 6)
        for vector in try vectors() where vector.batches == 1 {
            for index in indices(vector.bytes, &random) where index > 20 {
                var bytes = vector.bytes
                bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                _ = try? RawBatch.readAll(RawBatch.withChecksum(bytes))
            }
        }
    }

    private func indices(_ bytes: [UInt8], _ random: inout SeededRandom) -> [Int] {
        // 270 kB are decompressed at each flip of a large one.
        let limit = bytes.count > 5000 ? 100 : Self.flipsPerVector
        return bytes.count <= limit
            ? Array(bytes.indices) : (0..<limit).map { _ in Int.random(in: 0..<bytes.count, using: &random) }
    }

    @Test func `random bytes behind a right header never trap`() {
        var random = SeededRandom(seed: 8)
        for round in 0..<3000 {
            let records = (0..<60).map { _ in UInt8.random(in: 0..<24, using: &random) }
            let bytes = RawBatch.bytes(records: records, count: 1 + Int32(round % 5), attributes: Int16(round % 7))
            _ = try? RawBatch.readAll(bytes)
        }
    }

    @Test(arguments: [
        (Int32.max, WireError.Code.countTooLarge), (Int32.min, .badLength), (-1, .badLength), (3, .countTooLarge),
        (1, .badLength),
    ])
    func `a number of records that is a lie is refused`(count: Int32, expected: WireError.Code) {
        let bytes = RawBatch.bytes(records: RawBatch.record + RawBatch.record, count: count)
        #expect(code { () throws(WireError) in try RawBatch.readAll(bytes) } == expected)
    }

    @Test func `a number of records that fits the bytes but not the records is refused`() {
        // Three records of seven bytes fit into 26; what is there is two.
        let bytes = RawBatch.bytes(records: RawBatch.record + RawBatch.record + [1, 0, 0, 0, 1, 1, 0, 0], count: 3)
        #expect(failure { () throws(WireError) in try RawBatch.readAll(bytes) } != nil)
    }

    static let tooLong = [UInt8](repeating: 0xFF, count: 10)

    @Test(
        arguments: [
            ("a length of -1", [1, 0, 0, 0, 0, 0, 0, 0], WireError.Code.badLength),
            ("a length behind the end", [18, 0, 0, 0, 2, 0x6B, 2, 0x76, 0], .truncated),
            ("a length of 2 GiB", [0xFE, 0xFF, 0xFF, 0xFF, 0x0F, 0, 0, 0, 0], .truncated),
            ("a length over 32 bits", [0x80, 0x80, 0x80, 0x80, 0x20, 0, 0, 0], .badVarint),
            ("a length without end", tooLong + tooLong, .badVarint),
            ("a length that leaves bytes over", [18, 0, 0, 0, 2, 0x6B, 2, 0x76, 0, 0], .badLength),
            ("a timestamp without end", [40, 0] + tooLong + tooLong, .badVarint),
            ("a negative offset", [16, 0, 0, 1, 2, 0x6B, 2, 0x76, 0], .badLength),
            ("an offset behind the last one", [18, 0, 0, 0xCA, 1, 2, 0x6B, 2, 0x76, 0], .badLength),
            ("a key of length -2", [16, 0, 0, 0, 3, 0x6B, 2, 0x76, 0], .badLength),
            ("a value behind the end", [16, 0, 0, 0, 2, 0x6B, 8, 0x76, 0], .truncated),
            ("-1 headers", [16, 0, 0, 0, 2, 0x6B, 2, 0x76, 1], .badLength),
            ("many headers", [16, 0, 0, 0, 2, 0x6B, 2, 0x76, 0x7E], .countTooLarge),
            ("a header without a key", [20, 0, 0, 0, 2, 0x6B, 2, 0x76, 2, 1, 1], .unexpectedNull),
            ("a header behind the end", [20, 0, 0, 0, 2, 0x6B, 2, 0x76, 2, 4, 0], .truncated),
        ] as [(String, [UInt8], WireError.Code)])
    func `a record that lies is refused`(what: String, record: [UInt8], expected: WireError.Code) {
        let error = failure { () throws(WireError) in try RawBatch.readAll(RawBatch.bytes(records: record, count: 1)) }
        #expect(error?.code == expected, "\(what): \(String(describing: error))")
        #expect(error?.message.hasPrefix("the record batch at offset 0: ") == true)
    }

    @Test(arguments: [Int32(48), 0, -1, .min])
    func `a batch shorter than its header is refused`(length: Int32) {
        let bytes = RawBatch.bytes(records: [], count: 0, length: length)
        #expect(code { () throws(WireError) in try RawBatch.readAll(bytes) } == .badLength)
    }

    @Test func `a batch that claims 2 GiB is an incomplete one`() throws {
        var reader = RecordBatchReader(RawBatch.bytes(records: RawBatch.record, count: 1, length: .max))
        #expect(try reader.next() == nil)
        #expect(reader.unreadBytes == 70)
        #expect(reader.sizeOfIncompleteBatch == Int(Int32.max) + 12)
    }

    @Test(arguments: [
        (Int8(0), "records in format 0 (written before Kafka 0.11"), (1, "records in format 1 (written before"),
        (3, "records in format 3 (newer)"), (-1, "records in format -1"),
    ])
    func `another format is refused with its name`(magic: Int8, sentence: String) {
        let error = failure { () throws(WireError) in
            try RawBatch.readAll(RawBatch.bytes(records: RawBatch.record, count: 1, magic: magic))
        }
        #expect(error?.code == .unsupportedMagic)
        #expect(error?.message.hasPrefix(sentence) == true)
    }

    @Test func `a codec that does not exist is refused by number`() {
        let error = failure { () throws(WireError) in
            try RawBatch.readAll(RawBatch.bytes(records: RawBatch.record, count: 1, attributes: 5))
        }
        #expect(error?.code == .unknownCompression)
        #expect(error?.message.contains("codec 5") == true)
    }

    @Test(arguments: [(Int64(-5), Int32(0)), (0, -1), (.max, 1)])
    func `offsets that no partition has are refused`(baseOffset: Int64, lastOffsetDelta: Int32) {
        let bytes = RawBatch.bytes(
            records: RawBatch.record, count: 1, lastOffsetDelta: lastOffsetDelta, baseOffset: baseOffset)
        #expect(code { () throws(WireError) in try RawBatch.readAll(bytes) } == .badLength)
        var scan = RecordScan(bytes)
        #expect(code { () throws(WireError) in _ = try scan.next() } == .badLength)
    }

    @Test(arguments: RecordCompressionTests.compressing)
    func `a batch that is a bomb is refused, with its offset`(codec: RecordCompression) throws {
        let bomb = try codec.compress([UInt8](repeating: 0, count: 8 << 20))
        let bytes = RawBatch.bytes(records: bomb, count: 1, attributes: Int16(codec.rawValue), baseOffset: 77)
        let limits = DecompressionLimits(largestRatio: 10)
        let error = failure { () throws(WireError) in try RawBatch.readAll(bytes, limits: limits) }
        #expect(error?.code == .decompressedTooLarge)
        #expect(error?.message.hasPrefix("the record batch at offset 77: ") == true)
        // The formats that can go further are held by the usual ratio.
        guard codec != .snappy else { return }
        #expect(code { () throws(WireError) in try RawBatch.readAll(bytes) } == .decompressedTooLarge)
    }

    @Test func `many small bombs in one answer are one large bomb`() throws {
        let bomb = try RecordCompression.zstd.compress([UInt8](repeating: 0, count: 3 << 20))
        let batch = RawBatch.bytes(records: bomb, count: 1, attributes: Int16(RecordCompression.zstd.rawValue))
        var reader = RecordBatchReader(batch + batch)
        let first = try #require(try reader.next())
        _ = try reader.records(of: first)
        let second = try #require(try reader.next())
        #expect(code { () throws(WireError) in _ = try reader.records(of: second) } == .decompressedTooLarge)
    }

    @Test func `a million empty headers cost nothing until they are asked for`() throws {
        let count = 1 << 20
        var body: [UInt8] = [0, 0, 0, 1, 1]
        body += [0x80, 0x80, 0x80, 0x01]  // The count, zigzag.
        for _ in 0..<count { body += [0, 1] }
        var record: [UInt8] = []
        var rest = body.count * 2
        while rest >= 0x80 {
            record.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        record.append(UInt8(rest))
        var reader = RecordBatchReader(RawBatch.bytes(records: record + body, count: 1))
        let batch = try #require(try reader.next())
        var records = try reader.records(of: batch)
        let headers = try #require(try records.next()).headers
        #expect(headers.count == count)
        #expect(headers.first { _ in true } == RecordHeader(key: "", value: nil))
    }
}
