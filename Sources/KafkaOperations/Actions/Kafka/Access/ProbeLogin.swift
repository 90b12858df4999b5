import EventLoop
import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Logs in as a user, at every broker.
///
/// 1. The cluster's own connection settings, with this user and password in the place of ours. 2. A connection of its own to
/// each broker, which asks one question and is closed. A refusal is an answer, not a failure.
struct ProbeLogin: CatalogedAction {
    static let reference = ActionReference(
        name: "kafka.probe_login",
        summary: "Log in as a user at every broker, to see that the credential works",
        details: """
            Uses the listener and the TLS settings of the cluster's inventory entry. Passes when every broker lets the user in. A \
            credential that was just set may not be known to every broker yet: wait for it with `until`.
            """,
        parameters: [
            .init("name", .string, "The user"), .init("password", .secret, "Its password"),
            .init(
                "mechanism", .string, default: "SCRAM-SHA-512", oneOf: ["PLAIN"] + ScramMechanism.names,
                "How it logs in"),
        ],
        result: .gate(
            .init("authenticated", .bool, "At every broker"),
            .init(
                "brokers",
                .listOf(.init("id", .int), .init("authenticated", .bool), .init("error", .optional(.string))),
                "What each of them answered")),
        effect: .read, target: .cluster,
        example: """
            - kafka.probe_login:
                name: payments
                password: {secret: "env:PAYMENTS_PASSWORD"}
              register: login
            """,
        isGate: true)

    /// For one broker.
    static let limit: Duration = .seconds(20)

    private let name: String
    private let mechanism: SASLMechanism
    private let password: Secret
    private let services: OperationServices

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        name = try arguments.text("name")
        password = try arguments.secret("password")
        guard let mechanism = SASLMechanism(rawValue: try arguments.text("mechanism")), mechanism != .oauthBearer else {
            throw arguments.failure("`mechanism` is PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512")
        }
        self.mechanism = mechanism
        self.services = services
    }

    func read(in context: ReadContext) async throws -> ActionOutcome {
        let reader = try context.requireCluster(for: Self.reference.name)
        guard let cluster = context.clusterSettings else {
            throw StepFailure(.failed, "kafka.probe_login needs a cluster of the inventory, whose listener it uses")
        }
        var settings = try await ClusterConnection.settings(
            of: cluster, processes: services.processes, time: context.time)
        settings.sasl = SASLSettings(
            mechanism: mechanism,
            credentials: .password(user: name, password))
        settings.totalTimeout = Self.limit
        let brokers = try await kafka("the brokers cannot be listed") { () throws(KafkaError) in
            try await reader.describeCluster(includeFenced: false, from: .any).brokers
        }
        let base = settings
        let answers = await concurrently(brokers, limit: ClusterFactReader.concurrency) { broker in
            await Self.probe(broker, base)
        }
        var reasons: [String] = []
        let records = zip(brokers, answers).map { broker, error -> Value in
            if let error { reasons.append("broker \(broker.id): \(error)") }
            return ["id": .int(Int64(broker.id)), "authenticated": .bool(error == nil), "error": .optional(error)]
        }
        return ActionOutcome(
            .ok,
            result: gateResult(
                passes: reasons.isEmpty, reasons: BoundedList.lines(reasons),
                progress: Int64(answers.count - reasons.count),
                ["authenticated": .bool(reasons.isEmpty), "brokers": .list(records)]))
    }

    /// Why it does not let the user in; nil when it does.
    private static func probe(_ broker: BrokerInfo, _ base: AdminClientSettings) async -> String? {
        guard let address = BrokerAddress(host: broker.host, port: broker.port) else {
            return "\(broker.host):\(broker.port) is no address"
        }
        var settings = base
        settings.bootstrap = [address]
        let client = AdminClient(settings: settings)
        var problem: String?
        do throws(KafkaError) {
            _ = try await LiveClusterReader(sender: client).versionsOnNewConnection(of: broker.id)
        } catch {
            problem = ([error.message] + error.causes).joined(separator: ": ")
        }
        await client.close()
        return problem
    }
}
