package import Values

/// Another process goes on with a run that was suspended or killed.
package struct RunResumed: EventPart {
    /// As `RunOpened.breakGlass`, for what this process does.
    package var breakGlass: String?
    package var runID = ""
    /// From 1.
    package var number = 1
    package var version = ""
    package var user = ""
    package var host = ""
    package var pid = 0
    /// With the pid they tell the process from a later one; see `ProcessIdentity`.
    package var startTime = ""
    package var bootID = ""
    package var arguments: [String] = []
    package var planDigest = ""
    /// How the run had ended before: `suspended`, `killed`, `unknown`.
    package var after = ""
    /// Bytes of a last record that the run before did not finish writing: they were cut off.
    package var droppedBytes = 0
    package var uid: Int?
    package var sudoUser: String?
    package var ciActor: String?
    package var ciURL: String?

    package init() {}

    package mutating func fields(_ coder: inout some EventCoder) {
        coder.field("break_glass", &breakGlass)
        coder.field("run_id", &runID)
        coder.field("number", &number)
        coder.field("version", &version)
        coder.field("user", &user)
        coder.field("host", &host)
        coder.field("pid", &pid)
        coder.field("start_time", &startTime)
        coder.field("boot_id", &bootID)
        coder.field("argv", &arguments)
        coder.field("plan_digest", &planDigest)
        coder.field("after", &after)
        coder.field("dropped_bytes", &droppedBytes)
        coder.field("uid", &uid)
        coder.field("sudo_user", &sudoUser)
        coder.field("ci_actor", &ciActor)
        coder.field("ci_url", &ciURL)
    }
}

/// The items that a loop goes through, before its first round.
package struct LoopOpened: EventPart {
    /// The task's, without an item.
    package var key = ""
    package var host = ""
    package var count = 0
    /// Empty where they are not to be kept: secrets, `no_log`.
    package var items: [Value] = []

    package init() {}

    package mutating func fields(_ coder: inout some EventCoder) {
        coder.field("key", &key)
        coder.field("host", &host)
        coder.field("count", &count)
        var value: Value = items.isEmpty ? .null : .list(items)
        coder.field("items", &value)
        items = value.listValue ?? []
    }
}

/// A person says what became of a step whose outcome nobody could prove: `opsrun resolve`.
package struct StepResolved: EventPart {
    package enum Verdict: String, Sendable, CaseIterable {
        case done
        case notDone = "not-done"
    }

    package var key = ""
    package var host = ""
    package var name = ""
    package var verdict = Verdict.done
    package var by = ""
    package var reason = ""

    package init() {}

    package mutating func fields(_ coder: inout some EventCoder) {
        coder.field("key", &key)
        coder.field("host", &host)
        coder.field("name", &name)
        coder.field("as", code: &verdict)
        coder.field("by", &by)
        coder.field("reason", &reason)
    }
}
