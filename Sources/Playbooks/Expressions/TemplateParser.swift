import Values

/// Reads templates: text, `{{ }}` and, in the files of the template action, statements, comments and whitespace control as
/// Jinja 3.1 has them.
struct TemplateParser {
    private let source: SourceText
    private let options: TemplateOptions
    private let statements: Bool
    private var place = 0
    /// True when the text before `place` ends a line (or nothing is before it).
    private var lineStarts = true
    private var depth = 0
    private var nodes = 0
    /// The `loop` of an enclosing `for` exists.
    private var loops = 0

    init(_ source: SourceText, options: TemplateOptions, statements: Bool) {
        self.source = source
        self.options = options
        self.statements = statements
    }

    mutating func parse() throws(ParseFailure) -> [TemplatePart] {
        let (parts, end) = try body(of: nil)
        if let end { throw ParseFailure("'\(end.word)' without a statement that it ends", at: end.range) }
        return parts
    }

    // MARK: Tags

    private enum Tag {
        case output(Node)
        case statement(Statement)
        case raw(String)
        case comment
    }

    /// A `{% word … %}` with what follows the word.
    private struct Statement {
        var word: String
        var range: Range<Int>
        var parser: Parser
    }

    private static let refusals: [String: String] = [
        "set": "there are no assignments; pass the value in the action's vars", "macro": "there are no macros",
        "call": "there are no macros", "include": "a template stands alone; write it out",
        "import":
            "a template stands alone; write it out",
        "from": "a template stands alone; write it out", "extends": "there is no inheritance",
        "block": "there is no inheritance", "filter": "use x | filter", "with": "pass the value in the action's vars",
        "autoescape": "there is no HTML escaping", "do": "there are no side effects",
        "break": "filter the list instead",
        "continue": "filter the list instead: for x in list if condition",
    ]

    /// Parts up to an end tag that belongs to `opener`, which is returned, or the end of the text.
    private mutating func body(of opener: Statement?) throws(ParseFailure) -> ([TemplatePart], Statement?) {
        depth += 1
        defer { depth -= 1 }
        guard depth <= ExpressionLimits.depth else {
            throw ParseFailure("nested deeper than \(ExpressionLimits.depth)", code: "too-large", at: place..<place)
        }
        var parts: [TemplatePart] = []
        while true {
            var text = takeText()
            guard place < source.scalars.count else {
                append(text, to: &parts)
                if let opener {
                    throw ParseFailure(
                        "'\(opener.word)' is not closed", hint: "'end\(opener.word)' is missing", at: opener.range)
                }
                return (parts, nil)
            }
            let tag = try takeTag(after: &text)
            append(text, to: &parts)
            nodes += 1
            guard nodes <= ExpressionLimits.nodes else {
                throw ParseFailure("the template has too many tags", code: "too-large", at: place..<place)
            }
            switch tag {
            case .output(let node): parts.append(.output(node))
            case .raw(let text): append(text, to: &parts)
            case .comment: break
            case .statement(let statement):
                switch statement.word {
                case "if": parts.append(try branch(statement))
                case "for": parts.append(try loop(statement))
                case "else", "elif", "endif", "endfor":
                    guard opener != nil else {
                        throw ParseFailure(
                            "'\(statement.word)' without a statement that it belongs to", at: statement.range)
                    }
                    return (parts, statement)
                default:
                    throw ParseFailure(
                        "there is no statement '\(statement.word)'",
                        hint: Self.refusals[statement.word]
                            ?? NearestName.hint(
                                statement.word, in: ["if", "elif", "else", "endif", "for", "endfor", "raw"]),
                        code: Self.refusals[statement.word] == nil ? "syntax" : "refused-statement", at: statement.range
                    )
                }
            }
        }
    }

    private func append(_ text: String, to parts: inout [TemplatePart]) {
        guard !text.isEmpty else { return }
        if case .text(let before)? = parts.last {
            parts[parts.count - 1] = .text(before + text)
        } else {
            parts.append(.text(text))
        }
    }

    /// Text up to the next tag.
    private mutating func takeText() -> String {
        let start = place
        while place < source.scalars.count, tagMark == nil { place += 1 }
        return source.text(start..<place)
    }

    private var tagMark: Unicode.Scalar? {
        guard source.scalars[place] == "{", place + 1 < source.scalars.count else { return nil }
        let mark = source.scalars[place + 1]
        return mark == "{" || mark == "%" || (mark == "#" && statements) ? mark : nil
    }

    private mutating func takeTag(after text: inout String) throws(ParseFailure) -> Tag {
        let start = place
        let mark = tagMark
        if mark == "%", !statements {
            throw ParseFailure(
                "statements stand only in the files of the template action",
                hint: "write an inline if, or a filter such as map or select", code: "statement", at: start..<start + 2)
        }
        place += 2
        var sign: Unicode.Scalar?
        if place < source.scalars.count, source.scalars[place] == "-" || source.scalars[place] == "+" {
            sign = source.scalars[place]
            place += 1
        }
        strip(&text, before: mark, sign)
        switch mark {
        case "{":
            var lexer = Lexer(source, from: place)
            let (tokens, end) = try lexer.tokens(until: "}}")
            var parser = Parser(source, tokens)
            let node = try parser.wholeExpression()
            finish(end, trims: false)
            return .output(node)
        case "#":
            try skipComment(start)
            return .comment
        default: return try statement(start)
        }
    }

    private mutating func statement(_ start: Int) throws(ParseFailure) -> Tag {
        var lexer = Lexer(source, from: place)
        let (tokens, end) = try lexer.tokens(until: "%}")
        var parser = Parser(source, tokens)
        guard case .name(let word) = parser.current.kind else {
            throw ParseFailure("a statement's name expected", at: start..<end.offset)
        }
        let range = parser.current.range
        _ = parser.takeWord(word)
        if word == "raw", parser.current.kind == .end {
            // Jinja drops no newline after `raw`, only after `endraw`.
            finish(end, trims: false)
            return .raw(try raw(range))
        }
        finish(end, trims: true)
        return .statement(Statement(word: word, range: range, parser: parser))
    }

    /// What `-` and `lstrip_blocks` take off the text before a tag.
    private func strip(_ text: inout String, before mark: Unicode.Scalar?, _ sign: Unicode.Scalar?) {
        guard sign == "-" || (sign == nil && options.lstripBlocks && mark != "{") else { return }
        var scalars = Array(text.unicodeScalars)
        if sign == "-" {
            while let last = scalars.last, Characters.isSpace(last) { scalars.removeLast() }
        } else {
            let line = scalars.lastIndex(of: "\n").map { $0 + 1 } ?? 0
            guard line > 0 || lineStarts, scalars[line...].allSatisfy(Characters.isSpace) else { return }
            scalars.removeSubrange(line...)
        }
        text = String(String.UnicodeScalarView(scalars))
    }

    /// Goes past an end mark and what it takes with it: all blanks after `-`, one newline where blocks are trimmed.
    private mutating func finish(_ end: Lexer.End, trims: Bool) {
        place = end.offset
        if end.sign == "-" {
            while place < source.scalars.count, Characters.isSpace(source.scalars[place]) { place += 1 }
        } else if trims, end.sign == nil, options.trimBlocks, place < source.scalars.count,
            source.scalars[place] == "\n"
        {
            place += 1
        }
        lineStarts = place > 0 && source.scalars[place - 1] == "\n"
    }

    private mutating func skipComment(_ start: Int) throws(ParseFailure) {
        let inside = place
        while place + 1 < source.scalars.count {
            if source.scalars[place] == "#", source.scalars[place + 1] == "}" {
                let before = place > inside ? source.scalars[place - 1] : " "
                finish(
                    Lexer.End(offset: place + 2, sign: before == "-" || before == "+" ? before : nil), trims: true)
                return
            }
            place += 1
        }
        throw ParseFailure("the comment is not closed", hint: "'#}' is missing", at: start..<start + 2)
    }

    /// The text up to `{% endraw %}`, as it stands.
    private mutating func raw(_ range: Range<Int>) throws(ParseFailure) -> String {
        let start = place
        while place + 1 < source.scalars.count {
            defer { place += 1 }
            guard source.scalars[place] == "{", source.scalars[place + 1] == "%" else { continue }
            var inner = place + 2
            var sign: Unicode.Scalar?
            if inner < source.scalars.count, source.scalars[inner] == "-" || source.scalars[inner] == "+" {
                sign = source.scalars[inner]
                inner += 1
            }
            var lexer = Lexer(source, from: inner)
            guard let (tokens, end) = try? lexer.tokens(until: "%}"), tokens.count == 2,
                tokens[0].kind == .name("endraw")
            else { continue }
            var text = source.text(start..<place)
            strip(&text, before: "%", sign)
            finish(end, trims: true)
            place -= 1
            return text
        }
        throw ParseFailure("'raw' is not closed", hint: "'{% endraw %}' is missing", at: range)
    }

    // MARK: Statements

    private mutating func branch(_ opener: Statement) throws(ParseFailure) -> TemplatePart {
        var statement = opener
        var branches: [(condition: Node, body: [TemplatePart])] = []
        var otherwise: [TemplatePart] = []
        while true {
            let condition = try statement.parser.withoutConditional()
            try statement.parser.expectEnd()
            let (parts, end) = try body(of: opener)
            branches.append((condition, parts))
            guard let end else { break }
            if end.word == "elif" {
                statement = end
                continue
            }
            if end.word == "else" {
                try end.parser.expectEnd()
                let (parts, last) = try body(of: opener)
                otherwise = parts
                try close(last, "endif", opener)
            } else {
                try close(end, "endif", opener)
            }
            break
        }
        return .branch(branches, otherwise: otherwise)
    }

    private func close(_ end: Statement?, _ word: String, _ opener: Statement) throws(ParseFailure) {
        guard let end, end.word == word else {
            throw ParseFailure(
                "'\(end?.word ?? "the end")' where '\(word)' is expected", at: end?.range ?? opener.range)
        }
        try end.parser.expectEnd()
    }

    private mutating func loop(_ opener: Statement) throws(ParseFailure) -> TemplatePart {
        var parser = opener.parser
        var names: [String] = []
        repeat {
            let (name, range) = try parser.expectName()
            guard name != "loop" else { throw ParseFailure("'loop' is the loop's own name", at: range) }
            guard !names.contains(name) else { throw ParseFailure("'\(name)' stands twice", at: range) }
            names.append(name)
        } while parser.take(",")
        guard parser.takeWord("in") else { throw ParseFailure("'in' expected", at: parser.current.range) }
        let items = try parser.withoutConditional()
        var condition: Node?
        if parser.takeWord("if") { condition = try parser.expression() }
        if parser.isWord("recursive") {
            throw ParseFailure("recursive loops are refused", code: "refused-statement", at: parser.current.range)
        }
        try parser.expectEnd()
        let (parts, end) = try body(of: opener)
        var otherwise: [TemplatePart] = []
        if let end, end.word == "else" {
            try end.parser.expectEnd()
            let (rest, last) = try body(of: opener)
            otherwise = rest
            try close(last, "endfor", opener)
        } else {
            try close(end, "endfor", opener)
        }
        return .loop(
            TemplateLoop(
                names: names, items: items, condition: condition, body: parts, otherwise: otherwise,
                range: opener.range))
    }
}

extension Template {
    static func parse(
        _ text: String, at span: SourceSpan, mapping: TextMapping, options: TemplateOptions, statements: Bool
    ) -> Result<Template, InvalidSource> {
        var source = SourceText(text, at: span, mapping: mapping)
        do throws(ParseFailure) {
            let limit = statements ? ExpressionLimits.templateLength : ExpressionLimits.sourceLength
            guard source.scalars.count <= limit || isPlain(text) else {
                throw ParseFailure("the template has more than \(limit) characters", code: "too-large", at: 0..<1)
            }
            if statements, !options.keepTrailingNewline, source.scalars.last == "\n" { source = source.dropLast() }
            var parser = TemplateParser(source, options: options, statements: statements)
            let parts = try parser.parse()
            let newlines =
                statements && options.keepTrailingNewline
                ? text.unicodeScalars.reversed().prefix { $0 == "\n" }.count : 0
            let parsed = ParsedTemplate(
                source: text, scalars: source.scalars, parts: parts, trailingNewlines: newlines, isFile: statements)
            return .success(Template(parsed, at: span, mapping: mapping))
        } catch {
            return .failure(InvalidSource([error.diagnostic(in: source)]))
        }
    }
}
