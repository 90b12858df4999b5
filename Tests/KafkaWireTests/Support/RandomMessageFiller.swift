import KafkaWire

/// A coder that fills a message with random values that its version can say.
struct RandomMessageFiller: WireCoder {
    let version: Int16
    private let isFlexible: Bool
    private(set) var random: SeededRandom

    init(version: Int16, flexible: Bool, random: SeededRandom) {
        self.version = version
        isFlexible = flexible
        self.random = random
    }

    /// Fills a struct, its unknown tags included.
    mutating func fill<T: WireStruct>(_ value: inout T) throws(WireError) {
        try value.fields(&self)
        guard isFlexible, Bool.random(using: &random) else { return }
        value.unknownTaggedFields = [50, 16384, 2_147_483_646].prefix(Int.random(in: 0...3, using: &random)).map {
            UnknownTaggedField(tag: $0, data: anyBytes())
        }
    }

    mutating func scalar<T: WireScalar>(_ field: WireField, _ value: inout T, default fallback: T) throws(WireError) {
        if field.versions.contains(version) { value = any() }
    }

    mutating func nullableScalar<T: WireNullableScalar>(
        _ field: WireField, _ value: inout T?, default fallback: T?
    ) throws(WireError) {
        guard field.versions.contains(version) else { return }
        value = isNull(field) ? nil : any()
    }

    mutating func scalars<T: WireScalar>(_ field: WireField, _ value: inout [T]) throws(WireError) {
        if field.versions.contains(version) { value = (0..<Int.random(in: 0...3, using: &random)).map { _ in any() } }
    }

    mutating func nullableScalars<T: WireScalar>(
        _ field: WireField, _ value: inout [T]?, default fallback: [T]?
    ) throws(WireError) {
        guard field.versions.contains(version) else { return }
        value = isNull(field) ? nil : (0..<Int.random(in: 0...3, using: &random)).map { _ in any() }
    }

    mutating func structs<T: WireStruct>(_ field: WireField, _ value: inout [T]) throws(WireError) {
        if field.versions.contains(version) { value = try anyStructs() }
    }

    mutating func nullableStructs<T: WireStruct>(
        _ field: WireField, _ value: inout [T]?, default fallback: [T]?
    ) throws(WireError) {
        guard field.versions.contains(version) else { return }
        if isNull(field) { value = nil } else { value = try anyStructs() }
    }

    mutating func `struct`<T: WireStruct>(_ field: WireField, _ value: inout T) throws(WireError) {
        guard field.versions.contains(version) else { return }
        var element = T()
        try fill(&element)
        value = element
    }

    mutating func nullableStruct<T: WireStruct>(_ field: WireField, _ value: inout T?) throws(WireError) {
        guard field.versions.contains(version), !isNull(field) else { return }
        var element = T()
        try fill(&element)
        value = element
    }

    private mutating func isNull(_ field: WireField) -> Bool {
        field.nullable.contains(version) && Int.random(in: 0..<4, using: &random) == 0
    }

    private mutating func anyStructs<T: WireStruct>() throws(WireError) -> [T] {
        var elements: [T] = []
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            var element = T()
            try fill(&element)
            elements.append(element)
        }
        return elements
    }

    private mutating func any<T: WireScalar>() -> T {
        let value: Any? =
            switch T.self {
            case is Bool.Type: Bool.random(using: &random)
            case is Int8.Type: Int8(truncatingIfNeeded: anyInteger())
            case is Int16.Type: Int16(truncatingIfNeeded: anyInteger())
            case is UInt16.Type: UInt16(truncatingIfNeeded: anyInteger())
            case is Int32.Type: Int32(truncatingIfNeeded: anyInteger())
            case is Int64.Type: anyInteger()
            case is Double.Type: Double.random(in: -1e9...1e9, using: &random)
            case is KafkaUUID.Type: KafkaUUID(high: random.next(), low: random.next())
            case is KafkaErrorCode.Type: KafkaErrorCode(rawValue: Int16(truncatingIfNeeded: anyInteger()))
            case is APIKey.Type: APIKey(rawValue: Int16(truncatingIfNeeded: anyInteger()))
            case is String.Type: anyText()
            case is [UInt8].Type: anyBytes()
            default: nil
            }
        guard let value = value as? T else { preconditionFailure("a scalar of type \(T.self) is not known here") }
        return value
    }

    private mutating func anyInteger() -> Int64 {
        switch Int.random(in: 0..<4, using: &random) {
        case 0: [0, 1, -1, 127, 128, -128, 32767, -32768, .max, .min].randomElement(using: &random) ?? 0
        case 1: Int64.random(in: 0..<100, using: &random)
        default: Int64(bitPattern: random.next())
        }
    }

    private mutating func anyText() -> String {
        let texts = ["", "a", "orders", "nul\0inside", "größe", "e\u{301}", "🚀", String(repeating: "ü", count: 100)]
        return texts.randomElement(using: &random) ?? ""
    }

    private mutating func anyBytes() -> [UInt8] {
        (0..<Int.random(in: 0..<20, using: &random)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }
}
