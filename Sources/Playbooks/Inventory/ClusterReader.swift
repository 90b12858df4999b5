import Values

/// Reads `kafka_clusters`. What other modules decode is kept as nodes with positions.
struct ClusterReader {
    let problems: Problems
    /// Of the file, for relative paths.
    let folder: String

    static let keys = [
        "bootstrap", "bootstrap_controllers", "security", "command_config", "cluster_id", "protected", "version",
        "lifecycle", "simulated", "lock",
    ]
    static let lockKeys = ["store", "path", "lease"]

    func clusters(_ node: YAMLNode) -> [ClusterSettings] {
        guard let entries = node.entries else {
            problems.error("inventory-shape", "kafka_clusters is a map of clusters by name", at: node.span)
            return []
        }
        return entries.map(cluster)
    }

    private func cluster(_ entry: YAMLEntry) -> ClusterSettings {
        var settings = ClusterSettings(
            name: entry.key, bootstrap: [], bootstrapControllers: [], clusterID: nil, isProtected: false, version: nil,
            security: nil, lifecycle: nil, simulated: nil, commandConfig: nil, span: entry.keySpan)
        guard let keys = entry.value.entries else {
            problems.error(
                "inventory-shape", "a cluster is a map, not \(entry.value.kindDescription)",
                hint: "at least {bootstrap: [host:port]}", at: entry.value.span)
            return settings
        }
        var hasBootstrap = false
        for key in keys {
            switch key.key {
            case "bootstrap":
                settings.bootstrap = addresses(key)
                hasBootstrap = true
            case "bootstrap_controllers": settings.bootstrapControllers = addresses(key)
            case "security": settings.security = node(key, mustBeMap: true)
            case "lifecycle": settings.lifecycle = node(key, mustBeMap: false)
            case "simulated": settings.simulated = node(key, mustBeMap: true)
            case "command_config":
                if let text = text(key) { settings.commandConfig = Located(text, at: key.value.span) }
            case "cluster_id": settings.clusterID = text(key)
            case "protected":
                if case .bool(let flag) = literal(key, .bool) { settings.isProtected = flag }
            case "lock": if let lock = lock(key) { settings.lock = lock }
            case "version":
                if case .version(let version) = literal(key, .version) { settings.version = version }
            default:
                problems.error(
                    "unknown-key", "a cluster has no key '\(key.key)'",
                    hint: NearestName.hint(key.key, in: Self.keys) ?? "keys: " + Self.keys.joined(separator: ", "),
                    at: key.keySpan)
            }
        }
        if !hasBootstrap, settings.bootstrapControllers.isEmpty, settings.simulated == nil {
            problems.error(
                "missing-key", "the cluster '\(entry.key)' lacks bootstrap",
                hint: "or bootstrap_controllers, for what controllers answer", at: entry.keySpan)
        }
        return settings
    }

    /// `{store: file|kafka, path: FOLDER, lease: 60s}`.
    private func lock(_ entry: YAMLEntry) -> ClusterLockSettings? {
        guard let keys = entry.value.entries else {
            problems.error(
                "type-mismatch", "'lock' is a map, not \(entry.value.kindDescription)",
                hint: "such as {store: kafka, lease: 60s}", at: entry.value.span)
            return nil
        }
        var lock = ClusterLockSettings()
        for key in keys {
            switch key.key {
            case "store":
                guard let word = text(key) else { continue }
                guard let store = ClusterLockSettings.Store(rawValue: word) else {
                    problems.error(
                        "type-mismatch", "'store' is file or kafka, not '\(word)'",
                        hint: NearestName.hint(word, in: ClusterLockSettings.Store.allCases.map(\.rawValue)),
                        at: key.value.span)
                    continue
                }
                lock.store = store
            case "path":
                if let path = text(key) { lock.path = path.hasPrefix("/") ? path : "\(folder)/\(path)" }
            case "lease":
                guard case .duration(let lease) = literal(key, .duration) else { continue }
                guard ClusterLockSettings.leases.contains(lease) else {
                    problems.error(
                        "type-mismatch", "a lease is from 2s to 1h, not \(lease.text)", at: key.value.span)
                    continue
                }
                lock.lease = lease
            default:
                problems.error(
                    "unknown-key", "a cluster's lock has no key '\(key.key)'",
                    hint: NearestName.hint(key.key, in: Self.lockKeys)
                        ?? "keys: " + Self.lockKeys.joined(separator: ", "),
                    at: key.keySpan)
            }
        }
        if lock.store == .kafka, lock.path != nil {
            problems.error(
                "type-mismatch", "a lock that is kept in Kafka has no path", hint: "take `path` or `store: kafka` away",
                at: entry.value.span)
        }
        return lock
    }

    private func literal(_ entry: YAMLEntry, _ type: ValueType) -> Value? {
        guard let text = entry.value.text, Template.isPlain(text) else {
            problems.error(
                "type-mismatch", "'\(entry.key)' is one \(type), written out", at: entry.value.span)
            return nil
        }
        return TemplateBuilder(problems: problems, clusterNames: nil)
            .template(entry.value, as: type, what: "'\(entry.key)'")?.literalValue
    }

    private func text(_ entry: YAMLEntry) -> String? {
        guard case .string(let text) = literal(entry, .string) else { return nil }
        return text
    }

    private func node(_ entry: YAMLEntry, mustBeMap: Bool) -> ConfigurationNode? {
        guard !mustBeMap || entry.value.entries != nil else {
            problems.error(
                "type-mismatch", "'\(entry.key)' is a map, not \(entry.value.kindDescription)", at: entry.value.span)
            return nil
        }
        guard !entry.value.isNull else {
            problems.error("type-mismatch", "'\(entry.key)' needs a value", at: entry.keySpan)
            return nil
        }
        return TemplateBuilder(problems: problems, clusterNames: nil).untyped(entry.value, keepsText: true)
            .map { ConfigurationNode(template: $0, folder: folder) }
    }

    /// `host:port`, one or a list.
    private func addresses(_ entry: YAMLEntry) -> [String] {
        let nodes = entry.value.items ?? [entry.value]
        var result: [String] = []
        for node in nodes {
            guard let text = node.text, !node.isNull else {
                problems.error("type-mismatch", "'\(entry.key)' is a list of host:port", at: node.span)
                continue
            }
            for part in text.split(separator: ",") {
                let address = part.filter { $0 != " " }
                guard let colon = address.lastIndex(of: ":"), colon != address.startIndex,
                    let port = Int(address[address.index(after: colon)...]), (1...65535).contains(port)
                else {
                    problems.error(
                        "bad-address", "'\(address)' is no address", hint: "write host:port", at: node.span)
                    continue
                }
                result.append(address)
            }
        }
        if nodes.isEmpty { problems.error("missing-key", "'\(entry.key)' is empty", at: entry.value.span) }
        return result
    }
}
