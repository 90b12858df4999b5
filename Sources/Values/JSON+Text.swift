extension JSON {
    /// How JSON is laid out.
    package struct Style: Sendable {
        /// Spaces per level; nil puts everything on one line.
        package var indent: Int?
        package var itemSeparator: String
        package var keySeparator: String
        /// Writes what is not ASCII as `\u` escapes.
        package var asciiOnly: Bool
        package var sortKeys: Bool

        package init(
            indent: Int? = nil, itemSeparator: String = ",", keySeparator: String = ":", asciiOnly: Bool = false,
            sortKeys: Bool = false
        ) {
            self.indent = indent
            self.itemSeparator = itemSeparator
            self.keySeparator = keySeparator
            self.asciiOnly = asciiOnly
            self.sortKeys = sortKeys
        }

        /// No spaces at all: `{"a":1}`.
        package static let compact = Style()
        /// Two spaces per level: for people.
        package static let pretty = Style(indent: 2, keySeparator: ": ")
    }

    /// The value as JSON. Bytes, durations, timestamps and versions are written as text, a secret as `•••`, a float that is
    /// no number as null; a float with a whole value keeps its point, so that it reads back as a float.
    package static func text(_ value: Value, pretty: Bool = false) -> String {
        text(value, style: pretty ? .pretty : .compact)
    }

    package static func text(_ value: Value, style: Style) -> String {
        var writer = Writer(style: style)
        writer.write(value, level: 0)
        return String(decoding: writer.output, as: UTF8.self)
    }

    private struct Writer {
        let style: Style
        var output: [UInt8] = []

        init(style: Style) { self.style = style }

        mutating func write(_ value: Value, level: Int) {
            switch value {
            case .null: output += "null".utf8
            case .bool(let flag): output += (flag ? "true" : "false").utf8
            case .int(let number): output += String(number).utf8
            case .float(let number): output += (number.isFinite ? number.shortestText : "null").utf8
            case .string(let text): quote(text)
            case .bytes(let amount): quote(amount.description)
            case .duration(let duration): quote(duration.text)
            case .timestamp(let time): quote(time.description)
            case .version(let version): quote(version.text)
            case .secret(let secret): quote(secret.description)
            case .list(let list): group(list, "[", "]", level) { $0.write($1, level: level + 1) }
            case .map(let map):
                var entries = Array(map)
                if style.sortKeys { entries.sort { $0.key.precedes($1.key) } }
                group(entries, "{", "}", level) {
                    $0.quote($1.key)
                    $0.output += $0.style.keySeparator.utf8
                    $0.write($1.value, level: level + 1)
                }
            }
        }

        private mutating func group<Item>(
            _ items: [Item], _ open: String, _ close: String, _ level: Int, _ one: (inout Writer, Item) -> Void
        ) {
            output += open.utf8
            for (index, item) in items.enumerated() {
                if index > 0 { output += style.itemSeparator.utf8 }
                line(level + 1)
                one(&self, item)
            }
            if !items.isEmpty { line(level) }
            output += close.utf8
        }

        private mutating func line(_ level: Int) {
            guard let indent = style.indent else { return }
            output.append(UInt8(ascii: "\n"))
            output += repeatElement(UInt8(ascii: " "), count: indent * level)
        }

        private mutating func quote(_ text: String) {
            output.append(UInt8(ascii: "\""))
            for scalar in text.unicodeScalars {
                switch scalar {
                case "\"": output += "\\\"".utf8
                case "\\": output += "\\\\".utf8
                case "\n": output += "\\n".utf8
                case "\r": output += "\\r".utf8
                case "\t": output += "\\t".utf8
                case "\u{8}": output += "\\b".utf8
                case "\u{C}": output += "\\f".utf8
                case _ where scalar.value < 0x20 || (style.asciiOnly && scalar.value > 0x7E):
                    for unit in String(scalar).utf16 { escape(unit) }
                default: output += UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
                }
            }
            output.append(UInt8(ascii: "\""))
        }

        private mutating func escape(_ unit: UInt16) {
            output += "\\u".utf8
            let digits = Array("0123456789abcdef".utf8)
            for shift in [12, 8, 4, 0] { output.append(digits[Int(unit >> UInt16(shift)) & 15]) }
        }
    }
}
