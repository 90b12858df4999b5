package import Values

/// The names that an expression may use, with types, in layers: an inner one hides an outer one.
package struct TypeScope: Sendable {
    package struct Entry: Sendable, Hashable {
        package var type: ValueType
        package var phase: Phase
        /// True when the name is declared but may have no value (the engines' "undefined").
        package var mayBeAbsent: Bool
        /// One line for completion and reference; may be empty.
        package var summary: String

        package init(_ type: ValueType, phase: Phase = .load, mayBeAbsent: Bool = false, summary: String = "") {
            self.type = type
            self.phase = phase
            self.mayBeAbsent = mayBeAbsent
            self.summary = summary
        }
    }

    private var layers: [[ExactText: Entry]] = [[:]]
    /// What conditions have shown of the names in it.
    var shown = Shown()
    /// The fields of a value of type `cluster`.
    package var clusterRecord: RecordType?

    package init() {}

    package mutating func push() { layers.append([:]) }

    /// Names that are pushed together; pushing shares them, however many they are.
    package struct Layer: Sendable {
        var entries: [ExactText: Entry] = [:]

        package init() {}

        package mutating func define(_ name: String, _ entry: Entry) { entries[ExactText(name)] = entry }
    }

    package mutating func push(_ layer: Layer) { layers.append(layer.entries) }

    package mutating func pop() {
        if layers.count > 1 { layers.removeLast() }
    }

    /// Sets a name in the innermost layer; what was shown of an outer value of that name no longer holds.
    package mutating func define(_ name: String, _ entry: Entry) {
        layers[layers.count - 1][ExactText(name)] = entry
        guard hasFacts else { return }
        shown.present = shown.present.filter { !Self.path($0.text, startsWith: name) }
        shown.nonNull = shown.nonNull.filter { !Self.path($0.text, startsWith: name) }
    }

    package mutating func define(
        _ name: String, _ type: ValueType, phase: Phase = .load, mayBeAbsent: Bool = false, summary: String = ""
    ) {
        define(name, Entry(type, phase: phase, mayBeAbsent: mayBeAbsent, summary: summary))
    }

    package subscript(_ name: String) -> Entry? {
        let key = ExactText(name)
        for layer in layers.reversed() where !layer.isEmpty {
            if let entry = layer[key] { return entry }
        }
        return nil
    }

    /// All visible names, sorted.
    package var names: [String] {
        Set(layers.flatMap(\.keys)).map(\.text).sorted { $0.precedes($1) }
    }

    /// True when the innermost layer or any other declares the name.
    package func declares(_ name: String) -> Bool { self[name] != nil }

    private static func path(_ path: String, startsWith name: String) -> Bool {
        path.isExactly(name) || path.hasPrefix(name + ".") || path.hasPrefix(name + "[")
    }
}

extension TypeScope {
    /// What a condition shows about a path.
    struct Fact: Sendable, Hashable {
        var path: String
        var present: Bool
        var nonNull: Bool
    }

    /// Paths (`host.rack`) that are there, and that hold no null.
    struct Shown: Sendable {
        fileprivate var present: Set<ExactText> = []
        fileprivate var nonNull: Set<ExactText> = []
    }

    func isPresent(_ path: String) -> Bool { shown.present.contains(ExactText(path)) }
    func isNonNull(_ path: String) -> Bool { shown.nonNull.contains(ExactText(path)) }

    func assuming(_ facts: [Fact]) -> TypeScope {
        var scope = self
        scope.assume(facts)
        return scope
    }

    mutating func assume(_ facts: [Fact]) {
        for fact in facts {
            if fact.present { shown.present.insert(ExactText(fact.path)) }
            if fact.nonNull { shown.nonNull.insert(ExactText(fact.path)) }
        }
    }

    var hasFacts: Bool { !shown.present.isEmpty || !shown.nonNull.isEmpty }

    /// The scope where `condition` holds (or, with false, does not): after `x is not none`, `x` is no longer optional. For what a
    /// `when:` guards.
    package func assuming(_ condition: Expression, is truth: Bool = true) -> TypeScope {
        assuming(Narrowing.facts(of: condition.root, when: truth))
    }
}
