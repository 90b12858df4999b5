import EventLoop
import KafkaWire
import TestSupport
import Testing

@testable import KafkaAdmin

@Suite(.serialized, .timeLimit(.minutes(20))) struct AdminClientRealKafkaTests {
    private func client(of cluster: RealKafkaCluster, clusterID: String? = nil) throws -> AdminClient {
        AdminClient(
            settings: AdminClientSettings(
                bootstrap: try AdminClientSettings.addresses(cluster.bootstrap),
                bootstrapControllers: try AdminClientSettings.addresses(cluster.bootstrapControllers),
                clusterID: clusterID))
    }

    @Test(.enabled(if: RealKafka.isAvailable), arguments: [RealKafka.lowest, RealKafka.highest].compactMap(\.self))
    func aClusterAnswersEveryKindOfTarget(release: RealKafka.Release) async throws {
        try await RealKafkaCluster.with(release, dedicatedControllers: release == RealKafka.highest) { cluster in
            let client = try client(of: cluster)
            for broker in cluster.brokers {
                // Brokers register one after the other, and each learns of it by itself.
                try await Eventually.equals("three brokers are listed", 3) {
                    let view = try await client.call(
                        MetadataRequest(topics: [], allowAutoTopicCreation: false),
                        to: .address(host: "127.0.0.1", port: Int32(broker.port)), kind: .read)
                    return view.response.brokers.count
                }
            }
            #expect(try await client.clusterID() == cluster.clusterID)

            // A broker that the machine stalls for seconds is not listed for a moment.
            try await Eventually.holds("any broker describes three") {
                let described = try await client.call(DescribeClusterRequest(), to: .any, kind: .read)
                return described.response.brokers.count == 3 && described.node >= 1
            }
            try await Eventually.equals("every broker is known", [1, 2, 3]) { try await client.brokers() }
            for node in [Int32(1), 2, 3] {
                let answer = try await client.call(ListGroupsRequest(), to: .node(node), kind: .read)
                #expect(answer.node == node)
            }

            for node in [Int32(1), 2, 3] {
                let onNew = try await client.call(ApiVersionsRequest(), to: .newConnection(node), kind: .read)
                #expect(onNew.node == node && !onNew.response.apiKeys.isEmpty)
                #expect(try await client.negotiated(with: node).apiKeys == onNew.response.apiKeys)
            }
            // Between two elections.
            try await Eventually.holds("the leader of the quorum answers") {
                let quorum = try await client.call(
                    DescribeQuorumRequest.metadataLog, to: .controllerListener, kind: .read)
                let partition = try #require(quorum.response.topics.first?.partitions.first)
                return partition.errorCode == .none && (quorum.node == partition.leaderId || quorum.node == -1)
            }

            let created = try await client.call(
                CreateTopicsRequest(topics: [.init(name: "one", numPartitions: 3, replicationFactor: 3)]),
                to: .controller, kind: .write)
            #expect(created.response.topics.map(\.errorCode) == [.none])

            try await Eventually.equals("the topic is listed", 1) {
                let raw = try await client.body(
                    MetadataRequest(topics: nil, allowAutoTopicCreation: false), to: .any, kind: .read)
                return try MetadataResponse.decode(raw.response, version: raw.version).message.topics.count
            }

            let error = await #expect(throws: KafkaError.self) {
                try await client.call(DescribeClusterRequest(), to: .node(99), kind: .read)
            }
            #expect(error?.code == .unknownNode)
            await #expect(throws: KafkaError(.wrongCluster, "")) {
                try await self.client(of: cluster, clusterID: "AAAAAAAAAAAAAAAAAAAAAA").clusterID()
            }

            // The end of a connection is seen when its broker goes.
            let witness = try await client.witness(of: 2)
            #expect(await client.state(of: witness) == .open)
            async let closed = client.waitUntilClosed(witness, within: .seconds(240))
            try await cluster.stop(2)
            #expect(await closed == .closedByPeer)
            #expect(await client.state(of: witness) == .closedByPeer)
            let after = try await client.call(DescribeClusterRequest(), to: .any, kind: .read)
            #expect(after.node != 2)
            await client.close()
        }
    }
}

extension DescribeQuorumRequest {
    static var metadataLog: DescribeQuorumRequest {
        DescribeQuorumRequest(topics: [
            .init(topicName: "__cluster_metadata", partitions: [.init(partitionIndex: 0)])
        ])
    }
}
