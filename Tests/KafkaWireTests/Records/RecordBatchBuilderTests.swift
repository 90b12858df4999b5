import KafkaWire
import Testing

@Suite struct RecordBatchBuilderTests {
    private func read(_ bytes: [UInt8]) throws -> (batch: RecordBatch, records: [Record]) {
        var reader = RecordBatchReader(bytes)
        let batch = try #require(try reader.next())
        #expect(reader.unreadBytes == 0)
        return (batch, try RecordGolden.list(reader.records(of: batch)))
    }

    @Test(arguments: RecordCompression.allCases)
    func `what is written is what a broker accepts from a producer`(codec: RecordCompression) throws {
        var builder = RecordBatchBuilder(
            compression: codec, producer: .init(id: 4711, epoch: 3, baseSequence: .max - 1), isTransactional: true)
        try builder.append(key: [1], value: [2, 3], timestamp: 1_000)
        try builder.append(
            key: nil, value: nil, headers: [RecordHeader(key: "h", value: nil), RecordHeader(key: "", value: [])],
            timestamp: 990)
        try builder.append(key: [], value: [], timestamp: 1_010)
        let bytes = try builder.build()
        #expect(try builder.build() == bytes, "the same bytes again")
        let (batch, records) = try read(bytes)
        #expect(batch.checksumIsValid)
        #expect(batch.baseOffset == 0)
        #expect(batch.partitionLeaderEpoch == -1)
        // A broker refuses a batch whose offsets are not as many as its records.
        #expect(batch.lastOffsetDelta == 2)
        #expect(batch.recordCount == 3)
        #expect(batch.attributes == Int16(codec.rawValue) | 0x10)
        #expect(batch.baseTimestamp == 1_000)
        #expect(batch.maxTimestamp == 1_010)
        #expect(batch.producerID == 4711)
        #expect(batch.producerEpoch == 3)
        #expect(records.map(\.sequence) == [.max - 1, .max, 0])
        #expect(batch.lastSequence == 0)
        #expect(records.map(\.offset) == [0, 1, 2])
        #expect(records.map(\.timestamp) == [1_000, 990, 1_010])
        #expect(records.map { $0.key.map(Array.init) } == [[1], nil, []])
        #expect(records.map { $0.value.map(Array.init) } == [[2, 3], nil, []])
        #expect(Array(records[1].headers).map(\.key) == ["h", ""])
    }

    @Test func `a broker's stamp replaces all timestamps`() throws {
        var builder = RecordBatchBuilder(baseOffset: 50)
        builder.logAppendTime = 5_000
        try builder.append(key: nil, value: [1], timestamp: 10)
        let (batch, records) = try read(builder.build())
        #expect(batch.timestampType == .logAppendTime)
        #expect(records[0].timestamp == 5_000)
        #expect(records[0].producerTimestamp == 10)
    }

    @Test func `gaps, a delete horizon and an end that compaction removed are kept`() throws {
        var builder = RecordBatchBuilder(baseOffset: 100, deleteHorizon: 9_000)
        builder.lastOffset = 140
        try builder.append(key: [1], value: nil, timestamp: 20, offset: 105)
        try builder.append(key: [2], value: nil, timestamp: 21, offset: 130)
        let (batch, records) = try read(builder.build())
        #expect(batch.deleteHorizon == 9_000)
        #expect(batch.lastOffset == 140)
        #expect(records.map(\.offset) == [105, 130])
        #expect(records.map(\.timestamp) == [20, 21])
    }

    @Test func `timestamps as far apart as numbers go come back`() throws {
        var builder = RecordBatchBuilder()
        for timestamp in [Int64.min, .max, -1, 0] { try builder.append(key: nil, value: nil, timestamp: timestamp) }
        #expect(try read(builder.build()).records.map(\.timestamp) == [.min, .max, -1, 0])
    }

    @Test(arguments: [ControlRecord.Kind.abort, .commit])
    func `a marker ends a transaction`(kind: ControlRecord.Kind) throws {
        var builder = RecordBatchBuilder(producer: .init(id: 1, epoch: 2, baseSequence: -1))
        try builder.appendMarker(kind, coordinatorEpoch: 9, timestamp: 3)
        let (batch, records) = try read(builder.build())
        #expect(batch.isControl)
        #expect(batch.isTransactional)
        let control = try ControlRecord(records[0])
        #expect(control.kind == kind)
        #expect(try control.content() == .transactionEnd(coordinatorEpoch: 9))
    }

    @Test func `a control record of a later release is known by its number, and a damaged one is refused`() throws {
        func control(_ key: [UInt8]?, _ value: [UInt8]?) throws -> ControlRecord {
            var builder = RecordBatchBuilder()
            try builder.append(key: key, value: value, timestamp: 0)
            return try ControlRecord(read(builder.build()).records[0])
        }
        let later = try control([0, 7, 0, 99, 1], nil)
        #expect(later.kind.description == "UNKNOWN (99)")
        #expect(try later.content() == .unknown)
        #expect(throws: WireError.self) { try control(nil, nil) }
        #expect(throws: WireError.self) { try control([0xFF, 0xFF, 0, 1], [0, 0, 0, 0, 0, 1]) }
        #expect(throws: WireError.self) { try control([0, 0, 0, 1], [0, 0, 0]) }
        #expect(throws: WireError.self) { try control([0, 0, 0, 2], [0, 0]).content() }
    }

    @Test func `offsets that go back or too far are refused`() throws {
        var builder = RecordBatchBuilder(baseOffset: 10)
        try builder.append(key: nil, value: nil, timestamp: 0, offset: 12)
        for offset: Int64 in [12, 9, .min, 10 + 1 << 31] {
            #expect(throws: WireError.self) { try builder.append(key: nil, value: nil, timestamp: 0, offset: offset) }
        }
        builder.lastOffset = 11
        #expect(throws: WireError.self) { try builder.build() }
    }

    @Test func `an empty batch is a batch`() throws {
        var builder = RecordBatchBuilder(compression: .gzip)
        builder.lastOffset = 4
        let (batch, records) = try read(builder.build())
        #expect(batch.bytes.count == 61)
        #expect(batch.lastOffset == 4)
        #expect(records.isEmpty)
    }
}
