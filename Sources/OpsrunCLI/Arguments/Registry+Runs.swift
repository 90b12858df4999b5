// What is done with runs that are there: gone on with, answered for, given up, looked at.
extension Registry {
    static let runsCommands = [approve, resume, resolve, cancel, runs, status, report, lockShow, lockBreak]

    private static let runName = CommandSpec.Operand(
        ValueSpec("RUN"), "a run: its id, the beginning of it, or `last`")

    static let approve = CommandSpec(
        "approve", .approve, "Say yes, or no, to a run that waits or to a plan that was kept; signed with your SSH key",
        details: """
            Writes what is approved as a few lines of text (the digest of the plan, the task, who, until when), has `ssh-keygen \
            -Y sign` sign them, and keeps both in the folder approvals of the run, or in FILE.approvals beside the plan; `resume` \
            and `apply` find them there. It counts when approvers.allowed_signers of the inventory has the key, under a name \
            that the task lets approve, written as there, and only for this very plan: an approval of a kept plan counts for one \
            run of it. Without a key it prints the text to sign, and how.

            The key: --key (a public one whose other half is in ssh-agent will do), else ~/.ssh/id_ed25519, id_ecdsa or id_rsa.
            """,
        operands: [.init(ValueSpec("RUN|FILE", .files), "a run (its id, the beginning of it, `last`), or a kept plan")],
        options: [
            OptionTable.task, OptionTable.deny, OptionTable.reason, OptionTable.key, OptionTable.by,
            OptionTable.printsOnly, OptionTable.approvalLifetime, OptionTable.confirm, OptionTable.noInput,
            OptionTable.color, OptionTable.stateDirectory,
        ],
        examples: [
            .init("approve last", "the question that the newest run waits with"),
            .init("approve upgrade.opsplan --key ~/.ssh/id_ed25519", "a plan, before it is applied"),
            .init("approve last --deny --reason not-tonight", "no"),
            .init("approve upgrade.opsplan --by anna --print", "the text to sign elsewhere"),
        ])

    static let resume = CommandSpec(
        "resume", .resume, "Go on with a run that was suspended or killed",
        details: """
            Goes on from the run's own plan and its own copies of the sources, in the same journal. What has an outcome is not \
            done again. A step that was begun and has none is found out: by its process, by `verify`, by a read-back; where \
            nothing can tell, the run stops with exit 8 and names the step for `opsrun resolve`. Gates begin anew. Nothing is \
            written before the locks are held again and what the rest rests on is as it was (else exit 9, with what moved).
            """,
        operands: [runName],
        options: [
            OptionTable.parameters, OptionTable.forks, OptionTable.yes, OptionTable.noInput, OptionTable.atWindow,
            OptionTable.confirm, OptionTable.breakGlass, OptionTable.checkpoint,
            OptionTable.runOutput, OptionTable.junit, OptionTable.color, OptionTable.quiet, OptionTable.verbose,
            OptionTable.stateDirectory,
        ],
        examples: [
            .init("resume last", "the run that began last"),
            .init("resume 01a200c2 --output jsonl", "by the beginning of its id"),
        ])

    static let resolve = CommandSpec(
        "resolve", .resolve, "Say what became of a step that nobody could prove",
        details: """
            Recorded in the journal and in the audit log, with who said it and why. `done`: the run goes on after the step; \
            `not-done`: the step is done when the run goes on.
            """,
        operands: [runName, .init(ValueSpec("TASK"), "the step: its key, its name, or NAME@HOST")],
        options: [OptionTable.verdict, OptionTable.reason, OptionTable.color, OptionTable.stateDirectory],
        examples: [
            .init("resolve last 0/2/kafka-1 --as done --reason checked-on-the-host", "by its key"),
            .init("resolve last migrate@kafka-1 --as not-done --reason no-trace-of-it", "by its name and host"),
        ])

    static let cancel = CommandSpec(
        "cancel", .cancel, "End a run for good; puts back what it set for a time",
        details: """
            Throttles, settings with `temporary: true` and moves in flight are put back, where they are still as the run left them; \
            nothing else is taken back. Of a run that is over it puts back what the run could not. Says what is left half-done. Exit 8 \
            when the outcome of a step is not known, 1 when something could not be put back.
            """,
        operands: [runName],
        options: [OptionTable.reason, OptionTable.color, OptionTable.stateDirectory],
        examples: [.init("cancel last --reason superseded", "give it up")])

    static let lockShow = CommandSpec(
        "lock show", .lockShow, "Show who has the lock of a cluster, and until when",
        details: """
            One writer per cluster: a run that writes has the cluster's lock for as long as it renews it. Shown are the locks \
            of this user, those of this machine (/run/lock/opsrun), and of the inventory's clusters those that are kept in a \
            shared folder or in Kafka (`lock: {store: kafka}`), for which the cluster is asked.
            """,
        options: [
            OptionTable.inventory, OptionTable.lockCluster, OptionTable.lockOutput, OptionTable.color,
            OptionTable.stateDirectory,
        ],
        examples: [
            .init("lock show", "who has what"),
            .init("lock show -i prod.yml --cluster prod-eu --output json", "holder, epoch and expiry, for a program"),
        ])

    static let lockBreak = CommandSpec(
        "lock break", .lockBreak, "Take a lock away from whoever has it; recorded in the audit log",
        details: """
            For a holder that is known to be gone, or that must not go on. The name of the cluster has to be typed in full. The \
            run that had the lock finds out at its next look (within a second; with the lock in Kafka at its next renewal, a third \
            of the lease) and starts nothing new: it ends suspended. What it had sent by then may still land: Kafka has no way to \
            refuse it. A lock whose holder died is free by itself when its lease has run out, and at once for `opsrun resume` of \
            the same run.
            """,
        options: [
            OptionTable.inventory, OptionTable.lockCluster, OptionTable.lockReason, OptionTable.lockConfirm,
            OptionTable.noInput, OptionTable.color, OptionTable.stateDirectory,
        ],
        examples: [
            .init("lock break --reason its-machine-burnt", "asks for the name of the cluster"),
            .init("lock break --cluster prod-eu --confirm prod-eu --reason its-machine-burnt", "without a terminal"),
        ])

    static let runs = CommandSpec(
        "runs", .runs, "List runs, newest first: open, suspended, killed, done, failed",
        options: [OptionTable.auditOutput, OptionTable.color, OptionTable.stateDirectory],
        examples: [.init("runs", "as a table"), .init("runs --output json", "for a program")])

    static let status = CommandSpec(
        "status", .status, "Show how a run stands, from another terminal too",
        operands: [runName], options: [OptionTable.auditOutput, OptionTable.color, OptionTable.stateDirectory],
        examples: [.init("status last", "what runs, what waits, what is left")])

    static let report = CommandSpec(
        "report", .report, "Make the report of a run: one HTML page, and Markdown",
        details: """
            Made from the journal, of any run: also of one that goes on, was suspended or was killed. Without -o or --output it \
            replaces report.html and report.md in the run's folder, which a run writes itself when it ends. The page fetches \
            nothing and runs nothing; its size is bounded, and what is left out is counted.
            """,
        operands: [runName],
        options: [
            OptionTable.reportFile, OptionTable.reportOutput, OptionTable.junit, OptionTable.color,
            OptionTable.stateDirectory,
        ],
        examples: [
            .init("report last", "where the two files are"),
            .init("report last -o upgrade.html", "a page to send to somebody"),
            .init("report 01a200c2 --output markdown", "for a ticket"),
            .init("report last --junit results.xml", "the outcome for a CI system"),
        ])
}
