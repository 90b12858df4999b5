import EventLoop
import KafkaWire
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
        "offsets.topic.num.partitions=1", "transaction.state.log.num.partitions=1",
        // Members of the table do not beat between two rows.
        "group.consumer.max.session.timeout.ms=600000", "group.consumer.session.timeout.ms=600000",
        "group.share.max.session.timeout.ms=600000", "group.share.session.timeout.ms=600000",
        "group.streams.max.session.timeout.ms=600000", "group.streams.session.timeout.ms=600000",
        "group.streams.initial.rebalance.delay.ms=0", "share.coordinator.state.topic.num.partitions=1",
        "share.coordinator.state.topic.replication.factor=1", "share.coordinator.state.topic.min.isr=1",
    ]
    private static let sasl = RealKafkaBroker.Listener(
        "SASL", "SASL_PLAINTEXT",
        properties: [
            "sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER",
            "scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;",
            "scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;",
            "oauthbearer.sasl.jaas.config=org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required "
                + "unsecuredLoginStringClaim_sub=\"broker\";",
            "plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required "
                + "user_alice=\"secret\" user_admin=\"secret\";",
        ])

    static func rows(for version: Version) -> [DifferentialRow] {
        let rows =
            topicRows + recordRows + earlyRows + groupRows + consumerRows + transactionRows + fencingRows + shareRows
            + shareReadRows
            + streamsRows + coordinatorRows + securityRows + clusterRows + sessionRows + directoryRows + loginRows
            + throttlingRows
        return rows.filter { $0.isFor(version) }
    }

    @Test("Every call is answered as Kafka answers it", arguments: RealKafka.releases)
    func sameAnswers(release: RealKafka.Release) async throws {
        try await ScratchDirectory.with { scratch in
            try await RealKafkaBroker.with(
                release, scratch: scratch, listeners: [Self.sasl],
                properties: Self.properties
            ) { broker in
                let real = DifferentialSide(real: broker, version: release.version)
                let simulated = DifferentialSide(
                    simulated: SimulatedCluster(Self.configuration(release.version)), version: release.version)
                var patience = Self.patience
                for row in Self.rows(for: release.version) where await !agrees(row, real, simulated, within: patience) {
                    // One that never agrees shows a difference, and not a slow machine.
                    patience = Self.patienceAfterDifference
                }
                await real.close()
            }
        }
    }

    @Test(
        "The table has three hundred calls for each release, a third of them refused",
        arguments: ["3.9.2", "4.1.2", "4.3.1"])
    func size(release: String) throws {
        let rows = Self.rows(for: try #require(Version(release)))
        #expect(rows.count >= 300)
        #expect(rows.count { $0.kind == .refusal } * 3 >= rows.count)
        #expect(Set(rows.map(\.name)).count == rows.count)
    }

    private static func configuration(_ version: Version) -> SimulatedClusterConfiguration {
        var configuration = SimulatedClusterConfiguration(version: version, nodes: [.init(id: 1)])
        configuration.hasInternalTopics = false
        configuration.offsetsTopicPartitions = 1
        configuration.transactionTopicPartitions = 1
        configuration.shareTopicPartitions = 1
        configuration.hasAuthorizer = true
        configuration.superUsers = ["User:ANONYMOUS", "User:admin"]
        configuration.initialRebalanceDelay = .zero
        configuration.logDirectories = ["/data", "/more"]
        configuration.listeners = [.init("SASL", .saslPlaintext, mechanisms: SaslMechanism.allCases)]
        configuration.users = ["alice": "secret", "admin": "secret"]
        return configuration
    }

    /// How long a real broker may take to show what it has been told.
    private static let patience: Duration = .seconds(60)
    private static let patienceAfterDifference: Duration = .seconds(2)

    /// Asks both; and again while the real one may not know yet what the row wants to hear about.
    private func agrees(
        _ row: DifferentialRow, _ real: DifferentialSide, _ simulated: DifferentialSide, within patience: Duration
    ) async -> Bool {
        let clock = SystemTimeSource()
        let deadline = clock.monotonic + patience
        var wanted = await Self.answer(row, real)
        var found = await Self.answer(row, simulated)
        while found != wanted, row.kind == .look || Self.isPassing(wanted, beside: found), clock.monotonic < deadline {
            try? await clock.sleep(for: .milliseconds(100))
            wanted = await Self.answer(row, real)
            // Whatever changes something is asked once of the cluster that has done it.
            if row.kind == .look { found = await Self.answer(row, simulated) }
        }
        #expect(found == wanted, "\(row.name)")
        return found == wanted
    }

    /// Errors with which a broker that has not caught up yet, with its controller or a coordinator, does nothing.
    private static let passing =
        [
            .unknownTopicOrPartition, .leaderNotAvailable, .notLeaderOrFollower, .requestTimedOut,
            .coordinatorLoadInProgress, .coordinatorNotAvailable, .notCoordinator, .notEnoughReplicas,
            .notController, .concurrentTransactions, .unknownTopicId, .inconsistentTopicId,
        ].map(\KafkaErrorCode.name) + ["_AUTHORIZATION_FAILED"]

    private static func isPassing(_ real: String, beside simulated: String) -> Bool {
        passing.contains { real.split(separator: $0).count > simulated.split(separator: $0).count }
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
