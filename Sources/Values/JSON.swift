import CJansson

/// Why a text is not JSON that we read, and where.
package struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
    package var message: String
    /// From 1; in a text of one line always 1.
    package var line: Int
    /// From 1, in characters.
    package var column: Int

    package init(_ message: String, line: Int, column: Int) {
        self.message = message
        self.line = line
        self.column = column
    }

    package var description: String { "line \(line), column \(column): \(message)" }
}

/// JSON in and out. Keys keep their order, `3` and `3.0` stay apart.
package enum JSON {
    /// What a text may hold.
    package struct Limits: Sendable {
        /// How deep arrays and objects may nest.
        package var depth: Int
        /// How long the text may be, in bytes.
        package var bytes: Int
        /// Whether integers beyond 64 bits become floats; otherwise they are an error.
        package var hugeIntegersAsFloats: Bool

        package init(depth: Int = 200, bytes: Int = 256 << 20, hugeIntegersAsFloats: Bool = false) {
            self.depth = depth
            self.bytes = bytes
            self.hugeIntegersAsFloats = hugeIntegersAsFloats
        }
    }

    package static func parse(_ text: String, limits: Limits = Limits()) throws(JSONError) -> Value {
        try parse(Array(text.utf8), limits: limits)
    }

    /// Reads one JSON value. Duplicate keys, text after the value, invalid UTF-8 and what is beyond the limits are errors.
    package static func parse(_ bytes: [UInt8], limits: Limits = Limits()) throws(JSONError) -> Value {
        guard bytes.count <= limits.bytes else {
            throw JSONError("the text has \(bytes.count) bytes, at most \(limits.bytes) are read", line: 1, column: 1)
        }
        let bytes = try prepare(bytes, limits)
        var error = json_error_t()
        let flags = Int(JSON_REJECT_DUPLICATES) | Int(JSON_DECODE_ANY) | Int(JSON_ALLOW_NUL)
        let root = bytes.withUnsafeBytes { buffer in
            json_loadb(buffer.baseAddress?.assumingMemoryBound(to: CChar.self), buffer.count, flags, &error)
        }
        guard let root else { throw describe(error) }
        defer { json_decref(root) }
        return convert(root)
    }

    /// Looks once over the text for what jansson cannot be told: the depth, and integers that shall become floats.
    private static func prepare(_ bytes: [UInt8], _ limits: Limits) throws(JSONError) -> [UInt8] {
        var depth = 0
        var place = 0
        var huge: [Int] = []
        while place < bytes.count {
            switch bytes[place] {
            case UInt8(ascii: "\""):
                place += 1
                while place < bytes.count, bytes[place] != UInt8(ascii: "\"") {
                    place += bytes[place] == UInt8(ascii: "\\") ? 2 : 1
                }
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                depth += 1
                guard depth <= limits.depth else {
                    let (line, column) = position(of: place, in: bytes)
                    throw JSONError("nested deeper than \(limits.depth)", line: line, column: column)
                }
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                let start = place
                while place + 1 < bytes.count, isNumberPart(bytes[place + 1]) { place += 1 }
                let token = bytes[start...place]
                if limits.hugeIntegersAsFloats, token.count > 18, token.dropFirst().allSatisfy(isDigit),
                    Int64(String(decoding: token, as: UTF8.self)) == nil
                {
                    huge.append(place + 1)
                }
            default: break
            }
            place += 1
        }
        guard !huge.isEmpty else { return bytes }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + 2 * huge.count)
        var from = 0
        for end in huge {
            result += bytes[from..<end]
            result += [UInt8(ascii: "."), UInt8(ascii: "0")]
            from = end
        }
        return result + bytes[from...]
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    private static func isNumberPart(_ byte: UInt8) -> Bool {
        isDigit(byte)
            || [UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"), UInt8(ascii: "+"), UInt8(ascii: "-")]
                .contains(byte)
    }

    private static func position(of place: Int, in bytes: [UInt8]) -> (line: Int, column: Int) {
        let before = bytes[..<place]
        let line = before.count { $0 == UInt8(ascii: "\n") } + 1
        let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        // Continuation bytes of UTF-8 are no characters of their own.
        return (line, bytes[start..<place].count { $0 & 0xC0 != 0x80 } + 1)
    }

    private static func describe(_ error: json_error_t) -> JSONError {
        let message = withUnsafeBytes(of: error.text) { buffer in
            String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self)
        }
        return JSONError(message, line: max(1, Int(error.line)), column: max(1, Int(error.column)))
    }

    /// The value of a jansson node; its depth is known to be bounded.
    private static func convert(_ node: UnsafeMutablePointer<json_t>) -> Value {
        switch node.pointee.type {
        case JSON_OBJECT:
            var map = ValueMap()
            var cursor = json_object_iter(node)
            while let place = cursor {
                if let key = json_object_iter_key(place), let value = json_object_iter_value(place) {
                    map[text(key, json_object_iter_key_len(place))] = convert(value)
                }
                cursor = json_object_iter_next(node, place)
            }
            return .map(map)
        case JSON_ARRAY:
            let count = json_array_size(node)
            var list: [Value] = []
            list.reserveCapacity(count)
            for index in 0..<count {
                if let element = json_array_get(node, index) { list.append(convert(element)) }
            }
            return .list(list)
        case JSON_STRING:
            guard let value = json_string_value(node) else { return .string("") }
            return .string(text(value, json_string_length(node)))
        case JSON_INTEGER: return .int(Int64(json_integer_value(node)))
        case JSON_REAL: return .float(json_real_value(node))
        case JSON_TRUE: return .bool(true)
        case JSON_FALSE: return .bool(false)
        default: return .null
        }
    }

    private static func text(_ start: UnsafePointer<CChar>, _ count: Int) -> String {
        String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
    }
}
