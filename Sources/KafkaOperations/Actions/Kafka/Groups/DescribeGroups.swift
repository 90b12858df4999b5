import EventLoop
import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Describes groups of every kind.
///
/// 1. All groups are listed, so that a broker that is silent fails the step. 2. Those that are meant are described by their
/// coordinators. 3. Where wanted, their places are compared with the ends, as `opsrun group` does it (`GroupPlaces`). 4. Where
/// wanted, the age of the oldest record that each has not read is searched for (`OldestUnread`). 5. With `over`, all of it is
/// looked at twice.
struct DescribeGroups: CatalogedAction {
    static let reference = ActionReference(
        name: "kafka.describe_groups",
        summary: "Describe groups, with their lag",
        details: """
            Groups of every kind: classic, consumer, share, streams. A name without a wildcard must exist, unless `must_exist` is \
            false. A partition without a commit has no lag and is counted in `without_commit`; `lag_total` is null without `lag`, \
            and where a partition cannot be asked: unknown is not zero. Ages are right to a hundredth or a second, and go by the \
            records' timestamps.
            """,
        parameters: [
            .init("groups", .list(.string), default: ["*"], "Names and globs"),
            .init("lag", .bool, default: true, "With the lag"),
            .init("partitions", .bool, default: false, "With the lag of each partition"),
            .init(
                "age", .bool, default: false,
                "With the age of the oldest record that is not read: a few requests a group"),
            .optional("over", .duration, "Look twice, so long apart, and tell `lag_rate`"),
            .init("must_exist", .bool, default: true, "Fail where there is no group of a name"),
        ],
        result: RecordType([
            .init("groups", .list(.record(RecordType(groupFields))), "By id"),
            .init("lag_total", .optional(.int), "Of all of them; null where one is not known"),
            .init(
                "lag_rate", .optional(.float),
                "Records a second by which `lag_total` grew, negative where it shrank; null without `over`, and where it is not known"
            ),
            .init(
                "max_age", .optional(.duration),
                "The largest `oldest_unread_age`; null without `age`, and where one is not known"),
            .init(
                "slowest", .optional(.string),
                "The group with the largest age, without `age` the largest lag; null when none is behind"),
            .init("topics", .list(.string), "What they have read from or been given"),
            .init("missing", .list(.string), "Names of which there is no group"),
            .init("nearest", .list(.string), "Groups whose names are nearest to those"),
        ]),
        effect: .read, target: .cluster,
        example: """
            - kafka.describe_groups: {groups: ["payments-*"], age: true}
              register: readers
            - assert: {that: ["readers.max_age is not none and readers.max_age < ('10m' | duration)"]}
            """,
        shorthand: "groups")

    private static let groupFields: [RecordType.Field] = [
        .init("id", .string), .init("type", .optional(.string)), .init("state", .string),
        .init("protocol_type", .string),
        .init(
            "members",
            .listOf(
                .init("id", .string), .init("client_id", .string), .init("host", .string),
                .init("instance", .optional(.string)), .init("partitions", .int))),
        .init("coordinator", .int), .init("lag_total", .optional(.int), "Of the partitions with a commit"),
        .init("lag_max", .optional(.int), "Of one partition"),
        .init("without_commit", .optional(.int), "Partitions that it has, without a commit; null without `lag`"),
        .init("oldest_unread_age", .optional(.duration), "Null unless asked for, and where it is not known"),
        .init("error", .optional(.string), "Why its lag cannot be told"),
        .init(
            "partitions",
            .optional(
                .listOf(
                    .init("topic", .string), .init("partition", .int), .init("offset", .optional(.int)),
                    .init("end", .optional(.int)), .init("lag", .optional(.int)),
                    .init("error", .optional(.string)))), "Null unless asked for"),
    ]

    private let filter: TopicFilter
    private let withLag: Bool
    private let withPartitions: Bool
    private let withAge: Bool
    private let interval: Duration?
    private let mustExist: Bool

    private static let longest: Duration = .seconds(600)
    /// GROUP_ID_NOT_FOUND.
    private static let unknownGroup: Int16 = 69

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        filter = TopicFilter(try arguments.texts("groups") ?? ["*"])
        withPartitions = try arguments.flag("partitions")
        withAge = try arguments.flag("age")
        interval = arguments["over"]?.isNull == false ? try arguments.duration("over") : nil
        mustExist = try arguments.flag("must_exist", default: true)
        withLag = try arguments.flag("lag", default: true) || withPartitions || withAge || interval != nil
        if let interval, interval <= .zero || interval > Self.longest {
            throw arguments.failure("`over` is more than nothing and at most \(Self.longest.text)")
        }
    }

    /// Where a group stands, or why that cannot be told.
    private struct Standing: Sendable {
        var places: GroupPlaces?
        var age: Duration?
        var error: String?
    }

    func read(in context: ReadContext) async throws -> ActionOutcome {
        let reader = try context.requireCluster(for: Self.reference.name)
        // Names are looked for among those that we may see; only a pattern needs all there are.
        let isPattern = filter.globs.contains(where: \.isPattern)
        let known = try await isPattern ? GroupNames.all(reader) : GroupNames.visible(reader)
        let names = Set(known.map(\.id))
        let missing = filter.missing(from: names)
        if let first = missing.first {
            try await Visibility(reader).requireGroups()
            guard !mustExist else {
                throw StepFailure(
                    .failed, "there is no group \(first)", nextAction: NearestName.hint(first, in: names.sorted()))
            }
        }
        let groups = try await describe(known.map(\.id).filter { filter.matches($0) }, reader)
        var before: Int64?
        let start = context.time.monotonic
        if let interval {
            before = Self.total(await stand(groups, reader, now: nil))
            try await context.time.sleep(for: interval)
        }
        let seconds = max((context.time.monotonic - start) / .seconds(1), 0.001)
        let standings = await stand(groups, reader, now: withAge ? context.time.sinceEpoch.milliseconds : nil)
        let total = Self.total(standings)
        var rate: Double?
        if let before, let total { rate = (Double(total) - Double(before)) / seconds }
        var result = summary(groups, standings)
        result["lag_total"] = .optional(total)
        result["lag_rate"] = rate.map(Value.float) ?? .null
        result["missing"] = .texts(missing)
        let sorted = names.sorted()
        result["nearest"] = .texts(Set(missing.compactMap { NearestName.find($0, in: sorted) }).sorted())
        return ActionOutcome(.ok, result: result)
    }

    private func describe(
        _ ids: [String], _ reader: any ClusterReader
    ) async throws(StepFailure) -> [GroupDescription] {
        let answers = try await kafka("the groups cannot be described") { () throws(KafkaError) in
            try await reader.describeGroups(ids, type: nil)
        }
        var found: [GroupDescription] = []
        for answer in answers {
            do throws(KafkaError) { found.append(try answer.result.get()) } catch {
                // It was deleted in between.
                if error.serverCodeNumber == Self.unknownGroup { continue }
                throw StepFailure(error, doing: "the group \(answer.item) cannot be described")
            }
        }
        return found
    }

    /// `now` nil: without ages.
    private func stand(_ groups: [GroupDescription], _ reader: any ClusterReader, now: Int64?) async -> [Standing] {
        guard withLag else { return groups.map { _ in Standing() } }
        return await concurrently(groups, limit: ClusterFactReader.concurrency) { group in
            do throws(KafkaError) {
                let places = try await GroupPlaces.read(group, reader)
                guard let now else { return Standing(places: places) }
                return Standing(places: places, age: try await OldestUnread.age(of: places, now: now, reader))
            } catch {
                return Standing(error: error.message)
            }
        }
    }

    /// Nil where one is not known.
    private static func total(_ standings: [Standing]) -> Int64? {
        let lags = standings.compactMap { $0.places?.lagTotal }
        return lags.count == standings.count ? GroupPlaces.sum(lags) : nil
    }

    private func summary(_ groups: [GroupDescription], _ standings: [Standing]) -> ValueMap {
        let ages = standings.compactMap(\.age)
        let behind = zip(groups, standings).filter { ($0.1.places?.lagTotal ?? 0) > 0 }
        let slowest = behind.max { one, other in
            let (older, younger) = (one.1.age ?? .zero, other.1.age ?? .zero)
            return older == younger
                ? (one.1.places?.lagTotal ?? 0) < (other.1.places?.lagTotal ?? 0) : older < younger
        }
        let topics = Set(standings.flatMap { $0.places?.places.map(\.partition.topic) ?? [] })
        return [
            "groups": .list(zip(groups, standings).map { record($0, $1) }),
            "max_age": withAge && ages.count == standings.count ? .duration(ages.max() ?? .zero) : .null,
            "slowest": .optional(slowest?.0.id), "topics": .texts(topics.sorted()),
        ]
    }

    private func record(_ group: GroupDescription, _ standing: Standing) -> Value {
        let members = group.members.map { member -> Value in
            [
                "id": .string(member.id), "client_id": .string(member.clientID), "host": .string(member.clientHost),
                "instance": .optional(member.instanceID),
                "partitions": .int(Int64(member.assignment?.count ?? member.tasks.count)),
            ]
        }
        let places = standing.places
        let list = places?.places.map { place -> Value in
            [
                "topic": .string(place.partition.topic), "partition": .int(Int64(place.partition.partition)),
                "offset": .optional(place.committed), "end": .optional(place.end), "lag": .optional(place.lag),
                "error": .optional(place.problem),
            ]
        }
        let largest = places.flatMap { $0.lagTotal == nil ? nil : $0.places.compactMap(\.lag).max() ?? 0 }
        let error = standing.error ?? places?.places.first { $0.problem != nil }.flatMap(\.problem)
        return [
            "id": .string(group.id), "type": .string(group.type.rawValue.lowercased()),
            "state": .string(group.state), "protocol_type": .string(group.protocolType),
            "members": .list(members), "coordinator": .int(Int64(group.coordinator)),
            "lag_total": .optional(places?.lagTotal), "lag_max": .optional(largest),
            "without_commit": .optional(places.map { Int64($0.withoutCommit) }),
            "oldest_unread_age": standing.age.map(Value.duration) ?? .null, "error": .optional(error),
            "partitions": withPartitions ? .list(list ?? []) : .null,
        ]
    }
}
