import Glibc
import Playbooks
import Testing
import Values

/// Runs every case of the conformance corpus (`OPSRUN_CONFORMANCE/expressions.jsonl`): answers of Jinja 3.1 and ansible-core.
///
/// There is no list of exceptions. Only `**`, `{% set %}` and method calls, which the language leaves out, may be refused.
@Suite struct ExpressionConformance {
    @Test func everyCaseAnswersAsTheEnginesDo() throws {
        guard let folder = environment("OPSRUN_CONFORMANCE"), let text = readFile(folder + "/expressions.jsonl") else {
            print("ExpressionConformance skipped: OPSRUN_CONFORMANCE names no folder with expressions.jsonl")
            return
        }
        var passed = 0
        var failures: [String] = []
        for line in text.split(separator: "\n") {
            let record = try JSON.parse(String(line))
            let test = try #require(ConformanceCase(record))
            if let problem = test.problem() {
                failures.append("\(test.id) \(test.source.debugDescription): \(problem)")
            } else {
                passed += 1
            }
        }
        for failure in failures.prefix(400) { print(failure) }
        if let summary = environment("OPSRUN_SUMMARY") {
            append("ExpressionConformance \(passed) passed, \(failures.count) failed\n", to: summary)
        }
        #expect(failures.isEmpty, "\(failures.count) of \(passed + failures.count) cases answer otherwise")
        #expect(passed + failures.count > 0)
    }
}

private struct ConformanceCase {
    var id: String
    var source: String
    var isTemplate: Bool
    var options: TemplateOptions
    var variables: ValueMap
    var optional: [(path: [String], type: ValueType)]
    var result: Value?
    var error: String?
    var mayRefuse: Bool

    init?(_ record: Value) {
        guard let id = record["id"]?.stringValue, let source = record["source"]?.stringValue,
            let kind = record["kind"]?.stringValue, let variables = record["variables"]?.mapValue
        else { return nil }
        self.id = id
        self.source = source
        isTemplate = kind == "template"
        let options = record["options"]
        self.options = TemplateOptions(
            trimBlocks: options?["trim_blocks"]?.boolValue ?? true,
            lstripBlocks: options?["lstrip_blocks"]?.boolValue ?? false,
            keepTrailingNewline: options?["keep_trailing_newline"]?.boolValue ?? true)
        self.variables = variables
        optional = []
        for (path, type) in record["optional"]?.mapValue ?? ValueMap() {
            guard let type = Self.type(type.stringValue ?? "") else { return nil }
            optional.append((path.split(separator: ".").map(String.init), type))
        }
        result = record["result"]
        error = record["error"]?.stringValue
        let beyond = (record["beyond_design"]?.listValue ?? []).compactMap(\.stringValue)
        mayRefuse = beyond.contains { ["syntax:**", "statement:set", "syntax:call method"].contains($0) }
    }

    private static func type(_ text: String) -> ValueType? {
        if text.hasPrefix("list<"), text.hasSuffix(">") {
            return type(String(text.dropFirst(5).dropLast())).map { .list($0) }
        }
        return ["bool": .bool, "int": .int, "float": .float, "string": .string][text]
    }

    private var types: TypeScope {
        var scope = TypeScope()
        for (name, value) in variables {
            var type = ValueType.inferred(from: value)
            for (path, declared) in optional where path.first == name {
                type = adding(declared, at: path.dropFirst(), to: type)
            }
            scope.define(name, type)
        }
        for (path, declared) in optional where path.count == 1 { scope.define(path[0], declared, mayBeAbsent: true) }
        return scope
    }

    private func adding(_ declared: ValueType, at path: ArraySlice<String>, to type: ValueType) -> ValueType {
        guard let first = path.first, case .record(var record) = type else { return type }
        if let place = record.fields.firstIndex(where: { $0.name == first }) {
            record.fields[place].type = adding(declared, at: path.dropFirst(), to: record.fields[place].type)
        } else {
            record.fields.append(RecordType.Field(first, declared, mayBeAbsent: true))
        }
        return .record(record)
    }

    private var values: ValueScope {
        var scope = ValueScope()
        for (name, value) in variables { scope.define(name, value, type: .inferred(from: value)) }
        return scope
    }

    private enum Answer {
        case value(Value)
        case refusal([Diagnostic])
        case rejection([Diagnostic])
        case failure(EvaluationError)

        var shown: String {
            switch self {
            case .value(let value): JSON.text(value)
            case .refusal(let problems): "refused: \(problems.map(\.description).joined(separator: "; "))"
            case .rejection(let problems): "rejected: \(problems.map(\.description).joined(separator: "; "))"
            case .failure(let error): "failed: \(error)"
            }
        }
    }

    private var answer: Answer {
        let span = SourceSpan(file: "case", line: 1, column: 1)
        if isTemplate {
            switch Template.parseFile(source, path: "case", options: options) {
            case .failure(let invalid): return .refusal(invalid.diagnostics)
            case .success(let template):
                return finish(template.check(in: types)) { () throws(EvaluationError) in
                    try template.evaluate(in: values)
                }
            }
        }
        switch Expression.parse(source, at: span) {
        case .failure(let invalid): return .refusal(invalid.diagnostics)
        case .success(let expression):
            return finish(expression.check(in: types)) { () throws(EvaluationError) in
                try expression.evaluate(in: values)
            }
        }
    }

    private func finish(
        _ checked: Expression.CheckedType, _ evaluate: () throws(EvaluationError) -> Value
    ) -> Answer {
        let evaluated: Answer
        do throws(EvaluationError) {
            evaluated = .value(try evaluate())
        } catch {
            evaluated = .failure(error)
        }
        return checked.isValid ? evaluated : .rejection(checked.diagnostics)
    }

    /// What is wrong with the answer; nil when it is the one demanded.
    func problem() -> String? {
        let answer = answer
        if mayRefuse, case .refusal = answer { return nil }
        if let error {
            switch (error, answer) {
            case (_, .value): return "an error (\(error)) is demanded, got \(answer.shown)"
            case ("syntax", .refusal): return nil
            case ("syntax", _): return "must be refused by parsing, got \(answer.shown)"
            case ("zero-division", .rejection(let problems)) where problems.allSatisfy { $0.code == "zero-division" }:
                return nil
            case ("zero-division", .failure(let failure)) where failure.kind == .zeroDivision: return nil
            case ("zero-division", _): return "must be a division by zero, got \(answer.shown)"
            default: return nil
            }
        }
        guard let result else { return "the case demands nothing" }
        guard case .value(let value) = answer else { return "expected \(JSON.text(result)), got \(answer.shown)" }
        // The text shows the order of keys, the value the kinds.
        let same = value == result && JSON.text(value).utf8.elementsEqual(JSON.text(result).utf8)
        return same ? nil : "expected \(JSON.text(result)), got \(JSON.text(value)) (\(value.kindName))"
    }
}

private func environment(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
}

private func readFile(_ path: String) -> String? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = fread(&buffer, 1, buffer.count, file)
        guard count > 0 else { break }
        bytes += buffer[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
}

private func append(_ line: String, to path: String) {
    guard let file = fopen(path, "a") else { return }
    defer { fclose(file) }
    fputs(line, file)
}
