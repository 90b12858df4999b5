import EventLoop
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
        result: .write(.init("mechanisms", .list(.string), "What was taken away"), .items),
        effect: .checked, irreversible: true, target: .cluster,
        example: """
            - kafka.delete_user: {name: payments-old}
            """,
        shorthand: "name")

    private let name: String
    private let mechanism: ScramMechanism?
    private let memory = Locked(Memory())

    /// What is known of the deletion, to judge it after an unknown outcome.
    private struct Memory: Sendable {
        /// Were there when it was asked for.
        var asked: [ScramMechanism] = []
        var accepted: [ScramMechanism] = []
    }

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
        var items = WriteItems(there.map(\.text))
        guard !there.isEmpty else {
            return items.outcome("credentials", "could not be deleted", result: ["mechanisms": []])
        }
        memory.withLock { $0.asked = there }
        let changes = there.map { ScramChange(user: name, mechanism: $0, action: .delete) }
        let answers = try await kafka("the credentials of \(name) cannot be deleted") { () throws(KafkaError) in
            try await writer.alterScramUsers(changes)
        }
        // All refused for one reason: that is the step's, with its code.
        if let first = answers.first, answers.allSatisfy({ if case .failure = $0.result { true } else { false } }) {
            do throws(KafkaError) { try first.result.get() } catch {
                throw StepFailure(error, doing: "\(first.item.mechanism.text) of \(name) was not deleted")
            }
        }
        for answer in answers { items.note(answer.item.mechanism.text, answer.result) }
        let gone = there.filter { items.changed.contains($0.text) }
        memory.withLock { $0.accepted = gone }
        do {
            try await EventualRead.wait(context.reading) {
                let left = try await present(reader).first { gone.contains($0) }
                return left.map { "\($0.text) of \(name) still shows" }
            }
        } catch {
            return items.unknown(ReadBack.failure("the deletion of \(name)", error))
        }
        return items.outcome(
            "credentials", "could not be deleted", result: ["mechanisms": .texts(gone.map(\.text))])
    }

    func verify(in context: StepContext) async throws -> Verification {
        let reader = try context.reading.requireCluster(for: Self.reference.name)
        var there: [ScramMechanism] = []
        let isDone = try await ReadBack.settle(context.reading) {
            there = try await present(reader)
            return there.isEmpty
        }
        if isDone { return .done(evidence: "\(name) has no such credential") }
        let known = memory.withLock { $0 }
        let left = "\(name) has \(there.map(\.text).joined(separator: ", "))"
        // What is gone does not come back, so a part of them is neither done nor not done.
        let gone = known.asked.filter { !there.contains($0) }
        if !gone.isEmpty { return .cannotTell("\(left), and has lost \(gone.map(\.text).joined(separator: ", "))") }
        return known.accepted.isEmpty
            ? .notDone(evidence: left) : .cannotTell("Kafka accepted the deletion, and \(left)")
    }
}
