import EventLoop
package import KafkaWire

extension ViewSource {
    var target: RequestTarget {
        switch self {
        case .any: .any
        case .node(let id): .node(id)
        }
    }
}

extension LiveClusterReader {
    func call<Request: KafkaRequest>(
        _ request: Request, to target: RequestTarget
    ) async throws(KafkaError) -> Answer<Request.Response> {
        try await sender.call(
            request, to: target, kind: .read, within: try timeLeft(to: "ask by \(Request.apiKey)"))
    }

    /// The same of a coordinator or leader, in one attempt: `CoordinatorCalls` and `LeaderCalls` find out whom to ask next.
    func ask<Request: KafkaRequest>(
        _ request: Request, of node: Int32
    ) async throws(KafkaError) -> Answer<Request.Response> {
        try await call(request, to: .once(node))
    }

    // MARK: Deadlines

    /// This reader within one call of its surface: all that is asked shares one deadline.
    var timed: LiveClusterReader {
        guard deadline == nil else { return self }
        var reader = self
        let limit = time.monotonic + sender.callLimit
        reader.deadline = min(limit, end ?? limit)
        return reader
    }

    /// What is left for the next request; nil: the time of a call. Throws when nothing is.
    func timeLeft(to what: String) throws(KafkaError) -> Duration? {
        guard let limit = deadline ?? end else { return nil }
        let left = limit - time.monotonic
        guard left > .zero else { throw .outOfTime(to: what) }
        return min(left, sender.callLimit)
    }

    /// Whether anything can be asked after that pause.
    func hasTime(for pause: Duration) -> Bool {
        guard let limit = deadline ?? end else { return true }
        return time.monotonic + pause < limit
    }

    /// Repeats what brokers say is not possible right now, until the deadline or for `patience`.
    func patiently<Success: Sendable>(
        _ body: () async throws(KafkaError) -> Success
    ) async throws(KafkaError) -> Success {
        let end = time.monotonic + Self.patience
        while true {
            do throws(KafkaError) { return try await body() } catch {
                guard let code = error.serverCode, code.isRetriable, code != .unknownTopicOrPartition,
                    time.monotonic + Self.pause < end, hasTime(for: Self.pause)
                else { throw error }
                do { try await time.sleep(for: Self.pause) } catch {
                    throw KafkaError(.cancelled, "Asking was cancelled")
                }
            }
        }
    }

    /// A coordinator that loads needs seconds.
    private static var patience: Duration { .seconds(10) }
    private static var pause: Duration { .milliseconds(200) }

    /// One result per item, in order, several at a time; a failure is that item's.
    func each<Item: Sendable, Success: Sendable>(
        _ items: [Item], _ body: @escaping @Sendable (Item) async throws(KafkaError) -> Success
    ) async -> [ItemResult<Item, Success>] {
        await withTaskGroup(of: Numbered<Item, Success>.self) { group in
            var results: [ItemResult<Item, Success>?] = Array(repeating: nil, count: items.count)
            var next = 0
            while next < min(items.count, Self.fanOut) {
                let (index, item) = (next, items[next])
                group.addTask { Numbered(index: index, result: await Self.one(item, body)) }
                next += 1
            }
            while let end = await group.next() {
                results[end.index] = end.result
                guard next < items.count else { continue }
                let (index, item) = (next, items[next])
                group.addTask { Numbered(index: index, result: await Self.one(item, body)) }
                next += 1
            }
            return results.compactMap(\.self)
        }
    }

    /// A result with its place. A struct, and filled outside of the closure: the optimizer of Swift 6.3 mixed up the parts of a
    /// tuple that a closure with typed throws made.
    private struct Numbered<Item: Sendable, Success: Sendable>: Sendable {
        var index: Int
        var result: ItemResult<Item, Success>
    }

    private static func one<Item: Sendable, Success: Sendable>(
        _ item: Item, _ body: @Sendable (Item) async throws(KafkaError) -> Success
    ) async -> ItemResult<Item, Success> {
        do throws(KafkaError) {
            return ItemResult(item: item, result: .success(try await body(item)))
        } catch {
            return ItemResult(item: item, result: .failure(error))
        }
    }

    /// Brokers that are asked at the same time.
    private static var fanOut: Int { 16 }
}

/// Turns a broker's error code into a thrown error.
func check(
    _ code: KafkaErrorCode, _ message: String?, _ api: APIKey, _ subject: String? = nil, kind: RequestKind = .read,
    doubt: KafkaErrorCode? = nil
) throws(KafkaError) {
    guard code.isError else { return }
    throw .answered(code, message: message, api: api, about: subject, kind: kind).doubted(because: doubt, api)
}

extension KafkaError {
    /// Every item that was asked for must have its result; without one nobody knows what became of a write.
    static func noResult(_ api: APIKey, _ subject: String, kind: RequestKind = .read) -> KafkaError {
        KafkaError(
            kind == .write ? .unknownOutcome : .noResult, "\(api) was answered without a result for \(subject)",
            api: api)
    }
}

extension TopicPartition: CustomStringConvertible {
    /// As Kafka's tools print it.
    package var description: String { "\(topic)-\(partition)" }
}

extension [TopicPartition] {
    /// Partition numbers by topic, topics in order of first appearance.
    var groupedByTopic: [(topic: String, partitions: [Int32])] {
        var order: [String] = []
        var groups: [String: [Int32]] = [:]
        for partition in self {
            if groups[partition.topic] == nil { order.append(partition.topic) }
            groups[partition.topic, default: []].append(partition.partition)
        }
        return order.map { ($0, groups[$0, default: []]) }
    }
}

extension LogDirectory {
    /// Sizes of the volume come from v4 on (-1: unknown), cordoning from v5 on.
    init(_ result: DescribeLogDirsResponse.Result, version: Int16) {
        func known(_ bytes: Int64) -> Int64? { version >= 4 && bytes >= 0 && bytes < .max ? bytes : nil }
        self.init(
            path: result.logDir, error: result.errorCode.isError ? result.errorCode : nil,
            totalBytes: known(result.totalBytes), usableBytes: known(result.usableBytes),
            isCordoned: version >= 5 ? result.isCordoned : nil,
            replicas: result.topics.flatMap { topic in
                topic.partitions.map {
                    Replica(
                        partition: TopicPartition(topic.name, $0.partitionIndex), size: $0.partitionSize,
                        offsetLag: $0.offsetLag, isFuture: $0.isFutureKey)
                }
            })
    }
}

extension NodeVersions {
    package init(_ response: ApiVersionsResponse) {
        var ranges: [Int16: ClosedRange<Int16>] = [:]
        for api in response.apiKeys where api.minVersion <= api.maxVersion {
            ranges[api.apiKey.rawValue] = api.minVersion...api.maxVersion
        }
        self.init(
            apis: ranges,
            supportedFeatures: response.supportedFeatures.map {
                FeatureRange(name: $0.name, minimum: $0.minVersion, maximum: $0.maxVersion)
            },
            finalizedFeatures: response.finalizedFeatures.map {
                FeatureRange(name: $0.name, minimum: $0.minVersionLevel, maximum: $0.maxVersionLevel)
            },
            finalizedFeaturesEpoch: response.finalizedFeaturesEpoch)
    }
}
