/// Offsets of partitions by a `ListOffsetsResponse`, in one list: topics by their numbers among names that are known.
package enum FlatListedOffsets {
    package struct Item: Sendable, Equatable {
        /// Among the names; those of topics that are not there are left out.
        package var topic: Int32
        package var partition: Int32
        package var errorCode: KafkaErrorCode
        package var offset: Int64
    }

    /// Reads the body of an answer. `expected`: the numbers of the topics that were asked for, in the order of the question,
    /// which many brokers keep.
    package static func decode(
        _ bytes: [UInt8], version: Int16, names: TopicNames, expected: [Int32]
    ) throws(WireError) -> [Item] {
        if let items = read(bytes, version: version, names: names, expected: expected) { return items }
        // Something is wrong with the bytes: the field list says what and where.
        let response = try ListOffsetsResponse.decode(bytes, version: version).message
        return response.topics.flatMap { topic in
            var name = topic.name
            guard let number = name.withUTF8({ names.number(of: UnsafeRawBufferPointer($0)) }) else { return [Item]() }
            return topic.partitions.map {
                Item(
                    topic: Int32(truncatingIfNeeded: number), partition: $0.partitionIndex, errorCode: $0.errorCode,
                    offset: $0.offset)
            }
        }
    }

    /// Reads the answer in one pass; nil for what only the field list can judge.
    package static func read(
        _ bytes: [UInt8], version: Int16, names: TopicNames, expected: [Int32]
    ) -> [Item]? {
        guard ListOffsetsResponse.versions.contains(version) else { return nil }
        return bytes.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress else { return nil }
            var cursor = FlatCursor(base, to: buffer.count, flexible: ListOffsetsResponse.isFlexible(version))
            do throws(FlatMismatch) { return try items(&cursor, version, names, expected) } catch { return nil }
        }
    }

    // The order is that of `ListOffsetsResponse.fields`.

    private static func items(
        _ cursor: inout FlatCursor, _ version: Int16, _ names: TopicNames, _ expected: [Int32]
    ) throws(FlatMismatch) -> [Item] {
        if version >= 2 { _ = try cursor.integer(Int32.self) }
        var items: [Item] = []
        items.reserveCapacity(min(expected.count, cursor.remaining))
        var next = 0
        // Index, error, timestamp, offset; from v4 on the epoch.
        let size = version >= 4 ? 26 : 22
        for _ in 0..<(try cursor.presentCount(elementSize: 1)) {
            let name = try cursor.stringBytes()
            var topic: Int32?
            if next < expected.count, names.isName(Int(expected[next]), name) {
                topic = expected[next]
                next += 1
            } else {
                topic = names.number(of: name).map { Int32(truncatingIfNeeded: $0) }
            }
            let count = try cursor.presentCount(elementSize: size)
            try cursor.charge(count, of: MemoryLayout<Item>.stride)
            for _ in 0..<count {
                try cursor.require(size)
                let partition = cursor.loaded(Int32.self)
                let errorCode = KafkaErrorCode(rawValue: cursor.loaded(Int16.self))
                _ = cursor.loaded(Int64.self)
                let offset = cursor.loaded(Int64.self)
                if version >= 4 { _ = cursor.loaded(Int32.self) }
                try cursor.endStruct()
                guard let topic else { continue }
                items.append(Item(topic: topic, partition: partition, errorCode: errorCode, offset: offset))
            }
            try cursor.endStruct()
        }
        try cursor.endStruct()
        return items
    }
}
