import KafkaWire
import Testing
import Values

@Suite struct CoordinatorRecordTests {
    /// A key or value with the bytes that lie in a log record.
    private func stored(_ path: String) throws -> [(vector: GoldenFiles.Vector, stored: [UInt8])] {
        let lines = GoldenFiles.lines("\(path).jsonl")
        return try zip(GoldenFiles.vectors(of: path), lines).map { vector, line in
            (vector, try #require(JSON.parse(line)["stored"]?.stringValue.flatMap(Hex.bytes)))
        }
    }

    @Test(
        .enabled(if: GoldenFiles.areThere, "OPSRUN_GOLDEN is not set"),
        arguments: ["OffsetCommit", "LegacyOffsetCommit", "GroupMetadata"])
    func `records of groups are read as they lie in the log, and written so`(name: String) throws {
        let keys = try stored("records/group-coordinator/\(name)Key")
        let values = try stored("records/group-coordinator/\(name)Value")
        for key in keys {
            for value in values {
                switch try CoordinatorRecord.group(key: key.stored, value: value.stored) {
                case .offsetCommit(let readKey, let readValue):
                    let kind: Int16 = name.hasPrefix("Legacy") ? 0 : 1
                    #expect(try CoordinatorRecord.stored(readKey, kind: kind) == key.stored)
                    let version = value.vector.version
                    #expect(
                        try CoordinatorRecord.stored(#require(readValue), version: version) == value.stored)
                case .groupMetadata(let readKey, let readValue):
                    #expect(name == "GroupMetadata")
                    #expect(try CoordinatorRecord.stored(readKey, kind: 2) == key.stored)
                    let version = value.vector.version
                    #expect(try CoordinatorRecord.stored(#require(readValue), version: version) == value.stored)
                case .other(let kind): Issue.record("\(name) is kind \(kind)")
                }
            }
            let deleted = try CoordinatorRecord.group(key: key.stored, value: nil as [UInt8]?)
            switch deleted {
            case .offsetCommit(_, let value): #expect(value == nil)
            case .groupMetadata(_, let value): #expect(value == nil)
            case .other: Issue.record("\(name) is unknown")
            }
        }
    }

    @Test(.enabled(if: GoldenFiles.areThere, "OPSRUN_GOLDEN is not set"))
    func `records of transactions are read as they lie in the log, and written so`() throws {
        let key = try #require(try stored("records/transaction-coordinator/TransactionLogKey").last)
        for value in try stored("records/transaction-coordinator/TransactionLogValue") {
            let record = try CoordinatorRecord.transaction(key: key.stored, value: value.stored)
            guard case .state(let readKey, let readValue?) = record else {
                Issue.record("\(record)")
                continue
            }
            #expect(try CoordinatorRecord.stored(readKey, kind: 0) == key.stored)
            #expect(try CoordinatorRecord.stored(readValue, version: value.vector.version) == value.stored)
        }
    }

    @Test func `records of the other group protocols are known by their number`() throws {
        #expect(try CoordinatorRecord.group(key: [0, 3, 0, 1, 0x67], value: [0, 0]) == .other(kind: 3))
        #expect(try CoordinatorRecord.transaction(key: [0, 1], value: nil as [UInt8]?) == .other(kind: 1))
    }

    @Test func `a value of an unknown version and bytes that end early are refused`() throws {
        let key = try CoordinatorRecord.stored(GroupMetadataKey(group: "g"), kind: 2)
        #expect(
            code { () throws(WireError) in _ = try CoordinatorRecord.group(key: key, value: [0, 9]) }
                == .unsupportedVersion)
        #expect(code { () throws(WireError) in _ = try CoordinatorRecord.group(key: key, value: [0]) } == .truncated)
        #expect(code { () throws(WireError) in _ = try CoordinatorRecord.group(key: [], value: [0]) } == .truncated)
    }

    @Test func `the state of a transaction has the name that Kafka's tools print`() {
        #expect(TransactionLogValue.Status.prepareCommit.description == "PrepareCommit")
        #expect(TransactionLogValue.Status(rawValue: -3).description == "Unknown (-3)")
    }

    @Test func `a consumer's metadata is read behind its version, also of a newer one`() throws {
        let subscription = ConsumerProtocolSubscription(topics: ["orders"], generationId: 4, rackId: "r")
        let bytes = try ConsumerProtocol.encoded(subscription, version: 3)
        #expect(try ConsumerProtocol.subscription(bytes) == subscription)
        #expect(try ConsumerProtocol.subscription([0, 9] + bytes.dropFirst(2) + [1, 2, 3]) == subscription)
        let assignment = ConsumerProtocolAssignment(
            assignedPartitions: [.init(topic: "orders", partitions: [0, 2])], userData: nil)
        #expect(try ConsumerProtocol.assignment(ConsumerProtocol.encoded(assignment, version: 1)) == assignment)
        #expect(try ConsumerProtocol.assignment([]) == nil)
    }

    @Test(arguments: [[], [0], [0xFF, 0xFF, 0, 0, 0, 0], [0, 1, 0x7F, 0xFF, 0xFF, 0xFF]] as [[UInt8]])
    func `a consumer's metadata that is damaged is refused`(bytes: [UInt8]) {
        #expect(failure { () throws(WireError) in _ = try ConsumerProtocol.subscription(bytes) } != nil)
    }
}
