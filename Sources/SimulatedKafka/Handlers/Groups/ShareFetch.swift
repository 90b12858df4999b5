import KafkaWire

// ShareFetch (78) and ShareAcknowledge (79). To the leader of each partition.
//
// Behaviour: a session is opened with epoch 0 and closed with -1, which gives back what the member has. Records are acquired
// for thirty seconds and delivered five times at most; a group begins at the end of a partition. Records that wait are
// answered at once; a request with acknowledgements does not wait. What a connection's end gives back on a real broker comes
// back here when its lock runs out, and acknowledgements are never refused for a state that is not written yet.
//
// Version notes: v2 renews a lock, and can hold to the limit of records instead of whole batches.

extension ClusterModel {
    /// What one answer holds at most.
    private static let shareFetchLimit = 64 << 20
    private static let wholeBatches: Int8 = 0

    /// What is wrong with an acknowledgement.
    private struct Refusal {
        let code: KafkaErrorCode
        let message: String?

        init(_ code: KafkaErrorCode, _ message: String? = nil) {
            self.code = code
            self.message = message ?? KafkaWords.text(code)
        }
    }

    mutating func shareFetch(_ request: ShareFetchRequest, _ call: Call) -> ShareFetchResponse? {
        func refused(_ code: KafkaErrorCode) -> ShareFetchResponse {
            ShareFetchResponse(errorCode: code)
        }
        let group = request.groupId ?? ""
        let member = request.memberId ?? ""
        let key = ShareSession.Key(group: group, member: member)
        var acknowledged: [ShareSession.Partition: Refusal?] = [:]
        var hasAcknowledgements = false
        // A request that waits has been looked at already.
        if session.heldMember == nil {
            if let code = shareProblem(group, member) { return refused(code) }
            hasAcknowledgements = request.topics.contains { topic in
                topic.partitions.contains { !$0.acknowledgementBatches.isEmpty }
            }
            if request.shareSessionEpoch == 0, hasAcknowledgements { return refused(.invalidRequest) }
            if let code = openSession(key, request, call) { return refused(code) }
            if trips(over: request.topics.map(\.topicId), call) { return refused(.unknownServerError) }
            for topic in request.topics {
                for partition in topic.partitions where !partition.acknowledgementBatches.isEmpty {
                    let named = ShareSession.Partition(topic: topic.topicId, partition: partition.partitionIndex)
                    acknowledged[named] = .some(
                        acknowledge(
                            key, topic.topicId, partition.partitionIndex, partition.acknowledgementBatches, call))
                }
            }
        }
        let isFinal = request.shareSessionEpoch == -1
        if isFinal { closeSession(key, call) }
        var answers: [(partition: ShareSession.Partition, answer: ShareFetchResponse.Partition)] = []
        var hasNews = false
        var room = min(max(0, Int(request.maxBytes)), Self.shareFetchLimit)
        var records = max(0, Int(request.maxRecords))
        var growth = 0.0
        for partition in isFinal ? [] : shareSessions[call.node]?[key]?.partitions ?? [] {
            let answer = readShared(partition, key, request, call, room: &room, records: &records)
            if answer.errorCode.isError || !answer.acquiredRecords.isEmpty { hasNews = true }
            if let name = image.topicNames[partition.topic] {
                growth += log(PartitionKey(name, Int(partition.partition)))?.growth ?? 0
            }
            answers.append((partition, answer))
        }
        let patience = Duration.milliseconds(max(0, Int64(request.maxWaitMs)))
        guard isFinal || hasNews || hasAcknowledgements || answers.isEmpty || call.waited >= patience else {
            wait(upTo: patience, growth: growth, call)
            session.heldMember = member
            return nil
        }
        return answer(answers, acknowledged)
    }

    private mutating func wait(upTo patience: Duration, growth: Double, _ call: Call) {
        guard call.waited == .zero else { return }
        queue.add(.askAgain, at: now + patience)
        guard growth > 0 else { return }
        let wait = Double(PartitionLog.recordBytes) / growth
        queue.add(.askAgain, at: now + min(patience, .seconds(min(wait, 3600)) + .milliseconds(1)))
    }

    private func answer(
        _ read: [(partition: ShareSession.Partition, answer: ShareFetchResponse.Partition)],
        _ acknowledged: [ShareSession.Partition: Refusal?]
    ) -> ShareFetchResponse {
        var answers = read.filter { pair in
            pair.answer.errorCode.isError || !pair.answer.acquiredRecords.isEmpty || acknowledged[pair.partition] != nil
        }
        for partition in acknowledged.keys where !answers.contains(where: { $0.partition == partition }) {
            answers.append((partition, .init(partitionIndex: partition.partition, records: [])))
        }
        var topics: [ShareFetchResponse.Topic] = []
        for (partition, found) in answers {
            var answer = found
            if let problem = acknowledged[partition] ?? nil {
                answer.acknowledgeErrorCode = problem.code
                answer.acknowledgeErrorMessage = problem.message
            }
            if let index = topics.firstIndex(where: { $0.topicId == partition.topic }) {
                topics[index].partitions.append(answer)
            } else {
                topics.append(.init(topicId: partition.topic, partitions: [answer]))
            }
        }
        return ShareFetchResponse(
            acquisitionLockTimeoutMs: Int32(clamping: ShareFlight.lock.milliseconds), responses: topics)
    }

    /// A broker with an authorizer stumbles over a topic that it does not know (4.3.1).
    private func trips(over topics: [KafkaUUID], _ call: Call) -> Bool {
        let names = view(of: call.node).topicNames
        return configuration.hasAuthorizer && topics.contains { names[$0] == nil }
    }

    // MARK: Sessions

    private func shareProblem(_ group: String, _ member: String) -> KafkaErrorCode? {
        guard hasShareGroups else { return .unsupportedVersion }
        guard allows(.read, .group, group) else { return .groupAuthorizationFailed }
        return group.isEmpty || member.isEmpty ? .invalidRequest : nil
    }

    private mutating func openSession(
        _ key: ShareSession.Key, _ request: ShareFetchRequest, _ call: Call
    ) -> KafkaErrorCode? {
        let named = request.topics.flatMap { topic in
            topic.partitions.map { ShareSession.Partition(topic: topic.topicId, partition: $0.partitionIndex) }
        }
        if request.shareSessionEpoch == 0 {
            guard shareSessions[call.node]?.count ?? 0 < ShareSession.limit else { return .shareSessionLimitReached }
            var session = ShareSession()
            session.include(named)
            shareSessions[call.node, default: [:]][key] = session
            return nil
        }
        if let code = sessionProblem(key, request.shareSessionEpoch, call) { return code }
        shareSessions[call.node]?[key]?.include(named)
        shareSessions[call.node]?[key]?.forget(request.forgottenTopicsData)
        shareSessions[call.node]?[key]?.advance()
        return nil
    }

    private func sessionProblem(_ key: ShareSession.Key, _ epoch: Int32, _ call: Call) -> KafkaErrorCode? {
        guard let session = shareSessions[call.node]?[key] else { return .shareSessionNotFound }
        return epoch == -1 || epoch == session.epoch ? nil : .invalidShareSessionEpoch
    }

    private mutating func closeSession(_ key: ShareSession.Key, _ call: Call) {
        for partition in shareSessions[call.node]?[key]?.partitions ?? [] {
            guard let name = image.topicNames[partition.topic] else { continue }
            groups[key.group]?.shares.positions[PartitionKey(name, Int(partition.partition))]?.flight.release(
                key.member)
        }
        shareSessions[call.node]?[key] = nil
        signals.append(.askAgain)
    }

    // MARK: Reading

    private mutating func readShared(
        _ partition: ShareSession.Partition, _ key: ShareSession.Key, _ request: ShareFetchRequest, _ call: Call,
        room: inout Int, records: inout Int
    ) -> ShareFetchResponse.Partition {
        var result = ShareFetchResponse.Partition(partitionIndex: partition.partition, records: [])
        let view = view(of: call.node)
        guard let name = view.topicNames[partition.topic] else {
            result.errorCode = .unknownTopicId
            return result
        }
        let at = PartitionKey(name, Int(partition.partition))
        guard allows(.read, .topic, name) else {
            result.errorCode = .topicAuthorizationFailed
            return result
        }
        if let code = leaderProblem(at, view, call) {
            result.errorCode = code
            if code == .notLeaderOrFollower, let known = view.partition(at) {
                result.currentLeader = .init(leaderId: known.leader, leaderEpoch: known.leaderEpoch)
            }
            return result
        }
        guard let log = log(at), var position = groups[key.group]?.shares.positions[at] else { return result }
        let end = log.endOffset(at: now)
        let isEarliest = image.groupConfigs[key.group]?["share.auto.offset.reset"] == "earliest"
        let first = position.start >= 0 ? position.start : isEarliest ? log.records.startOffset : end
        let start = max(position.flight.start ?? first, log.records.startOffset)
        position.flight.moveStart(to: start)
        while records > 0, let next = position.flight.firstAvailable(before: end, at: now) {
            let data = read(
                log, from: next, to: end, limit: room, hasMinimum: result.records?.isEmpty ?? true,
                epochStart: epoch.milliseconds)
            guard !data.bytes.isEmpty else { break }
            acquire(data.bytes, &result, &position, key.member, request, &records)
            room = max(0, room - (result.records?.count ?? 0))
        }
        if let expiry = position.flight.nextExpiry { queue.add(.askAgain, at: expiry) }
        groups[key.group]?.shares.positions[at] = position
        return result
    }

    /// Takes what is free in these batches until there are as many records as were asked for.
    private func acquire(
        _ bytes: [UInt8], _ result: inout ShareFetchResponse.Partition, _ position: inout SharePosition,
        _ member: String, _ request: ShareFetchRequest, _ records: inout Int
    ) {
        var reader = RecordBatchReader(bytes)
        while records > 0, let batch = try? reader.next() {
            let last = batch.lastOffset
            if batch.isControl {
                position.flight.skip(batch.baseOffset...max(batch.baseOffset, last))
                continue
            }
            let most = request.shareAcquireMode == Self.wholeBatches ? Int.max : records
            let found = position.flight.acquire(member, upTo: most, before: last + 1, at: now)
            guard !found.isEmpty else { break }
            result.records = (result.records ?? []) + Array(batch.bytes)
            result.acquiredRecords += found.map {
                .init(firstOffset: $0.first, lastOffset: $0.last, deliveryCount: $0.deliveries)
            }
            records -= found.reduce(0) { $0 + Int($1.last - $1.first + 1) }
        }
    }

    // MARK: Acknowledging

    mutating func shareAcknowledge(_ request: ShareAcknowledgeRequest, _ call: Call) -> ShareAcknowledgeResponse {
        func refused(_ code: KafkaErrorCode) -> ShareAcknowledgeResponse {
            ShareAcknowledgeResponse(errorCode: code)
        }
        let key = ShareSession.Key(group: request.groupId ?? "", member: request.memberId ?? "")
        if let code = shareProblem(key.group, key.member) { return refused(code) }
        if request.shareSessionEpoch == 0 { return refused(.invalidShareSessionEpoch) }
        if let code = sessionProblem(key, request.shareSessionEpoch, call) { return refused(code) }
        shareSessions[call.node]?[key]?.advance()
        if trips(over: request.topics.map(\.topicId), call) { return refused(.unknownServerError) }
        var response = ShareAcknowledgeResponse(
            acquisitionLockTimeoutMs: Int32(clamping: ShareFlight.lock.milliseconds))
        for topic in request.topics {
            var answer = ShareAcknowledgeResponse.Topic(topicId: topic.topicId)
            for partition in topic.partitions {
                let problem = acknowledge(
                    key, topic.topicId, partition.partitionIndex, partition.acknowledgementBatches, call)
                answer.partitions.append(
                    .init(
                        partitionIndex: partition.partitionIndex, errorCode: problem?.code ?? .none,
                        errorMessage: problem?.message))
            }
            response.responses.append(answer)
        }
        if request.shareSessionEpoch == -1 { closeSession(key, call) }
        return response
    }

    private mutating func acknowledge(
        _ key: ShareSession.Key, _ topic: KafkaUUID, _ partition: Int32, _ batches: [AcknowledgedRecords], _ call: Call
    ) -> Refusal? {
        let view = view(of: call.node)
        guard let name = view.topicNames[topic] else { return Refusal(.unknownTopicId) }
        guard allows(.read, .topic, name) else { return Refusal(.topicAuthorizationFailed) }
        let at = PartitionKey(name, Int(partition))
        if let code = leaderProblem(at, view, call) { return Refusal(code) }
        guard var position = groups[key.group]?.shares.positions[at] else {
            return Refusal(.unknownTopicOrPartition)
        }
        let before = position.flight.start
        for batch in batches {
            let verdicts = batch.acknowledgeTypes.compactMap { ShareFlight.Verdict(rawValue: $0) }
            let (span, overflow) = batch.lastOffset.subtractingReportingOverflow(batch.firstOffset)
            guard !overflow, span >= 0, verdicts.count == batch.acknowledgeTypes.count, !verdicts.isEmpty,
                verdicts.count == 1 || Int64(verdicts.count) == span + 1
            else { return Refusal(.invalidRequest) }
            do throws(ShareFlight.Problem) {
                try position.flight.acknowledge(
                    key.member, batch.firstOffset...batch.lastOffset, verdicts, at: now)
            } catch {
                return switch error {
                case .notAcquired: Refusal(.invalidRecordState, Self.notAcquired)
                case .beyond: Refusal(.invalidRequest, Self.neverAcquired)
                }
            }
        }
        // What is written down does not know of this change yet.
        position.start = before ?? position.start
        groups[key.group]?.shares.positions[at] = position
        signals.append(.askAgain)
        return nil
    }

    private static let notAcquired = "The offset cannot be acknowledged. The offset is not acquired."
    private static let neverAcquired =
        "Batch record not found. The first offset in request is past acquired records."
}
