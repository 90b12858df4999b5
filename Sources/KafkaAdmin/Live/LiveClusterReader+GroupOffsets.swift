import EventLoop
import KafkaWire

extension LiveClusterReader {
    package typealias Commits = [ItemResult<TopicPartition, CommittedOffset?>]

    package func committedOffsets(
        _ queries: [GroupOffsetQuery], stable: Bool
    ) async throws(KafkaError) -> [ItemResult<String, Commits>] {
        guard deadline != nil else { return try await timed.committedOffsets(queries, stable: stable) }
        var wanted: [String: [TopicPartition]?] = [:]
        // One question a group: of a repeated one, the wider.
        for query in queries {
            if let known = wanted[query.group] {
                wanted[query.group] = .some(known.flatMap { known in query.partitions.map { known + $0 } })
            } else {
                wanted[query.group] = .some(query.partitions)
            }
        }
        let questions = wanted
        var found = await ask(queries.map(\.group), questions, stable: stable)
        for attempt in 1...Self.unstableAttempts {
            // UNSTABLE_OFFSET_COMMIT: a transaction is about to end.
            let unstable = found.filter { answer in
                guard case .success(let commits) = answer.result else { return false }
                return commits.contains { commit in
                    if case .failure(let error) = commit.result {
                        error.serverCode == .unstableOffsetCommit
                    } else {
                        false
                    }
                }
            }.map(\.item)
            guard !unstable.isEmpty, hasTime(for: Self.unstablePause * attempt) else { break }
            do { try await time.sleep(for: Self.unstablePause * attempt) } catch {
                throw KafkaError(.cancelled, "OffsetFetch was cancelled", api: .offsetFetch)
            }
            let again = await ask(unstable, questions, stable: stable)
            for answer in again {
                for index in found.indices where found[index].item == answer.item { found[index] = answer }
            }
        }
        return found
    }

    /// With growing pauses about five seconds.
    private static var unstableAttempts: Int { 10 }
    private static var unstablePause: Duration { .milliseconds(100) }

    private func ask(
        _ ids: [String], _ wanted: [String: [TopicPartition]?], stable: Bool
    ) async -> [ItemResult<String, Commits>] {
        await groups.results(for: ids, .offsetFetch) { node, keys throws(KafkaError) in
            let request = OffsetFetchRequest(
                groups: keys.map { key in
                    .init(
                        groupId: key,
                        topics: (wanted[key] ?? nil)?.groupedByTopic.map {
                            .init(name: $0.topic, partitionIndexes: $0.partitions)
                        })
                }, requireStable: stable)
            do throws(KafkaError) {
                let answer = try await ask(request, of: node).response
                return Self.commits(answer.groups, wanted)
            } catch let error where error.code == .unsupportedVersion {
                // Before v8 (3.0) a request asks for one group.
                var found: [String: Result<Commits, KafkaError>] = [:]
                for key in keys {
                    found[key] = await one(key, wanted[key] ?? nil, of: node, stable: stable)
                }
                return found
            }
        }
    }

    private func one(
        _ group: String, _ partitions: [TopicPartition]?, of node: Int32, stable: Bool
    ) async -> Result<Commits, KafkaError> {
        let request = OffsetFetchRequest(
            groupId: group,
            topics: partitions?.groupedByTopic.map { .init(name: $0.topic, partitionIndexes: $0.partitions) },
            requireStable: stable)
        do throws(KafkaError) {
            let answer = try await ask(request, of: node).response
            try check(answer.errorCode, nil, .offsetFetch, group)
            let found = answer.topics.flatMap { topic in
                topic.partitions.map {
                    Fetched(
                        partition: TopicPartition(topic.name, $0.partitionIndex), code: $0.errorCode,
                        offset: $0.committedOffset, leaderEpoch: $0.committedLeaderEpoch, metadata: $0.metadata)
                }
            }
            return .success(Self.commits(found, partitions))
        } catch {
            return .failure(error)
        }
    }

    private struct Fetched {
        var partition: TopicPartition
        var code: KafkaErrorCode
        var offset: Int64
        var leaderEpoch: Int32
        var metadata: String?
    }

    private static func commits(
        _ groups: [OffsetFetchResponse.Group], _ wanted: [String: [TopicPartition]?]
    ) -> [String: Result<Commits, KafkaError>] {
        var found: [String: Result<Commits, KafkaError>] = [:]
        for group in groups where found[group.groupId] == nil {
            if group.errorCode.isError {
                found[group.groupId] = .failure(.answered(group.errorCode, api: .offsetFetch, about: group.groupId))
                continue
            }
            let fetched = group.topics.flatMap { topic in
                topic.partitions.map {
                    Fetched(
                        partition: TopicPartition(topic.name, $0.partitionIndex), code: $0.errorCode,
                        offset: $0.committedOffset, leaderEpoch: $0.committedLeaderEpoch, metadata: $0.metadata)
                }
            }
            found[group.groupId] = .success(commits(fetched, wanted[group.groupId] ?? nil))
        }
        return found
    }

    /// Every partition that was asked for has its result; partitions are asked for by name, or all that were answered.
    private static func commits(_ fetched: [Fetched], _ wanted: [TopicPartition]?) -> Commits {
        var found: [TopicPartition: Result<CommittedOffset?, KafkaError>] = [:]
        for item in fetched where found[item.partition] == nil {
            if item.code.isError {
                found[item.partition] = .failure(
                    .answered(item.code, api: .offsetFetch, about: "\(item.partition)"))
            } else {
                found[item.partition] = .success(
                    item.offset < 0
                        ? nil
                        : CommittedOffset(
                            offset: item.offset, leaderEpoch: item.leaderEpoch, metadata: item.metadata ?? ""))
            }
        }
        return (wanted ?? found.keys.sorted()).map {
            // Kafka leaves out what we may not describe.
            ItemResult(item: $0, result: found[$0] ?? .failure(.noResult(.offsetFetch, "\($0)")))
        }
    }
}
