import Values

/// `window: {allow: [{cron: "0 22 * * TUE", duration: 5h, timezone: Europe/Oslo}], deny: [{from: …, to: …, reason: …}]}`.
extension PlaybookReader {
    static let windowKeys = ["allow", "deny", "on_close"]
    static let windowRuleKeys = ["cron", "duration", "timezone", "from", "to", "reason"]
    private static let example = "{cron: \"0 22 * * TUE\", duration: 5h, timezone: Europe/Oslo} or {from: …, to: …}"

    /// Nil, with problems, for what can be no window: a run must never take it for one that is always open.
    func readWindow(_ node: YAMLNode) -> WindowSettings? {
        guard let entries = node.entries else {
            problems.error(
                "type-mismatch", "window is a map", hint: "window: {allow: [\(Self.example)]}", at: node.span)
            return nil
        }
        var window = WindowSettings(allow: [], deny: [], onClose: .finishBatch, span: node.span)
        var isWhole = true
        for entry in entries {
            switch entry.key {
            case "allow", "deny":
                guard let items = entry.value.items, !items.isEmpty else {
                    problems.error(
                        "type-mismatch", "'\(entry.key)' of a window is a list of times", hint: Self.example,
                        at: entry.value.span)
                    isWhole = false
                    continue
                }
                let rules = items.compactMap { readRule($0, denies: entry.key == "deny") }
                isWhole = isWhole && rules.count == items.count
                if entry.key == "allow" { window.allow = rules } else { window.deny = rules }
            case "on_close":
                if let value = WindowSettings.OnClose(rawValue: entry.value.text ?? "") {
                    window.onClose = value
                } else {
                    let names = WindowSettings.OnClose.allCases.map(\.rawValue)
                    problems.error(
                        "bad-window", "on_close is \(names.joined(separator: " or "))",
                        hint: NearestName.hint(entry.value.text ?? "", in: names), at: entry.value.span)
                    isWhole = false
                }
            default:
                unknown(entry, "window", Self.windowKeys)
                isWhole = false
            }
        }
        if isWhole, window.allow.isEmpty, window.deny.isEmpty {
            problems.error("bad-window", "the window names no times", hint: "allow: [\(Self.example)]", at: node.span)
            isWhole = false
        }
        guard isWhole else { return nil }
        let found = options.tryWindow?(window) ?? []
        problems.add(found)
        return found.isEmpty ? window : nil
    }

    private func readRule(_ node: YAMLNode, denies: Bool) -> WindowSettings.Rule? {
        guard let entries = node.entries else {
            problems.error("type-mismatch", "a time of a window is a map", hint: Self.example, at: node.span)
            return nil
        }
        var texts: [String: Located<String>] = [:]
        var duration: Duration?
        var times: [String: Timestamp] = [:]
        var isWhole = true
        for entry in entries {
            switch entry.key {
            case "cron", "timezone", "reason":
                if let text = text(entry.value, "'\(entry.key)'") {
                    texts[entry.key] = Located(text, at: entry.value.span)
                } else {
                    isWhole = false
                }
            case "duration":
                duration = builder.template(entry.value, as: .duration, what: "'duration'")?.literalValue?.durationValue
                isWhole = isWhole && duration != nil
            case "from", "to":
                if case .timestamp(let time) = builder.template(entry.value, as: .timestamp, what: "'\(entry.key)'")?
                    .literalValue
                {
                    times[entry.key] = time
                } else {
                    isWhole = false
                }
            default:
                unknown(entry, "a time of a window", Self.windowRuleKeys)
                isWhole = false
            }
        }
        guard isWhole else { return nil }
        let reason = texts["reason"]?.value
        let found: WindowSettings.Rule.Times
        switch (texts["cron"], duration, times["from"], times["to"]) {
        case (let cron?, let duration?, nil, nil):
            found = .recurring(cron: cron, duration: duration, zone: texts["timezone"])
        case (nil, nil, let from?, let to?) where texts["timezone"] == nil:
            guard from < to else {
                problems.error("bad-window", "the window ends before it begins", at: node.span)
                return nil
            }
            found = .once(from: from, to: to)
        default:
            problems.error(
                "bad-window", "a time is cron with duration (and timezone), or from and to", hint: Self.example,
                at: node.span)
            return nil
        }
        return WindowSettings.Rule(found, reason: reason, span: node.span)
    }
}
