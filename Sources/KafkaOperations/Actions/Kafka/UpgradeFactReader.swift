package import KafkaAdmin
package import RunEngine

/// Asks every node what an upgrade depends on. What does not answer is part of the facts.
package struct UpgradeFactReader: Sendable {
    let reader: any ClusterReader
    /// Where dedicated controllers listen when the quorum does not say (before 3.9), by node.
    let addresses: @Sendable (Int32) -> (host: String, port: Int32)?

    package init(_ reader: any ClusterReader, addresses: @escaping @Sendable (Int32) -> (host: String, port: Int32)?) {
        self.reader = reader
        self.addresses = addresses
    }

    package func gather(configs: Bool) async throws(StepFailure) -> UpgradeFacts {
        let listing = try await kafka("the cluster cannot be described") { () throws(KafkaError) in
            try await reader.describeCluster(includeFenced: true, from: .any)
        }
        let unfenced = listing.brokers.filter { $0.isFenced != true }.map(\.id)
        let knowsFenced = listing.brokers.contains { $0.isFenced != nil }
        let fenced = knowsFenced ? listing.brokers.filter { $0.isFenced == true }.map(\.id) : nil
        var nodes = await concurrently(unfenced, limit: ClusterFactReader.concurrency) { node in
            await answer(of: node) { () throws(KafkaError) in try await reader.versionsOnNewConnection(of: node) }
        }
        let isKRaft = nodes.contains { $0.versions?.apis[UpgradePath.describeQuorumKey] != nil }
        let controllers = await controllers(besides: Set(listing.brokers.map(\.id)))
        nodes += controllers.nodes
        return UpgradeFacts(
            nodes: nodes, brokerConfigs: configs ? await brokerConfigs(unfenced) : [],
            topicConfigs: configs ? await topicConfigs() : [:], fenced: fenced,
            quorumProblem: isKRaft ? controllers.problem : nil)
    }

    private func answer(
        of node: Int32, _ ask: () async throws(KafkaError) -> NodeVersions
    ) async -> UpgradeFacts.Node {
        do throws(KafkaError) { return UpgradeFacts.Node(id: node, versions: try await ask()) } catch {
            return UpgradeFacts.Node(id: node, versions: nil, problem: error.message)
        }
    }

    /// Voters that are no brokers, each on its own listener.
    private func controllers(besides brokers: Set<Int32>) async -> (nodes: [UpgradeFacts.Node], problem: String?) {
        var quorum: QuorumDescription?
        var problem: String?
        do throws(KafkaError) { quorum = try await reader.describeQuorum() } catch { problem = error.message }
        if quorum == nil { quorum = try? await reader.describeQuorumFromControllers() }
        guard let quorum else { return ([], problem) }
        let dedicated = quorum.voters.map(\.id).filter { !brokers.contains($0) }
        guard !dedicated.isEmpty else { return ([], nil) }
        let listed = (try? await reader.describeControllers()) ?? []
        var found: [UpgradeFacts.Node] = []
        for node in dedicated.sorted() {
            var address = quorum.nodes.first { $0.id == node }?.listeners.first.map { ($0.host, $0.port) }
            if address == nil { address = listed.first { $0.id == node }.map { ($0.host, $0.port) } }
            if address == nil { address = addresses(node).map { ($0.host, $0.port) } }
            guard let address else {
                found.append(
                    UpgradeFacts.Node(
                        id: node, versions: nil,
                        problem: "its listener is not known: name it in bootstrap_controllers, or by controller_port"))
                continue
            }
            found.append(
                await answer(of: node) { () throws(KafkaError) in
                    try await reader.versionsOnNewConnection(host: address.0, port: address.1)
                })
        }
        return (found, nil)
    }

    private static let defaultSource = ConfigEntry.Source.default

    private func brokerConfigs(_ brokers: [Int32]) async -> [(broker: Int32, set: [String]?)] {
        guard let answers = try? await reader.describeConfigs(brokers.map(ConfigResource.broker), keys: nil) else {
            return brokers.map { ($0, nil) }
        }
        return answers.compactMap { answer in
            guard case .broker(let id) = answer.item else { return nil }
            guard case .success(let entries) = answer.result else { return (id, nil) }
            return (id, entries.filter { $0.source != Self.defaultSource }.map(\.name))
        }
    }

    private func topicConfigs() async -> [String: [String]]? {
        guard let view = try? await reader.snapshot(topics: nil, from: .any) else { return nil }
        let names = view.topics.filter { $0.error == nil }.map(\.name).sorted()
        var found: [String: [String]] = [:]
        for start in stride(from: 0, to: names.count, by: ClusterFactReader.topicsPerRequest) {
            let part = names[start..<min(start + ClusterFactReader.topicsPerRequest, names.count)]
            guard let answers = try? await reader.describeConfigs(part.map(ConfigResource.topic), keys: nil) else {
                return nil
            }
            for answer in answers {
                guard case .topic(let name) = answer.item else { continue }
                guard case .success(let entries) = answer.result else { return nil }
                for entry in entries where entry.source == .topic { found[entry.name, default: []].append(name) }
            }
        }
        return found
    }
}
