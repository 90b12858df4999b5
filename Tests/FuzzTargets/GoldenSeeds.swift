import KafkaWire
package import Values

/// The golden vectors as the bytes that the targets take.
package enum GoldenSeeds {
    /// Seeds of one message: a vector for each version and variant of its file, longest excepted.
    package static func seeds(of target: FuzzTarget, lines: (String) -> [Value]) -> [[UInt8]] {
        if let types = target.messages {
            return types.enumerated().flatMap { index, type in
                lines("\(type)").compactMap { seed($0, UInt8(truncatingIfNeeded: index), type.versions) }
            }
        }
        switch target {
        case .flat:
            return lines("MetadataResponse").compactMap { seed($0, 0, MetadataResponse.versions) }
        case .batches: return lines("records").compactMap { $0["hex"]?.stringValue.flatMap(hex).map { [1] + $0 } }
        case .sasl:
            return lines("scram").compactMap { line in
                line["serverFirst"]?.stringValue.map {
                    [1, 0, UInt8(truncatingIfNeeded: $0.utf8.count)] + Array($0.utf8)
                }
            }
        default: return []
        }
    }

    private static func seed(_ vector: Value, _ index: UInt8, _ versions: ClosedRange<Int16>) -> [UInt8]? {
        guard let version = vector["version"]?.intValue, let known = Int16(exactly: version), versions.contains(known),
            let bytes = vector["hex"]?.stringValue.flatMap(hex)
        else { return nil }
        return [index, UInt8(truncatingIfNeeded: known - versions.lowerBound)] + bytes
    }

    private static func hex(_ text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count % 2 == 0 else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { index in
            UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16) ?? 0
        }
    }
}
