import Values

/// Types of templates.
extension TypeChecker {
    /// True when a secret is in the text.
    func check(_ parts: [TemplatePart], _ scope: TypeScope) -> Bool {
        var isSecret = false
        for part in parts {
            switch part {
            case .text: break
            case .output(let node):
                if let type = solid(node, scope).type {
                    if type == .secret { isSecret = true }
                    _ = isText(type, node)
                }
                _ = fold(node)
            case .branch(let branches, let otherwise):
                var scope = scope
                for (test, body) in branches {
                    condition(test, scope)
                    isSecret = check(body, scope.assuming(Narrowing.facts(of: test, when: true))) || isSecret
                    scope = scope.assuming(Narrowing.facts(of: test, when: false))
                }
                isSecret = check(otherwise, scope) || isSecret
            case .loop(let loop): isSecret = check(loop, scope) || isSecret
            }
        }
        return isSecret
    }

    func check(_ loop: TemplateLoop, _ scope: TypeScope) -> Bool {
        let isSecret = check(loop.otherwise, scope)
        guard let type = solid(loop.items, scope).type else {
            // Nothing is known of the names: what uses them is not reported.
            return isSecret
        }
        guard let element = loopElement(type, loop) else { return isSecret }
        var inner = scope
        inner.push()
        if loop.names.count == 1 {
            inner.define(loop.names[0], element)
        } else {
            for (name, part) in zip(loop.names, parts(of: element, loop)) { inner.define(name, part) }
        }
        if let test = loop.condition {
            condition(test, inner)
            inner = inner.assuming(Narrowing.facts(of: test, when: true))
        }
        let ints = ["index", "index0", "revindex", "revindex0", "length", "depth", "depth0"]
        inner.define(
            "loop",
            .record(
                RecordType(
                    ints.map { .init($0, .int) } + [.init("first", .bool), .init("last", .bool)]
                        + ["previtem", "nextitem"].map { .init($0, element, mayBeAbsent: true) })))
        return check(loop.body, inner) || isSecret
    }

    func loopElement(_ type: ValueType, _ loop: TemplateLoop) -> ValueType? {
        switch type {
        case .list(let element): return element
        case .tuple(let elements): return ValueType.unified(elements) ?? .json
        case .json, .never: return type
        default:
            let hint: String? =
                switch type {
                case .record, .map: "write x | dict2items, or for k, v in x | items"
                default: nil
                }
            report("type", "a loop runs over a list, this is \(type.shown)", hint: hint, at: loop.items.range)
            return nil
        }
    }

    func parts(of element: ValueType, _ loop: TemplateLoop) -> [ValueType] {
        switch element {
        case .tuple(let elements):
            if elements.count == loop.names.count { return elements }
            report(
                "type", "an element has \(elements.count) parts, \(loop.names.count) names are given", at: loop.range)
            return loop.names.map { _ in .json }
        case .list(let inner): return loop.names.map { _ in inner }
        case .json, .never: return loop.names.map { _ in element }
        default:
            report("type", "an element is \(element.shown), not a pair", at: loop.range)
            return loop.names.map { _ in .json }
        }
    }
}
