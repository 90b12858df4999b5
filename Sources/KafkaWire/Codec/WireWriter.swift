/// Puts a message out as bytes, exactly as Kafka's own writer does.
///
/// Refuses (`WireError`) what the version cannot say: a null, a length, or a field that is set but not in the version.
package struct WireWriter: ~Copyable {
    package internal(set) var bytes: [UInt8]
    package let version: Int16
    /// Whether the version has tag sections and compact lengths.
    package let isFlexible: Bool
    /// The tagged fields of the struct being written, in ascending order.
    private var tags: [UnknownTaggedField] = []
    /// What was being written around the tagged field.
    private var surroundings: [Surrounding] = []

    private struct Surrounding {
        let tag: UInt32
        let start: Int
        let tags: [UnknownTaggedField]
    }

    /// - Parameter bytes: what stands before the message; it is kept.
    package init(after bytes: [UInt8] = [], version: Int16, flexible: Bool) {
        self.bytes = bytes
        self.version = version
        isFlexible = flexible
    }

    /// The bytes, taken out of the writer.
    package consuming func finish() -> [UInt8] { bytes }

    @inline(__always)
    package mutating func integer<T: FixedWidthInteger>(_ value: T) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    @inline(__always)
    package mutating func uvarint(_ value: UInt32) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    /// An array's count; nil is null.
    mutating func count(_ count: Int?, compact: Bool) throws(WireError) {
        guard let count else {
            if compact { uvarint(0) } else { integer(-1 as Int32) }
            return
        }
        guard let number = Int32(exactly: count), number < Int32.max else {
            throw WireError(.tooLarge, "an array of \(count) elements", offset: bytes.count)
        }
        if compact { uvarint(UInt32(number) + 1) } else { integer(number) }
    }

    // MARK: Tag sections

    /// Begins a tagged field; what is written until `leaveTag` is its payload.
    mutating func enterTag(_ tag: UInt32) {
        surroundings.append(Surrounding(tag: tag, start: bytes.count, tags: tags))
        tags = []
    }

    mutating func leaveTag() {
        guard let around = surroundings.popLast() else { return }
        let payload = Array(bytes[around.start...])
        bytes.removeLast(payload.count)
        tags = around.tags
        tags.append(UnknownTaggedField(tag: around.tag, data: payload))
    }

    /// Ends a struct: writes its tag section, known and unknown tags in ascending order.
    mutating func endStruct(_ unknown: [UnknownTaggedField]) throws(WireError) {
        guard isFlexible else {
            guard unknown.isEmpty else {
                throw WireError(
                    .unsupportedField, "tagged fields, which version \(version) does not have", offset: bytes.count)
            }
            return
        }
        if tags.isEmpty, unknown.isEmpty {
            bytes.append(0)
            return
        }
        let all = (tags + unknown).sorted { $0.tag < $1.tag }
        tags = []
        for (tag, next) in zip(all, all.dropFirst()) where tag.tag == next.tag {
            throw WireError(.badTags, "tag \(tag.tag) twice", offset: bytes.count)
        }
        uvarint(UInt32(all.count))
        for tag in all {
            uvarint(tag.tag)
            uvarint(UInt32(tag.data.count))
            bytes.append(contentsOf: tag.data)
        }
    }
}
