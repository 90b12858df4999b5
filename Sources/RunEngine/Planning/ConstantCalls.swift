package import Playbooks
import Values

/// Tries calls whose arguments stand in the file, without anything of the world: what an action would refuse of them in the
/// run is then a problem of the file, found when it is read.
package struct ConstantCalls: Sendable {
    private let index: ActionIndex

    package init(_ catalog: Catalog) { index = ActionIndex(catalog) }

    /// No argument uses a name: whatever happens, they are what they are.
    static func isConstant(_ call: ActionCall) -> Bool {
        call.arguments.allSatisfy { $0.value.names.isEmpty && !$0.value.holdsSecret }
    }

    /// Nil: the action takes them, or they are not known yet.
    package func problem(of call: ActionCall) -> Diagnostic? {
        guard let entry = index[call.name.value], Self.isConstant(call) else { return nil }
        do throws(StepFailure) {
            _ = try entry.make(try entry.arguments(of: call, in: ValueScope()))
            return nil
        } catch {
            // A message begins with the place of the argument that is wrong, where it is one.
            for place in call.arguments.map(\.value.span) + [call.span] where error.message.hasPrefix("\(place): ") {
                let message = String(error.message.dropFirst("\(place): ".count))
                return Diagnostic(code: "bad-argument", message, hint: error.nextAction, at: place)
            }
            return Diagnostic(code: "bad-argument", error.message, hint: error.nextAction, at: call.span)
        }
    }
}
