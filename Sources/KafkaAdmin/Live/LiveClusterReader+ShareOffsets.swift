import KafkaWire

extension LiveClusterReader {
    package typealias ShareOffsets = [ItemResult<TopicPartition, ShareOffset?>]

    package func shareGroupOffsets(
        _ queries: [GroupOffsetQuery]
    ) async throws(KafkaError) -> [ItemResult<String, ShareOffsets>] {
        guard deadline != nil else { return try await timed.shareGroupOffsets(queries) }
        var asked: [String: [TopicPartition]?] = [:]
        for query in queries {
            guard asked[query.group].map({ $0 == query.partitions }) ?? true else {
                throw KafkaError(
                    .configuration, "\(query.group) is asked for twice, for different partitions",
                    api: .describeShareGroupOffsets)
            }
            asked[query.group] = .some(query.partitions)
        }
        let wanted = asked
        return await groups.results(for: queries.map(\.group), .describeShareGroupOffsets) {
            node, keys throws(KafkaError) in
            let request = DescribeShareGroupOffsetsRequest(
                groups: keys.map { key in
                    .init(
                        groupId: key,
                        topics: (wanted[key] ?? nil)?.groupedByTopic.map {
                            .init(topicName: $0.topic, partitions: $0.partitions)
                        })
                })
            let answer = try await ask(request, of: node)
            var found: [String: Result<ShareOffsets, KafkaError>] = [:]
            for group in answer.response.groups where found[group.groupId] == nil {
                found[group.groupId] =
                    group.errorCode.isError
                    ? .failure(
                        .answered(
                            group.errorCode, message: group.errorMessage, api: .describeShareGroupOffsets,
                            about: group.groupId))
                    : .success(Self.offsets(group, wanted[group.groupId] ?? nil, version: answer.version))
            }
            return found
        }
    }

    /// Every partition that was asked for has its result; without a question, those that were answered.
    private static func offsets(
        _ group: DescribeShareGroupOffsetsResponse.Group, _ wanted: [TopicPartition]?, version: Int16
    ) -> ShareOffsets {
        var found: [TopicPartition: Result<ShareOffset?, KafkaError>] = [:]
        for topic in group.topics {
            for item in topic.partitions {
                let partition = TopicPartition(topic.topicName, item.partitionIndex)
                guard found[partition] == nil else { continue }
                if item.errorCode.isError {
                    found[partition] = .failure(
                        .answered(
                            item.errorCode, message: item.errorMessage, api: .describeShareGroupOffsets,
                            about: "\(partition)"))
                } else {
                    found[partition] = .success(
                        item.startOffset < 0
                            ? nil
                            : ShareOffset(
                                start: item.startOffset, leaderEpoch: item.leaderEpoch,
                                lag: version >= 1 && item.lag >= 0 ? item.lag : nil))
                }
            }
        }
        return (wanted ?? found.keys.sorted()).map {
            ItemResult(item: $0, result: found[$0] ?? .failure(.noResult(.describeShareGroupOffsets, "\($0)")))
        }
    }
}
