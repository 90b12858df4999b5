// The words that field lists are written in. Arguments: the name, the value, the versions in which the field exists, and
// where the definition says so its default, its tag and whether it is ignorable.

extension WireCoder where Self: ~Copyable {
    @inline(__always)
    package mutating func bool(
        _ name: StaticString, _ value: inout Bool, _ versions: Versions, default fallback: Bool = false,
        tag: UInt32? = nil,
        ignorable: Bool = false
    ) throws(WireError) {
        try scalar(WireField(name, versions, tag: tag, ignorable: ignorable), &value, default: fallback)
    }

    @inline(__always)
    package mutating func int8(
        _ name: StaticString, _ value: inout Int8, _ versions: Versions, default fallback: Int8 = 0, tag: UInt32? = nil,
        ignorable: Bool = false
    ) throws(WireError) {
        try scalar(WireField(name, versions, tag: tag, ignorable: ignorable), &value, default: fallback)
    }

    @inline(__always)
    package mutating func int16(
        _ name: StaticString, _ value: inout Int16, _ versions: Versions, default fallback: Int16 = 0,
        tag: UInt32? = nil,
        ignorable: Bool = false
    ) throws(WireError) {
        try scalar(WireField(name, versions, tag: tag, ignorable: ignorable), &value, default: fallback)
    }

    @inline(__always)
    package mutating func uint16(
        _ name: StaticString, _ value: inout UInt16, _ versions: Versions, default fallback: UInt16 = 0,
        tag: UInt32? = nil,
        ignorable: Bool = false
    ) throws(WireError) {
        try scalar(WireField(name, versions, tag: tag, ignorable: ignorable), &value, default: fallback)
    }

    @inline(__always)
    package mutating func int32(
        _ name: StaticString, _ value: inout Int32, _ versions: Versions, default fallback: Int32 = 0,
        tag: UInt32? = nil,
        ignorable: Bool = false
    ) throws(WireError) {
        try scalar(WireField(name, versions, tag: tag, ignorable: ignorable), &value, default: fallback)
    }

    @inline(__always)
    package mutating func int64(
        _ name: StaticString, _ value: inout Int64, _ versions: Versions, default fallback: Int64 = 0,
        tag: UInt32? = nil,
        ignorable: Bool = false
    ) throws(WireError) {
        try scalar(WireField(name, versions, tag: tag, ignorable: ignorable), &value, default: fallback)
    }

    @inline(__always)
    package mutating func float64(
        _ name: StaticString, _ value: inout Double, _ versions: Versions, default fallback: Double = 0,
        tag: UInt32? = nil,
        ignorable: Bool = false
    ) throws(WireError) {
        try scalar(WireField(name, versions, tag: tag, ignorable: ignorable), &value, default: fallback)
    }

    @inline(__always)
    package mutating func uuid(
        _ name: StaticString, _ value: inout KafkaUUID, _ versions: Versions, default fallback: KafkaUUID = .zero,
        tag: UInt32? = nil,
        ignorable: Bool = false
    ) throws(WireError) {
        try scalar(WireField(name, versions, tag: tag, ignorable: ignorable), &value, default: fallback)
    }

    @inline(__always)
    package mutating func errorCode(
        _ name: StaticString, _ value: inout KafkaErrorCode, _ versions: Versions,
        default fallback: KafkaErrorCode = .none, tag: UInt32? = nil,
        ignorable: Bool = false
    ) throws(WireError) {
        try scalar(WireField(name, versions, tag: tag, ignorable: ignorable), &value, default: fallback)
    }

    @inline(__always)
    package mutating func apiKey(
        _ name: StaticString, _ value: inout APIKey, _ versions: Versions, default fallback: APIKey = .produce,
        tag: UInt32? = nil,
        ignorable: Bool = false
    ) throws(WireError) {
        try scalar(WireField(name, versions, tag: tag, ignorable: ignorable), &value, default: fallback)
    }

    @inline(__always)
    package mutating func string(
        _ name: StaticString, _ value: inout String, _ versions: Versions, default fallback: String = "",
        tag: UInt32? = nil,
        ignorable: Bool = false
    ) throws(WireError) {
        try scalar(WireField(name, versions, tag: tag, ignorable: ignorable), &value, default: fallback)
    }

    @inline(__always)
    package mutating func bytes(
        _ name: StaticString, _ value: inout [UInt8], _ versions: Versions, default fallback: [UInt8] = [],
        tag: UInt32? = nil,
        ignorable: Bool = false
    ) throws(WireError) {
        try scalar(WireField(name, versions, tag: tag, ignorable: ignorable), &value, default: fallback)
    }

    @inline(__always)
    package mutating func nullableString(
        _ name: StaticString, _ value: inout String?, _ versions: Versions, nullable: Versions = .all,
        default fallback: String? = "", tag: UInt32? = nil, ignorable: Bool = false, neverCompact: Bool = false
    ) throws(WireError) {
        let field = WireField(
            name, versions, nullable: nullable, tag: tag, ignorable: ignorable, neverCompact: neverCompact)
        try nullableScalar(field, &value, default: fallback)
    }

    @inline(__always)
    package mutating func nullableBytes(
        _ name: StaticString, _ value: inout [UInt8]?, _ versions: Versions, nullable: Versions = .all,
        default fallback: [UInt8]? = [], tag: UInt32? = nil, ignorable: Bool = false, neverCompact: Bool = false
    ) throws(WireError) {
        let field = WireField(
            name, versions, nullable: nullable, tag: tag, ignorable: ignorable, neverCompact: neverCompact)
        try nullableScalar(field, &value, default: fallback)
    }

    /// Record batches as they lie in a log, not looked into; their default is null.
    @inline(__always)
    package mutating func records(
        _ name: StaticString, _ value: inout [UInt8]?, _ versions: Versions, nullable: Versions = .all,
        tag: UInt32? = nil, ignorable: Bool = false
    ) throws(WireError) {
        let field = WireField(name, versions, nullable: nullable, tag: tag, ignorable: ignorable)
        try nullableScalar(field, &value, default: nil)
    }

    @inline(__always)
    package mutating func strings(
        _ name: StaticString, _ value: inout [String], _ versions: Versions, tag: UInt32? = nil, ignorable: Bool = false
    ) throws(WireError) {
        try scalars(WireField(name, versions, tag: tag, ignorable: ignorable), &value)
    }

    @inline(__always)
    package mutating func nullableStrings(
        _ name: StaticString, _ value: inout [String]?, _ versions: Versions, nullable: Versions = .all,
        default fallback: [String]? = [], tag: UInt32? = nil, ignorable: Bool = false
    ) throws(WireError) {
        let field = WireField(name, versions, nullable: nullable, tag: tag, ignorable: ignorable)
        try nullableScalars(field, &value, default: fallback)
    }

    @inline(__always)
    package mutating func int8s(
        _ name: StaticString, _ value: inout [Int8], _ versions: Versions, tag: UInt32? = nil, ignorable: Bool = false
    ) throws(WireError) {
        try scalars(WireField(name, versions, tag: tag, ignorable: ignorable), &value)
    }

    @inline(__always)
    package mutating func int16s(
        _ name: StaticString, _ value: inout [Int16], _ versions: Versions, tag: UInt32? = nil, ignorable: Bool = false
    ) throws(WireError) {
        try scalars(WireField(name, versions, tag: tag, ignorable: ignorable), &value)
    }

    @inline(__always)
    package mutating func int32s(
        _ name: StaticString, _ value: inout [Int32], _ versions: Versions, tag: UInt32? = nil, ignorable: Bool = false
    ) throws(WireError) {
        try scalars(WireField(name, versions, tag: tag, ignorable: ignorable), &value)
    }

    @inline(__always)
    package mutating func nullableInt32s(
        _ name: StaticString, _ value: inout [Int32]?, _ versions: Versions, nullable: Versions = .all,
        default fallback: [Int32]? = [], tag: UInt32? = nil, ignorable: Bool = false
    ) throws(WireError) {
        let field = WireField(name, versions, nullable: nullable, tag: tag, ignorable: ignorable)
        try nullableScalars(field, &value, default: fallback)
    }

    @inline(__always)
    package mutating func int64s(
        _ name: StaticString, _ value: inout [Int64], _ versions: Versions, tag: UInt32? = nil, ignorable: Bool = false
    ) throws(WireError) {
        try scalars(WireField(name, versions, tag: tag, ignorable: ignorable), &value)
    }

    @inline(__always)
    package mutating func structs<T: WireStruct>(
        _ name: StaticString, _ value: inout [T], _ versions: Versions, tag: UInt32? = nil, ignorable: Bool = false
    ) throws(WireError) {
        try structs(WireField(name, versions, tag: tag, ignorable: ignorable), &value)
    }

    @inline(__always)
    package mutating func nullableStructs<T: WireStruct>(
        _ name: StaticString, _ value: inout [T]?, _ versions: Versions, nullable: Versions = .all,
        default fallback: [T]? = [], tag: UInt32? = nil, ignorable: Bool = false
    ) throws(WireError) {
        let field = WireField(name, versions, nullable: nullable, tag: tag, ignorable: ignorable)
        try nullableStructs(field, &value, default: fallback)
    }

    @inline(__always)
    package mutating func `struct`<T: WireStruct>(
        _ name: StaticString, _ value: inout T, _ versions: Versions, tag: UInt32? = nil, ignorable: Bool = false
    ) throws(WireError) {
        try `struct`(WireField(name, versions, tag: tag, ignorable: ignorable), &value)
    }

    @inline(__always)
    package mutating func nullableStruct<T: WireStruct>(
        _ name: StaticString, _ value: inout T?, _ versions: Versions, nullable: Versions = .all, tag: UInt32? = nil,
        ignorable: Bool = false
    ) throws(WireError) {
        try nullableStruct(WireField(name, versions, nullable: nullable, tag: tag, ignorable: ignorable), &value)
    }
}
