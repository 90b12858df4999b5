import KafkaWire

/// Where the vectors of the coordinators' records are; records that only brokers read have no type here.
enum CoordinatorGolden {
    static let byPath: [String: any KafkaMessage.Type] = [
        "records/group-coordinator/OffsetCommitKey": OffsetCommitKey.self,
        "records/group-coordinator/OffsetCommitValue": OffsetCommitValue.self,
        // The same fields under another number.
        "records/group-coordinator/LegacyOffsetCommitKey": OffsetCommitKey.self,
        "records/group-coordinator/LegacyOffsetCommitValue": OffsetCommitValue.self,
        "records/group-coordinator/GroupMetadataKey": GroupMetadataKey.self,
        "records/group-coordinator/GroupMetadataValue": GroupMetadataValue.self,
        "records/transaction-coordinator/TransactionLogKey": TransactionLogKey.self,
        "records/transaction-coordinator/TransactionLogValue": TransactionLogValue.self,
    ]

    static let types: [any KafkaMessage.Type] = [
        GroupMetadataKey.self, GroupMetadataValue.self, OffsetCommitKey.self, OffsetCommitValue.self,
        TransactionLogKey.self, TransactionLogValue.self,
    ]

    /// The file of a message's vectors, without its ending.
    static func path(of message: String) -> String {
        byPath.keys.first { $0.hasSuffix("/\(message)") } ?? message
    }
}
