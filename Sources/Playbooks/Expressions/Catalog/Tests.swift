import Values

/// A test: a filter that says yes or no.
private func test(
    _ name: String, _ parameters: [Definition.Parameter], operand: Definition.Operand = .value, _ summary: String,
    check: @escaping @Sendable (DefinitionCheck) -> Bool = { _ in true },
    run: @escaping @Sendable (DefinitionRun) throws -> Bool
) -> Definition {
    Definition(
        name, parameters, operand: operand, summary, check: { check($0) ? .bool : nil }, run: { .bool(try run($0)) })
}

private func test(
    _ name: String, operand: Definition.Operand = .value, _ summary: String,
    check: @escaping @Sendable (DefinitionCheck) -> Bool = { _ in true },
    run: @escaping @Sendable (DefinitionRun) throws -> Bool
) -> Definition {
    test(name, [], operand: operand, summary, check: check, run: run)
}

extension Catalog {
    /// Tests of what a value is.
    static let valueTests: [Definition] = [
        test("defined", operand: .absent, "The value is there") { $0.operand != nil },
        test("undefined", operand: .absent, "The value is not there") { $0.operand == nil },
        test("none", operand: .absent, "The value is none") { $0.operand == .some(.null) },
        test("string", operand: .optional, "The value is text") {
            if case .string = $0.value { true } else { false }
        },
        test("number", operand: .optional, "The value is an int or a float", check: isNoBool) {
            switch $0.value {
            case .int, .float: true
            default: false
            }
        },
        test("integer", operand: .optional, "The value is an int") {
            if case .int = $0.value { true } else { false }
        },
        test("float", operand: .optional, "The value is a float") {
            if case .float = $0.value { true } else { false }
        },
        test("boolean", operand: .optional, "The value is a bool") {
            if case .bool = $0.value { true } else { false }
        },
        test("mapping", operand: .optional, "The value is a map") {
            if case .map = $0.value { true } else { false }
        },
        test("sequence", operand: .optional, "The value is a list (or text, or a map: it can be counted)") {
            switch $0.value {
            case .list, .string, .map: true
            default: false
            }
        },
        test(
            "iterable", operand: .optional, "The value is a list or a map",
            check: { call in
                guard call.type == .string else { return true }
                call.report("whether text is iterable is Python's question", hint: "write is string, or is sequence")
                return false
            }
        ) {
            switch $0.value {
            case .list, .map: true
            default: false
            }
        },
        test("true", operand: .optional, "The value is the bool true") { $0.value == .bool(true) },
        test("false", operand: .optional, "The value is the bool false") { $0.value == .bool(false) },
        test("even", "The int is even", check: isInt) { try int($0) % 2 == 0 },
        test("odd", "The int is odd", check: isInt) { try int($0) % 2 != 0 },
        test("divisibleby", [.init("num", .int)], "The int is a multiple of another", check: isInt) { call in
            let divisor = Int64(try call.int(0, default: 1))
            guard divisor != 0 else { throw ExpressionFailure(.zeroDivision, "division by zero") }
            return divisor == -1 ? true : try int(call) % divisor == 0
        },
        test("lower", "All letters of the text are in lower case", check: { $0.input(.string) }) { call in
            let text = try call.text()
            return text.unicodeScalars.contains { $0.properties.isCased }
                && text.unicodeScalars.allSatisfy {
                    !$0.properties.isUppercase && $0.properties.generalCategory != .titlecaseLetter
                }
        },
        test("upper", "All letters of the text are in upper case", check: { $0.input(.string) }) { call in
            let text = try call.text()
            return text.unicodeScalars.contains { $0.properties.isCased }
                && text.unicodeScalars.allSatisfy {
                    !$0.properties.isLowercase && $0.properties.generalCategory != .titlecaseLetter
                }
        },
        test("filter", "The text is the name of a filter", check: { $0.input(.string) }) {
            let name = try $0.text()
            return Catalog.filters[name] != nil || Catalog.specialFilters.contains(name)
        },
        test("test", "The text is the name of a test", check: { $0.input(.string) }) {
            Catalog.tests[try $0.text()] != nil
        },
    ]

    /// Jinja counts bools as numbers; here that question is a mistake.
    @Sendable
    private static func isNoBool(_ call: DefinitionCheck) -> Bool {
        guard call.type == .bool else { return true }
        call.report("a bool is no number", hint: "write is boolean")
        return false
    }

    @Sendable
    private static func isInt(_ call: DefinitionCheck) -> Bool {
        if call.type == .float { return call.mismatch("int", hint: "convert it first: x | int") }
        return call.input(.int)
    }

    private static func int(_ call: DefinitionRun) throws -> Int64 {
        guard case .int(let number) = call.value else { throw call.mismatch("int", call.value) }
        return number
    }

    /// `x is eq(y)` and `select('gt', 3)`.
    static let comparisonTests: [Definition] =
        ["eq", "==", "equalto"].map { name in
            test(name, [.init("other", nil)], operand: .optional, "The values are equal", check: isComparable) {
                LanguageOrder.equal($0.value, $0[0] ?? .null)
            }
        }
        + ["ne", "!="].map { name in
            test(name, [.init("other", nil)], operand: .optional, "The values differ", check: isComparable) {
                !LanguageOrder.equal($0.value, $0[0] ?? .null)
            }
        }
        + order(["lt", "<", "lessthan"], "The value is less") { $0 < 0 }
        + order(["le", "<="], "The value is less or equal") { $0 <= 0 }
        + order(["gt", ">", "greaterthan"], "The value is greater") { $0 > 0 }
        + order(["ge", ">="], "The value is greater or equal") { $0 >= 0 }

    private static func order(
        _ names: [String], _ summary: String, _ holds: @escaping @Sendable (Int) -> Bool
    ) -> [Definition] {
        names.map { name in
            test(
                name, [.init("other", nil)], summary,
                check: { $0.checker.isOrdered($0.type, $0.argument(0) ?? .never, at: $0.range) }
            ) {
                holds(try LanguageOrder.compare($0.value, $0[0] ?? .null))
            }
        }
    }

    @Sendable
    private static func isComparable(_ call: DefinitionCheck) -> Bool {
        call.checker.isComparable(call.type, call.argument(0) ?? .never, at: call.range)
    }

    /// Tests of lists and maps.
    static let collectionTests: [Definition] = [
        test(
            "in", [.init("seq", nil)], operand: .optional, "The value is in a list, text or map",
            check: { $0.checker.isContained($0.type, in: $0.argument(0) ?? .never, at: $0.range) }
        ) { try LanguageOrder.contains($0[0] ?? .null, $0.value) },
        test(
            "contains", [.init("value", nil)], "The list, text or map has the value in it",
            check: { $0.checker.isContained($0.argument(0) ?? .never, in: $0.type, at: $0.range) }
        ) { try LanguageOrder.contains($0.value, $0[0] ?? .null) },
        subset("subset", "Every element is in the other list"),
        subset("issubset", "Every element is in the other list"),
        subset("superset", "Every element of the other list is in it", reversed: true),
        subset("issuperset", "Every element of the other list is in it", reversed: true),
        test("all", "Every bool of the list is true", check: isBools) { try bools($0).allSatisfy(\.self) },
        test("any", "A bool of the list is true", check: isBools) { try bools($0).contains(true) },
    ]

    private static func subset(_ name: String, _ summary: String, reversed: Bool = false) -> Definition {
        test(
            name, [.init("other", nil)], summary,
            check: { call in
                guard let element = call.element(), let other = call.listArgument(0) else { return false }
                return call.checker.isComparable(element, other, at: call.range)
            }
        ) { call in
            let (mine, other) = (try call.list(), try call.list(0))
            var set = ValueSet()
            for item in reversed ? mine : other { _ = set.insert(item) }
            return (reversed ? other : mine).allSatisfy { set.contains($0) }
        }
    }

    @Sendable
    private static func isBools(_ call: DefinitionCheck) -> Bool {
        guard let element = call.element() else { return false }
        guard element == .bool || element == .json || element == .never else {
            call.report(
                "'\(call.name)' takes bools, the elements are \(element.shown)",
                hint: "write a test: list | reject('…') | length == 0")
            return false
        }
        return true
    }

    private static func bools(_ call: DefinitionRun) throws -> [Bool] {
        try call.list().map { item in
            guard case .bool(let flag) = item else { throw call.mismatch("bools", item) }
            return flag
        }
    }

    /// Tests of registered results. A task that was skipped has no result: it is only `skipped`.
    static let resultTests: [Definition] =
        ["succeeded", "success", "successful"].map {
            result($0, "The task did not fail") { $0 != nil && !flag($0, "failed") }
        }
        + ["failed", "failure"].map { result($0, "The task failed") { flag($0, "failed") } }
        + ["changed", "change"].map { result($0, "The task changed something") { flag($0, "changed") } }
        + ["skipped", "skip"].map { result($0, "The task was skipped") { $0 == nil || flag($0, "skipped") } }
        + [
            result("unreachable", "The host could not be reached") { flag($0, "unreachable") },
            result("reachable", "The host could be reached") { $0 != nil && !flag($0, "unreachable") },
            result("unknown", "Nobody knows whether the task had its effect") { flag($0, "unknown") },
        ]

    private static func result(
        _ name: String, _ summary: String, _ holds: @escaping @Sendable (ValueMap?) -> Bool
    ) -> Definition {
        test(
            name, operand: .absent, summary,
            check: { call in
                switch call.type.unwrapped {
                case .record, .map, .json, .never, .null: return true
                default: return call.mismatch("a registered result")
                }
            }
        ) { call in
            switch call.value {
            case .map(let map): return holds(map)
            case .null: return holds(nil)
            default: throw call.mismatch("a registered result", call.value)
            }
        }
    }

    private static func flag(_ result: ValueMap?, _ name: String) -> Bool { result?[name] == .bool(true) }

    /// Tests of text.
    static let textTests: [Definition] = [
        matching("match", "The text starts with a match of the pattern", anchored: true),
        matching("search", "A match of the pattern is in the text"),
        matching("regex", "A match of the pattern is in the text"),
        version("version"), version("version_compare"),
    ]

    private static func matching(_ name: String, _ summary: String, anchored: Bool = false) -> Definition {
        var parameters: [Definition.Parameter] = [
            .init("pattern", .string, isPattern: true), .init("ignorecase", .bool, optional: true),
            .init("multiline", .bool, optional: true),
        ]
        if name == "regex" {
            parameters.append(.init("match_type", .string, optional: true, oneOf: ["search", "match", "fullmatch"]))
        }
        return test(name, parameters, summary, check: { $0.input(.string) }) { call in
            let options = Pattern.Options(ignoreCase: try call.flag(1), multiline: try call.flag(2))
            var source = try call.text(0, default: "")
            let kind = try call.text(3)
            if kind == "fullmatch" { source = "(?:\(source))\\z" }
            let pattern = try call.evaluator.pattern(source, options)
            return try pattern.first(in: try call.text(), anchored: anchored || kind == "match" || kind == "fullmatch")
                != nil
        }
    }

    private static let versionOperators = [
        "==", "=", "eq", "!=", "<>", "ne", "<", "lt", "<=", "le", ">", "gt", ">=", "ge",
    ]

    private static func version(_ name: String) -> Definition {
        test(
            name,
            [
                .init("version", nil), .init("operator", .string, optional: true, oneOf: versionOperators),
                .init("strict", .optional(.bool), optional: true),
                .init(
                    "version_type", .optional(.string), optional: true,
                    oneOf: ["loose", "strict", "semver", "semantic", "pep440"]),
            ], "The release number compares so with another",
            check: { call in
                let other = call.argument(0) ?? .never
                guard [.string, .version, .json, .never].contains(other) else {
                    call.report("a version is compared with a version, not with \(other.shown)")
                    return false
                }
                if let text = call.constant(0)?.stringValue, Version(text) == nil {
                    call.report("'\(text)' is no version", code: "value")
                    return false
                }
                return [.string, .version, .json, .never].contains(call.type) || call.mismatch("version or string")
            }
        ) { call in
            let (one, two) = (try number(call.value), try number(call[0] ?? .null))
            switch try call.text(1, default: "eq") {
            case "==", "=", "eq": return one == two
            case "!=", "<>", "ne": return one != two
            case "<", "lt": return one < two
            case "<=", "le": return one <= two
            case ">", "gt": return one > two
            case ">=", "ge": return one >= two
            case let other: throw ExpressionFailure(.value, "'\(other)' compares no versions")
            }
        }
    }

    private static func number(_ value: Value) throws -> Version {
        switch value {
        case .version(let version): return version
        case .string(let text):
            guard let version = Version(text) else {
                throw ExpressionFailure(.value, "'\(Text.string(text.unicodeScalars.prefix(40)))' is no version")
            }
            return version
        default: throw ExpressionFailure(.type, "a version is expected, this is \(value.kindName)")
        }
    }
}
