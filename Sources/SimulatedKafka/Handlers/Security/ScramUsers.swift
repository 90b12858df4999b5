import KafkaWire

// DescribeUserScramCredentials (50), AlterUserScramCredentials (51). Each user succeeds or fails by itself; no user twice in a
// request, two mechanisms included.

/// What a cluster keeps of a user's password for one mechanism.
struct ScramCredential: Sendable {
    var iterations: Int32
    var salt: [UInt8]
    var saltedPassword: [UInt8]
}

extension ClusterModel {
    /// With the protocol's numbers: SCRAM-SHA-256, SCRAM-SHA-512.
    private static let mechanisms: ClosedRange<Int8> = 1...2
    private static let iterations: ClosedRange<Int32> = 4096...16384
    /// The level of `metadata.version` from which SCRAM users are kept in the metadata log.
    private static let neededLevel: Int16 = 11

    private struct UserProblem: Error {
        let code: KafkaErrorCode
        let message: String

        init(_ code: KafkaErrorCode, _ message: String) {
            self.code = code
            self.message = message
        }
    }

    mutating func alterUserScramCredentials(
        _ request: AlterUserScramCredentialsRequest, _ call: Call
    ) -> AlterUserScramCredentialsResponse {
        var counts: [String: Int] = [:]
        for name in request.deletions.map(\.name) + request.upsertions.map(\.name) { counts[name, default: 0] += 1 }
        var problems: [String: UserProblem] = [:]
        func check(_ name: String, _ body: () throws(UserProblem) -> Void) {
            do throws(UserProblem) {
                guard counts[name] == 1 else {
                    throw UserProblem(
                        .duplicateResource, "A user credential cannot be altered twice in the same request")
                }
                try body()
            } catch {
                problems[name] = error
            }
        }
        let isPermitted = allowsOnCluster(.alter)
        let isSupported = image.features[Feature.metadataVersion] ?? 0 >= Self.neededLevel
        for deletion in request.deletions {
            check(deletion.name) { () throws(UserProblem) in
                try checkUser(deletion.name, deletion.mechanism, isPermitted, isSupported)
                guard image.scramUsers[deletion.name]?[deletion.mechanism] != nil else {
                    throw UserProblem(
                        .resourceNotFound, "Attempt to delete a user credential that does not exist")
                }
            }
        }
        for upsertion in request.upsertions {
            check(upsertion.name) { () throws(UserProblem) in
                try checkUser(upsertion.name, upsertion.mechanism, isPermitted, isSupported)
                if upsertion.iterations < Self.iterations.lowerBound {
                    throw UserProblem(.unacceptableCredential, "Too few iterations")
                }
                if upsertion.iterations > Self.iterations.upperBound {
                    throw UserProblem(.unacceptableCredential, "Too many iterations")
                }
            }
        }
        for deletion in request.deletions where problems[deletion.name] == nil {
            image.scramUsers[deletion.name]?[deletion.mechanism] = nil
            if image.scramUsers[deletion.name]?.isEmpty ?? false { image.scramUsers[deletion.name] = nil }
            commit()
            record(.scramUserDeleted(deletion.name, mechanism: deletion.mechanism), on: call.node)
        }
        for user in request.upsertions where problems[user.name] == nil {
            image.scramUsers[user.name, default: [:]][user.mechanism] = ScramCredential(
                iterations: user.iterations, salt: user.salt, saltedPassword: user.saltedPassword)
            commit()
            record(.scramUserAltered(user.name, mechanism: user.mechanism), on: call.node)
        }
        return AlterUserScramCredentialsResponse(
            results: counts.keys.sorted().map { name in
                .init(
                    user: name, errorCode: problems[name]?.code ?? .none, errorMessage: problems[name]?.message)
            })
    }

    private func checkUser(
        _ name: String, _ mechanism: Int8, _ isPermitted: Bool, _ isSupported: Bool
    ) throws(UserProblem) {
        guard isPermitted else {
            throw UserProblem(.clusterAuthorizationFailed, KafkaWords.notAuthorized)
        }
        guard isSupported else {
            throw UserProblem(
                .unsupportedVersion, "The current metadata.version does not support SCRAM")
        }
        if name.isEmpty { throw UserProblem(.unacceptableCredential, "Username must not be empty") }
        guard Self.mechanisms.contains(mechanism) else {
            throw UserProblem(.unsupportedSaslMechanism, "Unknown SCRAM mechanism")
        }
    }

    /// Kafka cannot say that one may not see all users: it fails while it makes the answer, and never gives one. Nobody here
    /// is left waiting: the connection is closed.
    func isAnswerable(_ request: DescribeUserScramCredentialsRequest) -> Bool {
        request.users != nil || allowsOnCluster(.describe)
    }

    func describeUserScramCredentials(
        _ request: DescribeUserScramCredentialsRequest, _ call: Call
    ) -> DescribeUserScramCredentialsResponse {
        let asked = request.users?.map(\.name) ?? []
        guard allowsOnCluster(.describe) else {
            // Kafka repeats the refusal for each of them, without their names.
            let refusal = DescribeUserScramCredentialsResponse.Result(
                errorCode: .clusterAuthorizationFailed, errorMessage: nil)
            return DescribeUserScramCredentialsResponse(
                errorCode: .clusterAuthorizationFailed, errorMessage: nil,
                results: asked.map { _ in refusal })
        }
        let counts = Dictionary(grouping: asked) { $0 }.mapValues(\.count)
        let names = asked.isEmpty ? image.scramUsers.keys.sorted() : counts.keys.sorted()
        return DescribeUserScramCredentialsResponse(
            results: names.map { name in
                var result = DescribeUserScramCredentialsResponse.Result(user: name)
                if counts[name] ?? 1 > 1 {
                    result.errorCode = .duplicateResource
                    result.errorMessage =
                        "Cannot describe SCRAM credentials for the same user twice in a single request: \(name)"
                } else if let credentials = image.scramUsers[name] {
                    result.credentialInfos = credentials.sorted { $0.key < $1.key }.map {
                        .init(mechanism: $0.key, iterations: $0.value.iterations)
                    }
                } else {
                    result.errorCode = .resourceNotFound
                    result.errorMessage = "Attempt to describe a user credential that does not exist: \(name)"
                }
                return result
            })
    }
}
