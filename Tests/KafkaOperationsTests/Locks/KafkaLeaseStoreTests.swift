import EventLoop
import KafkaAdmin
import KafkaOperations
import RunEngine
import TestSupport
import Testing
import Values

/// Leases in a topic of the embedded cluster. Real brokers: `LockSurface`.
@Suite struct KafkaLeaseStoreTests {
    private func holder(_ run: String) -> LockHolder {
        LockHolder(
            runID: run, playbook: "p.yml", user: "anna", host: run, pid: 1, startTime: "2", bootID: run,
            since: Timestamp(milliseconds: 0))
    }

    private func store(_ world: EmbeddedWorld) -> KafkaLeaseStore {
        KafkaLeaseStore(LiveFencedTopic(KafkaLeaseStore.topic, sender: world.client, limit: .seconds(60)))
    }

    private func take(
        _ run: String, in store: KafkaLeaseStore, _ clock: ManualTimeSource, claim: LeaseClaim = .free
    ) async throws -> HeldLease {
        try await ClusterLock.take(
            .init(clusterID: EmbeddedWorld.clusterID, cluster: "demo", holder: holder(run), claim: claim), in: store,
            clock: clock, time: clock, stopper: Stopper()
        ).lease
    }

    @Test func `a lease in Kafka is taken, renewed, fenced off and given back`() async throws {
        let world = EmbeddedWorld()
        let (ours, theirs) = (store(world), store(world))
        let clock = ManualTimeSource()
        #expect(try await ours.lease(of: EmbeddedWorld.clusterID) == nil)
        let first = try await take("first", in: ours, clock)
        #expect(first.lease.epoch == 1)
        #expect(try await theirs.lease(of: EmbeddedWorld.clusterID) == first.lease)
        await #expect(throws: StepFailure.self) { _ = try await take("second", in: theirs, clock) }
        for _ in 0..<12 {
            clock.advance(by: .seconds(20))
            #expect(await first.renew())
        }
        await #expect(throws: StepFailure.self) { _ = try await take("second", in: theirs, clock) }
        let glass = try await take("second", in: theirs, clock, claim: .breakGlass)
        #expect(glass.lease.epoch == 2 && glass.former?.holder.runID == "first")
        #expect(await first.renew() == false)
        #expect(first.loss == .taken(glass.lease))
        await first.release()
        #expect(try await ours.lease(of: EmbeddedWorld.clusterID)?.state == .held)
        await glass.release()
        let third = try await take("third", in: ours, clock)
        #expect(third.lease.epoch == 3 && third.former == nil)
        // Another machine: its clock may differ by five seconds.
        clock.advance(by: .seconds(64))
        await #expect(throws: StepFailure.self) { _ = try await take("fourth", in: theirs, clock) }
        clock.advance(by: .seconds(2))
        let fourth = try await take("fourth", in: theirs, clock)
        #expect(!third.isHeld)
        await fourth.release()
    }

    @Test func `of many that take a lease at once, one has it`() async throws {
        let world = EmbeddedWorld()
        let clock = ManualTimeSource()
        let stores = (0..<6).map { _ in store(world) }
        let taken = await withTaskGroup(of: HeldLease?.self) { group in
            for (number, store) in stores.enumerated() {
                group.addTask { try? await take("run-\(number)", in: store, clock) }
            }
            var taken: [HeldLease] = []
            for await lease in group { if let lease { taken.append(lease) } }
            return taken
        }
        #expect(taken.count == 1)
        let kept = try await stores[0].lease(of: EmbeddedWorld.clusterID)
        #expect(kept == taken.first?.lease)
        for lease in taken { #expect(await lease.renew()) }
        for lease in taken { await lease.release() }
    }
}
