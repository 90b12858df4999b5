import KafkaWire

// AddPartitionsToTxn (24), AddOffsetsToTxn (25), EndTxn (26) to the transaction's coordinator, TxnOffsetCommit (28) to the
// group's.
//
// Version notes: with transaction.version 2 (4.0 on) EndTxn v5 moves the producer to the next epoch, and Produce v12 and
// TxnOffsetCommit v5 add by themselves what they write to (KIP-890).

extension ClusterModel {
    mutating func dispatchTransactions(
        _ payload: [UInt8], _ header: RequestFrame.Header, _ call: Call
    ) -> SimulatedOutcome {
        switch header.apiKey {
        case .addPartitionsToTxn: respond(payload, header, call) { $0.addPartitionsToTxn($1, $2) }
        case .addOffsetsToTxn: respond(payload, header, call) { $0.addOffsetsToTxn($1, $2) }
        case .endTxn: respond(payload, header, call) { $0.endTxn($1, $2) }
        case .txnOffsetCommit: respond(payload, header, call) { $0.txnOffsetCommit($1, $2) }
        case .writeTxnMarkers: respond(payload, header, call) { $0.writeTxnMarkers($1, $2) }
        case .describeProducers: respond(payload, header, call) { $0.describeProducers($1, $2) }
        case .describeTransactions: respond(payload, header, call) { $0.describeTransactions($1, $2) }
        case .listTransactions: respond(payload, header, call) { $0.listTransactions($1, $2) }
        default: dispatchSecurity(payload, header, call)
        }
    }

    /// What is wrong with who says to be an id's producer.
    private func producerProblem(
        _ id: String, _ producer: Int64, _ epoch: Int16, isOld: Bool
    ) -> KafkaErrorCode? {
        guard let state = transactions[id], state.producerID == producer else { return .invalidProducerIdMapping }
        guard state.epoch == epoch else { return isOld ? .invalidProducerEpoch : .producerFenced }
        return nil
    }

    // MARK: AddPartitionsToTxn

    mutating func addPartitionsToTxn(
        _ request: AddPartitionsToTxnRequest, _ call: Call
    ) -> AddPartitionsToTxnResponse {
        guard call.version >= 4 else {
            let results = addPartitions(
                request.v3AndBelowTransactionalId, request.v3AndBelowProducerId, request.v3AndBelowProducerEpoch,
                request.v3AndBelowTopics, isVerifying: false, call)
            return AddPartitionsToTxnResponse(resultsByTopicV3AndBelow: results)
        }
        // Brokers ask for many at once.
        guard allowsOnCluster(.clusterAction) else {
            return AddPartitionsToTxnResponse(errorCode: .clusterAuthorizationFailed)
        }
        var response = AddPartitionsToTxnResponse()
        for transaction in request.transactions {
            let results = addPartitions(
                transaction.transactionalId, transaction.producerId, transaction.producerEpoch, transaction.topics,
                isVerifying: transaction.verifyOnly, call)
            response.resultsByTransaction.append(
                .init(transactionalId: transaction.transactionalId, topicResults: results))
        }
        return response
    }

    private mutating func addPartitions(
        _ id: String, _ producer: Int64, _ epoch: Int16, _ topics: [AddPartitionsToTxnRequest.Topic],
        isVerifying: Bool, _ call: Call
    ) -> [AddPartitionsToTxnResponse.TopicResult] {
        let view = view(of: call.node)
        func results(
            _ code: (PartitionKey) -> KafkaErrorCode
        ) -> [AddPartitionsToTxnResponse.TopicResult] {
            topics.map { topic in
                .init(
                    name: topic.name,
                    resultsByPartition: topic.partitions.map {
                        .init(partitionIndex: $0, partitionErrorCode: code(PartitionKey(topic.name, Int($0))))
                    })
            }
        }
        guard allows(.write, .transactionalID, id) else {
            return results { _ in .transactionalIdAuthorizationFailed }
        }
        let keys = topics.flatMap { topic in topic.partitions.map { PartitionKey(topic.name, Int($0)) } }
        func problem(_ key: PartitionKey) -> KafkaErrorCode? {
            if Self.internalTopics.contains(key.topic) || !allows(.write, .topic, key.topic) {
                return .topicAuthorizationFailed
            }
            return view.partition(key) == nil ? .unknownTopicOrPartition : nil
        }
        if keys.contains(where: { problem($0) != nil }) {
            return results { problem($0) ?? .operationNotAttempted }
        }
        if id.isEmpty { return results { _ in .invalidRequest } }
        if let code = transactionCoordinatorProblem(id, call)
            ?? producerProblem(id, producer, epoch, isOld: call.version < 2)
        {
            return results { _ in code }
        }
        let known = transactions[id]?.partitions ?? []
        if isVerifying { return results { known.contains($0) ? .none : .transactionAbortable } }
        if transactions[id]?.phase == .ongoing, known.isSuperset(of: keys) { return results { _ in .none } }
        beginTransaction(id)
        transactions[id]?.partitions.formUnion(keys)
        logTransaction(id, on: call.node)
        return results { _ in .none }
    }

    /// A producer writes to a partition: is it, or may it be, part of its transaction?
    mutating func joinTransaction(
        _ batch: RecordBatch, _ key: PartitionKey, _ transactionalID: String?, _ call: Call
    ) -> KafkaErrorCode? {
        if log(key)?.records.producers[batch.producerID]?.firstTransactionOffset != nil { return nil }
        guard let id = transactionalID else { return .invalidTxnState }
        guard let state = transactions[id], state.producerID == batch.producerID else {
            return .invalidProducerIdMapping
        }
        guard state.epoch == batch.producerEpoch else { return .invalidProducerEpoch }
        if state.partitions.contains(key) { return nil }
        guard call.version >= 12 else { return call.version >= 11 ? .transactionAbortable : .invalidTxnState }
        beginTransaction(id)
        transactions[id]?.partitions.insert(key)
        transactions[id]?.clientVersion = 2
        logTransaction(id, on: coordinator(of: id, in: Self.transactionTopic, image) ?? -1)
        return nil
    }

    // MARK: Offsets

    mutating func addOffsetsToTxn(_ request: AddOffsetsToTxnRequest, _ call: Call) -> AddOffsetsToTxnResponse {
        func refused(_ code: KafkaErrorCode) -> AddOffsetsToTxnResponse { AddOffsetsToTxnResponse(errorCode: code) }
        let id = request.transactionalId
        guard allows(.write, .transactionalID, id) else { return refused(.transactionalIdAuthorizationFailed) }
        guard allows(.read, .group, request.groupId) else { return refused(.groupAuthorizationFailed) }
        if id.isEmpty { return refused(.invalidRequest) }
        if let code = transactionCoordinatorProblem(id, call)
            ?? producerProblem(id, request.producerId, request.producerEpoch, isOld: call.version < 2)
        {
            return refused(code)
        }
        if state(of: id, has: request.groupId) { return refused(.none) }
        beginTransaction(id)
        transactions[id]?.groups.insert(request.groupId)
        logTransaction(id, on: call.node)
        return refused(.none)
    }

    mutating func txnOffsetCommit(_ request: TxnOffsetCommitRequest, _ call: Call) -> TxnOffsetCommitResponse {
        let view = view(of: call.node)
        let whole = txnCommitProblem(request, call)
        var accepted: [PartitionKey: CommittedOffset] = [:]
        var response = TxnOffsetCommitResponse()
        for topic in request.topics {
            var answer = TxnOffsetCommitResponse.Topic(name: topic.name)
            for partition in topic.partitions {
                let code = whole ?? offsetProblem(topic.name, partition.partitionIndex, view) ?? .none
                if code == .none {
                    accepted[PartitionKey(topic.name, Int(partition.partitionIndex))] = CommittedOffset(
                        offset: partition.committedOffset, leaderEpoch: partition.committedLeaderEpoch,
                        metadata: partition.committedMetadata ?? "")
                }
                answer.partitions.append(.init(partitionIndex: partition.partitionIndex, errorCode: code))
            }
            response.topics.append(answer)
        }
        guard !accepted.isEmpty else { return response }
        if call.version >= 5, !state(of: request.transactionalId, has: request.groupId) {
            beginTransaction(request.transactionalId)
            transactions[request.transactionalId]?.groups.insert(request.groupId)
            transactions[request.transactionalId]?.clientVersion = 2
            logTransaction(
                request.transactionalId,
                on: coordinator(of: request.transactionalId, in: Self.transactionTopic, image) ?? -1)
        }
        let id = request.groupId
        logCommits(
            accepted, of: id,
            producer: .init(id: request.producerId, epoch: request.producerEpoch, baseSequence: -1), on: call.node)
        groups[id, default: GroupState(id: id)].pendingOffsets[request.producerId, default: [:]].merge(accepted) { $1 }
        return response
    }

    /// Whether a group's offsets are part of an open transaction already.
    private func state(of id: String, has group: String) -> Bool {
        transactions[id]?.phase == .ongoing && transactions[id]?.groups.contains(group) ?? false
    }

    private func txnCommitProblem(_ request: TxnOffsetCommitRequest, _ call: Call) -> KafkaErrorCode? {
        let id = request.transactionalId
        if !allows(.write, .transactionalID, id) { return .transactionalIdAuthorizationFailed }
        if !allows(.read, .group, request.groupId) { return .groupAuthorizationFailed }
        if request.groupId.isEmpty { return .invalidGroupId }
        if let code = coordinatorProblem(request.groupId, call) { return code }
        if let code = producerProblem(id, request.producerId, request.producerEpoch, isOld: true) { return code }
        let isPart = transactions[id]?.groups.contains(request.groupId) ?? false
        if call.version < 5, !isPart { return call.version >= 4 ? .transactionAbortable : .invalidTxnState }
        guard let group = groups[request.groupId], request.generationId >= 0 || !request.memberId.isEmpty else {
            return request.generationId >= 0 ? .illegalGeneration : nil
        }
        switch group.kind {
        case .classic:
            return group.commitProblem(
                member: request.memberId, instance: request.groupInstanceId, generation: request.generationId)
        case .consumer:
            return group.consumers.commitProblem(
                member: request.memberId, epoch: request.generationId, isAdministrator: false)
        case .streams:
            return group.streams.tasks.commitProblem(
                member: request.memberId, epoch: request.generationId, isAdministrator: false)
        case .share: return .groupIdNotFound
        }
    }

    // MARK: EndTxn

    mutating func endTxn(_ request: EndTxnRequest, _ call: Call) -> EndTxnResponse {
        func refused(_ code: KafkaErrorCode) -> EndTxnResponse { EndTxnResponse(errorCode: code) }
        let id = request.transactionalId
        guard allows(.write, .transactionalID, id) else { return refused(.transactionalIdAuthorizationFailed) }
        if id.isEmpty { return refused(.invalidRequest) }
        if let code = transactionCoordinatorProblem(id, call) { return refused(code) }
        guard var state = transactions[id], state.producerID == request.producerId else {
            return refused(.invalidProducerIdMapping)
        }
        let movesOn = call.version >= 5
        let isOver = state.phase == (request.committed ? .completeCommit : .completeAbort)
        if movesOn, request.producerEpoch == state.lastEpoch, isOver {
            return EndTxnResponse(producerId: state.producerID, producerEpoch: state.epoch)
        }
        guard state.epoch == request.producerEpoch else {
            return refused(call.version < 2 ? .invalidProducerEpoch : .producerFenced)
        }
        switch state.phase {
        case .ongoing:
            if movesOn { bumpEpoch(&state) }
            state.clientVersion = movesOn ? 2 : 0
            transactions[id] = state
            endTransaction(id, committed: request.committed, on: call.node)
        case .completeCommit, .completeAbort, .empty:
            // Nothing was written: there is only an epoch to move on from.
            if movesOn, !request.committed {
                bumpEpoch(&state)
                state.phase = .completeAbort
                state.clientVersion = 2
                transactions[id] = state
                logTransaction(id, as: .prepareAbort, on: call.node)
                logTransaction(id, on: call.node)
            } else if movesOn || !isOver {
                return refused(.invalidTxnState)
            }
        default: return refused(.invalidTxnState)
        }
        guard movesOn, let now = transactions[id] else { return refused(.none) }
        return EndTxnResponse(producerId: now.producerID, producerEpoch: now.epoch)
    }
}
