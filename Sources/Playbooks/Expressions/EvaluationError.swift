/// Why an expression has no value in this run.
package struct EvaluationError: Error, Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable {
        /// A name, field or element that is not there.
        case undefined
        /// A value of a kind that the operation does not take.
        case type
        case zeroDivision = "zero-division"
        /// A value that cannot be read or made, such as text that is no number; overflow.
        case value
        /// More work or memory than a playbook may ask for.
        case budget
        /// Refused by the rules of the language.
        case syntax
        /// A filter or test that does not exist.
        case unknownName = "unknown-name"
    }

    package var kind: Kind
    /// One sentence without a final dot. Never contains a secret.
    package var message: String
    package var hint: String?
    package var span: SourceSpan

    package init(_ kind: Kind, _ message: String, hint: String? = nil, at span: SourceSpan) {
        self.kind = kind
        self.message = message
        self.hint = hint
        self.span = span
    }
}

extension EvaluationError: CustomStringConvertible {
    package var description: String { "\(span): \(message)" + (hint.map { " (\($0))" } ?? "") }
}

/// A failure inside a filter or an operator, before the evaluator says where.
struct ExpressionFailure: Error {
    var kind: EvaluationError.Kind
    var message: String
    var hint: String?

    init(_ kind: EvaluationError.Kind, _ message: String, hint: String? = nil) {
        self.kind = kind
        self.message = message
        self.hint = hint
    }
}
