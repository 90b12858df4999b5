import EventLoop
import KafkaWire

// The listeners of the controllers (`bootstrap_controllers`).

extension ClusterRoutes {
    /// The active controller on its own listener (KIP-919). A listener that does not say who is active is tried in turn:
    /// the caller calls `forgetController` when it was the wrong one.
    func controllerListener(deadline: Duration) async throws(KafkaError) -> Route {
        guard !settings.bootstrapControllers.isEmpty else {
            throw KafkaError(
                .configuration, "No listener of a controller is given",
                nextAction: "Set bootstrap_controllers of the cluster.")
        }
        if let controllers, let address = controllers.nodes[controllers.active] {
            do throws(KafkaError) {
                let open = try await directory.connection(.address(address), at: address, deadline: deadline)
                return Route(connection: open, node: controllers.active)
            } catch {
                self.controllers = nil
                throw error
            }
        }
        var last: KafkaError?
        let count = settings.bootstrapControllers.count
        for offset in 0..<count {
            let left = deadline - time.monotonic
            guard left > .zero else { break }
            let turn = (controllerTurn + offset) % count
            let address = settings.bootstrapControllers[turn]
            let attempt = min(deadline, time.monotonic + max(left / (count - offset), min(left, .seconds(1))))
            do throws(KafkaError) {
                let open = try await directory.connection(.address(address), at: address, deadline: attempt)
                controllerTurn = turn
                guard open.table.range(of: .describeCluster) != nil else {
                    if identity.isPinned {
                        try await identity.check(open, isController: true, deadline: attempt)
                    }
                    return Route(connection: open, node: -1)
                }
                if let found = try await activeController(by: open, deadline: attempt) {
                    controllers = found
                    guard let active = found.nodes[found.active], active != address else {
                        return Route(connection: open, node: found.active)
                    }
                    let other = try await directory.connection(.address(active), at: active, deadline: attempt)
                    try await identity.check(other, isController: true, deadline: attempt)
                    return Route(connection: other, node: found.active)
                }
                last = KafkaError(
                    .unreachable, "\(address) knows no active controller", address: address.description)
            } catch {
                last = error
                if error.code == .cancelled || error.code == .wrongCluster || error.code == .authentication {
                    throw error
                }
            }
        }
        controllerTurn = (controllerTurn + 1) % count
        throw last ?? .outOfTime(to: "ask the controllers")
    }

    /// One controller on its own listener.
    func controllerNode(_ id: Int32, deadline: Duration) async throws(KafkaError) -> Route {
        let address = try await controllerAddress(of: id, deadline: deadline)
        let open = try await directory.connection(.address(address), at: address, deadline: deadline)
        try await identity.check(open, isController: true, deadline: deadline)
        return Route(connection: open, node: id)
    }

    /// Where a controller listens. Absent in two fresh answers: `unknownNode`.
    func controllerAddress(of id: Int32, deadline: Duration) async throws(KafkaError) -> BrokerAddress {
        for attempt in 0..<2 {
            if attempt > 0 || controllers == nil {
                controllers = nil
                _ = try await controllerListener(deadline: deadline)
            }
            if let address = controllers?.nodes[id] { return address }
        }
        guard let known = controllers?.nodes.keys.sorted().map(String.init).joined(separator: ", ") else {
            throw KafkaError(
                .unsupportedVersion, "These controllers do not say which of them there are",
                nextAction: "They do from Kafka 3.7 on.", api: .describeCluster)
        }
        throw KafkaError(
            .unknownNode, "The controllers do not list node \(id); they list \(known.isEmpty ? "none" : known)",
            nextAction: "Only controllers can be asked here: for brokers, set bootstrap.servers.")
    }

    /// The active controller is another one by now, or the listener asked is not it.
    func forgetController() {
        controllers = nil
        controllerTurn = (controllerTurn + 1) % max(1, settings.bootstrapControllers.count)
    }

    private func activeController(
        by open: NegotiatedConnection, deadline: Duration
    ) async throws(KafkaError) -> (nodes: [Int32: BrokerAddress], active: Int32)? {
        let request = DescribeClusterRequest(endpointType: 2)
        let response = try await open.send(request, kind: .read, deadline: deadline)
            .decoded(DescribeClusterResponse.self)
        if response.errorCode == .mismatchedEndpointType || response.errorCode == .unsupportedEndpointType {
            throw ControllerListener.isNoController(open.connection.address)
        }
        if response.errorCode.isError {
            throw KafkaError.answered(response.errorCode, message: response.errorMessage, api: .describeCluster)
        }
        try identity.accept(
            response.clusterId, at: open.connection.address,
            nextAction: "Check bootstrap_controllers and the DNS names of the controllers.")
        var nodes: [Int32: BrokerAddress] = [:]
        for node in response.brokers where nodes[node.brokerId] == nil {
            nodes[node.brokerId] = BrokerAddress(host: node.host, port: node.port)
        }
        return nodes[response.controllerId] == nil ? nil : (nodes, response.controllerId)
    }
}
