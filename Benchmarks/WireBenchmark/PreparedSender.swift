import KafkaAdmin
import KafkaWire

/// A cluster whose answers lie there as bytes: what is left is what the client itself does with a group of very many partitions.
/// Requests are written and answers are read as on a connection.
struct PreparedSender: RequestSender {
    private let metadata: [UInt8]
    private let commits: [UInt8]
    /// By leader.
    private let ends: [Int32: [UInt8]]
    let callLimit: Duration = .seconds(600)

    private static let metadataVersion: Int16 = 12
    private static let commitsVersion: Int16 = 9
    private static let endsVersion: Int16 = 8
    private static let coordinatorVersion: Int16 = 4

    /// `leaders`: of each partition, as `metadata` says it.
    init(_ metadata: MetadataResponse, _ commits: OffsetFetchResponse) throws {
        self.metadata = try metadata.encoded(version: Self.metadataVersion)
        self.commits = try commits.encoded(version: Self.commitsVersion)
        var topics: [Int32: [ListOffsetsResponse.Topic]] = [:]
        for topic in metadata.topics {
            for (leader, partitions) in Dictionary(grouping: topic.partitions, by: \.leaderId) {
                let answers = partitions.map {
                    ListOffsetsResponse.Partition(
                        partitionIndex: $0.partitionIndex, timestamp: -1, offset: 5_000_000_000, leaderEpoch: 7)
                }
                topics[leader, default: []].append(.init(name: topic.name ?? "", partitions: answers))
            }
        }
        ends = try topics.mapValues { try ListOffsetsResponse(topics: $0).encoded(version: Self.endsVersion) }
    }

    private func bytes(_ api: APIKey, _ target: RequestTarget) throws(KafkaError) -> (bytes: [UInt8], version: Int16) {
        switch (api, target) {
        case (.metadata, _): return (metadata, Self.metadataVersion)
        case (.offsetFetch, _): return (commits, Self.commitsVersion)
        case (.listOffsets, .node(let node)), (.listOffsets, .once(let node)):
            if let found = ends[node] { return (found, Self.endsVersion) }
        default: break
        }
        throw KafkaError(.configuration, "\(api) at \(target) is not prepared")
    }

    func call<Request: KafkaRequest>(
        _ request: Request, to target: RequestTarget, kind: RequestKind, within limit: Duration?
    ) async throws(KafkaError) -> Answer<Request.Response> {
        if let search = request as? FindCoordinatorRequest, let found = coordinator(search) as? Request.Response {
            return Answer(response: found, version: Self.coordinatorVersion, node: 1)
        }
        let (bytes, version) = try bytes(Request.apiKey, target)
        do throws(WireError) {
            _ = try request.encoded(version: version)
            let answer = try Request.Response.decode(bytes, from: 0, version: version).message
            return Answer(response: answer, version: version, node: 1)
        } catch {
            throw KafkaError(.malformed, "\(error)")
        }
    }

    private func coordinator(_ search: FindCoordinatorRequest) -> FindCoordinatorResponse {
        FindCoordinatorResponse(
            coordinators: search.coordinatorKeys.map { .init(key: $0, nodeId: 1, host: "kafka-1", port: 9092) })
    }

    func body<Request: KafkaRequest>(
        _ request: Request, to target: RequestTarget, kind: RequestKind, within limit: Duration?
    ) async throws(KafkaError) -> Answer<[UInt8]> {
        let (bytes, version) = try bytes(Request.apiKey, target)
        do throws(WireError) { _ = try request.encoded(version: version) } catch {
            throw KafkaError(.malformed, "\(error)")
        }
        return Answer(response: bytes, version: version, node: 1)
    }

    func witness(of node: Int32) async throws(KafkaError) -> ConnectionWitness {
        throw KafkaError(.configuration, "there are no connections")
    }
    func state(of witness: ConnectionWitness) async -> WitnessState { .unknown }
    func waitUntilClosed(_ witness: ConnectionWitness, within limit: Duration) async -> WitnessState { .unknown }
}
