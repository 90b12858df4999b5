import KafkaWire

// ListOffsets (2). To the leader of each partition; others answer NOT_LEADER_OR_FOLLOWER.
//
// Behaviour: -1 is the end (for readers of committed records the last stable offset), -2 the start, -3 the record with the
// latest timestamp, -4 the start on local disk, which is the start; -5 and -6 are of tiered storage and find nothing; a time
// finds the first record that is not older. Records of the cluster's own producers are as old as was asked for.

extension ClusterModel {
    mutating func listOffsets(_ request: ListOffsetsRequest, _ call: Call) -> ListOffsetsResponse {
        let view = view(of: call.node)
        var counts: [PartitionKey: Int] = [:]
        for topic in request.topics {
            for partition in topic.partitions {
                counts[PartitionKey(topic.name, Int(partition.partitionIndex)), default: 0] += 1
            }
        }
        return ListOffsetsResponse(
            topics: request.topics.map { topic in
                ListOffsetsResponse.Topic(
                    name: topic.name,
                    partitions: topic.partitions.map { asked in
                        let key = PartitionKey(topic.name, Int(asked.partitionIndex))
                        if counts[key] ?? 0 > 1 {
                            return ListOffsetsResponse.Partition(
                                partitionIndex: asked.partitionIndex, errorCode: .invalidRequest)
                        }
                        return find(asked, key, request, view, call)
                    })
            })
    }

    private func find(
        _ asked: ListOffsetsRequest.Partition, _ key: PartitionKey, _ request: ListOffsetsRequest,
        _ view: MetadataImage, _ call: Call
    ) -> ListOffsetsResponse.Partition {
        var result = ListOffsetsResponse.Partition(partitionIndex: asked.partitionIndex)
        guard allows(.describe, .topic, key.topic) else {
            result.errorCode = .topicAuthorizationFailed
            return result
        }
        if let code = leaderProblem(key, view, call) {
            result.errorCode = code
            return result
        }
        guard let partition = view.partition(key), let log = log(key) else { return result }
        if let code = epochProblem(asked.currentLeaderEpoch, partition) {
            result.errorCode = code
            return result
        }
        if let lowest = Self.lowestVersions[asked.timestamp], call.version < lowest {
            result.errorCode = .unsupportedVersion
            return result
        }
        let end = log.endOffset(at: now)
        let limit = request.isolationLevel == 1 ? log.lastStableOffset(at: now) : end
        switch asked.timestamp {
        case -1: result.offset = limit
        case -2, -4: result.offset = log.records.startOffset
        case -3:
            if let latest = latest(log, end) {
                result.offset = latest.offset
                result.timestamp = latest.timestamp
            }
        case 0...:
            if let first = first(log, notBefore: asked.timestamp, end), first.offset < limit {
                result.offset = first.offset
                result.timestamp = first.timestamp
            }
        default: break
        }
        if result.offset != -1, call.version >= 4 { result.leaderEpoch = log.records.leaderEpoch(at: result.offset) }
        return result
    }

    /// From which version on a special timestamp is understood; before it was a time of its own.
    private static let lowestVersions: [Int64: Int16] = [-3: 7, -4: 8, -5: 9, -6: 11]

    private func hasInvented(_ log: PartitionLog, _ end: Int64) -> Bool {
        let held = log.records.batches.reduce(Int64(0)) { $0 + $1.lastOffset - $1.baseOffset + 1 }
        return end - log.records.startOffset > held
    }

    private func latest(_ log: PartitionLog, _ end: Int64) -> (offset: Int64, timestamp: Int64)? {
        if hasInvented(log, end), log.records.batches.last?.lastOffset != end - 1 { return (end - 1, wallClock) }
        // The first of those that are equally late.
        var latest: RecordLog.Batch?
        for batch in log.records.batches where batch.maxTimestamp > latest?.maxTimestamp ?? -1 { latest = batch }
        guard let latest else { return nil }
        return record(in: latest, from: log.records.startOffset) { $0.timestamp == latest.maxTimestamp }
            ?? (latest.lastOffset, latest.maxTimestamp)
    }

    private func first(
        _ log: PartitionLog, notBefore time: Int64, _ end: Int64
    ) -> (offset: Int64, timestamp: Int64)? {
        if hasInvented(log, end) {
            return (0...wallClock).contains(time) ? (log.records.startOffset, time) : nil
        }
        for batch in log.records.batches where batch.maxTimestamp >= time {
            if let found = record(in: batch, from: log.records.startOffset, where: { $0.timestamp >= time }) {
                return found
            }
        }
        return nil
    }

    /// The first record of a batch that fits.
    private func record(
        in batch: RecordLog.Batch, from start: Int64, where fits: (Record) -> Bool
    ) -> (offset: Int64, timestamp: Int64)? {
        var reader = RecordBatchReader(batch.bytes)
        guard let header = try? reader.next(), var records = try? reader.records(of: header) else { return nil }
        while let record = try? records.next() {
            if record.offset >= start, fits(record) { return (record.offset, record.timestamp) }
        }
        return nil
    }
}
