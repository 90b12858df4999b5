import KafkaWire

// Produce (0). To the leader of each partition.
//
// Behaviour: one batch of format 2 a partition; its checksum, its records, their timestamps and keys are looked at, the codec
// passes through. With `acks` -1 there must be enough replicas in sync; what is in sync has it at once. Idempotent producers
// are held to their sequence, and a batch that is there already is confirmed again. With `acks` 0 nobody answers, and an
// error closes the connection.
//
// Version notes: v8 names the records that are wrong, v10 the leader, v12 adds partitions to a transaction by writing to
// them (KIP-890), v13 names topics by id.

extension ClusterModel {
    /// What is wrong with one partition's batch.
    private struct AppendProblem: Error {
        let code: KafkaErrorCode
        var message: String?
        var records: [ProduceResponse.RecordError] = []

        /// Whether the log has been looked at, so that its start is told.
        var isOfLog: Bool {
            !records.isEmpty || [.outOfOrderSequenceNumber, .invalidProducerEpoch].contains(code)
        }

        init(_ code: KafkaErrorCode, _ message: String? = nil, records: [ProduceResponse.RecordError] = []) {
            self.code = code
            self.message = message
            self.records = records
        }
    }

    /// What all record logs together keep.
    static let retainedBytesLimit = 512 << 20

    mutating func produceOutcome(
        _ payload: [UInt8], _ header: RequestFrame.Header, _ call: Call
    ) -> SimulatedOutcome {
        var isSilent = false
        var hasErrors = false
        let outcome = respond(payload, header, call) { (model, request: ProduceRequest, call) in
            let response = model.produce(request, call)
            isSilent = request.acks == 0
            hasErrors = response.responses.contains { $0.partitionResponses.contains { $0.errorCode.isError } }
            return response
        }
        guard isSilent, case .answer = outcome else { return outcome }
        return hasErrors ? .close : .silence
    }

    mutating func produce(_ request: ProduceRequest, _ call: Call) -> ProduceResponse {
        let view = view(of: call.node)
        let byID = call.version >= 13
        let isTransactional = request.topicData.contains { topic in
            topic.partitionData.contains { partition in
                var reader = RecordBatchReader(partition.records ?? [])
                return (try? reader.next())?.isTransactional ?? false
            }
        }
        let mayWrite =
            !isTransactional || (request.transactionalId.map { allows(.write, .transactionalID, $0) } ?? false)
        var response = ProduceResponse()
        for topic in request.topicData {
            let name = topicName(topic.name, topic.topicId, byID: byID, view)
            var answer = ProduceResponse.Topic(name: topic.name, topicId: topic.topicId)
            for partition in topic.partitionData {
                var result = ProduceResponse.Partition(index: partition.index)
                do throws(AppendProblem) {
                    guard mayWrite else { throw AppendProblem(.transactionalIdAuthorizationFailed) }
                    guard let name else { throw AppendProblem(.unknownTopicId) }
                    let key = PartitionKey(name, Int(partition.index))
                    try checkTopic(key, view, call)
                    let written = try write(partition.records ?? [], to: key, request, view, call)
                    result.baseOffset = written.baseOffset
                    result.logAppendTimeMs = written.appendTime
                    result.logStartOffset = log(key)?.records.startOffset ?? 0
                } catch {
                    fill(&result, error, name, view, call)
                }
                answer.partitionResponses.append(result)
            }
            response.responses.append(answer)
        }
        return response
    }

    private func fill(
        _ result: inout ProduceResponse.Partition, _ problem: AppendProblem, _ topic: String?, _ view: MetadataImage,
        _ call: Call
    ) {
        result.errorCode = problem.code
        result.errorMessage = problem.message
        result.recordErrors = problem.records
        result.baseOffset = -1
        if problem.isOfLog, let topic {
            result.logStartOffset = log(PartitionKey(topic, Int(result.index)))?.records.startOffset ?? -1
        }
        guard call.version >= 10, problem.code == .notLeaderOrFollower, let topic,
            let partition = view.partition(PartitionKey(topic, Int(result.index)))
        else { return }
        result.currentLeader = .init(leaderId: partition.leader, leaderEpoch: partition.leaderEpoch)
    }

    private func checkTopic(_ key: PartitionKey, _ view: MetadataImage, _ call: Call) throws(AppendProblem) {
        guard allows(.write, .topic, key.topic) else { throw AppendProblem(.topicAuthorizationFailed) }
        guard view.partition(key) != nil else { throw AppendProblem(.unknownTopicOrPartition) }
    }

    /// Looks at what came for a partition, and writes it.
    private mutating func write(
        _ bytes: [UInt8], to key: PartitionKey, _ request: ProduceRequest, _ view: MetadataImage, _ call: Call
    ) throws(AppendProblem) -> (baseOffset: Int64, appendTime: Int64) {
        let batch = try onlyBatch(bytes, call)
        guard [-1, 0, 1].contains(request.acks) else { throw AppendProblem(.invalidRequiredAcks) }
        if key.topic == Self.offsetsTopic || key.topic == Self.transactionTopic {
            throw AppendProblem(.invalidTopicException)
        }
        if let code = leaderProblem(key, view, call) { throw AppendProblem(code) }
        if batch.isTransactional, let code = joinTransaction(batch, key, request.transactionalId, call) {
            throw AppendProblem(code)
        }
        guard let partition = image.partition(key), let log = log(key) else {
            throw AppendProblem(.unknownTopicOrPartition)
        }
        if request.acks == -1, partition.isr.count < min(minInsyncReplicas(of: key.topic), partition.replicas.count) {
            throw AppendProblem(.notEnoughReplicas)
        }
        guard batch.checksumIsValid else { throw AppendProblem(.corruptMessage) }
        if let limit = topicConfig("max.message.bytes", of: key.topic).flatMap({ Int($0) }), batch.bytes.count > limit {
            throw AppendProblem(.messageTooLarge)
        }
        let appendTime = try checkRecords(batch, bytes, key)
        if batch.hasProducer {
            switch (log.records.producers[batch.producerID] ?? ProducerState()).verdict(on: batch) {
            case .isNext: break
            case .isDuplicate(let written): return (written.baseOffset, written.timestamp)
            case .isWrong(let code): throw AppendProblem(code)
            }
        }
        return (append(batch, to: key, appendTime: appendTime, call), appendTime)
    }

    /// Kafka's rules for what one partition's part of a request may be (`ProduceRequest.validateRecords`).
    private func onlyBatch(_ bytes: [UInt8], _ call: Call) throws(AppendProblem) -> RecordBatch {
        var reader = RecordBatchReader(bytes)
        guard let first = try? reader.next(), reader.unreadBytes == 0 else { throw AppendProblem(.invalidRecord) }
        if first.compression == .zstd, call.version < 7 { throw AppendProblem(.unsupportedCompressionType) }
        return first
    }

    /// - Returns: the time of the append where the topic wants that; else -1.
    private func checkRecords(
        _ batch: RecordBatch, _ bytes: [UInt8], _ key: PartitionKey
    ) throws(AppendProblem) -> Int64 {
        guard batch.recordCount > 0, batch.lastOffsetDelta == batch.recordCount - 1, !batch.isControl,
            batch.compression != nil
        else { throw AppendProblem(.invalidRecord) }
        let isCompacted = (topicConfig("cleanup.policy", of: key.topic) ?? "").contains("compact")
        let usesAppendTime = topicConfig("message.timestamp.type", of: key.topic) == "LogAppendTime"
        let latest = timestampLimit("message.timestamp.after.max.ms", of: key.topic).map { wallClock &+ $0 }
        let earliest = timestampLimit("message.timestamp.before.max.ms", of: key.topic).map { wallClock &- $0 }
        var problems: [ProduceResponse.RecordError] = []
        var code = KafkaErrorCode.invalidRecord
        var reader = RecordBatchReader(bytes)
        do {
            guard let again = try reader.next() else { throw AppendProblem(.invalidRecord) }
            var records = try reader.records(of: again)
            var index: Int32 = 0
            while let record = try records.next() {
                if isCompacted, record.key == nil {
                    let message =
                        "Compacted topic cannot accept message without key in topic partition "
                        + "\(key.topic)-\(key.partition)"
                    problems.append(.init(batchIndex: index, batchIndexErrorMessage: message))
                } else if !usesAppendTime, record.producerTimestamp != -1,
                    record.producerTimestamp > latest ?? Int64.max || record.producerTimestamp < earliest ?? Int64.min
                {
                    code = .invalidTimestamp
                    let message =
                        "Timestamp \(record.producerTimestamp) of message with offset \(index) is out of range."
                    problems.append(.init(batchIndex: index, batchIndexErrorMessage: message))
                }
                index += 1
            }
        } catch {
            throw AppendProblem(.corruptMessage)
        }
        guard problems.isEmpty else {
            throw AppendProblem(code, code == .invalidRecord ? Self.summary(problems) : nil, records: problems)
        }
        return usesAppendTime ? wallClock : -1
    }

    /// How many wrong records an answer's sentence shows.
    private static let shownProblems = 3

    private static func summary(_ problems: [ProduceResponse.RecordError]) -> String {
        let shown = problems.prefix(shownProblems).map {
            "RecordError(batchIndex=\($0.batchIndex), message=\($0.batchIndexErrorMessage.map { "'\($0)'" } ?? "null"))"
        }
        return
            "One or more records have been rejected due to \(problems.count) record errors in total, and only showing "
            + "the first three errors at most: [\(shown.joined(separator: ", "))]"
    }

    /// nil where there is no limit.
    private func timestampLimit(_ name: String, of topic: String) -> Int64? {
        topicConfig(name, of: topic).flatMap { Int64($0) }.flatMap { $0 == Int64.max ? nil : $0 }
    }

    // MARK: Writing

    /// Writes a batch that has been found good, and wakes who waits for it.
    ///
    /// - Returns: the offset of its first record.
    @discardableResult
    mutating func append(
        _ batch: RecordBatch, to key: PartitionKey, appendTime: Int64 = -1, _ call: Call
    ) -> Int64 {
        let leaderEpoch = image.partition(key)?.leaderEpoch ?? 0
        let clock = wallClock
        let time = now
        var base: Int64 = 0
        withLog(key) { log in
            base = log.endOffset(at: time)
            let bytes = BatchStamp.stamped(
                batch.bytes, baseOffset: base, leaderEpoch: leaderEpoch, appendTime: appendTime)
            log.append(
                bytes, from: base, to: base &+ Int64(batch.lastOffsetDelta),
                maxTimestamp: appendTime == -1 ? batch.maxTimestamp : appendTime, producerID: batch.producerID,
                at: time)
            if batch.hasProducer, !batch.isControl {
                var state = log.records.producers[batch.producerID] ?? ProducerState()
                state.add(batch, at: base, timestamp: max(batch.maxTimestamp, appendTime, clock))
                log.records.keep(state, of: batch.producerID)
            }
        }
        makeRoom()
        if !Self.internalTopics.contains(key.topic) {
            record(.recordsAppended(key, at: base, count: batch.recordCount), on: call.node)
        }
        signals.append(.askAgain)
        return base
    }

    /// The largest log gives up its older half when all together are too large.
    private mutating func makeRoom() {
        guard retainedBytes > Self.retainedBytesLimit else { return }
        let largest = image.topics.flatMap { name, topic in
            topic.partitions.indices.map { PartitionKey(name, $0) }
        }.max { log($0)?.records.heldBytes ?? 0 < log($1)?.records.heldBytes ?? 0 }
        guard let largest else { return }
        withLog(largest) { log in
            let wanted = log.records.heldBytes / 2
            while log.records.heldBytes > wanted, log.records.batches.count > 1 { log.records.dropOldest() }
        }
    }
}
