import Values

/// A syntax node of an expression; `range` counts code points of the source.
struct Node: Sendable {
    indirect enum Kind: Sendable {
        case literal(Value)
        case name(String)
        case list([Node])
        case map([(key: String, value: Node)])
        case field(Node, String)
        case index(Node, Node)
        case slice(Node, from: Node?, to: Node?, step: Node?)
        case negate(Node)
        case plus(Node)
        case arithmetic(ArithmeticOperator, Node, Node)
        case join([Node])
        case compare(ComparisonOperator, Node, Node)
        case not(Node)
        case and(Node, Node)
        case or(Node, Node)
        case choose(Node, condition: Node, otherwise: Node)
        case filter(Node, Call)
        case test(Node, Call, negated: Bool)
        /// `range(…)`.
        case range([Node])
        /// `loop.cycle(…)` of a template's loop.
        case cycle([Node])
    }

    /// A filter or test with its arguments.
    struct Call: Sendable {
        var name: String
        var nameRange: Range<Int>
        var positional: [Node] = []
        var named: [(name: String, value: Node, range: Range<Int>)] = []
    }

    let kind: Kind
    let range: Range<Int>
    /// How many nodes the longest way down has.
    private(set) var height = 1
    /// True when its value does not depend on a name.
    private(set) var isConstant = true

    init(_ kind: Kind, _ range: Range<Int>) {
        self.kind = kind
        self.range = range
        var (height, isConstant) = (1, true)
        switch kind {
        case .name, .cycle: isConstant = false
        default: break
        }
        forEachChild { child in
            height = max(height, child.height + 1)
            isConstant = isConstant && child.isConstant
        }
        self.height = height
        self.isConstant = isConstant
    }
}

enum ArithmeticOperator: String, Sendable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case floorDivide = "//"
    case remainder = "%"
}

enum ComparisonOperator: String, Sendable {
    case equal = "=="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case isIn = "in"
    case isNotIn = "not in"
}

extension Node {
    /// Visits the nodes directly below, in order.
    func forEachChild(_ visit: (Node) -> Void) {
        switch kind {
        case .literal, .name: break
        case .list(let items), .join(let items), .range(let items), .cycle(let items): items.forEach(visit)
        case .map(let entries): for entry in entries { visit(entry.value) }
        case .field(let base, _), .negate(let base), .plus(let base), .not(let base): visit(base)
        case .slice(let base, let from, let to, let step):
            visit(base)
            for bound in [from, to, step] { if let bound { visit(bound) } }
        case .index(let left, let right), .arithmetic(_, let left, let right), .compare(_, let left, let right),
            .and(let left, let right), .or(let left, let right):
            visit(left)
            visit(right)
        case .choose(let value, let condition, let otherwise):
            visit(value)
            visit(condition)
            visit(otherwise)
        case .filter(let base, let call), .test(let base, let call, _):
            visit(base)
            call.positional.forEach(visit)
            for argument in call.named { visit(argument.value) }
        }
    }

    /// `host.vars['dc']` as a key for what conditions show; nil for anything but a name with fixed fields.
    var path: String? {
        switch kind {
        case .name(let name): return name
        case .field(let base, let field): return base.path.map { $0 + "." + field }
        case .index(let base, let index):
            switch index.kind {
            case .literal(.string(let key)): return base.path.map { $0 + "." + key }
            case .literal(.int(let place)): return base.path.map { "\($0)[\(place)]" }
            default: return nil
            }
        default: return nil
        }
    }

    /// `n % 2 is even`, which Jinja reads as `n % (2 is even)`: the one place where a bool counts as 0 or 1, as it does there.
    var isRemainderOfTest: Bool {
        if case .arithmetic(.remainder, _, let right) = kind, case .test = right.kind { true } else { false }
    }

    var isNone: Bool {
        if case .literal(.null) = kind { true } else { false }
    }

    /// The text of a literal string.
    var literalText: String? {
        if case .literal(.string(let text)) = kind { text } else { nil }
    }
}
