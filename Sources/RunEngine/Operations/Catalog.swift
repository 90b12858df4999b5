package import Playbooks
package import Values

/// One action that a playbook can name.
package struct CatalogEntry: Sendable {
    package var reference: ActionReference
    /// Makes the configured step. Arguments are complete (defaults filled in) and of the declared types. What it refuses is
    /// wrong whatever the world is like, and its message begins with the place: constant arguments are tried when the file is
    /// read (`ConstantCalls`).
    package var make: @Sendable (Arguments) throws(StepFailure) -> any Action

    package init(
        reference: ActionReference, make: @escaping @Sendable (Arguments) throws(StepFailure) -> any Action
    ) {
        self.reference = reference
        self.make = make
    }
}

/// Everything that a playbook can name, in documentation order.
package struct Catalog: Sendable {
    package var entries: [CatalogEntry]
    /// Gates that playbooks can name without declaring them, as YAML in the shape of a playbook's `gates:`.
    package var shippedGates: String

    package init(entries: [CatalogEntry], shippedGates: String) {
        self.entries = entries
        self.shippedGates = shippedGates
    }

    package subscript(_ name: String) -> CatalogEntry? { entries.first { $0.reference.name == name } }
    package var references: [ActionReference] { entries.map(\.reference) }
}

/// The arguments of an action: values of the declared types by parameter name. A parameter without a value and without a
/// default is absent.
package struct Arguments: Sendable {
    package var values: ValueMap
    package var conditions: [String: [Expression]]
    /// Where the action is named, for messages.
    package var span: SourceSpan
    /// Where the arguments stand that were written out.
    package var spans: [String: SourceSpan]

    package init(
        values: ValueMap, conditions: [String: [Expression]] = [:], span: SourceSpan,
        spans: [String: SourceSpan] = [:]
    ) {
        self.values = values
        self.conditions = conditions
        self.span = span
        self.spans = spans
    }

    package subscript(_ name: String) -> Value? {
        guard let value = values[name], !value.isNull else { return nil }
        return value
    }
}
