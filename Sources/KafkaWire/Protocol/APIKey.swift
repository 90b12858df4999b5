/// The number that says which API a request is for; open, so that a stranger's number can be carried and named.
package struct APIKey: RawRepresentable, Sendable, Hashable, Comparable, CustomStringConvertible {
    package let rawValue: Int16

    package init(rawValue: Int16) { self.rawValue = rawValue }

    package static func < (left: APIKey, right: APIKey) -> Bool { left.rawValue < right.rawValue }

    /// Kafka's name of the API, or `API 1234`.
    package var name: String { Self.table[rawValue]?.name ?? "API \(rawValue)" }

    /// The first version with header v2 for requests and v1 for responses; nil when there is none or the key is unknown.
    package var flexibleFrom: Int16? { Self.table[rawValue]?.flexibleFrom }

    /// Whether the key is in the table.
    package var isKnown: Bool { Self.table[rawValue] != nil }

    package var description: String { name }

    /// Every API of Kafka 4.3 and of the 4.4 branch.
    ///
    /// StreamsGroupTopologyDescriptionUpdate (93) and UnregisterController (94) have a name and no message here: they are in
    /// no release yet. The definitions of 4.3.1, which the messages are made and tested by, do not have them, and no vector
    /// could prove what would be written from a branch that may still change. A newer broker that lists them is no error.
    package static let allKnown: [APIKey] = table.keys.sorted().map { APIKey(rawValue: $0) }

    /// The version of the header that leads a request.
    package func requestHeaderVersion(_ version: Int16) -> Int16 {
        guard let flexibleFrom, version >= flexibleFrom else { return 1 }
        return 2
    }

    /// The version of the header that leads a response. ApiVersions stays with v0 in every version: the client that
    /// reads it does not know yet what the broker speaks (KIP-511).
    package func responseHeaderVersion(_ version: Int16) -> Int16 {
        guard self != .apiVersions, let flexibleFrom, version >= flexibleFrom else { return 0 }
        return 1
    }

    package static let produce = APIKey(rawValue: 0)
    package static let fetch = APIKey(rawValue: 1)
    package static let listOffsets = APIKey(rawValue: 2)
    package static let metadata = APIKey(rawValue: 3)
    package static let leaderAndIsr = APIKey(rawValue: 4)
    package static let stopReplica = APIKey(rawValue: 5)
    package static let updateMetadata = APIKey(rawValue: 6)
    package static let controlledShutdown = APIKey(rawValue: 7)
    package static let offsetCommit = APIKey(rawValue: 8)
    package static let offsetFetch = APIKey(rawValue: 9)
    package static let findCoordinator = APIKey(rawValue: 10)
    package static let joinGroup = APIKey(rawValue: 11)
    package static let heartbeat = APIKey(rawValue: 12)
    package static let leaveGroup = APIKey(rawValue: 13)
    package static let syncGroup = APIKey(rawValue: 14)
    package static let describeGroups = APIKey(rawValue: 15)
    package static let listGroups = APIKey(rawValue: 16)
    package static let saslHandshake = APIKey(rawValue: 17)
    package static let apiVersions = APIKey(rawValue: 18)
    package static let createTopics = APIKey(rawValue: 19)
    package static let deleteTopics = APIKey(rawValue: 20)
    package static let deleteRecords = APIKey(rawValue: 21)
    package static let initProducerId = APIKey(rawValue: 22)
    package static let offsetForLeaderEpoch = APIKey(rawValue: 23)
    package static let addPartitionsToTxn = APIKey(rawValue: 24)
    package static let addOffsetsToTxn = APIKey(rawValue: 25)
    package static let endTxn = APIKey(rawValue: 26)
    package static let writeTxnMarkers = APIKey(rawValue: 27)
    package static let txnOffsetCommit = APIKey(rawValue: 28)
    package static let describeAcls = APIKey(rawValue: 29)
    package static let createAcls = APIKey(rawValue: 30)
    package static let deleteAcls = APIKey(rawValue: 31)
    package static let describeConfigs = APIKey(rawValue: 32)
    package static let alterConfigs = APIKey(rawValue: 33)
    package static let alterReplicaLogDirs = APIKey(rawValue: 34)
    package static let describeLogDirs = APIKey(rawValue: 35)
    package static let saslAuthenticate = APIKey(rawValue: 36)
    package static let createPartitions = APIKey(rawValue: 37)
    package static let createDelegationToken = APIKey(rawValue: 38)
    package static let renewDelegationToken = APIKey(rawValue: 39)
    package static let expireDelegationToken = APIKey(rawValue: 40)
    package static let describeDelegationToken = APIKey(rawValue: 41)
    package static let deleteGroups = APIKey(rawValue: 42)
    package static let electLeaders = APIKey(rawValue: 43)
    package static let incrementalAlterConfigs = APIKey(rawValue: 44)
    package static let alterPartitionReassignments = APIKey(rawValue: 45)
    package static let listPartitionReassignments = APIKey(rawValue: 46)
    package static let offsetDelete = APIKey(rawValue: 47)
    package static let describeClientQuotas = APIKey(rawValue: 48)
    package static let alterClientQuotas = APIKey(rawValue: 49)
    package static let describeUserScramCredentials = APIKey(rawValue: 50)
    package static let alterUserScramCredentials = APIKey(rawValue: 51)
    package static let vote = APIKey(rawValue: 52)
    package static let beginQuorumEpoch = APIKey(rawValue: 53)
    package static let endQuorumEpoch = APIKey(rawValue: 54)
    package static let describeQuorum = APIKey(rawValue: 55)
    package static let alterPartition = APIKey(rawValue: 56)
    package static let updateFeatures = APIKey(rawValue: 57)
    package static let envelope = APIKey(rawValue: 58)
    package static let fetchSnapshot = APIKey(rawValue: 59)
    package static let describeCluster = APIKey(rawValue: 60)
    package static let describeProducers = APIKey(rawValue: 61)
    package static let brokerRegistration = APIKey(rawValue: 62)
    package static let brokerHeartbeat = APIKey(rawValue: 63)
    package static let unregisterBroker = APIKey(rawValue: 64)
    package static let describeTransactions = APIKey(rawValue: 65)
    package static let listTransactions = APIKey(rawValue: 66)
    package static let allocateProducerIds = APIKey(rawValue: 67)
    package static let consumerGroupHeartbeat = APIKey(rawValue: 68)
    package static let consumerGroupDescribe = APIKey(rawValue: 69)
    package static let controllerRegistration = APIKey(rawValue: 70)
    package static let getTelemetrySubscriptions = APIKey(rawValue: 71)
    package static let pushTelemetry = APIKey(rawValue: 72)
    package static let assignReplicasToDirs = APIKey(rawValue: 73)
    package static let listConfigResources = APIKey(rawValue: 74)
    package static let describeTopicPartitions = APIKey(rawValue: 75)
    package static let shareGroupHeartbeat = APIKey(rawValue: 76)
    package static let shareGroupDescribe = APIKey(rawValue: 77)
    package static let shareFetch = APIKey(rawValue: 78)
    package static let shareAcknowledge = APIKey(rawValue: 79)
    package static let addRaftVoter = APIKey(rawValue: 80)
    package static let removeRaftVoter = APIKey(rawValue: 81)
    package static let updateRaftVoter = APIKey(rawValue: 82)
    package static let initializeShareGroupState = APIKey(rawValue: 83)
    package static let readShareGroupState = APIKey(rawValue: 84)
    package static let writeShareGroupState = APIKey(rawValue: 85)
    package static let deleteShareGroupState = APIKey(rawValue: 86)
    package static let readShareGroupStateSummary = APIKey(rawValue: 87)
    package static let streamsGroupHeartbeat = APIKey(rawValue: 88)
    package static let streamsGroupDescribe = APIKey(rawValue: 89)
    package static let describeShareGroupOffsets = APIKey(rawValue: 90)
    package static let alterShareGroupOffsets = APIKey(rawValue: 91)
    package static let deleteShareGroupOffsets = APIKey(rawValue: 92)
    package static let streamsGroupTopologyDescriptionUpdate = APIKey(rawValue: 93)
    /// Without a message: see `allKnown`.
    package static let unregisterController = APIKey(rawValue: 94)

    private struct Entry {
        let name: String
        let flexibleFrom: Int16?
    }

    private static let table: [Int16: Entry] = [
        0: Entry(name: "Produce", flexibleFrom: 9),
        1: Entry(name: "Fetch", flexibleFrom: 12),
        2: Entry(name: "ListOffsets", flexibleFrom: 6),
        3: Entry(name: "Metadata", flexibleFrom: 9),
        4: Entry(name: "LeaderAndIsr", flexibleFrom: 4),
        5: Entry(name: "StopReplica", flexibleFrom: 2),
        6: Entry(name: "UpdateMetadata", flexibleFrom: 6),
        7: Entry(name: "ControlledShutdown", flexibleFrom: 3),
        8: Entry(name: "OffsetCommit", flexibleFrom: 8),
        9: Entry(name: "OffsetFetch", flexibleFrom: 6),
        10: Entry(name: "FindCoordinator", flexibleFrom: 3),
        11: Entry(name: "JoinGroup", flexibleFrom: 6),
        12: Entry(name: "Heartbeat", flexibleFrom: 4),
        13: Entry(name: "LeaveGroup", flexibleFrom: 4),
        14: Entry(name: "SyncGroup", flexibleFrom: 4),
        15: Entry(name: "DescribeGroups", flexibleFrom: 5),
        16: Entry(name: "ListGroups", flexibleFrom: 3),
        17: Entry(name: "SaslHandshake", flexibleFrom: nil),
        18: Entry(name: "ApiVersions", flexibleFrom: 3),
        19: Entry(name: "CreateTopics", flexibleFrom: 5),
        20: Entry(name: "DeleteTopics", flexibleFrom: 4),
        21: Entry(name: "DeleteRecords", flexibleFrom: 2),
        22: Entry(name: "InitProducerId", flexibleFrom: 2),
        23: Entry(name: "OffsetForLeaderEpoch", flexibleFrom: 4),
        24: Entry(name: "AddPartitionsToTxn", flexibleFrom: 3),
        25: Entry(name: "AddOffsetsToTxn", flexibleFrom: 3),
        26: Entry(name: "EndTxn", flexibleFrom: 3),
        27: Entry(name: "WriteTxnMarkers", flexibleFrom: 1),
        28: Entry(name: "TxnOffsetCommit", flexibleFrom: 3),
        29: Entry(name: "DescribeAcls", flexibleFrom: 2),
        30: Entry(name: "CreateAcls", flexibleFrom: 2),
        31: Entry(name: "DeleteAcls", flexibleFrom: 2),
        32: Entry(name: "DescribeConfigs", flexibleFrom: 4),
        33: Entry(name: "AlterConfigs", flexibleFrom: 2),
        34: Entry(name: "AlterReplicaLogDirs", flexibleFrom: 2),
        35: Entry(name: "DescribeLogDirs", flexibleFrom: 2),
        36: Entry(name: "SaslAuthenticate", flexibleFrom: 2),
        37: Entry(name: "CreatePartitions", flexibleFrom: 2),
        38: Entry(name: "CreateDelegationToken", flexibleFrom: 2),
        39: Entry(name: "RenewDelegationToken", flexibleFrom: 2),
        40: Entry(name: "ExpireDelegationToken", flexibleFrom: 2),
        41: Entry(name: "DescribeDelegationToken", flexibleFrom: 2),
        42: Entry(name: "DeleteGroups", flexibleFrom: 2),
        43: Entry(name: "ElectLeaders", flexibleFrom: 2),
        44: Entry(name: "IncrementalAlterConfigs", flexibleFrom: 1),
        45: Entry(name: "AlterPartitionReassignments", flexibleFrom: 0),
        46: Entry(name: "ListPartitionReassignments", flexibleFrom: 0),
        47: Entry(name: "OffsetDelete", flexibleFrom: nil),
        48: Entry(name: "DescribeClientQuotas", flexibleFrom: 1),
        49: Entry(name: "AlterClientQuotas", flexibleFrom: 1),
        50: Entry(name: "DescribeUserScramCredentials", flexibleFrom: 0),
        51: Entry(name: "AlterUserScramCredentials", flexibleFrom: 0),
        52: Entry(name: "Vote", flexibleFrom: 0),
        53: Entry(name: "BeginQuorumEpoch", flexibleFrom: 1),
        54: Entry(name: "EndQuorumEpoch", flexibleFrom: 1),
        55: Entry(name: "DescribeQuorum", flexibleFrom: 0),
        56: Entry(name: "AlterPartition", flexibleFrom: 0),
        57: Entry(name: "UpdateFeatures", flexibleFrom: 0),
        58: Entry(name: "Envelope", flexibleFrom: 0),
        59: Entry(name: "FetchSnapshot", flexibleFrom: 0),
        60: Entry(name: "DescribeCluster", flexibleFrom: 0),
        61: Entry(name: "DescribeProducers", flexibleFrom: 0),
        62: Entry(name: "BrokerRegistration", flexibleFrom: 0),
        63: Entry(name: "BrokerHeartbeat", flexibleFrom: 0),
        64: Entry(name: "UnregisterBroker", flexibleFrom: 0),
        65: Entry(name: "DescribeTransactions", flexibleFrom: 0),
        66: Entry(name: "ListTransactions", flexibleFrom: 0),
        67: Entry(name: "AllocateProducerIds", flexibleFrom: 0),
        68: Entry(name: "ConsumerGroupHeartbeat", flexibleFrom: 0),
        69: Entry(name: "ConsumerGroupDescribe", flexibleFrom: 0),
        70: Entry(name: "ControllerRegistration", flexibleFrom: 0),
        71: Entry(name: "GetTelemetrySubscriptions", flexibleFrom: 0),
        72: Entry(name: "PushTelemetry", flexibleFrom: 0),
        73: Entry(name: "AssignReplicasToDirs", flexibleFrom: 0),
        74: Entry(name: "ListConfigResources", flexibleFrom: 0),
        75: Entry(name: "DescribeTopicPartitions", flexibleFrom: 0),
        76: Entry(name: "ShareGroupHeartbeat", flexibleFrom: 0),
        77: Entry(name: "ShareGroupDescribe", flexibleFrom: 0),
        78: Entry(name: "ShareFetch", flexibleFrom: 0),
        79: Entry(name: "ShareAcknowledge", flexibleFrom: 0),
        80: Entry(name: "AddRaftVoter", flexibleFrom: 0),
        81: Entry(name: "RemoveRaftVoter", flexibleFrom: 0),
        82: Entry(name: "UpdateRaftVoter", flexibleFrom: 0),
        83: Entry(name: "InitializeShareGroupState", flexibleFrom: 0),
        84: Entry(name: "ReadShareGroupState", flexibleFrom: 0),
        85: Entry(name: "WriteShareGroupState", flexibleFrom: 0),
        86: Entry(name: "DeleteShareGroupState", flexibleFrom: 0),
        87: Entry(name: "ReadShareGroupStateSummary", flexibleFrom: 0),
        88: Entry(name: "StreamsGroupHeartbeat", flexibleFrom: 0),
        89: Entry(name: "StreamsGroupDescribe", flexibleFrom: 0),
        90: Entry(name: "DescribeShareGroupOffsets", flexibleFrom: 0),
        91: Entry(name: "AlterShareGroupOffsets", flexibleFrom: 0),
        92: Entry(name: "DeleteShareGroupOffsets", flexibleFrom: 0),
        93: Entry(name: "StreamsGroupTopologyDescriptionUpdate", flexibleFrom: 0),
        94: Entry(name: "UnregisterController", flexibleFrom: 0),
    ]
}
