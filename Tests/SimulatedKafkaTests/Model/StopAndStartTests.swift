import KafkaWire
import Testing
import Values

@testable import SimulatedKafka

/// What stopping and starting does to leaders, in-sync sets and registrations. The expectations were seen on real
/// three-node clusters of 3.9.2 and 4.3.1.
struct StopAndStartTests {
    @Test("A controlled shutdown moves leaders and leaves every ISR before the process ends")
    func controlledShutdown() throws {
        var asker = Asker(try .three())
        #expect(try asker.partitions(of: "orders").contains { $0.leaderId == 3 })
        try asker.model.stop(3, controlled: true)
        let after = try asker.partitions(of: "orders")
        #expect(asker.model.isRunning(3))
        #expect(after.allSatisfy { $0.leaderId != 3 && $0.leaderId > 0 })
        #expect(after.allSatisfy { !$0.isrNodes.contains(3) && $0.isrNodes.count == 2 })
        #expect(after.allSatisfy { $0.offlineReplicas == [3] })
        #expect(try asker.unfenced() == [1, 2])
        asker.advance(by: .seconds(2))
        #expect(!asker.model.isRunning(3))
        let effects = asker.model.ledger.effects(on: 3)
        #expect(effects.first == .stopping)
        #expect(effects.contains(.fenced))
        #expect(effects.last == .stopped(controlled: true))
    }

    @Test("After a kill a broker stays listed and leading until its session ends, then it is fenced")
    func kill() throws {
        var asker = Asker(try .three())
        let before = try asker.partitions(of: "orders")
        asker.model.kill(3)
        #expect(!asker.model.isRunning(3))
        asker.advance(by: .milliseconds(8_900))
        #expect(try asker.unfenced() == [1, 2, 3])
        #expect(try asker.partitions(of: "orders") == before)
        asker.advance(by: .milliseconds(200))
        #expect(try asker.unfenced() == [1, 2])
        let after = try asker.partitions(of: "orders")
        #expect(after.allSatisfy { $0.leaderId != 3 && !$0.isrNodes.contains(3) })
        for (old, new) in zip(before, after) {
            // The epoch rises with the leader, not with the ISR (KAFKA-15021).
            #expect(new.leaderEpoch == old.leaderEpoch + (old.leaderId == 3 ? 1 : 0))
        }
    }

    @Test("A killed active controller is replaced after the fetch timeout, and fenced a whole session later")
    func killedController() throws {
        var asker = Asker(try .three())
        asker.model.kill(1)
        asker.advance(by: .seconds(10))
        #expect(try asker.unfenced(on: 2) == [1, 2, 3])
        asker.advance(by: .seconds(2))
        #expect(try asker.unfenced(on: 2) == [2, 3])
        #expect(asker.model.ledger.entries.contains { $0.effect == .controllerElected(epoch: 2) })
    }

    @Test("The only replica of a partition keeps its ISR and loses its leader until it is back", arguments: ["3.9.2"])
    func onlyReplica(version: String) throws {
        var asker = Asker(
            try .three(version, topics: [.init(name: "one", partitions: 3, replicationFactor: 1)]))
        let mine = try #require(try asker.partitions(of: "one").first { $0.leaderId == 3 })
        try asker.model.stop(3, controlled: true)
        var now = try asker.partitions(of: "one")[Int(mine.partitionIndex)]
        #expect(now.leaderId == -1)
        #expect(now.errorCode == .leaderNotAvailable)
        #expect(now.isrNodes == [3])
        asker.advance(by: .seconds(3))
        try asker.model.start(3)
        asker.advance(by: .seconds(4))
        now = try asker.partitions(of: "one")[Int(mine.partitionIndex)]
        #expect(now.leaderId == 3)
    }

    @Test("With eligible leader replicas the last member leaves the ISR and is remembered")
    func lastMemberWithELR() throws {
        var asker = Asker(
            try .three("4.3.1", topics: [.init(name: "one", partitions: 3, replicationFactor: 1)]))
        let index = try #require(try asker.partitions(of: "one").first { $0.leaderId == 3 }).partitionIndex
        try asker.model.stop(3, controlled: true)
        let request = DescribeTopicPartitionsRequest(topics: [.init(name: "one")])
        var now = try asker.ask(request, version: 0).topics[0].partitions[Int(index)]
        #expect(now.leaderId == -1)
        #expect(now.isrNodes == [])
        #expect(now.eligibleLeaderReplicas == [3])
        #expect(now.lastKnownElr == [3])
        asker.advance(by: .seconds(3))
        try asker.model.start(3)
        asker.advance(by: .seconds(4))
        now = try asker.ask(request, version: 0).topics[0].partitions[Int(index)]
        #expect(now.leaderId == 3)
        #expect(now.isrNodes == [3])
        #expect(now.eligibleLeaderReplicas == [])
        #expect(now.lastKnownElr == [])
    }

    @Test("A member that leaves an ISR below the minimum becomes eligible; a kill loses that at the next start")
    func eligibleAfterKill() throws {
        let topic = SimulatedClusterConfiguration.Topic(
            name: "two", partitions: 3, replicationFactor: 2, minInsyncReplicas: 2)
        var asker = Asker(try .three("4.3.1", topics: [topic]))
        let request = DescribeTopicPartitionsRequest(topics: [.init(name: "two")])
        asker.model.kill(3)
        asker.advance(by: .seconds(10))
        let hit = try asker.ask(request, version: 0).topics[0].partitions.filter { $0.replicaNodes.contains(3) }
        #expect(!hit.isEmpty)
        #expect(hit.allSatisfy { $0.isrNodes.count == 1 && $0.eligibleLeaderReplicas == [3] })
        try asker.model.start(3)
        asker.advance(by: .milliseconds(3_100))
        let started = try asker.ask(request, version: 0).topics[0].partitions.filter { $0.replicaNodes.contains(3) }
        #expect(started.allSatisfy { $0.eligibleLeaderReplicas == [] && $0.leaderId > 0 })
        asker.advance(by: .seconds(2))
        let back = try asker.ask(request, version: 0).topics[0].partitions
        #expect(back.allSatisfy { $0.isrNodes.count == 2 })
    }

    @Test("The client listener opens with the unfence, the controller's before it")
    func startOpensListeners() throws {
        var asker = Asker(try .three())
        try asker.model.stop(3, controlled: true)
        asker.advance(by: .seconds(3))
        #expect(asker.model.nodes[3]?.accepts(.broker) == false)
        #expect(asker.model.nodes[3]?.accepts(.controller) == false)
        try asker.model.start(3)
        asker.advance(by: .milliseconds(1_600))
        #expect(asker.model.nodes[3]?.accepts(.broker) == false)
        #expect(asker.model.nodes[3]?.accepts(.controller) == true)
        asker.advance(by: .milliseconds(1_500))
        #expect(asker.model.nodes[3]?.accepts(.broker) == true)
        #expect(try asker.unfenced() == [1, 2, 3])
    }

    @Test("A broker that starts before its old session has ended waits for it")
    func quickRestartAfterKill() throws {
        var asker = Asker(try .three())
        asker.model.kill(3)
        try asker.model.start(3)
        asker.advance(by: .seconds(8))
        #expect(asker.model.nodes[3]?.accepts(.broker) == false)
        asker.advance(by: .seconds(2))
        #expect(asker.model.nodes[3]?.accepts(.broker) == true)
        #expect(try asker.unfenced() == [1, 2, 3])
    }

    @Test(
        "A leader of 4.x sorts the ISR, one of 3.x appends who comes back",
        arguments: [("3.9.2", false), ("4.3.1", true)])
    func isrOrder(version: String, sorts: Bool) throws {
        var asker = Asker(try .three(version))
        try asker.model.stop(1, controlled: true)
        asker.advance(by: .seconds(3))
        try asker.model.start(1)
        asker.advance(by: .seconds(6))
        let isrs = try asker.partitions(of: "orders", on: 2).map(\.isrNodes)
        #expect(isrs.allSatisfy { $0.count == 3 })
        #expect(isrs.allSatisfy { ($0 == [1, 2, 3]) == sorts })
    }

    @Test("A start during a shutdown comes after it")
    func startWhileStopping() throws {
        var asker = Asker(try .three())
        try asker.model.stop(3, controlled: true)
        try asker.model.start(3)
        asker.advance(by: .seconds(10))
        #expect(asker.model.isRunning(3))
        #expect(asker.model.incarnation(3) == 2)
        #expect(try asker.partitions(of: "orders").allSatisfy { $0.isrNodes.count == 3 })
    }

    @Test("A release that fails to start leaves the node down and says so")
    func failedStart() throws {
        let bad = try #require(Version("4.3.1"))
        var asker = Asker(try .three { $0.faults = [ScriptedFault(.failStart(1, version: bad))] })
        asker.advance(by: .zero)
        try asker.model.install(1, bad)
        try asker.model.activate(1, bad)
        try asker.model.stop(1, controlled: true)
        asker.advance(by: .seconds(3))
        try asker.model.start(1)
        #expect(asker.model.isRunning(1))
        #expect(asker.model.runningVersion(1) == bad)
        asker.advance(by: .seconds(5))
        #expect(!asker.model.isRunning(1))
        #expect(asker.model.runningVersion(1) == nil)
        #expect(
            asker.model.ledger.effects(on: 1).contains {
                if case .startFailed(bad, _) = $0 { true } else { false }
            })
    }

    @Test("A release that lacks a finalized level may not join")
    func downgradedBinary() throws {
        let old = try #require(Version("3.9.2"))
        var asker = Asker(try .three("4.3.1"))
        try asker.model.install(2, old)
        try asker.model.activate(2, old)
        try asker.model.stop(2, controlled: true)
        asker.advance(by: .seconds(3))
        try asker.model.start(2)
        asker.advance(by: .seconds(5))
        #expect(!asker.model.isRunning(2))
    }

    @Test("Only an installed release can be activated")
    func activateNeedsInstall() throws {
        var asker = Asker(try .three())
        let version = try #require(Version("4.3.1"))
        #expect(throws: ClusterModel.EstateError.self) { try asker.model.activate(1, version) }
        try asker.model.install(1, version)
        try asker.model.activate(1, version)
        #expect(asker.model.installedVersion(1) == version)
        #expect(asker.model.runningVersion(1) == Version("3.9.2"))
    }
}
