import Values

/// An action's reference as a load looks at it again and again: shared, with what is derived from it made once.
final class KnownAction: Sendable {
    let name: String
    let parameters: [KnownParameter]
    let effect: Effect
    let isGate: Bool
    let irreversible: Bool
    let target: ActionReference.Target
    let shorthand: String?
    /// The fields of its result with the common ones.
    let result: RecordType

    init(_ reference: ActionReference) {
        name = reference.name
        parameters = reference.parameters.map { parameter in
            KnownParameter(parameter, isArgv: parameter.name == "argv" && reference.target == .host)
        }
        effect = reference.effect
        isGate = reference.isGate
        irreversible = reference.irreversible
        target = reference.target
        shorthand = reference.shorthand
        var record = reference.result
        let own = Set(record.fields.map(\.name))
        record.fields += PlaybookReader.commonFields.filter { !own.contains($0.name) }
        result = record
    }

    func parameter(_ name: String) -> KnownParameter? {
        for parameter in parameters where parameter.name == name { return parameter }
        return nil
    }
}

/// A parameter of a known action, shared like it.
final class KnownParameter: Sendable {
    let name: String
    let summary: String
    /// As declared.
    let type: ValueType
    /// The type that an argument is checked by.
    let checkedType: ValueType
    /// The same where a value may be null: in an undo list.
    let undoType: ValueType
    /// Allowed texts; empty for any.
    let oneOf: [String]
    let isRequired: Bool
    let isCondition: Bool
    /// True for an argument that is argv: a text there is split into words, and items may be numbers and versions.
    let isArgv: Bool

    init(_ parameter: ActionReference.Parameter, isArgv: Bool) {
        name = parameter.name
        summary = parameter.summary
        type = parameter.type
        checkedType = isArgv ? .list(.string) : parameter.type
        undoType = checkedType.isOptional ? checkedType : .optional(checkedType)
        oneOf = parameter.oneOf
        isRequired = parameter.defaultValue == nil && !parameter.type.isOptional
        isCondition = parameter.isCondition
        self.isArgv = isArgv
    }
}
