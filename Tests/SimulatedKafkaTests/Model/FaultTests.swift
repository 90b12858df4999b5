import KafkaWire
import Testing
import Values

@testable import SimulatedKafka

/// What goes wrong on purpose.
struct FaultTests {
    @Test("Scripted faults happen at their times")
    func scripted() throws {
        var asker = Asker(try .three { $0.faults = [ScriptedFault(at: .seconds(90), .kill(3))] })
        asker.advance(by: .milliseconds(89_999))
        #expect(asker.model.isRunning(3))
        asker.advance(by: .milliseconds(1))
        #expect(!asker.model.isRunning(3))
        #expect(asker.model.ledger.entries.last?.at == .seconds(90))
    }

    @Test("A hung broker answers nothing, is fenced after its session and comes back when it goes on")
    func hung() throws {
        var asker = Asker(
            try .three { $0.faults = [ScriptedFault(at: .seconds(1), .stopAnswering(3, for: .seconds(30)))] })
        asker.advance(by: .seconds(2))
        let request = DescribeClusterRequest()
        #expect(try asker.outcome(request, version: 0, on: 3) == .hold)
        #expect(asker.model.nodes[3]?.accepts(.broker) == true)
        #expect(try asker.unfenced() == [1, 2, 3])
        asker.advance(by: .seconds(9))
        #expect(try asker.unfenced() == [1, 2])
        asker.advance(by: .seconds(22))
        #expect(try asker.unfenced(on: 3) == [1, 2, 3])
        #expect(asker.model.takeSignals().contains(.resumed(3)))
        #expect(try asker.partitions(of: "orders").allSatisfy { $0.isrNodes.count == 3 })
    }

    @Test("A short hang goes by unnoticed")
    func shortHang() throws {
        var asker = Asker(try .three { $0.faults = [ScriptedFault(.stopAnswering(3, for: .seconds(5)))] })
        let before = try asker.partitions(of: "orders")
        asker.advance(by: .seconds(30))
        #expect(try asker.partitions(of: "orders") == before)
        #expect(!asker.model.ledger.effects(on: 3).contains(.fenced))
    }

    @Test("A broker that refuses clients stays in the cluster")
    func refuses() throws {
        var asker = Asker(try .three { $0.faults = [ScriptedFault(.refuse(2, for: .seconds(60)))] })
        asker.advance(by: .seconds(30))
        #expect(asker.model.nodes[2]?.accepts(.broker) == false)
        #expect(try asker.unfenced() == [1, 2, 3])
        asker.advance(by: .seconds(31))
        #expect(asker.model.nodes[2]?.accepts(.broker) == true)
    }

    @Test("A half-open broker answers no client and stays in the cluster, and what waited is answered in the end")
    func halfOpen() throws {
        var asker = Asker(try .three { $0.faults = [ScriptedFault(.halfOpen(2, for: .seconds(60)))] })
        asker.advance(by: .seconds(30))
        #expect(try asker.outcome(DescribeClusterRequest(), version: 0, on: 2) == .hold)
        #expect(asker.model.nodes[2]?.accepts(.broker) == true)
        #expect(try asker.unfenced() == [1, 2, 3])
        _ = asker.model.takeSignals()
        asker.advance(by: .seconds(31))
        #expect(asker.model.takeSignals().contains(.resumed(2)))
        #expect(try asker.unfenced(on: 2) == [1, 2, 3])
    }

    @Test("Brokers say that a node is elsewhere, and one of another cluster")
    func strangers() throws {
        let place = SimulatedEndpoint(host: "elsewhere", port: 9999)
        var asker = Asker(
            try .three {
                $0.faults = [ScriptedFault(.advertise(2, place)), ScriptedFault(.lieOnce(1, .clusterID))]
            })
        asker.advance(by: .seconds(1))
        let first = try asker.ask(DescribeClusterRequest(), version: 1)
        #expect(first.clusterId != asker.model.configuration.clusterID)
        #expect(first.brokers.map(\.host) == ["kafka-1", "elsewhere", "kafka-3"])
        #expect(try asker.ask(DescribeClusterRequest(), version: 1).clusterId == asker.model.configuration.clusterID)
    }

    @Test("A lie about the view is told once, to whoever asks first")
    func healthyLie() throws {
        var asker = Asker(try .three { $0.faults = [ScriptedFault(.lieOnce(2, .healthyView))] })
        try asker.model.stop(3, controlled: true)
        asker.advance(by: .seconds(5))
        #expect(try asker.partitions(of: "orders", on: 2).allSatisfy { $0.isrNodes.count == 3 })
        #expect(try asker.partitions(of: "orders", on: 2).allSatisfy { $0.isrNodes.count == 2 })
        #expect(asker.model.ledger.effects(on: 2).contains(.lied(.healthyView)))
    }

    @Test("A lie about the correlation id is told once")
    func correlationLie() throws {
        var asker = Asker(try .three { $0.faults = [ScriptedFault(.lieOnce(1, .correlationID))] })
        asker.advance(by: .zero)
        guard case .answer(let frame) = try asker.outcome(MetadataRequest(topics: nil), version: 9) else {
            Issue.record("no answer")
            return
        }
        #expect(try ResponseFrame.correlationId(of: Array(frame.dropFirst(4))) != 1)
        _ = try asker.partitions(of: "orders")
    }

    @Test("Views lag by the replay lag, and a restarted broker's by the restart's")
    func lag() throws {
        var asker = Asker(
            try .three {
                $0.replayLag = .milliseconds(200)
                $0.restartLag = .seconds(2)
            })
        asker.advance(by: .seconds(1))
        try asker.model.stop(3, controlled: true)
        #expect(try asker.unfenced() == [1, 2, 3])
        asker.advance(by: .milliseconds(250))
        #expect(try asker.unfenced() == [1, 2])
        asker.advance(by: .seconds(3))
        try asker.model.start(3)
        asker.advance(by: .milliseconds(4_500))
        #expect(try asker.partitions(of: "orders", on: 1).allSatisfy { $0.isrNodes.count == 3 })
        #expect(try asker.partitions(of: "orders", on: 3).allSatisfy { $0.isrNodes.count == 2 })
        asker.advance(by: .seconds(1))
        #expect(try asker.partitions(of: "orders", on: 3).allSatisfy { $0.isrNodes.count == 3 })
    }

    @Test("Everything killed at once comes back at once")
    func powerCut() throws {
        var asker = Asker(try .three())
        for node: Int32 in [1, 2, 3] { asker.model.kill(node) }
        asker.advance(by: .seconds(60))
        for node: Int32 in [1, 2, 3] { try asker.model.start(node) }
        asker.advance(by: .seconds(30))
        #expect(try asker.unfenced() == [1, 2, 3])
        #expect(try asker.partitions(of: "orders").allSatisfy { $0.isrNodes.count == 3 && $0.leaderId > 0 })
    }

    @Test("The same configuration and the same requests give the same bytes", arguments: [UInt64(1), 7])
    func deterministic(seed: UInt64) throws {
        func run() throws -> [SimulatedOutcome] {
            var asker = Asker(try .three { $0.seed = seed })
            var outcomes: [SimulatedOutcome] = []
            asker.model.kill(2)
            for _ in 0..<20 {
                asker.advance(by: .seconds(1))
                outcomes.append(try asker.outcome(MetadataRequest(topics: nil), version: 12))
            }
            return outcomes
        }
        #expect(try run() == run())
    }
}
