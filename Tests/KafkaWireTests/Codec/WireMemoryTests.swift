import KafkaWire
import Testing

/// A few bytes on the wire can stand for a struct, a string and an allocation: what a message becomes is bounded by what
/// was received.
@Suite struct WireMemoryTests {
    @Test(arguments: [
        // Elements of one byte each: empty compact strings, 16 bytes here.
        ("empty strings", 24, [0x01] as [UInt8], Target.strings),
        // A string of 16 bytes has an allocation of its own.
        ("short strings", 22, [0x11] + [UInt8](repeating: 0x61, count: 16), .strings),
        // Topics of ten bytes, a hundred and more here.
        ("topics", 22, [0, 0, 1, 0, 1, 0, 0, 0, 0, 0], .topics),
        // Topics of seven bytes with one partition each: an array, and so an allocation, of its own.
        ("arrays within arrays", 21, [0x01, 0x02, 0, 0, 0, 1, 0], .elections),
    ])
    func `a large message of the smallest elements is refused`(
        name: String, doublings: Int, element: [UInt8], target: Target
    ) {
        let bytes = target.prefix + Uvarint.array(of: element, doublings: doublings) + [0, 0, 0, 0, 0]
        let error = failure { () throws(WireError) in try target.read(bytes) }
        #expect(error?.code == .memoryExceeded, "\(name)")
    }

    enum Target: Sendable {
        case strings
        case topics
        case elections

        var prefix: [UInt8] {
            switch self {
            case .strings: []
            case .topics: [0, 0, 0, 0, 1, 0, 0, 0, 0, 0]
            case .elections: [0]
            }
        }

        func read(_ bytes: [UInt8]) throws(WireError) {
            switch self {
            case .strings: _ = try ListGroupsRequest.decode(bytes, version: 4)
            case .topics: _ = try MetadataResponse.decode(bytes, version: 9)
            case .elections: _ = try ElectLeadersRequest.decode(bytes, version: 2)
            }
        }
    }

    @Test func `a struct of very many unknown tags is refused before they are read`() {
        // ListGroups v3 has no field but its tags. Their numbers are not looked at: the count alone is too much.
        let count = 5 << 20
        let bytes = Uvarint.bytes(UInt32(count)) + [UInt8](repeating: 0, count: 2 * count)
        let error = failure { () throws(WireError) in _ = try ListGroupsRequest.decode(bytes, version: 3) }
        #expect(error?.code == .memoryExceeded)
    }

    @Test func `what is allowed follows what was received, up to one bound`() {
        #expect(WireMemory(received: 0).left == WireMemory.alwaysAllowed)
        #expect(WireMemory(received: 1000).left == WireMemory.alwaysAllowed + 1000 * WireMemory.largestFactor)
        #expect(WireMemory(received: FrameLimit.standard).left == WireMemory.limit)
        #expect(WireMemory(received: .max).left == WireMemory.limit)
        #expect(WireMemory.limit + FrameLimit.standard <= 64 << 20 + 2 * FrameLimit.standard)
    }

    @Test func `everything that a message takes is counted together, to the byte`() throws {
        let long = String(repeating: "t", count: 40)
        let topics = (0..<10).map { MetadataResponse.Topic(name: $0 < 5 ? long : "t", partitions: [.init(), .init()]) }
        let bytes = try MetadataResponse(topics: topics).encoded(version: 9)
        func read(_ limit: Int) throws(WireError) {
            var reader = WireReader(bytes, version: 9, flexible: true, memory: WireMemory(limit: limit))
            var message = MetadataResponse()
            try message.read(from: &reader)
        }
        let arrays =
            10 * MemoryLayout<MetadataResponse.Topic>.stride + 20 * MemoryLayout<MetadataResponse.Partition>.stride
        // One array of topics, ten of partitions, five strings.
        let needed = arrays + 5 * 40 + 16 * WireMemory.overhead
        let (enough, tooLittle) = (
            code { () throws(WireError) in try read(needed) }, code { () throws(WireError) in try read(needed - 1) }
        )
        #expect(enough == nil && tooLittle == .memoryExceeded)
    }

    @Test(.enabled(if: GoldenFiles.areThere, "OPSRUN_GOLDEN is not set"))
    func `no golden vector comes near the bound`() throws {
        for type in AllMessages.types { try checkFactor(type) }
    }

    private func checkFactor<M: KafkaMessage>(_ type: M.Type) throws {
        for vector in try GoldenFiles.vectors(of: "\(type)") {
            let limit = WireMemory.alwaysAllowed / 4 + vector.bytes.count * WireMemory.largestFactor / 2
            var reader = WireReader(
                vector.bytes, version: vector.version, flexible: M.isFlexible(vector.version),
                memory: WireMemory(limit: limit))
            var message = M()
            let error = failure { () throws(WireError) in try message.read(from: &reader) }
            if let error { Issue.record("\(vector.name): \(error)") }
        }
    }
}
