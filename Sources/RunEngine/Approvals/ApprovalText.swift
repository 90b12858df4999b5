import Playbooks
package import Values

/// What an approver signs: a few lines that a person can read, in one form only, so that the same decision is always the same
/// bytes.
///
///     opsrun approval 1
///     decision: granted
///     plan: 9f86d0…            the SHA-256 of the plan
///     run: 01a200c2-…          or `any`
///     playbook: "playbooks/rolling-upgrade.yml"
///     clusters: "prod-eu"
///     task: "Go / no-go"       or `whole plan`
///     step: "0/1/2@b1"         the very question, where a run asks it: each batch asks for itself
///     typed: "prod-eu"         only where a name had to be typed
///     by: "anna"
///     reason: "not tonight"    only where one was given
///     made: 2026-11-22T04:00:00.000Z
///     expires: 2026-11-23T04:00:00.000Z
package struct ApprovalText: Sendable, Hashable {
    /// Of the signature (`ssh-keygen -Y sign -n`): what was signed for another purpose is no approval.
    package static let namespace = "opsrun-approval"
    package static let maximumBytes = 64 << 10

    package var isGranted: Bool
    package var planDigest: String
    /// Nil: any run of the plan.
    package var runID: String?
    package var playbook: String
    package var clusters: [String]
    /// The name of the approve task; nil: the plan as a whole.
    package var task: String?
    /// The key of the step that asks; nil where the plan is approved before it is run.
    package var step: String?
    /// The name that was typed in full.
    package var typed: String?
    package var by: String
    package var reason: String?
    package var made: Timestamp
    package var expires: Timestamp

    package init(
        isGranted: Bool, planDigest: String, runID: String?, playbook: String, clusters: [String], task: String?,
        by: String, made: Timestamp, expires: Timestamp
    ) {
        self.isGranted = isGranted
        self.planDigest = planDigest
        self.runID = runID
        self.playbook = playbook
        self.clusters = clusters
        self.task = task
        self.by = by
        self.made = made
        self.expires = expires
    }

    private static let title = "opsrun approval 1"
    private static let anyRun = "any"
    private static let wholePlan = "whole plan"

    package var bytes: [UInt8] {
        func quoted(_ text: String) -> String { JSON.text(.string(text)) }
        var lines = [
            Self.title, "decision: \(isGranted ? "granted" : "denied")", "plan: \(planDigest)",
            "run: \(runID ?? Self.anyRun)", "playbook: \(quoted(playbook))",
            "clusters: \(clusters.map(quoted).joined(separator: ", "))",
            "task: \(task.map(quoted) ?? Self.wholePlan)",
        ]
        if let step { lines.append("step: \(quoted(step))") }
        if let typed { lines.append("typed: \(quoted(typed))") }
        lines.append("by: \(quoted(by))")
        if let reason { lines.append("reason: \(quoted(reason))") }
        lines += ["made: \(made)", "expires: \(expires)"]
        return Array((lines.joined(separator: "\n") + "\n").utf8)
    }

    /// Nil for what is not exactly what `bytes` gives.
    package init?(bytes: [UInt8]) {
        guard bytes.count <= Self.maximumBytes, let text = String(validating: bytes, as: UTF8.self) else { return nil }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard lines.first == Self.title else { return nil }
        var fields: [String: String] = [:]
        for line in lines.dropFirst() where !line.isEmpty {
            guard let colon = line.firstIndex(of: ":") else { return nil }
            fields[String(line[..<colon])] = String(line[colon...].dropFirst(2))
        }
        func quoted(_ name: String) -> String? {
            fields[name].flatMap { (try? JSON.parse("[\($0)]"))?.listValue?.first?.stringValue }
        }
        guard let decision = fields["decision"], let plan = fields["plan"], let run = fields["run"],
            let playbook = quoted("playbook"),
            let clusters = (try? JSON.parse("[\(fields["clusters"] ?? "")]"))?.listValue, let by = quoted("by"),
            let made = fields["made"].flatMap(Timestamp.init(rfc3339Text:)),
            let expires = fields["expires"].flatMap(Timestamp.init(rfc3339Text:))
        else { return nil }
        self.init(
            isGranted: decision == "granted", planDigest: plan, runID: run == Self.anyRun ? nil : run,
            playbook: playbook, clusters: clusters.compactMap(\.stringValue),
            task: fields["task"] == Self.wholePlan ? nil : quoted("task"), by: by, made: made, expires: expires)
        step = quoted("step")
        typed = quoted("typed")
        reason = quoted("reason")
        guard self.bytes == bytes else { return nil }
    }
}
