import Values

/// The expressions and templates that a load parsed last, by their text: a long playbook says the same things many times, and
/// a parsed expression differs only in where it stands.
///
/// A text has one place by its hash, and takes it from the text that was there: what is never said again costs little.
final class ExpressionCache {
    /// How many texts of each kind are kept, a power of two.
    static let places = 256

    private var templates = [ParsedTemplate?](repeating: nil, count: places)
    private var conditions = [ParsedExpression?](repeating: nil, count: places)

    func template(_ text: String, at span: SourceSpan, mapping: TextMapping) -> Result<Template, InvalidSource> {
        let place = Self.place(of: text)
        if let known = templates[place], known.source.isExactly(text) {
            return .success(Template(known, at: span, mapping: mapping))
        }
        let parsed = Template.parse(text, at: span, mapping: mapping)
        if case .success(let template) = parsed { templates[place] = template.parsed }
        return parsed
    }

    func condition(_ text: String, at span: SourceSpan, mapping: TextMapping) -> Result<Expression, InvalidSource> {
        let place = Self.place(of: text)
        if let known = conditions[place], known.source.isExactly(text) {
            return .success(Expression(known, at: span, mapping: mapping))
        }
        let parsed = Expression.parse(text, at: span, mapping: mapping)
        if case .success(let expression) = parsed { conditions[place] = expression.parsed }
        return parsed
    }

    /// By FNV-1a: which text is kept decides about time alone, so nothing is lost when texts are made to collide.
    private static func place(of text: String) -> Int {
        var text = text
        return text.withUTF8 { bytes in
            var hash: UInt32 = 2_166_136_261
            for byte in bytes { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
            return Int((hash ^ hash >> 16) & UInt32(places - 1))
        }
    }
}
