import KafkaWire

/// What may be sent again, and after which answers the route was wrong.
enum RetryRule {
    /// Whether another attempt may help and can do no harm. The codes say whether a request was sent: a write that was has
    /// `unknownOutcome`, and is never repeated.
    static func isRetriable(_ error: KafkaError, kind: RequestKind) -> Bool {
        switch error.code {
        case .unreachable, .timedOut: true
        case .server(let code):
            // Said of Metadata alone, which routing asks before anything is sent.
            isMisrouted(code, atController: true) || code == .rebootstrapRequired || (kind == .read && code.isRetriable)
        default: false
        }
    }

    /// Whether the answer says that somebody else should have been asked. Controllers also say NOT_LEADER_OR_FOLLOWER
    /// (KAFKA-18230).
    static func isMisrouted(_ code: KafkaErrorCode, atController: Bool) -> Bool {
        code == .notController || (atController && code == .notLeaderOrFollower)
    }
}

extension KafkaError {
    /// Nothing was tried, because the deadline had come.
    static func outOfTime(to what: String, address: BrokerAddress? = nil) -> KafkaError {
        KafkaError(.timedOut, outOfTimePrefix + what, address: address?.description)
    }

    private static let outOfTimePrefix = "There was no time left to "

    var isOutOfTime: Bool { code == .timedOut && message.hasPrefix(Self.outOfTimePrefix) }
}

/// An answer that can say "ask the controller", or "not now".
///
/// `routingCodes`: the code of the whole, if there is one, else those of the items. The request is repeated elsewhere only
/// when all of them say so: nothing was done then.
protocol RoutedResponse {
    var routingCodes: [KafkaErrorCode] { get }
}

extension RoutedResponse {
    /// The code that sends the request on its way again: to somebody else, or, for a read, to anybody after a while.
    ///
    /// That a topic is not there is no matter of time here: whoever has just made it asks again.
    func codeToFollow(kind: RequestKind, atController: Bool) -> KafkaErrorCode? {
        if let code = misroutedCode(atController: atController) { return code }
        let codes = routingCodes
        guard kind == .read, let first = codes.first,
            codes.allSatisfy({ $0.isRetriable && $0 != .unknownTopicOrPartition && $0 != .throttlingQuotaExceeded })
        else { return nil }
        return first
    }

    func misroutedCode(atController: Bool) -> KafkaErrorCode? {
        let codes = routingCodes
        guard let first = codes.first,
            codes.allSatisfy({ RetryRule.isMisrouted($0, atController: atController) })
        else { return nil }
        return first
    }
}

extension CreateTopicsResponse: RoutedResponse {
    var routingCodes: [KafkaErrorCode] { topics.map(\.errorCode) }
}

extension DeleteTopicsResponse: RoutedResponse {
    var routingCodes: [KafkaErrorCode] { responses.map(\.errorCode) }
}

extension IncrementalAlterConfigsResponse: RoutedResponse {
    var routingCodes: [KafkaErrorCode] { responses.map(\.errorCode) }
}

extension ElectLeadersResponse: RoutedResponse {
    var routingCodes: [KafkaErrorCode] { [errorCode] }
}

extension AlterPartitionReassignmentsResponse: RoutedResponse {
    var routingCodes: [KafkaErrorCode] { [errorCode] }
}

extension ListPartitionReassignmentsResponse: RoutedResponse {
    var routingCodes: [KafkaErrorCode] { [errorCode] }
}

extension UpdateFeaturesResponse: RoutedResponse {
    var routingCodes: [KafkaErrorCode] { [errorCode] }
}

extension DescribeClusterResponse: RoutedResponse {
    var routingCodes: [KafkaErrorCode] { [errorCode] }
}

extension DescribeQuorumResponse: RoutedResponse {
    var routingCodes: [KafkaErrorCode] {
        errorCode.isError ? [errorCode] : topics.flatMap { $0.partitions.map(\.errorCode) }
    }
}

extension CreatePartitionsResponse: RoutedResponse {
    var routingCodes: [KafkaErrorCode] { results.map(\.errorCode) }
}

extension AlterUserScramCredentialsResponse: RoutedResponse {
    var routingCodes: [KafkaErrorCode] { results.map(\.errorCode) }
}

extension AlterClientQuotasResponse: RoutedResponse {
    var routingCodes: [KafkaErrorCode] { entries.map(\.errorCode) }
}

extension CreateAclsResponse: RoutedResponse {
    var routingCodes: [KafkaErrorCode] { results.map(\.errorCode) }
}

extension DeleteAclsResponse: RoutedResponse {
    var routingCodes: [KafkaErrorCode] { filterResults.map(\.errorCode) }
}

extension UnregisterBrokerResponse: RoutedResponse {
    var routingCodes: [KafkaErrorCode] { [errorCode] }
}

extension AddRaftVoterResponse: RoutedResponse {
    var routingCodes: [KafkaErrorCode] { [errorCode] }
}

extension RemoveRaftVoterResponse: RoutedResponse {
    var routingCodes: [KafkaErrorCode] { [errorCode] }
}

extension DescribeLogDirsResponse: RoutedResponse {
    var routingCodes: [KafkaErrorCode] { [errorCode] }
}

extension DescribeAclsResponse: RoutedResponse {
    var routingCodes: [KafkaErrorCode] { [errorCode] }
}

extension DescribeClientQuotasResponse: RoutedResponse {
    var routingCodes: [KafkaErrorCode] { [errorCode] }
}

extension DescribeUserScramCredentialsResponse: RoutedResponse {
    var routingCodes: [KafkaErrorCode] { [errorCode] }
}

extension DescribeDelegationTokenResponse: RoutedResponse {
    var routingCodes: [KafkaErrorCode] { [errorCode] }
}

extension CreateDelegationTokenResponse: RoutedResponse {
    var routingCodes: [KafkaErrorCode] { [errorCode] }
}

extension RenewDelegationTokenResponse: RoutedResponse {
    var routingCodes: [KafkaErrorCode] { [errorCode] }
}

extension ExpireDelegationTokenResponse: RoutedResponse {
    var routingCodes: [KafkaErrorCode] { [errorCode] }
}

extension ListConfigResourcesResponse: RoutedResponse {
    var routingCodes: [KafkaErrorCode] { [errorCode] }
}
