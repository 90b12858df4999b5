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
        let read = bytes.withUnsafeBytes { buffer in
            var reader = JSONReader(buffer, limits: limits)
            return Result { () throws(JSONError) in try reader.wholeValue() }
        }
        return try read.get()
    }
}
