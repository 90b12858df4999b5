package import KafkaAdmin
package import Values

/// `opsrun users`: those who log in with SCRAM, with what kind of credential. Brokers tell no keys, and nobody else knows.
package struct UsersLook: LookModel {
    private struct User: Sendable {
        var name: String
        var credentials: [ScramCredential]
    }

    private let users: [User]
    package let problems: [String]

    package static let schema = RecordType([
        .init(
            "users",
            .records(
                of:
                    .init("name", .string),
                .init(
                    "credentials",
                    .records(
                        of:
                            .init(
                                "mechanism", .optional(.string),
                                "SCRAM-SHA-256 or SCRAM-SHA-512; null: one that is not known"),
                        .init("iterations", .int)), "by mechanism")), "by name")
    ])

    static func read(_ reader: any ClusterReader) async throws(LookFailure) -> UsersLook {
        do throws(KafkaError) {
            return UsersLook(try await reader.describeScramUsers(nil))
        } catch {
            throw LookFailure(error, "the users cannot be listed")
        }
    }

    /// RESOURCE_NOT_FOUND.
    private static let noCredential: Int16 = 91

    package init(_ answers: [ItemResult<String, [ScramCredential]>]) {
        var users: [User] = []
        var problems: [String] = []
        for answer in answers {
            switch answer.result {
            case .success(let credentials):
                let sorted = credentials.sorted { Self.order(of: $0) < Self.order(of: $1) }
                users.append(User(name: answer.item, credentials: sorted))
            case .failure(let error):
                // Listed a moment ago, and without a credential by now.
                if error.serverCodeNumber == Self.noCredential { continue }
                problems.append("user \(answer.item) cannot be described: \(error.message)")
            }
        }
        self.users = users.sorted { $0.name < $1.name }
        self.problems = problems.sorted()
    }

    private static func order(of credential: ScramCredential) -> (Int8, Int32) {
        (credential.mechanism?.rawValue ?? .max, credential.iterations)
    }

    package var document: ValueMap {
        [
            "users": .list(
                users.map { user in
                    [
                        "name": .string(user.name),
                        "credentials": .list(
                            user.credentials.map {
                                [
                                    "mechanism": .orNull($0.mechanism?.name),
                                    "iterations": .int(Int64($0.iterations)),
                                ]
                            }),
                    ]
                })
        ]
    }

    package var tables: [LookTable] {
        [
            LookTable(
                columns: [.init("NAME"), .init("MECHANISM"), .init("ITERATIONS", number: true)],
                rows: users.flatMap { user in
                    user.credentials.map {
                        [user.name, $0.mechanism?.name ?? "not known", "\($0.iterations)"]
                    }
                }, whenEmpty: "no users with SCRAM credentials")
        ]
    }

    package var names: [String] { users.map(\.name) }
}
