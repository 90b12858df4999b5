import KafkaWire

// How transactions begin and end: markers in every partition, offsets of groups with them.

extension ClusterModel {
    func transactionCoordinatorProblem(_ id: String, _ call: Call) -> KafkaErrorCode? {
        coordinator(of: id, in: Self.transactionTopic, view(of: call.node)) == call.node ? nil : .notCoordinator
    }

    /// A transaction has its first partition.
    mutating func beginTransaction(_ id: String) {
        guard var state = transactions[id], state.phase != .ongoing else { return }
        state.phase = .ongoing
        state.startedAt = wallClock
        state.serial += 1
        transactions[id] = state
        queue.add(
            .transactionExpires(id, serial: state.serial), at: now + .milliseconds(Int64(max(0, state.timeout))))
    }

    mutating func transactionExpires(_ id: String, _ serial: Int) {
        guard let state = transactions[id], state.serial == serial, state.phase == .ongoing else { return }
        transactions[id]?.epoch = state.epoch == Int16.max ? state.epoch : state.epoch + 1
        endTransaction(id, committed: false, on: coordinator(of: id, in: Self.transactionTopic, image) ?? -1)
    }

    /// Writes the markers, with the producer's epoch as it is now.
    mutating func endTransaction(_ id: String, committed: Bool, on node: Int32) {
        guard let state = transactions[id] else { return }
        logTransaction(id, as: committed ? .prepareCommit : .prepareAbort, on: node)
        var keys = state.partitions
        let count = image.topics[Self.offsetsTopic]?.partitions.count ?? 1
        for group in state.groups { keys.insert(PartitionKey(Self.offsetsTopic, Self.partition(of: group, in: count))) }
        for key in keys.sorted() {
            writeMarker(state.producerID, state.epoch, committed: committed, to: key, coordinatorEpoch: 0, on: node)
        }
        for group in state.groups.sorted() {
            let offsets = groups[group]?.pendingOffsets.removeValue(forKey: state.producerID) ?? [:]
            if committed, !offsets.isEmpty {
                groups[group, default: GroupState(id: group)].offsets.merge(offsets) { $1 }
                record(.offsetsCommitted(group: group, partitions: offsets.count), on: node)
            }
        }
        transactions[id]?.partitions = []
        transactions[id]?.groups = []
        transactions[id]?.phase = committed ? .completeCommit : .completeAbort
        logTransaction(id, on: node)
        record(.transactionEnded(id, committed: committed), on: node)
    }

    /// Ends a producer's transaction in one partition.
    mutating func writeMarker(
        _ producer: Int64, _ epoch: Int16, committed: Bool, to key: PartitionKey, coordinatorEpoch: Int32,
        on node: Int32
    ) {
        var builder = RecordBatchBuilder(producer: .init(id: producer, epoch: epoch, baseSequence: -1))
        guard
            (try? builder.appendMarker(
                committed ? .commit : .abort, coordinatorEpoch: coordinatorEpoch, timestamp: wallClock)) != nil,
            let bytes = try? builder.build()
        else { return }
        var reader = RecordBatchReader(bytes)
        guard let batch = try? reader.next(), let release = nodes[node]?.release else { return }
        let offset = append(batch, to: key, Call(node: node, listener: .broker, version: 0, release: release))
        let clock = wallClock
        withLog(key) { log in
            var state = log.records.producers[producer] ?? ProducerState()
            if !committed, let first = state.firstTransactionOffset {
                log.records.noteAborted(
                    RecordLog.Aborted(producerID: producer, firstOffset: first, lastOffset: offset))
            }
            state.end(epoch: epoch, coordinatorEpoch: coordinatorEpoch, timestamp: clock)
            log.records.keep(state, of: producer)
        }
    }
}
