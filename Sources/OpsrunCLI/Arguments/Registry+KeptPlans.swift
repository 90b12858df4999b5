// What is done with a plan that was kept in a file.
extension Registry {
    static let keptPlans = [show, diff, apply]

    private static let file = CommandSpec.Operand(
        ValueSpec("FILE", .files), "a plan that `opsrun plan -o FILE` has kept")

    static let show = CommandSpec(
        "show", .show, "Show a plan that was kept in a file; contacts nothing",
        details: """
            Exit 11 when a byte of the file is not the one that opsrun wrote. As markdown it has the digest at the top and its \
            details folded, and fits a comment on a pull request.
            """,
        operands: [file], options: [OptionTable.showOutput, OptionTable.color, OptionTable.verbose],
        examples: [
            .init("show upgrade.opsplan", "as text"),
            .init("show upgrade.opsplan --output markdown", "for the people who review it"),
        ])

    static let diff = CommandSpec(
        "diff", .diff, "Say what two kept plans do differently; contacts nothing",
        operands: [file, .init(ValueSpec("OTHER", .files), "another one")],
        options: [OptionTable.diffOutput, OptionTable.color, OptionTable.detailedExitCode],
        examples: [
            .init("diff monday.opsplan tuesday.opsplan", "facts, parameters, batches and steps that differ"),
            .init("diff a.opsplan b.opsplan --detailed-exitcode", "exit 2 when they differ"),
        ])

    static let apply = CommandSpec(
        "apply", .apply, "Run a plan exactly as it was kept, or refuse and say what has changed",
        details: """
            Plans again, against the cluster as it is now, from the same playbook, inventory and parameters. Where that plan \
            differs in what was reviewed (a source file, the cluster's id, versions, features, the assignment of partitions, a \
            batch, a step, an argument), nothing is run and each difference is told (exit 9); so is a plan that has expired. Who \
            leads and who is in sync is read when it is used. Nothing is asked: the file is the consent. What cannot be \
            taken back is confirmed all the same, or by --yes.
            """,
        operands: [file],
        options: [
            OptionTable.forks, OptionTable.check, OptionTable.yes, OptionTable.noInput, OptionTable.atWindow,
            OptionTable.confirm, OptionTable.breakGlass, OptionTable.checkpoint,
            OptionTable.runOutput, OptionTable.junit, OptionTable.color, OptionTable.quiet, OptionTable.verbose,
            OptionTable.stateDirectory,
        ],
        examples: [
            .init("apply upgrade.opsplan --at-window", "as soon as the maintenance window opens"),
            .init("apply upgrade.opsplan --check", "would it still be applied?"),
        ])
}
