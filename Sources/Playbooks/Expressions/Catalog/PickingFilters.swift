import Values

extension Catalog {
    /// Filters that give one value for a list.
    static let pickingFilters: [Definition] = [
        Definition(
            "first", taints: false, "The first element",
            check: { $0.type == .string ? .string : $0.element() },
            run: { call in
                if case .string(let text) = call.value {
                    return try call.demand(text.unicodeScalars.first.map { .string(String($0)) })
                }
                return try call.demand(try call.list().first)
            }),
        Definition(
            "last", taints: false, "The last element",
            check: { call in
                if case .tuple(let elements) = call.type { return elements.last ?? .never }
                return call.type == .string ? .string : call.element()
            },
            run: { call in
                if case .string(let text) = call.value {
                    return try call.demand(text.unicodeScalars.last.map { .string(String($0)) })
                }
                return try call.demand(try call.list().last)
            }),
        extreme("min", -1), extreme("max", 1),
        length, length.named("count"),
        Definition(
            "sum", [attribute, .init("start", nil, optional: true)], "The elements added up",
            check: { call in
                guard let element = call.element(),
                    let type = call.attributeType(element, call.arguments.values[0])
                else { return nil }
                let start = call.argument(1) ?? (type == .bytes || type == .duration ? type : .int)
                guard let sum = start.unified(with: type),
                    [.int, .float, .bytes, .duration, .json].contains(sum) || type == .never
                else {
                    call.report("'sum' adds numbers, durations or bytes, not \(type.shown)")
                    return nil
                }
                return sum
            },
            run: { call in
                let attribute = try call[0].flatMap { $0 == .null ? nil : try Attribute($0) }
                var sum = call[1]
                for item in try call.list() {
                    let value = try attribute?.demand(item) ?? item
                    if case .bool = value { throw call.mismatch("numbers", value) }
                    if sum == nil, value.kindName == "bytes" || value.kindName == "duration" {
                        sum = value
                    } else {
                        sum = try Arithmetic.apply(.add, sum ?? .int(0), value)
                    }
                }
                return sum ?? .int(0)
            }),
        Definition(
            "join", [.init("d", .string, optional: true), attribute], "The elements as text, with `d` between them",
            check: { call in
                guard let element = call.element(),
                    let type = call.attributeType(element, call.arguments.values[1])
                else { return nil }
                guard type.isText || type == .json else {
                    call.report(
                        type.isOptional
                            ? "an element may be none"
                            : "'join' takes texts and numbers, the elements are \(type.shown)",
                        hint: type.isOptional
                            ? "leave it out: list | reject('none')" : "make text of each first: list | map('to_json')")
                    return nil
                }
                return .string
            },
            run: { call in
                let attribute = try call[1].flatMap { $0 == .null ? nil : try Attribute($0) }
                let separator = try call.text(0, default: "")
                var result = ""
                for (place, item) in try call.list().enumerated() {
                    let value = try attribute?.demand(item) ?? item
                    guard let text = value.scalarText else { throw call.mismatch("texts and numbers", value) }
                    result += place == 0 ? text : separator + text
                    guard result.utf8.count <= ExpressionLimits.textLength else { throw Budget.text() }
                }
                return .string(result)
            }),
    ]

    private static let length = Definition(
        "length", "How many elements, fields or code points",
        check: { call in
            switch call.type {
            case .string, .secret, .list, .map, .record, .tuple, .json, .never: return .int
            default:
                call.mismatch("text, list or map")
                return nil
            }
        },
        run: { call in
            switch call.value {
            case .string(let text): return .int(Int64(Text.length(text)))
            case .list(let items): return .int(Int64(items.count))
            case .map(let map): return .int(Int64(map.count))
            default: throw call.mismatch("text, list or map", call.value)
            }
        })

    private static func extreme(_ name: String, _ sign: Int) -> Definition {
        Definition(
            name, [caseSensitive, attribute], taints: false,
            name == "min" ? "The smallest element" : "The largest element",
            check: { call in
                guard let element = call.element() else { return nil }
                return call.isOrdered(element, call.arguments.values[1]) ? element : nil
            },
            run: { call in
                let attribute = try call[1].flatMap { $0 == .null ? nil : try Attribute($0) }
                let exact = try call.flag(0)
                var best: (key: Value, item: Value)?
                for item in try call.list() {
                    let key = LanguageOrder.key(try attribute?.demand(item) ?? item, caseSensitive: exact)
                    if let current = best, try LanguageOrder.compare(key, current.key) * sign <= 0 { continue }
                    best = (key, item)
                }
                return try call.demand(best?.item)
            })
    }
}

extension DefinitionRun {
    func demand(_ value: Value?) throws -> Value {
        guard let value else {
            throw ExpressionFailure(
                .undefined, "'\(name)' of an empty \(self.value.kindName) is undefined", hint: "give a default")
        }
        return value
    }
}
