import Glibc
import KafkaWire

// WireBenchmark generate FILE PARTITIONS: writes the body of a Metadata v12 response.
// WireBenchmark decode FILE ROUNDS: reads it flat, prints milliseconds a round and the partitions found.

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

func read(_ path: String) -> [UInt8] {
    guard let file = fopen(path, "rb") else { fail("cannot read \(path)") }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 20)
    while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk.prefix(count) }
    return bytes
}

let arguments = CommandLine.arguments
guard arguments.count == 4, let number = Int(arguments[3]) else {
    fail("generate FILE PARTITIONS | decode FILE ROUNDS")
}
switch arguments[1] {
case "generate":
    let bytes = try metadata(partitions: number).encoded(version: 12)
    guard let file = fopen(arguments[2], "wb") else { fail("cannot write \(arguments[2])") }
    guard fwrite(bytes, 1, bytes.count, file) == bytes.count, fclose(file) == 0 else { fail("cannot write") }
case "decode":
    let bytes = read(arguments[2])
    let clock = ContinuousClock()
    for _ in 0..<number {
        var found = 0
        let time = try clock.measure { found = try FlatMetadata.decode(bytes, version: 12).message.partitions.count }
        let (seconds, attoseconds) = time.components
        print("\(Double(seconds) * 1e3 + Double(attoseconds) / 1e15) \(found)")
    }
default: fail("generate FILE PARTITIONS | decode FILE ROUNDS")
}
