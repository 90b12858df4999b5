/// What one group has committed, in columns: an `OffsetFetchResponse` of v8 or v9 without epochs and metadata, which whoever
/// asks for a lag does not want.
package struct FlatGroupOffsets: Sendable, Equatable {
    package struct Topic: Sendable, Equatable {
        package var name: String
        /// The topic's part of `FlatGroupOffsets.partitions`, in the order of the answer.
        package var partitions: Range<Int>
    }

    package struct Partition: Sendable, Equatable {
        package var index: Int32
        package var errorCode: KafkaErrorCode
        /// Negative when nothing is committed.
        package var offset: Int64
    }

    /// Where groups stand in `groups` of the answer, and topics by their names.
    package static let versions: ClosedRange<Int16> = 8...9

    package var groupId = ""
    package var errorCode = KafkaErrorCode.none
    package var topics: [Topic] = []
    package var partitions: [Partition] = []

    init() {}

    package init(_ group: OffsetFetchResponse.Group) {
        groupId = group.groupId
        errorCode = group.errorCode
        for topic in group.topics {
            let first = partitions.count
            partitions += topic.partitions.map {
                Partition(index: $0.partitionIndex, errorCode: $0.errorCode, offset: $0.committedOffset)
            }
            topics.append(Topic(name: topic.name, partitions: first..<partitions.count))
        }
    }

    /// Reads the body of an answer: its groups in order.
    package static func decode(_ bytes: [UInt8], version: Int16) throws(WireError) -> [FlatGroupOffsets] {
        if let groups = read(bytes, version: version) { return groups }
        // Something is wrong with the bytes: the field list says what and where.
        return try OffsetFetchResponse.decode(bytes, version: version).message.groups.map(FlatGroupOffsets.init)
    }

    /// No partition takes fewer bytes: index, offset, epoch, metadata, error, tags.
    private static let smallestPartition = 20

    /// Reads the answer in one pass; nil for what only the field list can judge.
    package static func read(_ bytes: [UInt8], version: Int16) -> [FlatGroupOffsets]? {
        guard versions.contains(version) else { return nil }
        return bytes.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress else { return nil }
            var cursor = FlatCursor(base, to: buffer.count, flexible: true)
            do throws(FlatMismatch) { return try groups(&cursor) } catch { return nil }
        }
    }

    // The order is that of `OffsetFetchResponse.fields`.

    private static func groups(_ cursor: inout FlatCursor) throws(FlatMismatch) -> [FlatGroupOffsets] {
        _ = try cursor.integer(Int32.self)
        let count = try cursor.presentCount(elementSize: 1)
        try cursor.charge(count, of: MemoryLayout<FlatGroupOffsets>.stride)
        var groups: [FlatGroupOffsets] = []
        for _ in 0..<count { groups.append(try group(&cursor)) }
        try cursor.endStruct()
        return groups
    }

    private static func group(_ cursor: inout FlatCursor) throws(FlatMismatch) -> FlatGroupOffsets {
        var group = FlatGroupOffsets()
        group.groupId = try cursor.string()
        let count = try cursor.presentCount(elementSize: 1)
        try cursor.charge(count, of: MemoryLayout<Topic>.stride)
        group.topics.reserveCapacity(count)
        for _ in 0..<count {
            let name = try cursor.string()
            let first = group.partitions.count
            try partitions(&cursor, &group.partitions)
            try cursor.endStruct()
            group.topics.append(Topic(name: name, partitions: first..<group.partitions.count))
        }
        group.errorCode = try cursor.errorCode()
        try cursor.endStruct()
        return group
    }

    private static func partitions(
        _ cursor: inout FlatCursor, _ partitions: inout [Partition]
    ) throws(FlatMismatch) {
        let count = try cursor.presentCount(elementSize: smallestPartition)
        try cursor.charge(count, of: MemoryLayout<Partition>.stride)
        for _ in 0..<count {
            try cursor.require(16)
            let index = cursor.loaded(Int32.self)
            let offset = cursor.loaded(Int64.self)
            _ = cursor.loaded(Int32.self)
            try cursor.skipNullableString()
            let errorCode = try cursor.errorCode()
            try cursor.endStruct()
            partitions.append(Partition(index: index, errorCode: errorCode, offset: offset))
        }
    }
}
