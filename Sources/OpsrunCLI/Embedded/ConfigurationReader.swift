internal import Playbooks
internal import Values

/// Reads a part of the inventory that the language passes through as it stands, and collects what is wrong with it.
///
/// Only plain values are read: an expression in such a place is reported. A getter answers nil for what is absent and for
/// what it reported.
struct ConfigurationReader {
    let span: SourceSpan
    private let entries: [(key: Located<String>, value: ValueTemplate)]
    private let what: String

    /// Nil, with a diagnostic, when it is no map.
    init?(_ template: ValueTemplate, what: String, known: [String], _ diagnostics: inout [Diagnostic]) {
        self.what = what
        span = template.span
        switch template {
        case .map(let entries, _): self.entries = entries
        case .literal(let value):
            guard case .map(let map) = value.value else {
                diagnostics.append(
                    Diagnostic(code: "wrong-type", "\(what) must be a map", at: template.span))
                return nil
            }
            entries = map.map { (Located($0.key, at: value.span), .literal(Located($0.value, at: value.span))) }
        case .template, .list:
            diagnostics.append(Diagnostic(code: "wrong-type", "\(what) must be a map", at: template.span))
            return nil
        }
        for (key, _) in entries where !known.contains(key.value) {
            diagnostics.append(
                Diagnostic(
                    code: "unknown-key", "\(what) has no key '\(key.value)'",
                    hint: NearestName.hint(key.value, in: known) ?? "known: \(known.joined(separator: ", "))",
                    at: key.span)
            )
        }
    }

    func template(_ name: String) -> ValueTemplate? { entries.first { $0.key.value == name }?.value }

    func span(of name: String) -> SourceSpan { entries.first { $0.key.value == name }?.key.span ?? span }

    var keys: [String] { entries.map(\.key.value) }

    func value<Result>(
        _ name: String, _ expected: String, _ diagnostics: inout [Diagnostic], _ read: (Value) -> Result?
    ) -> Result? {
        guard let template = template(name) else { return nil }
        guard case .literal(let value) = template else {
            diagnostics.append(
                Diagnostic(
                    code: "not-a-constant", "\(what): '\(name)' must be a plain value, not an expression",
                    at: template.span))
            return nil
        }
        if value.value.isNull { return nil }
        if let result = read(value.value) { return result }
        diagnostics.append(
            Diagnostic(code: "wrong-type", "\(what): '\(name)' must be \(expected)", at: value.span))
        return nil
    }

    func int(
        _ name: String, in range: ClosedRange<Int64>, _ diagnostics: inout [Diagnostic]
    ) -> Int64? {
        value(name, "a whole number from \(range.lowerBound) to \(range.upperBound)", &diagnostics) { value in
            value.intValue.flatMap { range.contains($0) ? $0 : nil }
        }
    }

    func node(_ name: String, _ diagnostics: inout [Diagnostic]) -> Int32? {
        int(name, in: 0...Int64(Int32.max), &diagnostics).map { Int32(truncatingIfNeeded: $0) }
    }

    func text(_ name: String, _ diagnostics: inout [Diagnostic]) -> String? {
        value(name, "text", &diagnostics) { $0.stringValue }
    }

    func number(_ name: String, above least: Double, upTo most: Double, _ diagnostics: inout [Diagnostic]) -> Double? {
        value(name, "a number above \(least) and up to \(most)", &diagnostics) { value in
            let number: Double? =
                switch value {
                case .int(let number): Double(number)
                case .float(let number): number
                default: nil
                }
            return number.flatMap { $0.isFinite && $0 > least && $0 <= most ? $0 : nil }
        }
    }

    func duration(_ name: String, _ diagnostics: inout [Diagnostic]) -> Duration? {
        value(name, "a duration such as 90s", &diagnostics) { value in
            value.durationValue ?? value.stringValue.flatMap { Duration(text: $0) }
        }
    }

    func version(_ name: String, _ diagnostics: inout [Diagnostic]) -> Version? {
        value(name, "a version such as 4.3.1", &diagnostics) { value in
            switch value {
            case .version(let version): version
            case .string(let text): Version(text)
            case .float(let number): Version(number.shortestText)
            default: nil
            }
        }
    }

    /// `40MiB`; with `perSecond` also `40MiB/s`.
    func bytes(_ name: String, perSecond: Bool = false, _ diagnostics: inout [Diagnostic]) -> ByteCount? {
        value(name, perSecond ? "a rate such as 40MiB/s" : "an amount such as 2GiB", &diagnostics) { value in
            switch value {
            case .bytes(let amount): return amount
            case .int(let count): return count >= 0 ? ByteCount(count) : nil
            case .string(let text):
                return ByteCount(perSecond && text.hasSuffix("/s") ? String(text.dropLast(2)) : text)
            default: return nil
            }
        }
    }

    /// The elements of a list, for readers of their own.
    func elements(_ name: String, _ diagnostics: inout [Diagnostic]) -> [ValueTemplate] {
        guard let template = template(name) else { return [] }
        switch template {
        case .list(let elements, _): return elements
        case .literal(let value):
            if case .list(let elements) = value.value { return elements.map { .literal(Located($0, at: value.span)) } }
            if value.value.isNull { return [] }
        case .template, .map: break
        }
        diagnostics.append(
            Diagnostic(code: "wrong-type", "\(what): '\(name)' must be a list", at: template.span))
        return []
    }
}
