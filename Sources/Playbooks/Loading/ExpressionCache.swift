import Values

/// The expressions and templates that a load has parsed, by their text: a long playbook says the same things many times, and
/// a parsed expression differs only in where it stands.
final class ExpressionCache {
    /// How many different texts are kept; more are parsed each time.
    static let maximumTexts = 20_000

    private var templates: [ExactText: Template] = [:]
    private var conditions: [ExactText: Expression] = [:]

    func template(_ text: String, at span: SourceSpan, mapping: TextMapping) -> Result<Template, InvalidSource> {
        if Template.isPlain(text) {
            let nothing = SourceText("", at: span, mapping: .whole)
            return .success(
                Template(
                    source: text, span: span, text: nothing, parts: text.isEmpty ? [] : [.text(text)],
                    trailingNewlines: 0, isFile: false))
        }
        let key = ExactText(text)
        if let known = templates[key] {
            return .success(
                Template(
                    source: text, span: span, text: known.text.moved(to: span, mapping: mapping), parts: known.parts,
                    trailingNewlines: known.trailingNewlines, isFile: false))
        }
        let parsed = Template.parse(text, at: span, mapping: mapping)
        if case .success(let template) = parsed, templates.count < Self.maximumTexts { templates[key] = template }
        return parsed
    }

    func condition(_ text: String, at span: SourceSpan, mapping: TextMapping) -> Result<Expression, InvalidSource> {
        let key = ExactText(text)
        if let known = conditions[key] {
            return .success(
                Expression(
                    source: text, span: span, root: known.root, text: known.text.moved(to: span, mapping: mapping)))
        }
        let parsed = Expression.parse(text, at: span, mapping: mapping)
        if case .success(let expression) = parsed, conditions.count < Self.maximumTexts {
            conditions[key] = expression
        }
        return parsed
    }
}
