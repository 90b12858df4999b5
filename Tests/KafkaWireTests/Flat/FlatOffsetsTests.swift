import Testing

@testable import KafkaWire

/// The flat readers and the flat writer of offsets agree with the field lists.
@Suite struct FlatOffsetsTests {
    private static let topics = ["orders", "größe", "", "a", "team-1.orders.4711"]

    // MARK: Reading

    @Test(.enabled(if: GoldenFiles.areThere, "OPSRUN_GOLDEN is not set"))
    func `committed offsets are read flat as the field list reads them, also where bytes are cut or changed`() throws {
        var random = SeededRandom(seed: 5)
        for vector in try GoldenFiles.vectors(of: "OffsetFetchResponse")
        where FlatGroupOffsets.versions.contains(vector.version) {
            #expect(FlatGroupOffsets.read(vector.bytes, version: vector.version) != nil, "\(vector.name)")
            for bytes in [vector.bytes] + FlatReadersTests.variations(vector.bytes, &random) {
                let nested = try? OffsetFetchResponse.decode(bytes, version: vector.version).message.groups
                let flat = FlatGroupOffsets.read(bytes, version: vector.version)
                #expect(flat == nested?.map(FlatGroupOffsets.init), "\(vector.name): \(Hex.text(bytes))")
            }
        }
    }

    @Test(.enabled(if: GoldenFiles.areThere, "OPSRUN_GOLDEN is not set"))
    func `listed offsets are read flat as the field list reads them, also where bytes are cut or changed`() throws {
        var random = SeededRandom(seed: 6)
        for vector in try GoldenFiles.vectors(of: "ListOffsetsResponse") {
            let whole = try ListOffsetsResponse.decode(vector.bytes, version: vector.version).message
            // One that is asked for and not answered comes first.
            let names = TopicNames(["not there"] + whole.topics.map(\.name))
            for bytes in [vector.bytes] + FlatReadersTests.variations(vector.bytes, &random) {
                let nested = try? ListOffsetsResponse.decode(bytes, version: vector.version).message
                let flat = FlatListedOffsets.read(bytes, version: vector.version, names: names, expected: [0, 1])
                #expect(
                    flat == nested.map { Self.items($0, ["not there"] + whole.topics.map(\.name)) },
                    "\(vector.name): \(Hex.text(bytes))")
            }
        }
    }

    private static func items(_ response: ListOffsetsResponse, _ names: [String]) -> [FlatListedOffsets.Item] {
        response.topics.flatMap { topic in
            names.firstIndex(of: topic.name).map { number in
                topic.partitions.map {
                    .init(
                        topic: Int32(number), partition: $0.partitionIndex, errorCode: $0.errorCode, offset: $0.offset)
                }
            } ?? []
        }
    }

    @Test(arguments: Array(ListOffsetsResponse.versions))
    func `an answer in any order names its topics, and strange ones are left out`(version: Int16) throws {
        let response = ListOffsetsResponse(
            topics: (["strange"] + Self.topics.reversed()).map { name in
                .init(
                    name: name,
                    partitions: [
                        .init(partitionIndex: 4, errorCode: .notLeaderOrFollower, offset: 9), .init(offset: 5),
                    ]
                )
            })
        let bytes = try response.encoded(version: version)
        let names = TopicNames(Self.topics)
        let expected = Self.items(response, Self.topics)
        #expect(expected.count == 10)
        for order in [[], [4, 3, 2, 1, 0], [0, 1, 2, 3, 4], [99, -1]] as [[Int32]] {
            let found = try FlatListedOffsets.decode(bytes, version: version, names: names, expected: order)
            #expect(found == expected)
        }
    }

    @Test func `a failure names the field as the field list does`() {
        let error = failure { () throws(WireError) in _ = try FlatGroupOffsets.decode([0, 0, 0, 0, 2, 2], version: 9) }
        #expect(error?.path == "groups[0].groupId" && error?.code == .truncated)
        let other = failure { () throws(WireError) in
            _ = try FlatListedOffsets.decode([0, 0, 0, 0, 2, 2], version: 8, names: TopicNames([]), expected: [])
        }
        #expect(other?.path == "topics[0].name" && other?.code == .truncated)
    }

    // MARK: Names

    @Test func `a name is found by its bytes, and nothing else is`() {
        let names = TopicNames(Self.topics + (0..<1000).map { "topic-\($0)" })
        func number(_ text: String) -> Int? {
            Array(text.utf8).withUnsafeBytes { names.number(of: $0) }
        }
        #expect(Self.topics.map(number) == [0, 1, 2, 3, 4])
        #expect((0..<1000).map { number("topic-\($0)") } == Array(5..<1005))
        #expect(number("topic-1000") == nil && number("order") == nil && TopicNames([]).count == 0)
    }

    // MARK: Writing

    @Test(arguments: Array(ListOffsetsRequest.versions))
    func `a request is written flat as the field list writes it`(version: Int16) throws {
        for topics in [[], [0], [0, 0, 1, 4, 4, 4, 2, 0]] as [[Int32]] {
            var request = FlatListOffsetsRequest(
                TopicNames(Self.topics), topics.enumerated().map { .init(topic: $1, index: Int32($0) * 1000) },
                timestamp: -1, isolationLevel: version >= 2 ? 1 : 0)
            if version >= 10 { request.timeoutMs = 1500 }
            let nested = request.nested
            #expect(
                nested.topics.flatMap(\.partitions).map(\.partitionIndex) == topics.indices.map { Int32($0) * 1000 })
            #expect(try request.encoded(version: version) == nested.encoded(version: version))
        }
    }

    @Test func `a name that is too long is refused`() {
        let request = FlatListOffsetsRequest(
            TopicNames([String(repeating: "x", count: 40_000)]), [.init(topic: 0, index: 0)], timestamp: -1,
            isolationLevel: 0)
        #expect(failure { () throws(WireError) in _ = try request.encoded(version: 8) }?.code == .tooLarge)
    }
}
