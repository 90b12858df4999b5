import Values

/// An action's reference as a load looks at it again and again: shared, with what is derived from it made once.
final class KnownAction: Sendable {
    let name: String
    let parameters: [ActionReference.Parameter]
    let effect: Effect
    let isGate: Bool
    let irreversible: Bool
    let target: ActionReference.Target
    let shorthand: String?
    /// The fields of its result with the common ones.
    let result: RecordType

    init(_ reference: ActionReference) {
        name = reference.name
        parameters = reference.parameters
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

    func parameter(_ name: String) -> ActionReference.Parameter? {
        guard let index = parameters.firstIndex(where: { $0.name == name }) else { return nil }
        return parameters[index]
    }
}
