internal import KafkaWire

/// What callers are told.
extension ConnectionStateMachine {
    func notSent(_ error: KafkaError, api: APIKey) -> KafkaError {
        // A refused login is final, whoever waits for it.
        KafkaError(
            error.code == .authentication ? .authentication : .unreachable, "\(api) was not sent to \(address)",
            nextAction: error.nextAction, api: api, address: address, causes: [error.message] + error.causes)
    }

    func cancelled(_ api: APIKey, wasSent: Bool) -> KafkaError {
        wasSent
            ? KafkaError(
                .unknownOutcome, "Waiting for the answer to \(api) was cancelled: it may have been done",
                nextAction: "Look at the cluster before sending it again.", api: api, address: address)
            : KafkaError(.cancelled, "\(api) was cancelled", api: api, address: address)
    }

    func mismatch(expected: Int32, found: Int32) -> KafkaError {
        KafkaError(
            .unreachable, "\(address) answered request \(found) where \(expected) was next", address: address)
    }
}
