internal import KafkaAdmin
internal import KafkaOperations
package import Values

/// `opsrun brokers`: the brokers that the cluster lists, each with what it says of itself.
package struct BrokersLook: LookModel {
    struct Broker: Sendable {
        var info: BrokerInfo
        var versions: NodeVersions?
        var problem: String?
        /// Nil where topics may be hidden from us, and so of the next two.
        var leaders: Int?
        var replicas: Int?
        var outOfSync: Int?

        /// `4.3`; nil when it cannot be told.
        var release: String? { KafkaRelease.line(ofLevel: versions?.metadataLevel)?.text }

        var state: String {
            if info.isFenced == true { return "fenced" }
            return problem.map { "does not answer: \($0)" } ?? "up"
        }

        var address: String { info.host.contains(":") ? "[\(info.host)]:\(info.port)" : "\(info.host):\(info.port)" }
    }

    let brokers: [Broker]
    /// Nil when it is not known.
    let controller: Int32?
    /// What could not be read besides the brokers.
    private let otherProblems: [String]

    static let fields: [RecordType.Field] = [
        .init("id", .int), .init("host", .string), .init("port", .int), .init("rack", .optional(.string)),
        .init("fenced", .optional(.bool), "null before 4.0, where a fenced broker is not listed"),
        .init("release", .optional(.string), "such as 4.3; null when it cannot be told"),
        .init("metadata_level", .optional(.int), "the highest metadata.version that it supports"),
        .init("controller", .optional(.bool), "it is the active controller; null when that is not known"),
        .init("leaders", .optional(.int), "partitions that it leads; null where topics may be hidden from us"),
        .init("replicas", .optional(.int), "null as `leaders`"),
        .init("out_of_sync", .optional(.int), "of its replicas; null as `leaders`"),
        .init("problem", .optional(.string), "why it does not answer"),
    ]

    package static let schema = RecordType([.init("brokers", .list(.record(RecordType(fields))), "by id")])

    static func read(_ reader: any ClusterReader) async throws(LookFailure) -> BrokersLook {
        do throws(KafkaError) {
            let listed = try await reader.describeCluster(includeFenced: true, from: .any).brokers
            let snapshot = try await reader.snapshot(topics: nil, from: .any)
            let releases = await NodeReleases.read(listed.filter { $0.isFenced != true }.map(\.id), reader)
            let hidden = await hidden { () throws(KafkaError) in try await Visibility(reader).topics(in: snapshot) }
            let quorum = await QuorumLook.read(reader)
            return BrokersLook(
                listed, snapshot, releases, controller: quorum.controller, hidden: hidden,
                problems: hidden + quorum.problems)
        } catch {
            throw LookFailure(error, "the brokers cannot be listed")
        }
    }

    /// `hidden`: why topics may be missing in the snapshot. `problems`: what this look has to say beside the brokers' own.
    init(
        _ listed: [BrokerInfo], _ snapshot: ClusterSnapshot, _ releases: NodeReleases, controller: Int32?,
        hidden: [String] = [], problems: [String] = []
    ) {
        otherProblems = problems
        var leaders: [Int32: Int] = [:]
        var replicas: [Int32: Int] = [:]
        var outOfSync: [Int32: Int] = [:]
        for partition in snapshot.partitions {
            leaders[partition.leader, default: 0] += 1
            let inSync = snapshot.inSync(of: partition)
            for node in snapshot.replicas(of: partition) {
                replicas[node, default: 0] += 1
                if !inSync.contains(node) { outOfSync[node, default: 0] += 1 }
            }
        }
        self.controller = controller
        brokers = listed.sorted { $0.id < $1.id }.map { info in
            Broker(
                info: info, versions: releases.versions[info.id], problem: releases.problems[info.id],
                leaders: hidden.isEmpty ? leaders[info.id] ?? 0 : nil,
                replicas: hidden.isEmpty ? replicas[info.id] ?? 0 : nil,
                outOfSync: hidden.isEmpty ? outOfSync[info.id] ?? 0 : nil)
        }
    }

    package var problems: [String] {
        brokers.compactMap { broker in broker.problem.map { "broker \(broker.info.id) does not answer: \($0)" } }
            + otherProblems
    }

    var value: Value {
        .list(
            brokers.map { broker in
                [
                    "id": .int(Int64(broker.info.id)), "host": .string(broker.info.host),
                    "port": .int(Int64(broker.info.port)), "rack": .orNull(broker.info.rack),
                    "fenced": .orNull(broker.info.isFenced), "release": .orNull(broker.release),
                    "metadata_level": .orNull(broker.versions?.metadataLevel.map(Int64.init)),
                    "controller": .orNull(controller.map { broker.info.id == $0 }),
                    "leaders": .orNull(broker.leaders.map(Int64.init)),
                    "replicas": .orNull(broker.replicas.map(Int64.init)),
                    "out_of_sync": .orNull(broker.outOfSync.map(Int64.init)),
                    "problem": .orNull(broker.problem),
                ]
            })
    }

    package var document: ValueMap { ["brokers": value] }
    package var tables: [LookTable] { [table(nil)] }

    func table(_ title: String?) -> LookTable {
        LookTable(
            title,
            columns: [
                .init("ID", number: true), .init("ADDRESS"), .init("RACK"), .init("RELEASE"),
                .init("LEVEL", number: true, wide: true), .init("LEADERS", number: true),
                .init("REPLICAS", number: true), .init("OUT OF SYNC", number: true), .init("STATE"),
            ],
            rows: brokers.map { broker in
                [
                    "\(broker.info.id)", broker.address, broker.info.rack ?? LookCells.unknown,
                    LookCells.release(broker.versions),
                    broker.versions?.metadataLevel.map { "\($0)" } ?? LookCells.unknown,
                    LookCells.count(broker.leaders),
                    LookCells.count(broker.replicas), LookCells.count(broker.outOfSync),
                    broker.info.id == controller ? "\(broker.state), controller" : broker.state,
                ]
            }, whenEmpty: "no brokers")
    }

    package var names: [String] { brokers.map { "\($0.info.id)" } }
}
