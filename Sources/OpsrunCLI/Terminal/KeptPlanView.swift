internal import RunEngine
internal import Values

/// A plan that was kept, for those who review it: the digest first, then what was made when by whom, then the plan.
enum KeptPlanView {
    static func text(
        _ kept: SavedPlan, at now: Timestamp, style: Style, width: Int, verbosity: Int
    ) -> String {
        var text = style(.strong, "sha256 \(SafeText.escape(kept.plan.digest))") + "\n"
        text += SafeText.escape(origin(kept, at: now)) + "\n"
        return text + PlanView(style: style, width: width, verbosity: verbosity).text(kept.plan)
    }

    /// Characters of a comment that GitHub (65,536) and GitLab (1,000,000) take, with room for a heading.
    static let markdownLimit = 60_000
    private static let markdownWidth = 100

    /// Dangers that are named before they are counted.
    private static let shownDangers = 50

    /// Digest and numbers at the top, then each play folded. What does not fit a comment is left out and said to be.
    static func markdown(_ kept: SavedPlan, at now: Timestamp) -> String {
        markdown(kept.plan, expires: "\(kept.expires)", origin: origin(kept, at: now))
    }

    /// `expires` and `origin` nil: the plan is not kept in a file.
    static func markdown(_ plan: Plan, expires: String? = nil, origin: String? = nil) -> String {
        let summary = plan.summary
        var head = "### opsrun plan: \(inline(plan.name.isEmpty ? plan.playbook : plan.name))\n\n"
        head += "`sha256 \(inline(plan.digest))`\n\n"
        head += "| clusters | hosts | batches | writes | gates take at least | smallest margin | expires |\n"
        head += "|---|---|---|---|---|---|---|\n"
        let clusters = plan.clusters.map { inline($0.name) + ($0.isProtected ? " (protected)" : "") }
        let margin = plan.prediction["smallest_margin"]?.intValue.map(String.init) ?? "not proven"
        head += "| \(clusters.joined(separator: ", ")) | \(summary.hosts) | \(summary.batches) | \(summary.writes) "
        head += "| \(summary.minimumGateTime.text) | \(margin) | \(expires ?? "not kept") |\n\n"
        if let reason = plan.nothingToDo { head += "Nothing to do: \(inline(reason))\n\n" }
        for refusal in plan.refusals.prefix(shownDangers) { head += "- **refused**: \(inline(refusal.message))\n" }
        for danger in plan.irreversible.prefix(shownDangers) {
            head +=
                "- **\(danger.kind.rawValue)**: \(inline(danger.task)) (\(inline(danger.hosts.joined(separator: ", "))))\n"
        }
        if plan.irreversible.count > shownDangers { head += "- and \(plan.irreversible.count - shownDangers) more\n" }
        if let origin { head += "\n\(inline(origin))\n" }
        let body = PlanView(style: .plain, width: markdownWidth).text(plan)
        let room = max(0, markdownLimit - head.utf8.count - 200)
        var shown = body
        var rest = ""
        if body.utf8.count > room {
            shown = String(decoding: Array(body.utf8.prefix(room)), as: UTF8.self)
            shown = String(shown[..<(shown.lastIndex(of: "\n") ?? shown.startIndex)]) + "\n"
            rest =
                "\nThe rest does not fit a comment: `opsrun show` has all of the plan sha256 \(inline(plan.digest)).\n"
        }
        let fence = MarkdownText.fence(for: shown)
        return head
            + "\n<details><summary>Every batch and step</summary>\n\n\(fence)text\n\(shown)\(fence)\n\(rest)\n</details>\n"
    }

    private static func origin(_ kept: SavedPlan, at now: Timestamp) -> String {
        let state = kept.expiry(at: now) == nil ? "good until \(kept.expires)" : "expired at \(kept.expires)"
        return "made at \(kept.created) by \(kept.author) with opsrun \(kept.version), \(state)"
    }

    /// Text of others in a line of Markdown: no marks, no links, no mentions.
    private static func inline(_ text: String) -> String { MarkdownText.inline(text) }
}
