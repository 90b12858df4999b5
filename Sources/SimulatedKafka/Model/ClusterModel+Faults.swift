import Values

// What goes wrong on purpose, on time or on demand.

extension ClusterModel {
    package mutating func inject(_ fault: ScriptedFault.Kind) {
        switch fault {
        case .kill(let node): kill(node)
        case .slowRecovery(let node, let factor): slow(node, factor)
        case .stopAnswering(let node, let time): freeze(node, time)
        case .refuse(let node, let time): refuse(node, time)
        case .lieOnce(let node, let lie): nodes[node]?.lies.append(lie)
        case .halfOpen(let node, let time): deafen(node, time)
        case .drip(let node, let rate): drip(node, rate)
        case .advertise(let node, let endpoint): nodes[node]?.advertised = endpoint
        case .failStart(let node, let version): nodes[node]?.failingVersions.insert(version)
        }
    }

    private mutating func slow(_ node: Int32, _ factor: Double) {
        guard nodes[node] != nil, factor.isFinite, factor > 0 else { return }
        nodes[node]?.slowFactor = factor
        record(.slowed(factor: factor), on: node)
        resumeRecoveries()
    }

    private mutating func freeze(_ node: Int32, _ time: Duration?) {
        guard let state = nodes[node], state.isAlive, !state.isFrozen else { return }
        stopRecovery(of: node)
        nodes[node]?.isFrozen = true
        nodes[node]?.faultGeneration += 1
        let end = logEndOffset
        nodes[node]?.lastFetch = (end, now)
        record(.hung, on: node)
        if state.isControllerUp { voterLeft(node, resigned: false) }
        settleAllLogs()
        pauseRecoveries(from: node)
        if state.isBroker, !image.isFenced(node) { expectHeartbeat(of: node) }
        if let time { queue.add(.resume(node, generation: state.faultGeneration + 1), at: now + time) }
    }

    mutating func resume(_ node: Int32, _ generation: Int) {
        guard let state = nodes[node], state.isFrozen, state.faultGeneration == generation else { return }
        nodes[node]?.isFrozen = false
        nodes[node]?.session += 1
        nodes[node]?.lastFetch = nil
        settleAllLogs()
        record(.resumed, on: node)
        signals.append(.resumed(node))
        if state.isControllerUp, quorum.leader == nil {
            queue.add(.elect(epoch: quorum.epoch), at: now + Self.electionTime)
        }
        // A fenced broker that is heard again is unfenced without registering anew.
        if state.isBroker, state.process == .running, image.isFenced(node) {
            nodes[node]?.awaitsRegistration = true
            register(node)
        } else {
            rebuildRecoveries()
        }
    }

    private mutating func refuse(_ node: Int32, _ time: Duration?) {
        guard let state = nodes[node], !state.refusesClients else { return }
        nodes[node]?.refusesClients = true
        nodes[node]?.faultGeneration += 1
        record(.refusing(true), on: node)
        signals.append(.connectionsBroken(node))
        signals.append(.listenersChanged(node))
        if let time { queue.add(.endRefusal(node, generation: state.faultGeneration + 1), at: now + time) }
    }

    private mutating func drip(_ node: Int32, _ rate: Double) {
        guard nodes[node] != nil, rate.isFinite, rate > 0 else { return }
        nodes[node]?.dripRate = rate
        record(.dripping(bytesPerSecond: rate), on: node)
    }

    private mutating func deafen(_ node: Int32, _ time: Duration?) {
        guard let state = nodes[node], !state.isDeaf else { return }
        nodes[node]?.isDeaf = true
        nodes[node]?.faultGeneration += 1
        record(.deaf(true), on: node)
        if let time { queue.add(.endRefusal(node, generation: state.faultGeneration + 1), at: now + time) }
    }

    mutating func endRefusal(_ node: Int32, _ generation: Int) {
        guard let state = nodes[node], state.faultGeneration == generation else { return }
        if state.isDeaf {
            nodes[node]?.isDeaf = false
            record(.deaf(false), on: node)
            return signals.append(.resumed(node))
        }
        guard state.refusesClients else { return }
        nodes[node]?.refusesClients = false
        record(.refusing(false), on: node)
        signals.append(.listenersChanged(node))
    }
}
