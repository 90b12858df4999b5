package import Values

/// One expression: parsed when its file is loaded, checked in each scope where it is used, evaluated in a run.
package struct Expression: Sendable {
    package let span: SourceSpan
    /// What the text says; shared by every place that says the same.
    let parsed: ParsedExpression
    /// Where the text begins that `parsed` counts in: the whole scalar's for `{{ expression }}`.
    private let textSpan: SourceSpan
    private let mapping: TextMapping

    init(_ parsed: ParsedExpression, at span: SourceSpan, mapping: TextMapping) {
        self.parsed = parsed
        self.span = span
        textSpan = span
        self.mapping = mapping
    }

    /// The expression at `range` of a template's text.
    init(_ parsed: ParsedExpression, in text: SourceText, range: Range<Int>) {
        self.parsed = parsed
        span = text.span(of: range)
        textSpan = text.span
        mapping = text.mapping
    }

    /// As written, without `{{ }}`.
    package var source: String { parsed.source }
    var root: Node { parsed.root }
    var text: SourceText { SourceText(parsed.scalars, at: textSpan, mapping: mapping) }

    /// What is known of an expression without running it.
    package struct CheckedType: Sendable {
        /// Nil when an error left the type open.
        package var type: ValueType?
        /// The latest phase of the names in it.
        package var phase: Phase
        /// True when the value may be missing altogether.
        package var mayBeAbsent: Bool
        /// The value, when it follows from the expression alone.
        package var constant: Value?
        package var diagnostics: [Diagnostic]

        package init(
            type: ValueType?, phase: Phase, mayBeAbsent: Bool, constant: Value?, diagnostics: [Diagnostic]
        ) {
            self.type = type
            self.phase = phase
            self.mayBeAbsent = mayBeAbsent
            self.constant = constant
            self.diagnostics = diagnostics
        }

        /// True when nothing in it is an error.
        package var isValid: Bool { !diagnostics.contains { $0.severity == .error } }
    }

    /// Reads an expression (the text between `{{` and `}}`, or a bare condition). `span` is where the text stands, its first
    /// character first; `mapping` says how the rest of it lies in the file.
    package static func parse(
        _ text: String, at span: SourceSpan, mapping: TextMapping = .exact
    ) -> Result<Expression, InvalidSource> {
        let source = SourceText(text, at: span, mapping: mapping)
        do throws(ParseFailure) {
            guard source.scalars.count <= ExpressionLimits.sourceLength else {
                throw ParseFailure(
                    "the expression has more than \(ExpressionLimits.sourceLength) characters", code: "too-large",
                    at: 0..<1)
            }
            var lexer = Lexer(source)
            var parser = Parser(source, try lexer.tokens().tokens)
            let parsed = ParsedExpression(source: text, scalars: source.scalars, root: try parser.wholeExpression())
            return .success(Expression(parsed, at: span, mapping: mapping))
        } catch {
            return .failure(InvalidSource([error.diagnostic(in: source)]))
        }
    }

    /// Types the expression in `scope`, and reports every name, field, type, argument and pattern in it that is wrong.
    /// With `expecting`, the value must fit that type (an int fits float, a `T` fits `T?`).
    package func check(in scope: TypeScope, expecting: ValueType? = nil) -> CheckedType {
        let checker = TypeChecker(text: text)
        let typed = checker.check(root, in: scope, expecting: expecting)
        return CheckedType(
            type: typed.type, phase: typed.phase, mayBeAbsent: typed.mayBeAbsent, constant: typed.constant,
            diagnostics: checker.diagnostics)
    }

    /// The value in `scope`. An undefined value is an error; use `evaluateIfDefined` where none is fine.
    package func evaluate(in scope: ValueScope) throws(EvaluationError) -> Value {
        try Evaluator(scope: scope, text: text).evaluate(root)
    }

    /// Like `evaluate`, with nil where the expression as a whole is undefined (an absent name, field or element).
    package func evaluateIfDefined(in scope: ValueScope) throws(EvaluationError) -> Value? {
        try Evaluator(scope: scope, text: text).evaluateIfDefined(root)
    }

    /// A condition's verdict.
    package func holds(in scope: ValueScope) throws(EvaluationError) -> Bool {
        let value = try evaluate(in: scope)
        guard let verdict = value.boolValue else {
            throw EvaluationError(.type, "a condition must be bool, this is \(value.kindName)", at: span)
        }
        return verdict
    }

    /// The names that the expression uses, each once, in the order of their first use.
    package var names: [String] { parsed.names }
}

/// An expression's text as it was parsed, with what follows from it alone.
final class ParsedExpression: Sendable {
    let source: String
    let scalars: [Unicode.Scalar]
    let root: Node
    /// The names that it uses, each once, in the order of their first use.
    let names: [String]
    /// What is known where it holds.
    let facts: [TypeScope.Fact]

    init(source: String, scalars: [Unicode.Scalar], root: Node) {
        self.source = source
        self.scalars = scalars
        self.root = root
        names = root.names
        facts = Narrowing.facts(of: root, when: true)
    }
}

extension Node {
    var names: [String] {
        var names: [String] = []
        collectNames(into: &names)
        return names
    }

    func collectNames(into names: inout [String]) {
        if case .name(let name) = kind, !names.contains(where: { $0.isExactly(name) }) { names.append(name) }
        forEachChild { $0.collectNames(into: &names) }
    }
}

extension ParseFailure {
    func diagnostic(in source: SourceText) -> Diagnostic {
        Diagnostic(code: code, message, hint: hint, at: source.span(of: range))
    }
}
