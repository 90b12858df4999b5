package import Values

/// What an action is, for the checker, the reference pages, `explain` and completion. The action's own file declares it;
/// `KafkaOperations` lists all of them, and the loader is given that list.
package struct ActionReference: Sendable {
    /// How a playbook names it: `kafka.can_stop`, `command`.
    package var name: String
    /// One sentence, imperative, without a final dot.
    package var summary: String
    /// A few sentences: what it guarantees, what it does not do.
    package var details: String
    package var parameters: [Parameter]
    /// The fields of the registered result. Gates' reads also declare `passes`, `reasons` and `progress`.
    package var result: RecordType
    /// The default class; `command` and `shell` may be declared otherwise by `effect`.
    package var effect: Effect
    /// True when it changes what cannot be changed back, whatever the task says.
    package var irreversible: Bool
    /// Where it can run: on a host of the play, on a cluster, or wherever the runner is.
    package var target: Target
    /// A task list in YAML that loads without a diagnostic.
    package var example: String
    /// True when its result carries `passes`, so that it can stand in a gate.
    package var isGate: Bool

    package enum Target: String, Sendable {
        /// Needs nothing but the runner (`assert`, `debug`).
        case runner
        /// Acts on the task's host through its connection (`command`, `broker.restart`).
        case host
        /// Talks to the Kafka cluster of the file, play or task.
        case cluster
    }

    /// An argument of the action.
    package struct Parameter: Sendable {
        package var name: String
        package var type: ValueType
        /// Nil for a required argument; `.null` for an optional one without a default.
        package var defaultValue: Value?
        package var summary: String
        /// Allowed texts; empty for any.
        package var oneOf: [String]
        /// True when the whole argument is a list of bare conditions or expressions (`assert: {that: […]}`), which are checked
        /// as expressions of type bool and evaluated by the action itself.
        package var isCondition: Bool

        package init(
            _ name: String, _ type: ValueType, default defaultValue: Value? = nil, oneOf: [String] = [],
            isCondition: Bool = false, _ summary: String
        ) {
            self.name = name
            self.type = type
            self.defaultValue = defaultValue
            self.oneOf = oneOf
            self.isCondition = isCondition
            self.summary = summary
        }
    }

    /// True when it brings a node up: after a signal, a host that the run stopped goes on until such a step, no further.
    package var startsNode: Bool
    /// True when it takes a node down, for however long: the plan says what the cluster would keep meanwhile.
    package var stopsNode: Bool

    /// The parameter that a scalar or a list given in place of the map means: `command: uptime`, `debug: "text"`.
    package var shorthand: String?

    package init(
        name: String, summary: String, details: String = "", parameters: [Parameter] = [],
        result: RecordType = RecordType([]),
        effect: Effect, irreversible: Bool = false, target: Target, example: String, isGate: Bool = false,
        shorthand: String? = nil, startsNode: Bool = false, stopsNode: Bool = false
    ) {
        self.name = name
        self.summary = summary
        self.details = details
        self.parameters = parameters
        self.result = result
        self.effect = effect
        self.irreversible = irreversible
        self.target = target
        self.example = example
        self.isGate = isGate
        self.shorthand = shorthand
        self.startsNode = startsNode
        self.stopsNode = stopsNode
    }
}

/// What repeating a step would do; decides dry run, retry and resume (`design`: effect classes).
package enum Effect: String, Sendable, CaseIterable {
    /// Changes nothing: runs in a dry run, any number of times.
    case read
    /// The same inputs give the same end state: may be repeated.
    case idempotent
    /// Can tell afterwards whether it happened (`verify` or a read-back).
    case checked
    /// None of these: never repeated automatically.
    case opaque
}
