import KafkaWire
import Values

/// A coder that turns a message into JSON as the golden vectors write it.
struct JSONMessageWriter: WireCoder {
    let version: Int16
    private(set) var map = ValueMap()

    private init(version: Int16) { self.version = version }

    static func json<T: WireStruct>(_ message: T, version: Int16) throws(WireError) -> Value {
        var writer = JSONMessageWriter(version: version)
        var copy = message
        try copy.fields(&writer)
        if !message.unknownTaggedFields.isEmpty {
            writer.map["_unknownTaggedFields"] = .list(
                message.unknownTaggedFields.map { tagged in
                    ["tag": .int(Int64(tagged.tag)), "data": .string(Base64.text(tagged.data))]
                })
        }
        return .map(writer.map)
    }

    private mutating func put(_ field: WireField, isDefault: Bool, _ value: () throws(WireError) -> Value)
        throws(WireError)
    {
        guard field.versions.contains(version), field.tag == nil || !isDefault else { return }
        map["\(field.name)"] = try value()
    }

    mutating func scalar<T: WireScalar>(_ field: WireField, _ value: inout T, default fallback: T) throws(WireError) {
        let current = value
        try put(field, isDefault: current == fallback) { () throws(WireError) in Self.scalar(current) }
    }

    mutating func nullableScalar<T: WireNullableScalar>(
        _ field: WireField, _ value: inout T?, default fallback: T?
    ) throws(WireError) {
        let current = value
        try put(field, isDefault: current == fallback) { () throws(WireError) in current.map(Self.scalar) ?? .null }
    }

    mutating func scalars<T: WireScalar>(_ field: WireField, _ value: inout [T]) throws(WireError) {
        let current = value
        try put(field, isDefault: current.isEmpty) { () throws(WireError) in .list(current.map(Self.scalar)) }
    }

    mutating func nullableScalars<T: WireScalar>(
        _ field: WireField, _ value: inout [T]?, default fallback: [T]?
    ) throws(WireError) {
        let current = value
        try put(field, isDefault: current == fallback) { () throws(WireError) in
            current.map { .list($0.map(Self.scalar)) } ?? .null
        }
    }

    mutating func structs<T: WireStruct>(_ field: WireField, _ value: inout [T]) throws(WireError) {
        let current = value
        let version = version
        try put(field, isDefault: current.isEmpty) { () throws(WireError) in try Self.list(current, version) }
    }

    mutating func nullableStructs<T: WireStruct>(
        _ field: WireField, _ value: inout [T]?, default fallback: [T]?
    ) throws(WireError) {
        let current = value
        let version = version
        try put(field, isDefault: current == fallback) { () throws(WireError) in
            guard let current else { return .null }
            return try Self.list(current, version)
        }
    }

    mutating func `struct`<T: WireStruct>(_ field: WireField, _ value: inout T) throws(WireError) {
        let current = value
        let version = version
        try put(field, isDefault: current == T()) { () throws(WireError) in try Self.json(current, version: version) }
    }

    mutating func nullableStruct<T: WireStruct>(_ field: WireField, _ value: inout T?) throws(WireError) {
        let current = value
        let version = version
        try put(field, isDefault: current == nil) { () throws(WireError) in
            guard let current else { return .null }
            return try Self.json(current, version: version)
        }
    }

    private static func list<T: WireStruct>(_ elements: [T], _ version: Int16) throws(WireError) -> Value {
        var values: [Value] = []
        for element in elements { values.append(try json(element, version: version)) }
        return .list(values)
    }

    private static func scalar<T: WireScalar>(_ value: T) -> Value {
        switch value {
        case let value as Bool: .bool(value)
        case let value as Int8: .int(Int64(value))
        case let value as Int16: .int(Int64(value))
        case let value as UInt16: .int(Int64(value))
        case let value as Int32: .int(Int64(value))
        case let value as Int64: .int(value)
        case let value as Double: .float(value)
        case let value as KafkaUUID: .string(value.description)
        case let value as KafkaErrorCode: .int(Int64(value.rawValue))
        case let value as APIKey: .int(Int64(value.rawValue))
        case let value as String: .string(value)
        case let value as [UInt8]: .string(Base64.text(value))
        default: .string("a scalar of type \(T.self), which the tests do not know")
        }
    }
}
