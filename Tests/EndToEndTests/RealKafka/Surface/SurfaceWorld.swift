import EventLoop
import KafkaAdmin
import KafkaWire
import TestSupport
import Testing
import Values

/// Two real brokers with listeners of every kind, and a client of their plaintext listener: a user that may do everything.
struct SurfaceWorld {
    let release: RealKafka.Release
    let broker: RealKafkaBroker
    let nodes: [Int32]
    let certificates: SurfaceCertificates
    let client: AdminClient

    var reader: LiveClusterReader { LiveClusterReader(sender: client) }
    var writer: LiveClusterOperator { LiveClusterOperator(sender: client) }
    var scratch: ScratchDirectory { broker.scratch }

    /// 4.0 brought the consumer protocol, 4.1 share and streams groups.
    func isAtLeast(_ major: Int, _ minor: Int) -> Bool { release.version >= Version(major: major, minor: minor) }

    static let passwordText = "geheim"
    static let password = Secret(passwordText, origin: "test")

    /// Starts it all, runs the body, ends it all.
    static func with(
        _ release: RealKafka.Release, hasCompanion: Bool = true, _ body: (SurfaceWorld) async throws -> Void
    ) async throws {
        try await ScratchDirectory.with { scratch in
            let certificates = try SurfaceCertificates(scratch)
            try await RealKafkaBroker.with(
                release, scratch: scratch, listeners: listeners(certificates),
                properties: properties(release),
                hasCompanion: hasCompanion
            ) { broker in
                let client = AdminClient(
                    settings: AdminClientSettings(
                        bootstrap: try AdminClientSettings.addresses([broker.plaintext]),
                        bootstrapControllers: try AdminClientSettings.addresses([broker.bootstrap("CONTROLLER")])))
                let result: Result<Void, any Error>
                do {
                    let world = SurfaceWorld(
                        release: release, broker: broker, nodes: hasCompanion ? [1, 2] : [1],
                        certificates: certificates, client: client)
                    result = .success(try await body(world))
                } catch {
                    result = .failure(error)
                }
                await client.close()
                try result.get()
            }
        }
    }

    private static func listeners(_ certificates: SurfaceCertificates) -> [RealKafkaBroker.Listener] {
        let modules = "org.apache.kafka.common.security."
        let logins = [
            "plain.sasl.jaas.config=\(modules)plain.PlainLoginModule required "
                + "user_alice=\"geheim\";",
            "scram-sha-256.sasl.jaas.config=\(modules)scram.ScramLoginModule required;",
            "scram-sha-512.sasl.jaas.config=\(modules)scram.ScramLoginModule required;",
            "oauthbearer.sasl.jaas.config=\(modules)oauthbearer.OAuthBearerLoginModule required "
                + "unsecuredLoginStringClaim_sub=\"broker\";",
        ]
        return [
            .init("TLS", properties: certificates.stores),
            .init("MUTUAL", properties: certificates.stores + ["ssl.client.auth=required"]),
            .init("SASL", "SASL_PLAINTEXT", properties: logins),
            .init("SASLTLS", "SASL_SSL", properties: logins + certificates.stores),
        ]
    }

    /// Nobody is stopped from anything unless a rule says so; tokens may be made; a producer may write in a transaction that
    /// no coordinator knows.
    private static func properties(_ release: RealKafka.Release) -> [String] {
        var lines = common
        if release.version >= Version(major: 4, minor: 1) {
            // Not stable before 4.2.
            let streams = release.version >= Version(major: 4, minor: 2) ? ",streams" : ""
            lines.append("group.coordinator.rebalance.protocols=classic,consumer,share\(streams)")
        }
        // The members that this test is do not beat while they are looked at.
        for kind in ["share", "streams"] {
            lines += ["group.\(kind).max.session.timeout.ms=600000", "group.\(kind).session.timeout.ms=600000"]
        }
        return lines
    }

    private static let common = [
        "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users=User:ANONYMOUS", "allow.everyone.if.no.acl.found=true",
        "sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER",
        "delegation.token.secret.key=not-much-of-a-secret", "transaction.partition.verification.enable=false",
        "auto.create.topics.enable=false",
    ]

    // MARK: Steps

    /// Waits for what brokers learn a moment later.
    func eventually(
        _ what: String, location: SourceLocation = #_sourceLocation, _ condition: () async throws -> Bool
    ) async throws {
        do {
            try await Eventually.holds(what, condition)
        } catch let missed as Eventually.Missed {
            Issue.record(missed, sourceLocation: location)
        }
    }

    /// Waits until brokers show the one value that is right.
    func eventually<Wanted: Equatable>(
        _ what: String, is wanted: Wanted, location: SourceLocation = #_sourceLocation,
        _ read: () async throws -> Wanted?
    ) async throws {
        do {
            try await Eventually.equals(what, wanted, read)
        } catch let missed as Eventually.Missed {
            Issue.record(missed, sourceLocation: location)
        }
    }

    /// Makes a topic whose partitions are led as `leaders` says, and waits until both brokers know it.
    func makeTopic(_ name: String, leaders: [Int32]) async throws {
        var assignments: [Int32: [Int32]] = [:]
        for (index, leader) in leaders.enumerated() { assignments[Int32(index)] = [leader] }
        for item in try await writer.createTopics([NewTopic(name: name, assignments: assignments)], validateOnly: false)
        {
            try item.result.get()
        }
        try await eventually("every broker knows \(name)") {
            for node in nodes {
                let view = try await reader.snapshot(topics: [name], from: .node(node))
                guard view.topics.first?.error == nil, view.partitions.count == leaders.count,
                    view.partitions.allSatisfy({ $0.leader > 0 })
                else { return false }
            }
            return true
        }
    }

    /// A broker is shown as leader before it has made the partition; nothing was written then.
    private static let notYetLeading: Set<KafkaErrorCode> = [
        .unknownTopicOrPartition, .leaderNotAvailable, .notLeaderOrFollower, .replicaNotAvailable, .unknownTopicId,
    ]

    /// Writes records, a batch of them, to the leader of the partition.
    @discardableResult
    func produce(
        _ values: [String], to partition: TopicPartition, by producer: RecordBatchBuilder.Producer? = nil,
        transaction: String? = nil, age: Duration = .zero, client: AdminClient? = nil
    ) async throws -> Int64 {
        var batch = RecordBatchBuilder(producer: producer, isTransactional: transaction != nil)
        for value in values {
            let written = SystemTimeSource().sinceEpoch - age
            try batch.append(key: nil, value: Array(value.utf8), timestamp: written.milliseconds)
        }
        let records = try batch.build()
        let sender = client ?? self.client
        let written: Result<ProduceResponse, KafkaError> = try await Eventually.found("\(partition) takes records") {
            let view = try await reader.snapshot(topics: [partition.topic], from: .any)
            guard let topic = view.topics.first,
                let found = view.partitions.first(where: { $0.index == partition.partition }), found.leader > 0
            else { return nil }
            let request = ProduceRequest(
                transactionalId: transaction, acks: -1, timeoutMs: 60_000,
                topicData: [
                    .init(
                        name: partition.topic, topicId: topic.id,
                        partitionData: [.init(index: partition.partition, records: records)])
                ])
            do throws(KafkaError) {
                let answer: ProduceResponse
                if transaction == nil {
                    answer = try await sender.call(request, to: .node(found.leader), kind: .write).response
                } else {
                    let former = FormerProduceRequest(inner: request)
                    answer = try await sender.call(former, to: .node(found.leader), kind: .write).response
                }
                let code = answer.responses.first?.partitionResponses.first?.errorCode ?? .none
                if Self.notYetLeading.contains(code) { throw KafkaError(.server(code), code.name) }
                return .success(answer)
            } catch {
                if case .server(let code) = error.code, Self.notYetLeading.contains(code) { throw error }
                // Whether it was written is not known: it is not written twice.
                return .failure(error)
            }
        }
        let answer = try #require(try written.get().responses.first?.partitionResponses.first)
        try #require(!answer.errorCode.isError, "\(answer.errorCode.name)")
        return answer.baseOffset
    }
}

/// As producers wrote before transactions were defended (KIP-890): from v12 on a broker asks the coordinator first, and no
/// transaction is left hanging.
private struct FormerProduceRequest: KafkaRequest {
    typealias Response = ProduceResponse

    static let apiKey = APIKey.produce
    static let versions: ClosedRange<Int16> = 3...11
    static let flexibleFrom: Int16? = ProduceRequest.flexibleFrom

    var inner = ProduceRequest()
    var unknownTaggedFields: [UnknownTaggedField] = []

    init() {}
    init(inner: ProduceRequest) { self.inner = inner }

    mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) { try inner.fields(&wire) }
}

/// The broker's error code; nil for a success and for the client's own errors.
func code<Success>(_ result: Result<Success, KafkaError>?) -> Int16? {
    if case .failure(let error) = result { error.serverCodeNumber } else { nil }
}

/// What both sides of the TLS listeners show, as PEM files.
struct SurfaceCertificates {
    let authority: TestCertificate
    let authorityFile: String
    /// Key and chain of the client `CN=opsrun`.
    let clientFile: String
    /// Where a broker has its own.
    let stores: [String]

    init(_ scratch: ScratchDirectory) throws {
        authority = try .authority("Cluster CA")
        let server = try TestCertificate.make("broker-1", issuer: authority)
        let client = try TestCertificate.make("opsrun", issuer: authority)
        authorityFile = try scratch.write(authority.pem, to: "ca.pem")
        clientFile = try scratch.write(client.keyPEM + client.pem, to: "client.pem")
        let keys = try scratch.write(server.keyPEM + server.pem, to: "keystore.pem")
        stores = [
            "ssl.keystore.type=PEM", "ssl.keystore.location=\(keys)", "ssl.truststore.type=PEM",
            "ssl.truststore.location=\(authorityFile)",
        ]
    }
}
