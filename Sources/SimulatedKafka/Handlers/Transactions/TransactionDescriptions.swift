import Glibc
import KafkaWire

// WriteTxnMarkers (27) and DescribeProducers (61) to partition leaders, DescribeTransactions (65) to the coordinator,
// ListTransactions (66) to every broker.

extension ClusterModel {
    /// An administrator ends the transaction of a producer that hangs.
    mutating func writeTxnMarkers(_ request: WriteTxnMarkersRequest, _ call: Call) -> WriteTxnMarkersResponse {
        let view = view(of: call.node)
        let mayWrite = allowsOnCluster(.clusterAction) || allowsOnCluster(.alter)
        var response = WriteTxnMarkersResponse()
        for marker in request.markers {
            var answer = WriteTxnMarkersResponse.Marker(producerId: marker.producerId)
            for topic in marker.topics {
                var result = WriteTxnMarkersResponse.Topic(name: topic.name)
                for partition in topic.partitionIndexes {
                    let key = PartitionKey(topic.name, Int(partition))
                    var code: KafkaErrorCode = mayWrite ? .none : .clusterAuthorizationFailed
                    if mayWrite {
                        code = leaderProblem(key, view, call) ?? markerProblem(marker, key) ?? .none
                    }
                    if code == .none {
                        writeMarker(
                            marker.producerId, marker.producerEpoch, committed: marker.transactionResult, to: key,
                            coordinatorEpoch: marker.coordinatorEpoch, on: call.node)
                    }
                    result.partitions.append(.init(partitionIndex: partition, errorCode: code))
                }
                answer.topics.append(result)
            }
            response.markers.append(answer)
        }
        return response
    }

    private func markerProblem(_ marker: WriteTxnMarkersRequest.Marker, _ key: PartitionKey) -> KafkaErrorCode? {
        guard let state = log(key)?.records.producers[marker.producerId] else { return nil }
        if marker.producerEpoch < state.epoch { return .invalidProducerEpoch }
        return marker.coordinatorEpoch < state.coordinatorEpoch ? .transactionCoordinatorFenced : nil
    }

    func describeProducers(_ request: DescribeProducersRequest, _ call: Call) -> DescribeProducersResponse {
        let view = view(of: call.node)
        return DescribeProducersResponse(
            topics: request.topics.map { topic in
                .init(
                    name: topic.name,
                    partitions: topic.partitionIndexes.map {
                        producers(of: PartitionKey(topic.name, Int($0)), $0, view, call)
                    })
            })
    }

    private func producers(
        of key: PartitionKey, _ index: Int32, _ view: MetadataImage, _ call: Call
    ) -> DescribeProducersResponse.Partition {
        var result = DescribeProducersResponse.Partition(partitionIndex: index)
        guard allows(.read, .topic, key.topic) else {
            result.errorCode = .topicAuthorizationFailed
            return result
        }
        if topicNameProblem(key.topic) != nil {
            result.errorCode = .invalidTopicException
            return result
        }
        // Every replica knows the producers.
        let isReplica = view.partition(key)?.replicas.contains(call.node) ?? false
        if let code = leaderProblem(key, view, call), code != .notLeaderOrFollower || !isReplica {
            result.errorCode = code
            result.errorMessage = KafkaWords.text(code)
            return result
        }
        let producers = log(key)?.records.producers ?? [:]
        result.activeProducers = producers.sorted { $0.key < $1.key }.map { id, state in
            .init(
                producerId: id, producerEpoch: Int32(state.epoch), lastSequence: state.lastSequence,
                lastTimestamp: state.lastTimestamp, coordinatorEpoch: state.coordinatorEpoch,
                currentTxnStartOffset: state.firstTransactionOffset ?? -1)
        }
        return result
    }

    func describeTransactions(
        _ request: DescribeTransactionsRequest, _ call: Call
    ) -> DescribeTransactionsResponse {
        DescribeTransactionsResponse(
            transactionStates: request.transactionalIds.map { id in
                var result = DescribeTransactionsResponse.Transaction(transactionalId: id)
                if !allows(.describe, .transactionalID, id) {
                    result.errorCode = .transactionalIdAuthorizationFailed
                } else if id.isEmpty {
                    result.errorCode = .invalidRequest
                } else if let code = transactionCoordinatorProblem(id, call) {
                    result.errorCode = code
                } else if let state = transactions[id] {
                    describe(state, &result)
                } else {
                    result.errorCode = .transactionalIdNotFound
                }
                return result
            })
    }

    private func describe(_ state: TransactionState, _ result: inout DescribeTransactionsResponse.Transaction) {
        result.transactionState = state.phase.rawValue
        result.transactionTimeoutMs = state.timeout
        result.transactionStartTimeMs = state.phase == .empty ? -1 : state.startedAt
        result.producerId = state.producerID
        result.producerEpoch = state.epoch
        var keys = state.partitions.filter { allows(.describe, .topic, $0.topic) }
        let count = image.topics[Self.offsetsTopic]?.partitions.count ?? 1
        for group in state.groups { keys.insert(PartitionKey(Self.offsetsTopic, Self.partition(of: group, in: count))) }
        result.topics = Dictionary(grouping: keys, by: \.topic).sorted { $0.key < $1.key }.map { name, keys in
            .init(topic: name, partitions: keys.map { Int32(clamping: $0.partition) }.sorted())
        }
    }

    /// Version notes: v1 filters by duration, v2 by a pattern of ids.
    func listTransactions(_ request: ListTransactionsRequest, _ call: Call) -> ListTransactionsResponse {
        let known = Set(TransactionState.Phase.allCases.map(\.rawValue))
        let view = view(of: call.node)
        var response = ListTransactionsResponse(
            unknownStateFilters: request.stateFilters.filter { !known.contains($0) })
        var pattern: IDPattern?
        if let text = request.transactionalIdPattern, !text.isEmpty {
            guard let read = IDPattern(text) else {
                response.errorCode = .invalidRegularExpression
                return response
            }
            pattern = read
        }
        let states = Set(request.stateFilters)
        if !states.isEmpty, states.isDisjoint(with: known) { return response }
        let producers = Set(request.producerIdFilters)
        response.transactionStates = transactions.values.sorted { $0.id < $1.id }.filter { state in
            coordinator(of: state.id, in: Self.transactionTopic, view) == call.node
                && allows(.describe, .transactionalID, state.id)
                && (states.isEmpty || states.contains(state.phase.rawValue))
                && (producers.isEmpty || producers.contains(state.producerID))
                && (request.durationFilter < 0
                    || (state.startedAt != -1 && wallClock - state.startedAt > request.durationFilter))
                && (pattern?.matches(state.id) ?? true)
        }.map { .init(transactionalId: $0.id, producerId: $0.producerID, transactionState: $0.phase.rawValue) }
        return response
    }
}

/// A pattern of transactional ids, as far as POSIX and Kafka's RE2 agree.
private struct IDPattern {
    private static let limit = 256
    private let text: String

    /// Nil for what is no regular expression, or too long for one.
    init?(_ text: String) {
        guard text.utf8.count <= Self.limit, !text.contains("{"), Self.compiled(text, { _ in true }) != nil else {
            return nil
        }
        self.text = text
    }

    /// The whole id has to match.
    func matches(_ id: String) -> Bool {
        Self.compiled("^(\(text))$") { expression in regexec(&expression, id, 0, nil, 0) == 0 } ?? false
    }

    private static func compiled(_ text: String, _ body: (inout regex_t) -> Bool) -> Bool? {
        var expression = regex_t()
        guard regcomp(&expression, text, REG_EXTENDED | REG_NOSUB) == 0 else { return nil }
        defer { regfree(&expression) }
        return body(&expression)
    }
}
