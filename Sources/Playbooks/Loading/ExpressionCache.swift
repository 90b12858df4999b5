import Values

/// The expressions and templates that a load has parsed, by their text: a long playbook says the same things many times, and
/// a parsed expression differs only in where it stands.
final class ExpressionCache {
    /// How many different texts are kept; more are parsed each time.
    static let maximumTexts = 20_000

    private var templates: [ExactText: ParsedTemplate] = [:]
    private var conditions: [ExactText: ParsedExpression] = [:]

    func template(_ text: String, at span: SourceSpan, mapping: TextMapping) -> Result<Template, InvalidSource> {
        let key = ExactText(text)
        if let known = templates[key] { return .success(Template(known, at: span, mapping: mapping)) }
        let parsed = Template.parse(text, at: span, mapping: mapping)
        if case .success(let template) = parsed, templates.count < Self.maximumTexts {
            templates[key] = template.parsed
        }
        return parsed
    }

    func condition(_ text: String, at span: SourceSpan, mapping: TextMapping) -> Result<Expression, InvalidSource> {
        let key = ExactText(text)
        if let known = conditions[key] { return .success(Expression(known, at: span, mapping: mapping)) }
        let parsed = Expression.parse(text, at: span, mapping: mapping)
        if case .success(let expression) = parsed, conditions.count < Self.maximumTexts {
            conditions[key] = expression.parsed
        }
        return parsed
    }
}
