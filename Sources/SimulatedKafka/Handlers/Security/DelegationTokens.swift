import KafkaWire

// CreateDelegationToken (38), RenewDelegationToken (39), ExpireDelegationToken (40), DescribeDelegationToken (41).
//
// Behaviour: never over a plain connection or for who has logged in with a token; only where the cluster has a secret for
// them. Owners and renewers may renew and expire; tokens that are over are forgotten.

/// A delegation token.
struct DelegationToken: Sendable {
    let id: String
    let owner: String
    let requester: String
    var renewers: Set<String>
    let hmac: [UInt8]
    /// Milliseconds since 1970.
    let issued: Int64
    var expires: Int64
    let latest: Int64

    func mayBeChanged(by principal: String) -> Bool { owner == principal || renewers.contains(principal) }
}

extension ClusterModel {
    /// Brokers' `delegation.token.max.lifetime.ms` and `delegation.token.expiry.time.ms`.
    private static let longestLife: Int64 = 604_800_000
    private static let expiry: Int64 = 86_400_000

    private func tokenProblem(_ call: Call) -> KafkaErrorCode? {
        if session.principal == ClientSession.anonymous || session.isTokenLogin {
            return .delegationTokenRequestNotAllowed
        }
        return configuration.hasDelegationTokens ? nil : .delegationTokenAuthDisabled
    }

    /// `User:alice` as its two parts.
    private static func parts(_ principal: String) -> (type: String, name: String) {
        guard let colon = principal.firstIndex(of: ":") else { return ("User", principal) }
        return (String(principal[..<colon]), String(principal[principal.index(after: colon)...]))
    }

    private mutating func forgetExpiredTokens() {
        let clock = wallClock
        image.tokens.removeAll { $0.expires < clock }
    }

    mutating func createDelegationToken(
        _ request: CreateDelegationTokenRequest, _ call: Call
    ) -> CreateDelegationTokenResponse {
        let requester = session.principal
        var owner = requester
        if call.version >= 3, let name = request.ownerPrincipalName, !name.isEmpty {
            owner = "\(request.ownerPrincipalType ?? "User"):\(name)"
        }
        var response = CreateDelegationTokenResponse()
        (response.principalType, response.principalName) = Self.parts(owner)
        if call.version >= 3 {
            (response.tokenRequesterPrincipalType, response.tokenRequesterPrincipalName) = Self.parts(requester)
        }
        func refused(_ code: KafkaErrorCode) -> CreateDelegationTokenResponse {
            response.errorCode = code
            // Kafka answers this one from another place.
            guard code != .delegationTokenAuthDisabled else { return response }
            response.issueTimestampMs = -1
            response.expiryTimestampMs = -1
            response.maxTimestampMs = -1
            return response
        }
        if let code = tokenProblem(call) { return refused(code) }
        if owner != requester, !allows(.createTokens, .user, owner) {
            return refused(.delegationTokenAuthorizationFailed)
        }
        guard request.renewers.allSatisfy({ $0.principalType == "User" }) else { return refused(.invalidPrincipalType) }
        forgetExpiredTokens()
        let life = request.maxLifetimeMs < 0 ? Self.longestLife : min(request.maxLifetimeMs, Self.longestLife)
        let clock = wallClock
        let id = random.uuid()
        let secret = [random.next(), random.next(), random.next(), random.next()]
        let token = DelegationToken(
            id: id.description, owner: owner, requester: requester,
            renewers: Set(request.renewers.map { "\($0.principalType):\($0.principalName)" }),
            hmac: secret.flatMap { word in withUnsafeBytes(of: word) { Array($0) } }, issued: clock,
            expires: min(clock + life, clock + Self.expiry), latest: clock + life)
        image.tokens.append(token)
        commit()
        record(.tokenCreated(token.id), on: call.node)
        response.issueTimestampMs = token.issued
        response.expiryTimestampMs = token.expires
        response.maxTimestampMs = token.latest
        response.tokenId = token.id
        response.hmac = token.hmac
        return response
    }

    /// The place of a token that who asks may change; else what is wrong.
    private func findToken(_ hmac: [UInt8], _ call: Call) -> Result<Int, TokenProblem> {
        if let code = tokenProblem(call) { return .failure(TokenProblem(code: code)) }
        guard let index = image.tokens.firstIndex(where: { $0.hmac == hmac }) else {
            return .failure(TokenProblem(code: .delegationTokenNotFound))
        }
        guard image.tokens[index].mayBeChanged(by: session.principal) else {
            return .failure(TokenProblem(code: .delegationTokenOwnerMismatch))
        }
        return image.tokens[index].expires < wallClock
            ? .failure(TokenProblem(code: .delegationTokenExpired)) : .success(index)
    }

    private struct TokenProblem: Error { let code: KafkaErrorCode }

    mutating func renewDelegationToken(
        _ request: RenewDelegationTokenRequest, _ call: Call
    ) -> RenewDelegationTokenResponse {
        switch findToken(request.hmac, call) {
        case .failure(let problem): return RenewDelegationTokenResponse(errorCode: problem.code, expiryTimestampMs: -1)
        case .success(let index):
            let period = request.renewPeriodMs < 0 ? Self.expiry : min(request.renewPeriodMs, Self.expiry)
            image.tokens[index].expires = min(image.tokens[index].latest, wallClock + period)
            commit()
            return RenewDelegationTokenResponse(expiryTimestampMs: image.tokens[index].expires)
        }
    }

    mutating func expireDelegationToken(
        _ request: ExpireDelegationTokenRequest, _ call: Call
    ) -> ExpireDelegationTokenResponse {
        switch findToken(request.hmac, call) {
        case .failure(let problem): return ExpireDelegationTokenResponse(errorCode: problem.code, expiryTimestampMs: -1)
        case .success(let index):
            let clock = wallClock
            if request.expiryTimePeriodMs >= 0 {
                let period = min(request.expiryTimePeriodMs, Self.longestLife)
                image.tokens[index].expires = min(image.tokens[index].latest, clock + period)
                return ExpireDelegationTokenResponse(expiryTimestampMs: image.tokens[index].expires)
            }
            record(.tokenExpired(image.tokens[index].id), on: call.node)
            image.tokens.remove(at: index)
            commit()
            return ExpireDelegationTokenResponse(expiryTimestampMs: clock)
        }
    }

    func describeDelegationToken(
        _ request: DescribeDelegationTokenRequest, _ call: Call
    ) -> DescribeDelegationTokenResponse {
        if let code = tokenProblem(call) { return DescribeDelegationTokenResponse(errorCode: code) }
        let owners = request.owners.map { Set($0.map { "\($0.principalType):\($0.principalName)" }) }
        let clock = wallClock
        let seen = image.tokens.filter { token in
            token.expires >= clock && (owners?.contains(token.owner) ?? true)
                && (token.mayBeChanged(by: session.principal) || allows(.describe, .delegationToken, token.id))
        }
        return DescribeDelegationTokenResponse(
            tokens: seen.map { token in
                let owner = Self.parts(token.owner)
                let requester = Self.parts(token.requester)
                return .init(
                    principalType: owner.type, principalName: owner.name, tokenRequesterPrincipalType: requester.type,
                    tokenRequesterPrincipalName: requester.name, issueTimestamp: token.issued,
                    expiryTimestamp: token.expires, maxTimestamp: token.latest, tokenId: token.id, hmac: token.hmac,
                    renewers: token.renewers.sorted().map {
                        let renewer = Self.parts($0)
                        return .init(principalType: renewer.type, principalName: renewer.name)
                    })
            })
    }
}
