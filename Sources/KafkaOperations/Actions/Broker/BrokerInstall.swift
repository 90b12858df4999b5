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
        var inner = try context.reading.lifecycleContext()
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
        let outcome = try await lifecycle.perform(.install, version: version, in: inner)
        if let output = outcome.output { await OutputFolder(context).keep(output) }
        return ActionOutcome(
            .changed,
            result: [
                "changed": true, "path": outcome.fields["path"] ?? .null, "installed_version": .version(version),
                "bytes": outcome.fields["bytes"] ?? .null,
            ])
    }
}
