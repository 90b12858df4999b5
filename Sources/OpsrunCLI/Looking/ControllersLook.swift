internal import KafkaAdmin
internal import KafkaOperations
internal import Values

/// The controllers of a cluster by their own listeners, where no broker can be asked (`bootstrap.controllers`).
struct ControllersLook: Sendable {
    struct Controller: Sendable {
        var info: BrokerInfo
        var versions: NodeVersions?
        var problem: String?

        var address: String { info.host.contains(":") ? "[\(info.host)]:\(info.port)" : "\(info.host):\(info.port)" }
    }

    let controllers: [Controller]
    /// The finalized features as the best-informed of them knows them.
    let finalized: NodeVersions?

    static let fields: [RecordType.Field] = [
        .init("id", .int), .init("host", .string), .init("port", .int),
        .init("release", .optional(.string), "such as 4.3; null when it cannot be told"),
        .init("metadata_level", .optional(.int), "the highest metadata.version that it supports"),
        .init("active", .optional(.bool), "it leads the quorum; null when that is not known"),
        .init("problem", .optional(.string), "why it does not answer"),
    ]

    static func read(_ nodes: [BrokerInfo], _ reader: any ClusterReader) async -> ControllersLook {
        let releases = await NodeReleases.read(nodes.map(\.id), reader)
        return ControllersLook(
            controllers: nodes.map {
                Controller(info: $0, versions: releases.versions[$0.id], problem: releases.problems[$0.id])
            }, finalized: releases.finalized)
    }

    var problems: [String] {
        controllers.compactMap { node in node.problem.map { "controller \(node.info.id) does not answer: \($0)" } }
    }

    func value(active: Int32?) -> Value {
        .list(
            controllers.map { node in
                [
                    "id": .int(Int64(node.info.id)), "host": .string(node.info.host),
                    "port": .int(Int64(node.info.port)),
                    "release": .orNull(KafkaRelease.line(ofLevel: node.versions?.metadataLevel)?.text),
                    "metadata_level": .orNull(node.versions?.metadataLevel.map(Int64.init)),
                    "active": .orNull(active.map { $0 == node.info.id }), "problem": .orNull(node.problem),
                ]
            })
    }

    func table(active: Int32?) -> LookTable {
        LookTable(
            "Controllers",
            columns: [
                .init("ID", number: true), .init("ADDRESS"), .init("RELEASE"), .init("LEVEL", number: true, wide: true),
                .init("STATE"),
            ],
            rows: controllers.map { node in
                let state = node.problem.map { "does not answer: \($0)" } ?? "up"
                return [
                    "\(node.info.id)", node.address, LookCells.release(node.versions),
                    node.versions?.metadataLevel.map { "\($0)" } ?? LookCells.unknown,
                    node.info.id == active ? "\(state), active" : state,
                ]
            }, whenEmpty: "no controllers")
    }
}
