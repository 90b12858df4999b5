import EventLoop
import Playbooks
import Values

/// The names that every expression of a run sees: parameters, `host`, `groups`, `hosts`, `batch`, `cluster`, `clusters`, `run`,
/// and results that later plays see.
struct RunScope: Sendable {
    let inventory: Inventory
    let time: any TimeSource
    /// All of them, defaults filled in.
    var parameters = ValueMap()
    var parameterTypes: [String: ValueType] = [:]
    /// Values that win over those of the files: secrets that were resolved.
    var overrides = ValueMap()
    private(set) var secrets = ResolvedSecrets()
    /// What is taken out of every text of the run.
    let mask = SecretMask()
    /// The file whose secrets the values of parameters name.
    private let file: String
    /// By host name: variables and facts.
    private(set) var hostRecords: [String: Value] = [:]
    private(set) var clusterRecords = ValueMap()
    var run = ValueMap()
    /// Registered on `localhost` or by `run_once` in an earlier play.
    var shared: [SharedResult] = []

    init(inventory: Inventory, time: any TimeSource, file: String, secrets: ResolvedSecrets) {
        self.inventory = inventory
        self.file = file
        self.secrets = secrets
        self.time = time
        for secret in secrets.values.values { mask.add(.secret(secret)) }
        for host in inventory.hosts { hostRecords[host.name] = record(of: host, facts: nil) }
        for cluster in inventory.clusters {
            clusterRecords[cluster.name] = .map(InventoryValues.value(of: cluster))
        }
    }

    /// What only the cluster itself can tell.
    mutating func setID(_ id: String, ofCluster name: String) {
        guard var record = clusterRecords[name]?.mapValue else { return }
        record["id"] = .string(id)
        clusterRecords[name] = .map(record)
    }

    mutating func setFacts(_ facts: HostFacts?, of host: Host) {
        hostRecords[host.name] = record(of: host, facts: facts)
    }

    /// An imported playbook has parameters of its own.
    mutating func setParameters(of play: Play, default values: ValueMap) {
        parameters = values
        for (name, value) in play.parameterValues { parameters[name] = secrets.apply(value, file: file) }
        for (name, value) in overrides { parameters[name] = value }
    }

    func record(of host: Host) -> Value { hostRecords[host.name] ?? record(of: host, facts: nil) }

    /// Names that do not belong to a host: what a parameter's default or a play's keyword sees.
    func base(cluster: String?) -> ValueScope {
        var scope = ValueScope()
        for (source, secret) in secrets.values { scope.define(source.name, .secret(secret)) }
        for (name, value) in parameters { scope.define(name, value, type: parameterTypes[name]) }
        let (records, inventory, clusters) = (hostRecords, inventory, clusterRecords)
        scope.define("groups") { () throws(EvaluationError) -> Value? in
            var groups = ValueMap()
            for group in inventory.groups { groups[group.name] = .list(group.hosts.compactMap { records[$0] }) }
            return .map(groups)
        }
        scope.define("hosts") { () throws(EvaluationError) -> Value? in
            var map = ValueMap()
            for host in inventory.hosts { map[host.name] = records[host.name] }
            return .map(map)
        }
        scope.define("clusters", .map(clusters))
        if let cluster, let record = clusters[cluster] { scope.define("cluster", record) }
        let (run, time) = (run, time)
        scope.define("run") { () throws(EvaluationError) -> Value? in
            var record = run
            record["now"] = .timestamp(Timestamp(milliseconds: time.sinceEpoch.milliseconds))
            return .map(record)
        }
        for entry in shared { scope.define(entry.name, entry.value, type: entry.type) }
        return scope
    }

    /// The base of a host's task list.
    func base(for host: Host, cluster: String?, batch: [Host]?, variables: [Variable]) -> ValueScope {
        var scope = base(cluster: cluster)
        scope.push()
        scope.define("host", record(of: host))
        if let batch { scope.define("batch", ["hosts": .list(batch.map { record(of: $0) })]) }
        scope.define(variables)
        return scope
    }

    /// Everything as values, for templates.
    func values(for host: Host, cluster: String?, batch: [Host]) -> ValueMap {
        var map = parameters
        let scope = base(for: host, cluster: cluster, batch: batch, variables: [])
        for name in ["groups", "hosts", "clusters", "cluster", "run", "host", "batch"] {
            if let value = try? scope.value(of: name) { map[name] = value }
        }
        for entry in shared { map[entry.name] = entry.value }
        return map
    }

    private func record(of host: Host, facts: HostFacts?) -> Value {
        var map = secrets.apply(InventoryValues.value(of: host), file: inventory.path)
        for (name, value) in (facts ?? HostFacts()).values { map[name] = value }
        return .map(map)
    }
}

/// A result that later plays see.
struct SharedResult: Sendable {
    var name: String
    var value: Value
    var type: ValueType?
}

extension HostFacts {
    /// As the journal, the plan and `host` hold them.
    var values: ValueMap {
        [
            "installed_version": installedVersion.map { .version($0) } ?? .null,
            "running_version": runningVersion.map { .version($0) } ?? .null,
            "release": release.map { .version($0) } ?? .null,
        ]
    }

    /// What `values` and JSON made of them.
    init(values: ValueMap) {
        func version(_ name: String) -> Version? {
            if case .version(let version)? = values[name] { return version }
            return values[name]?.stringValue.flatMap { Version($0) }
        }
        self.init(
            installedVersion: version("installed_version"), runningVersion: version("running_version"),
            release: version("release"))
    }
}
