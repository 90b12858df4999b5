import Playbooks
import Testing
import Values

/// Names that the tests of typing use.
enum SampleScope {
    static let host = RecordType([
        .init("name", .string), .init("broker_id", .optional(.int)), .init("running_version", .optional(.version)),
        .init("rack", .string, mayBeAbsent: true),
        .init("disk", .optional(.record(RecordType([.init("path", .string), .init("free", .bytes)])))),
    ])

    static var types: TypeScope {
        var scope = TypeScope()
        scope.define("target_version", .version)
        scope.define("wait", .duration)
        scope.define("size", .bytes)
        scope.define("started", .timestamp)
        scope.define("ready", .bool)
        scope.define("n", .int)
        scope.define("f", .float)
        scope.define("text", .string)
        scope.define("words", .list(.string))
        scope.define("numbers", .map(.int))
        scope.define("password", .secret)
        scope.define("passwords", .list(.secret))
        scope.define("decoded", .json, phase: .run)
        scope.define("host", .record(host), phase: .plan)
        scope.define("hosts", .list(.record(host)), phase: .plan)
        scope.define("ping", .optional(.record(RecordType([.init("rc", .int), .init("failed", .bool)]))), phase: .run)
        scope.define("zone", .string, mayBeAbsent: true)
        return scope
    }

    static let span = SourceSpan(file: "play.yml", line: 7, column: 11)

    static func check(_ source: String, expecting: ValueType? = nil, in scope: TypeScope = types)
        -> Expression.CheckedType
    {
        switch Expression.parse(source, at: span) {
        case .failure(let invalid):
            Expression.CheckedType(
                type: nil, phase: .load, mayBeAbsent: false, constant: nil, diagnostics: invalid.diagnostics)
        case .success(let expression): expression.check(in: scope, expecting: expecting)
        }
    }
}

@Suite struct ExpressionTypingTests {
    @Test(
        "An expression has the type of its parts",
        arguments: [
            ("n + 1", ValueType.int), ("n / 2", .float), ("n + f", .float), ("wait * 2", .duration),
            ("2 * wait", .duration),
            ("wait / '1s' | duration", .float), ("wait // ('1s' | duration)", .int), ("started + wait", .timestamp),
            ("started - started", .duration), ("size + size", .bytes), ("size / 2", .bytes), ("size % size", .bytes),
            ("words + ['a']", .list(.string)), ("words | first", .string), ("words[0]", .string),
            ("words[1:]", .list(.string)),
            ("words | length", .int), ("[]", .list(.never)), ("[1, 2.5]", .list(.float)),
            ("words | map('length')", .list(.int)),
            ("hosts | map(attribute='name')", .list(.string)),
            ("hosts | map(attribute='rack', default='none')", .list(.string)),
            ("hosts | selectattr('rack', 'defined') | map(attribute='rack')", .list(.string)),
            ("hosts | rejectattr('broker_id', 'none') | map(attribute='broker_id')", .list(.int)),
            ("hosts | map(attribute='broker_id') | reject('none') | sort", .list(.int)),
            ("numbers['a']", .int), ("numbers.a + 1", .int),
            ("numbers | dict2items | map(attribute='value')", .list(.int)),
            ("numbers | items | map('first')", .list(.json)), ("target_version | release", .version),
            ("target_version is version('3.9', '>=')", .bool), ("'3.9' | version < target_version", .bool),
            ("host.running_version != target_version", .bool), ("host.broker_id | default(1)", .int),
            ("zone | default('a')", .string), ("host.disk.path | default('/')", .string),
            ("ready | ternary(1, 2.5)", .float),
            ("n if ready else none", .optional(.int)), ("decoded.a.b[0]", .json), ("decoded.a | int", .int),
            ("decoded | length", .int), ("text ~ n ~ wait", .string), ("range(n)", .list(.int)),
            ("size | percent_of(size)", .float), ("text | sha256", .string),
            ("text | regex_search('a')", .optional(.string)),
            ("[wait, wait] | sum", .duration), ("[size] | max", .bytes), ("n in [1, 2]", .bool), ("n in [1.5]", .bool),
        ])
    func types(source: String, type: ValueType) {
        let checked = SampleScope.check(source)
        #expect(checked.diagnostics == [])
        #expect(checked.type == type)
    }

    @Test(
        "What does not fit is a load error with its code",
        arguments: [
            ("n + text", "type"), ("text < 3", "type"), ("n == '7'", "type"), ("target_version == '4.3'", "type"),
            ("wait * wait", "type"), ("size + wait", "type"), ("started + started", "type"), ("wait + 1", "type"),
            ("words + [1]", "type"), ("[1, 'a']", "type"), ("1 if ready else 'a'", "type"),
            ("text if n else text", "type"),
            ("not n", "type"), ("ready and text", "type"), ("words | upper", "type"), ("n | upper", "type"),
            ("ready ~ ''", "type"), ("words ~ ''", "type"), ("decoded and ready", "type"), ("decoded + 1", "type"),
            ("decoded ~ ''", "type"), ("1.5 in [1, 2]", "type"), ("words['a']", "type"), ("numbers[0]", "type"),
            ("n.x", "unknown-field"), ("host.nam", "unknown-field"), ("host['nam']", "unknown-field"),
            ("nope", "unknown-name"),
            ("nope | default(1)", "unknown-name"), ("host.nope | default(1)", "unknown-field"),
            ("hosts | map(attribute='nam')", "unknown-field"), ("hosts | map(attribute='rack')", "optional"),
            ("hosts | sort", "type"), ("host.broker_id + 1", "optional"), ("host.rack ~ ''", "optional"),
            ("zone", "ok"),
            ("zone ~ ''", "optional"), ("host.disk.path", "optional"), ("ping.rc == 0", "optional"),
            ("text | regex_search('a') | length", "optional"), ("text | nope", "unknown-filter"),
            ("text is nope", "unknown-test"),
            ("text | random", "refused-filter"), ("n is sameas 1", "refused-test"), ("text | replace('a')", "argument"),
            ("text | replace('a', 'b', wrong=1)", "argument"), ("text | replace(1, 'b')", "type"),
            ("text | trim('a', 'b')", "argument"),
            ("text | regex_replace('(', '')", "pattern"), ("text is match('[')", "pattern"),
            ("n | round(0, 'up')", "argument"),
            ("1 / 0", "zero-division"), ("'abc' | int", "value"), ("n > 0 and 1 / 0 > 1", "zero-division"),
            ("target_version is version('x', '>')", "value"), ("words | sum", "type"), ("words | select", "type"),
            ("zone | default(3)", "type"), ("zone | default('x', true)", "default-boolean"),
        ])
    func rejects(source: String, code: String) {
        let checked = SampleScope.check(source)
        #expect((checked.diagnostics.first?.code ?? "ok") == code)
        #expect(checked.diagnostics.count <= 1, "no cascade")
    }

    @Test(
        "What is expected decides what converts",
        arguments: [
            ("n", ValueType.float, true), ("f", .int, false), ("n", .optional(.int), true),
            ("none", .optional(.int), true),
            ("host.broker_id", .int, false), ("host.broker_id", .optional(.int), true), ("zone", .string, false),
            ("zone", .optional(.string), true), ("words", .bool, false), ("[]", .list(.version), true),
            ("{}", .map(.int), true),
            ("{'a': 1}", .map(.int), true), ("{'a': 'x'}", .map(.int), false), ("decoded", .int, false),
            ("decoded", .json, true),
            ("text", .version, false), ("text", .secret, false), ("hosts", .json, true),
        ])
    func expects(source: String, type: ValueType, fits: Bool) {
        #expect(SampleScope.check(source, expecting: type).isValid == fits)
    }

    @Test(
        "A condition narrows what it guards",
        arguments: [
            "host.broker_id is not none and host.broker_id > 3", "host.broker_id is none or host.broker_id > 3",
            "host.rack is defined and host.rack == 'a'", "not (host.rack is defined) or host.rack == 'a'",
            "host.broker_id + 1 if host.broker_id is not none else 0",
            "0 if host.broker_id is none else host.broker_id + 1",
            "host.broker_id != none and host.broker_id > 1", "zone is defined and zone | length > 1",
            "zone is undefined or zone | length > 1", "ping is succeeded and ping.rc == 0",
            "ping is defined and ping.rc == 0 and ping.rc < 5", "host.disk is not none and host.disk.path == '/'",
            "host['rack'] is defined and host.rack == 'a'", "ping is not skipped and ping.rc == 0",
        ])
    func narrows(source: String) {
        #expect(SampleScope.check(source).diagnostics == [])
    }

    @Test(
        "A condition does not narrow beyond what it shows",
        arguments: [
            "host.broker_id is not none or host.broker_id > 3", "host.rack is defined or host.rack == 'a'",
            "host.rack is undefined and host.rack == 'a'", "ready and host.broker_id > 3",
            "(host.rack is defined) == true and host.rack == 'a'", "ping is skipped and ping.rc == 0",
            "host.broker_id + 1 if host.broker_id is none else 0",
        ])
    func doesNotNarrow(source: String) {
        #expect(SampleScope.check(source).diagnostics.map(\.code) == ["optional"])
    }

    @Test func aConditionNarrowsTheScopeOfWhatItGuards() throws {
        let condition = try Expression.parse("host.broker_id is not none and zone is defined", at: SampleScope.span)
            .get()
        let scope = SampleScope.types.assuming(condition)
        #expect(SampleScope.check("host.broker_id + (zone | length)", in: scope).diagnostics == [])
        #expect(SampleScope.check("zone ~ ''", in: SampleScope.types.assuming(condition, is: false)).isValid == false)
        var hidden = scope
        hidden.push()
        hidden.define("zone", .string, mayBeAbsent: true)
        #expect(SampleScope.check("zone ~ ''", in: hidden).isValid == false)
    }

    @Test(
        "The phase is that of the latest name",
        arguments: [
            ("1 + 1", Phase.load), ("n + 1", .load), ("n if ready else host.name | length", .plan),
            ("ping is defined", .run),
            ("[host.name, decoded | string]", .run),
        ])
    func phases(source: String, phase: Phase) {
        #expect(SampleScope.check(source).phase == phase)
    }

    @Test(
        "A wrong name comes with the nearest right one",
        arguments: [
            ("traget_version", "did you mean 'target_version'?"), ("target-version", nil),
            ("host.runing_version", "did you mean 'running_version'?"),
            ("text | uper", "did you mean 'upper'?"), ("n is evn", "did you mean 'even'?"),
            ("text | replace('a', 'b', cuont=1)", "did you mean 'count'?"),
            ("hosts | map(attribute='nme')", "did you mean 'name'?"),
            ("hosts | selectattr('name', 'eqq', 'a')", "did you mean 'eq'?"), ("Words", "did you mean 'words'?"),
        ])
    func suggests(source: String, hint: String?) {
        let hints = SampleScope.check(source).diagnostics.map(\.hint)
        if let hint {
            #expect(hints.contains(hint))
        } else {
            #expect(!hints.isEmpty && hints.allSatisfy { $0?.hasPrefix("did you mean") != true })
        }
    }

    @Test func everyProblemIsReportedWhereItStands() {
        let checked = SampleScope.check("nope1 > 1 and text | uper == 'a' or 1 == 'b'")
        #expect(checked.diagnostics.map(\.code) == ["unknown-name", "unknown-filter", "type"])
        #expect(checked.diagnostics.map(\.span.column) == [11, 32, 47])
        #expect(checked.diagnostics.allSatisfy { $0.span.line == 7 && $0.span.file == "play.yml" })
    }

    @Test func spansFollowTheLinesOfTheText() throws {
        let source = "n +\n  nope"
        let exact = try Expression.parse(source, at: SampleScope.span, mapping: .lines(indent: 4)).get()
        let problem = try #require(exact.check(in: SampleScope.types).diagnostics.first)
        #expect(problem.span == SourceSpan(file: "play.yml", line: 8, column: 7, endLine: 8, endColumn: 11))
        let whole = try Expression.parse(source, at: SampleScope.span, mapping: .whole).get()
        #expect(whole.check(in: SampleScope.types).diagnostics.first?.span == SampleScope.span)
    }

    @Test func namesAreListedInTheOrderOfTheirUse() throws {
        let expression = try Expression.parse("b.x + a | default(c) + b", at: SampleScope.span).get()
        #expect(expression.names == ["b", "a", "c"])
    }
}
