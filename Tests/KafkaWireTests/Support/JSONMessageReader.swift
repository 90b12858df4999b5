import KafkaWire
import Values

/// A coder that fills a message from JSON as the golden vectors write it.
struct JSONMessageReader: WireCoder {
    let version: Int16
    private let map: ValueMap

    private init(version: Int16, map: ValueMap) {
        self.version = version
        self.map = map
    }

    static func message<T: WireStruct>(_ type: T.Type, _ json: Value, version: Int16) throws(WireError) -> T {
        guard let map = json.mapValue else { throw mismatch("an object") }
        var reader = JSONMessageReader(version: version, map: map)
        var message = T()
        try message.fields(&reader)
        for tagged in map["_unknownTaggedFields"]?.listValue ?? [] {
            guard let tag = tagged["tag"]?.intValue, let data = tagged["data"]?.stringValue else { continue }
            message.unknownTaggedFields.append(
                UnknownTaggedField(tag: UInt32(truncatingIfNeeded: tag), data: Base64.bytes(data) ?? []))
        }
        return message
    }

    private static func mismatch(_ wanted: String) -> WireError {
        WireError(.truncated, "the JSON of the vector is not \(wanted)", offset: 0)
    }

    /// The value in JSON, or nil when the field is not in the version or is a tagged field left out.
    private func value(_ field: WireField) throws(WireError) -> Value? {
        guard field.versions.contains(version) else { return nil }
        if let value = map["\(field.name)"] { return value }
        guard field.tag != nil else { throw Self.mismatch("complete: \(field.name) is missing") }
        return nil
    }

    mutating func scalar<T: WireScalar>(_ field: WireField, _ value: inout T, default fallback: T) throws(WireError) {
        guard let json = try self.value(field) else { return }
        value = try Self.scalar(T.self, json)
    }

    mutating func nullableScalar<T: WireNullableScalar>(
        _ field: WireField, _ value: inout T?, default fallback: T?
    ) throws(WireError) {
        guard let json = try self.value(field) else { return }
        value = json.isNull ? nil : try Self.scalar(T.self, json)
    }

    mutating func scalars<T: WireScalar>(_ field: WireField, _ value: inout [T]) throws(WireError) {
        guard let json = try self.value(field) else { return }
        value = try Self.scalars(json)
    }

    mutating func nullableScalars<T: WireScalar>(
        _ field: WireField, _ value: inout [T]?, default fallback: [T]?
    ) throws(WireError) {
        guard let json = try self.value(field) else { return }
        value = json.isNull ? nil : try Self.scalars(json)
    }

    mutating func structs<T: WireStruct>(_ field: WireField, _ value: inout [T]) throws(WireError) {
        guard let json = try self.value(field) else { return }
        value = try structs(json)
    }

    mutating func nullableStructs<T: WireStruct>(
        _ field: WireField, _ value: inout [T]?, default fallback: [T]?
    ) throws(WireError) {
        guard let json = try self.value(field) else { return }
        value = json.isNull ? nil : try structs(json)
    }

    mutating func `struct`<T: WireStruct>(_ field: WireField, _ value: inout T) throws(WireError) {
        guard let json = try self.value(field) else { return }
        value = try Self.message(T.self, json, version: version)
    }

    mutating func nullableStruct<T: WireStruct>(_ field: WireField, _ value: inout T?) throws(WireError) {
        guard let json = try self.value(field) else { return }
        value = json.isNull ? nil : try Self.message(T.self, json, version: version)
    }

    private func structs<T: WireStruct>(_ json: Value) throws(WireError) -> [T] {
        guard let list = json.listValue else { throw Self.mismatch("a list") }
        var elements: [T] = []
        for json in list { elements.append(try Self.message(T.self, json, version: version)) }
        return elements
    }

    private static func scalars<T: WireScalar>(_ json: Value) throws(WireError) -> [T] {
        guard let list = json.listValue else { throw mismatch("a list") }
        var elements: [T] = []
        for json in list { elements.append(try scalar(T.self, json)) }
        return elements
    }

    private static func scalar<T: WireScalar>(_ type: T.Type, _ json: Value) throws(WireError) -> T {
        let value: Any? =
            switch json {
            case .bool(let flag): flag
            case .float(let number): number
            case .int(let number): integer(type, number)
            case .string(let string): text(type, string)
            default: nil
            }
        guard let value = value as? T else { throw mismatch("a \(type)") }
        return value
    }

    private static func integer<T: WireScalar>(_ type: T.Type, _ number: Int64) -> Any? {
        switch type {
        case is Int8.Type: Int8(exactly: number)
        case is Int16.Type: Int16(exactly: number)
        case is UInt16.Type: UInt16(exactly: number)
        case is Int32.Type: Int32(exactly: number)
        case is KafkaErrorCode.Type: Int16(exactly: number).map { KafkaErrorCode(rawValue: $0) }
        case is APIKey.Type: Int16(exactly: number).map { APIKey(rawValue: $0) }
        default: number
        }
    }

    private static func text<T: WireScalar>(_ type: T.Type, _ string: String) -> Any? {
        switch type {
        case is KafkaUUID.Type: KafkaUUID(string)
        case is [UInt8].Type: Base64.bytes(string)
        default: string
        }
    }
}
