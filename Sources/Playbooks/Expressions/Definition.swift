import Values

/// A filter or test: its arguments, how it is typed, and what it does. The reference pages are made from these.
struct Definition: Sendable {
    struct Parameter: Sendable {
        var name: String
        /// Nil takes anything.
        var type: ValueType?
        var isRequired: Bool
        var oneOf: [String] = []
        /// True for a regular expression: compiled when its file is loaded.
        var isPattern = false
        /// True when only `name=` gives it.
        var isKeyword = false

        init(
            _ name: String, _ type: ValueType?, optional: Bool = false, oneOf: [String] = [], isPattern: Bool = false,
            keyword: Bool = false
        ) {
            self.name = name
            self.type = type
            isRequired = !optional
            self.oneOf = oneOf
            self.isPattern = isPattern
            isKeyword = keyword
        }
    }

    /// What its operand may be besides a value that is there.
    enum Operand: Sendable { case value, optional, absent }

    var name: String
    var parameters: [Parameter] = []
    /// Takes any number of further arguments.
    var takesRest = false
    /// Takes arguments of any name (`format`).
    var takesNames = false
    var operand = Operand.value
    /// True when it makes new values from the text of its operand and arguments, so that a secret in them taints the result;
    /// false when it only moves values about.
    var taints = true
    var summary: String
    /// The result's type; nil when an error was reported.
    var check: @Sendable (DefinitionCheck) -> ValueType?
    var run: @Sendable (DefinitionRun) throws -> Value

    init(
        _ name: String, _ parameters: [Parameter], rest: Bool = false, names: Bool = false,
        operand: Operand = .value, taints: Bool = true, _ summary: String,
        check: @escaping @Sendable (DefinitionCheck) -> ValueType?,
        run: @escaping @Sendable (DefinitionRun) throws -> Value
    ) {
        self.name = name
        self.parameters = parameters
        takesRest = rest
        takesNames = names
        self.operand = operand
        self.taints = taints
        self.summary = summary
        self.check = check
        self.run = run
    }

    /// One without named parameters.
    init(
        _ name: String, rest: Bool = false, names: Bool = false, operand: Operand = .value, taints: Bool = true,
        _ summary: String, check: @escaping @Sendable (DefinitionCheck) -> ValueType?,
        run: @escaping @Sendable (DefinitionRun) throws -> Value
    ) {
        self.init(
            name, [], rest: rest, names: names, operand: operand, taints: taints, summary, check: check, run: run)
    }

    /// A filter from one fixed type to another.
    init(
        _ name: String, _ input: ValueType, _ parameters: [Parameter] = [], gives result: ValueType, _ summary: String,
        run: @escaping @Sendable (DefinitionRun) throws -> Value
    ) {
        self.init(name, parameters, summary, check: { $0.input(input) ? result : nil }, run: run)
    }

    /// The same under another name.
    func named(_ name: String) -> Definition {
        var copy = self
        copy.name = name
        return copy
    }
}

/// Arguments put to their parameters.
struct BoundArguments<Item> {
    /// By position of the parameter; nil where not given.
    var values: [Item?]
    var rest: [Item] = []
    var names: [(name: String, value: Item)] = []

    func map<Other>(_ change: (Item) throws -> Other) rethrows -> BoundArguments<Other> {
        BoundArguments<Other>(
            values: try values.map { try $0.map(change) }, rest: try rest.map(change),
            names: try names.map { ($0.name, try change($0.value)) })
    }
}

extension Definition {
    struct BindingProblem: Error {
        var message: String
        var hint: String?
    }

    /// Puts arguments to parameters as Python does.
    func bind<Item>(
        _ positional: [Item], _ named: [(name: String, value: Item)]
    ) throws(BindingProblem) -> BoundArguments<Item> {
        let most = parameters.prefix { !$0.isKeyword }.count
        var bound = BoundArguments<Item>(values: positional.prefix(most).map { $0 })
        bound.values += [Item?](repeating: nil, count: parameters.count - bound.values.count)
        if positional.count > most {
            guard takesRest else {
                throw BindingProblem(
                    message:
                        "'\(name)' takes \(most == 0 ? "no arguments" : "at most \(most) argument\(most == 1 ? "" : "s")"), "
                        + "\(positional.count) given", hint: signature)
            }
            bound.rest = Array(positional.dropFirst(most))
        }
        for (key, value) in named {
            if let place = parameters.firstIndex(where: { $0.name == key }) {
                guard bound.values[place] == nil else {
                    throw BindingProblem(message: "the argument '\(key)' of '\(name)' is given twice")
                }
                bound.values[place] = value
            } else if takesNames {
                bound.names.append((key, value))
            } else {
                throw BindingProblem(
                    message: "'\(name)' has no argument '\(key)'",
                    hint: NearestName.hint(key, in: parameters.map(\.name)) ?? signature)
            }
        }
        for (place, parameter) in parameters.enumerated() where parameter.isRequired && bound.values[place] == nil {
            throw BindingProblem(message: "the argument '\(parameter.name)' of '\(name)' is missing", hint: signature)
        }
        return bound
    }

    /// `name(a: string, b?: int)`.
    var signature: String {
        let shown = parameters.map { "\($0.name)\($0.isRequired ? "" : "?"): \($0.type?.description ?? "any")" }
        return "\(name)(\((shown + (takesRest ? ["…"] : [])).joined(separator: ", ")))"
    }
}

/// A filter or test in the type checker.
struct DefinitionCheck {
    let checker: TypeChecker
    let scope: TypeScope
    let definition: Definition
    let operand: TypeChecker.Typed
    let arguments: BoundArguments<TypeChecker.Typed>
    /// Of the filter's name.
    let range: Range<Int>

    var name: String { definition.name }
    /// The operand's type; `never` where an error was reported before.
    var type: ValueType { operand.type ?? .never }

    /// True when the operand fits; reports otherwise. Decoded JSON is looked at when it is there.
    func input(_ wanted: ValueType) -> Bool {
        if type == .json || wanted.accepts(type) { return true }
        return mismatch(wanted.description)
    }

    @discardableResult
    func mismatch(_ wanted: String, hint: String? = nil) -> Bool {
        var hint = hint
        if hint == nil, wanted == "string" {
            hint =
                switch type {
                case .int, .float, .version, .duration, .bytes, .timestamp: "convert it first: x | string"
                case .bool: "say which text: x | ternary('true', 'false')"
                case .list, .record, .map: "write x | to_json"
                default: nil
                }
        }
        checker.report("type", "'\(name)' takes \(wanted), this is \(type.shown)", hint: hint, at: range)
        return false
    }

    func report(_ message: String, hint: String? = nil, code: String = "type") {
        checker.report(code, message, hint: hint, at: range)
    }

    func argument(_ place: Int) -> ValueType? {
        place < arguments.values.count ? arguments.values[place]?.type : nil
    }

    func has(_ place: Int) -> Bool { place < arguments.values.count && arguments.values[place] != nil }

    func constant(_ place: Int) -> Value? {
        place < arguments.values.count ? arguments.values[place]?.constant : nil
    }

    /// The element type of the operand, a list; nil after reporting that it is none.
    func element(_ hint: String? = nil) -> ValueType? {
        switch type {
        case .list(let element): return element
        case .tuple(let elements): return ValueType.unified(elements) ?? .json
        case .json: return .json
        case .never: return .never
        case .record, .map:
            mismatch("list", hint: hint ?? "write x | dict2items")
            return nil
        default:
            mismatch("list", hint: hint)
            return nil
        }
    }
}

/// A filter or test at work.
struct DefinitionRun {
    let evaluator: Evaluator
    let definition: Definition
    /// Nil when the operand is undefined, for those that take that.
    let operand: Value?
    let arguments: BoundArguments<Value>

    var name: String { definition.name }
    var value: Value { operand ?? .null }

    func mismatch(_ wanted: String, _ found: Value) -> ExpressionFailure {
        ExpressionFailure(.type, "'\(name)' takes \(wanted), this is \(found.kindName)")
    }

    func text() throws -> String {
        guard case .string(let text) = value else { throw mismatch("string", value) }
        return text
    }

    func list() throws -> [Value] {
        guard case .list(let list) = value else { throw mismatch("list", value) }
        try evaluator.spend(list.count)
        return list
    }

    func map() throws -> ValueMap {
        guard case .map(let map) = value else { throw mismatch("map", value) }
        try evaluator.spend(map.count)
        return map
    }

    func float() throws -> Double {
        switch value {
        case .int(let number): return Double(number)
        case .float(let number): return number
        default: throw mismatch("number", value)
        }
    }

    /// The argument as it is; nil when it was not given.
    subscript(_ place: Int) -> Value? { place < arguments.values.count ? arguments.values[place] : nil }

    private func wrong(_ place: Int, _ wanted: String) -> ExpressionFailure {
        let kind = self[place]?.kindName ?? "none"
        return ExpressionFailure(
            .type, "the argument '\(definition.parameters[place].name)' of '\(name)' is \(wanted), not \(kind)")
    }

    func text(_ place: Int) throws -> String? {
        switch self[place] {
        case nil, .null: return nil
        case .string(let text): return text
        default: throw wrong(place, "string")
        }
    }

    func text(_ place: Int, default missing: String) throws -> String { try text(place) ?? missing }

    func int(_ place: Int) throws -> Int? {
        switch self[place] {
        case nil, .null: return nil
        case .int(let number): return Int(number)
        default: throw wrong(place, "int")
        }
    }

    func int(_ place: Int, default missing: Int) throws -> Int { try int(place) ?? missing }

    func float(_ place: Int) throws -> Double? {
        switch self[place] {
        case nil, .null: return nil
        case .int(let number): return Double(number)
        case .float(let number): return number
        default: throw wrong(place, "number")
        }
    }

    func flag(_ place: Int, default missing: Bool = false) throws -> Bool {
        switch self[place] {
        case nil, .null: return missing
        case .bool(let flag): return flag
        default: throw wrong(place, "bool")
        }
    }

    func list(_ place: Int) throws -> [Value] {
        guard case .list(let list)? = self[place] else { throw wrong(place, "list") }
        try evaluator.spend(list.count)
        return list
    }
}
