package import RunEngine
internal import Values

/// The end of a run: Ansible's recap, and the block that says what went wrong and what to do.
package struct RecapView: Sendable {
    private let style: Style
    private let width: Int

    package init(style: Style, width: Int) {
        self.style = style
        self.width = width
    }

    package func recap(_ state: RunState) -> String {
        guard !state.hostCounts.isEmpty else { return "" }
        let rows = state.hostCounts
        let size = rows.map { TextLayout.columns(of: SafeText.escape($0.host)) }.max() ?? 0
        var text = "\n" + style(.strong, HumanView.banner("PLAY RECAP", width: width, stars: "*")) + "\n"
        for row in rows {
            let isBad = row.failed + row.unreachable + row.unknown > 0
            let name = TextLayout.pad(SafeText.escape(row.host), size)
            text += style(isBad ? .bad : row.changed > 0 ? .changed : .good, name) + " :"
            var counts: [(name: String, value: Int, role: Style.Role)] = [
                ("ok", row.ok, .good), ("changed", row.changed, .changed), ("unreachable", row.unreachable, .bad),
                ("failed", row.failed, .bad), ("skipped", row.skipped, .info), ("rescued", row.rescued, .warning),
            ]
            // Ansible has neither: they take room only where there is something to say.
            if rows.contains(where: { $0.rolledBack > 0 }) {
                counts.append(("rolled_back", row.rolledBack, .warning))
            }
            if row.unknown > 0 { counts.append(("unknown", row.unknown, .bad)) }
            // Where they do not fit they go on below the first of them, or nearly at the left under a long name.
            let indent = min(size + 2, width / 4)
            var column = size + 2
            for count in counts {
                let plain = "\(count.name)=\(count.value)"
                if column + 1 + plain.count > width, column > indent {
                    text += "\n" + String(repeating: " ", count: indent)
                    column = indent
                }
                text += " " + (count.value > 0 ? style(count.role, plain) : plain)
                column += 1 + plain.count
            }
            text += "\n"
        }
        return text
    }

    /// One line: how it ended, how long it took.
    package func result(_ state: RunState) -> String {
        guard let closed = state.closed else { return "" }
        let time = closed.duration.elapsedText
        let message = closed.message.isEmpty ? "" : ": \(SafeText.escape(closed.message))"
        return switch closed.status {
        case .nothingToDo: style(.good, "nothing to do") + message + "\n"
        case .succeeded: style(.good, "done") + " in \(time)\(note(state))\n"
        default: ""
        }
    }

    private func note(_ state: RunState) -> String {
        state.run.speedNote.map { " (\(SafeText.escape($0)))" } ?? ""
    }

    /// Why it did not succeed: the sentence, its causes, the hosts, the partitions, what to do, what the code means, where
    /// the record is. Empty for a run that did.
    package func failure(_ state: RunState, exit: ExitCode, directory: String?) -> String {
        guard exit != .done else { return "" }
        var text = "\n"
        if state.failedHosts.isEmpty {
            let message = state.closed.map(\.message) ?? ""
            text += style(.bad, headline(exit)) + (message.isEmpty ? "" : ": \(SafeText.escape(message))") + "\n"
        }
        // What a host says of its failure is the same that ended the run: it is said once.
        for (index, host) in state.failedHosts.enumerated() {
            let name = "[\(SafeText.escape(host.host))] \(SafeText.escape(host.task))"
            text += index == 0 ? style(.bad, headline(exit)) + ": \(name)\n" : "\(name)\n"
            if let failure = host.failure { text += self.failure(failure, indent: "  ") }
            text += partitions(of: host, state)
        }
        let failedGates = state.gates.compactMap(\.finished).filter { ![.passed, .stopped].contains($0.verdict) }
        for gate in failedGates where owner(of: gate, state) == nil {
            let name = gate.name.isEmpty ? gate.gate : gate.name
            text += "  gate \(SafeText.escape(name)) [\(SafeText.escape(gate.host))] \(verdict(gate))\n"
            for reason in gate.reasons.prefix(Self.shownDetails) { text += "    \(SafeText.escape(reason))\n" }
            if gate.reasons.count > Self.shownDetails {
                text += "    and \(gate.reasons.count - Self.shownDetails) more\n"
            }
        }
        for step in state.unknownSteps {
            text +=
                "  unknown: \(SafeText.escape(step.name)) [\(SafeText.escape(step.host))] \(SafeText.escape(step.key))\n"
        }
        if exit == .unknownOutcome, let step = state.unknownSteps.first {
            let run = SafeText.escape(state.run.runID)
            text +=
                "  when you know: opsrun resolve \(run) \(SafeText.escape(step.key)) --as done|not-done --reason WHY\n"
            text += "  then: opsrun resume \(run)\n"
        }
        if exit == .suspended { text += waiting(state) }
        // What the disk did not take: the last that is known of them is that they began.
        if exit == .storage {
            for step in state.steps where step.status == nil {
                let item = step.item.map { " (item=\(SafeText.escape($0)))" } ?? ""
                let name = SafeText.escape(step.name.isEmpty ? step.action : step.name)
                text += "  begun, its end not recorded: \(name)\(item) [\(SafeText.escape(step.host))]\n"
            }
        }
        for finding in state.findings where finding.severity == .critical {
            text += "  critical: \(SafeText.escape(finding.message))\n"
        }
        for leftover in state.closed?.leftovers ?? [] { text += "  left behind: \(SafeText.escape(leftover))\n" }
        text += "exit \(exit.rawValue): \(exit.meaning)\n"
        if !state.failedHosts.contains(where: { $0.failure?.nextAction != nil }) {
            text += "next: \(next(exit, state))\n"
        }
        text += exceeded(state)
        if let directory { text += "run directory: \(SafeText.escape(directory))\n" }
        return text
    }

    /// Who can still say yes, and the commands to type.
    private func waiting(_ state: RunState) -> String {
        let run = SafeText.escape(state.run.runID)
        var text = ""
        for question in state.openApprovals {
            let who =
                question.approvers.isEmpty
                ? "" : " (\(question.approvers.map { SafeText.escape($0) }.joined(separator: ", ")))"
            let task = SafeText.escape(question.task ?? "approve")
            text += "  to approve\(who): opsrun approve \(run) --task '\(task)'\n"
        }
        return text.isEmpty ? "" : text + "  then: opsrun resume \(run)\n"
    }

    /// More hosts failed than the play bears: which were not begun for it.
    private func exceeded(_ state: RunState) -> String {
        guard let limit = state.closed?.exceededMaxFail, let play = state.plays.last else { return "" }
        let begun = Set(state.steps.filter { $0.play == play.play }.map(\.host))
        let left = play.hosts.filter { !begun.contains($0) }.map { SafeText.escape($0) }
        let names = left.prefix(Self.shownDetails).joined(separator: ", ")
        let more = left.count > Self.shownDetails ? " and \(left.count - Self.shownDetails) more" : ""
        return "more hosts failed than max_fail: \(limit) bears"
            + (left.isEmpty ? "" : "; not begun: \(names)\(more)") + "\n"
    }

    /// What was rolled back is as before; what else was changed is not.
    private func next(_ exit: ExitCode, _ state: RunState) -> String {
        guard exit == .rolledBack else { return exit.nextAction }
        func names(_ rows: [HostCounts]) -> String { rows.map { SafeText.escape($0.host) }.joined(separator: ", ") }
        let back = state.hostCounts.filter { $0.rolledBack > 0 }
        let changed = state.hostCounts.filter { $0.rolledBack == 0 && $0.changed > 0 }
        guard !back.isEmpty else { return exit.nextAction }
        var text = "\(names(back)) \(back.count == 1 ? "is" : "are") as before the steps that were rolled back"
        if !changed.isEmpty {
            text += "; \(names(changed)) \(changed.count == 1 ? "was" : "were") changed and stays so"
        }
        return text + ". Find out why the host failed before the next try."
    }

    private static let shownDetails = 10

    /// The failed host whose task a gate was.
    private func owner(of gate: GateFinished, _ state: RunState) -> HostFailed? {
        state.failedHosts.first { $0.host == gate.host && [gate.name, gate.gate].contains($0.task) }
    }

    /// Since when the gate was held, and by which partitions: those of the last look, people's topics first.
    private func partitions(of host: HostFailed, _ state: RunState) -> String {
        let gates = state.gates.compactMap(\.finished)
        guard let gate = gates.last(where: { owner(of: $0, state)?.host == host.host && $0.verdict != .passed }) else {
            return ""
        }
        var text = "  \(verdict(gate))\n"
        for field in ["offline", "under_min_isr", "under_replicated"] {
            let names = (gate.result[field]?.listValue ?? []).compactMap { item -> String? in
                guard let topic = item["topic"]?.stringValue, let number = item["partition"]?.intValue else {
                    return nil
                }
                return "\(topic)-\(number)"
            }
            guard !names.isEmpty else { continue }
            let ordered = names.filter { !$0.hasPrefix("__") } + names.filter { $0.hasPrefix("__") }
            let more = names.count > Self.shownDetails ? " and \(names.count - Self.shownDetails) more" : ""
            let list = ordered.prefix(Self.shownDetails).map { SafeText.escape($0) }.joined(separator: ", ")
            text += "  \(String(field.map { $0 == "_" ? " " : $0 })): \(list)\(more)\n"
        }
        return text
    }

    private func headline(_ exit: ExitCode) -> String {
        switch exit {
        case .refused: "REFUSED"
        case .suspended: "SUSPENDED"
        case .interrupted, .terminated: "STOPPED"
        case .unknownOutcome: "UNKNOWN"
        case .rolledBack: "ROLLED BACK"
        default: "FAILED"
        }
    }

    private func verdict(_ gate: GateFinished) -> String {
        let time = gate.duration.elapsedText
        let since = gate.since.map { " (so since \(String($0.description.prefix(19)))Z)" } ?? ""
        return switch gate.verdict {
        case .timedOut: "timed out after \(time)\(since)"
        case .stalled: "given up after \(time)\(since)"
        default: "failed after \(time)\(since)"
        }
    }

    /// A failure that no host owns: a refused plan, an unreachable cluster.
    package func failure(_ failure: FailureRecord, indent: String) -> String {
        func lines(_ text: String, _ indent: String) -> String {
            SafeText.lines(text).map { "\(indent)\($0)\n" }.joined()
        }
        var text = lines(failure.message, indent)
        for cause in failure.causes { text += "\(indent)  because \(SafeText.escape(cause))\n" }
        for detail in failure.details.prefix(Self.shownDetails) { text += lines(detail, indent + "  ") }
        if failure.details.count > Self.shownDetails {
            text += "\(indent)  and \(failure.details.count - Self.shownDetails) more\n"
        }
        if let next = failure.nextAction { text += "\(indent)next: \(SafeText.escape(next))\n" }
        return text
    }
}
