import Values

extension Catalog {
    private static let writing: [Definition.Parameter] = [
        .init("indent", .optional(.int), optional: true), .init("sort_keys", .bool, optional: true),
        .init("ensure_ascii", .bool, optional: true),
    ]

    static let jsonFilters: [Definition] = [
        Definition(
            "from_json", "The value that JSON text spells, of type json",
            check: { call in
                if call.type == .string || call.type == .json || call.type == .never { return .json }
                call.mismatch("string", hint: "the value is decoded already")
                return nil
            },
            run: { call in
                do throws(JSONError) {
                    return try JSON.parse(try json(call))
                } catch {
                    throw ExpressionFailure(.value, "the text is no JSON: \(error)")
                }
            }),
        Definition(
            "to_json", writing, "The value as JSON on one line",
            check: { _ in .string },
            run: { call in
                let indent = try call.int(0)
                return try write(
                    call,
                    JSON.Style(
                        indent: indent, itemSeparator: indent == nil ? ", " : ",", keySeparator: ": ",
                        asciiOnly: try call.flag(2, default: true), sortKeys: try call.flag(1)))
            }),
        Definition(
            "to_nice_json", writing, "The value as JSON over several lines, its keys sorted",
            check: { _ in .string },
            run: { call in
                try write(
                    call,
                    JSON.Style(
                        indent: try call.int(0, default: 4), itemSeparator: ",", keySeparator: ": ",
                        asciiOnly: try call.flag(2, default: true), sortKeys: try call.flag(1, default: true)))
            }),
    ]

    private static func json(_ call: DefinitionRun) throws(JSONError) -> String {
        guard case .string(let text) = call.value else {
            throw JSONError("this is \(call.value.kindName), not text", line: 1, column: 1)
        }
        return text
    }

    private static func write(_ call: DefinitionRun, _ style: JSON.Style) throws -> Value {
        if let indent = style.indent, !(0...64).contains(indent) {
            throw ExpressionFailure(.value, "an indent is from 0 to 64")
        }
        guard isFinite(call.value) else { throw ExpressionFailure(.value, "JSON has no text for inf and nan") }
        let text = JSON.text(call.value, style: style)
        guard text.utf8.count <= ExpressionLimits.textLength else { throw Budget.text() }
        return .string(text)
    }

    private static func isFinite(_ value: Value) -> Bool {
        switch value {
        case .float(let number): number.isFinite
        case .list(let items): items.allSatisfy(isFinite)
        case .map(let map): map.values.allSatisfy(isFinite)
        default: true
        }
    }
}
