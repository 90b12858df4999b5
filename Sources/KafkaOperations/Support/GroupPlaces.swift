package import KafkaAdmin

/// Where a group stands, partition by partition: what `opsrun group` shows and kafka.describe_groups answers.
///
/// A partition without a commit has no lag: where the group will begin there is decided by its members (`auto.offset.reset`), so
/// that neither zero nor the end would be true. It is counted in `withoutCommit`.
package struct GroupPlaces: Sendable {
    package struct Place: Sendable {
        package var partition: TopicPartition
        /// Nil: nothing is committed. Of a share group the first record that it is not done with; nil: it has not begun.
        package var committed: Int64?
        /// Nil: it could not be asked, or, of a share group, nobody tells it.
        package var end: Int64?
        package var lag: Int64?
        /// Those that it is assigned to; a share group may have several.
        package var members: [GroupMember]
        package var problem: String?

        package init(
            partition: TopicPartition, committed: Int64? = nil, end: Int64? = nil, lag: Int64? = nil,
            members: [GroupMember] = [], problem: String? = nil
        ) {
            self.partition = partition
            self.committed = committed
            self.end = end
            self.lag = lag
            self.members = members
            self.problem = problem
        }
    }

    /// By topic and number.
    package let places: [Place]
    /// The group commits offsets; a share group's are kept elsewhere.
    package let commitsOffsets: Bool
    /// Where a share group stands could be asked.
    private let knowsShares: Bool

    /// UNKNOWN_TOPIC_OR_PARTITION.
    private static let unknownPartition: Int16 = 3

    /// Asks for its offsets and the ends.
    package static func read(
        _ group: GroupDescription, _ reader: any ClusterReader
    ) async throws(KafkaError) -> GroupPlaces {
        if group.type == .share { return GroupPlaces(group, shares: try await shares(group.id, reader)) }
        let assigned = assignments(of: group).map(\.partition)
        return GroupPlaces(group, try await reader.groupLag(group.id, partitions: assigned, readCommitted: false))
    }

    /// Where a share group stands; nil from brokers that cannot tell.
    private static func shares(
        _ name: String, _ reader: any ClusterReader
    ) async throws(KafkaError) -> [ItemResult<TopicPartition, ShareOffset?>]? {
        do throws(KafkaError) {
            return try await reader.shareGroupOffsets([GroupOffsetQuery(group: name)]).first?.result.get()
        } catch {
            guard error.code == .unsupportedVersion else { throw error }
            return nil
        }
    }

    /// Who has what. A task of a streams group is a partition of every topic that its subtopology reads.
    private static func assignments(
        of group: GroupDescription
    ) -> [(partition: TopicPartition, member: GroupMember)] {
        var topics: [String: [String]] = [:]
        for part in group.subtopologies { topics[part.id, default: []] += part.sourceTopics }
        return group.members.flatMap { member in
            let tasks = member.tasks.filter { $0.kind == .active }.flatMap { task in
                (topics[task.subtopology] ?? []).map { TopicPartition($0, task.partition) }
            }
            return ((member.assignment ?? []) + tasks).map { ($0, member) }
        }
    }

    /// `shares` nil: not of a share group, or not known.
    package init(
        _ group: GroupDescription, _ lags: [ItemResult<TopicPartition, PartitionLag>] = [],
        shares: [ItemResult<TopicPartition, ShareOffset?>]? = nil
    ) {
        commitsOffsets = group.type != .share
        knowsShares = shares != nil
        var owners: [TopicPartition: [GroupMember]] = [:]
        for (partition, member) in Self.assignments(of: group) { owners[partition, default: []].append(member) }
        var found = lags.compactMap { answer -> Place? in
            let members = owners[answer.item] ?? []
            switch answer.result {
            case .success(let lag):
                return Place(
                    partition: answer.item, committed: lag.committed, end: lag.end, lag: lag.lag, members: members)
            case .failure(let error):
                // Topics of one subtopology may differ in size: a task stands for what there is.
                if group.type == .streams, error.serverCodeNumber == Self.unknownPartition { return nil }
                return Place(partition: answer.item, members: members, problem: error.message)
            }
        }
        if group.type == .share {
            for answer in shares ?? [] {
                let members = owners[answer.item] ?? []
                switch answer.result {
                case .success(let offset):
                    found.append(
                        Place(partition: answer.item, committed: offset?.start, lag: offset?.lag, members: members))
                case .failure(let error):
                    found.append(Place(partition: answer.item, members: members, problem: error.message))
                }
            }
            let known = Set(found.map(\.partition))
            found += owners.filter { !known.contains($0.key) }.map { Place(partition: $0.key, members: $0.value) }
        }
        places = found.sorted { $0.partition < $1.partition }
    }

    /// What is behind in all of the partitions in which it stands somewhere. Nil when one of them could not be asked, and for a
    /// share group of which nobody tells it: a sum that leaves something out would look like less than there is.
    package var lagTotal: Int64? {
        guard commitsOffsets || knowsShares, places.allSatisfy({ $0.problem == nil }) else { return nil }
        // Brokers that know where a share group stands do not always know how far that is from the end.
        guard commitsOffsets || places.allSatisfy({ $0.lag != nil || $0.committed == nil }) else { return nil }
        return Self.sum(places.map { $0.lag ?? 0 })
    }

    /// Partitions that it has, or has been given, and where nothing is committed.
    package var withoutCommit: Int {
        commitsOffsets || knowsShares ? places.count { $0.problem == nil && $0.committed == nil } : 0
    }

    /// Never more than fits.
    package static func sum(_ numbers: some Sequence<Int64>) -> Int64 {
        numbers.reduce(Int64(0)) { sum, number in
            let (total, isTooMuch) = sum.addingReportingOverflow(number)
            return isTooMuch ? .max : total
        }
    }
}
