package import EventLoop
package import KafkaAdmin
package import Playbooks
package import Values

/// What a read may use: looks, never touches. Planning has nothing else.
package struct ReadContext: Sendable {
    /// The host that the task runs for; `localhost` for plays on the runner.
    package var host: Host
    /// Every host of the inventory, for actions that name nodes.
    package var inventory: Inventory
    /// The cluster that the task means, when it means one.
    package var clusterSettings: ClusterSettings?
    /// Nil when the playbook has no cluster.
    package var cluster: (any ClusterReader)?
    package var time: any TimeSource
    /// How long the step may take in all (`timeout`); nil: the action's own default.
    package var timeout: Duration?
    /// Becomes another user on the host.
    package var become: Bool
    /// Environment of process steps, as declared by the play and the task.
    package var environment: [(name: String, value: Value)]
    /// The folder of the file that names the action: relative programs and files are looked up from there.
    package var folder: String
    /// Evaluates a condition or a template of the playbook in the task's scope, with more names on top
    /// (`assert`, `check`, `template`).
    package var evaluate: @Sendable (Expression, ValueMap) throws -> Value
    /// The whole scope as values, for the `template` action.
    package var scope: @Sendable () -> ValueMap
    /// The id that the cluster answered with; nil without a cluster.
    package var clusterID: String?
    /// `--diff`: a plan shows the lines of a file that would change.
    package var showsDifferences = false

    package init(
        host: Host, inventory: Inventory, clusterSettings: ClusterSettings?, cluster: (any ClusterReader)?,
        time: any TimeSource, timeout: Duration?, become: Bool, environment: [(name: String, value: Value)],
        folder: String, evaluate: @escaping @Sendable (Expression, ValueMap) throws -> Value,
        scope: @escaping @Sendable () -> ValueMap
    ) {
        self.host = host
        self.inventory = inventory
        self.clusterSettings = clusterSettings
        self.cluster = cluster
        self.time = time
        self.timeout = timeout
        self.become = become
        self.environment = environment
        self.folder = folder
        self.evaluate = evaluate
        self.scope = scope
    }
}

/// What a step that runs may use: all of a read's, the cluster's writes, and the record of the run.
package struct StepContext: Sendable {
    package var reading: ReadContext
    package var clusterOperator: (any ClusterOperator)?
    /// Run + play + block path + task + host + item; stable over attempts.
    package var key: String
    package var runID: String
    /// The folder of this attempt's output; empty when nothing of it is to be kept (`no_log`).
    package var outputFolder: String
    /// `force: "reason"` has been approved, irreversible steps confirmed: by whom.
    package var approvals: [String]
    /// Says what the step is doing right now, for the live view and the journal's readers; not durable.
    package var report: @Sendable (StepProgress) -> Void
    /// Makes a fact durable before the step goes on (a witness of a restart, a prior value); throws when it cannot.
    package var record: @Sendable (StepRecord) async throws -> Void
    /// True once the first signal came: start nothing new.
    package var isStopping: @Sendable () -> Bool
    /// Takes the secrets that the run knows out of text that is going to be kept.
    package var mask: @Sendable (String) -> String
    /// Under which name this attempt's process runs; nil: it is not to be found again.
    package var job: ProcessJob?
    /// What the attempts of this step made durable in a process that has died; empty in a first run.
    package var recorded: [StepRecord] = []
    /// Says which file was written into `outputFolder`, and what it holds: its digest goes into the step's end.
    package var noteKept: @Sendable (_ name: String, _ content: [UInt8]) -> Void = { _, _ in }
    /// Puts back what this step has borrowed (`borrow`), newest first; answers with what is left, a sentence each. What a step
    /// does not give back itself is put back at the end of the run, whatever ends it.
    package var giveBack: @Sendable () async throws -> [String] = { [] }

    /// Asks for the lock of the cluster right before something is done otherwise than through `clusterOperator`, which asks by
    /// itself; throws where it is lost. What a step finds out before it acts may take longer than a lease.
    package var admit: @Sendable () throws(StepFailure) -> Void = {}

    package init(
        reading: ReadContext, clusterOperator: (any ClusterOperator)?, key: String, runID: String, outputFolder: String,
        approvals: [String], report: @escaping @Sendable (StepProgress) -> Void,
        record: @escaping @Sendable (StepRecord) async throws -> Void, isStopping: @escaping @Sendable () -> Bool,
        mask: @escaping @Sendable (String) -> String = { $0 }
    ) {
        self.reading = reading
        self.clusterOperator = clusterOperator
        self.key = key
        self.runID = runID
        self.outputFolder = outputFolder
        self.approvals = approvals
        self.report = report
        self.record = record
        self.isStopping = isStopping
        self.mask = mask
    }
}

/// The name by which the process of an attempt is found again: by a second runner, or after the death of the first.
package struct ProcessJob: Sendable, Hashable {
    /// The run that it belongs to.
    package var runID: String
    /// The step's key and the attempt, as one component of a path: no two attempts of a run share it.
    package var name: String
    /// Where jobs of this machine leave their traces; it belongs to the run's folder.
    package var folder: String

    package init(runID: String, key: String, attempt: Int, folder: String) {
        self.runID = runID
        name = "\(Digest.sha256(key.utf8).prefix(24))-\(attempt)"
        self.folder = folder
    }

    /// That of one of several programs of the step; `name` is a component of a path.
    package func part(_ name: String) -> ProcessJob {
        var job = self
        job.name += "-\(name)"
        return job
    }
}

/// What a step is doing right now.
package struct StepProgress: Sendable {
    /// Such as `stopping: waiting for the connection to close`.
    package var message: String
    /// Lines of output of a process, as they come; already safe for a terminal.
    package var output: [String]
    /// Broker state for the roll view: `stopping`, `down`, `starting`, `back`.
    package var brokerState: String?

    package init(message: String, output: [String] = [], brokerState: String? = nil) {
        self.message = message
        self.output = output
        self.brokerState = brokerState
    }
}

/// A durable note of a step inside its intent and outcome.
package struct StepRecord: Sendable {
    /// `witness`, `prior_value`, `spawned`, `stopped`, `started`, `temporary` (`borrow`).
    package var kind: String
    package var fields: ValueMap

    package init(kind: String, fields: ValueMap) {
        self.kind = kind
        self.fields = fields
    }
}

extension StepContext {
    /// Says, durably, that something is about to be changed for the run's time only: `action` with `arguments` puts it back, and
    /// with `again: true` sets it again after a suspension. It compares before it writes, so that it may come too early, too
    /// late and more than once. Called before the change. `repeats`: a resume sets it again, where the step has ended and is not
    /// done once more. `places`: what it changes, by names of the action's own; of two changes of one place the older one is put
    /// back after the newer one, whichever step ends first. Throws where the record cannot be kept.
    package func borrow(
        _ what: String, action: String, _ arguments: ValueMap, repeats: Bool, places: [String] = []
    ) async throws {
        var fields: ValueMap = [
            "what": .string(what), "action": .string(action), "arguments": .map(arguments), "repeats": .bool(repeats),
        ]
        if !places.isEmpty { fields["places"] = .list(places.map(Value.string)) }
        try await record(StepRecord(kind: TemporaryChange.kind, fields: fields))
    }

    /// The same, with a cluster whose calls all together end within `limit` from now on.
    func ending(within limit: Duration) -> StepContext {
        var context = self
        context.reading.cluster = reading.cluster?.ending(within: limit)
        context.clusterOperator = clusterOperator?.ending(within: limit)
        return context
    }
}
