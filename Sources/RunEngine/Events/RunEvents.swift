package import Values

/// A run begins: who, what, on which clusters. Nothing has happened yet.
package struct RunOpened: EventPart {
    /// Why the window, approvals and a lock are overridden: `--break-glass`. Stands first in every output.
    package var breakGlass: String?
    package var runID = ""
    package var version = ""
    package var user = ""
    package var host = ""
    package var pid = 0
    package var arguments: [String] = []
    package var playbook = ""
    package var playbookName = ""
    package var inventory = ""
    package var planDigest = ""
    /// Secrets print as `•••`.
    package var parameters = ValueMap()
    package var clusters: [ClusterIdentity] = []
    /// Such as `embedded cluster: time runs 20 times faster`; stands in every output.
    package var speedNote: String?
    /// With the pid it tells the process from a later one; see `ProcessIdentity`.
    package var startTime = ""
    package var bootID = ""
    /// When the plan was made: `run.started`.
    package var started: Timestamp?
    package var uid: Int?
    package var sudoUser: String?
    /// Whom the CI system says it runs for, and where it shows the run.
    package var ciActor: String?
    package var ciURL: String?
    /// The digest of the plan in a file that was applied, and who made it.
    package var reviewedDigest: String?
    package var reviewedAuthor: String?
    /// How the run was asked for, in the terms of who asked: what a resume needs to ask for it again.
    package var call = ValueMap()

    package init() {}

    package mutating func fields(_ coder: inout some EventCoder) {
        coder.field("break_glass", &breakGlass)
        coder.field("run_id", &runID)
        coder.field("version", &version)
        coder.field("user", &user)
        coder.field("host", &host)
        coder.field("pid", &pid)
        coder.field("argv", &arguments)
        coder.field("playbook", &playbook)
        coder.field("playbook_name", &playbookName)
        coder.field("inventory", &inventory)
        coder.field("plan_digest", &planDigest)
        coder.field("params", &parameters)
        coder.field("clusters", parts: &clusters)
        coder.field("speed_note", &speedNote)
        coder.field("start_time", &startTime)
        coder.field("boot_id", &bootID)
        coder.field("started", &started)
        coder.field("call", &call)
        coder.field("uid", &uid)
        coder.field("sudo_user", &sudoUser)
        coder.field("ci_actor", &ciActor)
        coder.field("ci_url", &ciURL)
        coder.field("reviewed_plan", &reviewedDigest)
        coder.field("reviewed_plan_by", &reviewedAuthor)
    }
}

extension RunOpened {
    /// All names of who started the run, the author of an applied plan among them.
    package var initiators: Set<String> {
        let author = reviewedAuthor.map { ReviewedPlan(digest: "", author: $0).user }
        return Set([user, sudoUser, ciActor, author].compactMap(\.self))
    }
}

/// A cluster that a run touches.
package struct ClusterIdentity: EventPart, Hashable {
    package var name = ""
    /// Kafka's own id; empty when nobody asked for it.
    package var id = ""
    package var isProtected = false

    package init() {}

    package init(name: String, id: String, isProtected: Bool) {
        self.name = name
        self.id = id
        self.isProtected = isProtected
    }

    /// What its lock and its audit log are named by.
    package var lockID: String { id.isEmpty ? name : id }

    package mutating func fields(_ coder: inout some EventCoder) {
        coder.field("name", &name)
        coder.field("id", &id)
        coder.field("protected", &isProtected)
    }
}

/// What the plan says in one line.
package struct PlanSummary: EventPart {
    package var plays = 0
    package var batches = 0
    package var hosts = 0
    /// Steps that would run, reads and gates included.
    package var steps = 0
    /// Of those: steps that may change something.
    package var writes = 0
    package var gates = 0
    /// The least time that the gates take when all goes well.
    package var minimumGateTime: Duration = .zero
    package var irreversible: [String] = []
    package var approvals: [String] = []
    package var notes: [String] = []
    /// Why there is nothing to do; nil when there is.
    package var nothingToDo: String?

    package init() {}

    package mutating func fields(_ coder: inout some EventCoder) {
        coder.field("plays", &plays)
        coder.field("batches", &batches)
        coder.field("hosts", &hosts)
        coder.field("steps", &steps)
        coder.field("writes", &writes)
        coder.field("gates", &gates)
        coder.field("minimum_gate_ms", &minimumGateTime)
        coder.field("irreversible", &irreversible)
        coder.field("approvals", &approvals)
        coder.field("notes", &notes)
        coder.field("nothing_to_do", &nothingToDo)
    }
}

/// A play begins, with the batches that its hosts are taken in.
package struct PlayOpened: EventPart {
    /// From 0.
    package var play = 0
    package var name = ""
    package var hosts: [String] = []
    /// As planned; a play whose order changes may have more.
    package var batches = 0
    package var excluded: [ExcludedHost] = []
    package var cluster: String?

    package init() {}

    package mutating func fields(_ coder: inout some EventCoder) {
        coder.field("play", &play)
        coder.field("name", &name)
        coder.field("hosts", &hosts)
        coder.field("batches", &batches)
        coder.field("excluded", parts: &excluded)
        coder.field("cluster", &cluster)
    }
}

/// A host that a play's `when` leaves out.
package struct ExcludedHost: EventPart, Hashable {
    package var host = ""
    package var reason = ""

    package init() {}

    package init(host: String, reason: String) {
        self.host = host
        self.reason = reason
    }

    package mutating func fields(_ coder: inout some EventCoder) {
        coder.field("host", &host)
        coder.field("reason", &reason)
    }
}

/// A play with no host left.
package struct PlaySkipped: EventPart {
    package var play = 0
    package var name = ""
    package var reason = ""
    package var excluded: [ExcludedHost] = []

    package init() {}

    package mutating func fields(_ coder: inout some EventCoder) {
        coder.field("play", &play)
        coder.field("name", &name)
        coder.field("reason", &reason)
        coder.field("excluded", parts: &excluded)
    }
}

/// A batch begins: its hosts, and their facts as they stay until it closes.
package struct BatchOpened: EventPart {
    package var play = 0
    /// From 0.
    package var batch = 0
    /// How many batches the play is expected to have now.
    package var batches = 0
    package var hosts: [String] = []
    /// By host: `installed_version`, `running_version`, `release`.
    package var facts = ValueMap()
    /// Hosts that the second look at `when` left out.
    package var excluded: [ExcludedHost] = []

    package init() {}

    package mutating func fields(_ coder: inout some EventCoder) {
        coder.field("play", &play)
        coder.field("batch", &batch)
        coder.field("batches", &batches)
        coder.field("hosts", &hosts)
        coder.field("facts", &facts)
        coder.field("excluded", parts: &excluded)
    }
}

/// A batch has ended: which of its hosts have failed.
package struct BatchClosed: EventPart {
    package var play = 0
    package var batch = 0
    package var failed: [String] = []

    package init() {}

    package mutating func fields(_ coder: inout some EventCoder) {
        coder.field("play", &play)
        coder.field("batch", &batch)
        coder.field("failed", &failed)
    }
}

/// Somebody asked the run to stop.
package struct SignalReceived: EventPart {
    /// `SIGINT`, `SIGTERM`, `SIGHUP`.
    package var signal = ""
    /// 1: nothing new starts. 2: running steps are killed.
    package var count = 0

    package init() {}

    package init(signal: String, count: Int) {
        self.signal = signal
        self.count = count
    }

    package mutating func fields(_ coder: inout some EventCoder) {
        coder.field("signal", &signal)
        coder.field("count", &count)
    }
}

/// The end, with what a reader asks first.
package struct RunClosed: EventPart {
    package enum Status: String, Sendable {
        case succeeded, failed, suspended, refused
        /// A write's outcome is not known.
        case unknown
        /// The plan had nothing to do.
        case nothingToDo = "nothing_to_do"
        /// `--check`: nothing was run.
        case checked
        /// Given up for good before its end: `opsrun cancel`.
        case cancelled
    }

    package var status = Status.succeeded
    package var exitCode = 0
    /// One sentence: why it ended as it did.
    package var message = ""
    package var duration: Duration = .zero
    package var counts: [HostCounts] = []
    /// What the run changed for a time and did not put back: nodes that it stopped and that are not proven back, settings and
    /// moves (`TemporaryChange`).
    package var leftovers: [String] = []
    /// How many of them could have been put back, and were not.
    package var notPutBack = 0
    /// Keys of the steps whose outcome is not known.
    package var unknownSteps: [String] = []
    /// The `max_fail` of a play that more hosts failed than it bears.
    package var exceededMaxFail: Int?

    package init() {}

    package mutating func fields(_ coder: inout some EventCoder) {
        coder.field("status", code: &status)
        coder.field("exit_code", &exitCode)
        coder.field("message", &message)
        coder.field("duration_ms", &duration)
        coder.field("counts", parts: &counts)
        coder.field("leftovers", &leftovers)
        var open: Int? = notPutBack > 0 ? notPutBack : nil
        coder.field("not_put_back", &open)
        notPutBack = open ?? 0
        coder.field("unknown_steps", &unknownSteps)
        coder.field("exceeded_max_fail", &exceededMaxFail)
    }
}

extension RunClosed {
    /// Nothing that it had changed for its own time is left, as far as it says.
    package var isAllPutBack: Bool { notPutBack == 0 }
}

/// The recap line of a host.
package struct HostCounts: EventPart, Hashable {
    package var host = ""
    package var ok = 0
    package var changed = 0
    package var failed = 0
    package var skipped = 0
    package var unreachable = 0
    package var unknown = 0
    package var rescued = 0
    package var rolledBack = 0

    package init() {}

    package init(host: String) { self.host = host }

    package mutating func fields(_ coder: inout some EventCoder) {
        coder.field("host", &host)
        coder.field("ok", &ok)
        coder.field("changed", &changed)
        coder.field("failed", &failed)
        coder.field("skipped", &skipped)
        coder.field("unreachable", &unreachable)
        coder.field("unknown", &unknown)
        coder.field("rescued", &rescued)
        coder.field("rolled_back", &rolledBack)
    }
}

/// What a check found: collected, never stopping the play.
package struct Finding: EventPart, Hashable {
    package enum Severity: String, Sendable { case warning, critical }

    package var severity = Severity.warning
    package var message = ""
    package var host: String?
    package var task: String?

    package init() {}

    package mutating func fields(_ coder: inout some EventCoder) {
        coder.field("severity", code: &severity)
        coder.field("message", &message)
        coder.field("host", &host)
        coder.field("task", &task)
    }
}
