import Glibc
import KafkaAdmin
import KafkaWire

// WireBenchmark metadata FILE PARTITIONS: writes the body of a Metadata v12 response.
// WireBenchmark decode-metadata FILE ROUNDS: reads it flat, prints milliseconds a round and the partitions found.
// WireBenchmark offsets FILE PARTITIONS: writes the body of an OffsetFetch v9 response.
// WireBenchmark ends FILE PARTITIONS: writes the body of a ListOffsets v7 response about the same partitions.
// WireBenchmark group-lag PARTITIONS ROUNDS: how far a group is behind in as many partitions of 100 leaders, by the client's own
// call on answers that lie there as bytes (OffsetFetch, Metadata, ListOffsets of each leader); prints milliseconds a round and the
// partitions found.

let usage = """
    metadata FILE PARTITIONS | decode-metadata FILE ROUNDS | offsets FILE PARTITIONS | ends FILE PARTITIONS
    | group-lag PARTITIONS ROUNDS
    """

func fail(_ message: String) -> Never {
    _ = write(2, "WireBenchmark: \(message)\n", message.utf8.count + 16)
    exit(64)
}

/// Brokers, topics of 50 partitions with three replicas each, names of ordinary length.
func metadata(partitions count: Int) -> MetadataResponse {
    let brokers = (1...100).map {
        MetadataResponse.Broker(nodeId: Int32($0), host: "kafka-\($0).eu.example", port: 9092, rack: "rack-\($0 % 3)")
    }
    let topics = (0..<(count + 49) / 50).map { topic in
        MetadataResponse.Topic(
            name: "team-\(topic % 40).orders.\(topic)",
            partitions: (0..<min(50, count - topic * 50)).map { index in
                let nodes = (0..<3).map { Int32((topic + index + $0 * 33) % 100 + 1) }
                return MetadataResponse.Partition(
                    partitionIndex: Int32(index), leaderId: nodes[0], leaderEpoch: 7, replicaNodes: nodes,
                    isrNodes: nodes)
            })
    }
    return MetadataResponse(brokers: brokers, clusterId: "b3BzcnVuLWJlbmNoLTAwMQ", controllerId: 1, topics: topics)
}

/// The offsets of one group in topics of 50 partitions.
func offsets(partitions count: Int) -> OffsetFetchResponse {
    let topics = (0..<(count + 49) / 50).map { topic in
        let partitions = (0..<min(50, count - topic * 50)).map { index in
            OffsetFetchResponse.GroupPartition(
                partitionIndex: Int32(index), committedOffset: Int64(topic * 1_000_003 + index), committedLeaderEpoch: 7
            )
        }
        return OffsetFetchResponse.GroupTopic(name: "team-\(topic % 40).orders.\(topic)", partitions: partitions)
    }
    return OffsetFetchResponse(groups: [OffsetFetchResponse.Group(groupId: "orders-service", topics: topics)])
}

/// The ends of all of them in one answer.
func ends(partitions count: Int) -> ListOffsetsResponse {
    ListOffsetsResponse(
        topics: offsets(partitions: count).groups[0].topics.map { topic in
            .init(
                name: topic.name,
                partitions: topic.partitions.map {
                    .init(
                        partitionIndex: $0.partitionIndex, timestamp: -1, offset: 5_000_000_000, leaderEpoch: 7)
                })
        })
}

func read(_ path: String) -> [UInt8] {
    guard let file = fopen(path, "rb") else { fail("cannot read \(path)") }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 20)
    while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk.prefix(count) }
    return bytes
}

func write(_ bytes: [UInt8], to path: String) {
    guard let file = fopen(path, "wb") else { fail("cannot write \(path)") }
    guard fwrite(bytes, 1, bytes.count, file) == bytes.count, fclose(file) == 0 else { fail("cannot write \(path)") }
}

/// Prints what each of some rounds took, in milliseconds, and what it found.
func measure(rounds: Int, _ round: () throws -> Int) throws {
    let clock = ContinuousClock()
    for _ in 0..<rounds {
        var found = 0
        let (seconds, attoseconds) = try clock.measure { found = try round() }.components
        print("\(Double(seconds) * 1e3 + Double(attoseconds) / 1e15) \(found)")
    }
}

/// The same of what waits.
func measure(rounds: Int, waiting round: () async throws -> Int) async throws {
    let clock = ContinuousClock()
    for _ in 0..<rounds {
        var found = 0
        let (seconds, attoseconds) = try await clock.measure { found = try await round() }.components
        print("\(Double(seconds) * 1e3 + Double(attoseconds) / 1e15) \(found)")
    }
}

let arguments = CommandLine.arguments
guard arguments.count == 4, let number = Int(arguments[3]) else { fail(usage) }
let path = arguments[2]
switch arguments[1] {
case "metadata": write(try metadata(partitions: number).encoded(version: 12), to: path)
case "offsets": write(try offsets(partitions: number).encoded(version: 9), to: path)
case "decode-metadata":
    let bytes = read(path)
    try measure(rounds: number) { try FlatMetadata.decode(bytes, version: 12).message.partitions.count }
case "ends": write(try ends(partitions: number).encoded(version: 7), to: path)
case "group-lag":
    guard let partitions = Int(path) else { fail(usage) }
    let sender = try PreparedSender(metadata(partitions: partitions), offsets(partitions: partitions))
    let reader = LiveClusterReader(sender: sender)
    try await measure(rounds: number) {
        try await reader.groupLag("orders-service", partitions: [], readCommitted: false).reduce(0) { sum, answer in
            sum + (try answer.result.get().lag == nil ? 0 : 1)
        }
    }
default: fail(usage)
}
