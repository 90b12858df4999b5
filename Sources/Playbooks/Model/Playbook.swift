package import Values

/// A playbook that loaded without an error: every name, type, argument, pattern and reference in it is known to be right.
package struct Playbook: Sendable {
    package var path: String
    package var name: String
    /// The cluster that the file means: `cluster:`, else the one of its hosts, else the only one, else `--cluster`; nil when none
    /// is decided and nothing needs one.
    package var cluster: Located<String>?
    package var parameters: [Parameter]
    package var lock: LockSettings
    /// All must be open for a change.
    package var windows: [WindowSettings]
    package var plays: [Play]
    /// All files that were read for it (imports included), for the plan's snapshot and for messages.
    package var sources: [SourceFile]
    /// Warnings of the load.
    package var warnings: [Diagnostic]
    /// The values of the parameters: from outside, else the default. One whose default needs the run itself is missing here
    /// and evaluated when the run starts; a missing optional one is null.
    package var parameterValues: ValueMap
    /// What secrets its files name, each once.
    package var secrets: [SecretSource]

    package init(
        path: String, name: String, cluster: Located<String>?, parameters: [Parameter], lock: LockSettings,
        windows: [WindowSettings] = [], plays: [Play],
        sources: [SourceFile], warnings: [Diagnostic], parameterValues: ValueMap = ValueMap(),
        secrets: [SecretSource] = []
    ) {
        self.path = path
        self.name = name
        self.cluster = cluster
        self.parameters = parameters
        self.lock = lock
        self.windows = windows
        self.plays = plays
        self.sources = sources
        self.warnings = warnings
        self.parameterValues = parameterValues
        self.secrets = secrets
    }
}

/// A declared parameter: the only names that `-e` may set.
package struct Parameter: Sendable {
    package var name: Located<String>
    package var type: ValueType
    /// Nil: required. May use `cluster.*`, inventory facts and parameters declared above it.
    package var defaultValue: ValueTemplate?
    package var isOptional: Bool
    package var oneOf: [Value]
    package var minimum: Value?
    package var maximum: Value?
    /// A PCRE2 pattern that text must match as a whole.
    package var pattern: String?
    package var summary: String

    package init(
        name: Located<String>, type: ValueType, defaultValue: ValueTemplate?, isOptional: Bool = false,
        oneOf: [Value] = [],
        minimum: Value? = nil, maximum: Value? = nil, pattern: String? = nil, summary: String = ""
    ) {
        self.name = name
        self.type = type
        self.defaultValue = defaultValue
        self.isOptional = isOptional
        self.oneOf = oneOf
        self.minimum = minimum
        self.maximum = maximum
        self.pattern = pattern
        self.summary = summary
    }
}

/// `lock: {scope: cluster, wait: 0s}`: on every cluster that a writing playbook names.
package struct LockSettings: Sendable {
    package enum Scope: String, Sendable { case cluster, none }
    package var scope: Scope
    package var wait: Duration

    package init(scope: Scope = .cluster, wait: Duration = .zero) {
        self.scope = scope
        self.wait = wait
    }
}

/// One play: its hosts, how they are taken in batches, and the tasks that run on each.
package struct Play: Sendable {
    package var name: Template?
    package var hosts: HostPattern
    /// Per host, before batching and again when the host's batch opens; all must hold.
    package var when: [Expression]
    package var order: Order
    /// Sizes of the batches; the last repeats. Empty: all hosts at once.
    package var serial: [BatchSize]
    package var maxFail: ValueTemplate?
    /// The cluster that the play means: its own `cluster:`, else its hosts' one, else the file's. Resolved by the loader.
    package var cluster: Located<String>?
    package var vars: [Variable]
    package var become: Bool
    package var environment: ValueTemplate?
    package var tags: [String]
    package var tasks: [TaskNode]
    package var span: SourceSpan
    /// The parameters of the file that the play stands in: an imported playbook has its own.
    package var parameterValues: ValueMap

    package enum Order: String, Sendable, CaseIterable {
        case inventory, sorted
        case reverseInventory = "reverse_inventory"
        case reverseSorted = "reverse_sorted"
        /// The quorum leader by DescribeQuorum comes last; read again before each batch.
        case controllerLast = "controller_last"
        case rack
        case leastLeadersFirst = "least_leaders_first"
    }

    package enum BatchSize: Sendable {
        case count(Int)
        /// Of the play's hosts, at least one.
        case percent(Int)
        /// An int, of phase load.
        case expression(ValueTemplate)
        /// The largest batch that provably keeps every partition at min ISR and the quorum alive.
        case safe
    }

    package init(
        name: Template?, hosts: HostPattern, when: [Expression], order: Order, serial: [BatchSize],
        maxFail: ValueTemplate?,
        cluster: Located<String>?, vars: [Variable], become: Bool, environment: ValueTemplate?, tags: [String],
        tasks: [TaskNode], span: SourceSpan, parameterValues: ValueMap = ValueMap()
    ) {
        self.name = name
        self.hosts = hosts
        self.when = when
        self.order = order
        self.serial = serial
        self.maxFail = maxFail
        self.cluster = cluster
        self.vars = vars
        self.become = become
        self.environment = environment
        self.tags = tags
        self.tasks = tasks
        self.span = span
        self.parameterValues = parameterValues
    }
}

/// A lexical variable; may use those above it.
package struct Variable: Sendable {
    package var name: Located<String>
    package var value: ValueTemplate

    package init(name: Located<String>, value: ValueTemplate) {
        self.name = name
        self.value = value
    }
}
