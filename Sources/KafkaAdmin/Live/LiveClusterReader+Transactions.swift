import KafkaWire

extension LiveClusterReader {
    package func listTransactions(
        _ filter: TransactionQuery
    ) async throws(KafkaError) -> [ItemResult<Int32, [TransactionListing]>] {
        let brokers = try await describeCluster(includeFenced: false, from: .any).brokers.map(\.id)
        let request = ListTransactionsRequest(
            stateFilters: filter.states, producerIdFilters: filter.producerIDs,
            durationFilter: filter.runningLongerThan ?? -1, transactionalIdPattern: filter.idPattern)
        return await each(brokers) { broker throws(KafkaError) in
            let answer = try await call(request, to: .node(broker)).response
            try check(answer.errorCode, nil, .listTransactions, "broker \(broker)")
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
            for state in try await call(request, to: .node(node)).response.transactionStates
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
            for topic in try await call(request, to: .node(leader)).response.topics {
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
        let answers = try await describeProducers(partitions)
        let (before, isBeforeAllTime) = now.subtractingReportingOverflow(olderThan)
        func old(_ producers: [ProducerState]) -> [ProducerState] {
            producers.filter { $0.transactionStart != nil && !isBeforeAllTime && $0.lastTimestamp <= before }
        }
        var suspects: Set<Int64> = []
        for answer in answers {
            if case .success(let producers) = answer.result { suspects.formUnion(old(producers).map(\.producerID)) }
        }
        let open = suspects.isEmpty ? [:] : try await openPartitions(of: suspects)
        return answers.map { answer in
            ItemResult(
                item: answer.item,
                result: answer.result.map { producers in
                    old(producers).filter { open[$0.producerID]?.contains(answer.item) != true }
                        .map { HangingTransaction(partition: answer.item, producer: $0) }
                })
        }
    }

    /// What the coordinators know to be open, by producer. All of them have to answer: one that is silent may know.
    private func openPartitions(of producers: Set<Int64>) async throws(KafkaError) -> [Int64: Set<TopicPartition>] {
        var ids: [String] = []
        for answer in try await listTransactions(TransactionQuery(producerIDs: producers.sorted())) {
            ids += try answer.result.get().map(\.id)
        }
        var open: [Int64: Set<TopicPartition>] = [:]
        for answer in try await describeTransactions(ids) {
            do throws(KafkaError) {
                let transaction = try answer.result.get()
                open[transaction.producerID, default: []].formUnion(transaction.partitions)
            } catch let error where error.serverCode == .transactionalIdNotFound {
                // It has expired in between.
                continue
            }
        }
        return open
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
