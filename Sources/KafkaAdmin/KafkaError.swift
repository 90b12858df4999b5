package import KafkaWire

/// Why a call to Kafka did not give its answer, for the layer above to decide and for a person to read.
///
/// Equality looks at the code alone, so that a test can name the error it expects.
package struct KafkaError: Error, Sendable {
    package enum Code: Sendable, Hashable {
        /// No connection: refused, no route, unknown name, closed before an answer to a read.
        case unreachable
        /// The deadline passed before a read was answered, or before a write was sent.
        case timedOut
        /// A write was sent and no answer came: it may or may not have happened.
        case unknownOutcome
        /// The port speaks something else.
        case speaksHTTP
        case speaksTLS
        case speaksPlaintext
        case notKafka
        /// A handshake that no repetition will mend: certificates, versions.
        case tlsFailed
        /// Broker and client have no version of the API in common, or the broker lacks the API.
        case unsupportedVersion
        /// The broker answered with an error.
        case server(KafkaErrorCode)
        /// The broker answered that we may not.
        case notAuthorized(KafkaErrorCode)
        /// The listener does not let us in: wrong credentials, wrong mechanism, SASL where none is taken or none where it is
        /// wanted. Final: a second try would be refused as well, and may lock the user out.
        case authentication
        /// What came back cannot be read.
        case malformed
        /// Another cluster answered than the one this client has been talking to, or the one that is pinned.
        case wrongCluster
        /// No such node in two fresh answers of the cluster.
        case unknownNode
        /// The answer lacks the item that was asked for.
        case noResult
        /// What the call was based on is not so any more: nothing was sent.
        case outdated
        case cancelled
        /// The client's own settings cannot work.
        case configuration
    }

    package var code: Code
    /// One sentence without a final dot.
    package var message: String
    /// What to do about it.
    package var nextAction: String?
    package var api: APIKey?
    /// `host:port`, with the node id where it is known.
    package var address: String?
    /// The broker that was asked, where it is known.
    package var node: Int32?
    /// What lies behind it, outermost first.
    package var causes: [String]
    /// The host is there and nobody listens at that port. Silence, a closed connection and a missing route are not this.
    package var isRefused = false

    package init(
        _ code: Code, _ message: String, nextAction: String? = nil, api: APIKey? = nil, address: String? = nil,
        node: Int32? = nil, causes: [String] = []
    ) {
        self.code = code
        self.message = message
        self.nextAction = nextAction
        self.api = api
        self.address = address
        self.node = node
        self.causes = causes
    }

    private static let authorizationFailures: Set<KafkaErrorCode> = [
        .topicAuthorizationFailed, .groupAuthorizationFailed, .clusterAuthorizationFailed,
        .transactionalIdAuthorizationFailed, .delegationTokenAuthorizationFailed,
    ]

    /// What a broker answered; the authorization errors get a code of their own.
    ///
    /// In answer to a write, codes that do not rule out that it was done (`leavesDoubt`) make its outcome unknown.
    package static func answered(
        _ error: KafkaErrorCode, message: String? = nil, api: APIKey, about subject: String? = nil,
        kind: RequestKind = .read
    ) -> KafkaError {
        let right = MissingRight(error, api)
        // The exceptions of Kafka's authorizer print the request with all of the broker's objects around it.
        let told = message.flatMap { $0.isEmpty || $0.hasPrefix("Request Request(") ? nil : $0 }
        let detail = right?.text ?? told ?? error.meaning
        let about = subject.map { "\($0): " } ?? ""
        if kind == .write, error.leavesDoubt {
            return KafkaError(
                .unknownOutcome, "\(about)\(api) was answered with \(error.name): it may have been done", api: api)
        }
        let code: Code = authorizationFailures.contains(error) ? .notAuthorized(error) : .server(error)
        return KafkaError(
            code, "\(about)\(api) was answered with \(error.name): \(detail)", nextAction: right?.advice, api: api)
    }

    /// The broker's error code, when it answered with one.
    package var serverCode: KafkaErrorCode? {
        switch code {
        case .server(let code), .notAuthorized(let code): code
        default: nil
        }
    }

    /// There is no such topic or partition, or it may not be seen.
    package var isUnknownTopic: Bool { serverCode == .unknownTopicOrPartition || serverCode == .unknownTopicId }
}

extension KafkaError: Hashable {
    package static func == (left: KafkaError, right: KafkaError) -> Bool { left.code == right.code }
    package func hash(into hasher: inout Hasher) { hasher.combine(code) }
}

extension KafkaError: CustomStringConvertible {
    package var description: String {
        let place = address.map { " (\($0))" } ?? ""
        return ([message + place] + causes).joined(separator: ": ")
    }
}
