package import EventLoop
package import Playbooks
package import Values

/// Everything that a plan and a run are made from.
package struct RunInputs: Sendable {
    package var playbook: Playbook
    package var inventory: Inventory
    package var catalog: Catalog
    package var estate: any Estate
    package var time: any TimeSource
    /// Values that win over `playbook.parameterValues`.
    package var parameters: ValueMap
    package var options: RunOptions
    package var caller: Caller
    /// How it was asked for, in the terms of the caller: what a resume asks with again. Holds no secret.
    package var call = ValueMap()
    /// Where the ends of the audit logs are kept besides: when a run has begun, and when it has ended.
    package var checkpointSinks: [any CheckpointSink] = []
    /// Topics, of each cluster that the run may change, for the same.
    package var checkpointTopics: [String] = []
    /// What signs them.
    package var checkpointKey: CheckpointKey?
    /// Where approvals of the plan lie that were signed before the run.
    package var approvalFolders: [ApprovalFolder] = []
    /// The plan in a file that this run is made from: approvals of it are approvals of the run.
    package var reviewed: ReviewedPlan?
    /// Reads a secret from where it is kept; throws `StepFailure` when it cannot be had.
    package var resolveSecret: @Sendable (SecretSource) async throws -> Secret
    /// What leases of clusters count by, whatever clock the run has.
    package var leaseClock: any TimeSource = BootTimeSource()
    /// Forgets what the processes of a run left to be found again; called when it is over for good.
    package var releaseJobs: @Sendable (_ runID: String, _ folder: String) async -> Void = { _, _ in }

    package init(
        playbook: Playbook, inventory: Inventory, catalog: Catalog, estate: any Estate, time: any TimeSource,
        parameters: ValueMap = ValueMap(), options: RunOptions = RunOptions(), caller: Caller,
        resolveSecret: @escaping @Sendable (SecretSource) async throws -> Secret = RunInputs.noSecrets
    ) {
        self.playbook = playbook
        self.inventory = inventory
        self.catalog = catalog
        self.estate = estate
        self.time = time
        self.parameters = parameters
        self.options = options
        self.caller = caller
        self.resolveSecret = resolveSecret
    }

    /// Where nothing resolves secrets.
    package static let noSecrets: @Sendable (SecretSource) async throws -> Secret = { source in
        throw StepFailure(.refused, "the secret \(source.text) of \(source.file) cannot be resolved here")
    }
}

/// What the caller of a run chooses besides playbook and inventory.
package struct RunOptions: Sendable {
    /// Hosts of a batch that work at once.
    package static let defaultForks = 10

    /// `-l`: a host pattern.
    package var limit: String?
    package var tags: TagSelection
    package var forks: Int
    /// `--yes`
    package var assumesYes: Bool
    /// `--strict`: warnings of checks fail the run.
    package var isStrict: Bool
    /// How long running steps may take after the first signal; nil: their own deadlines.
    package var grace: Duration?
    /// `--check`: the plan looks once at each gate.
    package var samplesGates: Bool
    /// `--diff`: the plan shows what changes, before and after.
    package var showsDifferences: Bool
    /// The plan is one to keep: it binds itself to the assignment and the feature levels of its clusters too.
    package var bindsClusters: Bool
    /// The run follows at once: a playbook that only reads need not read for its plan what it reads then.
    package var runsAtOnce: Bool
    /// Stands in every output when time does not run at its own pace.
    package var speedNote: String?
    /// `--at-window`: a run that may not begin yet waits for its window.
    package var waitsForWindow = false
    /// The plan is kept in a file, and can be approved there before it is applied.
    package var isForReview = false
    /// Stands in a plan that locks a cluster: how far the lock reaches.
    package var lockNote: String?
    /// `--break-glass`: why the window, approvals and whoever has the lock are overridden. Gates, permits, journal and audit
    /// log stay.
    package var breakGlass: String?

    package init(
        limit: String? = nil, tags: TagSelection = TagSelection(), forks: Int = defaultForks,
        assumesYes: Bool = false, isStrict: Bool = false, grace: Duration? = nil, samplesGates: Bool = false,
        showsDifferences: Bool = false, bindsClusters: Bool = false, runsAtOnce: Bool = false,
        speedNote: String? = nil, lockNote: String? = nil
    ) {
        self.limit = limit
        self.tags = tags
        self.forks = forks
        self.assumesYes = assumesYes
        self.isStrict = isStrict
        self.showsDifferences = showsDifferences
        self.bindsClusters = bindsClusters
        self.runsAtOnce = runsAtOnce
        self.grace = grace
        self.samplesGates = samplesGates
        self.speedNote = speedNote
        self.lockNote = lockNote
    }
}

/// Who runs it, and how it was called.
package struct Caller: Sendable {
    package var user: String
    package var host: String
    package var pid: Int
    package var arguments: [String]
    /// Of opsrun.
    package var version: String
    /// Of the user; nil where nobody could tell.
    package var uid: Int?
    /// Who called `sudo`.
    package var sudoUser: String?
    /// Whom a CI system says it runs for.
    package var actor: String?
    /// Where a CI system shows this run.
    package var runURL: String?

    /// Who sits at the terminal: `sudo` lends a user and changes no person.
    package var person: String { sudoUser ?? user }

    /// All names of who started it: with `four_eyes` none of them can approve.
    package var identities: Set<String> { Set([user, sudoUser, actor].compactMap(\.self)) }

    package init(user: String, host: String, pid: Int, arguments: [String], version: String) {
        self.user = user
        self.host = host
        self.pid = pid
        self.arguments = arguments
        self.version = version
    }
}

/// A plan in a file, as somebody reviewed it.
package struct ReviewedPlan: Sendable, Hashable {
    package var digest: String
    /// `user@host` of who made it.
    package var author: String

    package init(digest: String, author: String) {
        self.digest = digest
        self.author = author
    }

    /// The user of the author, who may be one of a domain: `anna@corp@laptop`.
    var user: String { author.lastIndex(of: "@").map { String(author[..<$0]) } ?? author }
}

/// A plan or a run that cannot go on, with the code it ends with.
package struct RunFailure: Error, Sendable {
    package var exitCode: ExitCode
    package var failure: StepFailure

    package init(_ exitCode: ExitCode, _ failure: StepFailure) {
        self.exitCode = exitCode
        self.failure = failure
    }
}
