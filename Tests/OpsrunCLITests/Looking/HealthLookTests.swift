import KafkaAdmin
import SimulatedKafka
import TestSupport
import Testing
import Values

@testable import OpsrunCLI

/// What `opsrun health` makes of brokers that do not agree.
@Suite(.timeLimit(.minutes(5))) struct HealthLookTests {
    @Test(arguments: [Int32(1), 2])
    func `a broker that shows all as well does not hide what the others see`(liar: Int32) async throws {
        let world = EmbeddedWorld(speed: 1) { $0.sessionTimeout = .seconds(1) }
        world.cluster.kill(3)
        try await Eventually.holds("broker 3 is missed") {
            let view = try await world.reader.snapshot(topics: ["orders"], from: .node(liar))
            return !view.partitions.isEmpty && view.partitions.allSatisfy { view.inSync(of: $0).count == 2 }
        }
        // Who is listed is known by now, so that the next to ask for metadata is the look.
        _ = try await world.reader.describeCluster(includeFenced: false, from: .any)
        world.cluster.inject(.lieOnce(liar, .healthyView))
        let deceived = try await HealthLook.read(world.reader)
        #expect(world.cluster.ledger.entries.contains { $0.effect == .lied(.healthyView) })
        #expect(!deceived.passes)
        #expect(deceived.document["views_agree"] == false, "\(deceived.document)")
        // The worst view of all.
        #expect(deceived.document["under_replicated"]?.listValue?.contains { $0["topic"] == "orders" } == true)
        let reasons = deceived.document["reasons"]?.listValue?.compactMap(\.stringValue) ?? []
        #expect(reasons.contains { $0.hasPrefix("brokers do not agree yet on orders-0") }, "\(reasons)")

        let sober = try await HealthLook.read(world.reader)
        #expect(!sober.passes && sober.document["views_agree"] == true)
    }
}
