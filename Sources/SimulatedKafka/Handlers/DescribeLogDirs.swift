import KafkaWire

// DescribeLogDirs (35). The answering broker's own replicas; one log directory.
//
// Behaviour: a replica that is behind shows its smaller size, which grows while it catches up. Its lag is 0 all the same, as
// on real brokers: it is counted from the high watermark that the replica knows, which is never beyond its own end. Replicas
// that are being added count.
//
// Version notes: v3 adds an error of the whole, v4 the size of the disk.

extension ClusterModel {
    private static let diskBytes: Int64 = 1 << 42

    func describeLogDirs(_ request: DescribeLogDirsRequest, _ call: Call) -> DescribeLogDirsResponse {
        var directory = DescribeLogDirsResponse.Result(logDir: Self.logDirectory)
        var used: Int64 = 0
        let asked = request.topics.map { topics in
            Dictionary(topics.map { ($0.topic, Set($0.partitions)) }, uniquingKeysWith: { $0.union($1) })
        }
        for name in image.topics.keys.sorted() {
            guard let topic = image.topics[name] else { continue }
            var entry = DescribeLogDirsResponse.Topic(name: name)
            for (index, partition) in topic.partitions.enumerated() where partition.replicas.contains(call.node) {
                let key = PartitionKey(name, index)
                let own = logEnd(key, of: call.node)
                used += own
                if let asked, !(asked[name]?.contains(Int32(clamping: index)) ?? false) { continue }
                entry.partitions.append(
                    DescribeLogDirsResponse.Partition(partitionIndex: Int32(clamping: index), partitionSize: own))
            }
            if !entry.partitions.isEmpty { directory.topics.append(entry) }
        }
        if call.version >= 4 {
            directory.totalBytes = max(Self.diskBytes, used)
            directory.usableBytes = directory.totalBytes - used
        }
        return DescribeLogDirsResponse(results: [directory])
    }
}
