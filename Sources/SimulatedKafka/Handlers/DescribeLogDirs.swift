import KafkaWire

// DescribeLogDirs (35). The answering broker's own replicas, by log directory.
//
// Behaviour: a replica that is behind shows its smaller size, which grows while it catches up. Its lag is 0 all the same, as
// on real brokers: it is counted from the high watermark that the replica knows, which is never beyond its own end. Replicas
// that are being added count.
//
// Version notes: v3 adds an error of the whole, v4 the size of the disk.

extension ClusterModel {
    private static let diskBytes: Int64 = 1 << 42

    func describeLogDirs(_ request: DescribeLogDirsRequest, _ call: Call) -> DescribeLogDirsResponse {
        guard allowsOnCluster(.describe) else {
            return DescribeLogDirsResponse(errorCode: call.version >= 3 ? .clusterAuthorizationFailed : .none)
        }
        var found: [String: DescribeLogDirsResponse.Result] = [:]
        var used: [String: Int64] = [:]
        for path in configuration.logDirectories { found[path] = .init(logDir: path) }
        let asked = request.topics.map { topics in
            Dictionary(topics.map { ($0.topic, Set($0.partitions)) }, uniquingKeysWith: { $0.union($1) })
        }
        for name in image.topics.keys.sorted() {
            guard let topic = image.topics[name] else { continue }
            var entries: [String: DescribeLogDirsResponse.Topic] = [:]
            for (index, partition) in topic.partitions.enumerated() where partition.replicas.contains(call.node) {
                let key = PartitionKey(name, index)
                let path = directory(of: key, on: call.node)
                let own = logEnd(key, of: call.node)
                used[path, default: 0] += own
                if let asked, !(asked[name]?.contains(Int32(clamping: index)) ?? false) { continue }
                entries[path, default: .init(name: name)].partitions.append(
                    DescribeLogDirsResponse.Partition(partitionIndex: Int32(clamping: index), partitionSize: own))
            }
            for (path, entry) in entries { found[path]?.topics.append(entry) }
        }
        if call.version >= 4 {
            for path in found.keys {
                let size = used[path] ?? 0
                found[path]?.totalBytes = max(Self.diskBytes, size)
                found[path]?.usableBytes = max(Self.diskBytes, size) - size
            }
        }
        return DescribeLogDirsResponse(results: found.sorted { $0.key < $1.key }.map(\.value))
    }
}
