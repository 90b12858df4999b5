package import KafkaAdmin
internal import KafkaOperations
internal import Playbooks
package import Values

/// `opsrun group NAME`: how far it is behind in each partition, and who is in it.
package struct GroupLook: LookModel {
    private let group: GroupDescription
    private let places: GroupPlaces

    private var partitions: [GroupPlaces.Place] { places.places }
    private var commitsOffsets: Bool { places.commitsOffsets }

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
    package static func read(_ name: String, _ reader: any ClusterReader) async throws(LookFailure) -> GroupLook {
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
        case .success(let found)?: group = sorted(found)
        case .failure(let error)? where error.serverCodeNumber != unknownGroup: throw LookFailure(error, what)
        default:
            throw .noMatch(
                "there is no group \(name)", hint: NearestName.hint(name, in: listed.map(\.id).sorted()))
        }
        do throws(KafkaError) {
            return GroupLook(group, places: try await GroupPlaces.read(group, reader))
        } catch {
            throw LookFailure(error, "the offsets of group \(name) cannot be read")
        }
    }

    /// GROUP_ID_NOT_FOUND.
    private static let unknownGroup: Int16 = 69
    private init(_ group: GroupDescription, places: GroupPlaces) {
        self.group = group
        self.places = places
    }

    /// Those that share a partition are named in this order, too.
    private static func sorted(_ group: GroupDescription) -> GroupDescription {
        var group = group
        group.members.sort { ($0.clientID, $0.clientHost, $0.id) < ($1.clientID, $1.clientHost, $1.id) }
        return group
    }

    /// `shares` nil: not of a share group, or not known.
    package init(
        _ group: GroupDescription, _ lags: [ItemResult<TopicPartition, PartitionLag>] = [],
        shares: [ItemResult<TopicPartition, ShareOffset?>]? = nil
    ) {
        let group = Self.sorted(group)
        self.init(group, places: GroupPlaces(group, lags, shares: shares))
    }

    package var problems: [String] {
        partitions.compactMap { row in
            row.problem.map { "\(row.partition) cannot be asked: \($0)" }
        }
    }

    private static func partitions(of member: GroupMember) -> [String]? {
        guard member.tasks.isEmpty else { return member.tasks.map { "\($0.subtopology)_\($0.partition)" }.sorted() }
        return member.assignment?.sorted().map { "\($0)" }
    }

    package var document: ValueMap {
        var document = ValueMap(facts.map { ("\($0.key)", $0.value) })
        document["partitions"] = .list(
            partitions.map { row in
                [
                    "topic": .string(row.partition.topic), "partition": .int(Int64(row.partition.partition)),
                    "committed": .orNull(row.committed), "end": .orNull(row.end), "lag": .orNull(row.lag),
                    "members": .strings(row.members.map(\.id)), "problem": .orNull(row.problem),
                ]
            })
        document["members"] = .list(group.members.map(Self.value))
        return document
    }

    package func write(to json: inout LookJSON) {
        json.object { json in
            for (key, value) in facts { json.field(key, value) }
            json.key("partitions")
            json.list(partitions) { json, row in
                json.object { json in
                    json.field("topic", row.partition.topic)
                    json.field("partition", Int64(row.partition.partition))
                    json.field("committed", row.committed)
                    json.field("end", row.end)
                    json.field("lag", row.lag)
                    json.key("members")
                    json.list(row.members) { $0.write($1.id) }
                    json.field("problem", row.problem)
                }
            }
            json.field("members", .list(group.members.map(Self.value)))
        }
    }

    /// The fields before the lists.
    private var facts: [(key: StaticString, value: Value)] {
        [
            ("name", .string(group.id)), ("type", .string(group.type.rawValue)), ("state", .string(group.state)),
            ("protocol_type", .string(group.protocolType)), ("assignor", .string(group.assignor)),
            ("coordinator", .int(Int64(group.coordinator))), ("epoch", .orNull(group.groupEpoch.map(Int64.init))),
            ("assignment_epoch", .orNull(group.assignmentEpoch.map(Int64.init))),
            ("topology_epoch", .orNull(group.topologyEpoch.map(Int64.init))), ("lag_total", .orNull(places.lagTotal)),
            ("without_commit", .int(Int64(places.withoutCommit))),
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
        let withoutCommit = places.withoutCommit
        var rows = [
            ("group", group.id), ("type", group.type.rawValue), ("state", group.state),
            ("coordinator", "\(group.coordinator)"), ("members", "\(group.members.count)"),
            ("lag", places.lagTotal.map { "\($0)" } ?? LookCells.unknown),
        ]
        if !group.assignor.isEmpty { rows.insert(("assignor", group.assignor), at: 3) }
        if withoutCommit > 0 { rows.append(("without commit", "\(withoutCommit)")) }
        return [.facts(rows.map { (name: $0.0, value: $0.1) }), partitionTable, memberTable]
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
