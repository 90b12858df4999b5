/// Collects what is wrong with the files of one load; every part of the loader adds to the same one.
///
/// Not sendable: a load is synchronous and owns it.
final class Problems {
    private(set) var diagnostics: [Diagnostic] = []

    var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }

    func error(_ code: String, _ message: String, hint: String? = nil, at span: SourceSpan) {
        diagnostics.append(Diagnostic(code: code, message, hint: hint, at: span))
    }

    func warning(_ code: String, _ message: String, hint: String? = nil, at span: SourceSpan) {
        diagnostics.append(Diagnostic(.warning, code: code, message, hint: hint, at: span))
    }

    func add(_ more: some Sequence<Diagnostic>) { diagnostics.append(contentsOf: more) }

    /// Each problem once, by file, line and column.
    var sorted: [Diagnostic] { Self.sorted(diagnostics) }

    static func sorted(_ diagnostics: [Diagnostic]) -> [Diagnostic] {
        guard diagnostics.count > 1 else { return diagnostics }
        var seen: Set<Diagnostic> = []
        return diagnostics.filter { seen.insert($0).inserted }.enumerated()
            .sorted { one, other in
                let (left, right) = (one.element.span, other.element.span)
                if left.file != right.file { return left.file.utf8.lexicographicallyPrecedes(right.file.utf8) }
                if left.line != right.line { return left.line < right.line }
                if left.column != right.column { return left.column < right.column }
                if one.element.severity != other.element.severity {
                    return one.element.severity < other.element.severity
                }
                return one.offset < other.offset
            }
            .map(\.element)
    }
}
