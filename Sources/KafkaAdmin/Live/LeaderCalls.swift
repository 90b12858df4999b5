import EventLoop
import KafkaWire

/// Calls to the leaders of partitions: finds them, sends each what it leads, and follows partitions whose leader moves.
///
/// A broker that says that it does not lead a partition has done nothing there, so that a write may be sent again too.
struct LeaderCalls: Sendable {
    let reader: LiveClusterReader
    /// A write that is answered without a result may have been done.
    var kind = RequestKind.read

    typealias Ask<Success> =
        @Sendable (_ leader: Int32, _ partitions: [TopicPartition]) async throws(KafkaError) -> [TopicPartition: Result<
            Success, KafkaError
        >]

    /// One result per partition, in order.
    func results<Success: Sendable>(
        for partitions: [TopicPartition], _ api: APIKey, _ ask: @escaping Ask<Success>
    ) async -> [ItemResult<TopicPartition, Success>] {
        var found: [TopicPartition: Result<Success, KafkaError>] = [:]
        var open = Array(Set(partitions)).sorted()
        for attempt in 1...Self.attempts where !open.isEmpty {
            for (partition, result) in await round(open, api, ask) { found[partition] = result }
            open = open.filter { partition in
                if case .failure(let error) = found[partition] { mayHelp(error, attempt) } else { false }
            }
            guard !open.isEmpty, attempt < Self.attempts, !Task.isCancelled else { break }
            do { try await reader.time.sleep(for: Self.pause * attempt) } catch { break }
        }
        return partitions.map { ItemResult(item: $0, result: found[$0] ?? .failure(.noResult(api, "\($0)"))) }
    }

    /// Whether to look the leader up again: it says that it is none, or it is not in the cluster any more.
    private func mayHelp(_ error: KafkaError, _ attempt: Int) -> Bool {
        guard case .server(let code) = error.code else { return error.code == .unknownNode }
        // What was just made is known everywhere soon; what does not exist is not waited for as an election is.
        if code == .unknownTopicOrPartition { return attempt < Self.attemptsForUnknown }
        if kind == .read { return code.isRetriable }
        return [.leaderNotAvailable, .notLeaderOrFollower, .brokerNotAvailable, .replicaNotAvailable].contains(code)
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
                    found[partition] = .failure(.answered(code, api: api, about: "\(partition)"))
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

    /// With growing pauses about five seconds, which an election takes.
    private static var attempts: Int { 10 }
    private static var pause: Duration { .milliseconds(100) }
    /// About a second.
    private static var attemptsForUnknown: Int { 5 }
}

extension LiveClusterReader {
    var leaders: LeaderCalls { LeaderCalls(reader: self) }
}
