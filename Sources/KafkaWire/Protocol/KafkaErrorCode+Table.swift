// The table of Kafka 4.3.1, with the codes that the 4.4 branch adds.

extension KafkaErrorCode {
    package static let unknownServerError = KafkaErrorCode(rawValue: -1)
    package static let none = KafkaErrorCode(rawValue: 0)
    package static let offsetOutOfRange = KafkaErrorCode(rawValue: 1)
    package static let corruptMessage = KafkaErrorCode(rawValue: 2)
    package static let unknownTopicOrPartition = KafkaErrorCode(rawValue: 3)
    package static let invalidFetchSize = KafkaErrorCode(rawValue: 4)
    package static let leaderNotAvailable = KafkaErrorCode(rawValue: 5)
    package static let notLeaderOrFollower = KafkaErrorCode(rawValue: 6)
    package static let requestTimedOut = KafkaErrorCode(rawValue: 7)
    package static let brokerNotAvailable = KafkaErrorCode(rawValue: 8)
    package static let replicaNotAvailable = KafkaErrorCode(rawValue: 9)
    package static let messageTooLarge = KafkaErrorCode(rawValue: 10)
    package static let staleControllerEpoch = KafkaErrorCode(rawValue: 11)
    package static let offsetMetadataTooLarge = KafkaErrorCode(rawValue: 12)
    package static let networkException = KafkaErrorCode(rawValue: 13)
    package static let coordinatorLoadInProgress = KafkaErrorCode(rawValue: 14)
    package static let coordinatorNotAvailable = KafkaErrorCode(rawValue: 15)
    package static let notCoordinator = KafkaErrorCode(rawValue: 16)
    package static let invalidTopicException = KafkaErrorCode(rawValue: 17)
    package static let recordListTooLarge = KafkaErrorCode(rawValue: 18)
    package static let notEnoughReplicas = KafkaErrorCode(rawValue: 19)
    package static let notEnoughReplicasAfterAppend = KafkaErrorCode(rawValue: 20)
    package static let invalidRequiredAcks = KafkaErrorCode(rawValue: 21)
    package static let illegalGeneration = KafkaErrorCode(rawValue: 22)
    package static let inconsistentGroupProtocol = KafkaErrorCode(rawValue: 23)
    package static let invalidGroupId = KafkaErrorCode(rawValue: 24)
    package static let unknownMemberId = KafkaErrorCode(rawValue: 25)
    package static let invalidSessionTimeout = KafkaErrorCode(rawValue: 26)
    package static let rebalanceInProgress = KafkaErrorCode(rawValue: 27)
    package static let invalidCommitOffsetSize = KafkaErrorCode(rawValue: 28)
    package static let topicAuthorizationFailed = KafkaErrorCode(rawValue: 29)
    package static let groupAuthorizationFailed = KafkaErrorCode(rawValue: 30)
    package static let clusterAuthorizationFailed = KafkaErrorCode(rawValue: 31)
    package static let invalidTimestamp = KafkaErrorCode(rawValue: 32)
    package static let unsupportedSaslMechanism = KafkaErrorCode(rawValue: 33)
    package static let illegalSaslState = KafkaErrorCode(rawValue: 34)
    package static let unsupportedVersion = KafkaErrorCode(rawValue: 35)
    package static let topicAlreadyExists = KafkaErrorCode(rawValue: 36)
    package static let invalidPartitions = KafkaErrorCode(rawValue: 37)
    package static let invalidReplicationFactor = KafkaErrorCode(rawValue: 38)
    package static let invalidReplicaAssignment = KafkaErrorCode(rawValue: 39)
    package static let invalidConfig = KafkaErrorCode(rawValue: 40)
    package static let notController = KafkaErrorCode(rawValue: 41)
    package static let invalidRequest = KafkaErrorCode(rawValue: 42)
    package static let unsupportedForMessageFormat = KafkaErrorCode(rawValue: 43)
    package static let policyViolation = KafkaErrorCode(rawValue: 44)
    package static let outOfOrderSequenceNumber = KafkaErrorCode(rawValue: 45)
    package static let duplicateSequenceNumber = KafkaErrorCode(rawValue: 46)
    package static let invalidProducerEpoch = KafkaErrorCode(rawValue: 47)
    package static let invalidTxnState = KafkaErrorCode(rawValue: 48)
    package static let invalidProducerIdMapping = KafkaErrorCode(rawValue: 49)
    package static let invalidTransactionTimeout = KafkaErrorCode(rawValue: 50)
    package static let concurrentTransactions = KafkaErrorCode(rawValue: 51)
    package static let transactionCoordinatorFenced = KafkaErrorCode(rawValue: 52)
    package static let transactionalIdAuthorizationFailed = KafkaErrorCode(rawValue: 53)
    package static let securityDisabled = KafkaErrorCode(rawValue: 54)
    package static let operationNotAttempted = KafkaErrorCode(rawValue: 55)
    package static let kafkaStorageError = KafkaErrorCode(rawValue: 56)
    package static let logDirNotFound = KafkaErrorCode(rawValue: 57)
    package static let saslAuthenticationFailed = KafkaErrorCode(rawValue: 58)
    package static let unknownProducerId = KafkaErrorCode(rawValue: 59)
    package static let reassignmentInProgress = KafkaErrorCode(rawValue: 60)
    package static let delegationTokenAuthDisabled = KafkaErrorCode(rawValue: 61)
    package static let delegationTokenNotFound = KafkaErrorCode(rawValue: 62)
    package static let delegationTokenOwnerMismatch = KafkaErrorCode(rawValue: 63)
    package static let delegationTokenRequestNotAllowed = KafkaErrorCode(rawValue: 64)
    package static let delegationTokenAuthorizationFailed = KafkaErrorCode(rawValue: 65)
    package static let delegationTokenExpired = KafkaErrorCode(rawValue: 66)
    package static let invalidPrincipalType = KafkaErrorCode(rawValue: 67)
    package static let nonEmptyGroup = KafkaErrorCode(rawValue: 68)
    package static let groupIdNotFound = KafkaErrorCode(rawValue: 69)
    package static let fetchSessionIdNotFound = KafkaErrorCode(rawValue: 70)
    package static let invalidFetchSessionEpoch = KafkaErrorCode(rawValue: 71)
    package static let listenerNotFound = KafkaErrorCode(rawValue: 72)
    package static let topicDeletionDisabled = KafkaErrorCode(rawValue: 73)
    package static let fencedLeaderEpoch = KafkaErrorCode(rawValue: 74)
    package static let unknownLeaderEpoch = KafkaErrorCode(rawValue: 75)
    package static let unsupportedCompressionType = KafkaErrorCode(rawValue: 76)
    package static let staleBrokerEpoch = KafkaErrorCode(rawValue: 77)
    package static let offsetNotAvailable = KafkaErrorCode(rawValue: 78)
    package static let memberIdRequired = KafkaErrorCode(rawValue: 79)
    package static let preferredLeaderNotAvailable = KafkaErrorCode(rawValue: 80)
    package static let groupMaxSizeReached = KafkaErrorCode(rawValue: 81)
    package static let fencedInstanceId = KafkaErrorCode(rawValue: 82)
    package static let eligibleLeadersNotAvailable = KafkaErrorCode(rawValue: 83)
    package static let electionNotNeeded = KafkaErrorCode(rawValue: 84)
    package static let noReassignmentInProgress = KafkaErrorCode(rawValue: 85)
    package static let groupSubscribedToTopic = KafkaErrorCode(rawValue: 86)
    package static let invalidRecord = KafkaErrorCode(rawValue: 87)
    package static let unstableOffsetCommit = KafkaErrorCode(rawValue: 88)
    package static let throttlingQuotaExceeded = KafkaErrorCode(rawValue: 89)
    package static let producerFenced = KafkaErrorCode(rawValue: 90)
    package static let resourceNotFound = KafkaErrorCode(rawValue: 91)
    package static let duplicateResource = KafkaErrorCode(rawValue: 92)
    package static let unacceptableCredential = KafkaErrorCode(rawValue: 93)
    package static let inconsistentVoterSet = KafkaErrorCode(rawValue: 94)
    package static let invalidUpdateVersion = KafkaErrorCode(rawValue: 95)
    package static let featureUpdateFailed = KafkaErrorCode(rawValue: 96)
    package static let principalDeserializationFailure = KafkaErrorCode(rawValue: 97)
    package static let snapshotNotFound = KafkaErrorCode(rawValue: 98)
    package static let positionOutOfRange = KafkaErrorCode(rawValue: 99)
    package static let unknownTopicId = KafkaErrorCode(rawValue: 100)
    package static let duplicateBrokerRegistration = KafkaErrorCode(rawValue: 101)
    package static let brokerIdNotRegistered = KafkaErrorCode(rawValue: 102)
    package static let inconsistentTopicId = KafkaErrorCode(rawValue: 103)
    package static let inconsistentClusterId = KafkaErrorCode(rawValue: 104)
    package static let transactionalIdNotFound = KafkaErrorCode(rawValue: 105)
    package static let fetchSessionTopicIdError = KafkaErrorCode(rawValue: 106)
    package static let ineligibleReplica = KafkaErrorCode(rawValue: 107)
    package static let newLeaderElected = KafkaErrorCode(rawValue: 108)
    package static let offsetMovedToTieredStorage = KafkaErrorCode(rawValue: 109)
    package static let fencedMemberEpoch = KafkaErrorCode(rawValue: 110)
    package static let unreleasedInstanceId = KafkaErrorCode(rawValue: 111)
    package static let unsupportedAssignor = KafkaErrorCode(rawValue: 112)
    package static let staleMemberEpoch = KafkaErrorCode(rawValue: 113)
    package static let mismatchedEndpointType = KafkaErrorCode(rawValue: 114)
    package static let unsupportedEndpointType = KafkaErrorCode(rawValue: 115)
    package static let unknownControllerId = KafkaErrorCode(rawValue: 116)
    package static let unknownSubscriptionId = KafkaErrorCode(rawValue: 117)
    package static let telemetryTooLarge = KafkaErrorCode(rawValue: 118)
    package static let invalidRegistration = KafkaErrorCode(rawValue: 119)
    package static let transactionAbortable = KafkaErrorCode(rawValue: 120)
    package static let invalidRecordState = KafkaErrorCode(rawValue: 121)
    package static let shareSessionNotFound = KafkaErrorCode(rawValue: 122)
    package static let invalidShareSessionEpoch = KafkaErrorCode(rawValue: 123)
    package static let fencedStateEpoch = KafkaErrorCode(rawValue: 124)
    package static let invalidVoterKey = KafkaErrorCode(rawValue: 125)
    package static let duplicateVoter = KafkaErrorCode(rawValue: 126)
    package static let voterNotFound = KafkaErrorCode(rawValue: 127)
    package static let invalidRegularExpression = KafkaErrorCode(rawValue: 128)
    package static let rebootstrapRequired = KafkaErrorCode(rawValue: 129)
    package static let streamsInvalidTopology = KafkaErrorCode(rawValue: 130)
    package static let streamsInvalidTopologyEpoch = KafkaErrorCode(rawValue: 131)
    package static let streamsTopologyFenced = KafkaErrorCode(rawValue: 132)
    package static let shareSessionLimitReached = KafkaErrorCode(rawValue: 133)
    package static let groupDeletionFailed = KafkaErrorCode(rawValue: 134)
    package static let streamsTopologyDescriptionUpdateFailed = KafkaErrorCode(rawValue: 135)
    package static let controllerIdNotRegistered = KafkaErrorCode(rawValue: 136)

    /// Every code in the table, in order.
    package static let allKnown: [KafkaErrorCode] = table.keys.sorted().map { KafkaErrorCode(rawValue: $0) }

    static let table: [Int16: Entry] = [
        -1: Entry("UNKNOWN_SERVER_ERROR", "the broker failed in a way that it does not explain; its log does"),
        0: Entry("NONE", "no error"),
        1: Entry("OFFSET_OUT_OF_RANGE", "the offset is outside the partition's log"),
        2: Entry("CORRUPT_MESSAGE", "a record batch does not match its checksum", retriable: true),
        3: Entry(
            "UNKNOWN_TOPIC_OR_PARTITION", "the broker does not know the topic or partition", retriable: true,
            refresh: .metadata),
        4: Entry("INVALID_FETCH_SIZE", "the fetch size is not valid"),
        5: Entry("LEADER_NOT_AVAILABLE", "the partition has no leader right now", retriable: true, refresh: .metadata),
        6: Entry(
            "NOT_LEADER_OR_FOLLOWER", "the broker does not lead or follow the partition", retriable: true,
            refresh: .metadata),
        7: Entry("REQUEST_TIMED_OUT", "the broker gave up waiting", retriable: true),
        8: Entry("BROKER_NOT_AVAILABLE", "the broker is not available"),
        9: Entry(
            "REPLICA_NOT_AVAILABLE", "the broker has no usable replica of the partition", retriable: true,
            refresh: .metadata),
        10: Entry("MESSAGE_TOO_LARGE", "the record batch is larger than the broker takes"),
        11: Entry("STALE_CONTROLLER_EPOCH", "another controller has been elected since"),
        12: Entry("OFFSET_METADATA_TOO_LARGE", "the metadata of the offset commit is too long"),
        13: Entry(
            "NETWORK_EXCEPTION", "the connection was lost before the answer came", retriable: true, refresh: .metadata),
        14: Entry("COORDINATOR_LOAD_IN_PROGRESS", "the coordinator is still loading its state", retriable: true),
        15: Entry(
            "COORDINATOR_NOT_AVAILABLE", "the coordinator is not available", retriable: true, refresh: .coordinator),
        16: Entry("NOT_COORDINATOR", "the broker is not the coordinator", retriable: true, refresh: .coordinator),
        17: Entry("INVALID_TOPIC_EXCEPTION", "the topic's name is not legal or the topic is internal"),
        18: Entry("RECORD_LIST_TOO_LARGE", "the batch of records is larger than a segment"),
        19: Entry("NOT_ENOUGH_REPLICAS", "fewer replicas are in sync than min.insync.replicas", retriable: true),
        20: Entry(
            "NOT_ENOUGH_REPLICAS_AFTER_APPEND", "fewer replicas were in sync after the append than min.insync.replicas",
            retriable: true),
        21: Entry("INVALID_REQUIRED_ACKS", "the value of acks is not valid"),
        22: Entry("ILLEGAL_GENERATION", "the group has moved on to another generation"),
        23: Entry("INCONSISTENT_GROUP_PROTOCOL", "the member's protocols do not fit the group's"),
        24: Entry("INVALID_GROUP_ID", "the group id is not valid"),
        25: Entry("UNKNOWN_MEMBER_ID", "the group does not know the member"),
        26: Entry("INVALID_SESSION_TIMEOUT", "the session timeout is outside the broker's limits"),
        27: Entry("REBALANCE_IN_PROGRESS", "the group is rebalancing"),
        28: Entry("INVALID_COMMIT_OFFSET_SIZE", "the offset commit is too large"),
        29: Entry("TOPIC_AUTHORIZATION_FAILED", "no permission on the topic"),
        30: Entry("GROUP_AUTHORIZATION_FAILED", "no permission on the group"),
        31: Entry("CLUSTER_AUTHORIZATION_FAILED", "no permission on the cluster"),
        32: Entry("INVALID_TIMESTAMP", "the record's timestamp is out of range"),
        33: Entry("UNSUPPORTED_SASL_MECHANISM", "the broker does not offer the SASL mechanism"),
        34: Entry("ILLEGAL_SASL_STATE", "the SASL request does not fit the state of the connection"),
        35: Entry("UNSUPPORTED_VERSION", "the broker does not support the version of the request"),
        36: Entry("TOPIC_ALREADY_EXISTS", "the topic exists already"),
        37: Entry("INVALID_PARTITIONS", "the number of partitions is not valid"),
        38: Entry("INVALID_REPLICATION_FACTOR", "the replication factor is not valid or not enough brokers are there"),
        39: Entry("INVALID_REPLICA_ASSIGNMENT", "the assignment of replicas is not valid"),
        40: Entry("INVALID_CONFIG", "the configuration is not valid"),
        41: Entry("NOT_CONTROLLER", "the broker is not the active controller", retriable: true, refresh: .controller),
        42: Entry("INVALID_REQUEST", "the request is malformed or contradicts itself"),
        43: Entry("UNSUPPORTED_FOR_MESSAGE_FORMAT", "the broker's message format does not support it"),
        44: Entry("POLICY_VIOLATION", "a policy of the cluster forbids it"),
        45: Entry("OUT_OF_ORDER_SEQUENCE_NUMBER", "a sequence number came out of order"),
        46: Entry("DUPLICATE_SEQUENCE_NUMBER", "a sequence number came twice"),
        47: Entry("INVALID_PRODUCER_EPOCH", "the producer's epoch is old"),
        48: Entry("INVALID_TXN_STATE", "the transaction is in a state that does not allow it"),
        49: Entry("INVALID_PRODUCER_ID_MAPPING", "the producer id does not belong to the transactional id"),
        50: Entry("INVALID_TRANSACTION_TIMEOUT", "the transaction timeout is above the broker's limit"),
        51: Entry("CONCURRENT_TRANSACTIONS", "another change of the transaction is under way", retriable: true),
        52: Entry("TRANSACTION_COORDINATOR_FENCED", "the transaction coordinator has been replaced"),
        53: Entry("TRANSACTIONAL_ID_AUTHORIZATION_FAILED", "no permission on the transactional id"),
        54: Entry("SECURITY_DISABLED", "the cluster has no authorizer"),
        55: Entry("OPERATION_NOT_ATTEMPTED", "not attempted, because another part of the request failed"),
        56: Entry(
            "KAFKA_STORAGE_ERROR", "the broker cannot read or write its disk", retriable: true, refresh: .metadata),
        57: Entry("LOG_DIR_NOT_FOUND", "the log directory is not one of the broker's"),
        58: Entry("SASL_AUTHENTICATION_FAILED", "authentication failed"),
        59: Entry("UNKNOWN_PRODUCER_ID", "the broker has no state of the producer"),
        60: Entry("REASSIGNMENT_IN_PROGRESS", "a reassignment of the partition is under way"),
        61: Entry("DELEGATION_TOKEN_AUTH_DISABLED", "delegation tokens are not enabled"),
        62: Entry("DELEGATION_TOKEN_NOT_FOUND", "the delegation token does not exist"),
        63: Entry("DELEGATION_TOKEN_OWNER_MISMATCH", "the delegation token belongs to someone else"),
        64: Entry(
            "DELEGATION_TOKEN_REQUEST_NOT_ALLOWED", "delegation tokens cannot be asked for on this kind of connection"),
        65: Entry("DELEGATION_TOKEN_AUTHORIZATION_FAILED", "no permission on the delegation token"),
        66: Entry("DELEGATION_TOKEN_EXPIRED", "the delegation token has expired"),
        67: Entry("INVALID_PRINCIPAL_TYPE", "the type of principal is not supported"),
        68: Entry("NON_EMPTY_GROUP", "the group still has members"),
        69: Entry("GROUP_ID_NOT_FOUND", "the group does not exist"),
        70: Entry("FETCH_SESSION_ID_NOT_FOUND", "the broker does not know the fetch session", retriable: true),
        71: Entry("INVALID_FETCH_SESSION_EPOCH", "the fetch session has another epoch", retriable: true),
        72: Entry(
            "LISTENER_NOT_FOUND", "the leader has no listener of the name that the client came in by", retriable: true,
            refresh: .metadata),
        73: Entry("TOPIC_DELETION_DISABLED", "deleting topics is disabled"),
        74: Entry("FENCED_LEADER_EPOCH", "the leader epoch in the request is old", retriable: true, refresh: .metadata),
        75: Entry(
            "UNKNOWN_LEADER_EPOCH", "the leader epoch in the request is newer than the broker's", retriable: true),
        76: Entry("UNSUPPORTED_COMPRESSION_TYPE", "the broker does not support the compression"),
        77: Entry("STALE_BROKER_EPOCH", "the broker has registered anew since"),
        78: Entry("OFFSET_NOT_AVAILABLE", "the leader cannot tell the offset yet", retriable: true),
        79: Entry("MEMBER_ID_REQUIRED", "the member has to join again with the id that it was given"),
        80: Entry(
            "PREFERRED_LEADER_NOT_AVAILABLE", "the preferred leader is not available", retriable: true,
            refresh: .metadata),
        81: Entry("GROUP_MAX_SIZE_REACHED", "the group is full"),
        82: Entry("FENCED_INSTANCE_ID", "another member uses the same instance id"),
        83: Entry(
            "ELIGIBLE_LEADERS_NOT_AVAILABLE", "no replica is fit to become leader", retriable: true, refresh: .metadata),
        84: Entry("ELECTION_NOT_NEEDED", "the wanted leader leads already", retriable: true, refresh: .metadata),
        85: Entry("NO_REASSIGNMENT_IN_PROGRESS", "no reassignment is under way"),
        86: Entry("GROUP_SUBSCRIBED_TO_TOPIC", "the group is subscribed to the topic"),
        87: Entry("INVALID_RECORD", "the broker refused a record"),
        88: Entry("UNSTABLE_OFFSET_COMMIT", "transactions are still open at these offsets", retriable: true),
        89: Entry("THROTTLING_QUOTA_EXCEEDED", "the quota for changes to the cluster is used up", retriable: true),
        90: Entry("PRODUCER_FENCED", "a newer producer has taken over"),
        91: Entry("RESOURCE_NOT_FOUND", "the resource does not exist"),
        92: Entry("DUPLICATE_RESOURCE", "the resource exists already or is named twice"),
        93: Entry("UNACCEPTABLE_CREDENTIAL", "the credential is not acceptable"),
        94: Entry("INCONSISTENT_VOTER_SET", "the voters on both sides differ"),
        95: Entry("INVALID_UPDATE_VERSION", "the version of the partition's state is old"),
        96: Entry("FEATURE_UPDATE_FAILED", "the feature cannot be brought to that level"),
        97: Entry("PRINCIPAL_DESERIALIZATION_FAILURE", "the principal could not be read"),
        98: Entry("SNAPSHOT_NOT_FOUND", "the snapshot does not exist"),
        99: Entry("POSITION_OUT_OF_RANGE", "the position is outside the snapshot"),
        100: Entry("UNKNOWN_TOPIC_ID", "the broker does not know the topic id", retriable: true, refresh: .metadata),
        101: Entry("DUPLICATE_BROKER_REGISTRATION", "the broker id is registered already"),
        102: Entry("BROKER_ID_NOT_REGISTERED", "the broker id is not registered"),
        103: Entry(
            "INCONSISTENT_TOPIC_ID", "the topic id in the request is not the log's", retriable: true, refresh: .metadata
        ),
        104: Entry("INCONSISTENT_CLUSTER_ID", "the cluster has another id"),
        105: Entry("TRANSACTIONAL_ID_NOT_FOUND", "the transactional id does not exist"),
        106: Entry("FETCH_SESSION_TOPIC_ID_ERROR", "the fetch session mixes topic ids and names", retriable: true),
        107: Entry("INELIGIBLE_REPLICA", "the replica may not join the in-sync set"),
        108: Entry("NEW_LEADER_ELECTED", "another leader has been elected"),
        109: Entry("OFFSET_MOVED_TO_TIERED_STORAGE", "the offset has moved to tiered storage"),
        110: Entry("FENCED_MEMBER_EPOCH", "the member's epoch is old"),
        111: Entry("UNRELEASED_INSTANCE_ID", "the instance id is still in use"),
        112: Entry("UNSUPPORTED_ASSIGNOR", "the assignor is not supported"),
        113: Entry("STALE_MEMBER_EPOCH", "the member has to take its newer epoch first"),
        114: Entry("MISMATCHED_ENDPOINT_TYPE", "the endpoint is of another type (broker or controller)"),
        115: Entry("UNSUPPORTED_ENDPOINT_TYPE", "the type of endpoint is not supported"),
        116: Entry("UNKNOWN_CONTROLLER_ID", "the controller id is not known"),
        117: Entry("UNKNOWN_SUBSCRIPTION_ID", "the telemetry subscription is not known"),
        118: Entry("TELEMETRY_TOO_LARGE", "the telemetry is too large"),
        119: Entry("INVALID_REGISTRATION", "the controller refused the registration"),
        120: Entry("TRANSACTION_ABORTABLE", "the transaction has to be aborted"),
        121: Entry("INVALID_RECORD_STATE", "the record is not in the state that the acknowledgement needs"),
        122: Entry("SHARE_SESSION_NOT_FOUND", "the broker does not know the share session", retriable: true),
        123: Entry("INVALID_SHARE_SESSION_EPOCH", "the share session has another epoch", retriable: true),
        124: Entry("FENCED_STATE_EPOCH", "the state epoch of the share group is old"),
        125: Entry("INVALID_VOTER_KEY", "the voter's key does not match"),
        126: Entry("DUPLICATE_VOTER", "the voter is in the set already"),
        127: Entry("VOTER_NOT_FOUND", "the voter is not in the set"),
        128: Entry("INVALID_REGULAR_EXPRESSION", "the regular expression is not valid"),
        129: Entry("REBOOTSTRAP_REQUIRED", "the client has to start again from its bootstrap servers"),
        130: Entry("STREAMS_INVALID_TOPOLOGY", "the streams topology is not valid"),
        131: Entry("STREAMS_INVALID_TOPOLOGY_EPOCH", "the epoch of the streams topology is not valid"),
        132: Entry("STREAMS_TOPOLOGY_FENCED", "the epoch of the streams topology is old"),
        133: Entry("SHARE_SESSION_LIMIT_REACHED", "the broker has no room for another share session", retriable: true),
        134: Entry("GROUP_DELETION_FAILED", "the group could not be deleted (from 4.4)"),
        135: Entry(
            "STREAMS_TOPOLOGY_DESCRIPTION_UPDATE_FAILED",
            "the streams topology description could not be stored (from 4.4)"),
        136: Entry("CONTROLLER_ID_NOT_REGISTERED", "the controller id is not registered (from 4.4)"),
    ]
}
