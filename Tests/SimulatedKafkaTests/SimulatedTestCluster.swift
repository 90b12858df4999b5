import KafkaWire
import Testing
import Values

@testable import SimulatedKafka

/// Asks a model as a client would, in bytes, and reads the answer.
struct Asker {
    var model: ClusterModel
    private var lastCorrelation: Int32 = 0

    init(_ configuration: SimulatedClusterConfiguration, epoch: Duration = .seconds(1_750_000_000)) {
        model = ClusterModel(configuration, epoch: epoch)
    }

    struct NoAnswer: Error, CustomStringConvertible {
        let outcome: SimulatedOutcome
        var description: String { "no answer but \(outcome)" }
    }

    mutating func ask<Request: KafkaRequest>(
        _ request: Request, version: Int16, on node: Int32 = 1, listener: SimulatedListener = .broker
    ) throws -> Request.Response {
        let outcome = try outcome(request, version: version, on: node, listener: listener)
        guard case .answer(let frame) = outcome else { throw NoAnswer(outcome: outcome) }
        let decoded = try ResponseFrame.decode(Request.Response.self, version: version, from: Array(frame.dropFirst(4)))
        #expect(decoded.correlationId == lastCorrelation)
        #expect(decoded.trailingBytes == 0)
        return decoded.body
    }

    mutating func outcome<Request: KafkaRequest>(
        _ request: Request, version: Int16, on node: Int32 = 1, listener: SimulatedListener = .broker
    ) throws -> SimulatedOutcome {
        lastCorrelation += 1
        let frame = try RequestFrame.encode(
            request, version: version, correlationId: lastCorrelation, clientId: "test")
        return model.handle(Array(frame.dropFirst(4)), on: node, listener: listener)
    }

    mutating func advance(by duration: Duration) { model.advance(to: model.now + duration) }

    /// Every partition of a topic, as a broker sees it.
    mutating func partitions(of topic: String, on node: Int32 = 1) throws -> [MetadataResponse.Partition] {
        let request = MetadataRequest(topics: [MetadataRequest.Topic(name: topic)], allowAutoTopicCreation: false)
        return try ask(request, version: 12, on: node).topics.first?.partitions ?? []
    }

    mutating func unfenced(on node: Int32 = 1) throws -> [Int32] {
        try ask(DescribeClusterRequest(), version: 1, on: node).brokers.map(\.brokerId)
    }
}

extension SimulatedClusterConfiguration {
    /// Three combined nodes in three racks; `orders` with six partitions of three replicas, two of them needed.
    static func three(
        _ version: String = "3.9.2", topics: [Topic]? = nil,
        change: (inout SimulatedClusterConfiguration) -> Void = { _ in }
    ) throws -> SimulatedClusterConfiguration {
        let version = try #require(Version(version))
        let orders = Topic(name: "orders", partitions: 6, replicationFactor: 3, minInsyncReplicas: 2)
        var configuration = SimulatedClusterConfiguration(
            version: version, nodes: combinedNodes([1, 2, 3], racks: 3), topics: topics ?? [orders])
        configuration.offsetsTopicPartitions = 5
        change(&configuration)
        return configuration
    }
}
