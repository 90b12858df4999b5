import Playbooks
import RunEngine
import Values

/// Makes an installed release the one that starts next.
///
/// 1. What starts next now is read; when it is the wanted one, nothing is done. 2. The lifecycle changes it. 3. It is
/// read again. The process that runs is untouched, which is remembered until a restart is proven (`PendingActivations`).
struct BrokerActivate: CatalogedAction {
    static let reference = ActionReference(
        name: "broker.activate",
        summary: "Make an installed release the one that starts next",
        details: "The broker that runs is untouched until it is restarted.",
        parameters: [.init("version", .version, "The release")],
        result: .write(.init("previous_version", .optional(.version), "Null: the lifecycle cannot tell")),
        effect: .checked, target: .host,
        example: """
            - broker.activate: {version: "4.3.1"}
            """,
        shorthand: "version")

    private let version: Version
    private let services: OperationServices

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        version = try arguments.version("version")
        self.services = services
    }

    func plan(in context: ReadContext) async throws -> ActionPlan {
        let lifecycle = try services.lifecycle(context.host, context.inventory)
        guard lifecycle.has(.activate) else { return Self.withoutActivate(lifecycle, context.host) }
        let now = try await lifecycle.installedVersion(in: try context.lifecycleContext())
        if now == version {
            return ActionPlan(changesNothing: true, notes: ["\(version) starts next already"])
        }
        return ActionPlan(
            changes: ["starts next: \(now?.text ?? "unknown") → \(version)"],
            commands: try lifecycle.commands(for: .activate, version: version))
    }

    /// An `install` that replaces what was there needs no `activate`; with neither, no version can be changed here.
    private static func withoutActivate(_ lifecycle: any Lifecycle, _ host: Host) -> ActionPlan {
        if lifecycle.has(.install) {
            return ActionPlan(changesNothing: true, notes: ["the lifecycle has no `activate`: the step is skipped"])
        }
        return ActionPlan(refusals: [noWay(host)])
    }

    private static func noWay(_ host: Host) -> StepFailure {
        StepFailure(
            .refused,
            "the lifecycle of \(host.name) has neither `activate` nor `install`: no version can be changed there",
            nextAction: "say in the inventory how a version becomes the one that starts next")
    }

    func run(in context: StepContext) async throws -> ActionOutcome {
        let host = context.reading.host
        let lifecycle = try services.lifecycle(host, context.reading.inventory)
        guard lifecycle.has(.activate) else {
            guard lifecycle.has(.install) else { throw Self.noWay(host) }
            return ActionOutcome(
                .skipped(reason: "the lifecycle has no `activate`"),
                result: ["changed": false, "previous_version": .null])
        }
        let inner = try services.lifecycleContext(of: context)
        let before = try await lifecycle.installedVersion(in: inner)
        let result: ValueMap = ["changed": true, "previous_version": .optional(before)]
        if before == version {
            var same = result
            same["changed"] = false
            return ActionOutcome(.ok, result: same)
        }
        try context.admit()
        try await context.record(StepRecord(kind: "prior_value", fields: ["installed_version": .optional(before)]))
        let note = try await ActivationNote.begin(version, after: before, lifecycle, services, in: context)
        let outcome: LifecycleOutcome
        do throws(StepFailure) {
            outcome = try await lifecycle.perform(.activate, version: version, in: inner)
        } catch {
            if error.code != .unknownOutcome { await note?.failed(try? await lifecycle.installedVersion(in: inner)) }
            throw error
        }
        if let output = outcome.output { await OutputFolder(context).keep(output) }
        if let after = try await lifecycle.installedVersion(in: inner), after != version {
            throw StepFailure(
                .failed, "\(version) was activated on \(host.name), but \(after) starts next",
                nextAction: "look at what the lifecycle's `activate` does")
        }
        await note?.succeeded()
        return ActionOutcome(.changed, result: result)
    }

    /// One that outlived its runner is waited for before anybody looks at what it did.
    func fate(in context: StepContext) async throws -> StepFate {
        let lifecycle = try services.lifecycle(context.reading.host, context.reading.inventory)
        let inner = try services.lifecycleContext(of: context)
        switch try await lifecycle.fate(of: .activate, version: version, in: inner) {
        case .neverBegan: return .neverStarted
        case .ended(let result) where result.succeeded && !lifecycle.has(.version):
            return .finished(ActionOutcome(.changed, result: ["changed": true, "previous_version": .null]))
        case .ended, nil: return .cannotTell
        }
    }

    func verify(in context: StepContext) async throws -> Verification {
        let lifecycle = try services.lifecycle(context.reading.host, context.reading.inventory)
        guard let now = try await lifecycle.installedVersion(in: try context.reading.lifecycleContext()) else {
            return .cannotTell("the lifecycle cannot tell which version starts next")
        }
        return now == version ? .done(evidence: "\(now) starts next") : .notDone(evidence: "\(now) starts next")
    }
}
