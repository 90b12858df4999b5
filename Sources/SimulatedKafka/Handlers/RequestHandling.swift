import KafkaWire

/// What becomes of a request.
package enum SimulatedOutcome: Sendable, Equatable {
    /// The whole frame of the answer, with its length.
    case answer([UInt8])
    /// The same, and then the broker closes the connection: a login that failed.
    case farewell([UInt8])
    /// It is done, and the client did not want to hear of it (`acks` 0).
    case silence
    /// Nothing yet: the node hangs, or waits for a controller, for records, for the other members of a group. Ask again with
    /// the same request after the signal `resumed` or `askAgain`; until then nothing behind it on its connection is
    /// answered either.
    case hold
    /// The broker closes the connection, as Kafka does with what it does not understand.
    case close
}

/// Where a request came in, in which version, and how long it has waited.
struct Call {
    let node: Int32
    let listener: SimulatedListener
    let version: Int16
    let release: SimulatedRelease
    /// What the client calls itself.
    var clientID = ""
    /// How long the request has been held already; zero when it is new.
    var waited: Duration = .zero
}

extension ClusterModel {
    /// How long a broker waits for a controller to hand a request to, before it answers REQUEST_TIMED_OUT.
    static let controllerPatience: Duration = .seconds(60)

    /// Answers one request: the payload of a frame, without its length, on a connection to a listener of a node.
    ///
    /// - Parameters:
    ///   - waited: how long the request has been held already.
    ///   - session: what the node knows of the connection; kept by the transport from one request to the next.
    package mutating func handle(
        _ payload: [UInt8], on node: Int32, listener: SimulatedListener, waited: Duration = .zero,
        session: inout ClientSession
    ) -> SimulatedOutcome {
        self.session = session
        let outcome = answer(payload, on: node, listener: listener, waited: waited)
        if outcome != .hold { self.session.heldMember = nil }
        session = self.session
        if session.isEnding, case .answer(let frame) = outcome { return .farewell(frame) }
        return outcome
    }

    /// The same on a connection of its own.
    package mutating func handle(
        _ payload: [UInt8], on node: Int32, listener: SimulatedListener, waited: Duration = .zero
    ) -> SimulatedOutcome {
        var session = ClientSession()
        return handle(payload, on: node, listener: listener, waited: waited, session: &session)
    }

    private mutating func answer(
        _ payload: [UInt8], on node: Int32, listener: SimulatedListener, waited: Duration
    ) -> SimulatedOutcome {
        guard let state = nodes[node], state.isAlive else { return .close }
        if state.isFrozen || (state.isDeaf && listener.isOfBrokers) { return .hold }
        if awaitsBareToken { return bareToken(payload) }
        guard let header = try? RequestFrame.header(of: payload) else { return .close }
        let release = state.release
        let call = Call(
            node: node, listener: listener, version: header.version, release: release,
            clientID: header.clientId ?? "", waited: waited)
        keepHistory()
        switch admission(of: header.apiKey, call) {
        case .answer: break
        case .close: return .close
        case .refuse: return refuseDuringLogin(payload, header, call)
        }
        if header.apiKey == .apiVersions { return answerApiVersions(payload, header, call) }
        cause = "client \(call.clientID)"
        defer { cause = nil }
        guard let range = advertisedRange(of: header.apiKey, call), range.contains(header.version) else {
            return .close
        }
        if needsController(header.apiKey, call), activeController == nil {
            if waited >= Self.controllerPatience { return answerTimedOut(payload, header, call) }
            if waited == .zero { queue.add(.askAgain, at: now + Self.controllerPatience) }
            return .hold
        }
        return dispatch(payload, header, call)
    }

    /// A broker hands these on; a controller that is not the active one refuses them itself.
    private func needsController(_ key: APIKey, _ call: Call) -> Bool {
        call.listener.isOfBrokers && APITable.forwarded.contains(key)
    }

    private mutating func dispatch(_ payload: [UInt8], _ header: RequestFrame.Header, _ call: Call) -> SimulatedOutcome
    {
        switch header.apiKey {
        case .metadata: respond(payload, header, call) { $0.metadata($1, $2) }
        case .describeCluster: respond(payload, header, call) { $0.describeCluster($1, $2) }
        case .describeTopicPartitions: respond(payload, header, call) { $0.describeTopicPartitions($1, $2) }
        case .describeQuorum: respond(payload, header, call) { $0.describeQuorum($1, $2) }
        case .describeConfigs: respond(payload, header, call) { $0.describeConfigs($1, $2) }
        case .describeLogDirs: respond(payload, header, call) { $0.describeLogDirs($1, $2) }
        case .incrementalAlterConfigs: respond(payload, header, call) { $0.incrementalAlterConfigs($1, $2) }
        case .createTopics: respond(payload, header, call, within: \.timeoutMs) { $0.createTopics($1, $2) }
        case .deleteTopics: respond(payload, header, call, within: \.timeoutMs) { $0.deleteTopics($1, $2) }
        case .electLeaders: respond(payload, header, call, within: \.timeoutMs) { $0.electLeaders($1, $2) }
        case .alterPartitionReassignments:
            respond(payload, header, call, within: \.timeoutMs) { $0.alterPartitionReassignments($1, $2) }
        case .listPartitionReassignments:
            respond(payload, header, call, within: \.timeoutMs) { $0.listPartitionReassignments($1, $2) }
        case .updateFeatures: respond(payload, header, call, within: \.timeoutMs) { $0.updateFeatures($1, $2) }
        default: dispatchRecords(payload, header, call)
        }
    }

    /// What a broker says of a request that it could not hand to a controller in time.
    private mutating func answerTimedOut(
        _ payload: [UInt8], _ header: RequestFrame.Header, _ call: Call
    ) -> SimulatedOutcome {
        let code = KafkaErrorCode.requestTimedOut
        return switch header.apiKey {
        case .describeQuorum:
            respond(payload, header, call) { (_, _: DescribeQuorumRequest, _) in
                DescribeQuorumResponse(errorCode: code, errorMessage: nil)
            }
        case .listPartitionReassignments:
            respond(payload, header, call) { (_, _: ListPartitionReassignmentsRequest, _) in
                ListPartitionReassignmentsResponse(errorCode: code, errorMessage: nil)
            }
        case .alterPartitionReassignments:
            respond(payload, header, call) { (_, _: AlterPartitionReassignmentsRequest, _) in
                AlterPartitionReassignmentsResponse(errorCode: code, errorMessage: nil)
            }
        case .electLeaders:
            respond(payload, header, call) { (_, _: ElectLeadersRequest, _) in ElectLeadersResponse(errorCode: code) }
        case .updateFeatures:
            respond(payload, header, call) { (_, _: UpdateFeaturesRequest, _) in
                UpdateFeaturesResponse(errorCode: code, errorMessage: nil)
            }
        case .createTopics:
            respond(payload, header, call) { (_, request: CreateTopicsRequest, _) in
                CreateTopicsResponse(
                    topics: request.topics.map { .init(name: $0.name, errorCode: code, errorMessage: nil) })
            }
        case .deleteTopics:
            respond(payload, header, call) { (_, request: DeleteTopicsRequest, _) in
                DeleteTopicsResponse(
                    responses: request.topics.map { .init(name: $0.name, topicId: $0.topicId, errorCode: code) }
                        + request.topicNames.map { .init(name: $0, errorCode: code) })
            }
        case .incrementalAlterConfigs:
            respond(payload, header, call) { (_, request: IncrementalAlterConfigsRequest, _) in
                IncrementalAlterConfigsResponse(
                    responses: request.resources.map {
                        .init(
                            errorCode: code, errorMessage: nil, resourceType: $0.resourceType,
                            resourceName: $0.resourceName)
                    })
            }
        default: .close
        }
    }

    mutating func refuse(_ key: APIKey, _ call: Call) -> SimulatedOutcome {
        record(.notSimulated(api: key.name), on: call.node)
        return .close
    }

    /// Reads, answers, writes. What cannot be read or written closes the connection. Bytes after the request are left
    /// alone, as Kafka leaves them.
    ///
    /// - Parameter limit: where the request says how long the controller may take; it never gets anything done in no time.
    mutating func respond<Request: KafkaRequest>(
        _ payload: [UInt8], _ header: RequestFrame.Header, _ call: Call, within limit: KeyPath<Request, Int32>? = nil,
        _ answer: (inout ClusterModel, Request, Call) -> Request.Response
    ) -> SimulatedOutcome {
        guard let read = try? Request.decode(payload, from: header.bodyOffset, version: header.version) else {
            return .close
        }
        if let limit, read.message[keyPath: limit] <= 0 { return answerTimedOut(payload, header, call) }
        let response = answer(&self, read.message, call)
        return encode(response, header, correlationID: liedCorrelationID(header.correlationId, call))
    }

    /// As `respond`, for what may have to wait: nil holds the request.
    mutating func respondInTime<Request: KafkaRequest>(
        _ payload: [UInt8], _ header: RequestFrame.Header, _ call: Call,
        _ answer: (inout ClusterModel, Request, Call) -> Request.Response?
    ) -> SimulatedOutcome {
        guard let read = try? Request.decode(payload, from: header.bodyOffset, version: header.version) else {
            return .close
        }
        guard let response = answer(&self, read.message, call) else { return .hold }
        return encode(response, header, correlationID: liedCorrelationID(header.correlationId, call))
    }

    func encode(
        _ response: some KafkaResponse, _ header: RequestFrame.Header, correlationID: Int32
    ) -> SimulatedOutcome {
        guard
            let frame = try? ResponseFrame.encode(response, version: header.version, correlationId: correlationID)
        else { return .close }
        return .answer(frame)
    }

    // MARK: Lies

    private mutating func takeLie(_ lie: ScriptedFault.Lie, _ node: Int32) -> Bool {
        guard let index = nodes[node]?.lies.firstIndex(of: lie) else { return false }
        nodes[node]?.lies.remove(at: index)
        record(.lied(lie), on: node)
        return true
    }

    private mutating func liedCorrelationID(_ id: Int32, _ call: Call) -> Int32 {
        takeLie(.correlationID, call.node) ? id ^ 0x5A5A_5A5A : id
    }

    /// The cluster's id; once, when the node has been told to lie, that of another.
    mutating func answeredClusterID(_ call: Call) -> String {
        takeLie(.clusterID, call.node) ? Self.foreignClusterID : configuration.clusterID
    }

    private static let foreignClusterID = "bm90LXRoZS1zYW1lLW9uZQ"

    /// The metadata that a broker answers from; once, when it has been told to lie, one in which all is well.
    mutating func answeringView(_ call: Call) -> MetadataImage {
        let view = view(of: call.node)
        return takeLie(.healthyView, call.node) ? view.healthy() : view
    }
}

/// What a principal may do when there is no authorizer, as bits of operation codes.
enum AuthorizedOperations {
    static let cluster: Int32 = bits(5, 7, 8, 9, 10, 11, 12)
    static let topic: Int32 = bits(3, 4, 5, 6, 7, 8, 10, 11)
    static let group: Int32 = bits(3, 6, 8, 10, 11)
    static let oldGroup: Int32 = bits(3, 6, 8)

    private static func bits(_ operations: Int...) -> Int32 { operations.reduce(0) { $0 | 1 << Int32($1) } }
}
