/// What the command line said, before anything is looked up: pure values, no effects.
package struct Options: Sendable, Hashable {
    /// `--output`; which of them a command knows is in the registry.
    package enum Output: String, Sendable, CaseIterable {
        case auto, human, plain, json, jsonl, quiet, table, wide, yaml, name, markdown, html, sarif
    }

    package enum Color: String, Sendable, CaseIterable { case auto, always, never }

    package var inventory: String?
    /// `name=value` or `@file`, in order.
    package var parameters: [String] = []
    package var limit: String?
    package var tags: [String] = []
    package var skipTags: [String] = []
    package var allowSkipGates = false
    package var forks = Options.defaultForks
    package var check = false
    package var diff = false
    package var cluster: String?
    /// A file of Kafka client settings.
    package var commandConfig: String?
    package var yes = false
    package var noInput = false
    package var atWindow = false
    /// What a person says became of a step.
    package var verdict: String?
    /// Why a person says so.
    package var reason: String?
    package var confirm: String?
    /// Why windows, approvals and locks are overridden.
    package var breakGlass: String?
    /// Which approve task is answered.
    package var task: String?
    package var deny = false
    /// A key to sign or to check with.
    package var key: String?
    /// Where checkpoints are kept, or the files that hold them.
    package var checkpoints: [String] = []
    /// As whom.
    package var approver: String?
    package var printsOnly = false
    package var detailedExitCode = false
    package var strict = false
    /// Where the plan is kept.
    package var planFile: String?
    /// Where the report goes.
    package var reportFile: String?
    /// Where the results go as JUnit XML.
    package var junitFile: String?
    /// For how long it may be applied.
    package var lifetime: Duration?
    package var output = Output.auto
    package var color = Color.auto
    package var quiet = false
    package var verbosity = 0
    package var stateDirectory: String?
    package var speed: Double?
    package var clientFiles: String?
    /// The socket of an embedded cluster that is served.
    package var control: String?
    package var ask: String?
    /// `HOST:PORT,…`.
    package var bootstrap: String?
    /// Look again after so long, until a signal.
    package var watch: Duration?
    /// Defaults too.
    package var all = false
    package var help = false
    package var version = false
    /// The words that are no options.
    package var operands: [String] = []

    /// Hosts of a batch that a step runs on at once.
    package static let defaultForks = 10
    package static let maximumForks = 1000
    /// How long a plan may be kept: what nobody applies within a month was made for another cluster.
    package static let lifetimes = Duration.seconds(60)...Duration.seconds(30 * 86_400)
    /// How often one may look again: more often would be load, more seldom a mistake.
    package static let watchIntervals = Duration.milliseconds(100)...Duration.seconds(86_400)

    package init() {}
}

/// The command line cannot be understood: exit 64.
package struct UsageError: Error, Sendable, Hashable {
    /// A sentence without a final dot.
    package var message: String
    package var hint: String?

    package init(_ message: String, hint: String? = nil) {
        self.message = message
        self.hint = hint
    }
}
