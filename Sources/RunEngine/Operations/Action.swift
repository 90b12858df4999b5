package import Values

/// A configured step: what `broker.restart: {timeout: 5m}` becomes once its arguments are known.
///
/// The catalog makes it (`CatalogEntry.make`). Planning has a context that cannot write, by type; running has one that can.
/// A "no" that is expected (a non-zero exit, a gate that holds, a missing topic) is a value in the outcome, not an error;
/// what is thrown is converted once, by the engine (`StepFailure`).
package protocol Action: Sendable {
    /// What running it would do, and whether it would change anything. Reads the cluster, cannot change it.
    func plan(in context: ReadContext) async throws -> ActionPlan

    /// The fact it reads. Called for reads, for gates, and for commands declared `effect: read`; never for a write.
    func read(in context: ReadContext) async throws -> ActionOutcome

    /// Does it. The engine has made the intent durable before this is called.
    func run(in context: StepContext) async throws -> ActionOutcome

    /// After an unknown outcome: did it happen?
    func verify(in context: StepContext) async throws -> Verification

    /// What became of an attempt that was begun by a process that has died: asked by a resume before anything else, and only
    /// answered by those whose attempts leave something behind that can be found again. Waits for one that still runs.
    func fate(in context: StepContext) async throws -> StepFate
}

extension Action {
    package func plan(in context: ReadContext) async throws -> ActionPlan { ActionPlan() }

    package func read(in context: ReadContext) async throws -> ActionOutcome {
        throw StepFailure(.internalError, "this action writes; it cannot be used as a read")
    }

    package func run(in context: StepContext) async throws -> ActionOutcome { try await read(in: context.reading) }

    package func verify(in context: StepContext) async throws -> Verification { .cannotTell("it has no read-back") }

    package func fate(in context: StepContext) async throws -> StepFate { .cannotTell }
}

/// What became of an attempt whose runner has died.
package enum StepFate: Sendable {
    /// It is proven that it did not begin: it may be done.
    case neverStarted
    /// It has ended, and this is its outcome.
    case finished(ActionOutcome)
    /// It leaves nothing behind that could be found again, or that was lost: its effect class decides.
    case cannotTell
}

/// What a step would do.
package struct ActionPlan: Sendable {
    /// One line a change, as a person says it: `metadata.version 21 → 30`.
    package var changes: [String]
    /// Commands that it would run, each with the host it runs on.
    package var commands: [[String]]
    /// True when reading showed that nothing would change.
    package var changesNothing: Bool
    /// Things a reviewer should know: `no install command: the step is skipped`.
    package var notes: [String]
    /// Reasons to refuse the plan before anything runs.
    package var refusals: [StepFailure]
    /// What would be known about the result already; fields that are missing are known at run.
    package var result: ValueMap

    package init(
        changes: [String] = [], commands: [[String]] = [], changesNothing: Bool = false, notes: [String] = [],
        refusals: [StepFailure] = [], result: ValueMap = ValueMap()
    ) {
        self.changes = changes
        self.commands = commands
        self.changesNothing = changesNothing
        self.notes = notes
        self.refusals = refusals
        self.result = result
    }
}

/// How a step ended.
package struct ActionOutcome: Sendable {
    package enum Status: Sendable {
        case ok
        case changed
        case skipped(reason: String)
        case failed(StepFailure)
        /// A write whose effect is not known: stops its host and the rollout until proven.
        case unknown(StepFailure)
        /// A signal ended it at a place from which its next attempt goes on.
        case stopped(String)
    }

    package var status: Status
    /// What `register` keeps: the fields of the action's `reference.result`.
    package var result: ValueMap

    package init(_ status: Status, result: ValueMap = ValueMap()) {
        self.status = status
        self.result = result
    }
}

/// What a read-back says about a write whose outcome is unknown.
package enum Verification: Sendable {
    case done(evidence: String)
    case notDone(evidence: String)
    case cannotTell(String)
}
