import KafkaWire

/// What Kafka says by default with an error, where an answer carries it (`Errors` of the Java client).
enum KafkaWords {
    static func text(_ code: KafkaErrorCode) -> String? { table[code] }

    private static let table: [KafkaErrorCode: String] = [
        .coordinatorNotAvailable: "The coordinator is not available.",
        .notCoordinator: "This is not the correct coordinator.",
        .groupAuthorizationFailed: "Group authorization failed.",
        .topicAuthorizationFailed: "Topic authorization failed.",
        .clusterAuthorizationFailed: "Cluster authorization failed.",
        .transactionalIdAuthorizationFailed:
            "The transactional id used by MirrorMaker or any other producer is not authorized.",
        .invalidRequest: malformed,
        .unknownTopicOrPartition: "This server does not host this topic-partition.",
        .invalidTopicException: "The request attempted to perform an operation on an invalid topic.",
        .notLeaderOrFollower:
            "For requests intended only for the leader, this error indicates that the broker is not the "
            + "current leader. For requests intended for any replica, this error indicates that the broker is not a replica "
            + "of the topic partition.",
        .securityDisabled: "Security features are disabled.",
        .unsupportedVersion: "The version of API is not supported.",
        .nonEmptyGroup: "The group is not empty.",
        .requestTimedOut: "The request timed out.",
        .throttlingQuotaExceeded: "The throttling quota has been exceeded.",
    ]

    /// With an error from the authorizer's own exception, which shows the request; nobody can rely on more than its end.
    static let notAuthorized = "Request is not authorized."

    /// Of a group whose members read topics that who asks may not see.
    static let hiddenTopics = "The group has described topic(s) that the client is not authorized to describe."

    static let malformed =
        "This most likely occurs because of a request being malformed by the client library or the message was "
        + "sent to an incompatible broker. See the broker logs for more details."
}
