import TestSupport
import Testing

/// The harness itself: what the other tests stand on.
@Suite(.serialized, .enabled(if: RealKafka.isAvailable, "OPSRUN_KAFKA is not set"))
struct RealKafkaHarnessTests {
    @Test(arguments: [false, true])
    func `three brokers start, answer Kafka's own tool and stop`(dedicatedControllers: Bool) async throws {
        let release = try #require(RealKafka.lowest)
        try await RealKafkaCluster.with(release, dedicatedControllers: dedicatedControllers) { cluster in
            let arguments = ["--bootstrap-server", cluster.bootstrap.joined(separator: ","), "describe", "--status"]
            guard let answer = try await cluster.tool("kafka-metadata-quorum.sh", of: release, arguments) else {
                return
            }
            #expect(answer.status == 0, "\(answer.stderr)")
            #expect(answer.stdout.contains("LeaderId"))
            try await cluster.stop(1)
            try await cluster.start(1)
            #expect(try cluster.ledger() == ["stop 1", "start 1"])
        }
    }
}
