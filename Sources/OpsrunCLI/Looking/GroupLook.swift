package import KafkaAdmin
internal import KafkaOperations
internal import Playbooks
package import Values

/// `opsrun group NAME`: how far it is behind in each partition, and who is in it.
package struct GroupLook: LookModel {
    struct Partition: Sendable {
        var partition: TopicPartition
        /// Nil: nothing is committed. Of a share group the first record that it is not done with; nil: it has not begun.
        var committed: Int64?
        /// Nil: it could not be asked.
        var end: Int64?
        var lag: Int64?
        /// Those that it is assigned to; a share group may have several.
        var members: [GroupMember]
        var problem: String?
    }

    private let group: GroupDescription
    private let partitions: [Partition]
    /// Where a share group stands could be asked.
    private let knowsShares: Bool

    /// The groups whose offsets are committed ones; a share group's are kept elsewhere.
    private var commitsOffsets: Bool { group.type != .share }

    package static let schema = RecordType([
        .init("name", .string), .init("type", .string, "Classic, Consumer, Share or Streams"),
        .init("state", .string, "in Kafka's words, such as Stable or Empty"),
        .init("protocol_type", .string, "such as consumer or connect; empty where there is none"),
        .init("assignor", .string, "empty where there is none"), .init("coordinator", .int),
        .init("epoch", .optional(.int), "null in classic groups"),
        .init("assignment_epoch", .optional(.int), "null in classic groups"),
        .init("topology_epoch", .optional(.int), "of streams groups"),
        .init(
            "lag_total", .optional(.int),
            "records behind the ends, of a share group those that it is not done with; null when a partition could not be "
                + "asked, and for a share group before 4.2"),
        .init("without_commit", .int, "partitions that are assigned and where nothing is committed"),
        .init(
            "partitions",
            .records(
                of:
                    .init("topic", .string), .init("partition", .int),
                .init(
                    "committed", .optional(.int), "null: nothing; of a share group the first record it is not done with"
                ),
                .init("end", .optional(.int), "the high watermark; null when it could not be asked"),
                .init("lag", .optional(.int), "null without a commit, and when it is not told"),
                .init("members", .list(.string), "those that it is assigned to"),
                .init("problem", .optional(.string), "why it could not be asked")), "by topic and number"),
        .init(
            "members",
            .records(
                of:
                    .init("id", .string), .init("instance_id", .optional(.string), "of a static member"),
                .init("client_id", .string), .init("host", .string), .init("rack", .optional(.string)),
                .init("epoch", .optional(.int), "null in classic groups"),
                .init("topology_epoch", .optional(.int), "of members of streams groups"),
                .init("subscribed_topics", .list(.string)), .init("subscribed_pattern", .optional(.string)),
                .init(
                    "partitions", .optional(.list(.string)),
                    "what it has, as TOPIC-NUMBER; null when it cannot be read")), "by client id, host and id"),
    ])

    /// 1. Find it among the groups of all brokers: they know its type, and a name that is not there has near ones. 2. Describe it
    /// as what it is; when a broker was silent, or a missing right may hide the group, it may be there all the same. 3. Look up
    /// its offsets and the ends.
    static func read(_ name: String, _ reader: any ClusterReader) async throws(LookFailure) -> GroupLook {
        let what = "group \(name) cannot be described"
        let listed: [GroupListing]
        let answer: ItemResult<String, GroupDescription>?
        do throws(KafkaError) {
            let (groups, problems) = parts(of: try await reader.listGroups(states: [], types: [])) { "\($0)" }
            listed = groups
            let known = groups.first { $0.id == name }
            var mayBeThere = known != nil || !problems.isEmpty
            if !mayBeThere { mayBeThere = try await Visibility(reader).groups() != nil }
            answer = mayBeThere ? try await reader.describeGroups([name], type: known?.type).first : nil
        } catch {
            throw LookFailure(error, what)
        }
        let group: GroupDescription
        switch answer?.result {
        case .success(let found)?: group = found
        case .failure(let error)? where error.serverCodeNumber != unknownGroup: throw LookFailure(error, what)
        default:
            throw .noMatch(
                "there is no group \(name)", hint: NearestName.hint(name, in: listed.map(\.id).sorted()))
        }
        do throws(KafkaError) {
            if group.type == .share { return GroupLook(group, shares: try await shares(name, reader)) }
            let assigned = assignments(of: group).map(\.partition)
            return GroupLook(group, try await reader.groupLag(name, partitions: assigned, readCommitted: false))
        } catch {
            throw LookFailure(error, "the offsets of group \(name) cannot be read")
        }
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

    /// GROUP_ID_NOT_FOUND.
    private static let unknownGroup: Int16 = 69
    /// UNKNOWN_TOPIC_OR_PARTITION.
    private static let unknownPartition: Int16 = 3

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
        knowsShares = shares != nil
        var group = group
        group.members.sort { ($0.clientID, $0.clientHost, $0.id) < ($1.clientID, $1.clientHost, $1.id) }
        self.group = group
        var owners: [TopicPartition: [GroupMember]] = [:]
        for (partition, member) in Self.assignments(of: group) { owners[partition, default: []].append(member) }
        var found = lags.compactMap { answer -> Partition? in
            let members = owners[answer.item] ?? []
            switch answer.result {
            case .success(let lag):
                return Partition(
                    partition: answer.item, committed: lag.committed, end: lag.end, lag: lag.lag, members: members)
            case .failure(let error):
                // Topics of one subtopology may differ in size: a task stands for what there is.
                if group.type == .streams, error.serverCodeNumber == Self.unknownPartition { return nil }
                return Partition(partition: answer.item, members: members, problem: error.message)
            }
        }
        if group.type == .share {
            for answer in shares ?? [] {
                let members = owners[answer.item] ?? []
                switch answer.result {
                case .success(let offset):
                    found.append(
                        Partition(
                            partition: answer.item, committed: offset?.start, lag: offset?.lag, members: members))
                case .failure(let error):
                    found.append(Partition(partition: answer.item, members: members, problem: error.message))
                }
            }
            let known = Set(found.map(\.partition))
            found += owners.filter { !known.contains($0.key) }.map { Partition(partition: $0.key, members: $0.value) }
        }
        partitions = found.sorted { $0.partition < $1.partition }
    }

    package var problems: [String] {
        partitions.compactMap { row in
            row.problem.map { "\(row.partition) cannot be asked: \($0)" }
        }
    }

    /// A sum that leaves something out would look like less than there is.
    private var totalLag: Int64? {
        guard commitsOffsets || knowsShares, partitions.allSatisfy({ $0.problem == nil }) else { return nil }
        // Brokers that know where a share group stands do not always know how far that is from the end.
        guard commitsOffsets || partitions.allSatisfy({ $0.lag != nil || $0.committed == nil }) else { return nil }
        return partitions.reduce(Int64(0)) { sum, row in
            let (total, isTooMuch) = sum.addingReportingOverflow(row.lag ?? 0)
            return isTooMuch ? .max : total
        }
    }

    private var withoutCommit: Int {
        commitsOffsets || knowsShares ? partitions.count { $0.problem == nil && $0.committed == nil } : 0
    }

    private static func partitions(of member: GroupMember) -> [String]? {
        guard member.tasks.isEmpty else { return member.tasks.map { "\($0.subtopology)_\($0.partition)" }.sorted() }
        return member.assignment?.sorted().map { "\($0)" }
    }

    package var document: ValueMap {
        [
            "name": .string(group.id), "type": .string(group.type.rawValue), "state": .string(group.state),
            "protocol_type": .string(group.protocolType), "assignor": .string(group.assignor),
            "coordinator": .int(Int64(group.coordinator)), "epoch": .orNull(group.groupEpoch.map(Int64.init)),
            "assignment_epoch": .orNull(group.assignmentEpoch.map(Int64.init)),
            "topology_epoch": .orNull(group.topologyEpoch.map(Int64.init)), "lag_total": .orNull(totalLag),
            "without_commit": .int(Int64(withoutCommit)),
            "partitions": .list(
                partitions.map { row in
                    [
                        "topic": .string(row.partition.topic), "partition": .int(Int64(row.partition.partition)),
                        "committed": .orNull(row.committed), "end": .orNull(row.end), "lag": .orNull(row.lag),
                        "members": .strings(row.members.map(\.id)), "problem": .orNull(row.problem),
                    ]
                }), "members": .list(group.members.map(Self.value)),
        ]
    }

    private static func value(_ member: GroupMember) -> Value {
        [
            "id": .string(member.id), "instance_id": .orNull(member.instanceID),
            "client_id": .string(member.clientID), "host": .string(member.clientHost),
            "rack": .orNull(member.rack), "epoch": .orNull(member.epoch.map(Int64.init)),
            "topology_epoch": .orNull(member.topologyEpoch.map(Int64.init)),
            "subscribed_topics": .strings(member.subscribedTopics.sorted()),
            "subscribed_pattern": .orNull(member.subscribedPattern),
            "partitions": partitions(of: member).map { .strings($0) } ?? .null,
        ]
    }

    package var tables: [LookTable] {
        let withoutCommit = withoutCommit
        var facts = [
            ("group", group.id), ("type", group.type.rawValue), ("state", group.state),
            ("coordinator", "\(group.coordinator)"), ("members", "\(group.members.count)"),
            ("lag", totalLag.map { "\($0)" } ?? LookCells.unknown),
        ]
        if !group.assignor.isEmpty { facts.insert(("assignor", group.assignor), at: 3) }
        if withoutCommit > 0 { facts.append(("without commit", "\(withoutCommit)")) }
        return [.facts(facts.map { (name: $0.0, value: $0.1) }), partitionTable, memberTable]
    }

    private var partitionTable: LookTable {
        LookTable(
            "Partitions",
            columns: [
                .init("TOPIC"), .init("PARTITION", number: true), .init("COMMITTED", number: true),
                .init("END", number: true), .init("LAG", number: true), .init("CLIENT"), .init("HOST", wide: true),
                .init("MEMBER", wide: true), .init("NOTE"),
            ],
            rows: partitions.map { row in
                func number(_ value: Int64?) -> String { value.map { "\($0)" } ?? LookCells.unknown }
                func all(_ field: (GroupMember) -> String) -> String {
                    row.members.isEmpty ? LookCells.unknown : row.members.map(field).joined(separator: ",")
                }
                let note = row.problem ?? (commitsOffsets && row.committed == nil ? "nothing committed" : "")
                return [
                    row.partition.topic, "\(row.partition.partition)", number(row.committed), number(row.end),
                    number(row.lag), all(\.clientID), all(\.clientHost), all(\.id), note,
                ]
            }, whenEmpty: commitsOffsets ? "nothing is committed or assigned" : "nothing is assigned")
    }

    private var memberTable: LookTable {
        LookTable(
            "Members",
            columns: [
                .init("CLIENT"), .init("HOST"), .init("INSTANCE"), .init("PARTITIONS", number: true),
                .init("EPOCH", number: true, wide: true), .init("MEMBER", wide: true), .init("HAS", wide: true),
            ],
            rows: group.members.map { member in
                let has = Self.partitions(of: member)
                return [
                    member.clientID, member.clientHost, member.instanceID ?? LookCells.unknown,
                    has.map { "\($0.count)" } ?? LookCells.unknown,
                    member.epoch.map { "\($0)" } ?? LookCells.unknown, member.id,
                    has.map { $0.joined(separator: ",") } ?? LookCells.unknown,
                ]
            }, whenEmpty: "no members")
    }

    package var names: [String] { partitions.map { "\($0.partition)" } }
}
