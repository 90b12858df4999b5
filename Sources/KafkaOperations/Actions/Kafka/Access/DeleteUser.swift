import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Takes away a user's SCRAM credentials.
///
/// 1. Those that are there, of one mechanism or of all. 2. They are deleted one by one. 3. Read back until none shows.
/// Connections that are open live on until they log in again.
struct DeleteUser: CatalogedAction {
    static let reference = ActionReference(
        name: "kafka.delete_user",
        summary: "Take away the SCRAM credentials of a user",
        details: """
            There is no way back: the password is not known. Connections that are open are not closed. A user without credentials is \
            left alone.
            """,
        parameters: [
            .init("name", .string, "The user"),
            .optional("mechanism", .string, oneOf: ScramMechanism.names, "Only this one"),
        ],
        result: .write(.init("mechanisms", .list(.string), "What was taken away")),
        effect: .checked, irreversible: true, target: .cluster,
        example: """
            - kafka.delete_user: {name: payments-old}
            """,
        shorthand: "name")

    private let name: String
    private let mechanism: ScramMechanism?

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        name = try arguments.text("name")
        guard let text = arguments["mechanism"]?.stringValue else {
            mechanism = nil
            return
        }
        guard let mechanism = ScramMechanism(text: text) else {
            throw arguments.failure("`mechanism` is one of \(ScramMechanism.names.joined(separator: ", "))")
        }
        self.mechanism = mechanism
    }

    private func present(_ reader: any ClusterReader) async throws(StepFailure) -> [ScramMechanism] {
        let found = try await ScramUsers.find([name], reader)[name] ?? []
        return found.compactMap(\.mechanism).filter { mechanism == nil || $0 == mechanism }
            .sorted { $0.rawValue < $1.rawValue }
    }

    func plan(in context: ReadContext) async throws -> ActionPlan {
        let there = try await present(try context.requireCluster(for: Self.reference.name))
        return ActionPlan(changes: there.map { "delete \($0.text) of \(name)" }, changesNothing: there.isEmpty)
    }

    func run(in context: StepContext) async throws -> ActionOutcome {
        let reader = try context.reading.requireCluster(for: Self.reference.name)
        let writer = try context.requireOperator(for: Self.reference.name)
        let there = try await present(reader)
        let names = Value.texts(there.map(\.text))
        guard !there.isEmpty else { return ActionOutcome(.ok, result: ["changed": false, "mechanisms": names]) }
        let changes = there.map { ScramChange(user: name, mechanism: $0, action: .delete) }
        let answers = try await kafka("the credentials of \(name) cannot be deleted") { () throws(KafkaError) in
            try await writer.alterScramUsers(changes)
        }
        for answer in answers {
            do throws(KafkaError) { try answer.result.get() } catch {
                throw StepFailure(error, doing: "\(answer.item.mechanism.text) of \(name) was not deleted")
            }
        }
        try await ReadBack.of("the deletion of \(name)") {
            try await EventualRead.wait(context.reading) {
                try await present(reader).isEmpty ? nil : "a credential of \(name) still shows"
            }
        }
        return ActionOutcome(.changed, result: ["changed": true, "mechanisms": names])
    }

    func verify(in context: StepContext) async throws -> Verification {
        let reader = try context.reading.requireCluster(for: Self.reference.name)
        let isDone = try await ReadBack.settle(context.reading) { try await present(reader).isEmpty }
        return isDone
            ? .done(evidence: "\(name) has no such credential") : .notDone(evidence: "\(name) has its credential")
    }
}
