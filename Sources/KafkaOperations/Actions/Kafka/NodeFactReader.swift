package import KafkaAdmin
import RunEngine

/// Asks one node on a new connection, and others about it.
package struct NodeFactReader: Sendable {
    let reader: any ClusterReader
    /// Its own listener, for a dedicated controller that nobody lists.
    let address: (host: String, port: Int32)?
    /// What the inventory says of it; nil: nothing.
    let isController: Bool?

    /// Other brokers that are asked about the node.
    static let peers = 2

    package init(
        _ reader: any ClusterReader, address: (host: String, port: Int32)? = nil, isController: Bool? = nil
    ) {
        self.reader = reader
        self.address = address
        self.isController = isController
    }

    /// 1. The quorum first: what is seen afterwards is at least as new. 2. The node itself, on a new connection. 3. Up
    /// to two others that answer. 4. Where wanted, its log directories.
    package func gather(_ node: Int32, logDirectories: Bool) async -> NodeFacts {
        var quorum: QuorumDescription?
        var quorumProblem: String?
        do throws(KafkaError) { quorum = try await reader.describeQuorum() } catch { quorumProblem = error.message }
        if quorum == nil { quorum = try? await reader.describeQuorumFromControllers() }
        let listing = try? await reader.describeCluster(includeFenced: true, from: .any)
        let isController = await isController(node, listing, quorum)
        var facts = NodeFacts(
            node: node, versions: nil, peers: [], quorum: quorum, quorumProblem: quorum == nil ? quorumProblem : nil,
            isControllerOnly: isController)
        do throws(KafkaError) {
            facts.versions = try await ask(node, isController: isController, quorum)
        } catch {
            facts.silence = error.message
            facts.isRefused = error.isRefused
            facts.isUnlisted = error.code == .unknownNode
        }
        if !isController { await askPeers(&facts, listing) }
        if logDirectories, facts.versions != nil, !isController,
            let answer = try? await reader.describeLogDirs(brokers: [node]).first,
            case .success(let directories) = answer.result
        {
            facts.logDirectories = directories
        }
        return facts
    }

    /// What the inventory says; else: it votes, nobody lists it and no partition names it. A combined node that is down
    /// is known by the partitions that name it.
    private func isController(
        _ node: Int32, _ listing: ClusterDescription?, _ quorum: QuorumDescription?
    ) async -> Bool {
        if let isController { return isController }
        guard let quorum, quorum.voters.contains(where: { $0.id == node }) else { return false }
        if listing?.brokers.contains(where: { $0.id == node }) == true { return false }
        guard let snapshot = try? await reader.snapshot(topics: nil, from: .any) else { return false }
        return !snapshot.nodeIDs.contains(node)
    }

    /// Asks a dedicated controller on its own listener.
    package func versions(ofController node: Int32) async throws(KafkaError) -> NodeVersions {
        var quorum = try? await reader.describeQuorum()
        if quorum == nil { quorum = try? await reader.describeQuorumFromControllers() }
        return try await ask(node, isController: true, quorum)
    }

    private func ask(
        _ node: Int32, isController: Bool, _ quorum: QuorumDescription?
    ) async throws(KafkaError) -> NodeVersions {
        guard isController else { return try await reader.versionsOnNewConnection(of: node) }
        if let address { return try await reader.versionsOnNewConnection(host: address.host, port: address.port) }
        if let listener = quorum?.nodes.first(where: { $0.id == node })?.listeners.first {
            return try await reader.versionsOnNewConnection(host: listener.host, port: listener.port)
        }
        if let controller = try? await reader.describeControllers().first(where: { $0.id == node }) {
            return try await reader.versionsOnNewConnection(host: controller.host, port: controller.port)
        }
        return try await reader.versionsOnNewConnection(of: node)
    }

    private func askPeers(_ facts: inout NodeFacts, _ listing: ClusterDescription?) async {
        let others = listing?.brokers.filter { $0.id != facts.node && $0.isFenced != true }.map(\.id) ?? []
        for peer in others where facts.peers.count < Self.peers {
            do throws(KafkaError) {
                let view = try await reader.describeCluster(includeFenced: true, from: .node(peer))
                facts.peers.append((peer, view.brokers.first { $0.id == facts.node }))
            } catch {
                facts.silentPeers.append(peer)
            }
        }
        guard others.isEmpty, let listing else { return }
        // All the others are fenced: their word is missing.
        facts.silentPeers = listing.brokers.map(\.id).filter { $0 != facts.node }
        // A cluster of one broker has nobody else to ask: its own word is all there is.
        if facts.silentPeers.isEmpty {
            facts.peers.append((facts.node, listing.brokers.first { $0.id == facts.node }))
        }
    }
}
