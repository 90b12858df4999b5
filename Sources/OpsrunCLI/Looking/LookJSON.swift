package import Values

/// Writes a document as JSON as it goes, without making values of it first: what has very many rows takes a tenth of the time
/// so. Laid out as `LookRenderer` lays out every document, two spaces a level and nothing but ASCII; a test holds the two
/// together.
package struct LookJSON: Sendable {
    private var output: [UInt8] = []
    private var level = 0
    /// Something stands in the innermost object or list already.
    private var hasItems = false

    /// Machine output that a terminal may be shown too: C1 controls and bidirectional marks as escapes.
    static let style = JSON.Style(indent: 2, keySeparator: ": ", asciiOnly: true)

    /// The beginning of a line at the deepest level that documents have; at the others it is shorter.
    private static var deepestLine: StaticString { "\n                " }

    package init() {}

    /// What was written.
    package var text: String { String(decoding: output, as: UTF8.self) }

    /// Ends the last line of a document.
    mutating func endLine() { output.append(UInt8(ascii: "\n")) }

    // MARK: Groups

    package mutating func object(_ body: (inout LookJSON) -> Void) {
        group(UInt8(ascii: "{"), UInt8(ascii: "}"), body)
    }

    package mutating func list<Items: Sequence>(_ items: Items, _ one: (inout LookJSON, Items.Element) -> Void) {
        group(UInt8(ascii: "["), UInt8(ascii: "]")) { json in
            for item in items {
                json.next()
                one(&json, item)
            }
        }
    }

    private mutating func group(_ open: UInt8, _ close: UInt8, _ body: (inout LookJSON) -> Void) {
        let hadItems = hasItems
        output.append(open)
        level += 1
        hasItems = false
        body(&self)
        level -= 1
        if hasItems { line() }
        output.append(close)
        hasItems = hadItems
    }

    /// Begins an item of the innermost group.
    private mutating func next() {
        if hasItems { output.append(UInt8(ascii: ",")) }
        hasItems = true
        line()
    }

    private mutating func line() {
        let length = 1 + level * 2
        Self.deepestLine.withUTF8Buffer { line in
            output.append(contentsOf: UnsafeBufferPointer(rebasing: line.prefix(length)))
            if length > line.count {
                output.append(contentsOf: repeatElement(UInt8(ascii: " "), count: length - line.count))
            }
        }
    }

    // MARK: Fields of an object

    /// Begins a field. The keys are this program's own: nothing in them is to be escaped.
    package mutating func key(_ name: StaticString) {
        next()
        output.append(UInt8(ascii: "\""))
        name.withUTF8Buffer { output.append(contentsOf: $0) }
        output.append(UInt8(ascii: "\""))
        output.append(UInt8(ascii: ":"))
        output.append(UInt8(ascii: " "))
    }

    package mutating func field(_ name: StaticString, _ number: Int64?) {
        key(name)
        write(number)
    }

    package mutating func field(_ name: StaticString, _ text: String?) {
        key(name)
        write(text)
    }

    package mutating func field(_ name: StaticString, _ flag: Bool) {
        key(name)
        put(flag ? "true" : "false")
    }

    /// A list of node ids; null where there is none.
    package mutating func field(_ name: StaticString, nodes: [Int32]?) {
        key(name)
        guard let nodes else { return put("null") }
        output.append(UInt8(ascii: "["))
        level += 1
        for (place, node) in nodes.enumerated() {
            if place > 0 { output.append(UInt8(ascii: ",")) }
            line()
            write(Int64(node))
        }
        level -= 1
        if !nodes.isEmpty { line() }
        output.append(UInt8(ascii: "]"))
    }

    package mutating func field(_ name: StaticString, _ value: Value) {
        key(name)
        write(value)
    }

    // MARK: Values

    /// A whole value, at this level of the document.
    package mutating func write(_ value: Value) {
        // No text of JSON has a line break within its quotes.
        for byte in JSON.text(value, style: Self.style).utf8 {
            if byte == UInt8(ascii: "\n") { line() } else { output.append(byte) }
        }
    }

    package mutating func write(_ text: String?) {
        guard var text else { return put("null") }
        let isPlain = text.withUTF8 { bytes in
            let isPlain = bytes.allSatisfy {
                $0 >= 0x20 && $0 <= 0x7E && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
            }
            guard isPlain else { return false }
            output.append(UInt8(ascii: "\""))
            output.append(contentsOf: bytes)
            output.append(UInt8(ascii: "\""))
            return true
        }
        if !isPlain { output.append(contentsOf: JSON.text(.string(text), style: Self.style).utf8) }
    }

    package mutating func write(_ number: Int64?) {
        guard let number else { return put("null") }
        if number < 0 { output.append(UInt8(ascii: "-")) }
        var rest = number.magnitude
        let start = output.count
        repeat {
            output.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        output[start...].reverse()
    }

    private mutating func put(_ word: StaticString) {
        word.withUTF8Buffer { output.append(contentsOf: $0) }
    }
}
