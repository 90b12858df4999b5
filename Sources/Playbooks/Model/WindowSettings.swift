package import Values

/// `window:` of a file: when its run may change anything. `RunEngine` reads the times (`ChangeWindow`).
package struct WindowSettings: Sendable, Hashable {
    /// What becomes of a run that is under way when the window closes.
    package enum OnClose: String, Sendable, CaseIterable {
        /// The batch that has begun is finished; the next one does not begin.
        case finishBatch = "finish_batch"
        /// The step that runs is finished, and a broker that was stopped is started; nothing else begins.
        case finishStep = "finish_step"
    }

    /// One span of time, or spans that come again.
    package struct Rule: Sendable, Hashable {
        package enum Times: Sendable, Hashable {
            case recurring(cron: Located<String>, duration: Duration, zone: Located<String>?)
            case once(from: Timestamp, to: Timestamp)
        }

        package var times: Times
        /// Shown when the rule denies.
        package var reason: String?
        package var span: SourceSpan

        package init(_ times: Times, reason: String?, span: SourceSpan) {
            self.times = times
            self.reason = reason
            self.span = span
        }
    }

    /// Empty: every time that is not denied.
    package var allow: [Rule]
    package var deny: [Rule]
    package var onClose: OnClose
    package var span: SourceSpan

    package init(allow: [Rule], deny: [Rule], onClose: OnClose, span: SourceSpan) {
        self.allow = allow
        self.deny = deny
        self.onClose = onClose
        self.span = span
    }
}
