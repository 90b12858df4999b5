package import Values

/// The values that an expression can name, in layers: an inner one hides an outer one. An absent name is "undefined".
package struct ValueScope: Sendable {
    private enum Binding: Sendable {
        case value(Value)
        case lazy(@Sendable () throws(EvaluationError) -> Value?)
    }

    private struct Entry: Sendable {
        var binding: Binding
        var type: ValueType?
    }

    private var layers: [[ExactText: Entry]] = [[:]]

    package init() {}

    package init(_ values: ValueMap) {
        for (name, value) in values { define(name, value) }
    }

    /// Opens a layer.
    package mutating func push() { layers.append([:]) }

    package mutating func pop() {
        if layers.count > 1 { layers.removeLast() }
    }

    /// Sets a name in the innermost layer.
    ///
    /// A null counts as missing for `default` and `is defined`, as a declared `T?` wants; where `type` says `json` or null it
    /// is a value like others.
    package mutating func define(_ name: String, _ value: Value, type: ValueType? = nil) {
        layers[layers.count - 1][ExactText(name)] = Entry(binding: .value(value), type: type)
    }

    /// Sets a name whose value is made when an expression asks for it; nil means undefined.
    package mutating func define(
        _ name: String, type: ValueType? = nil, lazily make: @escaping @Sendable () throws(EvaluationError) -> Value?
    ) {
        layers[layers.count - 1][ExactText(name)] = Entry(binding: .lazy(make), type: type)
    }

    /// The value of a name; nil when it is not defined.
    package func value(of name: String) throws(EvaluationError) -> Value? {
        switch entry(name)?.binding {
        case .value(let value): value
        case .lazy(let make): try make()
        case nil: nil
        }
    }

    func type(of name: String) -> ValueType? { entry(name)?.type }

    private func entry(_ name: String) -> Entry? {
        let key = ExactText(name)
        for layer in layers.reversed() {
            if let entry = layer[key] { return entry }
        }
        return nil
    }
}
