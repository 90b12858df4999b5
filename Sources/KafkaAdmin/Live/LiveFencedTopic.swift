package import EventLoop
import KafkaWire
import Values

// What is said here is said in the words of transactions as they were before KIP-890's second part: every release from 3.3 on
// understands them, and the epoch is raised by InitProducerId alone.
extension ProduceRequest: VersionLimited {
    var usableVersions: ClosedRange<Int16> { 3...11 }
}

extension EndTxnRequest: VersionLimited {
    var usableVersions: ClosedRange<Int16> { 0...4 }
}

/// Topics by name: v13 knows them by their ids alone.
extension FetchRequest: VersionLimited {
    var usableVersions: ClosedRange<Int16> { 4...12 }
}

/// A fenced topic over the wire.
///
/// A replacement goes through these steps:
/// 1. Look. Where nothing is to be written, nobody is disturbed.
/// 2. InitProducerId of the key's transactional id raises its epoch: whoever had an older one cannot write any more, and what
///    it had begun is aborted or committed before the answer comes.
/// 3. Look again, up to the last stable offset: nothing can follow what is there but what is written now, or by somebody who
///    has raised the epoch since.
/// 4. AddPartitionsToTxn, Produce, EndTxn. Where somebody has raised the epoch since step 2, one of them is refused, and all
///    begins again at step 1.
/// 5. Wait until it is seen: the next look is to find what this one wrote.
///
/// So of two that replace at once one sees what the other one wrote. What is lost on the way is found at the next look: it is
/// there, or it never will be.
package struct LiveFencedTopic: FencedTopic {
    private let topic: String
    private let sender: any RequestSender
    private let time: any TimeSource
    /// How long a look or a replacement may take.
    private let limit: Duration

    package init(
        _ topic: String, sender: any RequestSender, time: any TimeSource = SystemTimeSource(), limit: Duration
    ) {
        self.topic = topic
        self.sender = sender
        self.time = time
        self.limit = limit
    }

    private var partition: TopicPartition { TopicPartition(topic, 0) }

    /// All that is asked from now on ends together.
    private var reader: LiveClusterReader {
        var reader = LiveClusterReader(sender: sender, time: time)
        reader.end = time.monotonic + limit
        return reader
    }

    // MARK: Looking

    package func value(of key: String) async throws(KafkaError) -> [UInt8]? { try await last(key, reader).value }

    private struct Seen: Sendable {
        var hasTopic: Bool
        var value: [UInt8]?
    }

    /// From the end backwards, in ever larger steps: the newest value is among the last records, behind it at most what was
    /// aborted.
    private func last(_ key: String, _ reader: LiveClusterReader) async throws(KafkaError) -> Seen {
        let end: Int64
        let start: Int64
        do throws(KafkaError) {
            end = try await offset(Self.latest, reader)
            start = try await offset(Self.earliest, reader)
        } catch {
            guard error.isUnknownTopic else { throw error }
            return Seen(hasTopic: false, value: nil)
        }
        var (from, step) = (end, Self.firstStep)
        while from > start {
            let until = from
            from = max(start, end - step)
            if let found = try await newest(key, from: from, until: until, reader) {
                return Seen(hasTopic: true, value: found)
            }
            let (next, overflow) = step.multipliedReportingOverflow(by: Self.stepFactor)
            step = overflow ? .max : next
        }
        return Seen(hasTopic: true, value: nil)
    }

    private static let latest: Int64 = -1
    private static let earliest: Int64 = -2
    private static let firstStep: Int64 = 16
    private static let stepFactor: Int64 = 16
    private static let bytesPerFetch: Int32 = 1 << 20

    private func offset(_ timestamp: Int64, _ reader: LiveClusterReader) async throws(KafkaError) -> Int64 {
        let answers = try await reader.timed.listOffsets([partition], timestamp: timestamp, readCommitted: true)
        guard let answer = answers.first else { throw .noResult(.listOffsets, "\(partition)") }
        return max(0, try answer.result.get().offset)
    }

    private func newest(
        _ key: String, from start: Int64, until end: Int64, _ reader: LiveClusterReader
    ) async throws(KafkaError) -> [UInt8]? {
        var found: [UInt8]?
        var next = start
        while next < end {
            let answer = try await fetch(from: next, reader)
            let aborted = (answer.abortedTransactions ?? []).map {
                AbortedTransaction(producerID: $0.producerId, firstOffset: $0.firstOffset)
            }
            var scan = RecordScan(answer.records ?? [], from: next, aborted: aborted)
            do throws(WireError) {
                while let record = try scan.next() {
                    if let value = record.value, record.key.map({ $0.elementsEqual(key.utf8) }) == true {
                        found = Array(value)
                    }
                }
            } catch {
                throw KafkaError(
                    .malformed, "the records of \(partition) cannot be read: \(error.message)", api: .fetch)
            }
            // Compaction has left nothing from here on.
            guard scan.nextOffset > next else { break }
            next = scan.nextOffset
        }
        return found
    }

    private func fetch(
        from offset: Int64, _ reader: LiveClusterReader
    ) async throws(KafkaError) -> FetchResponse.Partition {
        let request = FetchRequest(
            maxBytes: Self.bytesPerFetch, isolationLevel: 1,
            topics: [
                .init(
                    topic: topic,
                    partitions: [.init(partition: 0, fetchOffset: offset, partitionMaxBytes: Self.bytesPerFetch)])
            ])
        let partition = partition
        let results: [ItemResult<TopicPartition, FetchResponse.Partition>] = await reader.leaders.results(
            for: [partition], .fetch
        ) { leader, _ throws(KafkaError) in
            let answer = try await reader.ask(request, of: leader).response
            try check(answer.errorCode, nil, .fetch, "\(partition)")
            guard let item = answer.responses.flatMap(\.partitions).first else { return [:] }
            try check(item.errorCode, nil, .fetch, "\(partition)")
            return [partition: .success(item)]
        }
        guard let result = results.first else { throw .noResult(.fetch, "\(partition)") }
        return try result.result.get()
    }

    // MARK: Replacing

    package func replace(
        _ key: String, _ decide: @Sendable ([UInt8]?) -> [UInt8]?
    ) async throws(KafkaError) -> FencedReplacement {
        let reader = reader
        /// What may have been written, and what stood there before.
        var attempts: [(before: [UInt8]?, after: [UInt8])] = []
        func done(_ seen: [UInt8]?) -> FencedReplacement? {
            attempts.first { $0.after == seen }.map { FencedReplacement(before: $0.before, after: $0.after) }
        }
        while true {
            do throws(KafkaError) {
                let seen = try await last(key, reader)
                if let done = done(seen.value) { return done }
                guard decide(seen.value) != nil else { return FencedReplacement(before: seen.value, after: nil) }
                if !seen.hasTopic { try await make(reader) }
                let producer = try await producer(for: key, reader)
                let before = try await last(key, reader).value
                if let done = done(before) { return done }
                guard let after = decide(before) else { return FencedReplacement(before: before, after: nil) }
                attempts.append((before, after))
                try await write(after, key, producer, reader)
                return FencedReplacement(before: before, after: after)
            } catch {
                guard Self.mayBegin(again: error), attempts.count < Self.attempts, reader.hasTime(for: Self.pause)
                else {
                    throw error
                }
                do { try await time.sleep(for: Self.pause) } catch {
                    throw KafkaError(.cancelled, "writing to \(topic) was cancelled")
                }
            }
        }
    }

    private static let attempts = 20
    private static let pause = Duration.milliseconds(50)
    /// Five seconds: a marker is written at once where its coordinator and its leader are well.
    private static let looksForOwn = 100

    /// Somebody came in between, a transaction is still being ended, or nobody knows what became of a request.
    private static func mayBegin(again error: KafkaError) -> Bool {
        switch error.code {
        case .unknownOutcome, .unreachable: true
        case .timedOut: !error.isOutOfTime
        case .server(let code):
            code.isRetriable
                || [
                    .producerFenced, .invalidProducerEpoch, .invalidProducerIdMapping, .concurrentTransactions,
                    .invalidTxnState, .outOfOrderSequenceNumber, .unknownProducerId, .transactionCoordinatorFenced,
                ].contains(code)
        default: false
        }
    }

    /// One partition, compacted; as many replicas as three brokers can have.
    private func make(_ reader: LiveClusterReader) async throws(KafkaError) {
        let brokers = try await reader.timed.describeCluster(includeFenced: false, from: .any).brokers.count
        let replicas = Int16(max(1, min(3, brokers)))
        var writer = LiveClusterOperator(sender: sender, time: time)
        writer.end = reader.end
        let results = try await writer.createTopics(
            [
                NewTopic(
                    name: topic, partitions: 1, replicationFactor: replicas,
                    configs: [
                        ("cleanup.policy", "compact"), ("min.insync.replicas", replicas > 2 ? "2" : "1"),
                        ("segment.bytes", "1048576"), ("unclean.leader.election.enable", "false"),
                    ])
            ], validateOnly: false)
        guard let result = results.first, case .failure(let error) = result.result else { return }
        if error.serverCode != .topicAlreadyExists { throw error }
    }

    private struct Producer: Sendable {
        var transactionalID: String
        var id: Int64
        var epoch: Int16
    }

    /// For a topic `opsrun-lock` and a key `abc`: `opsrun-lock-abc`.
    private func producer(for key: String, _ reader: LiveClusterReader) async throws(KafkaError) -> Producer {
        let id = "\(topic)-\(key)"
        let request = InitProducerIdRequest(
            transactionalId: id, transactionTimeoutMs: Int32(clamping: max(1000, limit.milliseconds)))
        return try await atCoordinator(of: id, .initProducerId, reader) { node throws(KafkaError) in
            let answer = try await reader.ask(request, of: node).response
            try check(answer.errorCode, nil, .initProducerId, id)
            return Producer(transactionalID: id, id: answer.producerId, epoch: answer.producerEpoch)
        }
    }

    private func write(
        _ value: [UInt8], _ key: String, _ producer: Producer, _ reader: LiveClusterReader
    ) async throws(KafkaError) {
        let (topic, partition) = (topic, partition)
        let add = AddPartitionsToTxnRequest(
            v3AndBelowTransactionalId: producer.transactionalID, v3AndBelowProducerId: producer.id,
            v3AndBelowProducerEpoch: producer.epoch, v3AndBelowTopics: [.init(name: topic, partitions: [0])])
        try await atCoordinator(of: producer.transactionalID, .addPartitionsToTxn, reader) { node throws(KafkaError) in
            let answer = try await reader.ask(add, of: node).response
            let codes = answer.resultsByTopicV3AndBelow.flatMap(\.resultsByPartition).map(\.partitionErrorCode)
            guard let code = codes.first else { throw .noResult(.addPartitionsToTxn, "\(partition)") }
            try check(code, nil, .addPartitionsToTxn, "\(partition)")
        }
        let produce = ProduceRequest(
            transactionalId: producer.transactionalID, acks: -1,
            timeoutMs: Int32(clamping: limit.milliseconds),
            topicData: [
                .init(name: topic, partitionData: [.init(index: 0, records: try batch(value, key, producer))])
            ])
        let results: [ItemResult<TopicPartition, Int64>] = await reader.leaders.results(
            for: [partition], .produce
        ) { leader, _ throws(KafkaError) in
            let answer = try await reader.ask(produce, of: leader).response
            guard let item = answer.responses.flatMap({ $0.partitionResponses }).first else { return [:] }
            try check(item.errorCode, item.errorMessage, .produce, "\(partition)")
            return [partition: .success(item.baseOffset)]
        }
        var written: Int64 = 0
        for result in results { written = try result.result.get() }
        let end = EndTxnRequest(
            transactionalId: producer.transactionalID, producerId: producer.id, producerEpoch: producer.epoch,
            committed: true)
        try await atCoordinator(of: producer.transactionalID, .endTxn, reader) { node throws(KafkaError) in
            try check(try await reader.ask(end, of: node).response.errorCode, nil, .endTxn, producer.transactionalID)
        }
        try await see(written, reader)
    }

    /// Waits until who looks sees a record that is committed: the marker that says so is written after the answer to EndTxn.
    /// That it takes long changes nothing about it.
    private func see(_ offset: Int64, _ reader: LiveClusterReader) async throws(KafkaError) {
        for _ in 0..<Self.looksForOwn {
            if let end = try? await self.offset(Self.latest, reader), end > offset { return }
            guard reader.hasTime(for: Self.pause) else { return }
            do { try await time.sleep(for: Self.pause) } catch {
                throw KafkaError(.cancelled, "writing to \(topic) was cancelled")
            }
        }
    }

    /// The first of its epoch: its sequence begins at 0.
    private func batch(_ value: [UInt8], _ key: String, _ producer: Producer) throws(KafkaError) -> [UInt8] {
        var builder = RecordBatchBuilder(
            producer: .init(id: producer.id, epoch: producer.epoch, baseSequence: 0), isTransactional: true)
        do throws(WireError) {
            try builder.append(key: Array(key.utf8), value: value, timestamp: time.sinceEpoch.milliseconds)
            return try builder.build()
        } catch {
            throw KafkaError(.configuration, "a record for \(topic) cannot be made: \(error.message)", api: .produce)
        }
    }

    /// Sent again by those rules where it was not done, and where it may have been: all of it can be said twice, and where it
    /// cannot, the broker's refusal begins all again.
    private func atCoordinator<Success: Sendable>(
        of id: String, _ api: APIKey, _ reader: LiveClusterReader,
        _ ask: @escaping @Sendable (Int32) async throws(KafkaError) -> Success
    ) async throws(KafkaError) -> Success {
        try await CoordinatorCalls(reader, .transaction).result(for: id, api, ask).answer
    }
}
