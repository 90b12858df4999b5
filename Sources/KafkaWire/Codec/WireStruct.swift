/// A struct of the protocol: a message, or a part of one.
package protocol WireStruct: Sendable, Equatable {
    /// Every field at the definition's default.
    init()

    /// What came in the tag section without being in the definition.
    var unknownTaggedFields: [UnknownTaggedField] { get set }

    /// Names every field once, in wire order, tagged fields last.
    mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError)

    // Both have an implementation below; as requirements they are compiled once for each struct, with the coder's type
    // known, also when the caller is in another module.
    mutating func read(from reader: inout WireReader) throws(WireError)
    func write(to writer: inout WireWriter) throws(WireError)
}

extension WireStruct {
    package mutating func read(from reader: inout WireReader) throws(WireError) {
        try fields(&reader)
        try reader.endStruct(&unknownTaggedFields)
    }

    package func write(to writer: inout WireWriter) throws(WireError) {
        var copy = self
        try copy.fields(&writer)
        try writer.endStruct(unknownTaggedFields)
    }
}
