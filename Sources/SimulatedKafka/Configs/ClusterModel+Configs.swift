import KafkaWire
import Values

// Which value of a key is in force, and where it comes from.

/// Where a value comes from, with the protocol's numbers.
enum ConfigSource: Int8, Sendable {
    case topic = 1, dynamicBroker, dynamicDefault, `static`, `default`
    case clientMetrics = 7, group
}

/// A key of a resource as it is described.
struct ConfigEntry: Sendable {
    struct Synonym: Sendable {
        let name: String
        let value: String?
        let source: ConfigSource
    }

    let name: String
    let value: String?
    let isReadOnly: Bool
    let isSensitive: Bool
    let kind: Int8
    let source: ConfigSource
    /// In order of precedence, the one in force first.
    let synonyms: [Synonym]
    var documentation: String?
}

extension ClusterModel {
    /// What stands in a broker's file.
    func staticConfigs(of node: Int32) -> [String: String] {
        guard let state = nodes[node] else { return [:] }
        let roles = [state.isBroker ? "broker" : nil, state.isController ? "controller" : nil].compactMap { $0 }
        let listeners = configuration.allListeners.filter { $0.isOfBrokers ? state.isBroker : state.isController }
        func url(_ listener: SimulatedListener, _ node: NodeState) -> String? {
            node.endpoints[listener].map { "\(configuration.name(of: listener))://\($0.host):\($0.port)" }
        }
        let advertised = listeners.filter(\.isOfBrokers).compactMap { url($0, state) }
        let voters = quorum.voters.compactMap { id in
            nodes[id]?.endpoints[.controller].map { "\(id)@\($0.host):\($0.port)" }
        }
        var configs = [
            "node.id": String(node), "broker.id": String(node), "process.roles": roles.joined(separator: ","),
            "listeners": listeners.compactMap { url($0, state) }.joined(separator: ","),
            "advertised.listeners": advertised.joined(separator: ","),
            "controller.listener.names": SimulatedListener.controllerName,
            "controller.quorum.voters": voters.joined(separator: ","),
            "log.dirs": configuration.logDirectories.joined(separator: ","),
            "min.insync.replicas": String(configuration.minInsyncReplicas),
            "default.replication.factor": String(defaultReplicationFactor),
            "broker.session.timeout.ms": String(configuration.sessionTimeout.milliseconds),
            "controller.quorum.fetch.timeout.ms": String(configuration.quorumFetchTimeout.milliseconds),
            "offsets.topic.num.partitions": String(configuration.offsetsTopicPartitions),
        ]
        configs["auto.leader.rebalance.enable"] = configuration.leaderRebalanceInterval == nil ? "false" : nil
        configs["broker.rack"] = state.rack
        return configs
    }

    static let logDirectory = "/var/lib/kafka/data"

    var defaultReplicationFactor: Int { min(3, image.brokers.count) }

    /// A broker key's values in order of precedence, as the node that is asked has them.
    private func brokerChain(
        _ name: String, _ view: MetadataImage, _ node: Int32, _ file: [String: String]
    ) -> [ConfigEntry.Synonym] {
        var chain: [ConfigEntry.Synonym] = []
        func add(_ value: String?, _ source: ConfigSource) {
            if let value { chain.append(ConfigEntry.Synonym(name: name, value: value, source: source)) }
        }
        add(view.brokerConfigs[String(node)]?[name], .dynamicBroker)
        add(view.brokerConfigs[""]?[name], .dynamicDefault)
        add(file[name], .static)
        add(ConfigTable.brokerByName[name]?.defaultValue, .default)
        return chain
    }

    func topicConfigEntries(_ topic: TopicImage, _ view: MetadataImage, asked node: Int32) -> [ConfigEntry] {
        let file = staticConfigs(of: node)
        return ConfigTable.topic.map { definition in
            var chain = definition.synonym.map { brokerChain($0, view, node, file) } ?? []
            if let own = topic.configs[definition.name] {
                chain.insert(ConfigEntry.Synonym(name: definition.name, value: own, source: .topic), at: 0)
            }
            return ConfigEntry(
                name: definition.name, value: chain.first?.value ?? definition.defaultValue, isReadOnly: false,
                isSensitive: false, kind: definition.kind.rawValue, source: chain.first?.source ?? .default,
                synonyms: chain)
        }
    }

    func brokerConfigEntries(_ view: MetadataImage, of node: Int32) -> [ConfigEntry] {
        let file = staticConfigs(of: node)
        var entries = ConfigTable.broker.map { definition in
            let chain = brokerChain(definition.name, view, node, file)
            return ConfigEntry(
                name: definition.name, value: chain.first?.value, isReadOnly: !definition.isDynamic,
                isSensitive: definition.kind == .password, kind: definition.kind.rawValue,
                source: chain.first?.source ?? .default, synonyms: chain)
        }
        let own = view.brokerConfigs[String(node)] ?? [:]
        entries += strangeEntries(own, .dynamicBroker)
        let inherited = (view.brokerConfigs[""] ?? [:]).filter { name, _ in
            ConfigTable.rates.contains(name) && own[name] == nil
        }
        return entries + strangeEntries(inherited, .dynamicDefault)
    }

    /// The dynamic default of all brokers: only what has been set.
    func defaultBrokerConfigEntries(_ view: MetadataImage) -> [ConfigEntry] {
        let set = view.brokerConfigs[""] ?? [:]
        let known = ConfigTable.broker.compactMap { definition -> ConfigEntry? in
            guard let value = set[definition.name] else { return nil }
            return ConfigEntry(
                name: definition.name, value: value, isReadOnly: false, isSensitive: false,
                kind: definition.kind.rawValue, source: .dynamicDefault,
                synonyms: [ConfigEntry.Synonym(name: definition.name, value: value, source: .dynamicDefault)])
        }
        return known + strangeEntries(set, .dynamicDefault)
    }

    /// All keys of a group, whether or not there is such a group. Before 4.3 what is set has nothing behind it, and a default
    /// bears the group's own name for the key.
    func groupConfigEntries(_ name: String, _ view: MetadataImage, _ release: SimulatedRelease) -> [ConfigEntry] {
        GroupConfigTable.all.filter { release.has($0) }.map(\.definition).map { definition in
            var chain: [ConfigEntry.Synonym] = []
            if let own = view.groupConfigs[name]?[definition.name] {
                chain.append(.init(name: definition.name, value: own, source: .group))
            }
            if chain.isEmpty || release.showsGroupDefaults {
                let key = release.showsGroupDefaults ? definition.synonym ?? definition.name : definition.name
                chain.append(.init(name: key, value: definition.defaultValue, source: .default))
            }
            return ConfigEntry(
                name: definition.name, value: chain.first?.value, isReadOnly: false, isSensitive: false,
                kind: definition.kind.rawValue, source: chain.first?.source ?? .default, synonyms: chain)
        }
    }

    /// Of a subscription that there may not be. Before 4.0 only what is set, of a kind that is not told.
    func clientMetricsEntries(
        _ name: String, _ view: MetadataImage, _ release: SimulatedRelease
    ) -> [ConfigEntry] {
        let set = view.clientMetrics[name] ?? [:]
        return ClientMetricsConfigTable.keys.compactMap { key -> ConfigEntry? in
            let own = set[key.name]
            guard release.hasGroupConfigs else {
                return own.map {
                    ConfigEntry(
                        name: key.name, value: $0, isReadOnly: false, isSensitive: false, kind: 0,
                        source: .clientMetrics, synonyms: [], documentation: "")
                }
            }
            return ConfigEntry(
                name: key.name, value: own ?? key.defaultValue, isReadOnly: false, isSensitive: false,
                kind: key.kind.rawValue, source: own == nil ? .default : .clientMetrics,
                synonyms: own.map { [.init(name: key.name, value: $0, source: .clientMetrics)] } ?? [])
        }
    }

    /// Keys that no file can set: rates of replication; and those that nobody knows, which are kept, and shown without a value,
    /// for they could be secrets.
    private func strangeEntries(_ set: [String: String], _ source: ConfigSource) -> [ConfigEntry] {
        set.keys.filter { ConfigTable.brokerByName[$0] == nil }.sorted().map { name in
            let isRate = ConfigTable.rates.contains(name)
            let value = isRate ? set[name] : nil
            return ConfigEntry(
                name: name, value: value, isReadOnly: !isRate, isSensitive: !isRate,
                kind: isRate ? ConfigDefinition.Kind.long.rawValue : 0, source: source,
                synonyms: [ConfigEntry.Synonym(name: name, value: value, source: source)])
        }
    }
}
