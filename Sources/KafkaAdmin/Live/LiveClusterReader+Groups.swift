import KafkaWire

extension LiveClusterReader {
    package func listGroups(
        states: [String], types: [GroupType]
    ) async throws(KafkaError) -> [ItemResult<Int32, [GroupListing]>] {
        guard deadline != nil else { return try await timed.listGroups(states: states, types: types) }
        let brokers = try await describeCluster(includeFenced: false, from: .any).brokers.map(\.id)
        let request = ListGroupsRequest(statesFilter: states, typesFilter: types.map(\.rawValue))
        return await each(brokers) { broker throws(KafkaError) in
            // While a broker loads its groups it lists none.
            let answer = try await patiently { () async throws(KafkaError) in
                let answer = try await call(request, to: .node(broker))
                try check(answer.response.errorCode, nil, .listGroups, "broker \(broker)")
                return answer
            }
            return answer.response.groups.map {
                GroupListing(
                    id: $0.groupId, type: answer.version >= 5 ? GroupType(rawValue: $0.groupType) : nil,
                    state: answer.version >= 4 ? $0.groupState : nil, protocolType: $0.protocolType,
                    coordinator: broker)
            }
        }
    }

    package func describeGroups(
        _ ids: [String], type: GroupType?
    ) async throws(KafkaError) -> [ItemResult<String, GroupDescription>] {
        guard deadline != nil else { return try await timed.describeGroups(ids, type: type) }
        if let type {
            guard let results = await describe(ids, as: type) else {
                throw KafkaError(.configuration, "opsrun knows no groups of the type \(type.rawValue)")
            }
            return results
        }
        var found: [String: Result<GroupDescription, KafkaError>] = [:]
        var open = ids
        // The order in which they are common. What a broker does not offer it has none of.
        for type in [GroupType.consumer, .classic, .share, .streams] where !open.isEmpty {
            for answer in await describe(open, as: type) ?? [] {
                // Some brokers offer an API and then say that the feature behind it is off.
                if case .failure(let error) = answer.result,
                    error.code == .unsupportedVersion || error.serverCode == .unsupportedVersion
                {
                    continue
                }
                found[answer.item] = answer.result
            }
            open = open.filter { id in
                guard case .failure(let error) = found[id] else { return found[id] == nil }
                return error.serverCode == .groupIdNotFound
            }
        }
        return ids.map { id in
            ItemResult(item: id, result: found[id] ?? .failure(.noResult(.describeGroups, id)))
        }
    }

    /// Nil for a type that is not known here.
    private func describe(_ ids: [String], as type: GroupType) async -> [ItemResult<String, GroupDescription>]? {
        switch type {
        case .classic: await describeClassic(ids)
        case .consumer: await describeConsumer(ids)
        case .share: await describeShare(ids)
        case .streams: await describeStreams(ids)
        default: nil
        }
    }

    private func describeClassic(_ ids: [String]) async -> [ItemResult<String, GroupDescription>] {
        await groups.results(for: ids, .describeGroups) { node, keys throws(KafkaError) in
            let request = DescribeGroupsRequest(groups: keys, includeAuthorizedOperations: true)
            let answer = try await ask(request, of: node)
            return Self.byID(
                answer.response.groups.map { group in
                    // Up to v5 a group that does not exist is "Dead", without an error.
                    let isMissing = answer.version <= 5 && !group.errorCode.isError && group.groupState == "Dead"
                    return Described(
                        id: group.groupId, code: isMissing ? .groupIdNotFound : group.errorCode,
                        message: group.errorMessage, group: GroupDescription(group, node: node))
                }, .describeGroups)
        }
    }

    private func describeConsumer(_ ids: [String]) async -> [ItemResult<String, GroupDescription>] {
        await groups.results(for: ids, .consumerGroupDescribe) { node, keys throws(KafkaError) in
            let request = ConsumerGroupDescribeRequest(groupIds: keys, includeAuthorizedOperations: true)
            return Self.byID(
                try await ask(request, of: node).response.groups.map {
                    Described(
                        id: $0.groupId, code: $0.errorCode, message: $0.errorMessage,
                        group: GroupDescription($0, node: node))
                }, .consumerGroupDescribe)
        }
    }

    private func describeShare(_ ids: [String]) async -> [ItemResult<String, GroupDescription>] {
        await groups.results(for: ids, .shareGroupDescribe) { node, keys throws(KafkaError) in
            let request = ShareGroupDescribeRequest(groupIds: keys, includeAuthorizedOperations: true)
            return Self.byID(
                try await ask(request, of: node).response.groups.map {
                    Described(
                        id: $0.groupId, code: $0.errorCode, message: $0.errorMessage,
                        group: GroupDescription($0, node: node))
                }, .shareGroupDescribe)
        }
    }

    private func describeStreams(_ ids: [String]) async -> [ItemResult<String, GroupDescription>] {
        await groups.results(for: ids, .streamsGroupDescribe) { node, keys throws(KafkaError) in
            let request = StreamsGroupDescribeRequest(groupIds: keys, includeAuthorizedOperations: true)
            return Self.byID(
                try await ask(request, of: node).response.groups.map {
                    Described(
                        id: $0.groupId, code: $0.errorCode, message: $0.errorMessage,
                        group: GroupDescription($0, node: node))
                }, .streamsGroupDescribe)
        }
    }

    private struct Described {
        var id: String
        var code: KafkaErrorCode
        var message: String?
        var group: GroupDescription
    }

    private static func byID(
        _ groups: [Described], _ api: APIKey
    ) -> [String: Result<GroupDescription, KafkaError>] {
        var found: [String: Result<GroupDescription, KafkaError>] = [:]
        for group in groups where found[group.id] == nil {
            found[group.id] =
                group.code.isError
                ? .failure(.answered(group.code, message: group.message, api: api, about: group.id))
                : .success(group.group)
        }
        return found
    }
}
