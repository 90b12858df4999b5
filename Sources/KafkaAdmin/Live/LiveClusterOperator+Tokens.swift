import KafkaWire

extension LiveClusterOperator {
    package func createDelegationToken(
        owner: KafkaPrincipal?, renewers: [KafkaPrincipal], maximumLifetime: Int64
    ) async throws(KafkaError) -> DelegationToken {
        let request = CreateDelegationTokenRequest(
            // Before v3 (3.3) there is no such field: an owner is then `unsupportedVersion`, the default is left out.
            ownerPrincipalType: owner?.type ?? "", ownerPrincipalName: owner?.name ?? "",
            renewers: renewers.map { .init(principalType: $0.type, principalName: $0.name) },
            maxLifetimeMs: maximumLifetime)
        let answer = try await sender.call(
            request, to: .controller, kind: .write,
            within: try reader.timeLeft(to: "send CreateDelegationToken"))
        let token = answer.response
        try check(token.errorCode, nil, .createDelegationToken, kind: .write)
        return DelegationToken(
            id: token.tokenId, owner: KafkaPrincipal(type: token.principalType, name: token.principalName),
            requester: answer.version >= 3
                ? KafkaPrincipal(type: token.tokenRequesterPrincipalType, name: token.tokenRequesterPrincipalName)
                : nil, issuedAt: token.issueTimestampMs, expiresAt: token.expiryTimestampMs,
            lastsAtMost: token.maxTimestampMs, hmac: TokenKey(token.hmac), renewers: renewers)
    }

    package func renewDelegationToken(_ key: TokenKey, period: Int64) async throws(KafkaError) -> Int64 {
        let answer = try await call(
            RenewDelegationTokenRequest(hmac: key.reveal(), renewPeriodMs: period), to: .controller)
        try check(answer.response.errorCode, nil, .renewDelegationToken, kind: .write, doubt: answer.doubt)
        return answer.response.expiryTimestampMs
    }

    package func expireDelegationToken(_ key: TokenKey, period: Int64) async throws(KafkaError) -> Int64 {
        let answer = try await call(
            ExpireDelegationTokenRequest(hmac: key.reveal(), expiryTimePeriodMs: period), to: .controller)
        try check(answer.response.errorCode, nil, .expireDelegationToken, kind: .write, doubt: answer.doubt)
        return answer.response.expiryTimestampMs
    }
}
