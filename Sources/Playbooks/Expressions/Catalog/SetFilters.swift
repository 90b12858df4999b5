import Values

extension Catalog {
    static let setFilters: [Definition] = [
        set("union", "The elements of either list, each once, in the order of their first appearance") { one, two in
            distinct(one + two)
        },
        set("intersect", "The elements that are in both lists, each once") { one, two in
            let other = members(two)
            return distinct(one).filter { other.contains($0) }
        },
        set("difference", "The elements that are not in the other list, each once") { one, two in
            let other = members(two)
            return distinct(one).filter { !other.contains($0) }
        },
        set("symmetric_difference", "The elements that are in just one of the lists, each once") { one, two in
            let (left, right) = (members(one), members(two))
            return distinct(one + two).filter { left.contains($0) != right.contains($0) }
        },
    ]

    private static func set(
        _ name: String, _ summary: String, _ run: @escaping @Sendable ([Value], [Value]) -> [Value]
    ) -> Definition {
        Definition(
            name, [.init("other", nil)], taints: false, summary,
            check: { call in
                guard let element = call.element() else { return nil }
                guard let other = call.listArgument(0) else { return nil }
                guard let type = element.unified(with: other) else {
                    call.report("the lists hold \(element.shown) and \(other.shown)")
                    return nil
                }
                return .list(name == "union" || name == "symmetric_difference" ? type : element)
            },
            run: { .list(run(try $0.list(), try $0.list(0))) })
    }

    private static func distinct(_ items: [Value]) -> [Value] {
        var seen = ValueSet()
        return items.filter { seen.insert($0) }
    }

    private static func members(_ items: [Value]) -> ValueSet {
        var set = ValueSet()
        for item in items { _ = set.insert(item) }
        return set
    }
}

extension DefinitionCheck {
    /// The element type of an argument that must be a list.
    func listArgument(_ place: Int) -> ValueType? {
        switch argument(place) {
        case .list(let element): return element
        case .tuple(let elements): return ValueType.unified(elements) ?? .json
        case .json: return .json
        case .never, nil: return .never
        case let other?:
            report("the argument of '\(name)' is a list, not \(other.shown)")
            return nil
        }
    }
}
