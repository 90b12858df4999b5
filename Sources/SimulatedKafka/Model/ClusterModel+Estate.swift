package import Values

// What the lifecycle of a host does: the embedded cluster's `systemctl` and package manager. None of it waits; the model
// goes on by itself as time passes, and every effect is in the ledger.

extension ClusterModel {
    /// Why a control was refused: the node does not exist, or the version is not installed.
    package struct EstateError: Error, Sendable, Hashable, CustomStringConvertible {
        package let description: String
    }

    private func existing(_ node: Int32) throws(EstateError) -> NodeState {
        guard let state = nodes[node] else {
            throw EstateError(description: "The embedded cluster has no node \(node).")
        }
        return state
    }

    /// Puts a release beside those that are there; done already is fine.
    package mutating func install(_ node: Int32, _ version: Version) throws(EstateError) {
        let state = try existing(node)
        guard !state.installed.contains(version) else { return }
        nodes[node]?.installed.append(version)
        record(.installed(version), on: node)
    }

    /// Makes an installed release the one that starts next.
    package mutating func activate(_ node: Int32, _ version: Version) throws(EstateError) {
        let state = try existing(node)
        guard state.installed.contains(version) else {
            let names = state.installed.map(\.text).joined(separator: ", ")
            throw EstateError(description: "Node \(node) has \(names) installed, not \(version).")
        }
        guard state.activeVersion != version else { return }
        nodes[node]?.activeVersion = version
        record(.activated(version), on: node)
    }

    /// What starts next.
    package func installedVersion(_ node: Int32) -> Version? { nodes[node]?.activeVersion }

    /// What the running process was started from; nil when none runs.
    package func runningVersion(_ node: Int32) -> Version? {
        nodes[node].flatMap { $0.isAlive ? $0.runningVersion : nil }
    }

    /// Whether a process is there, be it starting, hung or about to end.
    package func isRunning(_ node: Int32) -> Bool { nodes[node]?.isAlive ?? false }

    /// Counts the node's starts: the witness that a process is another one.
    package func incarnation(_ node: Int32) -> Int { nodes[node]?.incarnation ?? 0 }

    // MARK: Starting

    /// Starts the process if there is none; one that is shutting down is started again once it has ended, as systemd does.
    package mutating func start(_ node: Int32) throws(EstateError) {
        let state = try existing(node)
        if state.process == .stopping { nodes[node]?.startsAgain = true }
        guard state.process == .stopped else { return }
        launch(state)
    }

    private mutating func launch(_ state: NodeState) {
        let node = state.id
        let version = state.activeVersion
        nodes[node]?.process = .starting
        nodes[node]?.incarnation += 1
        nodes[node]?.runningVersion = version
        nodes[node]?.refusesClients = false
        nodes[node]?.isDeaf = false
        fetchSessions[node] = nil
        shareSessions[node] = nil
        nodes[node]?.dripRate = nil
        nodes[node]?.isFrozen = false
        nodes[node]?.faultGeneration += 1
        nodes[node]?.awaitsRegistration = false
        record(.started(version), on: node)
        let incarnation = state.incarnation + 1
        if state.failingVersions.contains(version) {
            return queue.add(.startFails(node, incarnation: incarnation), at: now + configuration.startTime / 2)
        }
        queue.add(.controllerUp(node, incarnation: incarnation), at: now + configuration.startTime / 2)
        if state.isBroker {
            queue.add(.brokerReady(node, incarnation: incarnation), at: now + configuration.startTime)
        }
    }

    mutating func controllerUp(_ node: Int32, _ incarnation: Int) {
        guard let state = nodes[node], state.incarnation == incarnation, state.process == .starting else { return }
        if let reason = unsupportedFeature(of: state.release) { return failStart(node, reason: reason) }
        if !state.isBroker { nodes[node]?.process = .running }
        guard state.isController else { return }
        nodes[node]?.isControllerUp = true
        nodes[node]?.lastFetch = nil
        signals.append(.listenersChanged(node))
        if quorum.leader == nil { queue.add(.elect(epoch: quorum.epoch), at: now + Self.electionTime) }
    }

    mutating func startFails(_ node: Int32, _ incarnation: Int) {
        guard let state = nodes[node], state.incarnation == incarnation, state.process == .starting else { return }
        failStart(node, reason: "the process ended during its start")
    }

    mutating func failStart(_ node: Int32, reason: String) {
        guard let state = nodes[node] else { return }
        record(.startFailed(state.activeVersion, reason: reason), on: node)
        endProcess(node, controlled: true)
    }

    /// A feature that the cluster has finalized and the release does not support: such a node may not join.
    private func unsupportedFeature(of release: SimulatedRelease) -> String? {
        let supported = release.supportedFeatures
        for (name, level) in image.features.sorted(by: { $0.key < $1.key })
        where !(supported[name]?.contains(level) ?? false) {
            let range = supported[name].map { "\($0.lowerBound)-\($0.upperBound)" } ?? "none"
            return "the cluster has finalized \(name) \(level), the release supports \(range)"
        }
        return nil
    }

    // MARK: Stopping

    /// SIGTERM, or with `controlled: false` SIGKILL. A controlled shutdown ends after the configuration's `stopTime`.
    package mutating func stop(_ node: Int32, controlled: Bool) throws(EstateError) {
        let state = try existing(node)
        guard state.process != .stopped else { return }
        guard controlled, !state.isFrozen else {
            // SIGTERM to a hung process does nothing until it goes on; it is then gone at once, as systemd's SIGKILL does.
            return kill(node)
        }
        guard state.process != .stopping else { return }
        record(.stopping, on: node)
        let wasRunning = state.process == .running
        nodes[node]?.process = .stopping
        queue.add(.processEnds(node, incarnation: state.incarnation), at: now + configuration.stopTime)
        guard state.isBroker, wasRunning else { return }
        if activeController != nil { beginControlledShutdown(node) }
    }

    package mutating func kill(_ node: Int32) {
        guard let state = nodes[node], state.process != .stopped else { return }
        endProcess(node, controlled: false)
        nodes[node]?.diedUncleanly = true
        guard let registration = image.brokers[node], !registration.isFenced, state.isBroker else { return }
        expectHeartbeat(of: node)
    }

    mutating func processEnds(_ node: Int32, _ incarnation: Int) {
        guard let state = nodes[node], state.incarnation == incarnation, state.process == .stopping else { return }
        let mustExpire = state.isBroker && !image.isFenced(node)
        endProcess(node, controlled: true)
        // Without a controller there was nobody to be let go by: the session has to run out.
        if mustExpire { expectHeartbeat(of: node) }
        if state.startsAgain, let ended = nodes[node] { launch(ended) }
    }

    private mutating func endProcess(_ node: Int32, controlled: Bool) {
        stopRecovery(of: node)
        let hadController = nodes[node]?.isControllerUp ?? false
        let end = logEndOffset
        nodes[node]?.lastFetch = (end, now)
        nodes[node]?.process = .stopped
        nodes[node]?.isControllerUp = false
        nodes[node]?.isFrozen = false
        nodes[node]?.awaitsRegistration = false
        nodes[node]?.heldView = nil
        nodes[node]?.startsAgain = false
        signals.append(.connectionsBroken(node))
        signals.append(.listenersChanged(node))
        record(.stopped(controlled: controlled), on: node)
        if hadController { voterLeft(node, resigned: controlled) }
        settleAllLogs()
        pauseRecoveries(from: node)
    }
}
