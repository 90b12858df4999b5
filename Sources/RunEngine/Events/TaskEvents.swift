package import Values

/// Where in the playbook a step stands.
package enum StepSection: String, Sendable {
    case tasks, rescue, always, undo, verify
}

/// How a step ended, as counted in the recap.
package enum StepStatus: String, Sendable {
    case ok, changed, skipped, failed, unreachable, unknown
    /// Stopped by a signal before it could end, without a doubt about its effect: a gate, a read, a wait.
    case stopped
}

/// The intent of a step.
package struct TaskStarted: EventPart {
    /// Run-wide name of the step: play/block path/task/host/item. Attempts share it.
    package var key = ""
    package var play = 0
    package var batch = 0
    package var host = ""
    package var name = ""
    /// `broker.restart`, `gate`.
    package var action = ""
    /// `read`, `idempotent`, `checked`, `opaque`.
    package var effect = ""
    package var section = StepSection.tasks
    /// The loop's label, when it is one round of a loop.
    package var item: String?
    /// Where it runs when not on its host.
    package var delegate: String?
    package var file = ""
    package var line = 0
    package var isIrreversible = false
    package var attempt = 1
    /// Looked at once more after a resume, for what it says: its first outcome stands.
    package var isAgain: Bool?

    package init() {}

    package mutating func fields(_ coder: inout some EventCoder) {
        coder.field("key", &key)
        coder.field("play", &play)
        coder.field("batch", &batch)
        coder.field("host", &host)
        coder.field("name", &name)
        coder.field("action", &action)
        coder.field("effect", &effect)
        coder.field("section", code: &section)
        coder.field("item", &item)
        coder.field("delegate", &delegate)
        coder.field("file", &file)
        coder.field("line", &line)
        coder.field("irreversible", &isIrreversible)
        coder.field("attempt", &attempt)
        coder.field("again", &isAgain)
    }
}

/// A step that takes long says how far it is.
package struct TaskProgressed: EventPart {
    package var key = ""
    package var host = ""
    package var message = ""
    /// `stopping`, `down`, `starting`, `back`.
    package var brokerState: String?

    package init() {}

    package mutating func fields(_ coder: inout some EventCoder) {
        coder.field("key", &key)
        coder.field("host", &host)
        coder.field("message", &message)
        coder.field("broker_state", &brokerState)
    }
}

/// Lines of output of the process that a step runs.
package struct TaskOutput: EventPart {
    package var key = ""
    package var host = ""
    package var lines: [String] = []

    package init() {}

    package mutating func fields(_ coder: inout some EventCoder) {
        coder.field("key", &key)
        coder.field("host", &host)
        coder.field("lines", &lines)
    }
}

/// A fact that a step made durable between its intent and its outcome.
package struct StepRecorded: EventPart {
    package var key = ""
    package var host = ""
    /// `witness`, `prior_value`, `spawned`, `stopped`, `started`.
    package var kind = ""
    package var values = ValueMap()

    package init() {}

    package mutating func fields(_ coder: inout some EventCoder) {
        coder.field("key", &key)
        coder.field("host", &host)
        coder.field("kind", &kind)
        coder.field("values", &values)
    }
}

/// An attempt that failed and is followed by another.
package struct TaskRetried: EventPart {
    package var key = ""
    package var host = ""
    package var attempt = 1
    package var attempts = 1
    package var reason = ""
    package var delay: Duration = .zero
    /// What this attempt left in the run's folder.
    package var files: [KeptFile] = []

    package init() {}

    package mutating func fields(_ coder: inout some EventCoder) {
        coder.field("key", &key)
        coder.field("host", &host)
        coder.field("attempt", &attempt)
        coder.field("attempts", &attempts)
        coder.field("reason", &reason)
        coder.field("delay_ms", &delay)
        coder.field("files", parts: &files)
    }
}

/// The outcome of a step. A skipped one has no intent.
package struct TaskFinished: EventPart {
    package var key = ""
    package var play = 0
    package var batch = 0
    package var host = ""
    package var name = ""
    package var action = ""
    package var section = StepSection.tasks
    package var item: String?
    package var status = StepStatus.ok
    package var attempts = 1
    package var duration: Duration = .zero
    /// Secrets print as `•••`; empty with `no_log`.
    package var result = ValueMap()
    package var failure: FailureRecord?
    /// Why it was skipped, or what a read-back proved.
    package var reason: String?
    /// What its last attempt left in the run's folder.
    package var files: [KeptFile] = []
    /// The path of the block whose `when` left it out.
    package var block: String?
    /// Its outcome was unknown, and then it was proven that it did not happen.
    package var isNotDone: Bool?
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
        coder.field("name", &name)
        coder.field("action", &action)
        coder.field("section", code: &section)
        coder.field("item", &item)
        coder.field("status", code: &status)
        coder.field("attempts", &attempts)
        coder.field("duration_ms", &duration)
        coder.field("result", &result)
        coder.field("failure", part: &failure)
        coder.field("reason", &reason)
        coder.field("files", parts: &files)
        coder.field("block", &block)
        coder.field("not_done", &isNotDone)
        coder.field("masked", &isMasked)
        coder.field("again", &isAgain)
    }
}

/// A file in the run's folder that a step left there, such as what its program said: by its digest the chain seals it.
package struct KeptFile: EventPart, Hashable {
    /// From the run's folder on: `output/…/attempt-1/stdout`.
    package var path = ""
    package var bytes = 0
    package var sha256 = ""

    package init() {}

    package init(path: String, content: [UInt8]) {
        self.path = path
        bytes = content.count
        sha256 = Digest.sha256(content)
    }

    package mutating func fields(_ coder: inout some EventCoder) {
        coder.field("path", &path)
        coder.field("bytes", &bytes)
        coder.field("sha256", &sha256)
    }
}

/// A `StepFailure` as events carry it.
package struct FailureRecord: EventPart, Hashable {
    /// `StepFailure.Code`.
    package var code = ""
    package var message = ""
    package var causes: [String] = []
    package var nextAction: String?
    package var details: [String] = []

    package init() {}

    package init(_ failure: StepFailure) {
        code = failure.code.rawValue
        message = failure.message
        causes = failure.causes
        nextAction = failure.nextAction
        details = failure.details
    }

    package mutating func fields(_ coder: inout some EventCoder) {
        coder.field("code", &code)
        coder.field("message", &message)
        coder.field("causes", &causes)
        coder.field("next_action", &nextAction)
        coder.field("details", &details)
    }
}

/// A block's `rescue` or `always`, or a rollback, begins on a host.
package struct SectionOpened: EventPart {
    package var section = StepSection.rescue
    package var host = ""
    /// The block's name or the failed task's.
    package var name = ""
    package var reason = ""

    package init() {}

    package mutating func fields(_ coder: inout some EventCoder) {
        coder.field("section", code: &section)
        coder.field("host", &host)
        coder.field("name", &name)
        coder.field("reason", &reason)
    }
}

/// A `rescue`, `always` or rollback ended on a host.
package struct SectionClosed: EventPart {
    package var section = StepSection.rescue
    package var host = ""
    package var name = ""
    /// Every step and gate of it passed.
    package var succeeded = false
    /// Why not; or, for a rollback, why there was none.
    package var reason: String?

    package init() {}

    package mutating func fields(_ coder: inout some EventCoder) {
        coder.field("section", code: &section)
        coder.field("host", &host)
        coder.field("name", &name)
        coder.field("succeeded", &succeeded)
        coder.field("reason", &reason)
    }
}

/// A host leaves the run.
package struct HostFailed: EventPart {
    package var host = ""
    package var key = ""
    package var task = ""
    package var status = StepStatus.failed
    package var failure: FailureRecord?
    /// Nothing new starts anywhere from here on.
    package var isHalt: Bool?

    package init() {}

    package mutating func fields(_ coder: inout some EventCoder) {
        coder.field("host", &host)
        coder.field("key", &key)
        coder.field("task", &task)
        coder.field("status", code: &status)
        coder.field("failure", part: &failure)
        coder.field("halts", &isHalt)
    }
}
