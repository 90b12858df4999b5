internal import Values

/// The options that commands share; each is declared here and nowhere else.
enum OptionTable {
    static let inventory = OptionSpec.text(
        "inventory", short: "i", ValueSpec("FILE", .yaml), "hosts and clusters",
        details: """
            Else the variable OPSRUN_INVENTORY, else inventories/default.yml beside the playbook's folder, which as shipped \
            is the embedded cluster.
            """, \.inventory)

    static let parameters = OptionSpec.list(
        "extra-vars", short: "e", ValueSpec("NAME=VALUE|@FILE", .files),
        "set a parameter, or many from a YAML or JSON file",
        details: "Only parameters that the playbook declares can be set; values are read by the declared type.",
        \.parameters)

    static let limit = OptionSpec.text(
        "limit", short: "l", ValueSpec("PATTERN"), "only these hosts (an Ansible host pattern)", \.limit)

    static let tags = OptionSpec.list(
        "tags", short: "t", ValueSpec("TAG[,TAG]"), "only tasks with one of these tags",
        details: """
            Besides the playbook's own words there are `all`, `tagged` (any tag) and `untagged` (none). A task tagged `always` runs \
            whatever is asked for; one tagged `never` runs only when one of its tags is asked for. What takes a step back \
            (`undo`) is never cut out.
            """, \.tags)

    static let skipTags = OptionSpec.list(
        "skip-tags", ValueSpec("TAG[,TAG]"), "not the tasks with one of these tags",
        details: "Understands `all`, `tagged` and `untagged` too; a task tagged `always` is skipped by that word only.",
        \.skipTags)

    static let allowSkipGates = OptionSpec.flag(
        "allow-skip-gates", "let tags skip gates, which they otherwise cannot", \.allowSkipGates)

    static let forks = OptionSpec(
        "forks", short: "f", value: ValueSpec("N"), "hosts of a batch to work on at once",
        details: "Default \(Options.defaultForks). The size of a batch is the playbook's `serial`."
    ) { (options, text) throws(UsageError) in
        guard let count = Int(text), (1...Options.maximumForks).contains(count) else {
            throw UsageError("--forks wants a number from 1 to \(Options.maximumForks), not '\(text)'")
        }
        options.forks = count
    }

    static let check = OptionSpec.flag(
        "check", short: "C", "plan, and take one sample of each gate; changes nothing", \.check)

    static let diff = OptionSpec.flag("diff", short: "D", "show what changes, before and after", \.diff)

    static let cluster = OptionSpec.text(
        "cluster", ValueSpec("NAME"), "the cluster to use where the playbook leaves it open", \.cluster)

    static let commandConfig = OptionSpec.text(
        "command-config", ValueSpec("FILE", .files), "connect with these settings (Kafka's client.properties)",
        details: """
            The file that Kafka's own tools take, unchanged. It replaces security and command_config of the inventory's \
            clusters; addresses and cluster ids stay those of the inventory. Unknown settings are named.
            """, \.commandConfig)

    static let lookedAtCluster = OptionSpec.text(
        "cluster", ValueSpec("NAME"), "the cluster of the inventory, where it has several", \.cluster)

    static let bootstrap = OptionSpec.text(
        "bootstrap", ValueSpec("HOST:PORT[,HOST:PORT]"), "the cluster by its brokers, without an inventory", \.bootstrap
    )

    static let all = OptionSpec.flag("all", "what has its default too", \.all)

    static let watch = OptionSpec(
        "watch", value: ValueSpec("INTERVAL"), "look again every so often, until ^C",
        details: "Such as 2s or 1m. A terminal is redrawn in place; elsewhere each look follows the last: each is a "
            + "document of its own in json and yaml."
    ) { (options, text) throws(UsageError) in
        guard let interval = Duration(text: text), Options.watchIntervals.contains(interval) else {
            throw UsageError("--watch wants an interval from 100ms to 1d, such as 2s, not '\(text)'")
        }
        options.watch = interval
    }

    static let yes = OptionSpec.flag(
        "yes", short: "y", "answer the question \"run this plan?\"", details: "It never answers an approval.", \.yes)

    static let atWindow = OptionSpec.flag(
        "at-window", "wait for the playbook's window where it is closed now; the plan is made again then", \.atWindow)
    static let noInput = OptionSpec.flag("no-input", "never ask; what would be asked is refused", \.noInput)

    static let confirm = OptionSpec.text(
        "confirm", ValueSpec("NAME"), "the name that a dangerous step asks to be typed in full", \.confirm)

    static let lockOutput = output([.auto, .table, .json], "auto is a table of the locks that are held; json has all")
    static let lockCluster = OptionSpec.text(
        "cluster", ValueSpec("NAME"), "the lock of this cluster alone, by its name or its id", \.cluster)
    static let lockConfirm = OptionSpec.text(
        "confirm", ValueSpec("NAME"), "the name of the cluster, where it cannot be typed", \.confirm)
    static let lockReason = OptionSpec.text("reason", ValueSpec("TEXT"), "why, for the audit log", \.reason)

    static let breakGlass = OptionSpec(
        "break-glass", value: ValueSpec("REASON"),
        "override the window, approvals and whoever has the lock, for this reason",
        details: """
            For an outage. The name of the cluster has to be typed in full, or given by --confirm. The reason stands first in \
            every output, in the journal and in the audit log. Gates and permits hold as ever. Whoever had the lock starts nothing \
            new from then on; calls that were under way may still land.
            """
    ) { (options, text) throws(UsageError) in
        guard text.contains(where: { $0 != " " }) else {
            throw UsageError("--break-glass wants a reason", hint: "it is recorded in the audit log")
        }
        options.breakGlass = text
    }

    static let detailedExitCode = OptionSpec.flag(
        "detailed-exitcode", "exit 2 when there are changes to make", \.detailedExitCode)

    static let planFile = OptionSpec.text(
        "out", short: "o", ValueSpec("FILE", .files), "keep the plan in a file, for `show`, `diff` and `apply`",
        details: """
            The file holds every decision and what it was made from, and no secret. `apply` runs exactly this plan, or refuses \
            and says what has changed.
            """, \.planFile)

    static let reportFile = OptionSpec.text(
        "out", short: "o", ValueSpec("FILE", .files), "write the report there: Markdown when it ends in .md, else HTML",
        \.reportFile)

    static let junit = OptionSpec.text(
        "junit", ValueSpec("FILE", .files), "write the outcome of every step and gate as JUnit XML",
        details: """
            Each is a test case, each batch a suite. A failure is a verdict: a gate that did not hold, a step that said no. An error \
            is that nobody could tell: unreachable, timed out, unknown, stopped.
            """, \.junitFile)

    static let lifetime = expires("for how long the kept plan may be applied", "From 1m to 30d; default 24h.")

    private static func expires(_ summary: String, _ details: String) -> OptionSpec {
        OptionSpec("expires", value: ValueSpec("DURATION"), summary, details: details) {
            (options, text) throws(UsageError) in
            guard let lifetime = Duration(text: text), Options.lifetimes.contains(lifetime) else {
                throw UsageError("--expires wants a duration from 1m to 30d, such as 4h, not '\(text)'")
            }
            options.lifetime = lifetime
        }
    }

    static let task = OptionSpec.text(
        "task", ValueSpec("NAME"), "which of several approvals: the name of its task",
        details: "`plan` is the plan as a whole, where a protected cluster wants that.", \.task)
    static let deny = OptionSpec.flag("deny", "say no: the run ends, the plan is not applied", \.deny)
    static let key = OptionSpec.text("key", ValueSpec("FILE", .files), "the SSH key to sign with", \.key)
    static let by = OptionSpec.text(
        "by", ValueSpec("NAME"), "as whom; else the name that allowed_signers has for the key", \.approver)
    static let printsOnly = OptionSpec.flag("print", "print the text, and sign nothing", \.printsOnly)
    static let approvalLifetime = expires(
        "for how long the approval counts", "From 1m to 30d; default 24h, and never longer than the plan.")

    static let checkpoint = OptionSpec.list(
        "checkpoint", ValueSpec("PLACE"), "keep the end of the audit log there too, when the run begins and ends",
        details: """
            file:PATH, journal (journald or syslog), ci (the summary of the CI job) or topic:NAME (of the cluster that is changed); \
            besides those of the inventory. One that cannot be written is exit 74, and nothing is changed.
            """, \.checkpoints)
    static let checkpointFile = OptionSpec.list(
        "checkpoint", ValueSpec("FILE", .files), "checkpoints that were kept elsewhere", \.checkpoints)
    static let publicKey = OptionSpec.text(
        "public-key", ValueSpec("FILE", .files), "the Ed25519 key (PEM) that all checkpoints have to be signed with",
        \.key)
    static let signingKey = OptionSpec.text(
        "key", ValueSpec("FILE", .files), "sign with this Ed25519 private key (PEM)", \.key)

    static let verdict = OptionSpec.text(
        "as", ValueSpec("WHAT", choices: ["done", "not-done"]), "what became of the step", \.verdict)

    static let reason = OptionSpec.text("reason", ValueSpec("TEXT"), "why, for the record", \.reason)

    static let strict = OptionSpec.flag("strict", "warnings count as errors", \.strict)

    static let stateDirectory = OptionSpec.text(
        "state-dir", ValueSpec("FOLDER", .directories), "where runs and audit logs are kept",
        details: "Default $XDG_STATE_HOME/opsrun, else ~/.local/state/opsrun.", \.stateDirectory)

    static let quiet = OptionSpec.flag("quiet", short: "q", "only problems and the result", \.quiet)

    static let verbose = OptionSpec(
        "verbose", short: "v", isRepeatable: true, "more details; twice for all of them"
    ) { (options, _) throws(UsageError) in options.verbosity += 1 }

    static let clientFiles = OptionSpec.text(
        "client-files", ValueSpec("DIR", .directories),
        "write certificates and client.properties for the listeners here",
        \.clientFiles)

    static let control = OptionSpec.text(
        "control", ValueSpec("SOCKET", .files),
        "let other processes stop, start and upgrade its nodes through this socket",
        details: "What `lifecycle: {simulated: {control: SOCKET}}` of another inventory asks. For this user alone.",
        \.control)

    static let ask = OptionSpec.text(
        "ask", ValueSpec("WORDS"), "ask the cluster that is served with --control, and end",
        details: """
            stop NODE, start NODE, kill NODE, install NODE VERSION, activate NODE VERSION, status NODE, or ledger: all that has \
            happened, with who caused it. The answer is one line of JSON.
            """, \.ask)

    static let speed = OptionSpec(
        "speed", value: ValueSpec("N"), "run the cluster's time N times faster"
    ) { (options, text) throws(UsageError) in
        guard let speed = Double(text), speed.isFinite, speed > 0, speed <= 10_000 else {
            throw UsageError("--speed wants a number above 0 and up to 10000, not '\(text)'")
        }
        options.speed = speed
    }

    static let color = OptionSpec(
        "color", value: ValueSpec("WHEN", choices: Options.Color.allCases.map(\.rawValue)), "colour the output",
        details: "auto colours on a terminal; NO_COLOR, CLICOLOR_FORCE, TERM=dumb and CI are honoured."
    ) { (options, text) throws(UsageError) in
        if let color = Options.Color(rawValue: text) { options.color = color }
    }

    static let runOutput = output(
        [.auto, .human, .plain, .json, .jsonl, .quiet],
        "auto is human on a terminal and plain elsewhere; json is one document at the end, jsonl the event stream")
    static let planOutput = output([.auto, .human, .plain, .json, .quiet], "human and plain are text")
    static let showOutput = output(
        [.auto, .human, .plain, .json, .markdown],
        "markdown is for a comment on a pull request; json is the file itself")
    static let diffOutput = output([.auto, .human, .plain, .json], "human and plain are text")
    static let lintOutput = output(
        [.auto, .human, .plain, .json, .jsonl, .sarif],
        "plain and jsonl have one line a problem, json is one document; sarif is SARIF 2.1.0, for code scanning")
    static let reportOutput = output(
        [.auto, .html, .markdown], "auto writes files and says where; html and markdown go to standard output")
    static let explainOutput = output([.auto, .human, .json], "json for a program")
    static let inventoryOutput = output(
        [.auto, .table, .plain, .json], "auto is a table; plain has one line a host, its columns between tabs")
    static let lookOutput = output(
        [.auto, .table, .wide, .json, .yaml, .name],
        """
        auto is a table, wide one with more columns; json and yaml carry every field as plain numbers, name one name a line, its \
        control characters escaped: such a name cannot be given back, json has it as it is
        """
    )
    static let auditOutput = output([.auto, .table, .json], "auto is a table")

    private static func output(_ modes: [Options.Output], _ details: String) -> OptionSpec {
        OptionSpec(
            "output", value: ValueSpec("MODE", choices: modes.map(\.rawValue)), "how to show it", details: details
        ) { (options, text) throws(UsageError) in
            if let mode = Options.Output(rawValue: text) { options.output = mode }
        }
    }
}
