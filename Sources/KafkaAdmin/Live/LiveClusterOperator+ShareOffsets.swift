import KafkaWire

extension LiveClusterOperator {
    package func alterShareGroupOffsets(
        _ offsets: [(partition: TopicPartition, start: Int64)], of group: String
    ) async throws(KafkaError) -> [ItemResult<TopicPartition, Void>] {
        try refuseRepeats(of: offsets.map(\.partition), .alterShareGroupOffsets)
        var byPartition: [TopicPartition: Int64] = [:]
        for item in offsets { byPartition[item.partition] = item.start }
        let request = AlterShareGroupOffsetsRequest(
            groupId: group,
            topics: byPartition.keys.sorted().groupedByTopic.map { topic, indexes in
                .init(
                    topicName: topic,
                    partitions: indexes.compactMap { index in
                        byPartition[TopicPartition(topic, index)].map {
                            .init(partitionIndex: index, startOffset: $0)
                        }
                    })
            })
        let call = timed
        let settled = try await call.groups.result(for: group, .alterShareGroupOffsets) { node throws(KafkaError) in
            let answer = try await call.write(request, to: node)
            try check(answer.errorCode, answer.errorMessage, .alterShareGroupOffsets, group)
            return answer
        }
        return results(
            for: offsets.map(\.partition), .alterShareGroupOffsets, .write, doubt: settled.doubt,
            settled.answer.responses.flatMap { topic in
                topic.partitions.map {
                    (TopicPartition(topic.topicName, $0.partitionIndex), $0.errorCode, $0.errorMessage)
                }
            })
    }

    package func deleteShareGroupOffsets(
        topics: [String], of group: String
    ) async throws(KafkaError) -> [ItemResult<String, Void>] {
        let request = DeleteShareGroupOffsetsRequest(
            groupId: group, topics: Set(topics).sorted().map { .init(topicName: $0) })
        let call = timed
        let settled = try await call.groups.result(for: group, .deleteShareGroupOffsets) { node throws(KafkaError) in
            let answer = try await call.write(request, to: node)
            try check(answer.errorCode, answer.errorMessage, .deleteShareGroupOffsets, group)
            return answer
        }
        return results(
            for: topics, .deleteShareGroupOffsets, .write, doubt: settled.doubt,
            settled.answer.responses.map { ($0.topicName, $0.errorCode, $0.errorMessage) })
    }
}
