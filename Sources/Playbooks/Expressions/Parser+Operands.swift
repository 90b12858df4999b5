import Values

/// Literals, names, brackets, and what follows an operand: fields, indexes, filters, tests.
extension Parser {
    // MARK: Primaries

    mutating func primary() throws(ParseFailure) -> Node {
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
                    at: currentRange)
            }
            return try node(.literal(.string(text)), start)
        case .name(let name): return try word(name, start)
        case .symbol("("):
            advance()
            if isSymbol(")") {
                throw ParseFailure("an expression is missing in the parentheses", at: start..<currentRange.upperBound)
            }
            let inner = try expression()
            if isSymbol(",") {
                throw ParseFailure(
                    "there are no tuples", hint: "write a list: [a, b]", code: "tuple", at: currentRange)
            }
            try expect(")")
            return inner
        case .symbol("["): return try list(start)
        case .symbol("{"): return try map(start)
        default: throw ParseFailure("a value expected, found \(shown(token))", at: token.range)
        }
    }

    mutating func word(_ name: String, _ start: Int) throws(ParseFailure) -> Node {
        guard !Self.reserved.contains(name) else {
            throw ParseFailure("a value expected, found '\(name)'", at: currentRange)
        }
        let range = currentRange
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

    mutating func list(_ start: Int) throws(ParseFailure) -> Node {
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

    mutating func expectSeparator(_ close: Symbol) throws(ParseFailure) {
        guard take(",") else {
            throw ParseFailure("',' or '\(close)' expected, found \(shown(current))", at: currentRange)
        }
    }

    mutating func map(_ start: Int) throws(ParseFailure) -> Node {
        advance()
        var entries: [(key: String, value: Node)] = []
        var seen: Set<ExactText> = []
        while !isSymbol("}") {
            if !entries.isEmpty {
                try expectSeparator("}")
                if isSymbol("}") { break }
            }
            let keyRange = currentRange
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

    mutating func postfix(_ operand: Node, _ start: Int) throws(ParseFailure) -> Node {
        var operand = operand
        var links = 0
        while true {
            links += 1
            guard links <= ExpressionLimits.depth else {
                throw ParseFailure("nested deeper than \(ExpressionLimits.depth)", code: "too-large", at: currentRange)
            }
            if isSymbol(".") {
                operand = try field(operand, start)
            } else if isSymbol("[") {
                advance()
                operand = try subscripted(operand, start)
            } else if isSymbol("(") {
                throw ParseFailure(
                    "a call is refused", hint: "range(…) is the only call", code: "call", at: currentRange)
            } else {
                return operand
            }
        }
    }

    mutating func field(_ operand: Node, _ start: Int) throws(ParseFailure) -> Node {
        advance()
        let range = currentRange
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
            throw ParseFailure("a field's name expected after '.', found \(shown(current))", at: currentRange)
        }
    }

    mutating func subscripted(_ operand: Node, _ start: Int) throws(ParseFailure) -> Node {
        if isSymbol("]") { throw ParseFailure("an index is missing", at: currentRange) }
        var parts: [Node?] = [nil, nil, nil]
        var colons = 0
        while !isSymbol("]") {
            if isSymbol(":") {
                colons += 1
                guard colons < 3 else { throw ParseFailure("unexpected ':'", at: currentRange) }
                advance()
            } else if parts[colons] == nil {
                parts[colons] = try expression()
            } else {
                let hint = isSymbol(",") ? "one index at a time: x[a][b]" : nil
                throw ParseFailure("']' expected, found \(shown(current))", hint: hint, at: currentRange)
            }
        }
        try expect("]")
        if colons == 0, let index = parts[0] { return try node(.index(operand, index), start) }
        return try node(.slice(operand, from: parts[0], to: parts[1], step: parts[2]), start)
    }

    mutating func filters(_ operand: Node, _ start: Int) throws(ParseFailure) -> Node {
        var operand = operand
        var links = 0
        while true {
            links += 1
            guard links <= ExpressionLimits.depth else {
                throw ParseFailure(
                    "more than \(ExpressionLimits.depth) filters in a row", code: "too-large", at: currentRange)
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
                    "a call is refused", hint: "range(…) is the only call", code: "call", at: currentRange)
            } else {
                return operand
            }
        }
    }

    mutating func dottedName(_ what: String) throws(ParseFailure) -> (String, Range<Int>) {
        guard case .name(var name) = current.kind else {
            throw ParseFailure("\(what)'s name expected, found \(shown(current))", at: currentRange)
        }
        let start = currentRange.lowerBound
        advance()
        while isSymbol("."), case .name(let part) = ahead(1).kind {
            advance()
            advance()
            name += "." + part
        }
        return (name, start..<tokens[place - 1].range.upperBound)
    }

    mutating func test(_ operand: Node, _ start: Int) throws(ParseFailure) -> Node {
        let negated = takeWord("not")
        let (name, range) = try dottedName("a test")
        var call = Node.Call(name: name, nameRange: range)
        if isSymbol("(") {
            call = try arguments(name, range)
        } else if takesBareArgument {
            if isWord("is") {
                throw ParseFailure(
                    "tests are not chained", hint: "write: x is a and x is b", code: "chained-test", at: currentRange)
            }
            let argumentStart = currentRange.lowerBound
            let argument = try primary()
            call.positional = [try postfix(argument, argumentStart)]
        }
        return try node(.test(operand, call, negated: negated), start)
    }

    /// `n is divisibleby 3`: a value right after the test's name is its argument.
    var takesBareArgument: Bool {
        switch current.kind {
        case .name(let word): !["else", "or", "and", "if", "in", "not"].contains(word)
        case .string, .int, .float, .symbol("["), .symbol("{"): true
        default: false
        }
    }

    mutating func arguments(_ name: String, _ range: Range<Int>) throws(ParseFailure) -> Node.Call {
        var call = Node.Call(name: name, nameRange: range)
        try expect("(")
        while !isSymbol(")") {
            if !call.positional.isEmpty || !call.named.isEmpty {
                try expectSeparator(")")
                if isSymbol(")") { break }
            }
            if isSymbol("*") || isSymbol("**") {
                throw ParseFailure("'*' arguments are refused", hint: "write them out", code: "call", at: currentRange)
            }
            if case .name(let key) = current.kind, case .symbol("=") = ahead(1).kind {
                let keyRange = currentRange
                advance()
                advance()
                guard !call.named.contains(where: { $0.name == key }) else {
                    throw ParseFailure("the argument '\(key)' stands twice", at: keyRange)
                }
                call.named.append((key, try expression(), keyRange))
            } else {
                guard call.named.isEmpty else {
                    throw ParseFailure("a positional argument after a named one", at: currentRange)
                }
                call.positional.append(try expression())
            }
        }
        try expect(")")
        return call
    }
}
