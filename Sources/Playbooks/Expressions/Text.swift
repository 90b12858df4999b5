import Values

/// What the language does with text, by code points and with Python's classes of characters.
enum Text {
    static func scalars(_ text: String) -> [Unicode.Scalar] { Array(text.unicodeScalars) }

    static func string(_ scalars: some Sequence<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }

    static func length(_ text: String) -> Int { text.unicodeScalars.count }

    static func lower(_ text: String) -> String {
        let scalars = scalars(text)
        var result = ""
        for (place, scalar) in scalars.enumerated() {
            if scalar == "\u{3A3}" {
                result += isFinalSigma(scalars, place) ? "ς" : "σ"
            } else {
                result += scalar.properties.lowercaseMapping
            }
        }
        return result
    }

    /// Σ at the end of a word is ς: a letter with case before it (past what has none to speak of), none after it.
    private static func isFinalSigma(_ scalars: [Unicode.Scalar], _ place: Int) -> Bool {
        let before = scalars[..<place].last { !$0.properties.isCaseIgnorable }
        let after = scalars[(place + 1)...].first { !$0.properties.isCaseIgnorable }
        return (before?.properties.isCased ?? false) && !(after?.properties.isCased ?? false)
    }

    static func upper(_ text: String) -> String { text.unicodeScalars.map(\.properties.uppercaseMapping).joined() }

    static func capitalize(_ text: String) -> String {
        guard let first = text.unicodeScalars.first else { return text }
        return first.properties.titlecaseMapping + lower(string(text.unicodeScalars.dropFirst()))
    }

    static func trim(_ text: String, _ isDropped: (Unicode.Scalar) -> Bool = Characters.isSpace) -> String {
        var slice = scalars(text)[...]
        while let first = slice.first, isDropped(first) { slice.removeFirst() }
        while let last = slice.last, isDropped(last) { slice.removeLast() }
        return string(slice)
    }

    static func contains(_ text: String, _ part: String) -> Bool {
        !find(Array(part.utf8), in: Array(text.utf8), limit: 1).isEmpty
    }

    /// Offsets of `part` in `bytes`, not overlapping; the empty part is at the start of each character and at the end.
    private static func find(_ part: [UInt8], in bytes: [UInt8], limit: Int) -> [Int] {
        var places: [Int] = []
        guard let first = part.first else {
            for (place, byte) in bytes.enumerated() where byte & 0xC0 != 0x80 && places.count < limit {
                places.append(place)
            }
            if places.count < limit { places.append(bytes.count) }
            return places
        }
        var place = 0
        while place + part.count <= bytes.count, places.count < limit {
            if bytes[place] == first, bytes[place..<place + part.count].elementsEqual(part) {
                places.append(place)
                place += part.count
            } else {
                place += 1
            }
        }
        return places
    }

    static func replace(_ text: String, _ old: String, _ new: String, count: Int = .max) throws -> String {
        let bytes = Array(text.utf8)
        let part = Array(old.utf8)
        let replacement = Array(new.utf8)
        let places = find(part, in: bytes, limit: count < 0 ? .max : count)
        guard
            bytes.count + places.count.multipliedReportingOverflow(by: replacement.count).partialValue
                <= ExpressionLimits.textLength
        else { throw Budget.text() }
        var result: [UInt8] = []
        var from = 0
        for place in places {
            result += bytes[from..<place]
            result += replacement
            from = place + part.count
        }
        return String(decoding: result + bytes[from...], as: UTF8.self)
    }

    /// `str.split` of Python: at `separator`, or at runs of blanks when there is none.
    static func split(_ text: String, _ separator: String?, limit: Int) throws -> [String] {
        let most = limit < 0 ? Int.max : limit
        guard let separator else {
            var parts: [String] = []
            var rest = scalars(text)[...]
            while true {
                rest = rest.drop(while: Characters.isSpace)
                guard !rest.isEmpty else { return parts }
                if parts.count == most {
                    while let last = rest.last, Characters.isSpace(last) { rest.removeLast() }
                    return parts + [string(rest)]
                }
                let part = rest.prefix { !Characters.isSpace($0) }
                parts.append(string(part))
                rest = rest.dropFirst(part.count)
            }
        }
        guard !separator.isEmpty else { throw ExpressionFailure(.value, "the separator is empty") }
        let bytes = Array(text.utf8)
        var parts: [String] = []
        var from = 0
        for place in find(Array(separator.utf8), in: bytes, limit: most) {
            parts.append(String(decoding: bytes[from..<place], as: UTF8.self))
            from = place + separator.utf8.count
        }
        return parts + [String(decoding: bytes[from...], as: UTF8.self)]
    }

    /// Lines as Python's `splitlines` cuts them.
    static func lines(_ text: String) -> [String] {
        var lines: [String] = []
        var line: [Unicode.Scalar] = []
        var previous: Unicode.Scalar?
        var open = false
        for scalar in text.unicodeScalars {
            defer { previous = scalar }
            if scalar == "\n", previous == "\r" { continue }
            switch scalar.value {
            case 0x0A...0x0D, 0x1C...0x1E, 0x85, 0x2028, 0x2029:
                lines.append(string(line))
                line = []
                open = false
            default:
                line.append(scalar)
                open = true
            }
        }
        if open { lines.append(string(line)) }
        return lines
    }

    /// Texts and other scalars in a row; a secret when one of them is.
    static func join(_ parts: [Value]) -> Value {
        var text = ""
        var origin: String?
        for part in parts {
            if case .secret(let secret) = part {
                text += secret.reveal()
                origin = origin ?? secret.origin
            } else {
                text += part.scalarText ?? ""
            }
        }
        return origin.map { .secret(Secret(text, origin: $0)) } ?? .string(text)
    }
}

/// Failures of the budgets.
enum Budget {
    static func text() -> ExpressionFailure {
        ExpressionFailure(.budget, "the text would be longer than \(ExpressionLimits.textLength) bytes")
    }

    static func list() -> ExpressionFailure {
        ExpressionFailure(.budget, "the list would have more than \(ExpressionLimits.listLength) elements")
    }
}
