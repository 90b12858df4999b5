/// One direction of the codec: what a message's field list is told to.
///
/// A message names its fields once, in wire order, tagged fields last and ascending; a reader fills them in, a writer
/// puts them out, and tests have coders of their own (JSON, random values). Every requirement takes the field's
/// description and its value. Field lists use the vocabulary in `WireCoder+Vocabulary.swift` instead.
///
/// - A field outside the version is left at its default by readers. A writer drops it when it is at its default or
///   ignorable, and otherwise refuses: silently losing, say, `validateOnly` would change what a request does.
/// - A tagged field at its default is not written.
package protocol WireCoder: ~Copyable {
    /// The message's version.
    var version: Int16 { get }

    mutating func scalar<T: WireScalar>(
        _ field: WireField, _ value: inout T, default fallback: T
    ) throws(WireError)

    mutating func nullableScalar<T: WireNullableScalar>(
        _ field: WireField, _ value: inout T?, default fallback: T?
    ) throws(WireError)

    /// An array of scalars; its default is the empty array.
    mutating func scalars<T: WireScalar>(_ field: WireField, _ value: inout [T]) throws(WireError)

    mutating func nullableScalars<T: WireScalar>(
        _ field: WireField, _ value: inout [T]?, default fallback: [T]?
    ) throws(WireError)

    /// An array of structs; its default is the empty array.
    mutating func structs<T: WireStruct>(_ field: WireField, _ value: inout [T]) throws(WireError)

    mutating func nullableStructs<T: WireStruct>(
        _ field: WireField, _ value: inout [T]?, default fallback: [T]?
    ) throws(WireError)

    /// A struct that is always there; its default has every field at its own.
    mutating func `struct`<T: WireStruct>(_ field: WireField, _ value: inout T) throws(WireError)

    /// A struct that may be missing; its default is null.
    mutating func nullableStruct<T: WireStruct>(_ field: WireField, _ value: inout T?) throws(WireError)
}
