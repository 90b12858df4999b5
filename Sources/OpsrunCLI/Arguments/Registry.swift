/// Every command and every option, in the order in which help shows them.
///
/// The order of commands is that of a working day: make, check, look, stand in. A test walks all of it: each entry is
/// documented, each example parses, each completion loads in its shell.
package enum Registry {
    package static let commands: [CommandSpec] =
        [run, plan] + keptPlans + runsCommands + [lint, explain, inventory, auditVerify, auditShow, auditCheckpoint]
        + looking + [
            simulate, help, completion,
        ]

    package static func command(_ verb: CommandSpec.Verb) -> CommandSpec {
        commands.first { $0.verb == verb } ?? run
    }

    // MARK: Commands

    static let run = CommandSpec(
        "", .run, "Run a playbook: lint, plan, confirm, apply",
        details: """
            Reads the playbook and the inventory, reports everything that is wrong with them at once, plans against the \
            live cluster without being able to change it, shows the plan, asks, and then runs exactly that plan. Without \
            a terminal, --yes answers the question; without it the run is refused (exit 9). A playbook is found by its \
            path, else by its name among the playbooks that come with opsrun.
            """,
        operands: [
            .init(ValueSpec("PLAYBOOK", .yaml), "a playbook: a file, or the name of one that comes with opsrun")
        ],
        options: [
            OptionTable.inventory, OptionTable.parameters, OptionTable.limit, OptionTable.tags, OptionTable.skipTags,
            OptionTable.allowSkipGates, OptionTable.forks, OptionTable.check, OptionTable.diff, OptionTable.cluster,
            OptionTable.commandConfig, OptionTable.yes, OptionTable.noInput, OptionTable.atWindow, OptionTable.confirm,
            OptionTable.breakGlass, OptionTable.strict, OptionTable.checkpoint,
            OptionTable.runOutput, OptionTable.junit,
            OptionTable.color, OptionTable.quiet, OptionTable.verbose, OptionTable.stateDirectory,
        ],
        examples: [
            .init(
                "playbooks/rolling-upgrade.yml -i inventories/prod.yml", "upgrade, after showing the plan and asking"),
            .init("playbooks/rolling-upgrade.yml --yes", "on the embedded cluster, without asking"),
            .init("rolling-upgrade -i prod.yml -e target_version=4.3.1 --check", "plan, and sample each gate once"),
            .init("checks.yml --output jsonl --yes", "the event stream, for a program"),
        ])

    static let plan = CommandSpec(
        "plan", .plan, "Show what a playbook would do; changes nothing",
        details: """
            The plan is made with a reader that has no way to write. It lists every batch, host and step in order, what \
            was skipped and why, the commands, the gates with their shortest time, approvals and irreversible steps.
            """,
        operands: [
            .init(ValueSpec("PLAYBOOK", .yaml), "a playbook: a file, or the name of one that comes with opsrun")
        ],
        options: [
            OptionTable.inventory, OptionTable.parameters, OptionTable.limit, OptionTable.tags, OptionTable.skipTags,
            OptionTable.allowSkipGates, OptionTable.cluster, OptionTable.commandConfig, OptionTable.detailedExitCode,
            OptionTable.planFile, OptionTable.lifetime, OptionTable.strict,
            OptionTable.planOutput, OptionTable.color, OptionTable.quiet, OptionTable.verbose,
            OptionTable.stateDirectory,
        ],
        examples: [
            .init("plan playbooks/rolling-upgrade.yml -i inventories/prod.yml", "the plan as text"),
            .init("plan rolling-upgrade --detailed-exitcode", "exit 2 when there is something to do"),
            .init("plan rolling-upgrade --output json", "the plan as one JSON document"),
            .init("plan rolling-upgrade -i prod.yml -o upgrade.opsplan --expires 4h", "keep it, for `apply`"),
        ])

    static let lint = CommandSpec(
        "lint", .lint, "Check playbooks and inventories; contacts nothing",
        details: """
            Reports every problem of every file at once, at the key that is wrong. Exit 3 when there is an error, with \
            --strict also for warnings. A file with a top-level `all:` is read as an inventory.
            """,
        operands: [.init(ValueSpec("FILE", .yaml), repeatable: true, "playbooks or inventories")],
        options: [
            OptionTable.inventory, OptionTable.strict, OptionTable.lintOutput, OptionTable.color, OptionTable.quiet,
        ],
        examples: [
            .init("lint playbooks/rolling-upgrade.yml", "check one playbook"),
            .init("lint playbooks/rolling-upgrade.yml inventories/prod.yml --strict", "warnings count too"),
            .init("lint site.yml --output json", "for an editor or a pipeline"),
            .init("lint site.yml --output sarif", "for code scanning"),
        ])

    static let explain = CommandSpec(
        "explain", .explain, "Explain an action, a gate, a keyword, a message code or an exit code",
        operands: [.init(ValueSpec("WORD"), required: false, "what to explain; without it, everything there is")],
        options: [OptionTable.explainOutput, OptionTable.color],
        examples: [
            .init("explain kafka.can_stop", "arguments, result, effect and an example"),
            .init("explain isr_recovered", "a gate that comes with opsrun"),
            .init("explain unknown-key", "the code of a message"),
            .init("explain 5", "an exit code"),
        ])

    static let inventory = CommandSpec(
        "inventory", .inventory, "Show the hosts, groups and clusters of an inventory; contacts nothing",
        options: [
            OptionTable.inventory, OptionTable.limit, OptionTable.inventoryOutput, OptionTable.color,
        ],
        examples: [
            .init("inventory -i inventories/prod.yml", "as a table"),
            .init("inventory -i inventories/prod.yml --limit rack_a --output json", "some hosts, with their variables"),
        ])

    static let auditVerify = CommandSpec(
        "audit verify", .auditVerify, "Check the audit logs and the journals that they seal",
        details: """
            Exit 11 when a chain is broken, a journal is missing, or one is longer or shorter than sealed. What the logs cannot \
            show by themselves, an end that was cut off by somebody who removed the runs with it, or a log that was written \
            anew, is found against checkpoints that were kept elsewhere: any file with their lines in it, such as an export of \
            the system's log.
            """,
        options: [
            OptionTable.checkpointFile, OptionTable.publicKey, OptionTable.auditOutput, OptionTable.color,
            OptionTable.stateDirectory,
        ],
        examples: [
            .init("audit verify", "every audit log of the state directory"),
            .init(
                "audit verify --checkpoint /mnt/audit/heads --public-key audit.pub", "against what was kept elsewhere"),
        ])

    static let auditCheckpoint = CommandSpec(
        "audit checkpoint", .auditCheckpoint, "Print where the audit logs end now, to be kept elsewhere",
        details: """
            One line of JSON a log: its number of records, the hash of the last one, the time; signed with an Ed25519 key where \
            one is given. Runs keep them by themselves, at their beginning and end, where the inventory says so (`audit: \
            {checkpoint: [file:PATH, journal, ci, topic:NAME], key: FILE}`) or with --checkpoint.
            """,
        options: [OptionTable.signingKey, OptionTable.stateDirectory],
        examples: [
            .init("audit checkpoint", "for a cron job that mails it"),
            .init("audit checkpoint --key audit.pem", "signed; made by openssl genpkey -algorithm ed25519"),
        ])

    static let auditShow = CommandSpec(
        "audit show", .auditShow, "Show who ran what, when, and how it ended",
        options: [OptionTable.auditOutput, OptionTable.color, OptionTable.stateDirectory],
        examples: [
            .init("audit show", "one line an entry, newest last"), .init("audit show --output json", "every field"),
        ])

    static let simulate = CommandSpec(
        "simulate", .simulate, "Serve an embedded cluster on real ports",
        details: """
            Speaks the Kafka protocol to any client. The first line on standard output is `bootstrap HOST:PORT,…`, printed \
            once the cluster answers; it runs until SIGINT or SIGTERM. Time is real time, whatever the inventory says, \
            unless --speed is given.

            Listeners with TLS or a login come from `listeners` of the cluster's `simulated`, with `users` and `super_users`; \
            each gets a line `listener NAME HOST:PORT,…`. Certificates are made at the start, and --client-files writes what \
            clients need: ca.pem, client.pem, and NAME-MECHANISM.properties for --command-config and Kafka's own tools.

            With --control, an inventory with these `bootstrap` addresses and `lifecycle: {simulated: {control: SOCKET}}` can \
            stop, start and upgrade its brokers, run after run; --ask asks the same by hand.
            """,
        options: [
            OptionTable.inventory, OptionTable.cluster, OptionTable.speed, OptionTable.clientFiles,
            OptionTable.control, OptionTable.ask,
        ],
        examples: [
            .init("simulate", "the cluster of the default inventory"),
            .init("simulate -i inventories/default.yml --speed 20", "twenty times faster than the world"),
            .init(
                "simulate -i secured.yml --client-files .", "with certificates and client.properties for its listeners"),
            .init("simulate --control /tmp/demo.sock", "a cluster that other runs can drive"),
            .init("simulate --control /tmp/demo.sock --ask ledger", "what has happened to it"),
        ])

    static let help = CommandSpec(
        "help", .help, "Show help for a command or a topic",
        operands: [.init(ValueSpec("TOPIC"), required: false, repeatable: true, "a command or a topic")],
        examples: [
            .init("help plan", "a command"), .init("help exit-codes", "what each exit code means"),
            .init("help environment", "variables that are read"), .init("help man", "the manual page, for man(1)"),
        ])

    static let completion = CommandSpec(
        "completion", .completion, "Print the completion script for a shell",
        operands: [.init(ValueSpec("SHELL", choices: ["bash", "zsh", "fish"]), "which shell")],
        examples: [
            .init("completion bash", "source it: source <(opsrun completion bash)"),
            .init("completion zsh", "save as _opsrun in a folder of fpath"),
            .init("completion fish", "save as ~/.config/fish/completions/opsrun.fish"),
        ])

    /// Every command has these.
    static let everywhere: [OptionSpec] = [
        .flag("help", short: "h", "show help and end", \.help),
        .flag("version", "show the version and end", \.version),
    ]

    /// Every option once by name, whichever command has it.
    package static var allOptions: [OptionSpec] {
        var seen = Set<String>()
        return commands.flatMap(\.allOptions).filter { seen.insert($0.name).inserted }
    }
}
