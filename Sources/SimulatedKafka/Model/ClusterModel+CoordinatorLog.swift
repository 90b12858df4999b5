import KafkaWire

// What coordinators write down, in `__consumer_offsets` and `__transaction_state`, for whoever reads those topics: commits,
// classic groups, transactions. Members of the newer protocols are not written, and nothing is compacted away.

extension ClusterModel {
    private typealias Entry = (key: [UInt8], value: [UInt8]?)

    // MARK: __consumer_offsets

    mutating func logCommits(
        _ offsets: [PartitionKey: CommittedOffset?], of group: String, producer: RecordBatchBuilder.Producer? = nil,
        on node: Int32
    ) {
        let clock = wallClock
        let version = nodes[node]?.release.offsetCommitVersion ?? 3
        let hasIDs = producer == nil && nodes[node]?.release.logsTopicIDs ?? true
        let entries = offsets.sorted { $0.key < $1.key }.compactMap { key, offset -> Entry? in
            let value = offset.map { offset in
                OffsetCommitValue(
                    offset: offset.offset, leaderEpoch: offset.leaderEpoch, metadata: offset.metadata,
                    commitTimestamp: clock, topicId: hasIDs ? image.topics[key.topic]?.id ?? .zero : .zero)
            }
            return Self.entry(
                OffsetCommitKey(group: group, topic: key.topic, partition: Int32(clamping: key.partition)),
                kind: CoordinatorRecord.Kind.offsetCommit, value, version: version)
        }
        write(entries, to: Self.offsetsTopic, for: group, producer: producer, on: node)
    }

    /// A classic group as it is now; a group that is gone leaves a key without a value.
    mutating func logGroup(_ id: String, on node: Int32) {
        var value: GroupMetadataValue?
        if let group = groups[id], group.kind == .classic {
            let name = group.protocolName ?? ""
            value = GroupMetadataValue(
                protocolType: group.protocolType, generation: group.generation, protocol: group.protocolName,
                leader: group.leader, currentStateTimestamp: wallClock,
                members: group.order.compactMap { group.members[$0] }.map { member in
                    .init(
                        memberId: member.id, groupInstanceId: member.instanceID, clientId: member.clientID,
                        clientHost: ClientSession.host,
                        rebalanceTimeout: Int32(clamping: member.rebalanceTimeout.milliseconds),
                        sessionTimeout: Int32(clamping: member.sessionTimeout.milliseconds),
                        subscription: member.metadata(for: name), assignment: member.assignment)
                })
        }
        let entry = Self.entry(
            GroupMetadataKey(group: id), kind: CoordinatorRecord.Kind.groupMetadata, value, version: 3)
        write(entry.map { [$0] } ?? [], to: Self.offsetsTopic, for: id, on: node)
    }

    // MARK: __transaction_state

    /// A transactional id as it is now, or as it is about to be.
    mutating func logTransaction(_ id: String, as phase: TransactionState.Phase? = nil, on node: Int32) {
        guard let state = transactions[id] else { return }
        let phase = phase ?? state.phase
        let count = image.topics[Self.offsetsTopic]?.partitions.count ?? 1
        var keys = state.partitions
        for group in state.groups { keys.insert(PartitionKey(Self.offsetsTopic, Self.partition(of: group, in: count))) }
        let partitions = Dictionary(grouping: keys, by: \.topic).sorted { $0.key < $1.key }.map { topic, keys in
            TransactionLogValue.Partitions(
                topic: topic, partitionIds: keys.map { Int32(clamping: $0.partition) }.sorted())
        }
        var value = TransactionLogValue(
            producerId: state.producerID, producerEpoch: state.epoch, transactionTimeoutMs: state.timeout,
            transactionStatus: phase.status, transactionPartitions: phase == .empty ? nil : partitions,
            transactionLastUpdateTimestampMs: wallClock, transactionStartTimestampMs: state.startedAt)
        value.clientTransactionVersion = state.clientVersion
        if nodes[node]?.release.logsPreviousProducer ?? true { value.previousProducerId = state.producerID }
        let version: Int16 = image.features[Feature.transactionVersion] ?? 0 >= 1 ? 1 : 0
        let entry = Self.entry(
            TransactionLogKey(transactionalId: id), kind: CoordinatorRecord.Kind.transactionLog, value,
            version: version)
        write(entry.map { [$0] } ?? [], to: Self.transactionTopic, for: id, on: node)
    }

    // MARK: Writing

    private static func entry(
        _ key: some KafkaMessage, kind: Int16, _ value: (some KafkaMessage)?, version: Int16
    ) -> Entry? {
        guard let bytes = try? CoordinatorRecord.stored(key, kind: kind) else { return nil }
        guard let value else { return (bytes, nil) }
        guard let stored = try? CoordinatorRecord.stored(value, version: version) else { return nil }
        return (bytes, stored)
    }

    /// One batch, to the partition that the hash of who it is about names.
    private mutating func write(
        _ entries: [Entry], to topic: String, for owner: String, producer: RecordBatchBuilder.Producer? = nil,
        on node: Int32
    ) {
        guard !entries.isEmpty, let count = image.topics[topic]?.partitions.count, count > 0,
            let release = nodes[node]?.release
        else { return }
        var builder = RecordBatchBuilder(producer: producer, isTransactional: producer != nil)
        for entry in entries { try? builder.append(key: entry.key, value: entry.value, timestamp: wallClock) }
        guard let bytes = try? builder.build() else { return }
        var reader = RecordBatchReader(bytes)
        guard let batch = try? reader.next() else { return }
        append(
            batch, to: PartitionKey(topic, Self.partition(of: owner, in: count)),
            Call(node: node, listener: .broker, version: 0, release: release))
    }
}

extension TransactionState.Phase {
    var status: TransactionLogValue.Status {
        switch self {
        case .empty: .empty
        case .ongoing: .ongoing
        case .prepareCommit: .prepareCommit
        case .prepareAbort: .prepareAbort
        case .completeCommit: .completeCommit
        case .completeAbort: .completeAbort
        case .dead: .dead
        case .prepareEpochFence: .prepareEpochFence
        }
    }
}
