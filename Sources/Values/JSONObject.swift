/// The members of one JSON object where they stand: the whole text is checked at once, and a value is decoded when it is asked
/// for, so that who reads a record pays for what it takes.
///
/// The bytes must outlive it. One serves for many objects, one after the other (`load`): its table is used again.
package struct JSONObject {
    private struct Member {
        var name: JSONReader.Text
        var value: Range<Int>
    }

    private var reader = JSONReader(UnsafeRawBufferPointer(start: nil, count: 0))
    private var members: [Member] = []
    /// Behind the member that was found last: most are asked for in the order in which they stand.
    private var next = 0

    package init() {}

    /// Turns to another text; false, and without members, where it is no JSON or no object.
    package mutating func load(_ bytes: UnsafeRawBufferPointer) -> Bool {
        reader.turn(to: bytes)
        members.removeAll(keepingCapacity: true)
        next = 0
        do throws(JSONError) {
            guard var group = try reader.openIfObject() else { return false }
            while let name = try reader.nextName(in: &group) {
                let start = reader.place
                try reader.skip()
                members.append(Member(name: name, value: start..<reader.place))
            }
            try reader.finish()
            return true
        } catch {
            members.removeAll(keepingCapacity: true)
            return false
        }
    }

    // MARK: Values

    // Nil: there is none, or it is of another kind.

    /// The object as a whole; nil where none was loaded.
    package var tree: Value? {
        var reader = reader
        reader.turn(to: reader.bytes)
        return try? reader.wholeValue()
    }

    package mutating func value(_ name: StaticString) -> Value? {
        guard find(name) != nil else { return nil }
        return try? reader.value()
    }

    package mutating func text(_ name: StaticString) -> String? {
        guard find(name) != nil, reader.next == UInt8(ascii: "\"") else { return nil }
        return (try? reader.string()).map(reader.text)
    }

    package mutating func int(_ name: StaticString) -> Int64? {
        guard find(name) != nil, reader.isAtNumber else { return nil }
        return (try? reader.number())?.intValue
    }

    package mutating func bool(_ name: StaticString) -> Bool? {
        guard find(name) != nil else { return nil }
        return switch reader.next {
        case UInt8(ascii: "t"): true
        case UInt8(ascii: "f"): false
        default: nil
        }
    }

    package mutating func object(_ name: StaticString) -> JSONObject? {
        find(name).flatMap(object)
    }

    /// Those elements of a list that are objects.
    package mutating func objects(_ name: StaticString) -> [JSONObject]? {
        guard find(name) != nil, reader.next == UInt8(ascii: "[") else { return nil }
        return (try? reader.elements())?.compactMap(object)
    }

    private func object(_ range: Range<Int>) -> JSONObject? {
        var object = JSONObject()
        return object.load(UnsafeRawBufferPointer(rebasing: reader.bytes[range])) ? object : nil
    }

    // MARK: Names

    /// Where the value of a member stands, and the reader with it. What is not behind the member that was found last is looked
    /// for before it.
    private mutating func find(_ name: StaticString) -> Range<Int>? {
        let found = place(of: name, in: next..<members.count) ?? place(of: name, in: 0..<min(next, members.count))
        guard let found else { return nil }
        next = found + 1
        reader.place = members[found].value.lowerBound
        return members[found].value
    }

    private func place(of name: StaticString, in range: Range<Int>) -> Int? {
        range.first { reader.isSame(members[$0].name, name) }
    }
}
