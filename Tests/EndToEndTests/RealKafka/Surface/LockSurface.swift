import EventLoop
import KafkaAdmin
import KafkaOperations
import RunEngine
import TestSupport
import Testing
import Values

/// The lock of a cluster, kept in a topic of real brokers.
struct LockSurface {
    let world: SurfaceWorld

    private var store: KafkaLeaseStore {
        KafkaLeaseStore(LiveFencedTopic(KafkaLeaseStore.topic, sender: world.client, limit: .seconds(60)))
    }

    private func take(
        _ run: String, _ clock: ManualTimeSource, claim: LeaseClaim = .free
    ) async throws -> HeldLease {
        let holder = LockHolder(
            runID: run, playbook: "p.yml", user: "anna", host: run, pid: 1, startTime: "2", bootID: run,
            since: Timestamp(milliseconds: 0))
        return try await ClusterLock.take(
            .init(clusterID: "the-cluster", cluster: "demo", holder: holder, claim: claim), in: store, clock: clock,
            time: clock, stopper: Stopper()
        ).lease
    }

    func run() async throws {
        let clock = ManualTimeSource()
        #expect(try await store.lease(of: "the-cluster") == nil)
        let first = try await take("first", clock)
        #expect(first.lease.epoch == 1)
        #expect(try await store.lease(of: "the-cluster") == first.lease)
        await #expect(throws: StepFailure.self) { _ = try await take("second", clock) }
        for _ in 0..<10 {
            clock.advance(by: .seconds(20))
            #expect(await first.renew())
        }
        let second = try await take("second", clock, claim: .breakGlass)
        #expect(second.lease.epoch == 2)
        #expect(await first.renew() == false)
        #expect(first.loss == .taken(second.lease))
        await first.release()
        // No time in between, in which its keeper would renew it.
        clock.jump(by: .seconds(66))
        let third = try await take("third", clock)
        #expect(third.lease.epoch == 3 && third.former?.holder.runID == "second")
        await third.release()
        #expect(try await store.lease(of: "the-cluster")?.state == .released)
        let raced = await withTaskGroup(of: HeldLease?.self) { group in
            for number in 0..<4 { group.addTask { try? await take("run-\(number)", clock) } }
            var taken: [HeldLease] = []
            for await lease in group { if let lease { taken.append(lease) } }
            return taken
        }
        #expect(raced.count == 1)
        #expect(try await store.lease(of: "the-cluster") == raced.first?.lease)
        for lease in raced { await lease.release() }
        for result in try await world.writer.deleteTopics([KafkaLeaseStore.topic]) { try result.result.get() }
    }
}
