import KafkaWire

/// What lies in logs: batches, control records, the records of coordinators and of MirrorMaker.
enum RecordFuzz {
    /// Bytes that one batch may become here: small, so that a run is quick.
    private static let limits = DecompressionLimits(largestBatch: 1 << 20)

    /// The first byte picks what the rest is.
    static func run(_ bytes: [UInt8]) {
        guard let first = bytes.first else { return }
        let rest = Array(bytes.dropFirst())
        switch first % 8 {
        case 0: scan(rest)
        case 1: scan(mended(rest))
        case 2: codec(rest)
        case 3:
            let (key, value) = halves(rest)
            _ = try? CoordinatorRecord.group(key: key, value: value)
            _ = try? CoordinatorRecord.transaction(key: key, value: value)
        case 4:
            _ = try? ConsumerProtocol.subscription(rest)
            _ = try? ConsumerProtocol.assignment(rest)
        case 5:
            let (key, value) = halves(rest)
            _ = try? OffsetSyncRecord.decode(key: key, value: value)
            _ = try? CheckpointRecord.decode(key: key, value: value)
            _ = try? HeartbeatRecord.decode(key: key, value: value)
        default: scan(mended(rest))
        }
    }

    private static func scan(_ bytes: [UInt8]) {
        var scan = RecordScan(bytes, from: 0, aborted: [], limits: limits)
        // An error is behind one batch; asking again goes on behind it.
        for _ in 0..<1000 {
            do throws(WireError) {
                guard let record = try scan.next() else { break }
                _ = record.headers
            } catch {
                continue
            }
        }
        var reader = RecordBatchReader(bytes, limits: limits)
        while let batch = try? reader.next() {
            guard var records = try? reader.records(of: batch) else { continue }
            while let record = try? records.next() {
                if batch.isControl { _ = try? ControlRecord(record).content() }
            }
        }
    }

    /// The same with the first batch's length and checksum made right, so that reading goes on behind them.
    private static func mended(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        // Length (8), leader epoch (12), magic (16), checksum (17), attributes (21), and so on up to 61.
        guard bytes.count >= 61 else { return bytes }
        put(UInt32(bytes.count - 12), at: 8, in: &bytes)
        bytes[16] = 2
        put(CRC32C.checksum(bytes[21...]), at: 17, in: &bytes)
        return bytes
    }

    private static func put(_ number: UInt32, at place: Int, in bytes: inout [UInt8]) {
        for index in 0..<4 { bytes[place + index] = UInt8(truncatingIfNeeded: number >> UInt32(24 - 8 * index)) }
    }

    private static func codec(_ bytes: [UInt8]) {
        guard let first = bytes.first else { return }
        let codecs = RecordCompression.allCases
        let codec = codecs[codecs.index(codecs.startIndex, offsetBy: Int(first) % codecs.count)]
        let limit = 1 << 18
        guard let plain = try? codec.decompress(bytes.dropFirst(), limit: limit) else { return }
        require(plain.count <= limit || codec == .none, "\(codec) becomes more than allowed")
    }

    private static func halves(_ bytes: [UInt8]) -> (key: [UInt8], value: [UInt8]) {
        guard let first = bytes.first else { return ([], []) }
        let rest = bytes.dropFirst()
        let count = min(Int(first), rest.count)
        return (Array(rest.prefix(count)), Array(rest.dropFirst(count)))
    }
}
