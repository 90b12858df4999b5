import KafkaWire

// Fetch (1). To the leader of each partition, or from v11 on to any of its replicas. Brokers only.
//
// Behaviour: waits up to `maxWaitMs` for `minBytes`; an error or the end of the wait answers at once. Readers of committed
// records see batches below the last stable offset and the transactions to leave out. Where the cluster's own producers wrote,
// there are records made up on the way, the same for the same offset each time.
//
// Version notes: v4 isolation, v7 sessions, v11 followers, v12 tells diverging epochs, v13 names topics by id.

extension ClusterModel {
    /// How many made-up records a batch has.
    private static let inventedRecords: Int64 = 100
    /// What one answer holds at most.
    private static let fetchLimit = 64 << 20

    mutating func fetch(_ request: FetchRequest, _ call: Call) -> FetchResponse? {
        guard call.listener.isOfBrokers else { return FetchResponse(errorCode: .invalidRequest) }
        let context: FetchContext
        do throws(FetchRefusal) {
            context = try fetchContext(request, call)
        } catch {
            return FetchResponse(errorCode: error.code)
        }
        let view = view(of: call.node)
        var answers: [FetchResponse.Topic] = []
        var room = min(max(0, Int(request.maxBytes)), Self.fetchLimit)
        var read = 0
        var mustAnswer = false
        var growth = 0.0
        for topic in context.topics {
            let name = topicName(topic.topic, topic.topicId, byID: call.version >= 13, view)
            var answer = FetchResponse.Topic(topic: topic.topic, topicId: topic.topicId)
            for asked in topic.partitions {
                let result = readPartition(asked, name, request, view, call, room: room, isFirst: read == 0)
                let count = result.records?.count ?? 0
                read += count
                room = max(0, room - count)
                if result.errorCode.isError || result.divergingEpoch.epoch != -1 { mustAnswer = true }
                if let name { growth += log(PartitionKey(name, Int(asked.partition)))?.growth ?? 0 }
                answer.partitions.append(result)
            }
            answers.append(answer)
        }
        let patience = Duration.milliseconds(max(0, Int64(request.maxWaitMs)))
        if mustAnswer || read >= max(0, Int(request.minBytes)) || call.waited >= patience || context.topics.isEmpty {
            return self.answer(answers, in: context, call)
        }
        if call.waited == .zero {
            queue.add(.askAgain, at: now + patience)
            if growth > 0 {
                let wait = Double(PartitionLog.recordBytes + Int64(request.minBytes)) / growth
                queue.add(.askAgain, at: now + min(patience, .seconds(min(wait, 3600)) + .milliseconds(1)))
            }
        }
        return nil
    }

    private func readPartition(
        _ asked: FetchRequest.Partition, _ topic: String?, _ request: FetchRequest, _ view: MetadataImage,
        _ call: Call, room: Int, isFirst: Bool
    ) -> FetchResponse.Partition {
        var result = FetchResponse.Partition(
            partitionIndex: asked.partition, highWatermark: -1, abortedTransactions: nil, records: [])
        func refused(_ code: KafkaErrorCode) -> FetchResponse.Partition {
            result.errorCode = code
            return result
        }
        // What is refused before the log is looked at has an empty list where the log's errors have none.
        result.abortedTransactions = []
        guard let topic else { return refused(.unknownTopicId) }
        guard allows(.read, .topic, topic) else {
            return refused(call.version >= 13 ? .unknownTopicId : .topicAuthorizationFailed)
        }
        let key = PartitionKey(topic, Int(asked.partition))
        guard let partition = view.partition(key), let log = log(key) else {
            return refused(.unknownTopicOrPartition)
        }
        result.abortedTransactions = nil
        let isFollower = call.version >= 11 && partition.replicas.contains(call.node)
        guard partition.leader == call.node || isFollower else {
            if call.version >= 12 {
                result.currentLeader = .init(leaderId: partition.leader, leaderEpoch: partition.leaderEpoch)
            }
            return refused(.notLeaderOrFollower)
        }
        // Only here every epoch below 0 is none.
        if let code = epochProblem(max(-1, asked.currentLeaderEpoch), partition) { return refused(code) }
        let end = log.endOffset(at: now)
        let start = log.records.startOffset
        guard asked.fetchOffset >= start, asked.fetchOffset <= end else { return refused(.offsetOutOfRange) }
        let stable = log.lastStableOffset(at: now)
        let isCommitted = request.isolationLevel == 1
        result.highWatermark = end
        result.lastStableOffset = stable
        result.logStartOffset = start
        if call.version >= 12, asked.lastFetchedEpoch >= 0,
            let known = log.records.end(of: asked.lastFetchedEpoch, logEnd: end),
            known.offset < asked.fetchOffset || known.epoch < asked.lastFetchedEpoch
        {
            result.divergingEpoch = .init(epoch: known.epoch, endOffset: known.offset)
            return result
        }
        let limit = min(room, max(0, Int(asked.partitionMaxBytes)))
        let data = read(
            log, from: asked.fetchOffset, to: isCommitted ? stable : end, limit: limit, hasMinimum: isFirst,
            epochStart: epoch.milliseconds)
        result.records = data.bytes
        if isCommitted {
            result.abortedTransactions = log.records.aborted.filter {
                $0.lastOffset >= asked.fetchOffset && $0.firstOffset < max(data.end, asked.fetchOffset + 1)
            }.map { .init(producerId: $0.producerID, firstOffset: $0.firstOffset) }
        }
        return result
    }

    /// Whole batches from an offset on; with `hasMinimum` at least one, however large (KIP-74).
    func read(
        _ log: PartitionLog, from offset: Int64, to end: Int64, limit: Int, hasMinimum: Bool, epochStart: Int64
    ) -> (bytes: [UInt8], end: Int64) {
        var bytes: [UInt8] = []
        var position = offset
        var index = log.records.index(at: offset)
        while position < end {
            let batch: [UInt8]
            let next: Int64
            if index < log.records.batches.count, log.records.batches[index].baseOffset <= position {
                let stored = log.records.batches[index]
                guard stored.lastOffset < end else { break }
                batch = stored.bytes
                next = stored.lastOffset + 1
                index += 1
            } else {
                var stop = min(end, position + Self.inventedRecords)
                if index < log.records.batches.count { stop = min(stop, log.records.batches[index].baseOffset) }
                batch = Self.invented(
                    from: position, to: stop, timestamp: epochStart, epoch: log.records.leaderEpoch(at: position))
                next = stop
            }
            let isAllowed = bytes.count + batch.count <= limit || (bytes.isEmpty && hasMinimum)
            guard isAllowed, !batch.isEmpty else { break }
            bytes += batch
            position = next
        }
        return (bytes, position)
    }

    /// A batch of the cluster's own producers.
    private static func invented(from first: Int64, to end: Int64, timestamp: Int64, epoch: Int32) -> [UInt8] {
        var builder = RecordBatchBuilder(baseOffset: first)
        builder.partitionLeaderEpoch = epoch
        for offset in first..<max(first, end) {
            try? builder.append(
                key: nil, value: Array("simulated record \(offset)".utf8), timestamp: timestamp, offset: offset)
        }
        return (try? builder.build()) ?? []
    }
}
