import KafkaWire
import Testing

@Suite struct RecordScanTests {
    /// A batch of records that have their offset as value.
    private static func batch(
        _ offsets: [Int64], producer: Int64? = nil, last: Int64? = nil, codec: RecordCompression = .none
    ) throws -> [UInt8] {
        var builder = RecordBatchBuilder(
            baseOffset: offsets[0], compression: codec,
            producer: producer.map { .init(id: $0, epoch: 0, baseSequence: 0) }, isTransactional: producer != nil)
        builder.lastOffset = last
        for offset in offsets {
            try builder.append(key: nil, value: [UInt8(offset)], timestamp: 0, offset: offset)
        }
        return try builder.build()
    }

    private static func marker(_ kind: ControlRecord.Kind, _ producer: Int64, at offset: Int64) throws -> [UInt8] {
        var builder = RecordBatchBuilder(
            baseOffset: offset, producer: .init(id: producer, epoch: 0, baseSequence: -1))
        try builder.appendMarker(kind, coordinatorEpoch: 1, timestamp: 0)
        return try builder.build()
    }

    private func offsets(_ scan: inout RecordScan) throws -> [Int64] {
        var offsets: [Int64] = []
        while let record = try scan.next() {
            #expect(record.value.map(Array.init) == [UInt8(record.offset)])
            offsets.append(record.offset)
        }
        return offsets
    }

    @Test func `records before the offset asked for are left out, and gaps are passed`() throws {
        let bytes = try Self.batch([5, 6, 9], last: 14, codec: .zstd) + Self.batch([20, 21])
        var scan = RecordScan(bytes, from: 6)
        #expect(try offsets(&scan) == [6, 9, 20, 21])
        #expect(scan.nextOffset == 22)
        var later = RecordScan(bytes, from: 12)
        #expect(try offsets(&later) == [20, 21])
        var alone = RecordScan(try Self.batch([5, 6, 9], last: 14), from: 6)
        #expect(try offsets(&alone) == [6, 9])
        #expect(alone.nextOffset == 15, "behind what compaction removed")
    }

    @Test func `an incomplete batch is left for the next fetch, and its size is known`() throws {
        let second = try Self.batch([2])
        var scan = RecordScan(try Self.batch([0, 1]) + second.dropLast())
        #expect(try offsets(&scan) == [0, 1])
        #expect(scan.nextOffset == 2)
        #expect(scan.sizeOfIncompleteBatch == second.count)
        var nothing = RecordScan(Array(second.prefix(11)), from: 2)
        #expect(try nothing.next() == nil)
        #expect(nothing.batches == 0)
        #expect(nothing.nextOffset == 2)
        #expect(nothing.sizeOfIncompleteBatch == nil)
    }

    /// Two producers, one of which aborts and goes on.
    private static func log() throws -> [UInt8] {
        try batch([0, 1], producer: 7) + batch([2], producer: 8) + batch([3]) + marker(.abort, 7, at: 4)
            + batch([5], producer: 7) + marker(.commit, 7, at: 6) + batch([7], producer: 8) + marker(.abort, 8, at: 8)
            + batch([9], producer: 8) + marker(.commit, 8, at: 10)
    }

    @Test func `aborted transactions are left out whatever the order in which they are listed`() throws {
        let aborted = [AbortedTransaction(producerID: 8, firstOffset: 2), .init(producerID: 7, firstOffset: 0)]
        for list in [aborted, aborted.reversed()] {
            var scan = RecordScan(try Self.log(), aborted: list)
            #expect(try offsets(&scan) == [3, 5, 9])
            #expect(scan.abortedBatches == 3)
            #expect(scan.nextOffset == 11, "behind the marker")
        }
    }

    @Test func `without a list all data is seen, and no marker`() throws {
        var scan = RecordScan(try Self.log())
        #expect(try offsets(&scan) == [0, 1, 2, 3, 5, 7, 9])
        var committed = RecordScan(try Self.log(), aborted: [])
        #expect(try offsets(&committed) == [0, 1, 2, 3, 5, 7, 9])
    }

    @Test func `a transaction that began before the fetch is left out up to its marker`() throws {
        var scan = RecordScan(
            try Self.batch([40], producer: 3) + Self.marker(.abort, 3, at: 41) + Self.batch([42], producer: 3),
            from: 40, aborted: [AbortedTransaction(producerID: 3, firstOffset: 12)])
        #expect(try offsets(&scan) == [42])
    }

    @Test func `a damaged batch is an error, is not passed, and does not hide what follows`() throws {
        var damaged = try Self.batch([1])
        damaged[60] ^= 1
        var scan = RecordScan(try Self.batch([0]) + damaged + Self.batch([2]))
        #expect(try scan.next()?.offset == 0)
        let error = failure { () throws(WireError) in _ = try scan.next() }
        #expect(error?.code == .badChecksum)
        #expect(error?.message == "the record batch at offset 1 is damaged: its checksum is wrong")
        #expect(scan.nextOffset == 1)
        #expect(try scan.next()?.offset == 2)
    }
}
