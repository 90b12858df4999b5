import KafkaWire

// Logins, access control entries, quotas, users, tokens, and what is left: which handler answers.

extension ClusterModel {
    mutating func dispatchSecurity(
        _ payload: [UInt8], _ header: RequestFrame.Header, _ call: Call
    ) -> SimulatedOutcome {
        switch header.apiKey {
        case .saslHandshake: handshakeOutcome(payload, header, call)
        case .saslAuthenticate: respond(payload, header, call) { $0.saslAuthenticate($1, $2) }
        case .describeAcls:
            respondIf(payload, header, call, { $0.isReadable($1) }) { $0.describeAcls($1, $2) }
        case .createAcls: respondIf(payload, header, call, { $0.isReadable($1) }) { $0.createAcls($1, $2) }
        case .deleteAcls: respondIf(payload, header, call, { $0.isReadable($1) }) { $0.deleteAcls($1, $2) }
        case .describeClientQuotas: respond(payload, header, call) { $0.describeClientQuotas($1, $2) }
        case .alterClientQuotas: respond(payload, header, call) { $0.alterClientQuotas($1, $2) }
        case .describeUserScramCredentials:
            respondIf(payload, header, call, { $0.isAnswerable($1) }) { $0.describeUserScramCredentials($1, $2) }
        case .alterUserScramCredentials: respond(payload, header, call) { $0.alterUserScramCredentials($1, $2) }
        case .createDelegationToken: respond(payload, header, call) { $0.createDelegationToken($1, $2) }
        case .renewDelegationToken: respond(payload, header, call) { $0.renewDelegationToken($1, $2) }
        case .expireDelegationToken: respond(payload, header, call) { $0.expireDelegationToken($1, $2) }
        case .describeDelegationToken: respond(payload, header, call) { $0.describeDelegationToken($1, $2) }
        default: dispatchRest(payload, header, call)
        }
    }

    private mutating func dispatchRest(
        _ payload: [UInt8], _ header: RequestFrame.Header, _ call: Call
    ) -> SimulatedOutcome {
        switch header.apiKey {
        case .createPartitions:
            respond(payload, header, call, within: \.timeoutMs) { $0.createPartitions($1, $2) }
        case .alterReplicaLogDirs: respond(payload, header, call) { $0.alterReplicaLogDirs($1, $2) }
        case .unregisterBroker: respond(payload, header, call) { $0.unregisterBroker($1, $2) }
        case .addRaftVoter: respond(payload, header, call) { $0.addRaftVoter($1, $2) }
        case .removeRaftVoter: respond(payload, header, call) { $0.removeRaftVoter($1, $2) }
        case .alterConfigs: respond(payload, header, call) { $0.alterConfigs($1, $2) }
        case .listConfigResources: respond(payload, header, call) { $0.listConfigResources($1, $2) }
        default: refuse(header.apiKey, call)
        }
    }

    /// As `respond`, for requests whose numbers Kafka looks at while it reads them.
    private mutating func respondIf<Request: KafkaRequest>(
        _ payload: [UInt8], _ header: RequestFrame.Header, _ call: Call,
        _ isReadable: (ClusterModel, Request) -> Bool,
        _ answer: (inout ClusterModel, Request, Call) -> Request.Response
    ) -> SimulatedOutcome {
        guard let read = try? Request.decode(payload, from: header.bodyOffset, version: header.version),
            isReadable(self, read.message)
        else { return .close }
        return respond(payload, header, call, answer)
    }
}
