import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Gives a user a SCRAM credential.
///
/// 1. The password is salted and hashed here (RFC 5802) and never sent, printed or kept. 2. Read back until the credential
/// shows. Kafka cannot say whether the password is another one than before, so that every run changes it.
struct SetUser: CatalogedAction {
    static let reference = ActionReference(
        name: "kafka.set_user",
        summary: "Give a user a SCRAM credential",
        details: """
            The password comes from a secret parameter. Each run writes the credential anew, with a new salt: Kafka cannot say \
            whether the password differs. Prove it with kafka.probe_login.
            """,
        parameters: [
            .init("name", .string, "The user"), .init("password", .secret, "Its password"),
            .init(
                "mechanism", .string, default: "SCRAM-SHA-512", oneOf: ScramMechanism.names,
                "A user may have a credential of each"),
            .init("iterations", .int, default: 8192, "4096 to 16384"),
        ],
        result: .write(.init("created", .bool, "There was none of this mechanism before")),
        effect: .idempotent, target: .cluster,
        example: """
            - kafka.set_user:
                name: payments
                password: {secret: "env:PAYMENTS_PASSWORD"}
            """)

    private let name: String
    private let mechanism: ScramMechanism
    private let password: Secret
    private let iterations: Int32

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        name = try arguments.text("name")
        guard !name.isEmpty else { throw arguments.failure("`name` is empty") }
        password = try arguments.secret("password")
        guard let mechanism = ScramMechanism(text: try arguments.text("mechanism")) else {
            throw arguments.failure("`mechanism` is one of \(ScramMechanism.names.joined(separator: ", "))")
        }
        guard let iterations = Int32(exactly: try arguments.int("iterations")), (4096...16384).contains(iterations)
        else { throw arguments.failure("`iterations` is 4096 to 16384, which is what Kafka takes") }
        self.mechanism = mechanism
        self.iterations = iterations
    }

    private func present(_ reader: any ClusterReader) async throws(StepFailure) -> ScramCredential? {
        try await ScramUsers.find([name], reader)[name]?.first { $0.mechanism == mechanism }
    }

    func plan(in context: ReadContext) async throws -> ActionPlan {
        let present = try await present(try context.requireCluster(for: Self.reference.name))
        let text = "\(mechanism.text) of \(name) (\(iterations) iterations)"
        return ActionPlan(
            changes: [present == nil ? "create \(text)" : "set \(text)"],
            notes: present == nil ? [] : ["Kafka cannot say whether the password differs: it is set anew"])
    }

    func run(in context: StepContext) async throws -> ActionOutcome {
        let reader = try context.reading.requireCluster(for: Self.reference.name)
        let writer = try context.requireOperator(for: Self.reference.name)
        let before = try await present(reader)
        let change = ScramChange(
            user: name, mechanism: mechanism, action: .set(password: password, iterations: iterations))
        let answers = try await kafka("the credential of \(name) cannot be set") { () throws(KafkaError) in
            try await writer.alterScramUsers([change])
        }
        for answer in answers {
            do throws(KafkaError) { try answer.result.get() } catch {
                throw StepFailure(error, doing: "the credential of \(name) was not set")
            }
        }
        try await ReadBack.of("the credential of \(name)") {
            try await EventualRead.wait(context.reading) {
                try await present(reader)?.iterations == iterations ? nil : "the credential does not show"
            }
        }
        return ActionOutcome(.changed, result: ["changed": true, "created": .bool(before == nil)])
    }

    func verify(in context: StepContext) async throws -> Verification {
        .cannotTell("Kafka does not say which password \(name) has; setting it again is safe")
    }
}
