import Values

/// Types of operators, and what may be compared with what.
extension TypeChecker {
    func arithmetic(
        _ operation: ArithmeticOperator, _ left: Node, _ right: Node, _ node: Node, _ scope: TypeScope
    ) -> Typed {
        guard let one = solid(left, scope).type, let two = solid(right, scope).type else { return .unknown }
        if let type = Self.type(of: operation, one, two) { return Typed(type: type) }
        if node.isRemainderOfTest, one == .int {
            warn(
                "precedence", "'is' binds tighter than '%': this divides by the test's answer",
                hint: "write (\(shown(left)) % …) is …", at: node.range)
            return Typed(type: .int)
        }
        var hint: String?
        switch (operation, one, two) {
        case (.add, .string, _), (.add, _, .string): hint = "join text with ~, or convert: x | int"
        case (.add, .record, .record), (.add, .map, .map): hint = "write a | combine(b)"
        case (.remainder, .string, _): hint = "write '…' | format(x)"
        case (.subtract, .list, .list): hint = "write a | difference(b)"
        case (_, .json, _), (_, _, .json): hint = "cast it: x | int"
        default: break
        }
        report(
            "type", "'\(operation.rawValue)' is not defined for \(one.shown) and \(two.shown)", hint: hint,
            at: node.range)
        return .unknown
    }

    static func type(of operation: ArithmeticOperator, _ one: ValueType, _ two: ValueType) -> ValueType? {
        switch (one, two) {
        case (.never, _): return two
        case (_, .never): return one
        case (.int, .int): return operation == .divide ? .float : .int
        case (.int, .float), (.float, .int), (.float, .float): return .float
        case (.duration, .duration), (.bytes, .bytes):
            switch operation {
            case .add, .subtract, .remainder: return one
            case .divide: return .float
            case .floorDivide: return .int
            case .multiply: return nil
            }
        case (.duration, .int), (.bytes, .int):
            return [.multiply, .divide, .floorDivide].contains(operation) ? one : nil
        case (.duration, .float), (.bytes, .float): return [.multiply, .divide].contains(operation) ? one : nil
        case (.int, .duration), (.float, .duration), (.int, .bytes), (.float, .bytes):
            return operation == .multiply ? two : nil
        case (.timestamp, .duration): return operation == .add || operation == .subtract ? .timestamp : nil
        case (.duration, .timestamp): return operation == .add ? .timestamp : nil
        case (.timestamp, .timestamp): return operation == .subtract ? .duration : nil
        case (.string, .string): return operation == .add ? .string : nil
        case (.secret, .string), (.string, .secret), (.secret, .secret): return operation == .add ? .secret : nil
        case (.list, .list), (.list, .tuple), (.tuple, .list): return operation == .add ? one.unified(with: two) : nil
        default: return nil
        }
    }

    func joined(_ parts: [Node], _ scope: TypeScope) -> ValueType? {
        var isSecret = false
        var known = true
        for part in parts {
            guard let type = solid(part, scope).type else {
                known = false
                continue
            }
            if type == .secret { isSecret = true }
            if !isText(type, part) { known = false }
        }
        return known ? (isSecret ? .secret : .string) : nil
    }

    func isText(_ type: ValueType, _ node: Node) -> Bool {
        if type.isText { return true }
        let hint =
            switch type {
            case .bool: "say which text: \(shown(node)) | ternary('true', 'false')"
            case .json: "cast it: \(shown(node)) | string"
            case .null: "leave it out"
            default: "write \(shown(node)) | to_json, or | join(',')"
            }
        report("type", "\(type.shown) cannot stand in text", hint: hint, at: node.range)
        return false
    }

    func compare(
        _ comparison: ComparisonOperator, _ left: Node, _ right: Node, _ node: Node, _ scope: TypeScope
    ) -> Typed {
        switch comparison {
        case .equal, .notEqual:
            if let one = present(left, scope).type, let two = present(right, scope).type,
                !(left.isRemainderOfTest && two == .bool), !left.isNone, !right.isNone
            {
                _ = isComparable(one, two, at: node.range)
            }
        case .isIn, .isNotIn:
            let item = present(left, scope).type
            if let container = solid(right, scope).type, let item {
                _ = isContained(item, in: container, at: node.range)
            }
        default:
            if let one = solid(left, scope).type, let two = solid(right, scope).type {
                _ = isOrdered(one, two, at: node.range)
            }
        }
        return Typed(type: .bool)
    }

    func isComparable(_ one: ValueType, _ two: ValueType, at range: Range<Int>) -> Bool {
        if one.isComparable(with: two) { return true }
        var hint: String?
        switch (one.unwrapped, two.unwrapped) {
        case (.string, let other), (let other, .string):
            if [.version, .duration, .bytes, .timestamp, .int, .float, .bool].contains(other) {
                hint = "convert the text: x | \(other)"
            }
        case (.null, _), (_, .null): hint = "this is never none"
        default: break
        }
        report("type", "\(one.shown) and \(two.shown) are never equal", hint: hint, at: range)
        return false
    }

    func isOrdered(_ one: ValueType, _ two: ValueType, at range: Range<Int>) -> Bool {
        let ordered: [ValueType] = [.int, .float, .string, .bytes, .duration, .timestamp, .version, .never]
        if ordered.contains(one), ordered.contains(two), one.unified(with: two) != nil { return true }
        let hint: String? =
            switch (one, two) {
            case (.json, _), (_, .json): "cast it: x | int"
            case (.string, let other), (let other, .string):
                ordered.contains(other) ? "convert the text: x | \(other)" : nil
            case (.list, _): "compare a length: x | length"
            default: nil
            }
        report("type", "\(one.shown) and \(two.shown) have no order", hint: hint, at: range)
        return false
    }

    func isContained(_ item: ValueType, in container: ValueType, at range: Range<Int>) -> Bool {
        switch container {
        case .string, .secret:
            if [.string, .secret, .json, .never].contains(item) { return true }
            report("type", "\(item.shown) is never in text", hint: "convert it: x | string", at: range)
        case .list(let element):
            // An int may be looked up among floats; a float among ints is a mistake.
            if element.accepts(item) || item.isOptional && element.accepts(item.unwrapped) || item == .json {
                return true
            }
            if element.isOptional, element.unwrapped.accepts(item) { return true }
            if !element.isNumber, element.isComparable(with: item) { return true }
            report(
                "type", "\(item.shown) is never in \(container.shown)", hint: "convert it to \(element.shown)",
                at: range)
        case .tuple, .json, .never: return true
        case .map, .record:
            // Keys are text: a number is simply not there.
            if item.isText || item == .json { return true }
            report("type", "keys are text, not \(item.shown)", at: range)
        default:
            report("type", "nothing is in \(container.shown)", hint: "a list, a map or text is expected", at: range)
        }
        return false
    }
}
