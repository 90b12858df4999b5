package import KafkaWire

/// Asked right before a write leaves; what it throws (`outdated`) is thrown instead, and nothing is sent.
package typealias WritePermission = @Sendable () throws(KafkaError) -> Void

/// Sends one request to whoever is to answer it and gives the answer back: routing, retries, deadline and version are its
/// business, what the answer says is not.
package protocol RequestSender: Sendable {
    /// The same, which asks `permission` right before each attempt to send a write.
    func asking(_ permission: @escaping WritePermission) -> any RequestSender

    /// `within` nil: the client's default for a whole call. Throws `KafkaError`; error codes inside the answer are the caller's,
    /// but for NOT_CONTROLLER and the like at the top level, which routing follows.
    func call<Request: KafkaRequest>(
        _ request: Request, to target: RequestTarget, kind: RequestKind, within limit: Duration?
    ) async throws(KafkaError) -> Answer<Request.Response>

    /// The same, with the answer's body as it came (behind the header): for the large answers that are read flat, away from
    /// the event loop.
    func body<Request: KafkaRequest>(
        _ request: Request, to target: RequestTarget, kind: RequestKind, within limit: Duration?
    ) async throws(KafkaError) -> Answer<[UInt8]>

    /// Opens (or uses the open) connection to a broker and names it.
    func witness(of node: Int32) async throws(KafkaError) -> ConnectionWitness

    func state(of witness: ConnectionWitness) async -> WitnessState

    /// Returns when that connection has ended or the time is up.
    func waitUntilClosed(_ witness: ConnectionWitness, within limit: Duration) async -> WitnessState

    /// The nodes that are known are not of this cluster any more: the bootstrap addresses are asked again (KIP-1102).
    func startAnew() async

    /// How often a call may be tried in all, at least 1.
    var attempts: Int { get }

    /// How long a whole call may take unless it says otherwise.
    var callLimit: Duration { get }
}

extension RequestSender {
    /// What sends nothing itself has nobody to ask.
    package func asking(_ permission: @escaping WritePermission) -> any RequestSender { self }

    package func startAnew() async {}
    package var attempts: Int { .max }
}

/// An answer with who gave it and in which version.
package struct Answer<Response: Sendable>: Sendable {
    package var response: Response
    package var version: Int16
    /// -1 before the node's id is known.
    package var node: Int32
    /// A write that was sent before, to somebody whose answer does not rule out that it was done: what this answer refuses
    /// as "there already" or "gone already" may be our own doing.
    package var doubt: KafkaErrorCode?

    package init(response: Response, version: Int16, node: Int32, doubt: KafkaErrorCode? = nil) {
        self.response = response
        self.version = version
        self.node = node
        self.doubt = doubt
    }
}
