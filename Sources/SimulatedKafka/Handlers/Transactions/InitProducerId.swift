import KafkaWire

// InitProducerId (22). Without a transactional id to any broker: a new producer id. With one to its coordinator: the id's
// producer with the next epoch; a transaction that was open is aborted, and the client has to ask again.
//
// Version notes: v3 says which producer it believes to be, v4 fences with PRODUCER_FENCED.

extension ClusterModel {
    /// Brokers' `transaction.max.timeout.ms`.
    private static let longestTransaction: Int32 = 900_000

    mutating func initProducerId(_ request: InitProducerIdRequest, _ call: Call) -> InitProducerIdResponse {
        func refused(_ code: KafkaErrorCode) -> InitProducerIdResponse {
            InitProducerIdResponse(errorCode: code, producerId: -1, producerEpoch: -1)
        }
        if let id = request.transactionalId {
            guard allows(.write, .transactionalID, id) else { return refused(.transactionalIdAuthorizationFailed) }
        } else if !allowsOnCluster(.idempotentWrite), !mayWriteAnyTopic {
            return refused(.clusterAuthorizationFailed)
        }
        guard (request.producerId == -1) == (request.producerEpoch == -1) else { return refused(.invalidRequest) }
        guard let id = request.transactionalId else {
            return InitProducerIdResponse(producerId: newProducerID(), producerEpoch: 0)
        }
        if id.isEmpty { return refused(.invalidRequest) }
        guard (1...Self.longestTransaction).contains(request.transactionTimeoutMs) else {
            return refused(.invalidTransactionTimeout)
        }
        if let code = transactionCoordinatorProblem(id, call) { return refused(code) }
        guard var state = transactions[id] else {
            let state = TransactionState(
                id: id, producerID: newProducerID(), epoch: 0, timeout: request.transactionTimeoutMs)
            transactions[id] = state
            logTransaction(id, on: call.node)
            return InitProducerIdResponse(producerId: state.producerID, producerEpoch: 0)
        }
        if request.producerId != -1,
            request.producerId != state.producerID
                || (request.producerEpoch != state.epoch && request.producerEpoch != state.lastEpoch)
        {
            return refused(call.version >= 4 ? .producerFenced : .invalidProducerEpoch)
        }
        if state.phase == .ongoing {
            bumpEpoch(&state)
            transactions[id] = state
            endTransaction(id, committed: false, on: call.node)
            return refused(.concurrentTransactions)
        }
        bumpEpoch(&state)
        state.timeout = request.transactionTimeoutMs
        state.phase = .empty
        state.startedAt = -1
        transactions[id] = state
        logTransaction(id, on: call.node)
        return InitProducerIdResponse(producerId: state.producerID, producerEpoch: state.epoch)
    }

    /// An id whose epochs are used up gets a new producer id.
    mutating func bumpEpoch(_ state: inout TransactionState) {
        state.lastEpoch = state.epoch
        if state.epoch >= Int16.max - 1 {
            state.producerID = newProducerID()
            state.epoch = 0
        } else {
            state.epoch += 1
        }
    }

    mutating func newProducerID() -> Int64 {
        defer { nextProducerID += 1 }
        return nextProducerID
    }

    /// Who may write to any topic at all may be idempotent (KIP-679).
    private var mayWriteAnyTopic: Bool {
        image.topics.keys.contains { allows(.write, .topic, $0) }
    }
}
