/// One thing that is wrong with a playbook, an inventory or a parameter, for its author.
///
/// Collected and returned, never printed where found. The text form is
/// `file:line:col: error: message (hint)` with the source line and a caret under it (`DiagnosticView` adds those).
package struct Diagnostic: Sendable, Hashable {
    package enum Severity: String, Sendable, Comparable {
        case error, warning

        package static func < (left: Severity, right: Severity) -> Bool { left == .error && right == .warning }
    }

    package var severity: Severity
    /// A stable kebab-case name of the rule, such as `unknown-key`; `opsrun explain CODE` tells more.
    package var code: String
    /// One sentence without a final dot: what was found.
    package var message: String
    /// What was expected, the nearest name, what to write instead; nil when the message says it all.
    package var hint: String?
    package var span: SourceSpan

    package init(
        _ severity: Severity = .error, code: String, _ message: String, hint: String? = nil, at span: SourceSpan
    ) {
        self.severity = severity
        self.code = code
        self.message = message
        self.hint = hint
        self.span = span
    }
}

extension Diagnostic {
    /// The same about a text that stands elsewhere as a whole.
    func moved(to span: SourceSpan) -> Diagnostic {
        var moved = self
        moved.span = span
        return moved
    }
}

extension Diagnostic: CustomStringConvertible {
    package var description: String {
        "\(span): \(severity): \(message)" + (hint.map { " (\($0))" } ?? "")
    }
}

/// A load that failed: every problem of every file, sorted by place.
package struct InvalidSource: Error, Sendable {
    package var diagnostics: [Diagnostic]

    package init(_ diagnostics: [Diagnostic]) { self.diagnostics = diagnostics }
}

/// A value with the place where it stands.
package struct Located<Wrapped: Sendable>: Sendable {
    package var value: Wrapped
    package var span: SourceSpan

    package init(_ value: Wrapped, at span: SourceSpan) {
        self.value = value
        self.span = span
    }
}

extension Located: Equatable where Wrapped: Equatable {}
extension Located: Hashable where Wrapped: Hashable {}
