package import Values

/// A gate begins to look.
package struct GateStarted: EventPart {
    package var key = ""
    package var play = 0
    package var batch = 0
    package var host = ""
    /// The gate's name: `isr_recovered`.
    package var gate = ""
    /// The read behind it: `kafka.cluster_health`.
    package var action = ""
    /// The task's name, where it has one.
    package var name = ""
    package var section = StepSection.tasks
    package var interval: Duration = .zero
    package var stableFor: Duration?
    package var timeout: Duration?
    package var stalledFor: Duration?
    package var file = ""
    package var line = 0
    /// As in `TaskStarted`.
    package var isAgain: Bool?

    package init() {}

    package mutating func fields(_ coder: inout some EventCoder) {
        coder.field("key", &key)
        coder.field("play", &play)
        coder.field("batch", &batch)
        coder.field("host", &host)
        coder.field("gate", &gate)
        coder.field("action", &action)
        coder.field("file", &file)
        coder.field("line", &line)
        coder.field("name", &name)
        coder.field("section", code: &section)
        coder.field("interval_ms", &interval)
        coder.field("stable_for_ms", &stableFor)
        coder.field("timeout_ms", &timeout)
        coder.field("stalled_for_ms", &stalledFor)
        coder.field("again", &isAgain)
    }
}

/// One look of a gate.
package struct GateSampled: EventPart {
    package var key = ""
    package var host = ""
    package var gate = ""
    /// From 1.
    package var number = 0
    package var passes = false
    /// Why not: partitions, brokers, a probe that failed.
    package var reasons: [String] = []
    /// As the action measures it.
    package var progress = Value.null
    /// What was counted, by the result's own names: `under_replicated_count`, `lag_total` (`GateFigures`).
    package var figures = ValueMap()
    /// How long all samples have been good, up to this one.
    package var goodFor: Duration = .zero
    /// Since the first sample.
    package var elapsed: Duration = .zero
    /// How long the progress has not moved, while it does not pass.
    package var stalledFor: Duration = .zero
    /// The verdict, the reasons or the progress differ from the sample before, or it is one of those that are kept for their
    /// figures: such samples are kept.
    package var isChange = false

    package init() {}

    package mutating func fields(_ coder: inout some EventCoder) {
        coder.field("key", &key)
        coder.field("host", &host)
        coder.field("gate", &gate)
        coder.field("number", &number)
        coder.field("passes", &passes)
        coder.field("reasons", &reasons)
        coder.field("progress", &progress)
        coder.field("figures", &figures)
        coder.field("good_for_ms", &goodFor)
        coder.field("elapsed_ms", &elapsed)
        coder.field("stalled_ms", &stalledFor)
        coder.field("change", &isChange)
    }
}

/// A gate's verdict.
package struct GateFinished: EventPart {
    package enum Verdict: String, Sendable {
        case passed
        case timedOut = "timed_out"
        case stalled
        /// `fail_when` was met.
        case failed
        /// A signal ended the wait.
        case stopped
    }

    package var key = ""
    package var play = 0
    package var batch = 0
    package var host = ""
    package var gate = ""
    package var name = ""
    package var section = StepSection.tasks
    package var verdict = Verdict.passed
    /// Of the last sample.
    package var reasons: [String] = []
    /// Since when those reasons (or the good samples) stood.
    package var since: Timestamp?
    package var samples = 0
    package var duration: Duration = .zero
    package var result = ValueMap()
    /// Something in the result is a secret, and not kept.
    package var isMasked: Bool?
    /// As in `TaskStarted`.
    package var isAgain: Bool?

    package init() {}

    package mutating func fields(_ coder: inout some EventCoder) {
        coder.field("key", &key)
        coder.field("play", &play)
        coder.field("batch", &batch)
        coder.field("host", &host)
        coder.field("gate", &gate)
        coder.field("name", &name)
        coder.field("section", code: &section)
        coder.field("verdict", code: &verdict)
        coder.field("reasons", &reasons)
        coder.field("since", &since)
        coder.field("samples", &samples)
        coder.field("duration_ms", &duration)
        coder.field("result", &result)
        coder.field("masked", &isMasked)
        coder.field("again", &isAgain)
    }
}

/// The run asks a person.
package struct ApprovalRequested: EventPart {
    package enum Kind: String, Sendable {
        /// The `approve` task.
        case approve
        /// An irreversible or forced step.
        case confirmation
    }

    package var key = ""
    package var kind = Kind.approve
    package var prompt = ""
    package var approvers: [String] = []
    package var planDigest = ""
    package var expires: Timestamp?
    package var mustType: String?
    /// The name of the approve task, as an approval has to name it.
    package var task: String?
    /// How many have to say yes, where it is more than one.
    package var minimum: Int?
    package var fourEyes: Bool?

    package init() {}

    package mutating func fields(_ coder: inout some EventCoder) {
        coder.field("key", &key)
        coder.field("kind", code: &kind)
        coder.field("prompt", &prompt)
        coder.field("approvers", &approvers)
        coder.field("plan_digest", &planDigest)
        coder.field("expires", &expires)
        coder.field("must_type", &mustType)
        coder.field("task", &task)
        coder.field("min", &minimum)
        coder.field("four_eyes", &fourEyes)
    }
}

/// The answer.
package struct ApprovalDecided: EventPart {
    package enum Decision: String, Sendable { case granted, denied, expired }

    package var key = ""
    package var kind = ApprovalRequested.Kind.approve
    package var decision = Decision.denied
    package var by = ""
    /// `terminal`, `--yes`, `signed file`.
    package var method = ""
    package var planDigest = ""
    package var reason: String?
    /// Of the key that signed: `SHA256:…`.
    package var keyFingerprint: String?
    /// How many more have to say yes; nil: none.
    package var remaining: Int?
    /// SHA-256 of the text that was signed (`ApprovalText`), and until when it counts.
    package var text: String?
    package var expires: Timestamp?

    /// With this one, nobody else is waited for.
    package var isLast: Bool { (remaining ?? 0) == 0 }

    package init() {}

    package mutating func fields(_ coder: inout some EventCoder) {
        coder.field("key", &key)
        coder.field("kind", code: &kind)
        coder.field("decision", code: &decision)
        coder.field("by", &by)
        coder.field("method", &method)
        coder.field("plan_digest", &planDigest)
        coder.field("reason", &reason)
        coder.field("key_fingerprint", &keyFingerprint)
        coder.field("remaining", &remaining)
        coder.field("text_sha256", &text)
        coder.field("expires", &expires)
    }
}
