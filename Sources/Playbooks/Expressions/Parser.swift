import Values

/// Reads expressions with Jinja 3.1's precedence, and refuses, with the fix in the message, what the language leaves out.
///
/// From loose to tight: `if else`, `or`, `and`, `not`, comparison and `in`, `+ -`, `~`, `* / // %`, sign, `. [] | is`.
struct Parser {
    private let source: SourceText
    private var tokens: [Token]
    private var place = 0
    private var depth = 0
    private var nodes = 0

    init(_ source: SourceText, _ tokens: [Token]) {
        self.source = source
        self.tokens = tokens
    }

    /// The tokens as one expression with nothing after it.
    mutating func wholeExpression() throws(ParseFailure) -> Node {
        if current.kind == .end { throw ParseFailure("an expression is missing", at: current.range) }
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
        throw ParseFailure("unexpected \(shown(current)) after the expression", hint: hint, at: current.range)
    }

    // MARK: Tokens

    var current: Token { tokens[min(place, tokens.count - 1)] }

    private func ahead(_ count: Int) -> Token { tokens[min(place + count, tokens.count - 1)] }

    private mutating func advance() { place += 1 }

    private func isSymbol(_ symbol: String) -> Bool { current.kind == .symbol(symbol) }

    func isWord(_ word: String) -> Bool { current.kind == .name(word) }

    mutating func take(_ symbol: String) -> Bool {
        guard isSymbol(symbol) else { return false }
        advance()
        return true
    }

    mutating func takeWord(_ word: String) -> Bool {
        guard isWord(word) else { return false }
        advance()
        return true
    }

    private mutating func expect(_ symbol: String) throws(ParseFailure) {
        guard take(symbol) else {
            throw ParseFailure("'\(symbol)' expected, found \(shown(current))", at: current.range)
        }
    }

    /// A name as a statement's target: `for x in`.
    mutating func expectName() throws(ParseFailure) -> (name: String, range: Range<Int>) {
        guard case .name(let name) = current.kind, !Self.reserved.contains(name) else {
            throw ParseFailure("a name expected, found \(shown(current))", at: current.range)
        }
        let range = current.range
        advance()
        return (name, range)
    }

    private func shown(_ token: Token) -> String {
        token.kind == .end
            ? "the end"
            : "'\(source.text(token.range.lowerBound..<min(token.range.upperBound, token.range.lowerBound + 40)))'"
    }

    private mutating func node(_ kind: Node.Kind, _ start: Int) throws(ParseFailure) -> Node {
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

    private mutating func nested(
        _ parse: (inout Parser) throws(ParseFailure) -> Node
    ) throws(ParseFailure) -> Node {
        depth += 1
        defer { depth -= 1 }
        guard depth <= ExpressionLimits.depth else {
            throw ParseFailure(
                "nested deeper than \(ExpressionLimits.depth)", code: "too-large", at: current.range)
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

    private static let functionFixes: [String: String] = [
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

    private mutating func conditional() throws(ParseFailure) -> Node {
        let start = current.range.lowerBound
        let value = try disjunction()
        guard isWord("if") else { return value }
        advance()
        let condition = try disjunction()
        guard takeWord("else") else {
            if current.kind != .end, !isSymbol(")"), !isSymbol("]"), !isSymbol(","), !isSymbol("}"), !isWord("if") {
                throw ParseFailure("unexpected \(shown(current))", at: current.range)
            }
            throw ParseFailure(
                "an inline 'if' needs an 'else'", hint: "say what the value is otherwise: a if condition else b",
                code: "if-without-else", at: start..<current.range.lowerBound)
        }
        let otherwise = try expression()
        return try node(.choose(value, condition: condition, otherwise: otherwise), start)
    }

    private mutating func disjunction() throws(ParseFailure) -> Node {
        let start = current.range.lowerBound
        var left = try conjunction()
        while takeWord("or") {
            let right = try conjunction()
            left = try node(.or(left, right), start)
        }
        return left
    }

    private mutating func conjunction() throws(ParseFailure) -> Node {
        let start = current.range.lowerBound
        var left = try negation()
        while takeWord("and") {
            let right = try negation()
            left = try node(.and(left, right), start)
        }
        return left
    }

    private mutating func negation() throws(ParseFailure) -> Node {
        let start = current.range.lowerBound
        guard isWord("not") else { return try comparison() }
        advance()
        let operand = try nested { parser throws(ParseFailure) in try parser.negation() }
        return try node(.not(operand), start)
    }

    private mutating func comparison() throws(ParseFailure) -> Node {
        let start = current.range.lowerBound
        let left = try sum()
        guard let comparison = takeComparison() else { return left }
        let right = try sum()
        let result = try node(.compare(comparison, left, right), start)
        let next = current.range
        if takeComparison() != nil {
            throw ParseFailure(
                "a chained comparison is refused", hint: "write two and join them: a < b and b < c; or add parentheses",
                code: "chained-comparison", at: next)
        }
        return result
    }

    private mutating func takeComparison() -> ComparisonOperator? {
        switch current.kind {
        case .symbol(let symbol):
            guard let comparison = ComparisonOperator(rawValue: symbol) else { return nil }
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

    private mutating func sum() throws(ParseFailure) -> Node {
        let start = current.range.lowerBound
        var left = try concatenation()
        while case .symbol(let symbol) = current.kind, symbol == "+" || symbol == "-",
            let operation = ArithmeticOperator(rawValue: symbol)
        {
            advance()
            let right = try concatenation()
            left = try node(.arithmetic(operation, left, right), start)
        }
        return left
    }

    private mutating func concatenation() throws(ParseFailure) -> Node {
        let start = current.range.lowerBound
        let first = try product()
        guard isSymbol("~") else { return first }
        var parts = [first]
        while take("~") { parts.append(try product()) }
        return try node(.join(parts), start)
    }

    private mutating func product() throws(ParseFailure) -> Node {
        let start = current.range.lowerBound
        var left = try power()
        while case .symbol(let symbol) = current.kind, ["*", "/", "//", "%"].contains(symbol),
            let operation = ArithmeticOperator(rawValue: symbol)
        {
            advance()
            let right = try power()
            left = try node(.arithmetic(operation, left, right), start)
        }
        return left
    }

    private mutating func power() throws(ParseFailure) -> Node {
        let operand = try signed(withFilters: true)
        guard isSymbol("**") else { return operand }
        throw ParseFailure(
            "'**' is refused: its precedence surprises", hint: "write a product, or x | pow(n)",
            code: "power-operator", at: current.range)
    }

    private mutating func signed(withFilters: Bool) throws(ParseFailure) -> Node {
        let start = current.range.lowerBound
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

    // MARK: Primaries

    private mutating func primary() throws(ParseFailure) -> Node {
        let token = current
        let start = token.range.lowerBound
        switch token.kind {
        case .int(let number):
            advance()
            return try node(.literal(.int(number)), start)
        case .float(let number):
            advance()
            return try node(.literal(.float(number)), start)
        case .string(let text):
            advance()
            if case .string = current.kind {
                throw ParseFailure(
                    "two texts side by side", hint: "a comma or ~ is missing between them", code: "adjacent-text",
                    at: current.range)
            }
            return try node(.literal(.string(text)), start)
        case .name(let name): return try word(name, start)
        case .symbol("("):
            advance()
            if isSymbol(")") {
                throw ParseFailure("an expression is missing in the parentheses", at: start..<current.range.upperBound)
            }
            let inner = try expression()
            if isSymbol(",") {
                throw ParseFailure(
                    "there are no tuples", hint: "write a list: [a, b]", code: "tuple", at: current.range)
            }
            try expect(")")
            return inner
        case .symbol("["): return try list(start)
        case .symbol("{"): return try map(start)
        default: throw ParseFailure("a value expected, found \(shown(token))", at: token.range)
        }
    }

    private mutating func word(_ name: String, _ start: Int) throws(ParseFailure) -> Node {
        guard !Self.reserved.contains(name) else {
            throw ParseFailure("a value expected, found '\(name)'", at: current.range)
        }
        let range = current.range
        advance()
        switch name {
        case "true", "True": return try node(.literal(.bool(true)), start)
        case "false", "False": return try node(.literal(.bool(false)), start)
        case "none", "None": return try node(.literal(.null), start)
        default: break
        }
        guard isSymbol("(") else { return try node(.name(name), start) }
        guard name == "range" else {
            throw ParseFailure(
                "'\(name)(…)' is refused: range(…) is the only call",
                hint: Self.functionFixes[name] ?? "filters follow a bar: x | \(name)", code: "call", at: range)
        }
        let call = try arguments("range", range)
        guard call.named.isEmpty, (1...3).contains(call.positional.count) else {
            throw ParseFailure("range takes one to three numbers: start, end and step", at: range)
        }
        return try node(.range(call.positional), start)
    }

    private mutating func list(_ start: Int) throws(ParseFailure) -> Node {
        advance()
        var items: [Node] = []
        while !isSymbol("]") {
            if !items.isEmpty {
                try expectSeparator("]")
                if isSymbol("]") { break }
            }
            items.append(try expression())
        }
        try expect("]")
        return try node(.list(items), start)
    }

    private mutating func expectSeparator(_ close: String) throws(ParseFailure) {
        guard take(",") else {
            throw ParseFailure("',' or '\(close)' expected, found \(shown(current))", at: current.range)
        }
    }

    private mutating func map(_ start: Int) throws(ParseFailure) -> Node {
        advance()
        var entries: [(key: String, value: Node)] = []
        var seen: Set<ExactText> = []
        while !isSymbol("}") {
            if !entries.isEmpty {
                try expectSeparator("}")
                if isSymbol("}") { break }
            }
            let keyRange = current.range
            let key = try expression()
            try expect(":")
            let value = try expression()
            guard let name = key.literalText else {
                throw ParseFailure(
                    "a key must be text in quotes",
                    hint: "{'\(shown(Token(kind: .int(0), range: keyRange)).filter { $0 != "'" })': …}",
                    code: "map-key", at: key.range)
            }
            guard seen.insert(ExactText(name)).inserted else {
                throw ParseFailure("the key '\(name)' stands twice", code: "duplicate-key", at: key.range)
            }
            entries.append((name, value))
        }
        try expect("}")
        return try node(.map(entries), start)
    }

    // MARK: Postfix

    private mutating func postfix(_ operand: Node, _ start: Int) throws(ParseFailure) -> Node {
        var operand = operand
        var links = 0
        while true {
            links += 1
            guard links <= ExpressionLimits.depth else {
                throw ParseFailure("nested deeper than \(ExpressionLimits.depth)", code: "too-large", at: current.range)
            }
            if isSymbol(".") {
                operand = try field(operand, start)
            } else if isSymbol("[") {
                advance()
                operand = try subscripted(operand, start)
            } else if isSymbol("(") {
                throw ParseFailure(
                    "a call is refused", hint: "range(…) is the only call", code: "call", at: current.range)
            } else {
                return operand
            }
        }
    }

    private mutating func field(_ operand: Node, _ start: Int) throws(ParseFailure) -> Node {
        advance()
        let range = current.range
        switch current.kind {
        case .name(let name):
            advance()
            guard isSymbol("(") else { return try node(.field(operand, name), start) }
            if case .name("loop") = operand.kind, name == "cycle" {
                let call = try arguments(name, range)
                guard call.named.isEmpty, !call.positional.isEmpty else {
                    throw ParseFailure("loop.cycle takes the values to go through", at: range)
                }
                return try node(.cycle(call.positional), start)
            }
            throw ParseFailure(
                "the method call '.\(name)(…)' is refused",
                hint: Self.methodFixes[name].map { "write \($0)" } ?? "use a filter: x | name(…)", code: "method-call",
                at: range)
        case .int(let number):
            advance()
            return try node(.index(operand, Node(.literal(.int(number)), range)), start)
        default:
            throw ParseFailure("a field's name expected after '.', found \(shown(current))", at: current.range)
        }
    }

    private mutating func subscripted(_ operand: Node, _ start: Int) throws(ParseFailure) -> Node {
        if isSymbol("]") { throw ParseFailure("an index is missing", at: current.range) }
        var parts: [Node?] = [nil, nil, nil]
        var colons = 0
        while !isSymbol("]") {
            if isSymbol(":") {
                colons += 1
                guard colons < 3 else { throw ParseFailure("unexpected ':'", at: current.range) }
                advance()
            } else if parts[colons] == nil {
                parts[colons] = try expression()
            } else {
                let hint = isSymbol(",") ? "one index at a time: x[a][b]" : nil
                throw ParseFailure("']' expected, found \(shown(current))", hint: hint, at: current.range)
            }
        }
        try expect("]")
        if colons == 0, let index = parts[0] { return try node(.index(operand, index), start) }
        return try node(.slice(operand, from: parts[0], to: parts[1], step: parts[2]), start)
    }

    private mutating func filters(_ operand: Node, _ start: Int) throws(ParseFailure) -> Node {
        var operand = operand
        var links = 0
        while true {
            links += 1
            guard links <= ExpressionLimits.depth else {
                throw ParseFailure(
                    "more than \(ExpressionLimits.depth) filters in a row", code: "too-large", at: current.range)
            }
            if take("|") {
                let (name, range) = try dottedName("a filter")
                let call =
                    isSymbol("(")
                    ? try arguments(name, range) : Node.Call(name: name, nameRange: range)
                operand = try node(.filter(operand, call), start)
            } else if takeWord("is") {
                operand = try test(operand, start)
            } else if isSymbol("(") {
                throw ParseFailure(
                    "a call is refused", hint: "range(…) is the only call", code: "call", at: current.range)
            } else {
                return operand
            }
        }
    }

    private mutating func dottedName(_ what: String) throws(ParseFailure) -> (String, Range<Int>) {
        guard case .name(var name) = current.kind else {
            throw ParseFailure("\(what)'s name expected, found \(shown(current))", at: current.range)
        }
        let start = current.range.lowerBound
        advance()
        while isSymbol("."), case .name(let part) = ahead(1).kind {
            advance()
            advance()
            name += "." + part
        }
        return (name, start..<tokens[place - 1].range.upperBound)
    }

    private mutating func test(_ operand: Node, _ start: Int) throws(ParseFailure) -> Node {
        let negated = takeWord("not")
        let (name, range) = try dottedName("a test")
        var call = Node.Call(name: name, nameRange: range)
        if isSymbol("(") {
            call = try arguments(name, range)
        } else if takesBareArgument {
            if isWord("is") {
                throw ParseFailure(
                    "tests are not chained", hint: "write: x is a and x is b", code: "chained-test", at: current.range)
            }
            let argumentStart = current.range.lowerBound
            let argument = try primary()
            call.positional = [try postfix(argument, argumentStart)]
        }
        return try node(.test(operand, call, negated: negated), start)
    }

    /// `n is divisibleby 3`: a value right after the test's name is its argument.
    private var takesBareArgument: Bool {
        switch current.kind {
        case .name(let word): !["else", "or", "and", "if", "in", "not"].contains(word)
        case .string, .int, .float, .symbol("["), .symbol("{"): true
        default: false
        }
    }

    private mutating func arguments(_ name: String, _ range: Range<Int>) throws(ParseFailure) -> Node.Call {
        var call = Node.Call(name: name, nameRange: range)
        try expect("(")
        while !isSymbol(")") {
            if !call.positional.isEmpty || !call.named.isEmpty {
                try expectSeparator(")")
                if isSymbol(")") { break }
            }
            if isSymbol("*") || isSymbol("**") {
                throw ParseFailure("'*' arguments are refused", hint: "write them out", code: "call", at: current.range)
            }
            if case .name(let key) = current.kind, ahead(1).kind == .symbol("=") {
                let keyRange = current.range
                advance()
                advance()
                guard !call.named.contains(where: { $0.name == key }) else {
                    throw ParseFailure("the argument '\(key)' stands twice", at: keyRange)
                }
                call.named.append((key, try expression(), keyRange))
            } else {
                guard call.named.isEmpty else {
                    throw ParseFailure("a positional argument after a named one", at: current.range)
                }
                call.positional.append(try expression())
            }
        }
        try expect(")")
        return call
    }
}
