package import KafkaAdmin
internal import KafkaOperations
package import Values

/// `opsrun groups`: every group that its coordinator shows us, of every type.
package struct GroupsLook: LookModel {
    private let groups: [GroupListing]
    package let problems: [String]

    package static let schema = RecordType([
        .init(
            "groups",
            .records(
                of:
                    .init("name", .string),
                .init("type", .optional(.string), "Classic, Consumer, Share or Streams; null before 3.8"),
                .init("state", .optional(.string), "in Kafka's words, such as Stable or Empty; null before 2.6"),
                .init(
                    "protocol_type", .string,
                    "such as consumer, connect or share; empty for a group that has only committed offsets"),
                .init("coordinator", .int, "the broker that listed it")), "by name")
    ])

    static func read(_ reader: any ClusterReader) async throws(LookFailure) -> GroupsLook {
        let answers: [ItemResult<Int32, [GroupListing]>]
        do throws(KafkaError) { answers = try await reader.listGroups(states: [], types: []) } catch {
            throw LookFailure(error, "the groups cannot be listed")
        }
        let hidden = await hidden { () throws(KafkaError) in try await Visibility(reader).groups() }
        return GroupsLook(answers, hidden: hidden)
    }

    package init(_ answers: [ItemResult<Int32, [GroupListing]>], hidden: [String] = []) {
        let (found, problems) = Self.parts(of: answers) { "broker \($0) does not list its groups" }
        // A group whose coordinator is moving may be listed by both.
        var seen: Set<String> = []
        groups = found.sorted { ($0.id, $0.coordinator) < ($1.id, $1.coordinator) }
            .filter { seen.insert($0.id).inserted }
        self.problems = problems + hidden
    }

    package var document: ValueMap {
        [
            "groups": .list(
                groups.map { group in
                    [
                        "name": .string(group.id), "type": .orNull(group.type?.rawValue),
                        "state": .orNull(group.state), "protocol_type": .string(group.protocolType),
                        "coordinator": .int(Int64(group.coordinator)),
                    ]
                })
        ]
    }

    package var tables: [LookTable] {
        [
            LookTable(
                columns: [
                    .init("NAME"), .init("TYPE"), .init("STATE"), .init("PROTOCOL"),
                    .init("COORDINATOR", number: true),
                ],
                rows: groups.map { group in
                    [
                        group.id, group.type?.rawValue ?? LookCells.unknown, group.state ?? LookCells.unknown,
                        group.protocolType.isEmpty ? LookCells.unknown : group.protocolType, "\(group.coordinator)",
                    ]
                }, whenEmpty: problems.isEmpty ? "no groups" : "no group is shown to us")
        ]
    }

    package var names: [String] { groups.map(\.id) }
}
