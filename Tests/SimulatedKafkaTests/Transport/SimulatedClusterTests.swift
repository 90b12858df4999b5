import EventLoop
import KafkaWire
import TestSupport
import Testing
import Values

@testable import SimulatedKafka

/// Connections in process, under a clock that stands still.
struct SimulatedClusterTests {
    private static let quorum = DescribeQuorumRequest(
        topics: [.init(topicName: "__cluster_metadata", partitions: [.init(partitionIndex: 0)])])

    private func ask<Request: KafkaRequest>(
        _ request: Request, version: Int16, _ connection: SimulatedConnection
    ) async throws -> Request.Response {
        let frame = try RequestFrame.encode(request, version: version, correlationId: 1, clientId: nil)
        let payload = try await connection.exchange(frame)
        return try ResponseFrame.decode(Request.Response.self, version: version, from: payload).body
    }

    private func isAnswered(_ connection: SimulatedConnection) async throws -> Bool {
        try await ask(ApiVersionsRequest(), version: 0, connection).errorCode == .none
    }

    @Test("A client finds every node by its advertised address")
    func addresses() async throws {
        let cluster = SimulatedCluster(try .three(), time: ManualTimeSource())
        for endpoint in cluster.bootstrap + cluster.bootstrapControllers {
            let connection = try #require(cluster.connect(host: endpoint.host, port: endpoint.port))
            #expect(try await isAnswered(connection))
        }
        #expect(cluster.connect(host: "nobody", port: 9092) == nil)
        let described = try await ask(
            DescribeClusterRequest(), version: 1, try #require(cluster.connect(to: 2)))
        #expect(described.brokers.map(\.host) == ["kafka-1", "kafka-2", "kafka-3"])
    }

    @Test("A stopped broker's connections break and it accepts none until it has been unfenced again")
    func stopAndStart() async throws {
        let time = ManualTimeSource()
        let cluster = SimulatedCluster(try .three(), time: time)
        let connection = try #require(cluster.connect(to: 3))
        #expect(try await isAnswered(connection))
        let first = cluster.incarnation(3)
        try cluster.stop(3)
        #expect(try await isAnswered(connection), "the process still runs")
        time.advance(by: .seconds(2))
        await connection.waitUntilClosed()
        #expect(!cluster.isRunning(3))
        #expect(cluster.connect(to: 3) == nil)
        await #expect(throws: SimulatedConnection.Closed.self) { _ = try await isAnswered(connection) }
        try cluster.start(3)
        #expect(cluster.connect(to: 3) == nil)
        time.advance(by: .seconds(3))
        #expect(try await isAnswered(try #require(cluster.connect(to: 3))))
        #expect(cluster.incarnation(3) == first + 1)
    }

    @Test("A scripted kill breaks a connection that nobody uses, at its time")
    func scriptedKill() async throws {
        let time = ManualTimeSource()
        let cluster = SimulatedCluster(
            try .three { $0.faults = [ScriptedFault(at: .seconds(90), .kill(2))] }, time: time)
        let connection = try #require(cluster.connect(to: 2))
        let ended = Locked(false)
        connection.start { if case .closed = $0 { ended.withLock { $0 = true } } }
        time.advance(by: .seconds(89))
        #expect(!ended.withLock { $0 })
        time.advance(by: .seconds(1))
        #expect(ended.withLock { $0 })
        #expect(cluster.ledger.entries.last?.effect == .stopped(controlled: false))
    }

    @Test("Answers of a slow broker come when their bytes have, in order; over a socket byte by byte")
    func trickles() async throws {
        let time = ManualTimeSource()
        let cluster = SimulatedCluster(try .three(), time: time)
        cluster.inject(.drip(2, bytesPerSecond: 100))
        let connection = try #require(cluster.connect(to: 2))
        let answers = Locked(0)
        connection.start { if case .frame = $0 { answers.withLock { $0 += 1 } } }
        let frame = try RequestFrame.encode(ApiVersionsRequest(), version: 0, correlationId: 1, clientId: nil)
        connection.send(frame)
        connection.send(frame)
        time.advance(by: .seconds(1))
        #expect(answers.withLock { $0 } == 0)
        time.advance(by: .seconds(60))
        #expect(answers.withLock { $0 } == 2)
        try await SimulatedServer.with(SimulatedCluster(try .three())) { server in
            server.cluster.inject(.drip(1, bytesPerSecond: 2000))
            let port = try #require(server.cluster.bootstrap.first?.port)
            let socket = try await StreamSocket.connect(to: "127.0.0.1", port: port, within: .seconds(10))
            try await socket.write(frame + frame)
            for _ in 0..<2 {
                let length = try await socket.read(exactly: 4, within: .seconds(30)).reduce(0) { $0 << 8 | Int($1) }
                _ = try await socket.read(exactly: length, within: .seconds(30))
            }
            await socket.close()
        }
    }

    @Test("A hung broker holds requests, in order, and answers them when it goes on")
    func hung() async throws {
        let time = ManualTimeSource()
        let cluster = SimulatedCluster(try .three(), time: time)
        let connection = try #require(cluster.connect(to: 3))
        let answers = Locked<[Int32]>([])
        connection.start { event in
            guard case .frame(let payload) = event, let id = try? ResponseFrame.correlationId(of: payload) else {
                return
            }
            answers.withLock { $0.append(id) }
        }
        cluster.inject(.stopAnswering(3, for: .seconds(5)))
        for id: Int32 in 1...3 {
            connection.send(
                try RequestFrame.encode(MetadataRequest(topics: nil), version: 9, correlationId: id, clientId: nil))
        }
        #expect(answers.withLock { $0 } == [])
        time.advance(by: .seconds(5))
        #expect(answers.withLock { $0 } == [1, 2, 3])
        #expect(cluster.connect(to: 3) != nil)
    }

    @Test("A request that needs the controller is answered once there is one again")
    func waitsForController() async throws {
        let time = ManualTimeSource()
        let cluster = SimulatedCluster(try .three(), time: time)
        let connection = try #require(cluster.connect(to: 2))
        cluster.kill(1)
        async let answer = ask(Self.quorum, version: 1, connection)
        time.advance(by: .seconds(3))
        // Either order of the two lines above ends here: asked before or after the election.
        #expect(try await answer.topics[0].partitions[0].leaderId == 2)
    }

    @Test("A request for which no controller comes is answered after a minute, with REQUEST_TIMED_OUT")
    func noController() async throws {
        let time = ManualTimeSource()
        let cluster = SimulatedCluster(try .three(), time: time)
        let connection = try #require(cluster.connect(to: 2))
        cluster.kill(1)
        cluster.kill(3)
        time.advance(by: .seconds(10))
        let answers = Locked<[KafkaErrorCode]>([])
        connection.start { event in
            guard case .frame(let payload) = event,
                let answer = try? ResponseFrame.decode(DescribeQuorumResponse.self, version: 1, from: payload)
            else { return }
            answers.withLock { $0.append(answer.body.errorCode) }
        }
        connection.send(try RequestFrame.encode(Self.quorum, version: 1, correlationId: 1, clientId: nil))
        time.advance(by: .seconds(59))
        #expect(answers.withLock { $0 } == [])
        time.advance(by: .seconds(1))
        #expect(answers.withLock { $0 } == [.requestTimedOut])
    }

    @Test("Cancelling an exchange closes its connection")
    func cancellation() async throws {
        let cluster = SimulatedCluster(try .three(), time: ManualTimeSource())
        let connection = try #require(cluster.connect(to: 3))
        cluster.inject(.stopAnswering(3, for: nil))
        await withTaskGroup(of: Bool.self) { group in
            group.addTask { (try? await isAnswered(connection)) == nil }
            group.cancelAll()
            for await failed in group { #expect(failed) }
        }
        #expect(connection.isClosed)
    }

    @Test("Versions move with install, activate and the next start")
    func versions() async throws {
        let time = ManualTimeSource()
        let cluster = SimulatedCluster(try .three(), time: time)
        let new = try #require(Version("4.3.1"))
        try cluster.install(1, new)
        try cluster.activate(1, new)
        #expect(cluster.installedVersion(1) == new)
        #expect(cluster.runningVersion(1) == Version("3.9.2"))
        try cluster.stop(1)
        time.advance(by: .seconds(3))
        try cluster.start(1)
        time.advance(by: .seconds(6))
        #expect(cluster.runningVersion(1) == new)
        let answer = try await ask(ApiVersionsRequest(), version: 3, try #require(cluster.connect(to: 1)))
        #expect(answer.errorCode == .invalidRequest, "an empty software name")
        #expect(
            cluster.ledger.effects(on: 1).filter {
                switch $0 {
                case .installed, .activated, .stopping, .stopped, .started: true
                default: false
                }
            } == [.installed(new), .activated(new), .stopping, .stopped(controlled: true), .started(new)])
    }

    @Test("Six brokers with six thousand partitions roll, and everything is in sync at the end")
    func large() throws {
        var configuration = try SimulatedClusterConfiguration.three(
            topics: (0..<30).map {
                .init(
                    name: "topic-\($0)", partitions: 200, replicationFactor: 3, minInsyncReplicas: 2,
                    bytesPerPartition: ByteCount(1 << 30))
            })
        configuration.nodes = SimulatedClusterConfiguration.combinedNodes([1, 2, 3, 4, 5, 6], racks: 3)
        var asker = Asker(configuration)
        for node: Int32 in 1...6 {
            try asker.model.stop(node, controlled: true)
            asker.advance(by: .seconds(3))
            try asker.model.start(node)
            for _ in 0..<10 {
                asker.advance(by: .seconds(2))
                let image = asker.model.image
                #expect(image.topics.count == 31)
                _ = try asker.outcome(MetadataRequest(topics: nil), version: 12, on: node == 1 ? 2 : 1)
            }
        }
        let image = asker.model.image
        #expect(image.topics.values.allSatisfy { $0.partitions.allSatisfy { $0.isr.count == $0.replicas.count } })
    }
}
