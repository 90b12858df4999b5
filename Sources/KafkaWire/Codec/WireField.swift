/// What a field list says about one field, apart from its type and value.
package struct WireField: Sendable {
    /// The definition's name with a small first letter; also the key in JSON.
    package let name: StaticString
    /// Where the field exists.
    package let versions: Versions
    /// Where null is legal (strings, bytes, arrays and structs only).
    package let nullable: Versions
    /// Its number in the tag section, or nil for a plain field.
    package let tag: UInt32?
    /// Whether a value may be dropped silently in a version without the field.
    package let isIgnorable: Bool
    /// Whether lengths stay in the old form even in flexible versions (only the client id of a request header).
    package let isNeverCompact: Bool

    @inline(__always)
    package init(
        _ name: StaticString, _ versions: Versions, nullable: Versions = .none, tag: UInt32? = nil,
        ignorable: Bool = false, neverCompact: Bool = false
    ) {
        self.name = name
        self.versions = versions
        self.nullable = nullable
        self.tag = tag
        self.isIgnorable = ignorable
        self.isNeverCompact = neverCompact
    }
}
