import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Describes groups of every kind.
///
/// 1. All groups are listed, so that a broker that is silent fails the step. 2. Those that are meant are described by their
/// coordinators. 3. Where wanted, their commits are compared with the ends: a share group stands where it says itself.
struct DescribeGroups: CatalogedAction {
    static let reference = ActionReference(
        name: "kafka.describe_groups",
        summary: "Describe groups, with their lag",
        details: """
            Groups of every kind: classic, consumer, share, streams. A name without a wildcard must exist. `lag_total` is null without \
            `lag`, and where the lag of some partition is not known: unknown is not zero.
            """,
        parameters: [
            .init("groups", .list(.string), default: ["*"], "Names and globs"),
            .init("lag", .bool, default: true, "With the lag"),
            .init("partitions", .bool, default: false, "With the lag of each partition"),
        ],
        result: RecordType([
            .init(
                "groups",
                .listOf(
                    .init("id", .string), .init("type", .optional(.string)), .init("state", .string),
                    .init("protocol_type", .string),
                    .init(
                        "members",
                        .listOf(
                            .init("id", .string), .init("client_id", .string), .init("host", .string),
                            .init("instance", .optional(.string)), .init("partitions", .int))),
                    .init("coordinator", .int), .init("lag_total", .optional(.int)),
                    .init("lag_max", .optional(.int), "Of one partition"),
                    .init(
                        "partitions",
                        .optional(
                            .listOf(
                                .init("topic", .string), .init("partition", .int), .init("offset", .optional(.int)),
                                .init("end", .optional(.int)), .init("lag", .optional(.int)),
                                .init("error", .optional(.string)))), "Null unless asked for")), "By id"),
            .init("lag_total", .optional(.int), "Of all of them; null where one is not known"),
        ]),
        effect: .read, target: .cluster,
        example: """
            - kafka.describe_groups: {groups: ["payments-*"]}
              register: readers
            - assert: {that: ["readers.lag_total is not none"]}
            """,
        shorthand: "groups")

    private let filter: TopicFilter
    private let withLag: Bool
    private let withPartitions: Bool

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        filter = TopicFilter(try arguments.texts("groups") ?? ["*"])
        withPartitions = try arguments.flag("partitions")
        withLag = try arguments.flag("lag", default: true) || withPartitions
    }

    /// Where a group stands in a partition.
    private struct Place: Sendable {
        var partition: TopicPartition
        var offset: Int64?
        var end: Int64?
        var lag: Int64?
        var error: String?
    }

    func read(in context: ReadContext) async throws -> ActionOutcome {
        let reader = try context.requireCluster(for: Self.reference.name)
        // Names are looked for among those that we may see; only a pattern needs all there are.
        let known = try await filter.names == nil ? GroupNames.all(reader) : GroupNames.visible(reader)
        let listed = known.filter { filter.matches($0.id) }
        if let missing = filter.names?.first(where: { name in !listed.contains { $0.id == name } }) {
            try await Visibility(reader).requireGroups()
            throw StepFailure(.failed, "there is no group \(missing)")
        }
        let ids = listed.map(\.id)
        let answers = try await kafka("the groups cannot be described") { () throws(KafkaError) in
            try await reader.describeGroups(ids, type: nil)
        }
        var found: [GroupDescription] = []
        for answer in answers {
            do throws(KafkaError) { found.append(try answer.result.get()) } catch {
                // It was deleted in between.
                if error.serverCodeNumber == 69 { continue }
                throw StepFailure(error, doing: "the group \(answer.item) cannot be described")
            }
        }
        let groups = found
        let places = await concurrently(groups, limit: ClusterFactReader.concurrency) { group in
            withLag ? await Self.places(of: group, reader) : nil
        }
        let records = zip(groups, places).map { record($0, $1) }
        let totals = records.map { $0["lag_total"]?.intValue }
        return ActionOutcome(
            .ok, result: ["groups": .list(records), "lag_total": .optional(Self.sum(totals))])
    }

    /// Nil where one is not known.
    private static func sum(_ numbers: [Int64?]) -> Int64? {
        var total: Int64 = 0
        for number in numbers {
            guard let number else { return nil }
            let (sum, isTooMuch) = total.addingReportingOverflow(number)
            total = isTooMuch ? .max : sum
        }
        return total
    }

    private static func places(of group: GroupDescription, _ reader: any ClusterReader) async -> [Place] {
        do throws(KafkaError) {
            if group.type == .share { return try await sharePlaces(of: group, reader) }
            let assigned = group.members.flatMap { $0.assignment ?? [] }
            return try await reader.groupLag(group.id, partitions: assigned, readCommitted: false).map { answer in
                do throws(KafkaError) {
                    let lag = try answer.result.get()
                    return Place(
                        partition: answer.item, offset: lag.committed, end: lag.end, lag: lag.lag ?? lag.end)
                } catch {
                    return Place(partition: answer.item, error: error.message)
                }
            }
        } catch {
            return [Place(partition: TopicPartition("?", -1), error: error.message)]
        }
    }

    private static func sharePlaces(
        of group: GroupDescription, _ reader: any ClusterReader
    ) async throws(KafkaError) -> [Place] {
        let answers = try await reader.shareGroupOffsets([GroupOffsetQuery(group: group.id)])
        guard let offsets = try answers.first?.result.get() else { return [] }
        return offsets.map { answer in
            do throws(KafkaError) {
                let offset = try answer.result.get()
                return Place(
                    partition: answer.item, offset: offset?.start, lag: offset?.lag,
                    error: offset?.lag == nil ? "the broker does not tell the lag" : nil)
            } catch {
                return Place(partition: answer.item, error: error.message)
            }
        }
    }

    private func record(_ group: GroupDescription, _ places: [Place]?) -> Value {
        let lags = places?.map(\.lag)
        let members = group.members.map { member -> Value in
            [
                "id": .string(member.id), "client_id": .string(member.clientID), "host": .string(member.clientHost),
                "instance": .optional(member.instanceID),
                "partitions": .int(Int64(member.assignment?.count ?? member.tasks.count)),
            ]
        }
        let list = places?.map { place -> Value in
            [
                "topic": .string(place.partition.topic), "partition": .int(Int64(place.partition.partition)),
                "offset": .optional(place.offset), "end": .optional(place.end), "lag": .optional(place.lag),
                "error": .optional(place.error),
            ]
        }
        return [
            "id": .string(group.id), "type": .string(group.type.rawValue.lowercased()),
            "state": .string(group.state), "protocol_type": .string(group.protocolType),
            "members": .list(members), "coordinator": .int(Int64(group.coordinator)),
            "lag_total": .optional(lags.flatMap(Self.sum)),
            "lag_max": .optional(lags.flatMap { $0.contains(nil) ? nil : $0.compactMap(\.self).max() ?? 0 }),
            "partitions": withPartitions ? .list(list ?? []) : .null,
        ]
    }
}
