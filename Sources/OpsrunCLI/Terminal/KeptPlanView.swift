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

    /// Digest and numbers at the top, then each play folded. What does not fit a comment is left out and said to be.
    static func markdown(_ kept: SavedPlan, at now: Timestamp) -> String {
        let plan = kept.plan
        let summary = plan.summary
        var head = "### opsrun plan: \(inline(plan.name.isEmpty ? plan.playbook : plan.name))\n\n"
        head += "`sha256 \(inline(plan.digest))`\n\n"
        head += "| clusters | hosts | batches | writes | gates take at least | smallest margin | expires |\n"
        head += "|---|---|---|---|---|---|---|\n"
        let clusters = plan.clusters.map { inline($0.name) + ($0.isProtected ? " (protected)" : "") }
        let margin = plan.prediction["smallest_margin"]?.intValue.map(String.init) ?? "not proven"
        head += "| \(clusters.joined(separator: ", ")) | \(summary.hosts) | \(summary.batches) | \(summary.writes) "
        head += "| \(summary.minimumGateTime.text) | \(margin) | \(kept.expires) |\n\n"
        if let reason = plan.nothingToDo { head += "Nothing to do: \(inline(reason))\n\n" }
        for danger in plan.irreversible {
            head +=
                "- **\(danger.kind.rawValue)**: \(inline(danger.task)) (\(inline(danger.hosts.joined(separator: ", "))))\n"
        }
        head += "\n\(inline(origin(kept, at: now)))\n"
        let body = PlanView(style: .plain, width: markdownWidth).text(plan)
        let room = max(0, markdownLimit - head.utf8.count - 200)
        var shown = body
        var rest = ""
        if body.utf8.count > room {
            shown = String(decoding: Array(body.utf8.prefix(room)), as: UTF8.self)
            shown = String(shown[..<(shown.lastIndex(of: "\n") ?? shown.startIndex)]) + "\n"
            rest = "\nThe rest does not fit a comment: `opsrun show` has all of it.\n"
        }
        let fence = self.fence(for: shown)
        return head
            + "\n<details><summary>Every batch and step</summary>\n\n\(fence)text\n\(shown)\(fence)\n\(rest)\n</details>\n"
    }

    private static func origin(_ kept: SavedPlan, at now: Timestamp) -> String {
        let state = kept.expiry(at: now) == nil ? "good until \(kept.expires)" : "expired at \(kept.expires)"
        return "made at \(kept.created) by \(kept.author) with opsrun \(kept.version), \(state)"
    }

    /// Longer than any run of backticks inside, so that nothing inside ends it.
    private static func fence(for text: String) -> String {
        var longest = 0
        var run = 0
        for byte in text.utf8 {
            run = byte == UInt8(ascii: "`") ? run + 1 : 0
            longest = max(longest, run)
        }
        return String(repeating: "`", count: max(3, longest + 1))
    }

    /// Text of others in a line of Markdown: no marks, no links, no mentions.
    private static func inline(_ text: String) -> String {
        var result = ""
        for character in SafeText.escape(text) {
            if "\\`*_{}[]<>()#!|~@".contains(character) { result.append("\\") }
            result.append(character)
        }
        return result
    }
}
