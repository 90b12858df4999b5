import Playbooks
import Testing
import Values

@Suite struct ExpressionEvaluationTests {
    private static let values: ValueMap = [
        "wait": .duration(.seconds(90)), "size": .bytes(ByteCount(10 << 20)),
        "started": .timestamp(Timestamp(milliseconds: 0)),
        "v": .version(Version(major: 4, minor: 3)), "password": .secret(Secret("hunter2", origin: "env:P")),
        "passwords": [.secret(Secret("a", origin: "env:A")), .secret(Secret("b", origin: "env:B"))], "n": 7,
        "nothing": .null,
        "host": ["name": "kafka-1", "broker_id": .null], "result": ["rc": 0, "failed": false, "changed": true],
    ]

    private func evaluate(_ source: String) throws -> Value {
        try Expression.parse(source, at: SampleScope.span).get().evaluate(in: ValueScope(Self.values))
    }

    private func failure(_ source: String) throws -> EvaluationError? {
        let expression = try Expression.parse(source, at: SampleScope.span).get()
        do throws(EvaluationError) {
            _ = try expression.evaluate(in: ValueScope(Self.values))
            return nil
        } catch { return error }
    }

    @Test(
        "Amounts, times and versions compute as themselves",
        arguments: [
            ("wait * 2", Value.duration(.seconds(180))), ("wait / 4", .duration(.milliseconds(22_500))),
            ("wait / ('45s' | duration)", .float(2)), ("wait // ('40s' | duration)", 2),
            ("wait % ('40s' | duration)", .duration(.seconds(10))),
            ("wait + ('30s' | duration)", .duration(.seconds(120))), ("-wait", .duration(.seconds(-90))),
            ("size * 2", .bytes(ByteCount(20 << 20))), ("size / ('4MiB' | bytes)", .float(2.5)),
            ("size // 3", .bytes(ByteCount(3_495_253))),
            ("started + wait", .timestamp(Timestamp(milliseconds: 90_000))),
            ("started + wait - started", .duration(.seconds(90))),
            ("'1970-01-01T00:00:01.5+00:00' | timestamp - started", .duration(.milliseconds(1500))),
            ("'2026-02-29' | timestamp | default('x')", "unreachable"),
            ("'4.3.1' | version | release", .version(Version(major: 4, minor: 3))),
            ("'4.3.0' | version == v", true), ("'4.3.0-rc1' | version < v", true),
            ("'3.10' | version > ('3.9' | version)", true),
            ("wait ~ '/' ~ size ~ '/' ~ v", "1m30s/10MiB/4.3"), ("[wait, wait] | sum", .duration(.seconds(180))),
            ("size | human_bytes", "10.0 MiB"), ("1536 | human_bytes", "1.5 KiB"),
            ("(5000000 * wait) | human_duration", "5208d 8h"),
            ("wait | human_duration", "1m 30s"), ("size | percent_of('40MiB' | bytes)", .float(25)),
            ("'kafka' | sha256 | length", 64),
            ("host.broker_id | default(9)", 9), ("host.broker_id is defined", false), ("host.broker_id is none", true),
            ("nothing is skipped", true), ("nothing is failed", false),
            ("result is succeeded and result is changed", true),
        ] as [(String, Value)])
    func computes(source: String, value: Value) throws {
        if value == "unreachable" {
            #expect(try failure(source)?.kind == .value)
        } else {
            #expect(try evaluate(source) == value)
        }
    }

    @Test(
        "A failure has its kind",
        arguments: [
            ("n / (n - 7)", EvaluationError.Kind.zeroDivision), ("n + 9223372036854775807", .value),
            ("missing", .undefined),
            ("host.nope", .undefined), ("[1][3]", .undefined), ("[] | first", .undefined), ("n + 'a'", .type),
            ("'a' < n", .type),
            ("'{' | from_json", .value), ("wait * 9223372036854775807", .value), ("n and true", .type),
            ("n | nope", .unknownName),
        ])
    func fails(source: String, kind: EvaluationError.Kind) throws {
        #expect(try failure(source)?.kind == kind)
    }

    @Test func undefinedIsAnAnswerForWhoAsks() throws {
        let expression = try Expression.parse("host.rack", at: SampleScope.span).get()
        #expect(try expression.evaluateIfDefined(in: ValueScope(Self.values)) == nil)
    }

    @Test func aNullOfJSONIsAValueAndOneOfAnOptionalIsNot() throws {
        var scope = ValueScope()
        scope.define("decoded", ["a": .null], type: .json)
        scope.define("declared", ["a": .null], type: .record(RecordType([.init("a", .optional(.int))])))
        let asked = [
            "decoded.a is defined", "decoded.a | default(1)", "declared.a is defined", "declared.a | default(1)",
        ]
        let answers = try asked.map { try Expression.parse($0, at: SampleScope.span).get().evaluate(in: scope) }
        #expect(answers == [true, .null, false, 1])
    }

    @Test func lazyValuesAreMadeWhenAskedFor() throws {
        var scope = ValueScope()
        scope.define("never") { () throws(EvaluationError) in
            throw EvaluationError(.value, "asked", at: SampleScope.span)
        }
        scope.define("once") { () throws(EvaluationError) in 3 }
        #expect(try Expression.parse("true or never", at: SampleScope.span).get().holds(in: scope))
        #expect(try Expression.parse("once + once", at: SampleScope.span).get().evaluate(in: scope) == 6)
        #expect(throws: EvaluationError.self) {
            try Expression.parse("never", at: SampleScope.span).get().evaluate(in: scope)
        }
    }

    // MARK: Secrets

    @Test(
        "Text made from a secret is a secret",
        arguments: [
            "'x' ~ password", "password + 'x'", "password | upper", "'a' | replace('a', password)",
            "passwords | join(',')",
            "[password] | to_json", "{'a': password} | to_json", "password | b64encode", "password | sha256",
            "'%s' | format(password)",
            "passwords | first", "password | regex_replace('h', 'x')", "'x' | redact",
        ])
    func taints(source: String) throws {
        #expect(SampleScope.check(source).type == .secret)
        let value = try evaluate(source)
        guard case .secret = value else {
            Issue.record("\(source) gives \(value.kindName)")
            return
        }
        #expect(!JSON.text(value).contains("hunter2"))
    }

    @Test func secretsInListsStaySecrets() throws {
        #expect(SampleScope.check("passwords | map('upper')").type == .list(.secret))
        let split = try evaluate("password | split('t')")
        #expect(split.listValue?.map(\.kindName) == ["secret", "secret"])
        #expect(SampleScope.check("password | int").diagnostics.map(\.code) == ["secret"])
        #expect(try evaluate("password == 'hunter2' and password | length == 7") == true)
        #expect(try evaluate("passwords | map('upper') | list | length") == 2)
    }

    @Test func aTemplateWithASecretIsOne() throws {
        let template = try Template.parse("user:{{ password }}", at: SampleScope.span).get()
        #expect(template.check(in: SampleScope.types).type == .secret)
        #expect(try template.evaluate(in: ValueScope(Self.values)) == .secret(Secret("user:hunter2", origin: "env:P")))
        #expect(try template.render(in: ValueScope(Self.values)) == "•••")
    }

    // MARK: Budgets

    @Test(
        "What is too large is refused before it is read or made",
        arguments: [
            String(repeating: "(", count: 200) + "1" + String(repeating: ")", count: 200),
            String(repeating: "-", count: 500) + "1",
            String(repeating: "not ", count: 500) + "true", "1" + String(repeating: " + 1", count: 400),
            String(repeating: "a", count: 30_000),
            "n" + String(repeating: "[0]", count: 200), "n" + String(repeating: " | abs", count: 200),
            String(repeating: "[", count: 300),
            "[" + String(repeating: "1,", count: 9_990) + "1" + String(repeating: " ", count: 100) + "]"
                + String(repeating: " ", count: 60),
        ])
    func parsesWithinBounds(source: String) {
        #expect(throws: InvalidSource.self) { try Expression.parse(source, at: SampleScope.span).get() }
    }

    @Test(
        "An evaluation stops at its budget",
        arguments: [
            "range(1000000000)", "range(0, 9223372036854775807, 1)", "range(-9223372036854775807, 9223372036854775807)",
            "range(900000) | map('string') | map('length') | map('string') | map('length') | map('string') | map('length')",
            "'a' | center(999999999999)", "'%999999999d' | format(1)", "[1] | batch(999999999, 0)",
            "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!' is match('(a+)+$')", "'a' | indent(99999999999)",
            "('a' | center(3000000)) | replace('', 'aaaaaaaaaa')",
        ])
    func evaluatesWithinBounds(source: String) throws {
        #expect(try failure(source)?.kind == .budget)
    }

    @Test func theDeepestExpressionFitsTheStack() throws {
        let deep =
            String(repeating: "[", count: 30) + "1" + String(repeating: " + 1", count: 100)
            + String(repeating: "]", count: 30)
        #expect(SampleScope.check(deep).isValid)
        #expect(try evaluate(deep).kindName == "list")
        let negations = String(repeating: "-", count: 60) + "1"
        #expect(try evaluate(negations) == 1)
    }

    @Test func noSoupOfTokensTraps() throws {
        let pieces = [
            "n", "1", "2.5", "'a'", "\"b\"", "[", "]", "(", ")", "{", "}", ",", ":", "|", ".", "..", "+", "-", "*", "/",
            "//", "%", "~",
            "==", "<", "in", "not", "is", "and", "or", "if", "else", "upper", "default", "map", "select", "first",
            "range(3)", "none",
            "true", "host", "host.name", "result", "wait", "size", "password", "| length", "| map('upper')", "[0]",
            "[-1]", "[:2]",
            "[::0]", "| int", "| round(400)", "| batch(0)", "| slice(-1)", "{'a': 1}", "{{", "}}", "é", "\\", "$", "0x",
            "1e", "_",
            "| regex_search('(', '\\\\9')", "| format('%')", "is divisibleby 0", "| int(base=99)",
            "9223372036854775807",
        ]
        var random = SplitMix(seed: 20_261_121)
        for _ in 0..<20_000 {
            let source = (0..<Int.random(in: 1...9, using: &random)).map { _ in
                pieces.randomElement(using: &random) ?? ""
            }
            .joined(separator: Bool.random(using: &random) ? " " : "")
            guard case .success(let expression) = Expression.parse(source, at: SampleScope.span) else { continue }
            _ = expression.check(in: SampleScope.types)
            _ = try? expression.evaluateIfDefined(in: ValueScope(Self.values))
        }
    }
}

/// A small random generator whose seed is in the test.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
