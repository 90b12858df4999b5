import KafkaWire
import Testing

/// What a stranger, a broken network or a wrong port may send: an error, never a trap and never a large allocation.
@Suite struct HostileBytesTests {
    static let flipsPerVector = 12

    @Test(.enabled(if: GoldenFiles.areThere, "OPSRUN_GOLDEN is not set"))
    func `a golden vector cut short is an error wherever it is cut`() throws {
        for type in AllMessages.types { try checkCuts(type) }
    }

    private func checkCuts<M: KafkaMessage>(_ type: M.Type) throws {
        for vector in try GoldenFiles.vectors(of: "\(type)") {
            for length in vector.bytes.indices {
                let error = failure { () throws(WireError) in
                    _ = try M.decode(Array(vector.bytes[..<length]), version: vector.version)
                }
                if error == nil { Issue.record("\(vector.name) cut to \(length) bytes is read") }
                if let error, error.offset > length {
                    Issue.record("\(vector.name): an error behind the end: \(error)")
                }
            }
        }
    }

    @Test(.enabled(if: GoldenFiles.areThere, "OPSRUN_GOLDEN is not set"))
    func `a golden vector with a bit flipped is an error or another message`() throws {
        let seed: UInt64 = 7
        var random = SeededRandom(seed: seed)
        for type in AllMessages.types { try checkFlips(type, &random) }
    }

    private func checkFlips<M: KafkaMessage>(_ type: M.Type, _ random: inout SeededRandom) throws {
        for vector in try GoldenFiles.vectors(of: "\(type)") where !vector.bytes.isEmpty {
            for _ in 0..<Self.flipsPerVector {
                var bytes = vector.bytes
                bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                // What is read must be something that can be written again.
                guard let (message, _) = try? M.decode(bytes, version: vector.version) else { continue }
                _ = try? message.encoded(version: vector.version)
            }
        }
    }

    @Test(.enabled(if: GoldenFiles.areThere, "OPSRUN_GOLDEN is not set"))
    func `a golden vector with a huge count or length anywhere is an error or another message`() throws {
        for type in AllMessages.types { try checkHugeCounts(type) }
    }

    /// In each message's vector of the richest kind, every byte is taken for the beginning of a count in both forms.
    private func checkHugeCounts<M: KafkaMessage>(_ type: M.Type) throws {
        let huge: [[UInt8]] = [[0x7F, 0xFF, 0xFF, 0xFF], [0xFF, 0xFF, 0xFF, 0xFF, 0x07]]
        for vector in try GoldenFiles.vectors(of: "\(type)") where vector.variant == "random-1" {
            for position in vector.bytes.indices {
                for count in huge {
                    var bytes = vector.bytes
                    bytes.replaceSubrange(position..<min(position + count.count, bytes.count), with: count)
                    let error = failure { () throws(WireError) in _ = try M.decode(bytes, version: vector.version) }
                    if let error, error.offset > bytes.count {
                        Issue.record("\(vector.name): an error behind the end: \(error)")
                    }
                }
            }
        }
    }

    @Test func `bytes of one value are an error or a message in every version`() {
        for type in AllMessages.types {
            for version in type.versions {
                for byte: UInt8 in [0x00, 0x01, 0x7F, 0x80, 0xFF] {
                    check(type, version, [UInt8](repeating: byte, count: 200))
                }
            }
        }
    }

    @Test func `random bytes are an error or a message in every version`() {
        var random = SeededRandom(seed: 11)
        for type in AllMessages.types {
            for version in type.versions {
                for _ in 0..<10 {
                    // Small numbers make plausible lengths, so that reading goes deep.
                    check(type, version, (0..<80).map { _ in UInt8.random(in: 0..<6, using: &random) })
                }
            }
        }
    }

    private func check<M: KafkaMessage>(_ type: M.Type, _ version: Int16, _ bytes: [UInt8]) {
        _ = try? M.decode(bytes, version: version)
    }

    @Test(arguments: [
        (Int16(0), [0x7F, 0xFF, 0xFF, 0xFF] as [UInt8], WireError.Code.countTooLarge),
        (0, [0x00, 0x00, 0x00, 0x09, 0, 0, 0, 0], .countTooLarge),
        (0, [0x80, 0x00, 0x00, 0x00], .badLength),
        (0, [0xFF, 0xFF, 0xFF, 0xFF], .unexpectedNull),
        (9, [0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F], .countTooLarge),
        (9, [0, 0, 0, 0, 0x80, 0x80, 0x80, 0x80, 0x10], .badVarint),
        (9, [0, 0, 0, 0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01], .badVarint),
        (9, [0, 0, 0, 0, 0x00], .unexpectedNull),
        (9, [0, 0, 0, 0, 0x80], .truncated),
    ])
    func `a hostile count is refused before anything is read of it`(
        version: Int16, bytes: [UInt8], expected: WireError.Code
    ) {
        let error = failure { () throws(WireError) in _ = try MetadataResponse.decode(bytes, version: version) }
        #expect(error?.code == expected)
        #expect(error?.path == "brokers")
    }

    @Test func `an error names the field with its indices and the byte`() throws {
        let partition = MetadataResponse.Partition(partitionIndex: 4, leaderId: 7)
        let topic = MetadataResponse.Topic(name: "orders", partitions: [partition, partition])
        let bytes = try MetadataResponse(topics: [topic]).encoded(version: 0)
        // The last partition ends with two counts of four bytes, behind the leader's four.
        let error = failure { () throws(WireError) in
            _ = try MetadataResponse.decode(Array(bytes.dropLast(9)), version: 0)
        }
        #expect(error?.path == "topics[0].partitions[1].leaderId")
        #expect(error?.offset == bytes.count - 12)
        let description = try #require(error).description
        #expect(description.hasPrefix("topics[0].partitions[1].leaderId: 4 bytes wanted, 3 left"))
    }

    @Test func `a string's length is limited even where its form could say more`() {
        let length: [UInt8] = [0x81, 0x80, 0x02]  // 32768 in the compact form
        let bytes: [UInt8] = [0x02] + length + [UInt8](repeating: 0x61, count: 32768) + [0]
        #expect(code { () throws(WireError) in _ = try ListGroupsRequest.decode(bytes, version: 4) } == .badLength)
    }

    @Test func `bytes that are not UTF-8 become replacement characters`() throws {
        let (request, _) = try ListGroupsRequest.decode([0x02, 0x03, 0xFF, 0x61, 0x00], version: 4)
        #expect(request.statesFilter == ["\u{FFFD}a"])
    }

    @Test(arguments: [
        ([0x02, 0x05, 0x00, 0x05, 0x00] as [UInt8], WireError.Code.badTags),
        ([0x02, 0x05, 0x00, 0x04, 0x00], .badTags),
        ([0x01, 0x05, 0x02, 0x00], .truncated),
        ([0x7F, 0x05, 0x00], .countTooLarge),
    ])
    func `tags that repeat, go back or run out are refused`(bytes: [UInt8], expected: WireError.Code) {
        #expect(code { () throws(WireError) in _ = try ListGroupsRequest.decode(bytes, version: 3) } == expected)
    }

    @Test func `a tagged field that does not use up its bytes is refused`() {
        // ApiVersions v3: no error, no keys, throttle time 0, one tag: 1 (an epoch of 8 bytes) in 9 bytes.
        let bytes: [UInt8] = [0, 0, 1, 0, 0, 0, 0, 1, 1, 9] + [UInt8](repeating: 0, count: 9)
        let error = failure { () throws(WireError) in _ = try ApiVersionsResponse.decode(bytes, version: 3) }
        #expect(error?.code == .badLength)
        #expect(error?.path == "finalizedFeaturesEpoch")
    }
}
