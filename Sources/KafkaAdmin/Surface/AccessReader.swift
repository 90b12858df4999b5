/// Looks at who may do what, how much, and with which credentials.
package protocol AccessReader: Sendable {
    /// SECURITY_DISABLED (54) on a cluster without an authorizer. `from` a named node: what that one goes by.
    func describeAccessRules(_ filter: AccessFilter, from source: ViewSource) async throws(KafkaError) -> [AccessRule]

    func describeQuotas(_ filter: QuotaFilter) async throws(KafkaError) -> [QuotaSetting]

    /// `users` nil: all that have a credential. RESOURCE_NOT_FOUND (91) for a user without.
    func describeScramUsers(_ users: [String]?)
        async throws(KafkaError) -> [ItemResult<String, [ScramCredential]>]

    /// `owners` nil: all that may be seen. Not over PLAINTEXT, nor when logged in with a token (64).
    func describeDelegationTokens(owners: [KafkaPrincipal]?) async throws(KafkaError) -> [DelegationToken]

    /// `types` by Kafka's numbers (2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group); empty: all that the
    /// broker lists. Before v1 (4.1) brokers list client metrics alone.
    func listConfigResources(types: [Int8]) async throws(KafkaError) -> [ConfigResource]
}

extension AccessReader {
    package func describeAccessRules(_ filter: AccessFilter) async throws(KafkaError) -> [AccessRule] {
        try await describeAccessRules(filter, from: .any)
    }
}

/// Changes access rules, quotas, credentials and tokens.
package protocol AccessOperator: Sendable {
    /// A rule that exists is a success.
    func createAccessRules(_ rules: [AccessRule]) async throws(KafkaError) -> [ItemResult<AccessRule, Void>]

    /// For each filter the rules that were deleted. Look with `describeAccessRules` first.
    func deleteAccessRules(_ filters: [AccessFilter])
        async throws(KafkaError) -> [ItemResult<AccessFilter, [ItemResult<AccessRule, Void>]>]

    func alterQuotas(_ changes: [QuotaChange], validateOnly: Bool)
        async throws(KafkaError) -> [ItemResult<QuotaEntity, Void>]

    /// The password is salted and hashed here and never sent. Kafka takes one change a user and request, so several are sent
    /// one after the other; what follows a failure of the same user is not sent.
    func alterScramUsers(_ changes: [ScramChange]) async throws(KafkaError) -> [ItemResult<ScramChange, Void>]

    /// `owner` nil: whoever is logged in. `maximumLifetime` in milliseconds, -1: the broker's.
    func createDelegationToken(owner: KafkaPrincipal?, renewers: [KafkaPrincipal], maximumLifetime: Int64)
        async throws(KafkaError) -> DelegationToken

    /// The new time of expiry. `period` in milliseconds, -1: the broker's.
    func renewDelegationToken(_ key: TokenKey, period: Int64) async throws(KafkaError) -> Int64

    /// The new time of expiry. `period` in milliseconds from now, -1: at once.
    func expireDelegationToken(_ key: TokenKey, period: Int64) async throws(KafkaError) -> Int64
}
