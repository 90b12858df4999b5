extension FlatMetadata {
    /// No partition of any version takes fewer bytes: error, index, leader, and two or four counts.
    private static let smallestPartition = 18

    /// Reads the answer in one pass; nil for what only the field list can judge. `decode` is what to call.
    package static func read(_ bytes: [UInt8], from start: Int, version: Int16) -> (message: FlatMetadata, rest: Int)? {
        let remaining = bytes.count - start
        guard start >= 0, remaining > 0, MetadataResponse.versions.contains(version),
            // Ranges of node ids are kept in 32 bits.
            remaining <= Int(Int32.max)
        else { return nil }
        var message = FlatMetadata()
        var rest: Int?
        bytes.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress else { return }
            // Both arrays get the room that the bytes can ask for at most, about twice their size; memory that is not
            // written to is never mapped.
            var partitions: [Partition] = []
            message.nodes = Array(unsafeUninitializedCapacity: FlatCursor.nodeCapacity(remaining)) { nodes, nodeCount in
                partitions = Array(unsafeUninitializedCapacity: remaining / smallestPartition) { rows, rowCount in
                    var cursor = FlatCursor(
                        base, from: start, to: buffer.count, flexible: MetadataResponse.isFlexible(version),
                        nodes: nodes)
                    do throws(FlatMismatch) {
                        try message.readFields(&cursor, version, rows, &rowCount)
                        rest = cursor.remaining
                    } catch {
                        rest = nil
                    }
                    nodeCount = cursor.nodeCount
                }
            }
            message.partitions = partitions
        }
        return rest.map { (message, $0) }
    }

    // The order is that of `MetadataResponse.fields`.

    private mutating func readFields(
        _ cursor: inout FlatCursor, _ version: Int16, _ rows: UnsafeMutableBufferPointer<Partition>,
        _ rowCount: inout Int
    ) throws(FlatMismatch) {
        if version >= 3 { throttleTimeMs = try cursor.integer(Int32.self) }
        let brokerCount = try cursor.presentCount(elementSize: 1)
        try cursor.charge(brokerCount, of: MemoryLayout<MetadataResponse.Broker>.stride)
        brokers.reserveCapacity(brokerCount)
        for _ in 0..<brokerCount {
            brokers.append(try Self.broker(&cursor, version))
        }
        if version >= 2 { clusterId = try cursor.nullableString() }
        if version >= 1 { controllerId = try cursor.integer(Int32.self) }
        let topicCount = try cursor.presentCount(elementSize: 1)
        try cursor.charge(topicCount, of: MemoryLayout<Topic>.stride)
        topics.reserveCapacity(topicCount)
        for _ in 0..<topicCount {
            topics.append(try Self.topic(&cursor, version, rows, &rowCount))
        }
        if (8...10).contains(version) { clusterAuthorizedOperations = try cursor.integer(Int32.self) }
        if version >= 13 { errorCode = try cursor.errorCode() }
        try cursor.endStruct()
    }

    private static func broker(
        _ cursor: inout FlatCursor, _ version: Int16
    ) throws(FlatMismatch) -> MetadataResponse.Broker {
        var broker = MetadataResponse.Broker()
        broker.nodeId = try cursor.integer(Int32.self)
        broker.host = try cursor.string()
        broker.port = try cursor.integer(Int32.self)
        if version >= 1 { broker.rack = try cursor.nullableString() }
        try cursor.endStruct()
        return broker
    }

    private static func topic(
        _ cursor: inout FlatCursor, _ version: Int16, _ rows: UnsafeMutableBufferPointer<Partition>,
        _ rowCount: inout Int
    ) throws(FlatMismatch) -> Topic {
        let errorCode = try cursor.errorCode()
        let name = try cursor.nullableString()
        guard name != nil || version >= 12 else { throw FlatMismatch() }
        let topicId = version >= 10 ? try cursor.uuid() : .zero
        let isInternal = version >= 1 ? try cursor.bool() : false
        let count = try cursor.presentCount(elementSize: smallestPartition)
        guard count <= rows.count - rowCount else { throw FlatMismatch() }
        try cursor.charge(count, of: MemoryLayout<Partition>.stride)
        let first = rowCount
        try partitions(&cursor, version, rows.extracting(first..<(first + count)))
        rowCount += count
        let operations = version >= 8 ? try cursor.integer(Int32.self) : .min
        try cursor.endStruct()
        return Topic(
            errorCode: errorCode, name: name, topicId: topicId, isInternal: isInternal, partitions: first..<rowCount,
            topicAuthorizedOperations: operations)
    }

    /// Reads as many partitions as there are rows.
    private static func partitions(
        _ outer: inout FlatCursor, _ version: Int16, _ rows: UnsafeMutableBufferPointer<Partition>
    ) throws(FlatMismatch) {
        // A copy of its own lets the compiler keep the cursor in registers: no row written can change it.
        var cursor = outer
        for row in rows.indices { rows.initializeElement(at: row, to: try partition(&cursor, version)) }
        outer = cursor
    }

    @inline(__always)
    private static func partition(_ cursor: inout FlatCursor, _ version: Int16) throws(FlatMismatch) -> Partition {
        try cursor.require(version >= 7 ? 14 : 10)
        let errorCode = KafkaErrorCode(rawValue: cursor.loaded(Int16.self))
        let partitionIndex = cursor.loaded(Int32.self)
        let leaderId = cursor.loaded(Int32.self)
        let leaderEpoch = version >= 7 ? cursor.loaded(Int32.self) : -1
        let firstNode = Int32(truncatingIfNeeded: cursor.nodeCount)
        let replicaCount = try cursor.presentNodes()
        let isrCount = try cursor.presentNodes()
        let offlineCount = version >= 5 ? try cursor.presentNodes() : 0
        try cursor.endStruct()
        return Partition(
            errorCode: errorCode, partitionIndex: partitionIndex, leaderId: leaderId, leaderEpoch: leaderEpoch,
            firstNode: firstNode, replicaCount: replicaCount, isrCount: isrCount, offlineCount: offlineCount)
    }
}
