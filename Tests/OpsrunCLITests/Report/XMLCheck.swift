import TestSupport

/// Reads XML as strictly as any of its readers: one root, tags that match, attributes in quotes, known entities, allowed
/// characters.
enum XMLCheck {
    static func isWellFormed(_ text: String) throws {
        func failed(_ what: String) -> ScratchDirectory.Failure { ScratchDirectory.Failure(description: what) }
        for scalar in text.unicodeScalars {
            let isAllowed = scalar.value >= 0x20 || "\n\t\r".unicodeScalars.contains(scalar)
            guard isAllowed, scalar.value != 0xFFFE, scalar.value != 0xFFFF else {
                throw failed("U+\(String(scalar.value, radix: 16)) is not allowed")
            }
        }
        guard !text.contains("]]>") else { throw failed("]]> stands in text") }
        var rest = text[...]
        if rest.hasPrefix("<?xml "), let end = rest.firstRange(of: "?>") { rest = rest[end.upperBound...] }
        var open: [Substring] = []
        var roots = 0
        while let start = rest.firstIndex(of: "<") {
            try entities(rest[..<start])
            if open.isEmpty, !rest[..<start].allSatisfy(\.isWhitespace) { throw failed("text outside of the root") }
            rest = rest[rest.index(after: start)...]
            guard let end = rest.firstIndex(of: ">") else { throw failed("a tag does not end") }
            var tag = rest[..<end]
            rest = rest[rest.index(after: end)...]
            if tag.hasPrefix("/") {
                guard let last = open.popLast(), last == tag.dropFirst() else { throw failed("\(tag) closes nothing") }
                continue
            }
            let isEmpty = tag.hasSuffix("/")
            if isEmpty { tag = tag.dropLast() }
            let name = tag.prefix { !$0.isWhitespace }
            try attributes(tag.dropFirst(name.count))
            if open.isEmpty { roots += 1 }
            if !isEmpty { open.append(name) }
        }
        guard open.isEmpty, roots == 1 else { throw failed("\(open.count) tags are open, \(roots) roots") }
    }

    private static func attributes(_ text: Substring) throws {
        var rest = text
        while let quote = rest.firstIndex(of: "\"") {
            guard rest[..<quote].hasSuffix("=") else {
                throw ScratchDirectory.Failure(description: "an attribute is wrong: \(text)")
            }
            let value = rest[rest.index(after: quote)...]
            guard let end = value.firstIndex(of: "\""), !value[..<end].contains("<") else {
                throw ScratchDirectory.Failure(description: "an attribute does not end: \(text)")
            }
            try entities(value[..<end])
            rest = value[value.index(after: end)...]
        }
        guard rest.allSatisfy(\.isWhitespace) else {
            throw ScratchDirectory.Failure(description: "an attribute has no value: \(text)")
        }
    }

    private static func entities(_ text: Substring) throws {
        for part in text.split(separator: "&", omittingEmptySubsequences: false).dropFirst() {
            guard ["amp;", "lt;", "gt;", "quot;", "#39;"].contains(where: { part.hasPrefix($0) }) else {
                throw ScratchDirectory.Failure(description: "&\(part.prefix(12)) is no entity")
            }
        }
    }
}
