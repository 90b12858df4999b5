import KafkaWire

// What a broker's refusal of a write proves.
//
// COORDINATOR_LOAD_IN_PROGRESS, NOT_ENOUGH_REPLICAS, LEADER_NOT_AVAILABLE and THROTTLING_QUOTA_EXCEEDED are said before
// anything is written. The codes below are also said of what has been appended already: a controller that resigns fails what
// it has not committed yet with NOT_CONTROLLER (QuorumController.renounce), a coordinator that is unloaded does so with
// NOT_COORDINATOR and turns NOT_ENOUGH_REPLICAS_AFTER_APPEND into COORDINATOR_NOT_AVAILABLE (CoordinatorRuntime), a leader
// answers NOT_LEADER_OR_FOLLOWER to what it did and could not replicate. The records may be committed all the same.

extension KafkaErrorCode {
    /// Whether a write that is refused by this code may have been done, or may still be.
    var leavesDoubt: Bool {
        switch self {
        case .requestTimedOut, .networkException, .notController, .notCoordinator, .coordinatorNotAvailable,
            .notLeaderOrFollower, .notEnoughReplicasAfterAppend, .kafkaStorageError:
            true
        default: false
        }
    }
}

extension KafkaError {
    /// The failure of a write that was sent again after an answer that left it open whether it was done: "there already" may
    /// be its own doing, and of any other failure it is not known what the first attempt did.
    func doubted(because doubt: KafkaErrorCode?, _ api: APIKey) -> KafkaError {
        guard let doubt, code != .unknownOutcome else { return self }
        return KafkaError(
            .unknownOutcome,
            "\(api) was answered with \(doubt.name), which does not rule out that it was done",
            nextAction: "Look at the cluster before sending it again.", api: api, address: address, node: node,
            causes: serverCode == doubt ? causes : [message] + causes)
    }
}

extension Result where Failure == KafkaError {
    /// `KafkaError.doubted` of a failure.
    func doubted(because doubt: KafkaErrorCode?, _ api: APIKey) -> Self {
        mapError { $0.doubted(because: doubt, api) }
    }
}

/// A write that makes something new each time it is sent: not sent again when the first one may have been done.
protocol SentOnce {}

extension CreateDelegationTokenRequest: SentOnce {}
