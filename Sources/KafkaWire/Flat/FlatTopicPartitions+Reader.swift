extension FlatTopicPartitions {
    /// No partition takes fewer bytes: error, index, leader, epoch, five counts and the end of the struct.
    private static let smallestPartition = 20

    /// Reads the answer in one pass; nil for what only the field list can judge. `decode` is what to call.
    package static func read(
        _ bytes: [UInt8], from start: Int, version: Int16
    ) -> (message: FlatTopicPartitions, rest: Int)? {
        let remaining = bytes.count - start
        guard start >= 0, remaining > 0, DescribeTopicPartitionsResponse.versions.contains(version),
            // Ranges of node ids are kept in 32 bits.
            remaining <= Int(Int32.max)
        else { return nil }
        var message = FlatTopicPartitions()
        var rest: Int?
        bytes.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress else { return }
            // Both arrays get the room that the bytes can ask for at most, about twice their size; memory that is not
            // written to is never mapped.
            var partitions: [Partition] = []
            message.nodes = Array(unsafeUninitializedCapacity: FlatCursor.nodeCapacity(remaining)) { nodes, nodeCount in
                partitions = Array(unsafeUninitializedCapacity: remaining / smallestPartition) { rows, rowCount in
                    var cursor = FlatCursor(base, from: start, to: buffer.count, flexible: true, nodes: nodes)
                    do throws(FlatMismatch) {
                        try message.readFields(&cursor, rows, &rowCount)
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

    // The order is that of `DescribeTopicPartitionsResponse.fields`.

    private mutating func readFields(
        _ cursor: inout FlatCursor, _ rows: UnsafeMutableBufferPointer<Partition>, _ rowCount: inout Int
    ) throws(FlatMismatch) {
        throttleTimeMs = try cursor.integer(Int32.self)
        for _ in 0..<(try cursor.presentCount(elementSize: 1)) {
            topics.append(try Self.topic(&cursor, rows, &rowCount))
        }
        if try cursor.integer(Int8.self) >= 0 {
            var next = DescribeTopicPartitionsResponse.Cursor()
            next.topicName = try cursor.string()
            next.partitionIndex = try cursor.integer(Int32.self)
            try cursor.endStruct()
            nextCursor = next
        }
        try cursor.endStruct()
    }

    private static func topic(
        _ cursor: inout FlatCursor, _ rows: UnsafeMutableBufferPointer<Partition>, _ rowCount: inout Int
    ) throws(FlatMismatch) -> Topic {
        let errorCode = try cursor.errorCode()
        let name = try cursor.nullableString()
        let topicId = try cursor.uuid()
        let isInternal = try cursor.bool()
        let count = try cursor.presentCount(elementSize: smallestPartition)
        guard count <= rows.count - rowCount else { throw FlatMismatch() }
        let first = rowCount
        try partitions(&cursor, rows.extracting(first..<(first + count)))
        rowCount += count
        let operations = try cursor.integer(Int32.self)
        try cursor.endStruct()
        return Topic(
            errorCode: errorCode, name: name, topicId: topicId, isInternal: isInternal, partitions: first..<rowCount,
            topicAuthorizedOperations: operations)
    }

    /// Reads as many partitions as there are rows.
    private static func partitions(
        _ outer: inout FlatCursor, _ rows: UnsafeMutableBufferPointer<Partition>
    ) throws(FlatMismatch) {
        // A copy of its own lets the compiler keep the cursor in registers: no row written can change it.
        var cursor = outer
        for row in rows.indices { rows.initializeElement(at: row, to: try partition(&cursor)) }
        outer = cursor
    }

    @inline(__always)
    private static func partition(_ cursor: inout FlatCursor) throws(FlatMismatch) -> Partition {
        try cursor.require(14)
        let errorCode = KafkaErrorCode(rawValue: cursor.loaded(Int16.self))
        let partitionIndex = cursor.loaded(Int32.self)
        let leaderId = cursor.loaded(Int32.self)
        let leaderEpoch = cursor.loaded(Int32.self)
        let firstNode = Int32(truncatingIfNeeded: cursor.nodeCount)
        let replicaCount = try cursor.presentNodes()
        let isrCount = try cursor.presentNodes()
        let eligibleCount = try cursor.nullableNodes()
        let lastKnownCount = try cursor.nullableNodes()
        let offlineCount = try cursor.presentNodes()
        try cursor.endStruct()
        return Partition(
            errorCode: errorCode, partitionIndex: partitionIndex, leaderId: leaderId, leaderEpoch: leaderEpoch,
            firstNode: firstNode, replicaCount: replicaCount, isrCount: isrCount, eligibleCount: eligibleCount,
            lastKnownCount: lastKnownCount, offlineCount: offlineCount)
    }
}
