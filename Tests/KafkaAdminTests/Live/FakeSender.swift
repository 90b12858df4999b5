import EventLoop
import KafkaWire

@testable import KafkaAdmin

/// Answers requests without routing: a test says what each target answers, and what was asked is kept.
final class FakeSender: RequestSender {
    struct Sent: Sendable {
        let api: APIKey
        let target: RequestTarget
        let kind: RequestKind
        let limit: Duration?
        let request: any KafkaRequest
    }

    struct Reply: Sendable {
        var response: any KafkaResponse
        var version: Int16
        var node: Int32 = 1
        var doubt: KafkaErrorCode?

        init(_ response: any KafkaResponse, version: Int16 = 99, doubt: KafkaErrorCode? = nil) {
            self.response = response
            self.version = version
            self.doubt = doubt
        }
    }

    typealias Handler = @Sendable (_ sent: Sent, _ number: Int) throws(KafkaError) -> Reply

    private let log = Locked([Sent]())
    private let handler: Handler
    let callLimit: Duration = .seconds(60)

    /// `number`: how often that API was asked for, from 1.
    init(_ handler: @escaping Handler) { self.handler = handler }

    func sent(_ api: APIKey) -> [Sent] { log.withLock { $0.filter { $0.api == api } } }

    /// The requests of one kind, as they were sent.
    func requests<Request: KafkaRequest>(_ type: Request.Type) -> [Request] {
        sent(Request.apiKey).compactMap { $0.request as? Request }
    }

    private func reply(_ sent: Sent) throws(KafkaError) -> Reply {
        let number = log.withLock { log in
            log.append(sent)
            return log.count { $0.api == sent.api }
        }
        return try handler(sent, number)
    }

    func call<Request: KafkaRequest>(
        _ request: Request, to target: RequestTarget, kind: RequestKind, within limit: Duration?
    ) async throws(KafkaError) -> Answer<Request.Response> {
        let reply = try reply(
            Sent(
                api: Request.apiKey, target: target, kind: kind, limit: limit,
                request: (request as? FlatListOffsetsRequest)?.nested ?? request))
        guard let response = reply.response as? Request.Response else {
            throw KafkaError(.malformed, "the test answers \(Request.apiKey) with something else")
        }
        return Answer(response: response, version: reply.version, node: reply.node, doubt: reply.doubt)
    }

    func body<Request: KafkaRequest>(
        _ request: Request, to target: RequestTarget, kind: RequestKind, within limit: Duration?
    ) async throws(KafkaError) -> Answer<[UInt8]> {
        let answer = try await call(request, to: target, kind: kind, within: limit)
        let usable = (request as? any VersionLimited)?.usableVersions ?? Request.offeredVersions
        let version = min(12, usable.upperBound)
        do {
            let frame = try ResponseFrame.encode(answer.response, version: version, correlationId: 1).dropFirst(4)
            let offset = try ResponseFrame.bodyOffset(Request.apiKey, version: version, of: Array(frame))
            return Answer(response: Array(frame.dropFirst(offset)), version: version, node: answer.node)
        } catch {
            throw KafkaError(.malformed, "\(error)")
        }
    }

    func witness(of node: Int32) async throws(KafkaError) -> ConnectionWitness {
        throw KafkaError(.configuration, "not asked")
    }

    func state(of witness: ConnectionWitness) async -> WitnessState { .unknown }
    func waitUntilClosed(_ witness: ConnectionWitness, within limit: Duration) async -> WitnessState { .unknown }
}

/// A clock on which every wait is over at once, and has taken its time nevertheless.
final class SkippingTimeSource: TimeSource {
    private let now = Locked(Duration.zero)
    private let waits = Locked([Duration]())

    var monotonic: Duration { now.withLock { $0 } }
    var sinceEpoch: Duration { .seconds(1_750_000_000) + monotonic }
    /// How long was waited, each time.
    var slept: [Duration] { waits.withLock { $0 } }

    func pass(_ duration: Duration) { now.withLock { $0 += max(.zero, duration) } }

    func schedule(after delay: Duration, _ action: @escaping @Sendable () -> Void) -> ScheduledAction {
        waits.withLock { $0.append(delay) }
        pass(delay)
        action()
        return ScheduledAction {}
    }
}

extension FakeSender {
    func reader(_ time: any TimeSource = SkippingTimeSource()) -> LiveClusterReader {
        LiveClusterReader(sender: self, time: time)
    }

    func writer(_ time: any TimeSource = SkippingTimeSource()) -> LiveClusterOperator {
        LiveClusterOperator(sender: self, time: time)
    }

    /// Metadata of the topics that have leaders, by partition.
    static func metadata(_ leaders: [TopicPartition: Int32], unknown: [String] = []) -> Reply {
        let topics = Dictionary(grouping: leaders.keys, by: \.topic).map { name, partitions in
            MetadataResponse.Topic(
                name: name,
                partitions: partitions.map { .init(partitionIndex: $0.partition, leaderId: leaders[$0] ?? -1) })
        }
        let missing = unknown.map { MetadataResponse.Topic(errorCode: .unknownTopicOrPartition, name: $0) }
        return Reply(MetadataResponse(clusterId: "c", topics: topics + missing))
    }

    /// One coordinator for whatever is asked for.
    static func coordinator(_ node: Int32, of sent: Sent) -> Reply {
        let keys = (sent.request as? FindCoordinatorRequest)?.coordinatorKeys ?? []
        return Reply(FindCoordinatorResponse(coordinators: keys.map { .init(key: $0, nodeId: node) }))
    }

    static func cluster(_ brokers: [Int32]) -> Reply {
        Reply(
            DescribeClusterResponse(
                clusterId: "c", brokers: brokers.map { .init(brokerId: $0, host: "b", port: 1) }))
    }
}

extension Result where Failure == KafkaError {
    var failure: KafkaError? { if case .failure(let error) = self { error } else { nil } }
}
