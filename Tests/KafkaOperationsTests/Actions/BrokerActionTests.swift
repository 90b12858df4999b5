import KafkaAdmin
import KafkaOperations
import Playbooks
import RunEngine
import SimulatedKafka
import TestSupport
import Testing
import Values

/// Stops and starts on the embedded cluster, proven over the protocol alone.
@Suite struct BrokerActionTests {
    @Test func `a restart has a permit, closes the connection and comes back`() async throws {
        let world = EmbeddedWorld(speed: 20)
        let bench = world.bench(2)
        let before = world.cluster.incarnation(2)
        let outcome = try await world.run("broker.restart", bench: bench)
        #expect(outcome.isChanged)
        #expect(world.cluster.incarnation(2) == before + 1)
        #expect(bench.brokerStates.first == "stopping")
        #expect(bench.brokerStates.last == "back")
        #expect(bench.brokerStates.contains("down"))
        let witness = try #require(outcome.result["witness"])
        #expect(witness["connection_closed"] == true)
        #expect(witness["permit"]?.stringValue?.hasPrefix("every partition stays") == true)
        #expect(bench.records.map(\.kind) == ["witness", "stopped", "started"])
        #expect(outcome.result["clean_shutdown"] == true)
        #expect(await world.services.permits.heldDown(in: "demo").isEmpty)
    }

    /// What a runner leaves that dies in the middle of a restart, and what the next one does.
    @Test(arguments: ["witness", "stopped", "started"], [false, true])
    func `a restart whose runner has died is gone on with, and stops the broker once`(
        kind: String, isDown: Bool
    ) async throws {
        guard kind != "started" || !isDown else { return }
        let world = EmbeddedWorld(speed: 20)
        let first = world.bench(2)
        let before = world.cluster.incarnation(2)
        // As far as the dead one came: the witness alone, or a stop that was proven, or all of it.
        _ = try await world.run(kind == "started" ? "broker.restart" : "broker.stop", bench: first)
        if !isDown && kind != "started" { _ = try await world.run("broker.start", on: 2) }
        let records = Array(first.records.prefix { $0.kind != kind }) + first.records.filter { $0.kind == kind }
        let bench = world.bench(2)
        var context = bench.step(
            cluster: LiveClusterReader(sender: world.client), writer: LiveClusterOperator(sender: world.client))
        context.recorded = records
        let action = try StepBench.make(world.catalog, "broker.restart")
        switch try await action.fate(in: context) {
        case .finished(let outcome): #expect(kind == "started" && outcome.isChanged)
        case .neverStarted: Issue.record("it began")
        case .cannotTell:
            switch try await action.verify(in: context) {
            case .done: #expect(!isDown)
            case .notDone:
                #expect(isDown)
                #expect(try await action.run(in: context).isChanged)
            // It answers, and this lifecycle does not tell one process from another.
            case .cannotTell(let reason): #expect(kind == "witness" && !isDown, "\(reason)")
            }
        }
        #expect(world.cluster.isRunning(2) && world.cluster.incarnation(2) == before + 1)
    }

    @Test func `a restart that recorded no witness has not begun`() async throws {
        let world = EmbeddedWorld(speed: 20)
        let context = world.bench(2).step(
            cluster: LiveClusterReader(sender: world.client), writer: LiveClusterOperator(sender: world.client))
        for name in ["broker.restart", "broker.stop"] {
            guard case .neverStarted = try await StepBench.make(world.catalog, name).fate(in: context) else {
                Issue.record("\(name) began")
                continue
            }
        }
    }

    @Test func `the next stop is refused while another is down, and granted once it is back in sync`() async throws {
        let world = EmbeddedWorld(speed: 20)
        _ = try await world.run("broker.stop", on: 3)
        #expect(await world.services.permits.heldDown(in: "demo") == [3])
        do {
            _ = try await world.run("broker.stop", on: 2)
            Issue.record("two of three were stopped")
        } catch let failure as StepFailure {
            #expect(failure.code == .permit)
            #expect(failure.message.contains("broker 2 may not be stopped now (down already: 3)"))
            #expect(failure.details.contains { $0.hasPrefix("orders-") })
        }
        #expect(world.cluster.isRunning(2))
        _ = try await world.run("broker.start", on: 3)
        try await world.waitUntil("kafka.cluster_health")
        let outcome = try await world.run("broker.stop", on: 2)
        #expect(outcome.isChanged)
    }

    @Test func `two steps at the same time get one permit`() async throws {
        let world = EmbeddedWorld(speed: 20)
        let codes = await withTaskGroup(of: StepFailure.Code?.self) { group in
            for node: Int32 in [2, 3] {
                group.addTask {
                    do {
                        _ = try await world.run("broker.stop", on: node)
                        return nil
                    } catch {
                        return (error as? StepFailure)?.code ?? .internalError
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(codes.filter { $0 == nil }.count == 1)
        #expect(codes.contains(.permit))
        #expect(world.cluster.isRunning(2) != world.cluster.isRunning(3))
    }

    @Test func `a stop is idempotent, and so is a start`() async throws {
        let world = EmbeddedWorld(speed: 20)
        #expect(try await world.run("broker.start", on: 2).isChanged == false)
        #expect(try await world.run("broker.stop", on: 2).isChanged)
        #expect(try await world.run("broker.stop", on: 2).isChanged == false)
        #expect(try await world.run("broker.start", on: 2).isChanged)
    }

    @Test func `force goes on where the permit refuses, and says why`() async throws {
        let world = EmbeddedWorld(topics: [.init(name: "single", partitions: 3, replicationFactor: 1)]) {
            $0.hasInternalTopics = false
        }
        await #expect(throws: StepFailure.self) { _ = try await world.run("broker.stop", on: 2) }
        let outcome = try await world.run("broker.stop", ["force": "planned outage"], on: 2)
        #expect(outcome.result["witness"]?["permit"] == "forced: planned outage")
    }

    @Test func `a broker that never comes back is a failure with its reason, and may be started again`() async throws {
        let world = EmbeddedWorld(speed: 20)
        world.cluster.inject(.failStart(2, version: Version("4.3.1") ?? Version(major: 4, minor: 3)))
        _ = try await world.run("broker.install", ["version": "4.3.1"], on: 2)
        _ = try await world.run("broker.activate", ["version": "4.3.1"], on: 2)
        do {
            _ = try await world.run("broker.restart", on: 2, timeout: .seconds(60))
            Issue.record("it came back")
        } catch let failure as StepFailure {
            #expect(failure.code == .timedOut, "\(failure)")
        }
        let back = try await world.run("broker.activate", ["version": "3.9.2"], on: 2)
        #expect(back.result["previous_version"] == .version(Version("4.3.1") ?? Version(major: 4, minor: 3)))
        let outcome = try await world.run("broker.restart", on: 2)
        #expect(outcome.isChanged)
        try await world.waitUntil("kafka.cluster_health")
    }

    @Test func `a dedicated controller is stopped and is back when the quorum counts it`() async throws {
        var nodes = SimulatedClusterConfiguration.combinedNodes([1, 2, 3])
        for index in nodes.indices { nodes[index].isController = false }
        nodes += [101, 102, 103].map { .init(id: $0, isBroker: false) }
        let world = EmbeddedWorld(nodes: nodes)
        let outcome = try await world.run("broker.restart", on: 102)
        #expect(outcome.isChanged)
        #expect(world.cluster.incarnation(102) == 2)
        let first = try await world.run("broker.stop", on: 103)
        #expect(first.isChanged)
        do {
            _ = try await world.run("broker.stop", on: 102)
            Issue.record("two of three voters were stopped")
        } catch let failure as StepFailure {
            #expect(failure.details.contains { $0.contains("the quorum needs 2") }, "\(failure)")
        }
    }

    @Test func `a verify after an unknown outcome looks at the witness`() async throws {
        let world = EmbeddedWorld(speed: 20)
        let action = try StepBench.make(world.catalog, "broker.restart")
        let context = world.bench(2).step(cluster: world.reader, writer: world.writer)
        guard case .cannotTell = try await action.verify(in: context) else {
            Issue.record("nothing was seen of it yet")
            return
        }
        _ = try await action.run(in: context)
        guard case .done = try await action.verify(in: context) else {
            Issue.record("it was restarted")
            return
        }
    }

    @Test func `what runs is not what is installed until the restart`() async throws {
        let world = EmbeddedWorld(speed: 20)
        let host = try #require(world.inventory.host("kafka-2"))
        let inventory = Self.withLifecycle(world)
        let facts = HostFactReader(services: world.services, inventory: inventory, time: world.time)
        let before = try await facts.facts(of: host, world.reader)
        #expect(before.runningVersion == Version("3.9.2"))
        _ = try await world.run("broker.install", ["version": "4.3.1"], on: 2)
        _ = try await world.run("broker.activate", ["version": "4.3.1"], on: 2)
        let between = try await facts.facts(of: host, world.reader)
        #expect(between.installedVersion == Version("4.3.1"))
        #expect(between.runningVersion == nil)
        #expect(between.release == Version("3.9"))
        _ = try await world.run("broker.restart", on: 2)
        let after = try await facts.facts(of: host, world.reader)
        #expect(after.runningVersion == Version("4.3.1"))
        #expect(after.release == Version("4.3"))
    }

    @Test func `within a release line what is installed is not taken for what runs until a restart is proven`()
        async throws
    {
        try await ScratchDirectory.with { scratch in
            func world() -> EmbeddedWorld {
                EmbeddedWorld(
                    version: "4.3.0", speed: 20, pending: PendingActivations(folder: "\(scratch.path)/activated"))
            }
            let first = world()
            let host = try #require(first.inventory.host("kafka-2"))
            func facts(_ world: EmbeddedWorld, of host: Host) async throws -> HostFacts {
                try await HostFactReader(
                    services: world.services, inventory: Self.withLifecycle(world), time: world.time
                ).facts(of: host, world.reader, clusterID: EmbeddedWorld.clusterID)
            }
            #expect(try await facts(first, of: host).runningVersion == Version("4.3.0"))
            _ = try await first.run("broker.install", ["version": "4.3.1"], on: 2)
            _ = try await first.run("broker.activate", ["version": "4.3.1"], on: 2)
            // Here the run is interrupted; the next one is another process.
            let second = try await facts(first, of: host)
            #expect(second.installedVersion == Version("4.3.1"))
            #expect(second.release == Version("4.3"))
            #expect(second.runningVersion == nil)
            #expect(
                second.notes.contains { $0.contains("no restart of node 2 has been proven since") }, "\(second.notes)")
            let other = try #require(first.inventory.host("kafka-1"))
            #expect(try await facts(first, of: other).runningVersion == Version("4.3.0"))
            // It starts next already: nothing is activated, and the note stays until the restart.
            _ = try await first.run("broker.activate", ["version": "4.3.1"], on: 2)
            #expect(try await facts(first, of: host).runningVersion == nil)
            _ = try await first.run("broker.restart", on: 2)
            #expect(try await facts(first, of: host).runningVersion == Version("4.3.1"))
        }
    }

    @Test func `a release that is taken back before the broker was touched leaves no note`() async throws {
        try await ScratchDirectory.with { scratch in
            let world = EmbeddedWorld(
                version: "4.3.0", speed: 20, pending: PendingActivations(folder: "\(scratch.path)/activated"))
            _ = try await world.run("broker.install", ["version": "4.3.1"], on: 2)
            _ = try await world.run("broker.activate", ["version": "4.3.1"], on: 2)
            #expect(try await world.services.pending.find(2, in: EmbeddedWorld.clusterID) != nil)
            _ = try await world.run("broker.activate", ["version": "4.3.0"], on: 2)
            #expect(try await world.services.pending.find(2, in: EmbeddedWorld.clusterID) == nil)
            // A note that cannot be read stands for a release that nobody knows.
            try scratch.write("{", to: "activated/\(EmbeddedWorld.clusterID)/2.json")
            let found = try #require(try await world.services.pending.find(2, in: EmbeddedWorld.clusterID))
            #expect(found.activation == nil)
            _ = try await world.run("broker.stop", on: 2)
            #expect(try await world.services.pending.find(2, in: EmbeddedWorld.clusterID) == nil)
        }
    }

    @Test func `a release that cannot be noted is not changed`() async throws {
        try await ScratchDirectory.with { scratch in
            let file = try scratch.write("", to: "file")
            let world = EmbeddedWorld(version: "4.3.0", pending: PendingActivations(folder: file))
            _ = try await world.run("broker.install", ["version": "4.3.1"], on: 2)
            await #expect(throws: StepFailure.self) {
                _ = try await world.run("broker.activate", ["version": "4.3.1"], on: 2)
            }
            #expect(world.cluster.installedVersion(2) == Version("4.3.0"))
        }
    }

    /// The reader of facts asks for a lifecycle only where the inventory has one.
    private static func withLifecycle(_ world: EmbeddedWorld) -> Inventory {
        var inventory = world.inventory
        let span = inventory.clusters[0].span
        inventory.clusters[0].lifecycle = .init(
            template: .literal(.init("simulated", at: span)), folder: ".")
        return inventory
    }
}
