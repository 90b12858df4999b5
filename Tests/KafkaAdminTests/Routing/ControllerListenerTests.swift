import EventLoop
import KafkaWire
import TestSupport
import Testing

@testable import KafkaAdmin

/// Clusters of which only the controllers' listeners are given (`bootstrap.controllers`).
@Suite(.timeLimit(.minutes(5))) struct ControllerListenerTests {
    /// Controllers 101, 102, 103; 102 is the active one. Ports below 100 are brokers' listeners.
    private func brokers(
        _ more: @escaping @Sendable (FakeBrokers.Request) -> FakeBrokers.Reply? = { _ in nil }
    ) -> FakeBrokers {
        FakeBrokers { request in
            if let reply = more(request) { return reply }
            switch request.header.apiKey {
            case .apiVersions:
                let apis = APIKey.allKnown.filter { $0 != .metadata || request.address.port < 100 }
                return .answer(
                    ApiVersionsResponse(apiKeys: apis.map { .init(apiKey: $0, minVersion: 0, maxVersion: 99) }))
            case .describeCluster:
                let asked = try? RequestFrame.body(
                    DescribeClusterRequest.self, of: request.payload, header: request.header)
                guard asked?.endpointType == 2, request.address.port > 100 else {
                    return .answer(DescribeClusterResponse(errorCode: .mismatchedEndpointType))
                }
                return .answer(
                    DescribeClusterResponse(
                        endpointType: 2, clusterId: "cluster-a", controllerId: 102,
                        brokers: (101...103).map { .init(brokerId: $0, host: "broker", port: $0) }))
            case .describeQuorum: return .answer(DescribeQuorumResponse())
            case .describeAcls: return .answer(DescribeAclsResponse())
            case .incrementalAlterConfigs:
                return .answer(
                    IncrementalAlterConfigsResponse(responses: [.init(resourceType: 4, resourceName: "1")]))
            case .describeConfigs:
                return .answer(DescribeConfigsResponse(results: [.init(resourceType: 4, resourceName: "103")]))
            case .unregisterBroker: return .answer(UnregisterBrokerResponse())
            case .listPartitionReassignments: return .answer(ListPartitionReassignmentsResponse())
            default: return nil
            }
        }
    }

    private func client(_ brokers: FakeBrokers) throws -> AdminClient {
        try brokers.client(bootstrap: [], controllers: ["broker:101"])
    }

    @Test func `what controllers answer is asked of the active one`() async throws {
        let brokers = brokers()
        let client = try client(brokers)
        let (reader, writer) = (LiveClusterReader(sender: client), LiveClusterOperator(sender: client))
        #expect(try await client.clusterID() == "cluster-a")
        let described = try await reader.describeCluster(includeFenced: true, from: .any)
        #expect(described.isOfControllers && described.brokers.map(\.id) == [101, 102, 103])
        _ = try await reader.describeAccessRules(.everything)
        _ = try await reader.listReassignments()
        try await writer.unregisterBroker(3)
        // A broker that is down can be given its settings here.
        let changed = try await writer.alterConfigs(
            [(.broker(1), [ConfigChange(name: "log.cleaner.threads", operation: .set, value: "2")])],
            validateOnly: false)
        #expect(changed.count == 1 && changed.allSatisfy { $0.result.failure == nil })
        for api in [APIKey.describeAcls, .listPartitionReassignments, .unregisterBroker, .incrementalAlterConfigs] {
            #expect(brokers.requests(api).map(\.address.port) == [102], "\(api)")
        }
        #expect(brokers.requests(.metadata).isEmpty)
    }

    @Test func `what is about one controller is asked of that one`() async throws {
        let brokers = brokers()
        let reader = LiveClusterReader(sender: try client(brokers))
        let found = try await reader.describeConfigs([.broker(103)], keys: nil)
        #expect(found.first?.result.failure == nil)
        #expect(brokers.requests(.describeConfigs).map(\.address.port) == [103])
        _ = try await reader.versionsOnNewConnection(of: 101)
        let error = await #expect(throws: KafkaError(.unknownNode, "")) { try await reader.versions(of: 1) }
        #expect(error?.message == "The controllers do not list node 1; they list 101, 102, 103")
    }

    /// Broker 1 at port 9; of the nodes, 2 is a broker that is down, and 77 none at all.
    private func besideABroker() -> FakeBrokers {
        brokers { request in
            switch (request.address.port, request.header.apiKey) {
            case (9, .metadata):
                return .answer(
                    MetadataResponse(
                        brokers: [.init(nodeId: 1, host: "broker", port: 9)], clusterId: "cluster-a", controllerId: 1))
            case (9, .describeCluster): return .answer(DescribeClusterResponse(clusterId: "cluster-a"))
            case (_, .incrementalAlterConfigs):
                let asked = try? RequestFrame.body(
                    IncrementalAlterConfigsRequest.self, of: request.payload, header: request.header)
                return .answer(
                    IncrementalAlterConfigsResponse(
                        responses: (asked?.resources ?? []).map {
                            .init(
                                errorCode: $0.resourceName == "77" ? .brokerIdNotRegistered : .none,
                                resourceType: $0.resourceType, resourceName: $0.resourceName)
                        }))
            default: return nil
            }
        }
    }

    @Test func `beside brokers controllers take the settings of one that is down, and tell their own`() async throws {
        let brokers = besideABroker()
        let client = try brokers.client(bootstrap: ["broker:9"], controllers: ["broker:101"])
        let change = [ConfigChange(name: "log.cleaner.threads", operation: .set, value: "2")]
        let changed = try await LiveClusterOperator(sender: client).alterConfigs(
            [(.broker(1), change), (.broker(2), change), (.broker(77), change)], validateOnly: false)
        #expect(changed.map { $0.result.failure?.code } == [nil, nil, .unknownNode])
        #expect(changed.last?.result.failure?.message == "The cluster does not list node 77; it lists 1")
        #expect(brokers.requests(.incrementalAlterConfigs).map(\.address.port).sorted() == [9, 102, 102])
        let found = try await LiveClusterReader(sender: client).describeConfigs(
            [.broker(103), .broker(2)], keys: nil)
        #expect(found.map { $0.result.failure?.code } == [nil, .unknownNode])
        #expect(brokers.requests(.describeConfigs).map(\.address.port) == [103])
    }

    @Test func `without controllers a broker that is down is one that is not listed`() async throws {
        let brokers = besideABroker()
        let client = try brokers.client(bootstrap: ["broker:9"])
        let change = [ConfigChange(name: "log.cleaner.threads", operation: .set, value: "2")]
        let changed = try await LiveClusterOperator(sender: client).alterConfigs(
            [(.broker(2), change)], validateOnly: false)
        #expect(changed.map { $0.result.failure?.code } == [.unknownNode])
        #expect(brokers.requests(.incrementalAlterConfigs).isEmpty)
    }

    @Test func `what only brokers answer is refused without a request`() async throws {
        let brokers = brokers()
        let client = try client(brokers)
        let error = await #expect(throws: KafkaError(.unsupportedVersion, "")) {
            try await LiveClusterReader(sender: client).snapshot(topics: nil, from: .any)
        }
        #expect(error?.message == "Metadata is asked of brokers, and only controllers are given")
        #expect(error?.nextAction?.contains("bootstrap.servers") == true)
        await #expect(throws: KafkaError(.unsupportedVersion, "")) { try await client.brokers() }
        await #expect(throws: KafkaError(.unsupportedVersion, "")) {
            try await client.call(CreateTopicsRequest(), to: .controller, kind: .write)
        }
        #expect(brokers.dials.isEmpty)
    }

    @Test func `a controller's port in the place of a broker's is named at once`() async throws {
        let brokers = brokers()
        let client = try brokers.client(bootstrap: ["broker:101"])
        let error = await #expect(throws: KafkaError(.unsupportedVersion, "")) { try await client.clusterID() }
        #expect(error?.message == "broker:101 is a controller's listener, which does not answer for brokers")
        #expect(error?.nextAction?.contains("bootstrap.controllers") == true && brokers.dials.count == 1)
        // Among others it does no harm.
        let mixed = try brokers.client(bootstrap: ["broker:101", "broker:9"])
        #expect(try await mixed.clusterID() == "cluster-a")
    }

    @Test func `a broker's port in the place of a controller's is named at once`() async throws {
        let brokers = brokers()
        let client = try brokers.client(bootstrap: [], controllers: ["broker:9"])
        let error = await #expect(throws: KafkaError(.unsupportedVersion, "")) { try await client.clusterID() }
        #expect(error?.message == "broker:9 is a broker's listener, and not a controller's")
        #expect(error?.nextAction?.contains("bootstrap.servers") == true)
    }

    @Test func `another cluster's controller is refused`() async throws {
        let brokers = brokers { request in
            guard request.header.apiKey == .describeCluster, request.address.port == 103 else { return nil }
            return .answer(DescribeClusterResponse(endpointType: 2, clusterId: "cluster-b"))
        }
        let reader = LiveClusterReader(sender: try client(brokers))
        let found = try await reader.describeConfigs([.broker(103)], keys: nil)
        #expect(found.first?.result.failure?.code == .wrongCluster && brokers.requests(.describeConfigs).isEmpty)
    }
}
