import KafkaWire

extension LiveClusterReader {
    package func describeAccessRules(
        _ filter: AccessFilter, from source: ViewSource
    ) async throws(KafkaError) -> [AccessRule] {
        try filter.validate(.describeAcls)
        let request = DescribeAclsRequest(
            resourceTypeFilter: filter.resourceType.rawValue, resourceNameFilter: filter.resourceName,
            patternTypeFilter: filter.pattern.rawValue, principalFilter: filter.principal, hostFilter: filter.host,
            operation: filter.operation.rawValue, permissionType: filter.permission.rawValue)
        let answer = try await call(request, to: source.target).response
        try check(answer.errorCode, answer.errorMessage, .describeAcls)
        return answer.resources.flatMap { resource in
            resource.acls.map {
                AccessRule(
                    AccessResourceType(rawValue: resource.resourceType), resource.resourceName,
                    pattern: AccessPattern(rawValue: resource.patternType), principal: $0.principal, host: $0.host,
                    operation: AccessOperation(rawValue: $0.operation),
                    permission: AccessPermission(rawValue: $0.permissionType))
            }
        }
    }

    package func describeQuotas(_ filter: QuotaFilter) async throws(KafkaError) -> [QuotaSetting] {
        let request = DescribeClientQuotasRequest(
            components: filter.components.map { component in
                switch component.match {
                case .exactly(let name): .init(entityType: component.type, matchType: 0, match: name)
                case .theDefault: .init(entityType: component.type, matchType: 1, match: nil)
                case .any: .init(entityType: component.type, matchType: 2, match: nil)
                }
            }, strict: filter.isStrict)
        let answer = try await call(request, to: .any).response
        try check(answer.errorCode, answer.errorMessage, .describeClientQuotas)
        return (answer.entries ?? []).map { entry in
            var values: [String: Double] = [:]
            for quota in entry.values { values[quota.key] = quota.value }
            return QuotaSetting(
                entity: QuotaEntity(entry.entity.map { .init(type: $0.entityType, name: $0.entityName) }),
                values: values)
        }
    }

    package func describeScramUsers(
        _ users: [String]?
    ) async throws(KafkaError) -> [ItemResult<String, [ScramCredential]>] {
        // Kafka (4.3.1) runs into a NullPointerException when it refuses a question for all users, and never answers it.
        if users == nil {
            let operations = try await describeCluster(includeFenced: false, from: .any).authorizedOperations
            guard operations.map(AccessOperation.describe.isIn) ?? true else {
                throw .answered(.clusterAuthorizationFailed, api: .describeUserScramCredentials)
            }
        }
        // A repeated user is refused (DUPLICATE_RESOURCE).
        let names = users.map { Array(Set($0)).sorted() }
        let request = DescribeUserScramCredentialsRequest(users: names.map { $0.map { .init(name: $0) } })
        let answer = try await call(request, to: .any).response
        try check(answer.errorCode, answer.errorMessage, .describeUserScramCredentials)
        var found: [String: Result<[ScramCredential], KafkaError>] = [:]
        for result in answer.results where found[result.user] == nil {
            found[result.user] =
                result.errorCode.isError
                ? .failure(
                    .answered(
                        result.errorCode, message: result.errorMessage, api: .describeUserScramCredentials,
                        about: result.user))
                : .success(
                    result.credentialInfos.map {
                        ScramCredential(mechanism: ScramMechanism(rawValue: $0.mechanism), iterations: $0.iterations)
                    })
        }
        return (users ?? found.keys.sorted()).map {
            ItemResult(item: $0, result: found[$0] ?? .failure(.noResult(.describeUserScramCredentials, $0)))
        }
    }

    package func describeDelegationTokens(
        owners: [KafkaPrincipal]?
    ) async throws(KafkaError) -> [DelegationToken] {
        let request = DescribeDelegationTokenRequest(
            owners: owners.map { $0.map { .init(principalType: $0.type, principalName: $0.name) } })
        let answer = try await call(request, to: .any)
        try check(answer.response.errorCode, nil, .describeDelegationToken)
        return answer.response.tokens.map { token in
            DelegationToken(
                id: token.tokenId, owner: KafkaPrincipal(type: token.principalType, name: token.principalName),
                requester: answer.version >= 3
                    ? KafkaPrincipal(
                        type: token.tokenRequesterPrincipalType, name: token.tokenRequesterPrincipalName) : nil,
                issuedAt: token.issueTimestamp, expiresAt: token.expiryTimestamp, lastsAtMost: token.maxTimestamp,
                hmac: TokenKey(token.hmac),
                renewers: token.renewers.map { KafkaPrincipal(type: $0.principalType, name: $0.principalName) })
        }
    }

    package func listConfigResources(types: [Int8]) async throws(KafkaError) -> [ConfigResource] {
        let answer = try await call(ListConfigResourcesRequest(resourceTypes: types), to: .any).response
        try check(answer.errorCode, nil, .listConfigResources)
        return answer.configResources.compactMap { ConfigResource(type: $0.resourceType, name: $0.resourceName) }
    }
}

extension AccessFilter {
    /// A broker that reads UNKNOWN (0) closes the connection, which nobody can tell from a broker that dies.
    func validate(_ api: APIKey) throws(KafkaError) {
        let numbers = [resourceType.rawValue, pattern.rawValue, operation.rawValue, permission.rawValue]
        guard !numbers.contains(0) else {
            throw KafkaError(
                .configuration, "a filter for access rules says \"unknown\", which matches nothing", api: api)
        }
    }
}
