import KafkaWire

/// The answer of a large cluster: three replicas each, all in sync.
enum LargeMetadata {
    static func response(partitions: Int, perTopic: Int = 50, brokers: Int32 = 60) -> MetadataResponse {
        let nodes = (0..<brokers).map { node in
            MetadataResponse.Broker(
                nodeId: node, host: "broker-\(node).kafka.example.com", port: 9092, rack: "rack-\(node % 3)")
        }
        let topics = (0..<(partitions / perTopic)).map { number in
            MetadataResponse.Topic(
                name: "department.application.topic-\(number)", topicId: KafkaUUID(high: UInt64(number), low: 1),
                partitions: (0..<perTopic).map { index in
                    let replicas = (0..<3).map { Int32(number + index + $0) % brokers }
                    return MetadataResponse.Partition(
                        partitionIndex: Int32(index), leaderId: replicas[0], leaderEpoch: 5, replicaNodes: replicas,
                        isrNodes: replicas)
                })
        }
        return MetadataResponse(
            brokers: nodes, clusterId: "MkU3OEVBNTcwNTJENDM2Qk", controllerId: 1, topics: topics)
    }
}
