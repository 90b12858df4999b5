import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Lists the users that have SCRAM credentials: the mechanisms and iterations, never anything of the password.
struct DescribeUsers: CatalogedAction {
    static let reference = ActionReference(
        name: "kafka.describe_users",
        summary: "List users with their SCRAM credentials",
        details: "A name that is asked for and has no credential is left out. Kafka tells nothing of the passwords.",
        parameters: [.optional("names", .list(.string), "Only these")],
        result: RecordType([
            .init(
                "users",
                .listOf(.init("name", .string), .init("mechanism", .string), .init("iterations", .int)),
                "A record for each credential")
        ]),
        effect: .read, target: .cluster,
        example: """
            - kafka.describe_users: {}
              register: known
            """,
        shorthand: "names")

    private let names: [String]?

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        names = arguments["names"]?.isNull == false ? try arguments.texts("names") : nil
    }

    func read(in context: ReadContext) async throws -> ActionOutcome {
        let reader = try context.requireCluster(for: Self.reference.name)
        var records: [Value] = []
        for (name, credentials) in try await ScramUsers.find(names, reader).sorted(by: { $0.key < $1.key }) {
            for credential in credentials {
                records.append([
                    "name": .string(name), "mechanism": .string(credential.mechanism?.text ?? "unknown"),
                    "iterations": .int(Int64(credential.iterations)),
                ])
            }
        }
        return ActionOutcome(.ok, result: ["users": .list(records)])
    }
}

/// Reading credentials.
enum ScramUsers {
    /// Those that have a credential; `names` nil: all.
    static func find(
        _ names: [String]?, _ reader: any ClusterReader
    ) async throws(StepFailure) -> [String: [ScramCredential]] {
        let answers = try await kafka("the users cannot be read") { () throws(KafkaError) in
            try await reader.describeScramUsers(names)
        }
        var found: [String: [ScramCredential]] = [:]
        for answer in answers {
            do throws(KafkaError) { found[answer.item] = try answer.result.get() } catch {
                // RESOURCE_NOT_FOUND: a user without credentials.
                if error.serverCodeNumber == 91 { continue }
                throw StepFailure(error, doing: "the credentials of \(answer.item) cannot be read")
            }
        }
        return found
    }
}

extension ScramMechanism {
    /// As in `sasl.mechanism`.
    var text: String { self == .sha256 ? "SCRAM-SHA-256" : "SCRAM-SHA-512" }

    static let names = ["SCRAM-SHA-256", "SCRAM-SHA-512"]

    init?(text: String) {
        switch text {
        case "SCRAM-SHA-256": self = .sha256
        case "SCRAM-SHA-512": self = .sha512
        default: return nil
        }
    }
}
