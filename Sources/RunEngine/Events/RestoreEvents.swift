import Values

/// Something that the run changed for its own time is about to be put back, or set again by a resume. Durable before it is done.
package struct RestoreStarted: EventPart {
    /// Place of the change's record in the journal.
    package var change = 0
    /// Of the step that made it.
    package var key = ""
    package var host = ""
    /// As a person says it.
    package var what = ""
    /// The action that does it.
    package var action = ""
    /// Set again: what had been put back while the run stood still.
    package var isAgain: Bool?
    /// Put back because the process ends: a resume sets it again.
    package var isForExit: Bool?

    package init() {}

    package mutating func fields(_ coder: inout some EventCoder) {
        coder.field("change", &change)
        coder.field("key", &key)
        coder.field("host", &host)
        coder.field("what", &what)
        coder.field("action", &action)
        coder.field("again", &isAgain)
        coder.field("exit", &isForExit)
    }
}

/// What came of it.
package struct RestoreFinished: EventPart {
    package enum Result: String, Sendable {
        /// As it was before.
        case restored
        /// It was as before already: the change had not happened, or somebody has taken it back.
        case unneeded
        /// Somebody else has changed it since: it is left as it is, for a person to look at.
        case taken
        /// It is still as the run left it, or nobody knows.
        case failed
    }

    package var change = 0
    package var key = ""
    package var host = ""
    package var what = ""
    package var result = Result.restored
    /// Why not, or what was found.
    package var message: String?
    package var isAgain: Bool?
    /// Put back because the process ends: a resume sets it again.
    package var isForExit: Bool?

    package init() {}

    package mutating func fields(_ coder: inout some EventCoder) {
        coder.field("change", &change)
        coder.field("key", &key)
        coder.field("host", &host)
        coder.field("what", &what)
        coder.field("result", code: &result)
        coder.field("message", &message)
        coder.field("again", &isAgain)
        coder.field("exit", &isForExit)
    }
}
