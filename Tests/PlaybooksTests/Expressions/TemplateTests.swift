import Playbooks
import Testing
import Values

@Suite struct TemplateTests {
    private static let values: ValueMap = ["n": 7, "text": "x", "words": ["a", "b"], "ready": true]

    private func parse(_ text: String) throws -> Template { try Template.parse(text, at: SampleScope.span).get() }

    @Test func aLoneExpressionKeepsItsType() throws {
        let template = try parse("{{ n }}")
        #expect(template.check(in: SampleScope.types).type == .int)
        #expect(try template.evaluate(in: ValueScope(Self.values)) == 7)
        #expect(try parse("{{ words }}").evaluate(in: ValueScope(Self.values)) == ["a", "b"])
        #expect(template.loneExpression?.source == "n")
        #expect(template.loneExpression?.span == SourceSpan(file: "play.yml", line: 7, column: 14))
    }

    @Test func mixedTextIsText() throws {
        for source in [" {{ n }}", "{{ n }}{{ n }}", "a{{ n }}"] {
            let template = try parse(source)
            #expect(template.check(in: SampleScope.types).type == .string)
            #expect(template.loneExpression == nil)
        }
        #expect(try parse("{{ n }}-{{ text }}").evaluate(in: ValueScope(Self.values)) == "7-x")
        #expect(try parse("v{{ words }}").check(in: SampleScope.types).diagnostics.map(\.code) == ["type"])
        #expect(
            try parse("v{{ host.running_version }}").check(in: SampleScope.types).diagnostics.map(\.code) == [
                "optional"
            ])
        #expect(try parse("{{ n }} s").check(in: SampleScope.types, expecting: .int).diagnostics.count == 1)
    }

    @Test func plainTextStaysAsItIs() throws {
        #expect(Template.isPlain("a } {b} ${#c} {# d #}"))
        #expect(!Template.isPlain("a {{ b }}") && !Template.isPlain("{% if %}"))
        #expect(try parse("${#array[@]} {# no comment #}").literalText == "${#array[@]} {# no comment #}")
        #expect(try parse("").literalText == "")
    }

    @Test func problemsStandWhereTheyAre() throws {
        let template = try parse("a {{ n }} {{ nope }}")
        #expect(template.check(in: SampleScope.types).diagnostics.map(\.span.column) == [24])
        let file = try Template.parseFile("one\n{% for w in words %}\n  {{ w.x }}\n{% endfor %}\n", path: "a.j2").get()
        let problem = try #require(file.check(in: SampleScope.types).diagnostics.first)
        #expect(problem.span == SourceSpan(file: "a.j2", line: 3, column: 6, endLine: 3, endColumn: 9))
    }

    @Test(
        "The file of a template action has statements, comments and whitespace control",
        arguments: [
            ("{% for w in words %}\n{{ loop.index }}{{ w }}\n{% endfor %}\n", "1a\n2b\n"),
            ("{% for w in words if w != 'a' %}{{ w }}{% else %}none{% endfor %}", "b"),
            (
                "{% for w in words %}{{ loop.previtem | default('-') }}{{ loop.nextitem | default('-') }}{% endfor %}",
                "-ba-"
            ),
            ("{% for w in words %}{{ w }}{{ ',' if not loop.last else '' }}{% endfor %}", "a,b"),
            ("{% if ready -%}  yes  {%- else %}no{% endif %}", "yes"), ("{# c #}\na", "a"),
            ("{% raw %}{{ n }}{% endraw %}", "{{ n }}"),
            ("{% for i, w in [[1], [2]] | zip(words) %}{{ i | first }}{{ w }}{% endfor %}", "1a2b"),
        ])
    func statements(source: String, text: String) throws {
        let template = try Template.parseFile(source, path: "a.j2").get()
        #expect(template.check(in: SampleScope.types).diagnostics == [])
        #expect(try template.evaluate(in: ValueScope(Self.values)) == .string(text))
    }

    @Test func aBranchNarrows() throws {
        let source = "{% if zone is defined %}{{ zone }}{% else %}-{% endif %}"
        let template = try Template.parseFile(source, path: "a.j2").get()
        #expect(template.check(in: SampleScope.types).diagnostics == [])
        let turned = "{% if zone is undefined %}{{ zone }}{% endif %}"
        #expect(try Template.parseFile(turned, path: "a.j2").get().check(in: SampleScope.types).isValid == false)
    }

    @Test func nestingIsBounded() {
        let deep = String(repeating: "{% if ready %}", count: 100) + String(repeating: "{% endif %}", count: 100)
        #expect(throws: InvalidSource.self) { try Template.parseFile(deep, path: "a.j2").get() }
    }
}
