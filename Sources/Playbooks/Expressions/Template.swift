import Glibc
package import Values

/// A text with `{{ expressions }}`: a lone expression keeps its type, anything else is text.
package struct Template: Sendable {
    package let span: SourceSpan
    /// What the text says; shared by every place that says the same.
    let parsed: ParsedTemplate
    private let mapping: TextMapping

    init(_ parsed: ParsedTemplate, at span: SourceSpan, mapping: TextMapping) {
        self.parsed = parsed
        self.span = span
        self.mapping = mapping
    }

    package var source: String { parsed.source }
    var parts: [TemplatePart] { parsed.parts }
    var text: SourceText { SourceText(parsed.scalars, at: span, mapping: mapping) }
    /// How many newlines end the file: Ansible puts back those that whitespace control took.
    var trailingNewlines: Int { parsed.trailingNewlines }

    /// Reads a scalar of a playbook: text and `{{ }}`, no statements.
    package static func parse(
        _ text: String, at span: SourceSpan, mapping: TextMapping = .exact
    ) -> Result<Template, InvalidSource> {
        parse(text, at: span, mapping: mapping, options: TemplateOptions(), statements: false)
    }

    /// Reads the file of a `template` action: statements, comments and whitespace control too.
    package static func parseFile(
        _ text: String, path: String, options: TemplateOptions = TemplateOptions()
    ) -> Result<Template, InvalidSource> {
        parse(
            text, at: SourceSpan(file: path, line: 1, column: 1), mapping: .exact, options: options, statements: true)
    }

    /// True when the text has no `{{` and no `{%`: the loader may keep it as it is.
    package static func isPlain(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            // Nearly every text has no brace at all.
            guard let base = bytes.baseAddress, memchr(base, Int32(UInt8(ascii: "{")), bytes.count) != nil else {
                return true
            }
            var brace = false
            for byte in bytes {
                if brace, byte == UInt8(ascii: "{") || byte == UInt8(ascii: "%") { return false }
                brace = byte == UInt8(ascii: "{")
            }
            return true
        }
    }

    /// The expression, when the whole scalar is one `{{ expression }}`.
    package var loneExpression: Expression? {
        guard let node = loneNode else { return nil }
        let text = text
        let parsed = ParsedExpression(source: text.text(node.range), scalars: text.scalars, root: node)
        return Expression(parsed, in: text, range: node.range)
    }

    /// The root of the lone expression.
    var loneNode: Node? {
        guard !parsed.isFile, parts.count == 1, case .output(let node) = parts[0] else { return nil }
        return node
    }

    /// True when the whole is one name, which hands a value on as it is.
    var isName: Bool {
        guard case .name? = loneNode?.kind else { return false }
        return true
    }

    /// The text, when there is nothing to evaluate in it.
    package var literalText: String? {
        if parts.isEmpty { return "" }
        guard parts.count == 1, case .text(let text) = parts[0] else { return nil }
        return text
    }

    /// Types the template: the lone expression's type, or string (secret, when a secret is in it).
    package func check(in scope: TypeScope, expecting: ValueType? = nil) -> Expression.CheckedType {
        let checker = TypeChecker(text: text)
        let typed = checker.check(self, in: scope, expecting: expecting)
        return Expression.CheckedType(
            type: typed.type, phase: typed.phase, mayBeAbsent: typed.mayBeAbsent, constant: typed.constant,
            diagnostics: checker.diagnostics)
    }

    /// The value: a lone expression's own, else a string, or a secret when a secret is in it.
    package func evaluate(in scope: ValueScope) throws(EvaluationError) -> Value {
        try Evaluator(scope: scope, text: text).evaluate(self)
    }

    /// Like `evaluate`, with nil where a lone expression is undefined.
    package func evaluateIfDefined(in scope: ValueScope) throws(EvaluationError) -> Value? {
        if let expression = loneExpression { return try expression.evaluateIfDefined(in: scope) }
        return try evaluate(in: scope)
    }

    /// The value as text for a person; secrets are `•••`.
    package func render(in scope: ValueScope) throws(EvaluationError) -> String {
        switch try evaluate(in: scope) {
        case .string(let text): text
        case .secret(let secret): secret.description
        case let value: value.scalarText ?? JSON.text(value)
        }
    }

    /// The names that it uses, loop variables included.
    package var names: [String] { parsed.names }
}

/// A template's text as it was parsed.
final class ParsedTemplate: Sendable {
    let source: String
    let scalars: [Unicode.Scalar]
    let parts: [TemplatePart]
    let trailingNewlines: Int
    /// True for the file of a template action: always text, never a lone expression.
    let isFile: Bool
    let names: [String]

    init(
        source: String, scalars: [Unicode.Scalar], parts: [TemplatePart], trailingNewlines: Int = 0,
        isFile: Bool = false
    ) {
        self.source = source
        self.scalars = scalars
        self.parts = parts
        self.trailingNewlines = trailingNewlines
        self.isFile = isFile
        var names: [String] = []
        func visit(_ parts: [TemplatePart]) {
            for part in parts {
                if case .output(let node) = part {
                    node.collectNames(into: &names)
                } else {
                    for node in part.expressions { node.collectNames(into: &names) }
                    part.bodies.forEach(visit)
                }
            }
        }
        visit(parts)
        self.names = names
    }

    /// A text with nothing to evaluate in it.
    init(plain text: String) {
        source = text
        scalars = []
        parts = text.isEmpty ? [] : [.text(text)]
        trailingNewlines = 0
        isFile = false
        names = []
    }
}

/// How a template file treats whitespace around statements; the defaults are those of Ansible's template action.
package struct TemplateOptions: Sendable, Hashable {
    /// Drops the newline after a statement or comment.
    package var trimBlocks: Bool
    /// Drops the blanks before a statement or comment that is first on its line.
    package var lstripBlocks: Bool
    /// Keeps a newline at the end of the file.
    package var keepTrailingNewline: Bool

    package init(trimBlocks: Bool = true, lstripBlocks: Bool = false, keepTrailingNewline: Bool = true) {
        self.trimBlocks = trimBlocks
        self.lstripBlocks = lstripBlocks
        self.keepTrailingNewline = keepTrailingNewline
    }
}

/// A piece of a template.
enum TemplatePart: Sendable {
    case text(String)
    case output(Node)
    case branch([(condition: Node, body: [TemplatePart])], otherwise: [TemplatePart])
    indirect case loop(TemplateLoop)

    /// The expressions directly in it.
    var expressions: [Node] {
        switch self {
        case .text: []
        case .output(let node): [node]
        case .branch(let branches, _): branches.map(\.condition)
        case .loop(let loop): [loop.items] + (loop.condition.map { [$0] } ?? [])
        }
    }

    var bodies: [[TemplatePart]] {
        switch self {
        case .text, .output: []
        case .branch(let branches, let otherwise): branches.map(\.body) + [otherwise]
        case .loop(let loop): [loop.body, loop.otherwise]
        }
    }
}

/// `{% for a, b in items if condition %} body {% else %} otherwise {% endfor %}`.
struct TemplateLoop: Sendable {
    var names: [String]
    var items: Node
    var condition: Node?
    var body: [TemplatePart]
    var otherwise: [TemplatePart]
    var range: Range<Int>
}
