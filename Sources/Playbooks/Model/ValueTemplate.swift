package import Values

/// A YAML value in which expressions stand: what an argument, a variable or a keyword's value is before evaluation.
package enum ValueTemplate: Sendable {
    /// Known as it stands. The span is that of the scalar or collection.
    case literal(Located<Value>)
    /// A scalar with `{{ }}` in it: a lone expression keeps its type, mixed text is text.
    case template(Template)
    case list([ValueTemplate], at: SourceSpan)
    case map([(key: Located<String>, value: ValueTemplate)], at: SourceSpan)

    package var span: SourceSpan {
        switch self {
        case .literal(let value): value.span
        case .template(let template): template.span
        case .list(_, let span), .map(_, let span): span
        }
    }
}
