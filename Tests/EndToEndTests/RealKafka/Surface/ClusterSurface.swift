import KafkaAdmin
import KafkaWire
import TestSupport
import Testing
import Values

/// The cluster itself: members, quorum, controllers' own listener, features.
struct ClusterSurface {
    let world: SurfaceWorld

    func run() async throws {
        try await members()
        try await quorum()
        try await features()
    }

    private func members() async throws {
        let reader = world.reader
        #expect(try await reader.clusterID() == world.broker.clusterID)
        try await world.eventually("both brokers are listed", is: [1, 2]) {
            try await reader.describeCluster(includeFenced: true, from: .node(2)).brokers.map(\.id)
        }
        let all = try await reader.describeCluster(includeFenced: true, from: .node(2))
        // All operations on the cluster: nobody restricts us.
        #expect((all.authorizedOperations ?? 0) != 0)
        #expect(all.brokers.allSatisfy { ($0.isFenced == nil) == !world.isAtLeast(4, 0) })
        await #expect(throws: KafkaError(.unknownNode, "")) {
            try await reader.describeCluster(includeFenced: false, from: .node(77))
        }
        for node: Int32 in [1, 2] {
            let versions = try await reader.versionsOnNewConnection(of: node)
            #expect(versions.apis[3] != nil && versions.metadataLevel != nil)
            #expect(try await reader.versions(of: node).supportedFeatures == versions.supportedFeatures)
        }
        await #expect(throws: KafkaError(.unreachable, "")) {
            try await reader.versionsOnNewConnection(host: "127.0.0.1", port: 1)
        }
    }

    private func quorum() async throws {
        let reader = world.reader
        try await world.eventually("both nodes are in the quorum") {
            let quorum = try await reader.describeQuorum()
            return quorum.leaderID == 1 && quorum.voters.map(\.id) == [1] && quorum.observers.map(\.id) == [2]
                && quorum.highWatermark > 0 && quorum.voters.first?.directoryID != nil
                && quorum.observers.first?.directoryID != nil && quorum.observers.first?.lastCaughtUp != nil
        }
        try await world.eventually("controllers say of the quorum what brokers say") {
            try await reader.describeQuorumFromControllers().leaderEpoch == reader.describeQuorum().leaderEpoch
        }
        try await world.eventually("both controllers are registered", is: [1, 2]) {
            try await reader.describeControllers().map(\.id)
        }
        let port = Int32(world.broker.ports["CONTROLLER"] ?? 0)
        let controller = try await reader.versionsOnNewConnection(host: "127.0.0.1", port: port)
        // Metadata is asked of brokers alone, and Vote of controllers.
        #expect(controller.apis[3] == nil && controller.apis[52] != nil)
        let bare = AdminClient(
            settings: AdminClientSettings(bootstrap: try AdminClientSettings.addresses([world.broker.plaintext])))
        await #expect(throws: KafkaError(.configuration, "")) {
            try await LiveClusterReader(sender: bare).describeQuorumFromControllers()
        }
        await bare.close()
    }

    /// A level that is there already, one that no broker has, and one that does not go back.
    private func features() async throws {
        let (reader, writer) = (world.reader, world.writer)
        let versions = try await reader.versionsOnNewConnection(of: 1)
        let level = try #require(versions.finalizedFeatures.first { $0.name == "metadata.version" }).maximum
        #expect(versions.finalizedFeaturesEpoch >= 0)
        for validateOnly in [true, false] {
            let error = await #expect(throws: KafkaError.self) {
                try await writer.updateFeatures(
                    [.init(name: "metadata.version", level: level + 900, kind: .upgrade)], validateOnly: validateOnly)
            }
            #expect(error?.serverCodeNumber == 95, "\(error.map(String.init(describing:)) ?? "")")
        }
        let unknown = await #expect(throws: KafkaError.self) {
            try await writer.updateFeatures([.init(name: "no.such", level: 1, kind: .upgrade)], validateOnly: false)
        }
        #expect(unknown?.serverCodeNumber != nil)
        guard let share = versions.supportedFeatures.first(where: { $0.name == "share.version" }), share.maximum >= 1
        else { return }
        try await writer.updateFeatures(
            [.init(name: "share.version", level: 1, kind: .upgrade)], validateOnly: true)
        try await writer.updateFeatures(
            [.init(name: "share.version", level: 1, kind: .upgrade)], validateOnly: false)
        try await world.eventually("both brokers know the level of share.version") {
            for node: Int32 in [1, 2] {
                let now = try await reader.versionsOnNewConnection(of: node)
                guard now.finalizedFeatures.contains(where: { $0.name == "share.version" && $0.maximum == 1 }) else {
                    return false
                }
            }
            return true
        }
    }
}
