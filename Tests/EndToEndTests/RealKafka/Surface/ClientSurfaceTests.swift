import KafkaAdmin
import TestSupport
import Testing

/// All that the admin client can ask of a cluster and do to it, on real brokers of every release found, over every kind of
/// listener: what each call says when all is well, and what it says when not.
@Suite(
    .serialized, .enabled(if: RealKafka.isAvailable, "OPSRUN_KAFKA is not set"), .timeLimit(.minutes(20)))
struct ClientSurfaceTests {
    @Test(arguments: RealKafka.releases)
    func `every call says what Kafka does, and says why when Kafka refuses`(release: RealKafka.Release) async throws {
        try await SurfaceWorld.with(release) { world in
            let consumers = try await SurfaceConsumers.start(in: world)
            do {
                try await ClusterSurface(world: world).run()
                try await TopicSurface(world: world).run()
                try await AccessSurface(world: world).run()
                try await ListenerSurface(world: world).run()
                try await TokenSurface(world: world).run()
                try await TransactionSurface(world: world).run()
                try await GroupSurface(world: world, consumers: consumers).run()
                try await ShareGroupSurface(world: world).run()
                try await RecordSurface(world: world).run()
                try await LockSurface(world: world).run()
                try await MembershipSurface(world: world).run()
            } catch {
                await consumers.stop()
                throw error
            }
            await consumers.stop()
        }
    }
}
