import Glibc
import KafkaWire
import TestSupport
import Testing

/// Kafka's own reader of log segments, on what is written here.
@Suite struct KafkaReadsBatchesTests {
    private static let perBatch: Int64 = 3

    /// One batch a codec and a marker, with offsets as a broker has assigned them.
    private static func segment() throws -> [UInt8] {
        var bytes: [UInt8] = []
        var offset: Int64 = 0
        for codec in RecordCompression.allCases {
            var builder = RecordBatchBuilder(
                baseOffset: offset, compression: codec,
                producer: .init(id: 4711, epoch: 2, baseSequence: Int32(offset)), isTransactional: true)
            builder.partitionLeaderEpoch = 5
            for number in 0..<perBatch {
                // More than one block of every codec that has blocks.
                let text = "\(codec)-\(number) " + String(repeating: "0123456789abcdef", count: 5000)
                try builder.append(
                    key: Array("key-\(number)".utf8), value: Array(text.utf8),
                    headers: [RecordHeader(key: "h", value: [0x76])], timestamp: 1_700_000_000_000 + number)
            }
            bytes += try builder.build()
            offset += perBatch
        }
        var marker = RecordBatchBuilder(baseOffset: offset, producer: .init(id: 4711, epoch: 2, baseSequence: -1))
        try marker.appendMarker(.commit, coordinatorEpoch: 9, timestamp: 1_700_000_000_000)
        return try bytes + marker.build()
    }

    @Test(
        .enabled(if: RealKafka.isAvailable, "OPSRUN_KAFKA is not set"),
        arguments: [RealKafka.lowest, RealKafka.highest].compactMap(\.self))
    func `Kafka reads a segment of batches in every codec`(release: RealKafka.Release) async throws {
        let scratch = try ScratchDirectory()
        defer { scratch.remove() }
        let path = "\(scratch.path)/00000000000000000000.log"
        let bytes = try Self.segment()
        let file = try #require(fopen(path, "wb"))
        #expect(fwrite(bytes, 1, bytes.count, file) == bytes.count)
        fclose(file)
        let tool = try #require(release.tool("kafka-dump-log.sh"))
        let outcome = try await TestProcess.run(
            [tool, "--files", path, "--deep-iteration", "--print-data-log"], in: scratch)
        #expect(outcome.status == 0, "\(outcome.stderr)")
        let lines = outcome.stdout.split(separator: "\n")
        let batches = lines.filter { $0.hasPrefix("baseOffset: ") }
        #expect(batches.count == RecordCompression.allCases.count + 1)
        for batch in batches {
            #expect(batch.contains("isvalid: true"))
            #expect(batch.contains("producerId: 4711 producerEpoch: 2"))
        }
        for codec in RecordCompression.allCases {
            #expect(batches.contains { $0.lowercased().contains("compresscodec: \(codec)") })
            for number in 0..<Self.perBatch {
                let text = "payload: \(codec)-\(number) 0123456789"
                #expect(lines.contains { $0.contains(text) }, "\(codec), record \(number)")
            }
        }
        #expect(lines.contains { $0.contains("endTxnMarker: COMMIT coordinatorEpoch: 9") })
    }
}
