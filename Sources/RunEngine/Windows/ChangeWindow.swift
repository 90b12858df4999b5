package import Values

/// When a run may change a cluster: inside one of the allowed spans, and inside no denied one.
///
/// Without allowed spans every time is allowed that is not denied. A span that begins by a clock lasts as long as its
/// duration says, whatever the clock does meanwhile; when its beginning is shown twice, it begins once.
package struct ChangeWindow: Sendable {
    /// How far ahead an opening is looked for.
    static let horizon: Int64 = 400 * day
    private static let day: Int64 = 86_400
    /// How long one span may last.
    static let longest: Duration = .seconds(31 * 86_400)

    package struct Rule: Sendable {
        package enum Times: Sendable {
            case recurring(CronRule)
            /// From the first instant on, up to and without the second.
            case once(from: Timestamp, to: Timestamp)
        }

        package var times: Times
        package var reason: String?

        package init(_ times: Times, reason: String? = nil) {
            self.times = times
            self.reason = reason
        }
    }

    /// Spans that begin by the clock of a zone.
    package struct CronRule: Sendable {
        let expression: CronExpression
        let zone: ZoneFile
        let duration: Duration
    }

    /// What is true at a time.
    package enum State: Sendable {
        /// Until when; nil: beyond what is looked ahead.
        case open(until: Timestamp?)
        /// When it opens next, if it does within `horizon`, and why it is closed, where a rule denies it.
        case closed(opens: Timestamp?, reason: String?)
    }

    package var allow: [Rule]
    package var deny: [Rule]

    package init(allow: [Rule], deny: [Rule]) {
        self.allow = allow
        self.deny = deny
    }

    /// Times in seconds; the end does not belong to it.
    struct Span: Sendable {
        var begin: Int64
        var end: Int64
    }

    package func state(at time: Timestamp) -> State {
        let now = time.milliseconds >= 0 ? time.milliseconds / 1000 : (time.milliseconds - 999) / 1000
        // A week is enough nearly always, and a year is never too little.
        var reach: Int64 = 8 * Self.day
        while true {
            let spans = openSpans(from: now, to: now + reach)
            let isLast = reach >= Self.horizon
            if let span = spans.first(where: { $0.end > now }) {
                if span.begin > now { return .closed(opens: .seconds(span.begin), reason: reason(at: now)) }
                if span.end < now + reach { return .open(until: .seconds(span.end)) }
                if isLast { return .open(until: nil) }
            } else if isLast {
                return .closed(opens: nil, reason: reason(at: now))
            }
            reach = min(reach * 8, Self.horizon)
        }
    }

    /// Why the rule that denies a time says so; nil when it is only not allowed.
    private func reason(at now: Int64) -> String? {
        deny.first { rule in rule.spans(from: now, to: now + 1).contains { $0.begin <= now && now < $0.end } }
            .map { $0.reason ?? "a denied time" }
    }

    /// The open times that lie in a range, or begin before it, in order and apart from each other.
    func openSpans(from begin: Int64, to end: Int64) -> [Span] {
        let allowed =
            allow.isEmpty
            ? [Span(begin: begin, end: end)] : Self.union(allow.flatMap { $0.spans(from: begin, to: end) })
        let denied = Self.union(deny.flatMap { $0.spans(from: begin, to: end) })
        var open: [Span] = []
        for var span in allowed {
            for closed in denied where closed.end > span.begin && closed.begin < span.end {
                if closed.begin > span.begin { open.append(Span(begin: span.begin, end: closed.begin)) }
                span.begin = closed.end
                if span.begin >= span.end { break }
            }
            if span.begin < span.end { open.append(span) }
        }
        return open
    }

    private static func union(_ spans: [Span]) -> [Span] {
        var joined: [Span] = []
        for span in spans.sorted(by: { ($0.begin, $0.end) < ($1.begin, $1.end) }) where span.begin < span.end {
            if let last = joined.last, span.begin <= last.end {
                joined[joined.count - 1].end = max(last.end, span.end)
            } else {
                joined.append(span)
            }
        }
        return joined
    }
}

extension ChangeWindow.Rule {
    /// The spans that reach into a range.
    func spans(from begin: Int64, to end: Int64) -> [ChangeWindow.Span] {
        switch times {
        case .once(let from, let to):
            let span = ChangeWindow.Span(begin: from.milliseconds / 1000, end: to.milliseconds / 1000)
            return span.end > begin && span.begin < end ? [span] : []
        case .recurring(let rule): return rule.spans(from: begin, to: end)
        }
    }
}

extension ChangeWindow.CronRule {
    func spans(from begin: Int64, to end: Int64) -> [ChangeWindow.Span] {
        let length = duration.components.seconds
        // A local date is at most two days from that of UTC.
        let firstDay = (begin - length) / 86_400 - 2, lastDay = end / 86_400 + 2
        var spans: [ChangeWindow.Span] = []
        for day in firstDay...max(firstDay, lastDay) where expression.suits(CivilDate(daysSinceEpoch: day)) {
            for minute in expression.minutes {
                let start = zone.instant(ofLocal: day * 86_400 + minute * 60)
                if start + length > begin, start < end {
                    spans.append(ChangeWindow.Span(begin: start, end: start + length))
                }
            }
        }
        return spans
    }
}

extension Timestamp {
    fileprivate static func seconds(_ seconds: Int64) -> Timestamp { Timestamp(milliseconds: seconds * 1000) }
}
