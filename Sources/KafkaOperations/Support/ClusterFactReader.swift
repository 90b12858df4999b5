package import KafkaAdmin
package import RunEngine

/// Gathers what verdicts about partitions need. Reads only.
///
/// What cannot be read is part of the answer (a silent broker, an unreadable topic), so that the verdict can name it;
/// only when nothing at all can be read does this throw.
package struct ClusterFactReader: Sendable {
    let reader: any ClusterReader

    package init(_ reader: any ClusterReader) { self.reader = reader }

    /// Brokers that are asked at the same time.
    static let concurrency = 8
    /// Topics whose configuration is asked for in one request.
    static let topicsPerRequest = 500
    /// How often all is looked at while topics vanish in between.
    static let looks = 3
    private static let minInSyncKey = "min.insync.replicas"

    /// 1. The brokers that the cluster lists. 2. Reassignments, before the views: a move that ends between the two
    /// leaves a replica too many, never one too few. 3. Every broker's view. 4. `min.insync.replicas` of each topic
    /// seen; where a topic has none of its own, the largest default of all brokers, since they may differ while their
    /// settings are rolled. 5. The quorum, where wanted. 6. Where wanted, that no topic is hidden from us (a missing right leaves topics
    /// out of every view): what the brokers hold on disk is compared, at the price of a DescribeLogDirs of each
    /// one that is not among `disclosed`.
    package func gather(
        topics: [String]? = nil, quorum wantsQuorum: Bool, disclosed: Set<Int32>? = nil
    ) async throws(StepFailure) -> ClusterFacts {
        var facts = try await gather(topics: topics)
        if let disclosed {
            var disks = await hidden(facts, besides: disclosed)
            if !disks.topics.isEmpty {
                // A topic that was made between the two looks is hidden from nobody.
                facts = try await gather(topics: topics)
                disks = await hidden(facts, besides: disclosed)
            }
            facts.unreadable.merge(disks.topics) { known, _ in known }
            facts.undisclosed = disks.undisclosed
        }
        if wantsQuorum { await readQuorum(into: &facts) }
        return facts
    }

    /// Topics and brokers come and go: one that is gone between two of the looks is neither readable nor unreadable, so all
    /// of it is looked at again.
    private func gather(topics: [String]?) async throws(StepFailure) -> ClusterFacts {
        var look = try await look(topics: topics)
        for _ in 1..<Self.looks where look.hasVanished { look = try await self.look(topics: topics) }
        return look.facts
    }

    private func look(topics: [String]?) async throws(StepFailure) -> (facts: ClusterFacts, hasVanished: Bool) {
        let description = try await describe()
        let listed = description.brokers.filter { $0.isFenced != true }.map(\.id)
        let reassignments: [Reassignment]
        do throws(KafkaError) { reassignments = try await reader.listReassignments() } catch {
            throw StepFailure(error, doing: "the reassignments cannot be listed")
        }
        let views = await views(of: listed, topics: topics)
        var names: Set<String> = []
        for snapshot in views.compactMap(\.snapshot) {
            for topic in snapshot.topics where topic.error == nil { names.insert(topic.name) }
        }
        let answering = views.filter { $0.snapshot != nil }.map(\.node)
        let (minInSync, unreadable, hasVanished) = try await minInSync(of: names.sorted(), brokers: answering)
        var facts = ClusterFacts(
            views: views, reassignments: reassignments, minInSync: minInSync, unreadable: unreadable,
            listed: Set(listed))
        for broker in description.brokers { facts.racks[broker.id] = broker.rack }
        return (facts, hasVanished)
    }

    private func describe() async throws(StepFailure) -> ClusterDescription {
        let description: ClusterDescription
        do throws(KafkaError) {
            description = try await reader.describeCluster(includeFenced: true, from: .any)
        } catch {
            throw StepFailure(error, doing: "the cluster cannot be described")
        }
        if !Visibility.mayDescribe(description.authorizedOperations) {
            throw StepFailure(
                .unreachable,
                "the right to describe the cluster is missing, so nothing proves that every topic is visible",
                nextAction: "grant DESCRIBE on the cluster and on all topics to the user that opsrun comes as")
        }
        return description
    }

    private func views(of nodes: [Int32], topics: [String]?) async -> [ClusterFacts.View] {
        await concurrently(nodes, limit: Self.concurrency) { node in
            do throws(KafkaError) {
                return ClusterFacts.View(
                    node: node, snapshot: try await reader.snapshot(topics: topics, from: .node(node)))
            } catch {
                return ClusterFacts.View(node: node, problem: error.message)
            }
        }
    }

    /// By topic, and the topics of which it could not be read. A topic that is gone by now is neither.
    private func minInSync(
        of topics: [String], brokers: [Int32]
    ) async throws(StepFailure) -> (known: [String: Int], unreadable: [String: String], hasVanished: Bool) {
        var known: [String: Int] = [:]
        var unreadable: [String: String] = [:]
        var hasVanished = false
        var inherited: [String] = []
        for start in stride(from: 0, to: topics.count, by: Self.topicsPerRequest) {
            let part = topics[start..<min(start + Self.topicsPerRequest, topics.count)]
            let answers: [ItemResult<ConfigResource, [ConfigEntry]>]
            do throws(KafkaError) {
                answers = try await reader.describeConfigs(
                    part.map(ConfigResource.topic), keys: [Self.minInSyncKey])
            } catch {
                throw StepFailure(error, doing: "the configuration of the topics cannot be read")
            }
            for answer in answers {
                guard case .topic(let name) = answer.item else { continue }
                switch answer.result {
                case .success(let entries):
                    let entry = entries.first { $0.name == Self.minInSyncKey }
                    known[name] = entry?.value.flatMap { Int($0) }
                    if let source = entry?.source, source != .topic { inherited.append(name) }
                case .failure(let error):
                    unreadable[name] = error.message
                    if error.isUnknownTopic { hasVanished = true }
                }
            }
        }
        guard !inherited.isEmpty else { return (known, unreadable, hasVanished) }
        let defaults = await defaultMinInSync(brokers)
        if defaults.hasVanished { hasVanished = true }
        for name in inherited {
            if let problem = defaults.problem { unreadable[name] = problem }
            if let own = known[name] { known[name] = max(own, defaults.largest) }
        }
        return (known, unreadable, hasVanished)
    }

    /// The largest default of the brokers, why one of them does not say its own, and whether that one has just gone.
    private func defaultMinInSync(
        _ brokers: [Int32]
    ) async -> (largest: Int, problem: String?, hasVanished: Bool) {
        let answers: [ItemResult<ConfigResource, [ConfigEntry]>]
        do throws(KafkaError) {
            answers = try await reader.describeConfigs(brokers.map(ConfigResource.broker), keys: [Self.minInSyncKey])
        } catch {
            return (0, "the brokers do not say their default of \(Self.minInSyncKey): \(error.message)", false)
        }
        var largest = 0
        for answer in answers {
            switch answer.result {
            case .success(let entries):
                let text = entries.first { $0.name == Self.minInSyncKey }?.value
                largest = max(largest, text.flatMap { Int($0) } ?? 0)
            case .failure(let error):
                let problem = "\(answer.item) does not say its default of \(Self.minInSyncKey): \(error.message)"
                return (largest, problem, error.code == .unknownNode || error.code == .unreachable)
            }
        }
        return (largest, nil, false)
    }

    private func readQuorum(into facts: inout ClusterFacts) async {
        do throws(KafkaError) { facts.quorum = try await reader.describeQuorum() } catch {
            // A cluster without the API runs on ZooKeeper: it has no quorum to lose.
            if await hasNoQuorum(facts) { return }
            facts.quorumProblem = error.message
        }
    }

    private func hasNoQuorum(_ facts: ClusterFacts) async -> Bool {
        for node in facts.listed.sorted() {
            guard let versions = try? await reader.versions(of: node) else { continue }
            return versions.apis[UpgradePath.describeQuorumKey] == nil
        }
        return false
    }

    private struct Disks {
        /// Topics that brokers hold and nobody shows us.
        var topics: [String: String] = [:]
        /// Brokers that did not say what they hold.
        var undisclosed: [Int32: String] = [:]
    }

    /// What the brokers hold on disk and nobody shows us.
    private func hidden(_ facts: ClusterFacts, besides disclosed: Set<Int32>) async -> Disks {
        var visible: Set<String> = []
        for snapshot in facts.views.compactMap(\.snapshot) { visible.formUnion(snapshot.topics.map(\.name)) }
        let listed = facts.listed.subtracting(disclosed).sorted()
        var disks = Disks()
        guard !listed.isEmpty else { return disks }
        let answers: [ItemResult<Int32, [LogDirectory]>]
        do throws(KafkaError) { answers = try await reader.describeLogDirs(brokers: listed) } catch {
            for node in listed { disks.undisclosed[node] = error.message }
            return disks
        }
        for node in listed {
            guard let answer = answers.first(where: { $0.item == node }) else {
                disks.undisclosed[node] = "no answer"
                continue
            }
            switch answer.result {
            case .failure(let error): disks.undisclosed[node] = error.message
            case .success(let directories):
                for replica in directories.flatMap(\.replicas) where !visible.contains(replica.partition.topic) {
                    disks.topics[replica.partition.topic] = "broker \(node) holds it and nobody shows it to us"
                }
            }
        }
        // The metadata log is no topic that Metadata lists.
        disks.topics["__cluster_metadata"] = nil
        return disks
    }
}

/// Answers for all items, in their order, at most `limit` at once.
func concurrently<Item: Sendable, Answer: Sendable>(
    _ items: [Item], limit: Int, _ work: @Sendable @escaping (Item) async -> Answer
) async -> [Answer] {
    await withTaskGroup(of: (Int, Answer).self) { group in
        var answers = [Answer?](repeating: nil, count: items.count)
        var next = 0
        func start() {
            guard next < items.count else { return }
            let index = next
            next += 1
            group.addTask { (index, await work(items[index])) }
        }
        for _ in 0..<max(1, limit) { start() }
        for await (index, answer) in group {
            answers[index] = answer
            start()
        }
        return answers.compactMap { $0 }
    }
}
