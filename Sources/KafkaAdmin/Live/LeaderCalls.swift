import EventLoop
import KafkaWire

/// Calls to the leaders of partitions: finds them, sends each what it leads, and follows partitions whose leader moves, dies
/// or cannot be reached. All together end by the deadline of the reader.
///
/// A write is sent again when it was not sent, and when who was asked says that it does not lead the partition. That does
/// not prove that it did nothing while it still did: what is no success after that is an unknown outcome.
struct LeaderCalls: Sendable {
    /// Within one call of the surface.
    let reader: LiveClusterReader
    /// A write that is answered without a result may have been done.
    var kind = RequestKind.read
    /// Whether to wait a moment for a topic that a broker does not know: it may just have been made.
    var waitsForTopics = true

    init(_ reader: LiveClusterReader, kind: RequestKind = .read, waitsForTopics: Bool = true) {
        self.reader = reader.timed
        self.kind = kind
        self.waitsForTopics = waitsForTopics
    }

    typealias Ask<Success> =
        @Sendable (_ leader: Int32, _ partitions: [TopicPartition]) async throws(KafkaError) -> [TopicPartition: Result<
            Success, KafkaError
        >]

    /// One result per partition, in order. `first`: what a first round has brought, made by who knows a faster way; nil: it is
    /// made here.
    func results<Success: Sendable>(
        for partitions: [TopicPartition], after first: [TopicPartition: Result<Success, KafkaError>]? = nil,
        _ api: APIKey, _ ask: @escaping Ask<Success>
    ) async -> [ItemResult<TopicPartition, Success>] {
        var found: [TopicPartition: Result<Success, KafkaError>] = [:]
        var doubts: [TopicPartition: KafkaErrorCode] = [:]
        var open = Array(Set(partitions)).sorted()
        let attempts = min(Self.attempts, reader.sender.attempts)
        for attempt in 1...attempts where !open.isEmpty {
            let answers = if attempt == 1, let first { first } else { await round(open, api, ask) }
            for (partition, result) in answers {
                // Nothing new about a partition for which there was no time left.
                if case .failure(let error) = result, error.isOutOfTime, found[partition] != nil { continue }
                found[partition] = result
                guard kind == .write, case .failure(let error) = result, error.api == api,
                    let code = error.serverCode, code.leavesDoubt, doubts[partition] == nil
                else { continue }
                doubts[partition] = code
            }
            open = open.filter { partition in
                if case .failure(let error) = found[partition] { mayHelp(error, attempt) } else { false }
            }
            guard !open.isEmpty, attempt < attempts, !Task.isCancelled else { break }
            let pause = min(Self.longestPause, Self.pause * attempt)
            guard reader.hasTime(for: pause) else { break }
            do { try await reader.time.sleep(for: pause) } catch { break }
        }
        return partitions.map { partition in
            let result = found[partition] ?? .failure(.noResult(api, "\(partition)", kind: kind))
            return ItemResult(item: partition, result: result.doubted(because: doubts[partition], api))
        }
    }

    /// Whether to look the leader up again: it says that it is none, it is not in the cluster any more, or it does not answer.
    private func mayHelp(_ error: KafkaError, _ attempt: Int) -> Bool {
        switch error.code {
        case .unknownNode, .unreachable: return true
        case .timedOut: return !error.isOutOfTime
        case .server(let code):
            // What was just made is known everywhere soon; what does not exist is not waited for as an election is.
            if code == .unknownTopicOrPartition {
                return attempt < Self.attemptsForUnknown && (waitsForTopics || error.api != .metadata)
            }
            guard attempt < Self.attemptsForElection else { return false }
            if kind == .read { return code.isRetriable }
            return [
                .leaderNotAvailable, .notLeaderOrFollower, .brokerNotAvailable, .replicaNotAvailable,
                .kafkaStorageError,
            ].contains(code)
        default: return false
        }
    }

    private func round<Success: Sendable>(
        _ partitions: [TopicPartition], _ api: APIKey, _ ask: @escaping Ask<Success>
    ) async -> [TopicPartition: Result<Success, KafkaError>] {
        var found: [TopicPartition: Result<Success, KafkaError>] = [:]
        var byLeader: [Int32: [TopicPartition]] = [:]
        do throws(KafkaError) {
            let snapshot = try await reader.snapshot(
                topics: Array(Set(partitions.map(\.topic))).sorted(), from: .any)
            let leaders = snapshot.leaders
            var errors: [String: KafkaErrorCode] = [:]
            for topic in snapshot.topics { errors[topic.name] = topic.error }
            for partition in partitions {
                let leader = leaders[partition]
                if let leader, leader >= 0 {
                    byLeader[leader, default: []].append(partition)
                } else {
                    let code = leader == nil ? errors[partition.topic] ?? .unknownTopicOrPartition : .leaderNotAvailable
                    // Who is looked for has not been asked anything yet.
                    found[partition] = .failure(.answered(code, api: .metadata, about: "\(partition)"))
                }
            }
        } catch {
            for partition in partitions { found[partition] = .failure(error) }
            return found
        }
        let parts = byLeader.sorted { $0.key < $1.key }.map { Part(leader: $0.key, partitions: $0.value) }
        for answer in await reader.each(
            parts, { part throws(KafkaError) in try await ask(part.leader, part.partitions) })
        {
            for partition in answer.item.partitions {
                switch answer.result {
                case .success(let results):
                    found[partition] = results[partition] ?? .failure(.noResult(api, "\(partition)", kind: kind))
                case .failure(let error): found[partition] = .failure(error)
                }
            }
        }
        return found
    }

    private struct Part: Sendable {
        var leader: Int32
        var partitions: [TopicPartition]
    }

    /// Bounds the rounds to a leader that does not answer; the deadline usually does.
    private static var attempts: Int { 40 }
    /// With growing pauses about five seconds, which an election takes.
    private static var attemptsForElection: Int { 10 }
    private static var pause: Duration { .milliseconds(100) }
    private static var longestPause: Duration { .seconds(1) }
    /// About a second.
    private static var attemptsForUnknown: Int { 5 }
}

extension LiveClusterReader {
    var leaders: LeaderCalls { LeaderCalls(self) }
}
