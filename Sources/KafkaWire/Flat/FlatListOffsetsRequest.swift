/// A `ListOffsetsRequest` about very many partitions, all of them with one timestamp: written from columns.
package struct FlatListOffsetsRequest: KafkaRequest {
    package typealias Response = ListOffsetsResponse

    package static let apiKey = ListOffsetsRequest.apiKey
    package static let versions = ListOffsetsRequest.versions
    package static let flexibleFrom = ListOffsetsRequest.flexibleFrom

    package struct Partition: Sendable, Equatable {
        /// Among the names.
        package var topic: Int32
        package var index: Int32

        package init(topic: Int32, index: Int32) {
            self.topic = topic
            self.index = index
        }
    }

    package let isolationLevel: Int8
    package let timestamp: Int64
    package var timeoutMs: Int32 = 0
    package var unknownTaggedFields: [UnknownTaggedField] = []
    private let names: TopicNames
    /// Those of a topic side by side.
    private let partitions: [Partition]

    package init() { self.init(TopicNames([]), [], timestamp: 0, isolationLevel: 0) }

    package init(_ names: TopicNames, _ partitions: [Partition], timestamp: Int64, isolationLevel: Int8) {
        self.names = names
        self.partitions = partitions
        self.timestamp = timestamp
        self.isolationLevel = isolationLevel
    }

    package static func == (left: FlatListOffsetsRequest, right: FlatListOffsetsRequest) -> Bool {
        left.nested == right.nested
    }

    /// Where each topic's partitions begin and end.
    private var runs: [Range<Int>] {
        var runs: [Range<Int>] = []
        var first = 0
        for place in partitions.indices
        where place + 1 == partitions.count || partitions[place + 1].topic != partitions[place].topic {
            runs.append(first..<place + 1)
            first = place + 1
        }
        return runs
    }

    /// The same as the message's own struct.
    package var nested: ListOffsetsRequest {
        var request = ListOffsetsRequest(
            replicaId: -1, isolationLevel: isolationLevel,
            topics: runs.map { run in
                ListOffsetsRequest.Topic(
                    name: String(decoding: names.name(Int(partitions[run.lowerBound].topic)), as: UTF8.self),
                    partitions: partitions[run].map {
                        .init(partitionIndex: $0.index, currentLeaderEpoch: -1, timestamp: timestamp)
                    })
            }, timeoutMs: timeoutMs)
        request.unknownTaggedFields = unknownTaggedFields
        return request
    }

    /// The message's own field list: for all that is not written by `write`.
    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        var nested = nested
        try nested.fields(&wire)
    }

    // The order is that of `ListOffsetsRequest.fields`.
    package func write(to writer: inout WireWriter) throws(WireError) {
        let (version, compact) = (writer.version, writer.isFlexible)
        let runs = runs
        writer.integer(-1 as Int32)
        if version >= 2 { writer.integer(isolationLevel) }
        try writer.count(runs.count, compact: compact)
        for run in runs {
            let name = names.name(Int(partitions[run.lowerBound].topic))
            guard name.count <= String.longestOnWire else {
                throw WireError(
                    .tooLarge, "a string of \(name.count) bytes, over \(String.longestOnWire)",
                    offset: writer.bytes.count)
            }
            if compact { writer.uvarint(UInt32(name.count) + 1) } else { writer.integer(Int16(name.count)) }
            writer.bytes.append(contentsOf: name)
            try writer.count(run.count, compact: compact)
            for partition in partitions[run] {
                writer.integer(partition.index)
                if version >= 4 { writer.integer(-1 as Int32) }
                writer.integer(timestamp)
                try writer.endStruct([])
            }
            try writer.endStruct([])
        }
        if version >= 10 { writer.integer(timeoutMs) }
        try writer.endStruct(unknownTaggedFields)
    }
}
