import KafkaWire

/// Each special timestamp has a first version that knows it: an older broker would look for a record before 1970.
extension ListOffsetsRequest: VersionLimited {
    var usableVersions: ClosedRange<Int16> {
        Self.usableVersions(for: topics.flatMap(\.partitions).map(\.timestamp).filter { $0 < 0 }.min() ?? 0)
    }

    /// `lowest`: of the timestamps that are asked for.
    static func usableVersions(for lowest: Int64) -> ClosedRange<Int16> {
        let first: Int16 =
            switch lowest {
            case (-2)...: 1
            case -3: 7
            case -4: 8
            case -5: 9
            default: 11
            }
        return first...11
    }
}

extension FlatListOffsetsRequest: VersionLimited {
    var usableVersions: ClosedRange<Int16> { ListOffsetsRequest.usableVersions(for: timestamp) }
}

extension LiveClusterReader {
    /// Asks the leaders; a partition whose leader has moved, or is not there yet, is asked for again a bounded number of
    /// times. A topic that does not exist is not waited for.
    package func listOffsets(
        _ partitions: [TopicPartition], timestamp: Int64, readCommitted: Bool
    ) async throws(KafkaError) -> [ItemResult<TopicPartition, (offset: Int64, timestamp: Int64, leaderEpoch: Int32)>] {
        guard deadline != nil else {
            return try await timed.listOffsets(partitions, timestamp: timestamp, readCommitted: readCommitted)
        }
        let calls = LeaderCalls(self, waitsForTopics: false)
        let found = await calls.results(for: partitions, .listOffsets) { leader, partitions throws(KafkaError) in
            try await offsets(partitions, of: leader, timestamp: timestamp, readCommitted: readCommitted)
        }
        if Task.isCancelled { throw KafkaError(.cancelled, "ListOffsets was cancelled", api: .listOffsets) }
        return found.map { answer in
            ItemResult(
                item: answer.item,
                result: answer.result.map { (offset: $0.offset, timestamp: $0.timestamp, leaderEpoch: $0.leaderEpoch) })
        }
    }

    /// A struct where tuples do not travel well: see `each`.
    struct FoundOffset: Sendable {
        var offset: Int64
        var timestamp: Int64
        var leaderEpoch: Int32
    }

    func offsets(
        _ partitions: [TopicPartition], of leader: Int32, timestamp: Int64, readCommitted: Bool
    ) async throws(KafkaError) -> [TopicPartition: Result<FoundOffset, KafkaError>] {
        let topics = partitions.groupedByTopic.map { topic, indexes in
            ListOffsetsRequest.Topic(
                name: topic,
                partitions: indexes.map {
                    ListOffsetsRequest.Partition(partitionIndex: $0, currentLeaderEpoch: -1, timestamp: timestamp)
                })
        }
        let request = ListOffsetsRequest(replicaId: -1, isolationLevel: readCommitted ? 1 : 0, topics: topics)
        var found: [TopicPartition: Result<FoundOffset, KafkaError>] = [:]
        for topic in try await ask(request, of: leader).response.topics {
            for item in topic.partitions {
                let partition = TopicPartition(topic.name, item.partitionIndex)
                guard found[partition] == nil else { continue }
                found[partition] =
                    item.errorCode.isError
                    ? .failure(.answered(item.errorCode, api: .listOffsets, about: "\(partition)"))
                    : .success(
                        FoundOffset(
                            offset: item.offset, timestamp: item.timestamp, leaderEpoch: item.leaderEpoch))
            }
        }
        return found
    }
}
