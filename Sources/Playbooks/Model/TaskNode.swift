package indirect enum TaskNode: Sendable {
    case task(PlaybookTask)
    case block(Block)
}

/// `block / rescue / always`, and what an imported task list becomes.
package struct Block: Sendable {
    package var name: Template?
    package var when: [Expression]
    package var vars: [Variable]
    package var tasks: [TaskNode]
    /// With `failed_task` and `failed_result` in scope.
    package var rescue: [TaskNode]
    package var always: [TaskNode]
    package var onFailure: FailurePolicy
    /// A rescued block still fails the run unless this is set.
    package var recovered: Bool
    package var tags: [String]
    /// An imported list: its `vars` and registered names stay inside.
    package var isScope: Bool
    /// Position in its list, which is part of each inner task's key.
    package var index: Int
    package var span: SourceSpan

    package enum FailurePolicy: Sendable, Hashable {
        case stop
        /// Run the undo lists of the finished and the failed task, newest first, on the failed hosts only.
        case rollback
        case `continue`(reason: String)
    }

    package init(
        name: Template?, when: [Expression], vars: [Variable], tasks: [TaskNode], rescue: [TaskNode],
        always: [TaskNode],
        onFailure: FailurePolicy, recovered: Bool, tags: [String], isScope: Bool, index: Int, span: SourceSpan
    ) {
        self.name = name
        self.when = when
        self.vars = vars
        self.tasks = tasks
        self.rescue = rescue
        self.always = always
        self.onFailure = onFailure
        self.recovered = recovered
        self.tags = tags
        self.isScope = isScope
        self.index = index
        self.span = span
    }
}

/// One task. Keywords that are not built are refused by the loader, never ignored.
package struct PlaybookTask: Sendable {
    package enum Work: Sendable {
        case action(ActionCall)
        case gate(GateCall)
    }

    package var name: Template?
    package var work: Work
    package var when: [Expression]
    package var vars: [Variable]
    package var loop: ValueTemplate?
    /// The loop's variable; `item` unless `loop_control.loop_var` says otherwise.
    package var loopVariable: String
    package var loopLabel: Template?
    /// `loop_control.index_var`: the place of the element, from 0.
    package var indexVariable: String?
    /// `loop_control.pause`: how long to wait between two elements.
    package var pause: ValueTemplate?
    package var register: Located<String>?
    package var until: [Expression]
    /// Extra tries after the first.
    package var retries: ValueTemplate?
    package var delay: ValueTemplate?
    package var interval: ValueTemplate?
    package var timeout: ValueTemplate?
    /// As declared; nil means the action's own class.
    package var effect: Effect?
    /// Asked when the outcome is unknown; a task list of reads and gates.
    package var verify: [TaskNode]
    package var undo: [TaskNode]
    package var irreversible: Bool
    package var become: Bool?
    package var environment: ValueTemplate?
    package var delegateTo: ValueTemplate?
    package var runOnce: RunOnce
    package var cluster: Located<String>?
    package var tags: [String]
    package var changedWhen: [Expression]
    package var failedWhen: [Expression]
    package var noLog: Bool
    package var simulate: ValueTemplate?
    package var onFailure: Block.FailurePolicy
    /// Position in its list.
    package var index: Int
    package var span: SourceSpan

    package enum RunOnce: Sendable { case no, batch, play }

    package init(
        name: Template?, work: Work, when: [Expression] = [], vars: [Variable] = [], loop: ValueTemplate? = nil,
        loopVariable: String = "item", loopLabel: Template? = nil, register: Located<String>? = nil,
        until: [Expression] = [], retries: ValueTemplate? = nil, delay: ValueTemplate? = nil,
        interval: ValueTemplate? = nil, timeout: ValueTemplate? = nil, effect: Effect? = nil, verify: [TaskNode] = [],
        undo: [TaskNode] = [], irreversible: Bool = false, become: Bool? = nil, environment: ValueTemplate? = nil,
        delegateTo: ValueTemplate? = nil, runOnce: RunOnce = .no, cluster: Located<String>? = nil, tags: [String] = [],
        changedWhen: [Expression] = [], failedWhen: [Expression] = [], noLog: Bool = false,
        simulate: ValueTemplate? = nil, onFailure: Block.FailurePolicy = .stop, indexVariable: String? = nil,
        pause: ValueTemplate? = nil, index: Int, span: SourceSpan
    ) {
        self.indexVariable = indexVariable
        self.pause = pause
        self.name = name
        self.work = work
        self.when = when
        self.vars = vars
        self.loop = loop
        self.loopVariable = loopVariable
        self.loopLabel = loopLabel
        self.register = register
        self.until = until
        self.retries = retries
        self.delay = delay
        self.interval = interval
        self.timeout = timeout
        self.effect = effect
        self.verify = verify
        self.undo = undo
        self.irreversible = irreversible
        self.become = become
        self.environment = environment
        self.delegateTo = delegateTo
        self.runOnce = runOnce
        self.cluster = cluster
        self.tags = tags
        self.changedWhen = changedWhen
        self.failedWhen = failedWhen
        self.noLog = noLog
        self.simulate = simulate
        self.onFailure = onFailure
        self.index = index
        self.span = span
    }
}

/// An action's name and its arguments by parameter name, in the order written; defaults are filled in by the engine.
package struct ActionCall: Sendable {
    package var name: Located<String>
    package var arguments: [(name: Located<String>, value: ValueTemplate)]
    /// Arguments declared as conditions: parsed, checked as bool, evaluated by the action at run.
    package var conditions: [(name: String, conditions: [Expression])]
    /// The folder of the file that names it: relative programs and files are looked up from there.
    package var folder: String
    package var span: SourceSpan

    package init(
        name: Located<String>, arguments: [(name: Located<String>, value: ValueTemplate)],
        conditions: [(name: String, conditions: [Expression])] = [], folder: String, span: SourceSpan
    ) {
        self.name = name
        self.arguments = arguments
        self.conditions = conditions
        self.folder = folder
        self.span = span
    }
}

/// A gate: a read that is sampled until its verdict holds. Named gates are resolved to their declaration by the loader, with
/// the place of use in `span`.
package struct GateCall: Sendable {
    /// `isr_recovered`, or the action's name for a gate written in place.
    package var name: String
    package var action: ActionCall
    /// Narrows or replaces `result.passes`; empty means `result.passes`.
    package var until: [Expression]
    package var failWhen: [Expression]
    package var interval: ValueTemplate?
    package var stableFor: ValueTemplate?
    package var timeout: ValueTemplate?
    package var stalledFor: ValueTemplate?
    package var span: SourceSpan

    package init(
        name: String, action: ActionCall, until: [Expression] = [], failWhen: [Expression] = [],
        interval: ValueTemplate? = nil, stableFor: ValueTemplate? = nil, timeout: ValueTemplate? = nil,
        stalledFor: ValueTemplate? = nil, span: SourceSpan
    ) {
        self.name = name
        self.action = action
        self.until = until
        self.failWhen = failWhen
        self.interval = interval
        self.stableFor = stableFor
        self.timeout = timeout
        self.stalledFor = stalledFor
        self.span = span
    }
}
