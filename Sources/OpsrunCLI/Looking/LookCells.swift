internal import KafkaAdmin
internal import KafkaOperations
internal import Values

/// Numbers and lists as a person reads them, for the cells of tables.
package enum LookCells {
    /// What is not known.
    package static let unknown = "-"

    /// `1.5 GiB`: three digits are enough for a person.
    package static func bytes(_ count: Int64?) -> String {
        guard let count else { return unknown }
        let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
        let amount = count.magnitude
        var unit = 0
        while unit + 1 < units.count, amount >> (10 * unit) >= 1024 { unit += 1 }
        guard unit > 0 else { return "\(count) B" }
        // In tenths, cut and not rounded: no digit says more than there is.
        let tenths = ((amount >> (10 * (unit - 1))) * 10) >> 10
        return "\(count < 0 ? "-" : "")\(tenths / 10).\(tenths % 10) \(units[unit])"
    }

    package static func ids(_ ids: some Sequence<Int32>) -> String {
        let text = ids.map { "\($0)" }.joined(separator: ",")
        return text.isEmpty ? unknown : text
    }

    static func count(_ number: Int?) -> String { number.map { "\($0)" } ?? unknown }

    package static func yes(_ flag: Bool) -> String { flag ? "yes" : "no" }

    /// A configured value, with what its unit makes of it: `604800000 (7d)`, `1073741824 (1.0 GiB)`.
    package static func configValue(_ name: String, _ value: String?) -> String {
        guard let value else { return "(hidden)" }
        guard let number = Int64(value), number > 0, number < .max else { return value }
        if name.hasSuffix(".ms"), number >= 1000, number < 1 << 50 {
            return "\(value) (\(Duration.milliseconds(number).text))"
        }
        if name.hasSuffix(".bytes"), number >= 1024 { return "\(value) (\(bytes(number)))" }
        return value
    }

    /// A quota with its unit: `1.0 MiB/s`, `50%`, `10/s`; a key that is not known as it stands.
    package static func quota(_ key: String, _ value: Double) -> String {
        let plain = value.rounded() == value && abs(value) < 1e15 ? "\(Int64(value))" : value.shortestText
        if key.hasSuffix("_byte_rate"), value >= 0, value < 1e18 { return "\(bytes(Int64(value)))/s" }
        if key.hasSuffix("_percentage") { return "\(plain)%" }
        if key.hasSuffix("_rate") { return "\(plain)/s" }
        return plain
    }

    /// `4.3`, or why it cannot be told.
    static func release(_ versions: NodeVersions?) -> String {
        versions.map { KafkaRelease.describe(level: $0.metadataLevel) } ?? unknown
    }
}

extension Value {
    static func orNull(_ text: String?) -> Value { text.map(Value.string) ?? .null }
    static func orNull(_ number: Int64?) -> Value { number.map(Value.int) ?? .null }
    static func orNull(_ flag: Bool?) -> Value { flag.map(Value.bool) ?? .null }
    static func nodes(_ ids: some Sequence<Int32>) -> Value { .list(ids.map { .int(Int64($0)) }) }
    static func strings(_ texts: some Sequence<String>) -> Value { .list(texts.map(Value.string)) }
}

extension ValueType {
    static func record(of fields: RecordType.Field...) -> ValueType { .record(RecordType(fields)) }
    static func records(of fields: RecordType.Field...) -> ValueType { .list(.record(RecordType(fields))) }
}
