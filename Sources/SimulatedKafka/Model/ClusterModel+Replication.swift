import KafkaWire
import Values

/// How a broker that runs makes up for what its replicas have missed: one partition after the other at the cluster's
/// `catch_up` rate, the smallest gap first, so that in-sync sets grow one by one.
struct Recovery: Sendable {
    struct Copying: Sendable {
        let key: PartitionKey
        let since: Duration
        let from: Int64
        /// Bytes a second.
        let rate: Double
    }

    var waiting: [PartitionKey] = []
    /// Where in `waiting` the next one stands.
    var position = 0
    var copying: Copying?
    /// Counts changes, so that the end of an earlier copy is known as stale.
    var generation = 0
}

extension ClusterModel {
    /// How long a replica that cannot be taken in, or that cannot keep up, waits before it is looked at again.
    private static let retryInterval: Duration = .seconds(1)
    /// The shortest time that one copy takes, so that the end of a copy is never the time of its begin.
    private static let shortestCopy: Duration = .milliseconds(1)

    private func canReplicate(_ node: Int32) -> Bool {
        guard let state = nodes[node] else { return false }
        return state.process == .running && !state.isFrozen && image.isActive(node)
    }

    /// Looks at every broker's replicas anew.
    mutating func rebuildRecoveries() {
        for node in nodeIDs where nodes[node]?.isBroker ?? false {
            stopRecovery(of: node)
        }
        var gaps: [Int32: [(gap: Int64, key: PartitionKey)]] = [:]
        for (name, topic) in image.topics {
            for (index, partition) in topic.partitions.enumerated() where partition.isr.count < partition.replicas.count
            {
                let key = PartitionKey(name, index)
                guard let log = log(key) else { continue }
                let end = log.end(at: now)
                for replica in partition.replicas where !partition.isr.contains(replica) {
                    gaps[replica, default: []].append((end - log.end(of: replica, at: now), key))
                }
            }
        }
        for node in nodeIDs {
            guard let missing = gaps[node] else { continue }
            let order = missing.sorted { ($0.gap, $0.key) < ($1.gap, $1.key) }
            recoveries[node, default: Recovery()].waiting = order.map(\.key)
            recoveries[node]?.position = 0
            schedule(node, after: configuration.firstFetchDelay)
        }
    }

    /// A partition has got a replica on this broker.
    mutating func addRecovery(of key: PartitionKey, on node: Int32) {
        recoveries[node, default: Recovery()].waiting.append(key)
        if recoveries[node]?.copying == nil { schedule(node, after: configuration.firstFetchDelay) }
    }

    /// Keeps what has been copied and starts over, because a rate has changed.
    mutating func resumeRecoveries() {
        for node in nodeIDs where recoveries[node] != nil {
            settle(node)
            schedule(node, after: .zero)
        }
    }

    /// Copies from a leader that is gone stop where they are.
    mutating func pauseRecoveries(from leader: Int32) {
        for node in nodeIDs {
            guard let key = recoveries[node]?.copying?.key else { continue }
            let current = image.partition(key)?.leader
            if current == leader || current == -1 {
                settle(node)
                schedule(node, after: Self.retryInterval)
            }
        }
    }

    mutating func stopRecovery(of node: Int32) {
        settle(node)
        guard let generation = recoveries[node]?.generation else { return }
        recoveries[node] = Recovery(generation: generation + 1)
    }

    private mutating func schedule(_ node: Int32, after delay: Duration) {
        guard let generation = recoveries[node]?.generation else { return }
        recoveries[node]?.generation = generation + 1
        queue.add(.recovery(node, generation: generation + 1), at: now + delay)
    }

    /// Writes down how far the copy under way has come, and ends it; its partition waits again.
    private mutating func settle(_ node: Int32) {
        guard let copying = recoveries[node]?.copying else { return }
        recoveries[node]?.copying = nil
        let copied = copying.from + bytes(copying.rate, (now - copying.since).seconds)
        advanceLog(copying.key, node, to: copied)
    }

    private mutating func advanceLog(_ key: PartitionKey, _ node: Int32, to end: Int64) {
        guard let topic = image.topics[key.topic], let log = log(key) else { return }
        logs[topic.id]?[key.partition].advance(node, to: min(end, log.end(at: now)))
    }

    /// How far a replica's own log goes now, a copy under way included.
    func logEnd(_ key: PartitionKey, of node: Int32) -> Int64 {
        guard let log = log(key) else { return 0 }
        let end = log.end(at: now)
        guard let copying = recoveries[node]?.copying, copying.key == key else { return log.end(of: node, at: now) }
        return min(end, copying.from + bytes(copying.rate, (now - copying.since).seconds))
    }

    /// The end of a copy, or the time to look for the next one.
    mutating func continueRecovery(_ node: Int32, _ generation: Int) {
        guard recoveries[node]?.generation == generation, canReplicate(node) else { return }
        settle(node)
        var stuck: [PartitionKey] = []
        while let recovery = recoveries[node], recovery.position < recovery.waiting.count {
            let key = recovery.waiting[recovery.position]
            guard let partition = image.partition(key), partition.replicas.contains(node),
                !partition.isr.contains(node), let log = log(key)
            else {
                recoveries[node]?.position += 1
                continue
            }
            let end = log.end(at: now)
            let gap = end - log.end(of: node, at: now)
            let growth = log.growth
            let rate = copyRate(key, partition, node)
            // Less than one millisecond behind is caught up: the follower's next fetch reaches the end.
            let hasSource = serves(partition.leader)
            if hasSource, gap <= bytes(max(growth, 1), 0.002) {
                recoveries[node]?.position += 1
                if !expandISR(key, with: node) { stuck.append(key) }
                continue
            }
            guard hasSource, rate > growth else {
                recoveries[node]?.position += 1
                stuck.append(key)
                continue
            }
            let time = Duration.seconds(min(Double(gap) / (rate - growth), 1e9))
            recoveries[node]?.copying = Recovery.Copying(key: key, since: now, from: end - gap, rate: rate)
            recoveries[node]?.waiting.append(contentsOf: stuck)
            return schedule(node, after: max(time, Self.shortestCopy))
        }
        recoveries[node]?.waiting = stuck
        recoveries[node]?.position = 0
        if !stuck.isEmpty { schedule(node, after: Self.retryInterval) }
    }

    /// Bytes a second: the cluster's rate, this broker's slowness, and replication throttles where they apply.
    private func copyRate(_ key: PartitionKey, _ partition: PartitionImage, _ node: Int32) -> Double {
        let slow = max(1, nodes[node]?.slowFactor ?? 1)
        var rate = Double(max(1, configuration.catchUp.count)) / slow
        let configs = image.topics[key.topic]?.configs ?? [:]
        for (side, broker) in [("follower", node), ("leader", partition.leader)] {
            let name = "\(side).replication.throttled"
            guard let limit = brokerConfig("\(name).rate", broker).flatMap({ Double($0) }), limit > 0,
                isThrottled(configs["\(name).replicas"] ?? "", "\(key.partition):\(broker)")
            else { continue }
            rate = min(rate, limit)
        }
        return rate
    }

    private func isThrottled(_ list: String, _ replica: String) -> Bool {
        list == "*" || list.split(separator: ",").contains { $0 == replica }
    }

    func brokerConfig(_ name: String, _ broker: Int32) -> String? {
        image.brokerConfigs[String(broker)]?[name] ?? image.brokerConfigs[""]?[name]
    }
}
