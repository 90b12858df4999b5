import EventLoop
import KafkaWire

extension LiveClusterReader {
    package func listTransactions(
        _ filter: TransactionQuery
    ) async throws(KafkaError) -> [ItemResult<Int32, [TransactionListing]>] {
        guard deadline != nil else { return try await timed.listTransactions(filter) }
        let brokers = try await describeCluster(includeFenced: false, from: .any).brokers.map(\.id)
        let request = ListTransactionsRequest(
            stateFilters: filter.states, producerIdFilters: filter.producerIDs,
            durationFilter: filter.runningLongerThan ?? -1, transactionalIdPattern: filter.idPattern)
        return await each(brokers) { broker throws(KafkaError) in
            // While a broker loads its transactions it lists none.
            let answer = try await patiently { () async throws(KafkaError) in
                let answer = try await call(request, to: .node(broker)).response
                try check(answer.errorCode, nil, .listTransactions, "broker \(broker)")
                return answer
            }
            // What the broker does not know it leaves out of the filter: "none" would be no answer.
            guard answer.unknownStateFilters.isEmpty else {
                throw KafkaError(
                    .configuration,
                    "broker \(broker) knows no transactions in the state "
                        + answer.unknownStateFilters.map { "\"\(PeerText.shown($0))\"" }.joined(separator: ", "),
                    nextAction: "Kafka's states are Empty, Ongoing, PrepareCommit, PrepareAbort, CompleteCommit, "
                        + "CompleteAbort, PrepareEpochFence and Dead.", api: .listTransactions)
            }
            return answer.transactionStates.map {
                TransactionListing(
                    id: $0.transactionalId, producerID: $0.producerId, state: $0.transactionState,
                    coordinator: broker)
            }
        }
    }

    package func describeTransactions(
        _ ids: [String]
    ) async throws(KafkaError) -> [ItemResult<String, TransactionDescription>] {
        await transactions.results(for: ids, .describeTransactions) { node, keys throws(KafkaError) in
            let request = DescribeTransactionsRequest(transactionalIds: keys)
            var found: [String: Result<TransactionDescription, KafkaError>] = [:]
            for state in try await ask(request, of: node).response.transactionStates
            where found[state.transactionalId] == nil {
                found[state.transactionalId] =
                    state.errorCode.isError
                    ? .failure(.answered(state.errorCode, api: .describeTransactions, about: state.transactionalId))
                    : .success(TransactionDescription(state, node: node))
            }
            return found
        }
    }

    package func describeProducers(
        _ partitions: [TopicPartition]
    ) async throws(KafkaError) -> [ItemResult<TopicPartition, [ProducerState]>] {
        await leaders.results(for: partitions, .describeProducers) { leader, partitions throws(KafkaError) in
            let request = DescribeProducersRequest(
                topics: partitions.groupedByTopic.map { .init(name: $0.topic, partitionIndexes: $0.partitions) })
            var found: [TopicPartition: Result<[ProducerState], KafkaError>] = [:]
            for topic in try await ask(request, of: leader).response.topics {
                for item in topic.partitions {
                    let partition = TopicPartition(topic.name, item.partitionIndex)
                    guard found[partition] == nil else { continue }
                    found[partition] =
                        item.errorCode.isError
                        ? .failure(
                            .answered(
                                item.errorCode, message: item.errorMessage, api: .describeProducers,
                                about: "\(partition)"))
                        : .success(item.activeProducers.map(ProducerState.init))
                }
            }
            return found
        }
    }

    package func findHangingTransactions(
        in partitions: [TopicPartition], olderThan: Int64, now: Int64
    ) async throws(KafkaError) -> [ItemResult<TopicPartition, [HangingTransaction]>] {
        guard deadline != nil else {
            return try await timed.findHangingTransactions(in: partitions, olderThan: olderThan, now: now)
        }
        let answers = try await describeProducers(partitions)
        let isAnyOpen = answers.contains { answer in
            if case .success(let producers) = answer.result {
                producers.contains { $0.transactionStart != nil }
            } else {
                false
            }
        }
        // Until its timeout has passed, a coordinator that nobody hears may still end a transaction.
        let age = isAnyOpen ? max(olderThan, try await longestTransaction()) : olderThan
        let (before, isBeforeAllTime) = now.subtractingReportingOverflow(age)
        func old(_ producers: [ProducerState]) -> [ProducerState] {
            producers.filter {
                $0.transactionStart != nil && !isBeforeAllTime && $0.lastTimestamp >= 0 && $0.lastTimestamp <= before
            }
        }
        var suspects: Set<Int64> = []
        for answer in answers {
            if case .success(let producers) = answer.result { suspects.formUnion(old(producers).map(\.producerID)) }
        }
        let known = suspects.isEmpty ? KnownTransactions() : try await knownTransactions(of: suspects)
        return answers.map { answer in
            ItemResult(
                item: answer.item,
                result: answer.result.map { producers in
                    old(producers).filter { known.open[$0.producerID]?.contains(answer.item) != true }
                        .map {
                            HangingTransaction(
                                partition: answer.item, producer: $0,
                                isProven: known.areAllSeen || known.listed.contains($0.producerID))
                        }
                })
        }
    }

    /// Milliseconds after which no transaction is open by right: the longest timeout that any broker grants, and what
    /// Kafka's own tool adds to it.
    private func longestTransaction() async throws(KafkaError) -> Int64 {
        let brokers = try await describeCluster(includeFenced: false, from: .any).brokers.map(\.id)
        var longest: Int64 = 0
        for answer in try await describeConfigs(brokers.map { .broker($0) }, keys: [Self.longestTimeoutKey]) {
            let entry = try answer.result.get().first { $0.name == Self.longestTimeoutKey }
            longest = max(longest, entry?.value.flatMap { Int64($0) } ?? Self.defaultLongestTimeout)
        }
        return max(0, min(longest, .max - Self.timeoutMargin)) + Self.timeoutMargin
    }

    private static var longestTimeoutKey: String { "transaction.max.timeout.ms" }
    private static var defaultLongestTimeout: Int64 { 900_000 }
    private static var timeoutMargin: Int64 { 300_000 }

    /// What the coordinators know of some producers.
    private struct KnownTransactions: Sendable {
        /// The partitions in which they know a transaction to be open.
        var open: [Int64: Set<TopicPartition>] = [:]
        /// Producers of which they list a transactional id.
        var listed: Set<Int64> = []
        /// No transactional id is hidden from us.
        var areAllSeen = true
    }

    /// All coordinators have to answer: one that is silent may know. They leave out the ids that we may not describe, and do
    /// not say so (KIP-664); only where there is no authorizer nothing is left out.
    private func knownTransactions(of producers: Set<Int64>) async throws(KafkaError) -> KnownTransactions {
        var known = KnownTransactions()
        var ids: [String] = []
        for answer in try await listTransactions(TransactionQuery(producerIDs: producers.sorted())) {
            for listing in try answer.result.get() {
                ids.append(listing.id)
                known.listed.insert(listing.producerID)
            }
        }
        known.areAllSeen = await hasNoAuthorizer()
        for answer in try await describeTransactions(ids) {
            do throws(KafkaError) {
                let transaction = try answer.result.get()
                known.open[transaction.producerID, default: []].formUnion(transaction.partitions)
            } catch let error where error.serverCode == .transactionalIdNotFound {
                // It has expired in between.
                continue
            }
        }
        return known
    }

    private func hasNoAuthorizer() async -> Bool {
        let filter = AccessFilter(
            resourceType: .transactionalID, resourceName: nil, pattern: .any, principal: nil, host: nil,
            operation: .any, permission: .any)
        do throws(KafkaError) {
            _ = try await describeAccessRules(filter, from: .any)
            return false
        } catch {
            return error.serverCode == .securityDisabled
        }
    }
}

extension TransactionDescription {
    init(_ state: DescribeTransactionsResponse.Transaction, node: Int32) {
        self.init(
            id: state.transactionalId, state: state.transactionState, timeoutMilliseconds: state.transactionTimeoutMs,
            startedAt: state.transactionStartTimeMs >= 0 ? state.transactionStartTimeMs : nil,
            producerID: state.producerId, producerEpoch: state.producerEpoch,
            partitions: state.topics.flatMap { topic in topic.partitions.map { TopicPartition(topic.topic, $0) } },
            coordinator: node)
    }
}

extension ProducerState {
    init(_ producer: DescribeProducersResponse.Producer) {
        self.init(
            producerID: producer.producerId, producerEpoch: producer.producerEpoch,
            lastSequence: producer.lastSequence, lastTimestamp: producer.lastTimestamp,
            coordinatorEpoch: producer.coordinatorEpoch >= 0 ? producer.coordinatorEpoch : nil,
            transactionStart: producer.currentTxnStartOffset >= 0 ? producer.currentTxnStartOffset : nil)
    }
}
