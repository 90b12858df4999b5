import Playbooks
import Values

/// The names of one host's task list while it runs: a fixed base, then frames of blocks with their variables and registered
/// results.
///
/// A result registered inside a block is seen after it; one registered inside an imported list stays inside.
struct ScopeFrames: Sendable {
    private struct Frame: Sendable {
        var registers: [(name: String, value: Value, type: ValueType?)] = []
        /// Results that were not kept, and why.
        var lost: [(name: String, reason: String)] = []
        var variables: [Variable] = []
        var keepsRegisters: Bool
    }

    private let base: ValueScope
    private var frames = [Frame(keepsRegisters: true)]
    private var cached: ValueScope?

    init(base: ValueScope) { self.base = base }

    mutating func push(_ variables: [Variable], keepsRegisters: Bool = false) {
        frames.append(Frame(variables: variables, keepsRegisters: keepsRegisters))
        cached = nil
    }

    mutating func pop() {
        guard frames.count > 1 else { return }
        frames.removeLast()
        cached = nil
    }

    /// Sets a registered result where the nearest list that keeps them sees it. `type` decides what a null in it means.
    mutating func register(_ name: String, _ value: Value, type: ValueType? = nil) {
        guard let place = frames.lastIndex(where: \.keepsRegisters) else { return }
        frames[place].registers.removeAll { $0.name == name }
        frames[place].lost.removeAll { $0.name == name }
        frames[place].registers.append((name, value, type))
        if place == frames.count - 1, frames[place].variables.isEmpty {
            cached?.define(name, value, type: type)
        } else {
            cached = nil
        }
    }

    /// A result that was not kept: whoever uses it is told why.
    mutating func lose(_ name: String, _ reason: String) {
        guard let place = frames.lastIndex(where: \.keepsRegisters) else { return }
        frames[place].registers.removeAll { $0.name == name }
        frames[place].lost.append((name, reason))
        cached = nil
    }

    /// Sets a name in the innermost frame only: `item`, `failed_task`.
    mutating func define(_ name: String, _ value: Value) {
        let last = frames.count - 1
        frames[last].registers.removeAll { $0.name == name }
        frames[last].registers.append((name, value, nil))
        cached = nil
    }

    mutating func scope() -> ValueScope {
        if let cached { return cached }
        var scope = base
        for frame in frames {
            scope.push()
            for entry in frame.registers { scope.define(entry.name, entry.value, type: entry.type) }
            for entry in frame.lost {
                scope.define(entry.name) { () throws(EvaluationError) -> Value? in
                    throw EvaluationError(.value, entry.reason, at: SourceSpan(option: entry.name))
                }
            }
            scope.define(frame.variables)
        }
        cached = scope
        return scope
    }

    /// Registered names and variables as values, for templates; what cannot be evaluated is left out.
    func values() -> ValueMap {
        var copy = self
        let scope = copy.scope()
        var map = ValueMap()
        for frame in frames {
            for entry in frame.registers { map[entry.name] = entry.value }
            for variable in frame.variables {
                if let value = try? scope.value(of: variable.name.value) { map[variable.name.value] = value }
            }
        }
        return map
    }
}

extension ValueScope {
    /// Lexical variables, each seeing those above it; evaluated when asked for.
    mutating func define(_ variables: [Variable]) {
        for variable in variables {
            let outer = self
            let template = variable.value
            define(variable.name.value) { () throws(EvaluationError) -> Value? in
                try template.evaluateIfDefined(in: outer)
            }
        }
    }

    /// With more names on top.
    func adding(_ names: ValueMap) -> ValueScope {
        guard !names.isEmpty else { return self }
        var scope = self
        scope.push()
        for (name, value) in names { scope.define(name, value) }
        return scope
    }
}
