/// Collects what is wrong with the files of one load; every part of the loader adds to the same one.
///
/// Not sendable: a load is synchronous and owns it.
final class Problems {
    /// How many are kept: who has more wants to see that there are more, and reading on costs time.
    static let maximum = 500

    private(set) var diagnostics: [Diagnostic] = []

    /// True when nothing more is kept: checks that only find more may be skipped.
    var isFull: Bool { diagnostics.count > Self.maximum }

    var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }

    func error(_ code: String, _ message: String, hint: String? = nil, at span: SourceSpan) {
        append(Diagnostic(code: code, message, hint: hint, at: span))
    }

    func warning(_ code: String, _ message: String, hint: String? = nil, at span: SourceSpan) {
        append(Diagnostic(.warning, code: code, message, hint: hint, at: span))
    }

    /// Moves what was found since there were `count` problems to the place that led to it: the file where it stands is not
    /// the reader's.
    func move(from count: Int, to span: SourceSpan, saying whose: String) {
        for index in diagnostics.indices.dropFirst(count) {
            diagnostics[index].message = "\(whose): \(diagnostics[index].message)"
            diagnostics[index].span = span
        }
    }

    func add(_ more: some Sequence<Diagnostic>) {
        for diagnostic in more { append(diagnostic) }
    }

    private func append(_ diagnostic: Diagnostic) {
        guard !isFull else { return }
        guard diagnostics.count == Self.maximum else {
            diagnostics.append(diagnostic)
            return
        }
        diagnostics.append(
            Diagnostic(
                code: "too-many-problems", "there are more than \(Self.maximum) problems; the rest is not shown",
                at: diagnostic.span))
    }

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
