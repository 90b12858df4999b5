import Values

extension Catalog {
    private static let keyName = Definition.Parameter("key_name", .string, optional: true)
    private static let valueName = Definition.Parameter("value_name", .string, optional: true)
    private static let merges = ["replace", "keep", "append", "prepend", "append_rp", "prepend_rp"]

    static let mapFilters: [Definition] = [
        Definition(
            "dict2items", [keyName, valueName], taints: false, "The map as a list of records with a key and a value",
            check: { call in
                guard let value = call.mapValue() else { return nil }
                let names = [call.constant(0), call.constant(1)].map { $0?.stringValue }
                return .list(
                    .record(
                        RecordType([
                            .init(names[0] ?? "key", .string), .init(names[1] ?? "value", value),
                        ])))
            },
            run: { call in
                let key = try call.text(0, default: "key")
                let value = try call.text(1, default: "value")
                return .list(try call.map().map { .map(ValueMap([(key, .string($0.key)), (value, $0.value)])) })
            }),
        Definition(
            "items", taints: false, "The map as a list of pairs",
            check: { call in call.mapValue().map { .list(.tuple([.string, $0])) } },
            run: { .list(try $0.map().map { .list([.string($0.key), $0.value]) }) }),
        Definition(
            "dictsort",
            [
                .init("case_sensitive", .bool, optional: true),
                .init("by", .string, optional: true, oneOf: ["key", "value"]), .init("reverse", .bool, optional: true),
            ], taints: false, "The map as a list of pairs in the order of its keys, or values",
            check: { call in
                guard let value = call.mapValue() else { return nil }
                if call.constant(1) == "value", !call.isOrdered(value, nil) { return nil }
                return .list(.tuple([.string, value]))
            },
            run: { call in
                let place = try call.text(1, default: "key") == "value" ? 1 : 0
                let exact = try call.flag(0)
                let reverse = try call.flag(2)
                let entries = try call.map().enumerated().map {
                    (number: $0.offset, pair: [Value.string($0.element.key), $0.element.value])
                }
                return .list(
                    try entries.sorted { one, two in
                        let order = try LanguageOrder.compare(
                            LanguageOrder.key(one.pair[place], caseSensitive: exact),
                            LanguageOrder.key(two.pair[place], caseSensitive: exact))
                        if order == 0 { return one.number < two.number }
                        return reverse ? order > 0 : order < 0
                    }.map { .list($0.pair) })
            }),
        Definition(
            "items2dict", [keyName, valueName], taints: false, "A list of records with a key and a value as a map",
            check: { call in
                guard let element = call.element() else { return nil }
                if element == .never { return .record(RecordType([])) }
                let names = [
                    call.arguments.values[0]?.constant?.stringValue ?? "key",
                    call.arguments.values[1]?.constant?.stringValue ?? "value",
                ]
                guard case .record = element else {
                    if element == .json { return .map(.json) }
                    call.report("'items2dict' takes records with '\(names[0])' and '\(names[1])', not \(element.shown)")
                    return nil
                }
                guard let paths = try? names.map({ try Attribute(.string($0)) }),
                    let key = call.checker.type(
                        of: paths[0], in: element, default: nil, at: call.range, scope: call.scope),
                    let value = call.checker.type(
                        of: paths[1], in: element, default: nil, at: call.range, scope: call.scope)
                else { return nil }
                guard key == .string || key == .json else {
                    call.report("a key is text, '\(names[0])' is \(key.shown)")
                    return nil
                }
                return .map(value)
            },
            run: { call in
                let names = [try call.text(0, default: "key"), try call.text(1, default: "value")]
                var map = ValueMap()
                for item in try call.list() {
                    guard case .string(let key)? = item[names[0]], let value = item[names[1]] else {
                        throw ExpressionFailure(
                            .type, "an element has no '\(names[0])' with a text or no '\(names[1])'")
                    }
                    map[key] = value
                }
                return .map(map)
            }),
        Definition(
            "combine",
            [
                .init("recursive", .bool, optional: true, keyword: true),
                .init("list_merge", .string, optional: true, oneOf: merges, keyword: true),
            ], rest: true, taints: false, "The map with others laid over it; the last one wins",
            check: { call in
                var types: [ValueType] = []
                for type in [call.type] + call.arguments.rest.map({ $0.type ?? .json }) {
                    switch type {
                    case .list(let element): types.append(element == .never ? .record(RecordType([])) : element)
                    default: types.append(type)
                    }
                }
                let recursive = call.has(0)
                var result = types[0]
                for type in types {
                    guard let combined = combined(result, type, recursive: recursive) else {
                        call.report("'combine' takes maps, not \(type.shown)")
                        return nil
                    }
                    result = combined
                }
                return result
            },
            run: { call in
                let recursive = try call.flag(0)
                let merge = try call.text(1, default: "replace")
                guard merges.contains(merge) else {
                    throw ExpressionFailure(.value, "'list_merge' is one of \(merges.joined(separator: ", "))")
                }
                var maps: [ValueMap] = []
                for value in [call.value] + call.arguments.rest {
                    switch value {
                    case .map(let map): maps.append(map)
                    case .list(let items):
                        for item in items {
                            guard case .map(let map) = item else { throw call.mismatch("maps", item) }
                            maps.append(map)
                        }
                    default: throw call.mismatch("maps", value)
                    }
                }
                var result = ValueMap()
                for (place, map) in maps.enumerated() {
                    try call.evaluator.spend(map.count + 1)
                    result = place == 0 ? map : overlay(result, map, recursive, merge)
                }
                return .map(result)
            }),
    ]

    private static func combined(_ one: ValueType, _ two: ValueType, recursive: Bool) -> ValueType? {
        switch (one, two) {
        case (.json, .record), (.json, .map), (.record, .json), (.map, .json), (.json, .json): return .json
        case (.record(let left), .record(let right)):
            var fields: [RecordType.Field] = []
            for field in left.fields {
                guard let other = right[field.name] else {
                    fields.append(field)
                    continue
                }
                var type = other.type
                if recursive || other.mayBeAbsent {
                    if case (.record, .record) = (field.type, other.type) {
                        type = combined(field.type, other.type, recursive: true) ?? .json
                    } else {
                        type = field.type.unified(with: other.type) ?? .json
                    }
                }
                fields.append(
                    .init(field.name, type, mayBeAbsent: field.mayBeAbsent && other.mayBeAbsent, field.summary))
            }
            return .record(RecordType(fields + right.fields.filter { left[$0.name] == nil }))
        case (.map, .map), (.map, .record), (.record, .map): return one.unified(with: two) ?? .map(.json)
        default: return nil
        }
    }

    private static func overlay(_ one: ValueMap, _ two: ValueMap, _ recursive: Bool, _ merge: String) -> ValueMap {
        var result = one
        for (key, value) in two {
            switch (result[key], value) {
            case (.map(let left)?, .map(let right)) where recursive:
                result[key] = .map(overlay(left, right, recursive, merge))
            case (.list(let left)?, .list(let right)) where merge != "replace":
                result[key] = .list(mergeLists(left, right, merge))
            default: result[key] = value
            }
        }
        return result
    }

    private static func mergeLists(_ one: [Value], _ two: [Value], _ merge: String) -> [Value] {
        switch merge {
        case "append": return one + two
        case "prepend": return two + one
        case "append_rp":
            return one.filter { item in !two.contains { LanguageOrder.equal($0, item) } } + two
        case "prepend_rp":
            return two + one.filter { item in !two.contains { LanguageOrder.equal($0, item) } }
        default: return one
        }
    }
}

extension DefinitionCheck {
    /// The type of the values of the operand, a map or record.
    func mapValue() -> ValueType? {
        switch type {
        case .map(let value): return value
        case .record(let record): return ValueType.unified(record.fields.map(\.type)) ?? .json
        case .json: return .json
        case .never: return .never
        default:
            mismatch("map")
            return nil
        }
    }
}
