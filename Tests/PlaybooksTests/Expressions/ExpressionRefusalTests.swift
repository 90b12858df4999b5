import Playbooks
import Testing

/// What the language leaves out is refused when the file is loaded, with what to write instead.
@Suite struct ExpressionRefusalTests {
    @Test(
        "A refusal says what to write",
        arguments: [
            ("1 < n < 9", "chained-comparison", "and"), ("n == 7 == true", "chained-comparison", "and"),
            ("2 ** 3", "power-operator", "pow"), ("'a' if ready", "if-without-else", "else"),
            ("text.upper()", "method-call", "| upper"), ("numbers.get('a', 3)", "method-call", "default"),
            ("numbers.items()", "method-call", "dict2items"), ("numbers.keys()", "method-call", "attribute='key'"),
            ("text.split(',')", "method-call", "| split"), ("text.strip()", "method-call", "| trim"),
            ("text.startswith('a')", "method-call", "is match"), ("words.append(1)", "method-call", "+ [x]"),
            ("lookup('env', 'HOME')", "call", "secret"), ("query('env', 'HOME')", "call", "secret"),
            ("now()", "call", "run.started"),
            ("dict(a=1)", "call", "{'a': 1}"), ("n()", "call", ""), ("(1, 2)", "tuple", "[a, b]"),
            ("'a' 'b'", "adjacent-text", "~"),
            ("{1: 'a'}", "map-key", "{'1'"), ("{n: 'a'}", "map-key", "{'n'"), ("{'a': 1, 'a': 2}", "duplicate-key", ""),
            ("'\\1'", "ambiguous-escape", "\\\\1"), ("'\\b'", "ambiguous-escape", "\\\\b"),
            ("'\\0'", "ambiguous-escape", ""),
            ("'\\a'", "ambiguous-escape", ""), ("'\\f'", "ambiguous-escape", ""), ("'\\v'", "ambiguous-escape", ""),
            ("'\\N{BULLET}'", "ambiguous-escape", ""), ("'a\\\nb'", "ambiguous-escape", ""), ("'\\x4'", "syntax", ""),
            ("9223372036854775808", "overflow", ""), ("1e400", "overflow", ""), ("n && ready", "syntax", "and"),
            ("!ready", "syntax", "not"), ("n = 3", "syntax", "=="), ("1, 2", "syntax", "brackets"),
            ("(n", "syntax", ""),
            ("", "syntax", ""), ("  ", "syntax", ""), ("n is even is odd", "chained-test", "and"),
            ("n is divisibleby 2 is even", "ok", ""),
            ("n is in is even", "chained-test", "and"),
        ])
    func refuses(source: String, code: String, hint: String) {
        switch Expression.parse(source, at: SampleScope.span) {
        case .success: #expect(code == "ok")
        case .failure(let invalid):
            #expect(invalid.diagnostics.map(\.code) == [code])
            #expect(hint.isEmpty || invalid.diagnostics.first?.hint?.contains(hint) == true)
        }
    }

    @Test(
        "What would need a guess is refused by its type, with the way out",
        arguments: [
            ("ready ~ ''", "ternary"), ("words ~ ''", "to_json"), ("words and ready", "length > 0"), ("not n", "!= 0"),
            ("text or ready", "bool"), ("n | upper", "string"), ("numbers | list", "dict2items"),
            ("numbers | first", "dict2items"),
            ("words | map('nope')", ""), ("words | random", "reproducible"), ("text | e", "HTML"),
            ("text is callable", "functions"),
            ("text is exists", "host"), ("ready | int", "ternary"), ("ready | string", "ternary"),
            ("target_version > '4.0'", "| version"),
            ("wait > '10s'", "| duration"), ("host.keys", "dict2items"), ("words > 3", "length"),
            ("text % n", "format"),
            ("numbers + numbers", "combine"), ("words - words", "difference"), ("[ready] | join", "to_json"),
        ])
    func hints(source: String, hint: String) {
        let problems = SampleScope.check(source).diagnostics
        #expect(problems.count >= 1)
        #expect(hint.isEmpty || problems.first?.hint?.contains(hint) == true, "\(problems)")
    }

    @Test(
        "Statements stand only in the files of the template action",
        arguments: ["{% if ready %}a{% endif %}", "a {% set x = 1 %}", "{%- for x in words %}{% endfor %}"])
    func statements(source: String) {
        #expect(throws: InvalidSource.self) { try Template.parse(source, at: SampleScope.span).get() }
    }

    @Test(
        "Unknown and refused statements are told apart",
        arguments: [
            ("{% set x = 1 %}", "refused-statement"), ("{% macro m() %}", "refused-statement"),
            ("{% include 'x' %}", "refused-statement"), ("{% frobnicate %}", "syntax"), ("{% if ready %}", "syntax"),
            ("{% endif %}", "syntax"), ("{% for x in words recursive %}{% endfor %}", "refused-statement"),
            ("{# a", "syntax"),
            ("{% raw %}", "syntax"), ("{{ n", "syntax"), ("{{ n }", "syntax"),
            ("{% for loop in words %}{% endfor %}", "syntax"),
        ])
    func fileStatements(source: String, code: String) {
        switch Template.parseFile(source, path: "a.j2") {
        case .success: Issue.record("accepted")
        case .failure(let invalid): #expect(invalid.diagnostics.map(\.code) == [code])
        }
    }
}
