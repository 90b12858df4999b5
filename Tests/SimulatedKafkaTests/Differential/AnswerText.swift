import KafkaWire

@testable import SimulatedKafka

/// An answer as text, field by field, without what two clusters cannot agree on: ids, ports, times.
struct AnswerText {
    /// What is left out everywhere.
    private static let dropped: Set<String> = ["throttleTimeMs", "unknownTaggedFields", "port", "host", "clientHost"]
    /// Shown as given or not given.
    private static let anonymous: Set<String> = [
        "producerId", "issueTimestamp", "expiryTimestamp", "maxTimestamp", "issueTimestampMs", "expiryTimestampMs",
        "maxTimestampMs", "hmac", "tokenId", "lastTimestamp", "transactionStartTimeMs", "logAppendTimeMs", "topicId",
        "finalizedFeaturesEpoch", "totalBytes", "usableBytes", "partitionSize", "sessionId", "timestamp",
        "controllerId", "clusterId", "logDir",
    ]
    /// Ids of members: what is before the UUID counts.
    private static let members: Set<String> = ["memberId", "leader"]
    private static let uuidLength = 36

    var ignored: Set<String> = []

    func text(_ value: Any) -> String { render(value, name: "") }

    private func render(_ value: Any, name: String) -> String {
        if Self.anonymous.contains(name) { return anonymousText(value, name) }
        switch value {
        case let code as KafkaErrorCode: return code.name
        // It shows the broker's own objects; what they are about is the same.
        case let text as String where text.hasPrefix("Request Request(") || text == KafkaWords.notAuthorized:
            return "'Request is not authorized.'"
        case let text as String:
            // Epochs count what a cluster has gone through.
            return Self.members.contains(name)
                ? memberText(text) : "'\(text.replacing(/(epoch|coordinator) \(\d+\)/, with: "epoch"))'"
        case let bytes as [UInt8]: return bytesText(bytes, name)
        case let id as KafkaUUID: return id == .zero ? "no id" : "an id"
        default: break
        }
        let mirror = Mirror(reflecting: value)
        switch mirror.displayStyle {
        case .optional:
            guard let some = mirror.children.first?.value else { return "null" }
            return render(some, name: name)
        case .collection:
            let items = mirror.children.map { render($0.value, name: name) }
            return "[" + items.sorted().joined(separator: ", ") + "]"
        case .struct where !mirror.children.isEmpty:
            let fields = mirror.children.compactMap { child -> String? in
                guard let label = child.label, !Self.dropped.contains(label), !ignored.contains(label) else {
                    return nil
                }
                return "\(label): \(render(child.value, name: label))"
            }
            return "{" + fields.joined(separator: ", ") + "}"
        default: return "\(value)"
        }
    }

    private func anonymousText(_ value: Any, _ name: String) -> String {
        switch value {
        case let number as any BinaryInteger:
            if name == "sessionId", Int64(number) == 0 { return "0" }
            return Int64(number) >= 0 ? "some" : "\(number)"
        case let text as String: return text.isEmpty ? "''" : "some"
        case let bytes as [UInt8]: return bytes.isEmpty ? "[]" : "some"
        case let id as KafkaUUID: return id == .zero ? "no id" : "an id"
        case Optional<Any>.none: return "null"
        default: return "some"
        }
    }

    private func memberText(_ text: String) -> String {
        text.utf8.count > Self.uuidLength ? "\(text.dropLast(Self.uuidLength))…" : "'\(text)'"
    }

    /// Records as offsets, keys, values; other bytes as they are.
    private func bytesText(_ bytes: [UInt8], _ name: String) -> String {
        guard name == "records", !bytes.isEmpty else { return "\(bytes)" }
        var reader = RecordBatchReader(bytes)
        var lines: [String] = []
        while let batch = try? reader.next() {
            let attributes = batch.attributes
            lines.append(
                "batch \(batch.baseOffset)-\(batch.lastOffset) epoch \(batch.partitionLeaderEpoch) attributes "
                    + "\(attributes) producer \(batch.hasProducer) \(batch.producerEpoch) \(batch.baseSequence) "
                    + "count \(batch.recordCount) crc \(batch.checksumIsValid)")
            guard !batch.isControl, var records = try? reader.records(of: batch) else { continue }
            while let record = try? records.next() {
                lines.append(
                    "\(record.offset) \(record.key.map { Array($0) } ?? []) "
                        + String(decoding: record.value ?? [], as: UTF8.self))
            }
        }
        return "<" + lines.joined(separator: "; ") + ">"
    }
}
