internal import KafkaAdmin
package import Values

/// `opsrun reassignments`: the partitions that are being moved now.
package struct ReassignmentsLook: LookModel {
    private let moves: [Reassignment]

    package static let schema = RecordType([
        .init(
            "reassignments",
            .records(
                of:
                    .init("topic", .string), .init("partition", .int),
                .init("replicas", .list(.int), "all of now: those that stay, come and go"),
                .init("adding", .list(.int)), .init("removing", .list(.int))), "by topic and number")
    ])

    static func read(_ reader: any ClusterReader) async throws(LookFailure) -> ReassignmentsLook {
        do throws(KafkaError) {
            return ReassignmentsLook(moves: try await reader.listReassignments().sorted { $0.partition < $1.partition })
        } catch {
            throw LookFailure(error, "the reassignments cannot be listed")
        }
    }

    package var document: ValueMap {
        [
            "reassignments": .list(
                moves.map { move in
                    [
                        "topic": .string(move.partition.topic), "partition": .int(Int64(move.partition.partition)),
                        "replicas": .nodes(move.replicas), "adding": .nodes(move.adding),
                        "removing": .nodes(move.removing),
                    ]
                })
        ]
    }

    package var tables: [LookTable] {
        [
            LookTable(
                columns: [.init("PARTITION"), .init("REPLICAS"), .init("ADDING"), .init("REMOVING")],
                rows: zip(names, moves).map { name, move in
                    [name, LookCells.ids(move.replicas), LookCells.ids(move.adding), LookCells.ids(move.removing)]
                }, whenEmpty: "no partition is being moved")
        ]
    }

    package var names: [String] { moves.map { "\($0.partition)" } }
}
