package import Playbooks
package import Values

/// What a run would do, as a value: made by reading only, bound to its sources and to the facts that its decisions used.
package struct Plan: Sendable {
    package var playbook: String
    package var name: String
    package var inventory: String
    /// Path and SHA-256 of every file that was read.
    package var sources: [(path: String, sha256: String)]
    /// Secrets print as `•••`.
    package var parameters: ValueMap
    package var clusters: [ClusterIdentity]
    package var plays: [PlannedPlay]
    package var approvals: [PlannedApproval]
    /// Steps that cannot be undone, or are forced: listed apart.
    package var irreversible: [PlannedDanger]
    /// Facts that decisions used: `kafka-1.running_version` and the like, as `name: value`.
    package var facts: ValueMap
    package var notes: [String]
    /// Reasons not to run it; exit 9.
    package var refusals: [StepFailure]
    /// Whether any step of the playbook may change something; a check has none.
    package var hasEffects: Bool
    /// Why nothing would be done; nil when there is something to do. Such a plan is not executed.
    package var nothingToDo: String?
    /// SHA-256 of the canonical JSON.
    package var digest: String
    /// Decided at plan and needed by the run.
    package var tags: TagSelection
    package var limit: String?

    package init(playbook: String, name: String, inventory: String) {
        self.playbook = playbook
        self.name = name
        self.inventory = inventory
        sources = []
        parameters = ValueMap()
        clusters = []
        plays = []
        approvals = []
        irreversible = []
        facts = ValueMap()
        notes = []
        refusals = []
        hasEffects = false
        nothingToDo = nil
        digest = ""
        tags = TagSelection()
        limit = nil
    }

    package var changesNothing: Bool { nothingToDo != nil }
}

/// `-t` and `--skip-tags`.
package struct TagSelection: Sendable, Hashable {
    package var only: [String]
    package var skip: [String]
    /// `--allow-skip-gates`: without it a gate runs whatever the tags say.
    package var mayLeaveOutGates: Bool

    package init(only: [String] = [], skip: [String] = [], mayLeaveOutGates: Bool = false) {
        self.only = only
        self.skip = skip
        self.mayLeaveOutGates = mayLeaveOutGates
    }
}

/// A play as it will run: its batches of hosts in their order.
package struct PlannedPlay: Sendable {
    /// From 0.
    package var index: Int
    package var name: String
    package var cluster: String?
    package var order: String
    package var batches: [PlannedBatch]
    package var excluded: [ExcludedHost]
    /// Why no host is left.
    package var skipped: String?

    package init(index: Int, name: String, cluster: String?, order: String) {
        self.index = index
        self.name = name
        self.cluster = cluster
        self.order = order
        batches = []
        excluded = []
        skipped = nil
    }
}

/// Hosts that go through a play's tasks together.
package struct PlannedBatch: Sendable {
    package var hosts: [String]
    package var tasks: [PlannedTask]
    /// What proves that the nodes may be down together, or why it is not proven now; nil where none is taken down.
    package var safety: String?
    /// In-sync replicas that every partition keeps above `min.insync.replicas` meanwhile.
    package var margin: Int?

    package init(hosts: [String], tasks: [PlannedTask], safety: String? = nil, margin: Int? = nil) {
        self.hosts = hosts
        self.tasks = tasks
        self.safety = safety
        self.margin = margin
    }
}

/// A task of a batch, with what it means on each host.
package struct PlannedTask: Sendable {
    /// Block path and place: `1.0.2`.
    package var path: String
    package var name: String
    /// `broker.restart`; `gate` for gates.
    package var action: String
    /// The gate's name for gates.
    package var gate: PlannedGate?
    package var effect: Effect
    package var section: StepSection
    /// How deep in blocks it stands.
    package var depth: Int
    package var steps: [PlannedStep]
    package var span: SourceSpan

    package init(
        path: String, name: String, action: String, gate: PlannedGate?, effect: Effect, section: StepSection,
        depth: Int, steps: [PlannedStep], span: SourceSpan
    ) {
        self.path = path
        self.name = name
        self.action = action
        self.gate = gate
        self.effect = effect
        self.section = section
        self.depth = depth
        self.steps = steps
        self.span = span
    }
}

/// A gate as it will be judged.
package struct PlannedGate: Sendable {
    package var name: String
    package var action: String
    package var interval: Duration
    package var stableFor: Duration?
    package var timeout: Duration?
    package var stalledFor: Duration?

    package init(
        name: String, action: String, interval: Duration, stableFor: Duration?, timeout: Duration?,
        stalledFor: Duration?
    ) {
        self.name = name
        self.action = action
        self.interval = interval
        self.stableFor = stableFor
        self.timeout = timeout
        self.stalledFor = stalledFor
    }

    /// The least time that it takes when every sample is good.
    package var minimumTime: Duration { stableFor ?? .zero }
}

/// One task on one host.
package struct PlannedStep: Sendable {
    package enum Decision: Sendable {
        case run
        case skip(reason: String)
        /// Decided in the run: what for.
        case atRun(reason: String)
    }

    package enum Argument: Sendable {
        case known(Value)
        /// The task after which it is known.
        case knownAfter(String)
    }

    package var host: String
    /// The host that it runs on in place of `host`: `delegate_to`.
    package var delegate: String?
    package var decision: Decision
    package var arguments: [(name: String, value: Argument)]
    package var commands: [[String]]
    package var changes: [String]
    package var changesNothing: Bool
    package var notes: [String]
    /// The loop's labels, where it is a loop and they are known.
    package var items: [String]
    /// `--check`: what one look at the gate saw.
    package var sample: Sample?

    package struct Sample: Sendable {
        package var passes: Bool
        package var reasons: [String]
        package var progress: Value

        package init(passes: Bool, reasons: [String], progress: Value) {
            self.passes = passes
            self.reasons = reasons
            self.progress = progress
        }
    }

    package init(host: String, decision: Decision) {
        self.host = host
        self.decision = decision
        arguments = []
        commands = []
        changes = []
        changesNothing = false
        notes = []
        items = []
        sample = nil
    }
}

/// An approval that the run will ask for.
package struct PlannedApproval: Sendable {
    package var task: String
    package var prompt: String
    package var approvers: [String]
    package var fourEyes: Bool
    package var minimum: Int
    package var timeout: Duration?
    package var mustType: String?

    package init(
        task: String, prompt: String, approvers: [String], fourEyes: Bool, minimum: Int, timeout: Duration?,
        mustType: String?
    ) {
        self.task = task
        self.prompt = prompt
        self.approvers = approvers
        self.fourEyes = fourEyes
        self.minimum = minimum
        self.timeout = timeout
        self.mustType = mustType
    }
}

/// A step that cannot be taken back, or one that overrides a permit.
package struct PlannedDanger: Sendable {
    package enum Kind: String, Sendable { case irreversible, forced }
    package var kind: Kind
    package var task: String
    package var hosts: [String]
    /// The `force:` reason.
    package var reason: String?

    package init(kind: Kind, task: String, hosts: [String], reason: String?) {
        self.kind = kind
        self.task = task
        self.hosts = hosts
        self.reason = reason
    }
}
