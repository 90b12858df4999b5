internal import KafkaAdmin
internal import KafkaOperations
package import Values

/// `opsrun cluster`: a cluster on one page.
package struct ClusterLook: LookModel {
    private let clusterID: String
    /// Nil where only controllers can be asked.
    private let brokers: BrokersLook?
    /// Nil where brokers are asked.
    private let controllers: ControllersLook?
    /// Nil: it runs on ZooKeeper, or the quorum could not be read.
    private let quorum: QuorumDescription?
    private let features: NodeVersions?
    /// Nil where only controllers can be asked.
    private let health: HealthLook?
    private let otherProblems: [String]

    private static let replicas = ValueType.records(
        of: .init("id", .int), .init("log_end_offset", .int), .init("lag", .int, "records behind the leader"),
        .init("last_caught_up", .optional(.int), "milliseconds since 1970 by the leader's clock"))

    package static let schema = RecordType([
        .init("cluster_id", .string),
        .init("controller", .optional(.int), "the active one; null when it is not known"),
        .init(
            "brokers", .list(.record(RecordType(BrokersLook.fields))), "by id; none where only controllers can be asked"
        ),
        .init(
            "controllers", .optional(.list(.record(RecordType(ControllersLook.fields)))),
            "by id, where only they can be asked (bootstrap.controllers); null otherwise"),
        .init(
            "quorum",
            .optional(
                .record(
                    of: .init("leader", .optional(.int)), .init("leader_epoch", .int), .init("high_watermark", .int),
                    .init("voters", replicas, "by id"), .init("observers", replicas, "by id"))),
            "null with ZooKeeper"),
        .init("features_epoch", .optional(.int)),
        .init(
            "features",
            .records(
                of: .init("name", .string), .init("level", .int, "finalized"),
                .init("supported", .optional(.int), "the highest level of the broker that was asked")), "by name"),
        .init(
            "health", .optional(.record(HealthLook.schema)),
            "as `opsrun health`; null where only controllers can be asked"),
    ])

    static func read(_ reader: any ClusterReader) async throws(LookFailure) -> ClusterLook {
        let described: ClusterDescription
        do throws(KafkaError) { described = try await reader.describeCluster(includeFenced: true, from: .any) } catch {
            throw LookFailure(error, "the cluster cannot be described")
        }
        if described.isOfControllers {
            let controllers = await ControllersLook.read(described.brokers, reader)
            let quorum = await QuorumLook.read(reader)
            return ClusterLook(
                clusterID: described.clusterID, brokers: nil, controllers: controllers, quorum: quorum.quorum,
                features: controllers.finalized, health: nil, problems: quorum.problems + controllers.problems)
        }
        // All of them at once: each is a question or more of its own.
        async let asked = health(reader)
        async let view = view(reader)
        async let told = QuorumLook.read(reader)
        async let answered = NodeReleases.read(described.brokers.filter { $0.isFenced != true }.map(\.id), reader)
        let health = try await asked.get()
        let (seen, quorum, releases) = (try await view.get(), await told, await answered)
        return ClusterLook(
            clusterID: described.clusterID,
            brokers: BrokersLook(
                described.brokers, seen.snapshot, releases, controller: quorum.controller, hidden: seen.hidden,
                problems: seen.hidden + quorum.problems),
            controllers: nil, quorum: quorum.quorum, features: releases.finalized, health: health)
    }

    private static func health(_ reader: any ClusterReader) async -> Result<HealthLook, LookFailure> {
        do throws(LookFailure) { return .success(try await HealthLook.read(reader)) } catch { return .failure(error) }
    }

    /// The topics, and what is hidden of them.
    private struct Seen: Sendable {
        var snapshot: ClusterSnapshot
        var hidden: [String]
    }

    private static func view(_ reader: any ClusterReader) async -> Result<Seen, LookFailure> {
        do throws(KafkaError) {
            let snapshot = try await reader.snapshot(topics: nil, from: .any)
            let hidden = await hidden { () throws(KafkaError) in try await Visibility(reader).topics(in: snapshot) }
            return .success(Seen(snapshot: snapshot, hidden: hidden))
        } catch {
            return .failure(LookFailure(error, "the cluster cannot be described"))
        }
    }

    private init(
        clusterID: String, brokers: BrokersLook?, controllers: ControllersLook?, quorum: QuorumDescription?,
        features: NodeVersions?, health: HealthLook?, problems: [String] = []
    ) {
        self.controllers = controllers
        otherProblems = problems
        self.clusterID = clusterID
        self.brokers = brokers
        self.quorum = quorum
        self.features = features
        self.health = health
    }

    package var problems: [String] { (brokers?.problems ?? []) + otherProblems }

    private var controller: Int32? { quorum.flatMap { $0.leaderID < 0 ? nil : $0.leaderID } }

    /// The releases of all brokers: one while nothing is being upgraded.
    private var releases: String {
        let nodes = brokers?.brokers.map(\.versions) ?? controllers?.controllers.map(\.versions) ?? []
        let known = Set(nodes.compactMap { versions in versions.map { LookCells.release($0) } })
        return known.isEmpty ? LookCells.unknown : known.sorted().joined(separator: ", ")
    }

    private var finalized: [(name: String, level: Int16, supported: Int16?)] {
        (features?.finalizedFeatures ?? []).sorted { $0.name < $1.name }.map { feature in
            let supported = features?.supportedFeatures.first { $0.name == feature.name }?.maximum
            return (feature.name, feature.maximum, supported)
        }
    }

    package var document: ValueMap {
        [
            "cluster_id": .string(clusterID), "controller": .orNull(controller.map(Int64.init)),
            "brokers": brokers?.value ?? .list([]), "controllers": controllers?.value(active: controller) ?? .null,
            "quorum": quorum.map(value) ?? .null,
            "features_epoch": .orNull(features?.finalizedFeaturesEpoch),
            "features": .list(
                finalized.map { name, level, supported in
                    [
                        "name": .string(name), "level": .int(Int64(level)),
                        "supported": .orNull(supported.map(Int64.init)),
                    ]
                }),
            "health": health.map { .map($0.document) } ?? .null,
        ]
    }

    private func value(_ quorum: QuorumDescription) -> Value {
        func list(_ replicas: [QuorumDescription.Replica]) -> Value {
            .list(
                replicas.sorted { $0.id < $1.id }.map { replica in
                    [
                        "id": .int(Int64(replica.id)), "log_end_offset": .int(replica.logEndOffset),
                        "lag": .int(quorum.lag(of: replica)), "last_caught_up": .orNull(replica.lastCaughtUp),
                    ]
                })
        }
        return [
            "leader": .orNull(controller.map(Int64.init)), "leader_epoch": .int(Int64(quorum.leaderEpoch)),
            "high_watermark": .int(quorum.highWatermark), "voters": list(quorum.voters),
            "observers": list(quorum.observers),
        ]
    }

    package var tables: [LookTable] {
        var tables = [
            LookTable.facts([
                ("cluster", clusterID), ("release", releases),
                ("controller", controller.map { "\($0)" } ?? LookCells.unknown),
                ("metadata", metadataVersion), ("health", health?.summary ?? "only brokers can tell"),
            ])
        ]
        if let brokers { tables.append(brokers.table("Brokers")) }
        if let controllers { tables.append(controllers.table(active: controller)) }
        if let quorum { tables.append(table(quorum)) }
        tables.append(
            LookTable(
                "Features", columns: [.init("NAME"), .init("LEVEL", number: true), .init("SUPPORTED", number: true)],
                rows: finalized.map { name, level, supported in
                    [name, "\(level)", supported.map { "\($0)" } ?? LookCells.unknown]
                }))
        return tables
    }

    private var metadataVersion: String {
        guard let level = finalized.first(where: { $0.name == "metadata.version" })?.level else {
            return LookCells.unknown
        }
        return "\(level) (\(KafkaRelease.describe(finalized: level)))"
    }

    private func table(_ quorum: QuorumDescription) -> LookTable {
        func rows(_ replicas: [QuorumDescription.Replica], _ role: String) -> [[String]] {
            replicas.sorted { $0.id < $1.id }.map { replica in
                [
                    "\(replica.id)", replica.id == quorum.leaderID ? "leader" : role, "\(replica.logEndOffset)",
                    "\(quorum.lag(of: replica))", behind(replica, quorum),
                ]
            }
        }
        return LookTable(
            "Quorum, epoch \(quorum.leaderEpoch)",
            columns: [
                .init("NODE", number: true), .init("ROLE"), .init("LOG END", number: true, wide: true),
                .init("LAG", number: true), .init("BEHIND", number: true),
            ], rows: rows(quorum.voters, "voter") + rows(quorum.observers, "observer"))
    }

    /// By the leader's clock, so that ours does not matter.
    private func behind(_ replica: QuorumDescription.Replica, _ quorum: QuorumDescription) -> String {
        guard let leader = quorum.voters.first(where: { $0.id == quorum.leaderID })?.lastCaughtUp,
            let own = replica.lastCaughtUp
        else { return LookCells.unknown }
        return Duration.milliseconds(max(0, leader &- own)).elapsedText
    }

    package var names: [String] { [clusterID] }
}
