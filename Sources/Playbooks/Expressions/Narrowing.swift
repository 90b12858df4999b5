import Values

/// What a condition shows about the paths in it: after `x is not none`, `x` holds no null.
enum Narrowing {
    static func facts(of node: Node, when truth: Bool) -> [TypeScope.Fact] {
        switch node.kind {
        case .not(let operand): return facts(of: operand, when: !truth)
        case .and(let left, let right):
            return truth ? facts(of: left, when: true) + facts(of: right, when: true) : []
        case .or(let left, let right):
            return truth ? [] : facts(of: left, when: false) + facts(of: right, when: false)
        case .test(let base, let call, let negated): return facts(of: call, about: base, when: truth != negated)
        case .compare(.equal, let left, let right): return facts(ofEqual: left, right, when: truth)
        case .compare(.notEqual, let left, let right): return facts(ofEqual: left, right, when: !truth)
        default: return []
        }
    }

    private static let resultTests: Set<String> = [
        "succeeded", "success", "successful", "failed", "failure", "changed", "change", "unreachable", "reachable",
        "unknown",
    ]

    private static func facts(of call: Node.Call, about base: Node, when truth: Bool) -> [TypeScope.Fact] {
        switch call.name {
        case "defined": truth ? all(base, present: true, nonNull: true) : []
        case "undefined": truth ? [] : all(base, present: true, nonNull: true)
        case "none": truth ? [] : all(base, present: false, nonNull: true)
        case "skipped", "skip": truth ? [] : all(base, present: true, nonNull: true)
        case _ where resultTests.contains(call.name): truth ? all(base, present: true, nonNull: true) : []
        default: []
        }
    }

    private static func facts(ofEqual left: Node, _ right: Node, when truth: Bool) -> [TypeScope.Fact] {
        shown(left, by: right, when: truth) ?? shown(right, by: left, when: truth) ?? []
    }

    /// `x == 'a'` shows a value, `x != none` does so too; nil for what is no comparison with a literal.
    private static func shown(_ side: Node, by other: Node, when truth: Bool) -> [TypeScope.Fact]? {
        guard case .literal = other.kind, other.isNone != truth else { return nil }
        return all(side, present: false, nonNull: true)
    }

    /// The fact for a path, and, when it is there, for all it hangs on.
    private static func all(_ node: Node, present: Bool, nonNull: Bool) -> [TypeScope.Fact] {
        guard let path = node.path else { return [] }
        var facts = [TypeScope.Fact(path: path, present: present, nonNull: nonNull)]
        var rest = node
        while case .field(let base, _) = rest.kind, let path = base.path {
            facts.append(TypeScope.Fact(path: path, present: present, nonNull: nonNull))
            rest = base
        }
        return facts
    }
}
