import EventLoop
import TestSupport
import Testing
import Values

@testable import SimulatedKafka

/// The same calls to a real broker and to an embedded one of the same release, every field of the answers compared: where they
/// differ, Kafka is right.
@Suite(.serialized, .enabled(if: RealKafka.isAvailable, "OPSRUN_KAFKA is not set"))
struct DifferentialTests {
    /// What both clusters are told.
    private static let properties = [
        "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users=User:ANONYMOUS;User:admin", "group.initial.rebalance.delay.ms=0",
    ]
    private static let sasl = RealKafkaBroker.Listener(
        "SASL", "SASL_PLAINTEXT",
        properties: [
            "sasl.enabled.mechanisms=PLAIN",
            "plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required "
                + "user_alice=\"secret\" user_admin=\"secret\";",
        ])

    static var rows: [DifferentialRow] {
        topicRows + recordRows + groupRows + consumerRows + transactionRows + securityRows + clusterRows
    }

    @Test("Every call is answered as Kafka answers it", arguments: RealKafka.releases)
    func sameAnswers(release: RealKafka.Release) async throws {
        try await ScratchDirectory.with { scratch in
            try await RealKafkaBroker.with(
                release, scratch: scratch, listeners: [Self.sasl],
                properties: Self.properties + ["log.dirs=\(scratch.path)/data"]
            ) { broker in
                let real = DifferentialSide(real: broker, version: release.version)
                let simulated = DifferentialSide(
                    simulated: SimulatedCluster(Self.configuration(release.version)), version: release.version)
                for row in Self.rows { await compare(row, real, simulated) }
                await real.close()
            }
        }
    }

    @Test("The table has a hundred calls for each release, a third of them refused")
    func size() {
        let rows = Self.rows
        #expect(rows.count >= 100)
        #expect(rows.count { $0.kind == .refusal } * 3 >= rows.count)
        #expect(Set(rows.map(\.name)).count == rows.count)
    }

    private static func configuration(_ version: Version) -> SimulatedClusterConfiguration {
        var configuration = SimulatedClusterConfiguration(version: version, nodes: [.init(id: 1)])
        configuration.hasInternalTopics = false
        configuration.offsetsTopicPartitions = 1
        configuration.transactionTopicPartitions = 1
        configuration.hasAuthorizer = true
        configuration.superUsers = ["User:ANONYMOUS", "User:admin"]
        configuration.initialRebalanceDelay = .zero
        return configuration
    }

    private func compare(_ row: DifferentialRow, _ real: DifferentialSide, _ simulated: DifferentialSide) async {
        var wanted = await Self.answer(row, real)
        var found = await Self.answer(row, simulated)
        for _ in 0..<20 where row.kind == .look && found != wanted {
            try? await SystemTimeSource().sleep(for: .milliseconds(100))
            wanted = await Self.answer(row, real)
            found = await Self.answer(row, simulated)
        }
        #expect(found == wanted, "\(row.name)")
    }

    private static func answer(_ row: DifferentialRow, _ side: DifferentialSide) async -> String {
        do {
            return try await row.ask(side)
        } catch is DifferentialSide.Closed {
            return "closed"
        } catch {
            return "\(error)"
        }
    }
}
