import KafkaWire
import Testing

/// The flat reader gives what the field list gives, for good bytes and for bad ones.
@Suite struct FlatReadersTests {
    static let cutsPerVector = 120
    static let flipsPerVector = 40

    @Test(.enabled(if: GoldenFiles.areThere, "OPSRUN_GOLDEN is not set"))
    func `every golden vector is read flat, and to the same content`() throws {
        for vector in try GoldenFiles.vectors(of: "MetadataResponse") {
            let flat = try #require(FlatMetadata.read(vector.bytes, from: 0, version: vector.version), "\(vector.name)")
            let (nested, rest) = try MetadataResponse.decode(vector.bytes, version: vector.version)
            #expect(flat.message == FlatMetadata(nested), "\(vector.name)")
            #expect(flat.rest == rest)
            check(flat.message, nested)
        }
    }

    /// Compares through the accessors, so that the ranges are proven too.
    private func check(_ flat: FlatMetadata, _ nested: MetadataResponse) {
        #expect(flat.topics.map(\.name) == nested.topics.map(\.name))
        for (topic, expected) in zip(flat.topics, nested.topics) {
            let partitions = flat.partitions[topic.partitions]
            #expect(partitions.count == expected.partitions.count)
            for (partition, expected) in zip(partitions, expected.partitions) {
                #expect(partition.partitionIndex == expected.partitionIndex)
                #expect(partition.leaderId == expected.leaderId)
                #expect(Array(flat.replicas(of: partition)) == expected.replicaNodes)
                #expect(Array(flat.isr(of: partition)) == expected.isrNodes)
                #expect(Array(flat.offline(of: partition)) == expected.offlineReplicas)
            }
        }
    }

    @Test(.enabled(if: GoldenFiles.areThere, "OPSRUN_GOLDEN is not set"))
    func `bytes cut short or changed are judged as the field lists judge them`() throws {
        var random = SeededRandom(seed: 3)
        for vector in try GoldenFiles.vectors(of: "MetadataResponse") {
            for bytes in Self.variations(vector.bytes, &random) {
                let flat = FlatMetadata.read(bytes, from: 0, version: vector.version)
                let nested = try? MetadataResponse.decode(bytes, version: vector.version)
                if let problem = difference(flat, nested.map { (FlatMetadata($0.message), $0.rest) }) {
                    Issue.record("\(vector.name): \(problem): \(Hex.text(bytes))")
                }
            }
        }
    }

    private func difference<M: Equatable>(_ flat: (message: M, rest: Int)?, _ nested: (M, Int)?) -> String? {
        switch (flat, nested) {
        case (nil, nil): nil
        case (nil, _): "only the field list reads it"
        case (_, nil): "only the flat reader reads it"
        case (let flat?, let nested?): flat == nested ? nil : "both read it, to different content"
        }
    }

    static func variations(_ bytes: [UInt8], _ random: inout SeededRandom) -> [[UInt8]] {
        let step = max(1, bytes.count / cutsPerVector)
        var all = stride(from: 0, to: bytes.count, by: step).map { Array(bytes[..<$0]) }
        for _ in 0..<flipsPerVector where !bytes.isEmpty {
            var changed = bytes
            changed[Int.random(in: 0..<bytes.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            all.append(changed)
        }
        return all
    }

    @Test func `a failure names the field as the field list does`() {
        // Throttle time; no brokers; no cluster id; a controller id of two bytes where four are due.
        let bytes: [UInt8] = [0, 0, 0, 0, 1, 0, 0, 0]
        let error = failure { () throws(WireError) in _ = try FlatMetadata.decode(bytes, version: 12) }
        #expect(error?.path == "controllerId" && error?.code == .truncated)
    }

    @Test func `an answer of the smallest topics is refused before it is many times its size`() {
        // Version 9: throttle time, no brokers, no cluster id, controller id; then topics of ten bytes each.
        let prefix: [UInt8] = [0, 0, 0, 0, 1, 0, 0, 0, 0, 0]
        let bytes = prefix + Uvarint.array(of: [0, 0, 1, 0, 1, 0, 0, 0, 0, 0], doublings: 22) + [0]
        let error = failure { () throws(WireError) in _ = try FlatMetadata.decode(bytes, version: 9) }
        #expect(error?.path == "topics" && error?.code == .memoryExceeded)
    }

    @Test func `reading begins where it is told to and reports what follows`() throws {
        let response = MetadataResponse(topics: [
            .init(name: "orders", partitions: [.init(leaderId: 1, replicaNodes: [1, 2], isrNodes: [1])])
        ])
        let bytes = try response.encoded(version: 12, after: [9, 9, 9]) + [7, 7]
        let (flat, rest) = try FlatMetadata.decode(bytes, from: 3, version: 12)
        #expect(flat == FlatMetadata(response))
        #expect(rest == 2)
        #expect(failure { () throws(WireError) in _ = try FlatMetadata.decode(bytes, from: -1, version: 12) } != nil)
        #expect(failure { () throws(WireError) in _ = try FlatMetadata.decode(bytes, from: 99, version: 12) } != nil)
    }
}
