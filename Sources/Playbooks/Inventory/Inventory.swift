package import Values

/// An inventory that loaded without an error: hosts, groups, clusters, approvers.
package struct Inventory: Sendable {
    package var path: String
    /// In file order.
    package var hosts: [Host]
    /// Groups in file order, `all` first; members in inventory order, descendants included.
    package var groups: [(name: String, hosts: [String])]
    package var clusters: [ClusterSettings]
    /// `approvers: {groups: {kafka-oncall: [anna, ola]}}`.
    package var approverGroups: [String: [String]]
    /// The inventory says which groups there are, were it none: then nobody else approves a plan as a whole.
    package var namesApprovers = false
    /// The file that says whose keys may sign approvals (`approvers: {allowed_signers: FILE}`).
    package var allowedSigners: String?
    /// Where checkpoints of the audit logs are kept.
    package var audit = AuditSettings()
    package var sources: [SourceFile]
    package var warnings: [Diagnostic]

    package init(
        path: String, hosts: [Host], groups: [(name: String, hosts: [String])], clusters: [ClusterSettings],
        approverGroups: [String: [String]], sources: [SourceFile], warnings: [Diagnostic]
    ) {
        self.path = path
        self.hosts = hosts
        self.groups = groups
        self.clusters = clusters
        self.approverGroups = approverGroups
        self.sources = sources
        self.warnings = warnings
    }

    /// What a playbook that only names `localhost` runs with.
    package static let empty = Inventory(
        path: "", hosts: [], groups: [], clusters: [], approverGroups: [:], sources: [], warnings: [])

    package func host(_ name: String) -> Host? { hosts.first { $0.name == name } }
    package func cluster(_ name: String) -> ClusterSettings? { clusters.first { $0.name == name } }
}

/// A host with its variables resolved: host over group by depth.
package struct Host: Sendable {
    package var name: String
    /// Fully resolved (inventory expressions evaluated); includes `name`, `node_id`, `broker_id` where set.
    package var variables: ValueMap
    /// `cluster` variable: which cluster the host belongs to.
    package var cluster: String?
    /// `node_id` or `broker_id`.
    package var nodeID: Int32?
    /// Nil on a dedicated controller.
    package var brokerID: Int32?
    package var rack: String?
    package var connection: ConnectionSettings
    /// Host- or group-level override of the cluster's lifecycle.
    package var lifecycle: ConfigurationNode?
    package var groups: [String]
    package var span: SourceSpan

    package init(
        name: String, variables: ValueMap, cluster: String?, nodeID: Int32?, brokerID: Int32?, rack: String?,
        connection: ConnectionSettings, lifecycle: ConfigurationNode?, groups: [String], span: SourceSpan
    ) {
        self.name = name
        self.variables = variables
        self.cluster = cluster
        self.nodeID = nodeID
        self.brokerID = brokerID
        self.rack = rack
        self.connection = connection
        self.lifecycle = lifecycle
        self.groups = groups
        self.span = span
    }
}

/// How a host is reached.
package struct ConnectionSettings: Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        case local, ssh, kubectl, simulated

        /// Those that hosts can be reached by today.
        package static let built: [Kind] = [.local, .ssh, .simulated]
    }
    package var kind: Kind
    /// Defaults to the host's name.
    package var address: String
    package var port: Int?
    package var user: String?
    package var privateKeyFile: String?
    package var become: Bool
    package var becomeUser: String?
    /// Other connection keys as written (`kubectl_namespace`, …).
    package var options: ValueMap

    package init(
        kind: Kind, address: String, port: Int? = nil, user: String? = nil, privateKeyFile: String? = nil,
        become: Bool = false, becomeUser: String? = nil, options: ValueMap = ValueMap()
    ) {
        self.kind = kind
        self.address = address
        self.port = port
        self.user = user
        self.privateKeyFile = privateKeyFile
        self.become = become
        self.becomeUser = becomeUser
        self.options = options
    }
}

/// One entry of `kafka_clusters`. What belongs to other modules travels as nodes with positions.
package struct ClusterSettings: Sendable {
    package var name: String
    package var bootstrap: [String]
    package var bootstrapControllers: [String]
    /// Pins the cluster: a run on another one is refused.
    package var clusterID: String?
    package var isProtected: Bool
    /// The release that should run.
    package var version: Version?
    /// Decoded by `KafkaOperations`.
    package var security: ConfigurationNode?
    /// Decoded by `KafkaOperations`.
    package var lifecycle: ConfigurationNode?
    /// Decoded by `OpsrunCLI`; present: the cluster is embedded.
    package var simulated: ConfigurationNode?
    package var commandConfig: Located<String>?
    /// How it is locked.
    package var lock = ClusterLockSettings()
    package var span: SourceSpan

    package init(
        name: String, bootstrap: [String], bootstrapControllers: [String], clusterID: String?, isProtected: Bool,
        version: Version?, security: ConfigurationNode?, lifecycle: ConfigurationNode?, simulated: ConfigurationNode?,
        commandConfig: Located<String>?, span: SourceSpan
    ) {
        self.name = name
        self.bootstrap = bootstrap
        self.bootstrapControllers = bootstrapControllers
        self.clusterID = clusterID
        self.isProtected = isProtected
        self.version = version
        self.security = security
        self.lifecycle = lifecycle
        self.simulated = simulated
        self.commandConfig = commandConfig
        self.span = span
    }
}

/// A part of a file that another module decodes: values with expressions, and positions for its messages. Relative paths in
/// it are looked up from `folder`.
package struct ConfigurationNode: Sendable {
    package var template: ValueTemplate
    package var folder: String

    package init(template: ValueTemplate, folder: String) {
        self.template = template
        self.folder = folder
    }

    package var span: SourceSpan { template.span }
}
