import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Describes the cluster and its brokers.
///
/// 1. DescribeCluster with fenced registrations. 2. ApiVersions of every unfenced broker, for its release line; a
/// broker that does not answer has none. 3. The finalized levels by the newest answer. 4. The leader of the quorum:
/// what Metadata calls the controller is any broker in KRaft. 5. Reassignments.
struct DescribeCluster: CatalogedAction {
    static let reference = ActionReference(
        name: "kafka.describe_cluster",
        summary: "Describe the cluster and its brokers",
        details: """
            `release` is the lowest line among the brokers that answered, as their feature levels tell it; the patch number is not \
            visible over the protocol. `quorum_leader` comes from DescribeQuorum.
            """,
        parameters: [.init("include_fenced", .bool, default: false, "List fenced brokers among `brokers` too")],
        result: RecordType([
            .init("id", .string, "The cluster's id"),
            .init("release", .optional(.version), "The lowest among the brokers"),
            .init(
                "metadata_version", .optional(.version),
                "The release of the finalized metadata.version; null when it is not known"),
            .init("metadata_level", .optional(.int), "The finalized metadata.version as a number"),
            .init("quorum_leader", .optional(.int), "The active controller; null when it is not known"),
            .init(
                "brokers",
                .listOf(
                    .init("id", .int), .init("host", .string), .init("port", .int), .init("rack", .optional(.string)),
                    .init("fenced", .optional(.bool)), .init("release", .optional(.version))),
                "Those that are listed, by id"),
            .init("fenced_brokers", .list(.int), "Ids of those that are registered and take no part"),
            .init("reassignments", .parts, "Being moved now"),
        ]),
        effect: .read, target: .cluster,
        example: """
            - kafka.describe_cluster: {}
              register: before
            - assert: {that: ["before.fenced_brokers | length == 0"]}
            """)

    private let includeFenced: Bool

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        includeFenced = try arguments.flag("include_fenced")
    }

    func read(in context: ReadContext) async throws -> ActionOutcome {
        let reader = try context.requireCluster(for: Self.reference.name)
        let description = try await kafka("the cluster cannot be described") { () throws(KafkaError) in
            try await reader.describeCluster(includeFenced: true, from: .any)
        }
        let moves = try await kafka("the reassignments cannot be listed") { () throws(KafkaError) in
            try await reader.listReassignments()
        }
        let unfenced = description.brokers.filter { $0.isFenced != true }
        let versions = await concurrently(unfenced.map(\.id), limit: ClusterFactReader.concurrency) { node in
            try? await reader.versions(of: node)
        }
        let byNode = Dictionary(zip(unfenced.map(\.id), versions)) { first, _ in first }
        let answers = versions.compactMap { $0 }
        let level = FinalizedFeatures.newest(of: answers).first { $0.name == "metadata.version" }?.maximum
        let quorum = try? await reader.describeQuorum()
        let leader = quorum.flatMap { $0.leaderID >= 0 ? Int64($0.leaderID) : nil }
        let shown = includeFenced ? description.brokers : unfenced
        let lines = answers.compactMap { KafkaRelease.line(ofLevel: $0.metadataLevel) }
        return ActionOutcome(
            .ok,
            result: [
                "id": .string(description.clusterID), "release": .optional(lines.min()),
                "metadata_version": .optional(level.flatMap { KafkaRelease.line(ofLevel: $0) }),
                "metadata_level": .optional(level.map(Int64.init)), "quorum_leader": .optional(leader),
                "brokers": .list(
                    shown.map { broker in
                        let release = byNode[broker.id]?.flatMap { KafkaRelease.line(ofLevel: $0.metadataLevel) }
                        return [
                            "id": .int(Int64(broker.id)), "host": .string(broker.host),
                            "port": .int(Int64(broker.port)),
                            "rack": .optional(broker.rack), "fenced": .optional(broker.isFenced),
                            "release": .optional(release),
                        ]
                    }),
                "fenced_brokers": .ids(description.brokers.filter { $0.isFenced == true }.map(\.id)),
                "reassignments": .list(moves.map(\.partition).sorted().map(\.value)),
            ])
    }
}

/// What the nodes say is finalized.
enum FinalizedFeatures {
    /// Of the node with the newest epoch.
    static func newest(of nodes: [NodeVersions]) -> [NodeVersions.FeatureRange] {
        nodes.max { $0.finalizedFeaturesEpoch < $1.finalizedFeaturesEpoch }?.finalizedFeatures ?? []
    }
}

/// Calls the client, its error as a failure of the step.
func kafka<Success>(
    _ doing: String, _ work: () async throws(KafkaError) -> Success
) async throws(StepFailure) -> Success {
    do throws(KafkaError) { return try await work() } catch { throw StepFailure(error, doing: doing) }
}
