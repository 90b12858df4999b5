package import KafkaAdmin
package import Values

/// What an upgrade depends on, as every node told it.
package struct UpgradeFacts: Sendable {
    package struct Node: Sendable {
        package var id: Int32
        /// Nil: it did not answer; `problem` says why.
        package var versions: NodeVersions?
        package var problem: String?

        package init(id: Int32, versions: NodeVersions?, problem: String? = nil) {
            self.id = id
            self.versions = versions
            self.problem = problem
        }
    }

    package var nodes: [Node]
    /// Names of settings that are set (not defaults), by broker; nil: that broker did not say.
    package var brokerConfigs: [(broker: Int32, set: [String]?)]
    /// Names of settings that are set on topics, with the topics; nil: not readable.
    package var topicConfigs: [String: [String]]?
    /// Fenced registrations; nil: this release does not tell.
    package var fenced: [Int32]?
    /// Why nobody says which controllers there are; nil when that is known, or there are none.
    package var quorumProblem: String?

    package init(
        nodes: [Node], brokerConfigs: [(broker: Int32, set: [String]?)], topicConfigs: [String: [String]]?,
        fenced: [Int32]?, quorumProblem: String? = nil
    ) {
        self.nodes = nodes
        self.brokerConfigs = brokerConfigs
        self.topicConfigs = topicConfigs
        self.fenced = fenced
        self.quorumProblem = quorumProblem
    }
}

/// Whether the cluster can go to a release from where it is.
///
/// Blockers: a node that does not answer; ZooKeeper before 4.x (by way of 3.9); `metadata.version` below 3.3 before
/// 4.x; a release that does not support a level which is finalized already, since its nodes would not start (a
/// downgrade is possible only until the levels are raised). Warnings: settings that the release no longer knows; nodes
/// of several releases; fenced registrations; a release newer than the ones opsrun knows, of which it cannot tell
/// levels and settings; and clients too old for 4.x (KIP-896), which the admin API cannot see: unknown is said, never
/// "none".
package struct UpgradePath: Sendable {
    package struct Finding: Sendable, Hashable {
        package var rule: String
        package var message: String
    }

    package var blockers: [Finding] = []
    package var warnings: [Finding] = []
    package var removedConfigs: [String] = []
    /// Releases to go through, the target last.
    package var path: [Version] = []

    static let firstWithoutZooKeeper = Version(major: 4, minor: 0)
    static let lastWithZooKeeper = Version(major: 3, minor: 9)
    /// DescribeQuorum is advertised by KRaft nodes only.
    static let describeQuorumKey: Int16 = 55

    package static func evaluate(_ facts: UpgradeFacts, target: Version) -> UpgradePath {
        var verdict = UpgradePath()
        let answered = facts.nodes.compactMap(\.versions)
        verdict.judgeNodes(facts, target)
        let usesZooKeeper = answered.contains { $0.apis[describeQuorumKey] == nil }
        verdict.path = usesZooKeeper && target.line >= firstWithoutZooKeeper ? [lastWithZooKeeper, target] : [target]
        if usesZooKeeper {
            verdict.judgeZooKeeper(target)
        } else {
            verdict.judgeLevels(answered, target)
        }
        verdict.judgeConfigs(facts, target)
        verdict.judgeUnknowns(facts, target)
        return verdict
    }

    private mutating func block(_ rule: String, _ message: String) {
        blockers.append(Finding(rule: rule, message: message))
    }

    private mutating func warn(_ rule: String, _ message: String) {
        warnings.append(Finding(rule: rule, message: message))
    }

    private mutating func judgeNodes(_ facts: UpgradeFacts, _ target: Version) {
        if facts.nodes.isEmpty { block("unreadable", "no node of the cluster is known") }
        if let problem = facts.quorumProblem { block("unreadable", "the controllers cannot be listed: \(problem)") }
        for node in facts.nodes where node.versions == nil {
            block("unreadable", "node \(node.id) does not answer: \(node.problem ?? "no connection")")
        }
        let levels = Set(facts.nodes.compactMap { $0.versions?.metadataLevel })
        if levels.count > 1 {
            let names = levels.sorted().map { KafkaRelease.describe(level: $0) }
            warn(
                "mixed_releases", "nodes of several releases: \(names.joined(separator: ", ")): an upgrade is half done"
            )
        }
        if let fenced = facts.fenced, !fenced.isEmpty {
            let names = BoundedList.text(fenced.sorted().map(String.init))
            warn("fenced_nodes", "registered and fenced: \(names): levels cannot be raised while they are")
        }
        let oldest = facts.nodes.compactMap { KafkaRelease.line(ofLevel: $0.versions?.metadataLevel) }.max()
        if let oldest, target.line < oldest {
            warn("downgrade", "\(target) is older than \(oldest), which runs now")
        }
    }

    private mutating func judgeZooKeeper(_ target: Version) {
        guard target.line >= Self.firstWithoutZooKeeper else {
            if target.line > Self.lastWithZooKeeper { return }
            return warn("zookeeper", "the cluster runs on ZooKeeper: releases and levels of its brokers cannot be told")
        }
        block(
            "zookeeper",
            "the cluster runs on ZooKeeper, which \(Self.firstWithoutZooKeeper) and later do not have: go to "
                + "\(Self.lastWithZooKeeper), migrate to KRaft there, then go on")
    }

    private mutating func judgeLevels(_ answered: [NodeVersions], _ target: Version) {
        let finalized = answered.max { $0.finalizedFeaturesEpoch < $1.finalizedFeaturesEpoch }?.finalizedFeatures ?? []
        let level = finalized.first { $0.name == "metadata.version" }?.maximum
        guard let level else {
            if !answered.isEmpty { block("unreadable", "no node tells the finalized metadata.version") }
            return
        }
        if target.line >= Self.firstWithoutZooKeeper && level < KafkaRelease.oldestLevel {
            block(
                "metadata_version",
                "metadata.version is finalized at level \(level), \(target) needs at least \(KafkaRelease.oldestLevel) "
                    + "(\(KafkaRelease.oldestLine)): raise it first")
        }
        if let supported = KafkaRelease.level(of: target), supported < level {
            block(
                "finalized",
                "metadata.version is finalized at level \(level) (\(KafkaRelease.describe(finalized: level))), \(target) "
                    + "supports up to \(supported): there is no way back to it")
        }
        guard target.line <= KafkaRelease.newestLine else { return }
        for feature in finalized where feature.maximum > 0 {
            guard let known = KafkaRelease.features.first(where: { $0.name == feature.name }) else { continue }
            if target.line < known.from {
                block(
                    "finalized",
                    "\(feature.name) is finalized at \(feature.maximum), which \(target) does not have (it came with "
                        + "\(known.from)): set it to 0 first, where that is possible")
            }
        }
    }

    private mutating func judgeConfigs(_ facts: UpgradeFacts, _ target: Version) {
        var holders: [String: [String]] = [:]
        for (broker, set) in facts.brokerConfigs {
            guard let set else {
                warn("configs_unknown", "broker \(broker) does not tell its configuration")
                continue
            }
            for name in set where RemovedConfigurations.isRemoved(name, in: target) {
                holders[name, default: []].append("broker \(broker)")
            }
        }
        if let topics = facts.topicConfigs {
            for (name, owners) in topics where RemovedConfigurations.isRemovedFromTopics(name, in: target) {
                holders[name, default: []] += owners.map { "topic \($0)" }
            }
        } else {
            warn("configs_unknown", "the configurations of the topics cannot be read")
        }
        removedConfigs = holders.keys.sorted()
        for name in removedConfigs {
            warn("removed_config", "\(target) does not know \(name), set on \(BoundedList.text(holders[name] ?? []))")
        }
    }

    private mutating func judgeUnknowns(_ facts: UpgradeFacts, _ target: Version) {
        if target.line > KafkaRelease.newestLine {
            warn(
                "unknown_release",
                "\(target) is newer than \(KafkaRelease.newestLine), the newest release known here: its feature levels and "
                    + "removed settings cannot be told beforehand; read its upgrade notes")
        }
        if target.line < KafkaRelease.oldestLine {
            block(
                "unknown_release", "\(target) is older than \(KafkaRelease.oldestLine), the oldest release known here")
        }
        if target.line >= Self.firstWithoutZooKeeper {
            warn(
                "old_clients",
                "whether clients older than 2.1 connect is unknown: \(Self.firstWithoutZooKeeper) and later refuse them, and "
                    + "the admin API does not show them")
        }
    }
}
