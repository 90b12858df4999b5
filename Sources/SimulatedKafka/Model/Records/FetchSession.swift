import KafkaWire

/// What a broker remembers of a client that reads again and again, so that it asks for, and is told, only what has changed
/// (KIP-227).
struct FetchSession: Sendable {
    struct Key: Sendable, Hashable {
        let topic: String
        let id: KafkaUUID
        let partition: Int32
    }

    struct Entry: Sendable {
        var asked: FetchRequest.Partition
        /// As the client was told last; -1 when it has to be told again.
        var highWatermark: Int64 = -1
        var logStartOffset: Int64 = -1

        /// Takes note of an answer. Whether the client has to see it.
        mutating func note(_ answer: FetchResponse.Partition) -> Bool {
            var isNews = !(answer.records ?? []).isEmpty || answer.divergingEpoch.epoch != -1
            isNews = isNews || highWatermark != answer.highWatermark || logStartOffset != answer.logStartOffset
            highWatermark = answer.highWatermark
            logStartOffset = answer.logStartOffset
            guard answer.errorCode.isError else { return isNews }
            highWatermark = -1
            return true
        }
    }

    /// The epoch of the next request.
    var epoch: Int32 = 1
    let usesIDs: Bool
    private(set) var entries: [Key: Entry] = [:]
    private(set) var order: [Key] = []

    init(usesIDs: Bool) { self.usesIDs = usesIDs }

    mutating func include(_ topics: [FetchRequest.Topic]) {
        for topic in topics {
            for partition in topic.partitions {
                let key = Key(topic: topic.topic, id: topic.topicId, partition: partition.partition)
                if entries[key] == nil { order.append(key) }
                entries[key, default: Entry(asked: partition)].asked = partition
            }
        }
    }

    mutating func forget(_ topics: [FetchRequest.ForgottenTopic]) {
        for topic in topics {
            for partition in topic.partitions {
                entries[Key(topic: topic.topic, id: topic.topicId, partition: partition)] = nil
            }
        }
        order.removeAll { entries[$0] == nil }
    }

    mutating func advance() { epoch = epoch == .max ? 1 : epoch + 1 }

    /// Takes note of an answer; gives what of it is news.
    mutating func news(in topics: [FetchResponse.Topic]) -> [FetchResponse.Topic] {
        topics.compactMap { topic in
            var told = topic
            told.partitions = topic.partitions.filter { partition in
                let key = Key(topic: topic.topic, id: topic.topicId, partition: partition.partitionIndex)
                return entries[key]?.note(partition) ?? true
            }
            return told.partitions.isEmpty ? nil : told
        }
    }

    /// Everything that is read in it, as a request would name it.
    var topics: [FetchRequest.Topic] {
        var topics: [FetchRequest.Topic] = []
        for key in order {
            guard let entry = entries[key] else { continue }
            if let last = topics.indices.last, topics[last].topic == key.topic, topics[last].topicId == key.id {
                topics[last].partitions.append(entry.asked)
            } else {
                topics.append(.init(topic: key.topic, topicId: key.id, partitions: [entry.asked]))
            }
        }
        return topics
    }
}

/// What a fetch request reads, and in what session.
struct FetchContext: Sendable {
    enum Kind: Sendable {
        case sessionless
        /// Begins a session.
        case full
        case incremental(Int32)
    }

    let kind: Kind
    var session: FetchSession
    let topics: [FetchRequest.Topic]
}

extension ClusterModel {
    /// Brokers' `max.incremental.fetch.session.cache.slots`.
    private static let sessionLimit = 1000

    struct FetchRefusal: Error {
        let code: KafkaErrorCode
    }

    /// Changes nothing but what the request says is over, so that a request that waits may be looked at again.
    mutating func fetchContext(_ request: FetchRequest, _ call: Call) throws(FetchRefusal) -> FetchContext {
        let usesIDs = call.version >= 13
        guard request.sessionEpoch != 0, request.sessionEpoch != -1 else {
            if request.sessionId != 0 { fetchSessions[call.node]?[request.sessionId] = nil }
            var session = FetchSession(usesIDs: usesIDs)
            session.include(request.topics)
            return FetchContext(
                kind: request.sessionEpoch == 0 ? .full : .sessionless, session: session, topics: request.topics)
        }
        guard var session = fetchSessions[call.node]?[request.sessionId] else {
            throw FetchRefusal(code: .fetchSessionIdNotFound)
        }
        guard session.epoch == request.sessionEpoch else { throw FetchRefusal(code: .invalidFetchSessionEpoch) }
        guard session.usesIDs == usesIDs else { throw FetchRefusal(code: .fetchSessionTopicIdError) }
        session.include(request.topics)
        session.forget(request.forgottenTopicsData)
        guard !session.order.isEmpty else {
            fetchSessions[call.node]?[request.sessionId] = nil
            return FetchContext(kind: .sessionless, session: session, topics: request.topics)
        }
        return FetchContext(kind: .incremental(request.sessionId), session: session, topics: session.topics)
    }

    /// The answer as the session has it, which moves on.
    mutating func answer(_ topics: [FetchResponse.Topic], in context: FetchContext, _ call: Call) -> FetchResponse {
        var session = context.session
        switch context.kind {
        case .sessionless: return FetchResponse(responses: topics)
        case .full:
            guard fetchSessions[call.node]?.count ?? 0 < Self.sessionLimit else {
                return FetchResponse(responses: topics)
            }
            _ = session.news(in: topics)
            var id: Int32 = 0
            while id == 0 || fetchSessions[call.node]?[id] != nil {
                id = Int32(truncatingIfNeeded: random.next() & 0x7FFF_FFFF)
            }
            fetchSessions[call.node, default: [:]][id] = session
            return FetchResponse(sessionId: id, responses: topics)
        case .incremental(let id):
            session.advance()
            let news = session.news(in: topics)
            fetchSessions[call.node]?[id] = session
            return FetchResponse(sessionId: id, responses: news)
        }
    }
}
