import KafkaWire
import Values

/// `records.jsonl`: buffers of record batches, read to their JSON and written again.
///
/// Uncompressed batches are compared byte by byte. Compressed bytes are one compressor's choice, so a batch that was
/// written here is read again and compared field by field.
enum RecordGolden {
    /// Why a vector fails, or nil.
    static func problem(_ line: String) throws -> String? {
        let vector = try JSON.parse(line)
        let name = "\(vector["name"]?.stringValue ?? "?") \(vector["compression"]?.stringValue ?? "?")"
        guard let bytes = vector["hex"]?.stringValue.flatMap(Hex.bytes), let batches = vector["batches"]?.listValue
        else { return "\(name): no vector" }
        do throws(WireError) {
            var reader = RecordBatchReader(bytes)
            for (index, expected) in batches.enumerated() {
                guard let batch = try reader.next() else { return "\(name): batch \(index) is missing" }
                if let difference = try compare(batch, &reader, expected) {
                    return "\(name), batch \(index): \(difference)"
                }
            }
            guard try reader.next() == nil else { return "\(name): more than \(batches.count) batches" }
            let incomplete = vector["incompleteTailBytes"]?.intValue
            guard incomplete == Int64(reader.unreadBytes) else { return "\(name): \(reader.unreadBytes) bytes left" }
        } catch {
            return "\(name): \(error)"
        }
        return nil
    }

    private static func compare(
        _ batch: RecordBatch, _ reader: inout RecordBatchReader, _ expected: Value
    ) throws(WireError) -> String? {
        let header = header(of: batch)
        for (key, value) in header where expected[key] != value {
            return "\(key) is \(value) instead of \(String(describing: expected[key]))"
        }
        guard batch.checksumIsValid else {
            do throws(WireError) {
                _ = try reader.records(of: batch)
                return "a wrong checksum is accepted"
            } catch {
                return error.code == .badChecksum ? nil : "\(error)"
            }
        }
        let records = try list(reader.records(of: batch))
        let wanted = expected["records"]?.listValue ?? []
        guard records.count == wanted.count else { return "\(records.count) records" }
        for (record, wanted) in zip(records, wanted) {
            if let difference = try compare(record, wanted, isControl: batch.isControl) {
                return "offset \(record.offset): \(difference)"
            }
        }
        return try compareWritten(batch, records)
    }

    private static func header(of batch: RecordBatch) -> [(String, Value)] {
        [
            ("baseOffset", .int(batch.baseOffset)), ("sizeInBytes", .int(Int64(batch.bytes.count))),
            ("partitionLeaderEpoch", .int(Int64(batch.partitionLeaderEpoch))), ("crc", .int(Int64(batch.checksum))),
            ("magic", .int(Int64(RecordBatch.magic))),
            ("crcValid", .bool(batch.checksumIsValid)), ("attributes", .int(Int64(batch.attributes))),
            ("lastOffset", .int(batch.lastOffset)), ("baseTimestamp", .int(batch.baseTimestamp)),
            ("maxTimestamp", .int(batch.maxTimestamp)), ("producerId", .int(batch.producerID)),
            ("producerEpoch", .int(Int64(batch.producerEpoch))), ("baseSequence", .int(Int64(batch.baseSequence))),
            ("lastSequence", .int(Int64(batch.lastSequence))), ("count", .int(Int64(batch.recordCount))),
            ("compression", .string("\(batch.compression?.description ?? "unknown")")),
            ("timestampType", .string("\(batch.timestampType)")), ("isTransactional", .bool(batch.isTransactional)),
            ("isControl", .bool(batch.isControl)), ("deleteHorizonMs", batch.deleteHorizon.map { .int($0) } ?? .null),
        ]
    }

    static func list(_ iterator: RecordIterator) throws(WireError) -> [Record] {
        var iterator = iterator
        var records: [Record] = []
        while let record = try iterator.next() { records.append(record) }
        return records
    }

    private static func compare(_ record: Record, _ expected: Value, isControl: Bool) throws(WireError) -> String? {
        let headers = record.headers.map { header -> Value in
            ["key": .string(header.key), "value": hex(header.value)]
        }
        let fields: [(String, Value)] = [
            ("offset", .int(record.offset)), ("timestamp", .int(record.timestamp)),
            ("sequence", .int(Int64(record.sequence))), ("key", hex(record.key)), ("headers", .list(headers)),
        ]
        for (key, value) in fields where expected[key] != value {
            return "\(key) is \(value) instead of \(String(describing: expected[key]))"
        }
        if let length = expected["valueLength"]?.intValue {
            guard let value = record.value, Int64(value.count) == length else { return "a value of another length" }
            let digest = Hex.text(SHA256.digest(value))
            return expected["valueSha256"]?.stringValue == digest ? nil : "another value, of digest \(digest)"
        }
        guard expected["value"] == hex(record.value) else { return "value is \(hex(record.value))" }
        guard isControl else { return nil }
        return try compare(ControlRecord(record), expected["control"] ?? .null)
    }

    private static func compare(_ control: ControlRecord, _ expected: Value) throws(WireError) -> String? {
        guard expected["typeId"] == .int(Int64(control.kind.rawValue)),
            expected["type"] == .string("\(control.kind)")
        else { return "a control record of kind \(control.kind)" }
        guard expected["coordinatorEpoch"]?.intValue == control.coordinatorEpoch.map(Int64.init) else {
            return "coordinator epoch \(String(describing: control.coordinatorEpoch))"
        }
        guard let content = expected["content"] else { return nil }
        let read: Value
        switch try control.content() {
        case .leaderChange(let message): read = try JSONMessageWriter.json(message, version: message.version)
        case .snapshotHeader(let message): read = try JSONMessageWriter.json(message, version: message.version)
        case .snapshotFooter(let message): read = try JSONMessageWriter.json(message, version: message.version)
        case .kraftVersion(let message): read = try JSONMessageWriter.json(message, version: message.version)
        case .kraftVoters(let message): read = try JSONMessageWriter.json(message, version: message.version)
        case .transactionEnd, .unknown: return "no content"
        }
        return read == content ? nil : "says \(JSON.text(read))"
    }

    /// Writes the batch anew from what was read.
    static func rewritten(_ batch: RecordBatch, _ records: [Record]) throws(WireError) -> [UInt8] {
        let producer = RecordBatchBuilder.Producer(
            id: batch.producerID, epoch: batch.producerEpoch, baseSequence: batch.baseSequence)
        var builder = RecordBatchBuilder(
            baseOffset: batch.baseOffset, compression: batch.compression ?? .none, producer: producer,
            isTransactional: batch.isTransactional, deleteHorizon: batch.deleteHorizon)
        builder.isControl = batch.isControl
        builder.partitionLeaderEpoch = batch.partitionLeaderEpoch
        builder.lastOffset = batch.lastOffset
        if batch.timestampType == .logAppendTime { builder.logAppendTime = batch.maxTimestamp }
        for record in records {
            try builder.append(
                key: record.key.map(Array.init), value: record.value.map(Array.init), headers: Array(record.headers),
                timestamp: record.producerTimestamp, offset: record.offset)
        }
        if records.isEmpty { builder.maxTimestamp = batch.maxTimestamp }
        return try builder.build()
    }

    private static func compareWritten(_ batch: RecordBatch, _ records: [Record]) throws(WireError) -> String? {
        let written = try rewritten(batch, records)
        if batch.compression == RecordCompression.none {
            return written == Array(batch.bytes) ? nil : "is written as \(Hex.text(written))"
        }
        var reader = RecordBatchReader(written)
        guard let again = try reader.next() else { return "what is written is no batch" }
        let ownChoice: Set<String> = ["sizeInBytes", "crc"]
        for (before, after) in zip(header(of: batch), header(of: again))
        where !ownChoice.contains(before.0) && before.1 != after.1 {
            return "\(before.0) is written as \(after.1) instead of \(before.1)"
        }
        return try list(reader.records(of: again)) == records ? nil : "other records after writing"
    }

    private static func hex(_ bytes: ArraySlice<UInt8>?) -> Value {
        bytes.map { .string(Hex.text(Array($0))) } ?? .null
    }
}
