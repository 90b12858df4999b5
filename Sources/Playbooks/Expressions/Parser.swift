import Values

/// Reads expressions with Jinja 3.1's precedence, and refuses, with the fix in the message, what the language leaves out.
///
/// From loose to tight: `if else`, `or`, `and`, `not`, comparison and `in`, `+ -`, `~`, `* / // %`, sign, `. [] | is`.
struct Parser {
    let source: SourceText
    var tokens: [Token]
    var place = 0
    var depth = 0
    var nodes = 0

    init(_ source: SourceText, _ tokens: [Token]) {
        self.source = source
        self.tokens = tokens
    }

    /// The tokens as one expression with nothing after it.
    mutating func wholeExpression() throws(ParseFailure) -> Node {
        if current.kind == .end { throw ParseFailure("an expression is missing", at: currentRange) }
        let node = try expression()
        try expectEnd()
        return node
    }

    func expectEnd() throws(ParseFailure) {
        guard current.kind != .end else { return }
        var hint: String?
        switch current.kind {
        case .symbol(","): hint = "a list stands in brackets: [a, b]; an unquoted comma may have cut the expression"
        case .symbol("="): hint = "write == to compare"
        case .symbol("."): hint = "put what is before the dot in parentheses: (x | first).name"
        default: break
        }
        throw ParseFailure("unexpected \(shown(current)) after the expression", hint: hint, at: currentRange)
    }

    // MARK: Tokens

    var current: Token { tokens[index] }

    /// Of the current token, without a copy of it.
    var currentRange: Range<Int> { tokens[index].range }

    private var index: Int { min(place, tokens.count - 1) }

    func ahead(_ count: Int) -> Token { tokens[min(place + count, tokens.count - 1)] }

    mutating func advance() { place += 1 }

    func isSymbol(_ symbol: Symbol) -> Bool {
        if case .symbol(let found) = tokens[index].kind { found == symbol } else { false }
    }

    func isWord(_ word: String) -> Bool {
        if case .name(let found) = tokens[index].kind { found == word } else { false }
    }

    mutating func take(_ symbol: Symbol) -> Bool {
        guard isSymbol(symbol) else { return false }
        advance()
        return true
    }

    mutating func takeWord(_ word: String) -> Bool {
        guard isWord(word) else { return false }
        advance()
        return true
    }

    mutating func expect(_ symbol: Symbol) throws(ParseFailure) {
        guard take(symbol) else {
            throw ParseFailure("'\(symbol)' expected, found \(shown(current))", at: currentRange)
        }
    }

    /// A name as a statement's target: `for x in`.
    mutating func expectName() throws(ParseFailure) -> (name: String, range: Range<Int>) {
        guard case .name(let name) = current.kind, !Self.reserved.contains(name) else {
            throw ParseFailure("a name expected, found \(shown(current))", at: currentRange)
        }
        let range = currentRange
        advance()
        return (name, range)
    }

    func shown(_ token: Token) -> String {
        token.kind == .end
            ? "the end"
            : "'\(source.text(token.range.lowerBound..<min(token.range.upperBound, token.range.lowerBound + 40)))'"
    }

    mutating func node(_ kind: Node.Kind, _ start: Int) throws(ParseFailure) -> Node {
        let end = place > 0 ? tokens[min(place, tokens.count) - 1].range.upperBound : start
        nodes += 1
        guard nodes <= ExpressionLimits.nodes else {
            throw ParseFailure("the expression is too large", code: "too-large", at: start..<end)
        }
        let node = Node(kind, start..<max(start, end))
        guard node.height <= ExpressionLimits.height else {
            throw ParseFailure(
                "the expression has more than \(ExpressionLimits.height) levels", code: "too-large", at: node.range)
        }
        return node
    }

    mutating func nested(
        _ parse: (inout Parser) throws(ParseFailure) -> Node
    ) throws(ParseFailure) -> Node {
        depth += 1
        defer { depth -= 1 }
        guard depth <= ExpressionLimits.depth else {
            throw ParseFailure(
                "nested deeper than \(ExpressionLimits.depth)", code: "too-large", at: currentRange)
        }
        return try parse(&self)
    }

    // MARK: Words

    static let reserved: Set<String> = ["and", "or", "not", "if", "else", "elif", "in", "is", "for", "endif", "endfor"]

    static let methodFixes: [String: String] = [
        "get": "x.name | default(…)", "items": "x | dict2items", "keys": "x | dict2items | map(attribute='key')",
        "values": "x | dict2items | map(attribute='value')", "split": "x | split('…')", "strip": "x | trim",
        "lstrip": "x | regex_replace('^\\\\s+', '')", "rstrip": "x | regex_replace('\\\\s+$', '')",
        "upper": "x | upper", "lower": "x | lower", "replace": "x | replace('…', '…')",
        "startswith": "x is match('…')", "endswith": "x is search('…$')", "format": "'%s' | format(x)",
        "join": "list | join('…')", "append": "list + [x]", "extend": "list + other",
        "count": "list | select('eq', x) | length",
        "find": "'…' in x", "splitlines": "x | split('\\n')", "title": "x | title", "capitalize": "x | capitalize",
        "update": "x | combine({…})", "sort": "list | sort", "isdigit": "x is match('[0-9]+$')",
    ]

    static let functionFixes: [String: String] = [
        "lookup": "declare a parameter or a secret: {secret: \"env:NAME\"}",
        "query": "declare a parameter or a secret: {secret: \"env:NAME\"}",
        "q": "declare a parameter or a secret: {secret: \"env:NAME\"}",
        "now": "use run.started", "dict": "write {'a': 1}", "namespace": "there are no assignments",
    ]

    // MARK: Precedence

    mutating func expression() throws(ParseFailure) -> Node {
        try nested { parser throws(ParseFailure) in try parser.conditional() }
    }

    /// Without a trailing `if`: what a loop runs over.
    mutating func withoutConditional() throws(ParseFailure) -> Node { try disjunction() }

    mutating func conditional() throws(ParseFailure) -> Node {
        let start = currentRange.lowerBound
        let value = try disjunction()
        guard isWord("if") else { return value }
        advance()
        let condition = try disjunction()
        guard takeWord("else") else {
            if current.kind != .end, !isSymbol(")"), !isSymbol("]"), !isSymbol(","), !isSymbol("}"), !isWord("if") {
                throw ParseFailure("unexpected \(shown(current))", at: currentRange)
            }
            throw ParseFailure(
                "an inline 'if' needs an 'else'", hint: "say what the value is otherwise: a if condition else b",
                code: "if-without-else", at: start..<currentRange.lowerBound)
        }
        let otherwise = try expression()
        return try node(.choose(value, condition: condition, otherwise: otherwise), start)
    }

    mutating func disjunction() throws(ParseFailure) -> Node {
        let start = currentRange.lowerBound
        var left = try conjunction()
        while takeWord("or") {
            let right = try conjunction()
            left = try node(.or(left, right), start)
        }
        return left
    }

    mutating func conjunction() throws(ParseFailure) -> Node {
        let start = currentRange.lowerBound
        var left = try negation()
        while takeWord("and") {
            let right = try negation()
            left = try node(.and(left, right), start)
        }
        return left
    }

    mutating func negation() throws(ParseFailure) -> Node {
        let start = currentRange.lowerBound
        guard isWord("not") else { return try comparison() }
        advance()
        let operand = try nested { parser throws(ParseFailure) in try parser.negation() }
        return try node(.not(operand), start)
    }

    mutating func comparison() throws(ParseFailure) -> Node {
        let start = currentRange.lowerBound
        let left = try sum()
        guard let comparison = takeComparison() else { return left }
        let right = try sum()
        let result = try node(.compare(comparison, left, right), start)
        let next = currentRange
        if takeComparison() != nil {
            throw ParseFailure(
                "a chained comparison is refused", hint: "write two and join them: a < b and b < c; or add parentheses",
                code: "chained-comparison", at: next)
        }
        return result
    }

    mutating func takeComparison() -> ComparisonOperator? {
        switch current.kind {
        case .symbol(let symbol):
            guard let comparison = ComparisonOperator(symbol) else { return nil }
            advance()
            return comparison
        case .name("in"):
            advance()
            return .isIn
        case .name("not"):
            guard ahead(1).kind == .name("in") else { return nil }
            advance()
            advance()
            return .isNotIn
        default: return nil
        }
    }

    mutating func sum() throws(ParseFailure) -> Node {
        let start = currentRange.lowerBound
        var left = try concatenation()
        while case .symbol(let symbol) = tokens[index].kind, let operation = ArithmeticOperator(sum: symbol) {
            advance()
            let right = try concatenation()
            left = try node(.arithmetic(operation, left, right), start)
        }
        return left
    }

    mutating func concatenation() throws(ParseFailure) -> Node {
        let start = currentRange.lowerBound
        let first = try product()
        guard isSymbol("~") else { return first }
        var parts = [first]
        while take("~") { parts.append(try product()) }
        return try node(.join(parts), start)
    }

    mutating func product() throws(ParseFailure) -> Node {
        let start = currentRange.lowerBound
        var left = try power()
        while case .symbol(let symbol) = tokens[index].kind, let operation = ArithmeticOperator(product: symbol) {
            advance()
            let right = try power()
            left = try node(.arithmetic(operation, left, right), start)
        }
        return left
    }

    mutating func power() throws(ParseFailure) -> Node {
        let operand = try signed(withFilters: true)
        guard isSymbol("**") else { return operand }
        throw ParseFailure(
            "'**' is refused: its precedence surprises", hint: "write a product, or x | pow(n)",
            code: "power-operator", at: currentRange)
    }

    mutating func signed(withFilters: Bool) throws(ParseFailure) -> Node {
        let start = currentRange.lowerBound
        var operand: Node
        if isSymbol("-") || isSymbol("+") {
            let negative = isSymbol("-")
            advance()
            let inner = try nested { parser throws(ParseFailure) in try parser.signed(withFilters: false) }
            operand = try node(negative ? .negate(inner) : .plus(inner), start)
        } else {
            operand = try primary()
        }
        operand = try postfix(operand, start)
        return withFilters ? try filters(operand, start) : operand
    }
}

extension ArithmeticOperator {
    fileprivate init?(sum symbol: Symbol) {
        switch symbol {
        case "+": self = .add
        case "-": self = .subtract
        default: return nil
        }
    }

    fileprivate init?(product symbol: Symbol) {
        switch symbol {
        case "*": self = .multiply
        case "/": self = .divide
        case "//": self = .floorDivide
        case "%": self = .remainder
        default: return nil
        }
    }
}

extension ComparisonOperator {
    fileprivate init?(_ symbol: Symbol) {
        switch symbol {
        case "==": self = .equal
        case "!=": self = .notEqual
        case "<": self = .less
        case "<=": self = .lessOrEqual
        case ">": self = .greater
        case ">=": self = .greaterOrEqual
        default: return nil
        }
    }
}
