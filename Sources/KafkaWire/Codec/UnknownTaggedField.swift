/// A tagged field that the definition here does not know; kept, so that encoding gives back what was read.
package struct UnknownTaggedField: Sendable, Hashable {
    package let tag: UInt32
    package let data: [UInt8]

    package init(tag: UInt32, data: [UInt8]) {
        self.tag = tag
        self.data = data
    }
}
