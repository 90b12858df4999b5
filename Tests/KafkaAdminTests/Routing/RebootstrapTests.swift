import EventLoop
import KafkaWire
import Testing

@testable import KafkaAdmin

/// How a client finds its cluster again when the nodes that it knows are not of it any more (KIP-899, KIP-1102).
@Suite(.timeLimit(.minutes(5))) struct RebootstrapTests {
    /// A balancer at port 9000 stands before nodes that can move from 1001… to 2001…
    private static let old: [Int32: Int32] = [1: 1001, 2: 1002, 3: 1003]
    private static let new: [Int32: Int32] = [1: 2001, 2: 2002, 3: 2003]

    private func move(_ brokers: FakeBrokers) {
        brokers.nodes.withLock { nodes in
            nodes = Self.new.compactMapValues { BrokerAddress(host: "broker", port: $0) }
        }
    }

    /// Asks for the brokers before each call.
    private func client(
        _ brokers: FakeBrokers, configure: (inout AdminClientSettings) -> Void = { _ in }
    ) throws -> AdminClient {
        var settings = AdminClientSettings(
            bootstrap: try AdminClientSettings.addresses(["balancer:9000"]), requestTimeout: .seconds(60),
            retryBackoff: Backoff(base: .milliseconds(1), limit: .milliseconds(4)), viewAge: .zero)
        configure(&settings)
        return AdminClient(settings: settings, dialer: brokers)
    }

    /// Brokers whose old addresses say, once told to, that they are of another cluster now.
    private func brokers(telling isTold: Locked<Bool>) -> FakeBrokers {
        FakeBrokers(nodes: Self.old) { request in
            guard request.header.apiKey == .metadata, request.address.port < 2000, isTold.withLock({ $0 }) else {
                return nil
            }
            return .answer(MetadataResponse(errorCode: .rebootstrapRequired))
        }
    }

    @Test func `who is told to begin anew forgets every node and asks the bootstrap addresses`() async throws {
        let isTold = Locked(false)
        let brokers = brokers(telling: isTold)
        let client = try client(brokers)
        _ = try await client.call(ListGroupsRequest(), to: .node(2), kind: .read)
        isTold.withLock { $0 = true }
        move(brokers)
        let answer = try await client.call(ListGroupsRequest(), to: .node(2), kind: .read)
        #expect(answer.node == 2 && brokers.requests(.listGroups).last?.address.port == 2002)
        // Nothing leads to the old addresses any more, and the balancer was asked a second time.
        #expect(brokers.openChannels(1001) + brokers.openChannels(1002) + brokers.openChannels(1003) == 0)
        #expect(brokers.dials.filter { $0.port == 9000 }.count == 2)
    }

    @Test func `an answer about topics that says so is asked for again`() async throws {
        let isTold = Locked(false)
        let brokers = brokers(telling: isTold)
        let client = try client(brokers) { $0.viewAge = .seconds(300) }
        let reader = LiveClusterReader(sender: client)
        _ = try await reader.snapshot(topics: nil, from: .any)
        isTold.withLock { $0 = true }
        move(brokers)
        let snapshot = try await reader.snapshot(topics: nil, from: .any)
        #expect(snapshot.brokers.map(\.port) == [2001, 2002, 2003])
        #expect(brokers.requests(.metadata).last.map { $0.address.port > 2000 } == true)
    }

    @Test func `another cluster behind the name is refused`() async throws {
        let isTold = Locked(false)
        let brokers = brokers(telling: isTold)
        let client = try client(brokers)
        _ = try await client.brokers()
        isTold.withLock { $0 = true }
        move(brokers)
        brokers.clusterID.withLock { $0 = "cluster-b" }
        let error = await #expect(throws: KafkaError(.wrongCluster, "")) {
            try await client.call(ListGroupsRequest(), to: .any, kind: .read)
        }
        #expect(error?.message.contains("cluster-b") == true && brokers.requests(.listGroups).isEmpty)
    }

    @Test func `nodes that all have moved are found through the bootstrap addresses`() async throws {
        let brokers = FakeBrokers(nodes: Self.old)
        let client = try client(brokers)
        #expect(try await client.brokers() == [1, 2, 3])
        _ = try await client.call(ListGroupsRequest(), to: .node(1), kind: .read)
        for port in Self.old.values { brokers.setDown(port) }
        move(brokers)
        let answer = try await client.call(ListGroupsRequest(), to: .node(1), kind: .read)
        #expect(answer.node == 1 && brokers.requests(.listGroups).last?.address.port == 2001)
    }

    @Test func `with the strategy none the bootstrap addresses are not asked again`() async throws {
        let brokers = FakeBrokers(nodes: Self.old)
        let client = try client(brokers) {
            $0.rebootstraps = false
            $0.retries = 2
        }
        #expect(try await client.brokers() == [1, 2, 3])
        for port in Self.old.values { brokers.setDown(port) }
        move(brokers)
        await #expect(throws: KafkaError(.unreachable, "")) { try await client.brokers() }
        #expect(brokers.dials.filter { $0.port == 9000 }.count == 1)
    }

    @Test func `nodes that have not answered for the trigger's time are not asked again`() async throws {
        let brokers = FakeBrokers(nodes: Self.old)
        let client = try client(brokers) {
            $0.rebootstrapAfter = .milliseconds(300)
            $0.retries = 5
        }
        #expect(try await client.brokers() == [1, 2, 3])
        for port in Self.old.values { brokers.setDown(port) }
        brokers.setDownHost("balancer", 9000)
        await #expect(throws: KafkaError.self) { try await client.brokers() }
        let dialed = brokers.dials.filter { Self.old.values.contains($0.port) }.count
        #expect(dialed > 0)
        brokers.setDownHost("balancer", 9000, false)
        move(brokers)
        #expect(try await client.brokers() == [1, 2, 3])
        #expect(brokers.dials.filter { Self.old.values.contains($0.port) }.count == dialed)
    }

    @Test func `a bootstrap address that only says so ends the call with it`() async throws {
        let brokers = FakeBrokers { request in
            request.header.apiKey == .metadata ? .answer(MetadataResponse(errorCode: .rebootstrapRequired)) : nil
        }
        let client = try client(brokers) { $0.retries = 5 }
        let error = await #expect(throws: KafkaError.self) { try await client.brokers() }
        #expect(error?.description.contains("REBOOTSTRAP_REQUIRED") == true)
    }
}
