import EventLoop
import KafkaWire

extension LiveClusterOperator {
    package func createPartitions(
        _ topics: [NewPartitions], validateOnly: Bool
    ) async throws(KafkaError) -> [ItemResult<String, Void>] {
        try refuseRepeats(of: topics.map(\.topic), .createPartitions)
        return try await inParts(
            topics.parts(upTo: Self.partitionsPerRequest) { Int($0.count) }, .createPartitions, key: \.topic
        ) { part throws(KafkaError) in
            try await timed.withinQuota(part, .createPartitions, key: \.topic) { sender, part throws(KafkaError) in
                let request = CreatePartitionsRequest(
                    topics: part.map { topic in
                        .init(
                            name: topic.topic, count: topic.count,
                            assignments: topic.assignments.map { $0.map { .init(brokerIds: $0) } })
                    }, validateOnly: validateOnly)
                let answer = try await sender.call(request, to: .controller, readOnly: validateOnly)
                let results = results(
                    for: part.map(\.topic), .createPartitions, validateOnly ? .read : .write, doubt: answer.doubt,
                    answer.response.results.map { ($0.name, $0.errorCode, $0.errorMessage) })
                return QuotaAnswer(results: results, wait: answer.response.throttleTimeMs)
            }
        }
    }

    package func deleteRecords(
        _ bounds: [(partition: TopicPartition, before: Int64)]
    ) async throws(KafkaError) -> [ItemResult<TopicPartition, Int64>] {
        var byPartition: [TopicPartition: Int64] = [:]
        for bound in bounds {
            guard byPartition[bound.partition].map({ $0 == bound.before }) ?? true else {
                throw KafkaError(
                    .configuration, "\(bound.partition) has two different bounds", api: .deleteRecords)
            }
            byPartition[bound.partition] = bound.before
        }
        let before = byPartition
        let call = timed
        return await call.leaders.results(for: bounds.map(\.partition), .deleteRecords) {
            leader, partitions throws(KafkaError) in
            let request = DeleteRecordsRequest(
                topics: partitions.groupedByTopic.map { topic, indexes in
                    .init(
                        name: topic,
                        partitions: indexes.compactMap { index in
                            before[TopicPartition(topic, index)].map { .init(partitionIndex: index, offset: $0) }
                        })
                })
            var found: [TopicPartition: Result<Int64, KafkaError>] = [:]
            for topic in try await call.write(request, to: leader).topics {
                for item in topic.partitions {
                    let partition = TopicPartition(topic.name, item.partitionIndex)
                    guard found[partition] == nil else { continue }
                    found[partition] =
                        item.errorCode.isError
                        ? .failure(.answered(item.errorCode, api: .deleteRecords, about: "\(partition)"))
                        : .success(item.lowWatermark)
                }
            }
            return found
        }
    }

    package func alterReplicaDirectories(
        _ placements: [ReplicaPlacement]
    ) async throws(KafkaError) -> [ItemResult<ReplicaPlacement, Void>] {
        var byBroker: [Int32: [ReplicaPlacement]] = [:]
        var paths: [Replica: String] = [:]
        for placement in placements {
            let replica = Replica(broker: placement.broker, partition: placement.partition)
            if let path = paths.updateValue(placement.path, forKey: replica) {
                guard path == placement.path else {
                    throw KafkaError(
                        .configuration,
                        "\(placement.partition) is to be in two directories of broker \(placement.broker)",
                        api: .alterReplicaLogDirs)
                }
                continue
            }
            byBroker[placement.broker, default: []].append(placement)
        }
        let call = timed
        let parts = byBroker.sorted { $0.key < $1.key }.map(\.value)
        var found: [ReplicaPlacement: Result<Void, KafkaError>] = [:]
        for part in await call.reader.each(parts, { part throws(KafkaError) in try await call.place(part) }) {
            switch part.result {
            case .success(let results): for result in results { found[result.item] = result.result }
            case .failure(let error): for placement in part.item { found[placement] = .failure(error) }
            }
        }
        return placements.map {
            ItemResult(
                item: $0,
                result: found[$0] ?? .failure(.noResult(.alterReplicaLogDirs, "\($0.partition)", kind: .write)))
        }
    }

    /// One replica of a partition; it can be moved to one place at a time.
    private struct Replica: Hashable {
        var broker: Int32
        var partition: TopicPartition
    }

    /// All of one broker.
    private func place(
        _ placements: [ReplicaPlacement]
    ) async throws(KafkaError) -> [ItemResult<ReplicaPlacement, Void>] {
        guard let broker = placements.first?.broker else { return [] }
        var byPath: [String: [TopicPartition]] = [:]
        for placement in placements { byPath[placement.path, default: []].append(placement.partition) }
        let request = AlterReplicaLogDirsRequest(
            dirs: byPath.sorted { $0.key < $1.key }.map { path, partitions in
                .init(
                    path: path,
                    topics: partitions.groupedByTopic.map { .init(name: $0.topic, partitions: $0.partitions) })
            })
        let answer = try await sender.call(
            request, to: .node(broker), kind: .write, within: try reader.timeLeft(to: "send AlterReplicaLogDirs")
        ).response
        let results = results(
            for: placements.map(\.partition), .alterReplicaLogDirs, .write,
            answer.results.flatMap { topic in
                topic.partitions.map { (TopicPartition(topic.topicName, $0.partitionIndex), $0.errorCode, nil) }
            })
        return zip(placements, results).map { ItemResult(item: $0, result: $1.result) }
    }

    package func abortTransaction(_ transaction: HangingTransaction) async throws(KafkaError) {
        let (partition, producer) = (transaction.partition, transaction.producer)
        guard let epoch = Int16(exactly: producer.producerEpoch) else {
            throw KafkaError(
                .configuration, "\(producer.producerEpoch) is no producer epoch", api: .writeTxnMarkers)
        }
        let request = WriteTxnMarkersRequest(markers: [
            .init(
                producerId: producer.producerID, producerEpoch: epoch, transactionResult: false,
                topics: [.init(name: partition.topic, partitionIndexes: [partition.partition])],
                // As Kafka's own tool does when no marker of that producer was ever written.
                coordinatorEpoch: producer.coordinatorEpoch ?? 0)
        ])
        let call = timed
        // Whether a marker was sent whose answer leaves it open whether it was written.
        let isInDoubt = Locked(false)
        let results: [ItemResult<TopicPartition, Bool>] = await call.leaders.results(
            for: [partition], .writeTxnMarkers
        ) { leader, _ throws(KafkaError) in
            guard try await call.isOpen(transaction, at: leader) else {
                // That it has ended is what was wished for, whoever did it.
                if isInDoubt.withLock({ $0 }) { return [partition: .success(true)] }
                throw KafkaError(
                    .outdated,
                    "the transaction of producer \(producer.producerID) in \(partition) is not the one that was found "
                        + "any more", nextAction: "Look for hanging transactions again.", api: .writeTxnMarkers)
            }
            let answer = try await call.write(request, to: leader)
            let items = answer.markers.filter { $0.producerId == producer.producerID }
                .flatMap(\.topics).filter { $0.name == partition.topic }.flatMap(\.partitions)
            guard let item = items.first(where: { $0.partitionIndex == partition.partition }) else { return [:] }
            if item.errorCode.leavesDoubt { isInDoubt.withLock { $0 = true } }
            try check(item.errorCode, nil, .writeTxnMarkers, "\(partition)")
            return [partition: .success(true)]
        }
        for result in results { _ = try result.result.get() }
    }

    /// Asks the leader that is about to write the marker: its producer may have begun another transaction since, and a marker
    /// would end that one.
    private func isOpen(_ transaction: HangingTransaction, at leader: Int32) async throws(KafkaError) -> Bool {
        let partition = transaction.partition
        let request = DescribeProducersRequest(topics: [
            .init(name: partition.topic, partitionIndexes: [partition.partition])
        ])
        let answer = try await reader.ask(request, of: leader).response
        let items = answer.topics.filter { $0.name == partition.topic }.flatMap(\.partitions)
        guard let item = items.first(where: { $0.partitionIndex == partition.partition }) else {
            throw .noResult(.describeProducers, "\(partition)")
        }
        try check(item.errorCode, item.errorMessage, .describeProducers, "\(partition)")
        let found = item.activeProducers.first { $0.producerId == transaction.producer.producerID }
        guard let now = found.map(ProducerState.init), now.transactionStart != nil else { return false }
        return now.producerEpoch == transaction.producer.producerEpoch
            && now.coordinatorEpoch == transaction.producer.coordinatorEpoch
            && now.transactionStart == transaction.producer.transactionStart
    }

    // MARK: Members of the cluster

    package func unregisterBroker(_ id: Int32) async throws(KafkaError) {
        let answer = try await call(UnregisterBrokerRequest(brokerId: id), to: .controller)
        try check(
            answer.response.errorCode, answer.response.errorMessage, .unregisterBroker, "broker \(id)", kind: .write,
            doubt: answer.doubt)
    }

    package func addVoter(_ voter: RaftVoter) async throws(KafkaError) {
        let request = AddRaftVoterRequest(
            clusterId: nil, voterId: voter.id, voterDirectoryId: voter.directoryID,
            listeners: voter.listeners.map { .init(name: $0.name, host: $0.host, port: $0.port) })
        let answer = try await call(request, to: .controller)
        try check(
            answer.response.errorCode, answer.response.errorMessage, .addRaftVoter, "voter \(voter.id)", kind: .write,
            doubt: answer.doubt)
    }

    package func removeVoter(_ voter: RaftVoter) async throws(KafkaError) {
        let request = RemoveRaftVoterRequest(clusterId: nil, voterId: voter.id, voterDirectoryId: voter.directoryID)
        let answer = try await call(request, to: .controller)
        try check(
            answer.response.errorCode, answer.response.errorMessage, .removeRaftVoter, "voter \(voter.id)",
            kind: .write,
            doubt: answer.doubt)
    }
}
