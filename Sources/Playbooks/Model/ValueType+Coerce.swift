package import Values

/// Why a text or value is not of a type: one sentence, and what to write instead.
package struct CoercionFailure: Error, Sendable, Hashable {
    package var message: String
    package var hint: String?

    package init(_ message: String, hint: String? = nil) {
        self.message = message
        self.hint = hint
    }
}

extension ValueType {
    /// The value of this type that a text spells: a scalar of a file where this type is declared, or `-e name=text`.
    ///
    /// The type decides, not the look: `3.10` is the version 3.10, `0644` stays text where text is declared. `isPlain` is
    /// false for quoted text, which is no number, bool or null.
    package func parse(_ text: String, isPlain: Bool = true) throws(CoercionFailure) -> Value {
        let quoted = isPlain ? nil : "remove the quotes"
        switch self {
        case .string, .textOrSecret: return .string(text)
        case .json, .never: return .string(text)
        case .cluster: return .string(text)
        case .null:
            guard isPlain, CoreSchema.isNull(text) else { throw CoercionFailure("expected nothing, not '\(text)'") }
            return .null
        case .optional(let wrapped):
            if isPlain, CoreSchema.isNull(text) { return .null }
            return try wrapped.parse(text, isPlain: isPlain)
        case .bool:
            if isPlain, let flag = CoreSchema.bool(text) { return .bool(flag) }
            throw CoercionFailure(
                "expected true or false, not '\(text)'",
                hint: quoted ?? (Self.yesAndNo[text.lowercased()].map { "write \($0)" }))
        case .int:
            let (number, hint) = Self.number(text, isPlain)
            if case .int(let value) = number { return .int(value) }
            if case .outOfRange = number { throw CoercionFailure("\(text) does not fit 64 bits") }
            throw CoercionFailure("expected int, not '\(text)'", hint: quoted ?? hint)
        case .float:
            let (number, hint) = Self.number(text, isPlain)
            if case .float(let value) = number { return .float(value) }
            if case .int(let value) = number { return .float(Double(value)) }
            throw CoercionFailure("expected float, not '\(text)'", hint: quoted ?? hint)
        case .bytes:
            guard let amount = ByteCount(text) else {
                throw CoercionFailure("'\(text)' is no amount of data", hint: "write 512, 10MiB or 2GB")
            }
            return .bytes(amount)
        case .duration:
            guard let duration = Duration(text: text) else {
                var hint = "write 90s, 10m or 1h30m"
                if !text.isEmpty, text.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }) {
                    hint = "a duration needs a unit: \(text)s"
                }
                throw CoercionFailure("'\(text)' is no duration", hint: hint)
            }
            return .duration(duration)
        case .timestamp:
            guard let time = Timestamp(rfc3339Text: text) else {
                throw CoercionFailure("'\(text)' is no time", hint: "write 2026-12-18T22:00:00Z")
            }
            return .timestamp(time)
        case .version:
            // Folders and files are named after it: `v4.3` means 4.3.
            guard let version = Version(text.hasPrefix("v") ? String(text.dropFirst()) : text) else {
                throw CoercionFailure("'\(text)' is no version", hint: "write 3.9.2 or 4.1.0-rc1")
            }
            return .version(version)
        case .secret:
            throw CoercionFailure("a secret never stands in a file", hint: "write {secret: \"env:NAME\"}")
        case .list: throw CoercionFailure("expected a list, not '\(text)'", hint: "write [\(text)]")
        case .tuple: throw CoercionFailure("expected a list, not '\(text)'")
        case .map, .record: throw CoercionFailure("expected a map, not '\(text)'")
        }
    }

    private static let yesAndNo = [
        "yes": "true", "on": "true", "no": "false", "off": "false", "1": "true", "0": "false",
    ]

    private static func number(_ text: String, _ isPlain: Bool) -> (CoreSchema.Resolution, String?) {
        guard isPlain else { return (.text, nil) }
        let strict = CoreSchema.number(text, allowLeadingZeros: false)
        if case .text = strict, case .int(let value) = CoreSchema.number(text, allowLeadingZeros: true) {
            return (.text, "a number with leading zeros is text: write \(value)")
        }
        return (strict, nil)
    }

    /// A value as one of this type: itself when it fits, text as `parse` reads it, an int where a float is declared.
    ///
    /// Used where expressions inside text make a declared version, duration, amount or time, and for values from outside.
    package func coerce(_ value: Value) throws(CoercionFailure) -> Value {
        switch (self, value) {
        case (.json, _), (.never, _): return value
        case (.optional(let wrapped), _): return value.isNull ? .null : try wrapped.coerce(value)
        case (.null, .null), (.bool, .bool), (.int, .int), (.float, .float), (.string, .string), (.bytes, .bytes),
            (.duration, .duration), (.timestamp, .timestamp), (.version, .version), (.secret, .secret):
            return value
        case (.float, .int(let number)): return .float(Double(number))
        case (.textOrSecret, .secret): return value
        case (.textOrSecret, .map(let map)) where SecretSource(.map(map), file: "") != nil: return value
        case (.textOrSecret, _): return try ValueType.string.coerce(value)
        case (.cluster, .map), (.cluster, .string): return value
        case (.secret, .map(let map)) where map.count == 1 && map["secret"]?.stringValue != nil: return value
        case (.bytes, .int(let count)) where count >= 0: return .bytes(ByteCount(count))
        case (.version, .int(let number)): return try parse(String(number))
        case (.version, .float(let number)): return try parse(number.shortestText)
        case (.string, .int), (.string, .float), (.string, .version), (.string, .duration), (.string, .bytes),
            (.string, .timestamp):
            // What may stand in argv; elsewhere the checker has refused it.
            return .string(value.scalarText ?? "")
        case (.version, .string(let text)), (.duration, .string(let text)), (.bytes, .string(let text)),
            (.timestamp, .string(let text)):
            return try parse(text)
        case (.list(let element), .list(let items)):
            var result: [Value] = []
            result.reserveCapacity(items.count)
            for item in items { result.append(try element.coerce(item)) }
            return .list(result)
        case (.tuple(let elements), .list(let items)) where elements.count == items.count:
            var result: [Value] = []
            for (element, item) in zip(elements, items) { result.append(try element.coerce(item)) }
            return .list(result)
        case (.map(let element), .map(let map)):
            var result = ValueMap()
            for (key, item) in map { result[key] = try element.coerce(item) }
            return .map(result)
        case (.record(let record), .map(let map)):
            var result = map
            for field in record.fields {
                guard let item = map[field.name] else {
                    if field.mayBeAbsent { continue }
                    guard field.type.isOptional else { throw CoercionFailure("the field '\(field.name)' is missing") }
                    result[field.name] = .null
                    continue
                }
                result[field.name] = try field.type.coerce(item)
            }
            return .map(result)
        default:
            throw CoercionFailure("expected \(self), not \(ValueType.inferred(from: value))")
        }
    }
}
