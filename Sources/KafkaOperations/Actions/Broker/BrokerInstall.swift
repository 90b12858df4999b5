import Playbooks
import RunEngine
import Values

/// Puts a release beside the one that runs.
///
/// 1. Without an `install` in the lifecycle the step is skipped. 2. The lifecycle puts it there, and looks that it is
/// there where it can. The release that runs, and the one that starts next, are untouched.
struct BrokerInstall: CatalogedAction {
    static let reference = ActionReference(
        name: "broker.install",
        summary: "Put a release beside the one that runs",
        details:
            "Done while the broker runs, so that it is down for its restart only. A lifecycle without `install` skips the step.",
        parameters: [.init("version", .version, "The release")],
        result: .write(
            .init("path", .optional(.string), "Where the release lies; null when the lifecycle does not say"),
            .init("installed_version", .optional(.version), "Of the new release"),
            .init("bytes", .optional(.bytes), "How much was brought; null when it is not known")),
        effect: .idempotent, target: .host,
        example: """
            - broker.install: {version: "4.3.1"}
              timeout: 15m
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
        guard lifecycle.has(.install) else {
            return ActionPlan(changesNothing: true, notes: ["the lifecycle has no `install`: the step is skipped"])
        }
        return ActionPlan(
            changes: ["install \(version)"], commands: try lifecycle.commands(for: .install, version: version))
    }

    func run(in context: StepContext) async throws -> ActionOutcome {
        let lifecycle = try services.lifecycle(context.reading.host, context.reading.inventory)
        guard lifecycle.has(.install) else {
            return ActionOutcome(
                .skipped(reason: "the lifecycle has no `install`"),
                result: ["changed": false, "path": .null, "installed_version": .null, "bytes": .null])
        }
        var inner = try services.lifecycleContext(of: context)
        let report = context.report
        report(StepProgress(message: "installing \(version)"))
        inner.onLines = { report(StepProgress(message: "", output: $0)) }
        // Without `activate` an install replaces what was there: it is what starts next.
        if !lifecycle.has(.activate) {
            let before = try await lifecycle.installedVersion(in: inner)
            if before != version {
                _ = try await ActivationNote.begin(version, after: before, lifecycle, services, in: context)
            }
        }
        try context.admit()
        let outcome = try await lifecycle.perform(.install, version: version, in: inner)
        if let output = outcome.output { await OutputFolder(context).keep(output) }
        return done(outcome.fields)
    }

    private func done(_ fields: ValueMap) -> ActionOutcome {
        ActionOutcome(
            .changed,
            result: [
                "changed": true, "path": fields["path"] ?? .null, "installed_version": .version(version),
                "bytes": fields["bytes"] ?? .null,
            ])
    }

    /// An install that outlived its runner is waited for: a second one beside it would do it no good.
    func fate(in context: StepContext) async throws -> StepFate {
        let lifecycle = try services.lifecycle(context.reading.host, context.reading.inventory)
        let inner = try services.lifecycleContext(of: context)
        switch try await lifecycle.fate(of: .install, version: version, in: inner) {
        case .neverBegan: return .neverStarted
        case .ended(let result) where result.succeeded:
            await OutputFolder(context).keep(result)
            return .finished(done(ValueMap()))
        // It said no: it may be asked again.
        case .ended, nil: return .cannotTell
        }
    }
}
