import Values

/// The forms in which programs write a text that they were given: what a step gives back may hold a secret in one of them.
///
/// Base64 at each of the three positions that a text can have in a longer one, hex, URLs, JSON, XML, quotes of the shell, and
/// backwards. What was compressed, encrypted or taken apart is beyond this.
enum SecretEncodings {
    /// Shorter ones stand in other texts by chance.
    private static let shortest = 6
    /// Columns at which base64 is broken into lines: by `base64` and in mails, and in PEM.
    private static let columns = [76, 64]

    /// Each once, without the text itself.
    static func all(of text: String) -> [[UInt8]] {
        let bytes = Array(text.utf8)
        var found: [[UInt8]] = []
        var seen: Set<[UInt8]> = [bytes]
        func add(_ form: some Sequence<UInt8>) {
            let form = Array(form)
            if form.count >= shortest, seen.insert(form).inserted { found.append(form) }
        }
        for alphabet in [standard, urlSafe] {
            let whole = base64(bytes, alphabet)
            add(whole)
            add(whole + Array(repeating: UInt8(ascii: "="), count: (3 - bytes.count % 3) % 3))
            for offset in 1...2 {
                let shifted = base64(Array(repeating: 0, count: offset) + bytes, alphabet)
                add(
                    shifted.dropFirst((offset * 8 + 5) / 6).prefix(
                        max(0, sure(offset + bytes.count) - (offset * 8 + 5) / 6)))
            }
            add(whole.prefix(sure(bytes.count)))
            for column in columns where whole.count > column {
                for start in stride(from: 0, to: whole.count, by: column) { add(whole.dropFirst(start).prefix(column)) }
            }
        }
        add(Digest.hex(bytes).utf8)
        add(Digest.hex(bytes).uppercased().utf8)
        for safe in ["-_.~", "-_.~/", "-_.!~*'()"] {
            for digits in ["0123456789ABCDEF", "0123456789abcdef"] {
                let form = percent(bytes, safe: safe, digits)
                add(form)
                add(String(decoding: form, as: UTF8.self).replacingAll("%20", "+").utf8)
            }
        }
        for style in [JSON.Style(), JSON.Style(asciiOnly: true)] {
            add(JSON.text(.string(text), style: style).utf8.dropFirst().dropLast())
        }
        for form in jsonForms(of: text) { add(form) }
        let xml = text.replacingAll("&", "&amp;").replacingAll("<", "&lt;").replacingAll(">", "&gt;")
        add(xml.utf8)
        for quote in ["&#39;", "&#x27;", "&apos;"] {
            add(xml.replacingAll("\"", "&quot;").replacingAll("'", quote).utf8)
            add(xml.replacingAll("\"", "&#34;").replacingAll("'", quote).utf8)
        }
        for quote in ["'\\''", "'\"'\"'"] { add(text.replacingAll("'", quote).utf8) }
        add(bytes.flatMap { isPlain($0) ? [$0] : [UInt8(ascii: "\\"), $0] })
        add(bytes.reversed())
        add(String(String.UnicodeScalarView(text.unicodeScalars.reversed())).utf8)
        return found
    }

    private static let standard = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let urlSafe = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// How many characters of base64 so many bytes decide, whatever follows them.
    private static func sure(_ count: Int) -> Int { count * 8 / 6 }

    /// Without padding.
    private static func base64(_ bytes: [UInt8], _ alphabet: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count * 4 / 3 + 4)
        var (held, bits) = (0, 0)
        for byte in bytes {
            held = (held << 8 | Int(byte)) & 0xFFFF
            bits += 8
            while bits >= 6 {
                bits -= 6
                text.append(alphabet[held >> bits & 63])
            }
        }
        if bits > 0 { text.append(alphabet[held << (6 - bits) & 63]) }
        return text
    }

    /// JSON as other languages write it: Go escapes `<`, `>` and `&`, PHP `/`, Gson and .NET quotes and signs as well, in small and in
    /// capital digits, with and without letters beyond ASCII.
    private static func jsonForms(of text: String) -> [[UInt8]] {
        var forms: [[UInt8]] = []
        for escaped in ["", "<>&\u{2028}\u{2029}\u{7F}", "<>&='", "<>&'\"+`"] {
            let set = Set(escaped.unicodeScalars)
            for (hidesSlash, isASCII) in [(false, false), (true, false), (false, true), (true, true)] {
                for digits in ["0123456789abcdef", "0123456789ABCDEF"] {
                    let digits = Array(digits.utf8)
                    var form: [UInt8] = []
                    for scalar in text.unicodeScalars {
                        switch scalar {
                        case "\"" where !set.contains(scalar): form += #"\""#.utf8
                        case "\\": form += #"\\"#.utf8
                        case "\n": form += #"\n"#.utf8
                        case "\r": form += #"\r"#.utf8
                        case "\t": form += #"\t"#.utf8
                        case "/" where hidesSlash: form += #"\/"#.utf8
                        default:
                            guard set.contains(scalar) || scalar.value < 0x20 || isASCII && scalar.value > 0x7E else {
                                form += String(scalar).utf8
                                continue
                            }
                            for unit in String(scalar).utf16 {
                                form += #"\u"#.utf8
                                for shift in [12, 8, 4, 0] { form.append(digits[Int(unit >> UInt16(shift) & 15)]) }
                            }
                        }
                    }
                    forms.append(form)
                }
            }
        }
        return forms
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), 0x80...:
            true
        default: "_-./,:@%+=".utf8.contains(byte)
        }
    }

    private static func percent(_ bytes: [UInt8], safe: String, _ digits: String) -> [UInt8] {
        let (safe, digits) = (Set(safe.utf8), Array(digits.utf8))
        var text: [UInt8] = []
        for byte in bytes {
            let isLetter = byte < 0x80 && isPlain(byte) && !"_-./,:@%+=".utf8.contains(byte)
            if isLetter || safe.contains(byte) {
                text.append(byte)
            } else {
                text += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return text
    }
}

extension String {
    fileprivate func replacingAll(_ text: String, _ other: String) -> String {
        split(separator: text, omittingEmptySubsequences: false).joined(separator: other)
    }
}
