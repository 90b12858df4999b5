internal import Playbooks
package import RunEngine
internal import Values

/// A plan for the person who decides: plays, batches, steps, what cannot be undone, what is skipped and why.
package struct PlanView: Sendable {
    private let style: Style
    private let width: Int
    private let verbosity: Int
    /// Such as `embedded cluster, time ×20`.
    private let clusterNote: String?

    package init(style: Style, width: Int, verbosity: Int = 0, clusterNote: String? = nil) {
        self.style = style
        self.width = max(width, Surroundings.narrowest)
        self.verbosity = verbosity
        self.clusterNote = clusterNote
    }

    package func text(_ plan: Plan) -> String {
        var text = header(plan)
        for play in plan.plays { text += self.play(play, of: plan) }
        text += section("IRREVERSIBLE OR FORCED", .bad, plan.irreversible.map(danger))
        text += section("APPROVALS", .warning, plan.approvals.map(approval))
        text += section("SKIPPED", .info, skipped(plan))
        text += section("NOTES", .info, notes(plan))
        if verbosity > 0 { text += section("FACTS", .quiet, plan.facts.map { "\($0.key) = \(value($0.value))" }) }
        for refusal in plan.refusals {
            text += "\n" + style(.bad, "REFUSED") + ": "
            text += RecapView(style: style, width: width).failure(FailureRecord(refusal), indent: "")
        }
        return text + summary(plan)
    }

    // MARK: Parts

    private func header(_ plan: Plan) -> String {
        var text = style(.strong, HumanView.banner("PLAN [\(safe(plan.name))]", width: width, stars: "*")) + "\n"
        for cluster in plan.clusters {
            var parts = [safe(cluster.name)]
            if !cluster.id.isEmpty { parts.append("id \(safe(cluster.id))") }
            if cluster.isProtected { parts.append("protected") }
            text += "cluster \(parts.joined(separator: ", "))\n"
        }
        if let clusterNote { text += style(.info, clusterNote) + "\n" }
        if !plan.inventory.isEmpty { text += "inventory \(safe(plan.inventory))\n" }
        if let limit = plan.limit { text += "limit \(safe(limit))\n" }
        let parameters = plan.parameters.map { "\($0.key)=\(value($0.value))" }.joined(separator: " ")
        if !parameters.isEmpty { text += TextLayout.wrap("params \(parameters)", width: width) + "\n" }
        return text
    }

    private func play(_ play: PlannedPlay, of plan: Plan) -> String {
        let hosts = play.batches.reduce(0) { $0 + $1.hosts.count }
        var about = ""
        if let reason = play.skipped {
            about = "skipped: \(safe(reason))"
        } else if play.batches.count > 1 {
            about = "\(hosts) hosts in \(play.batches.count) batches, order \(play.order)"
        } else if let batch = play.batches.first {
            about = batch.hosts.map { safe($0) }.joined(separator: ", ")
        }
        var text =
            "\n" + style(.strong, "PLAY \(play.index + 1) [\(safe(play.name))]") + (about.isEmpty ? "" : " \(about)")
        text += "\n"
        var place = 0
        while place < play.batches.count {
            let batch = play.batches[place]
            var last = place
            // Batches that do the same are told once: a roll over sixty brokers is a page, not sixty.
            while verbosity == 0, last + 1 < play.batches.count, same(batch, play.batches[last + 1]) { last += 1 }
            if play.batches.count > 1 {
                let groups = play.batches[place...last].map { $0.hosts.map { safe($0) }.joined(separator: " ") }
                let word =
                    place == last ? "batch \(place + 1)" : "batches \(place + 1)–\(last + 1), one after the other"
                let line = "\(word): \(groups.joined(separator: " | "))"
                text +=
                    "  " + TextLayout.wrap(line, width: width - 4).split(separator: "\n").joined(separator: "\n    ")
                    + "\n"
            }
            if let safety = batch.safety { text += folded(safe(safety), .quiet, "    ") }
            for task in batch.tasks { text += self.task(task, in: batch, folded: last > place) }
            place = last + 1
        }
        return text
    }

    private func same(_ one: PlannedBatch, _ other: PlannedBatch) -> Bool {
        guard one.tasks.count == other.tasks.count, one.hosts.count == other.hosts.count, one.safety == other.safety
        else { return false }
        return zip(one.tasks, other.tasks).allSatisfy { left, right in
            left.path == right.path && left.steps.count == right.steps.count
                && zip(left.steps, right.steps).allSatisfy(same)
        }
    }

    private func same(_ one: PlannedStep, _ other: PlannedStep) -> Bool {
        word(one) == word(other) && one.changesNothing == other.changesNothing
            && one.sample?.passes == other.sample?.passes
    }

    private func task(_ task: PlannedTask, in batch: PlannedBatch, folded: Bool) -> String {
        let active = task.steps.filter { if case .skip = $0.decision { false } else { true } }
        guard !active.isEmpty else { return "" }
        let indent = String(repeating: "  ", count: 2 + min(task.depth, 4))
        let (kind, role) = self.kind(task, active)
        var name = safe(task.name.isEmpty ? task.action : task.name)
        if ![.tasks, .undo].contains(task.section) { name = "\(task.section.rawValue): \(name)" }
        var notes: [String] = []
        if let gate = task.gate {
            notes.append(self.gate(gate))
        } else if name != task.action {
            notes.append(safe(task.action))
        }
        if active.count < batch.hosts.count, batch.hosts.count > 1, task.gate == nil {
            notes.append("on \(active.map { safe($0.host) }.joined(separator: ", "))")
        }
        let reasons = Set(
            active.compactMap { step -> String? in
                // Undo runs only after a failure: that is what the word says.
                if case .atRun(let reason) = step.decision, task.section != .undo { return reason }
                return nil
            })
        notes += reasons.sorted().map { "decided in the run: \(safe($0))" }
        notes.removeAll { $0.isEmpty }
        let line = notes.isEmpty ? name : "\(name)  (\(notes.joined(separator: "; ")))"
        let room = width - TextLayout.columns(of: indent) - 8
        let hanging = "\n" + indent + String(repeating: " ", count: 10)
        let wrapped = TextLayout.wrap(line, width: max(30, room - 2)).split(separator: "\n").joined(separator: hanging)
        var text = indent + style(role, TextLayout.pad(kind, 8)) + wrapped + "\n"
        let inner = indent + String(repeating: " ", count: 8)
        // Folded batches differ by host in their commands: one stands for all.
        for step in folded ? Array(active.prefix(1)) : active {
            text += details(step, inner, many: batch.hosts.count > 1)
        }
        return text
    }

    private func details(_ step: PlannedStep, _ indent: String, many: Bool) -> String {
        // As Ansible writes it: for whom, and where it runs.
        let delegate = step.delegate.map { "-> \(safe($0))" }
        let host =
            many
            ? "[\(safe(step.host))\(delegate.map { " \($0)" } ?? "")] " : delegate.map { "[\($0)] " } ?? ""
        var text = ""
        for command in step.commands {
            text +=
                indent + style(.quiet, TextLayout.clip("\(host)$ " + command.map(quoted).joined(separator: " "), width))
                + "\n"
        }
        for change in step.changes { text += folded("\(host)\(safe(change))", .changed, indent) }
        // --check looked once.
        if let sample = step.sample {
            text +=
                sample.passes
                ? folded("\(host)passes now", .good, indent)
                : folded("\(host)does not pass now: \(GateText.reasons(sample.reasons))", .warning, indent)
        }
        for note in step.notes { text += folded("\(host)\(safe(note))", .info, indent) }
        guard verbosity > 0 else { return text }
        for argument in step.arguments {
            let shown =
                switch argument.value {
                case .known(let value): self.value(value)
                case .knownAfter(let task): "known after \(safe(task))"
                }
            text += indent + style(.quiet, "\(host)\(argument.name): \(TextLayout.clip(shown, 200))") + "\n"
        }
        return text
    }

    /// A line that is broken at the width, its rest further in.
    private func folded(_ line: String, _ role: Style.Role, _ indent: String) -> String {
        let room = max(30, width - TextLayout.columns(of: indent) - 2)
        let lines = TextLayout.wrap(line, width: room).split(separator: "\n")
        return lines.enumerated().map { indent + ($0.offset > 0 ? "  " : "") + style(role, String($0.element)) + "\n" }
            .joined()
    }

    private func kind(_ task: PlannedTask, _ active: [PlannedStep]) -> (String, Style.Role) {
        if task.section == .undo { return ("undo", .quiet) }
        if task.gate != nil { return ("gate", .info) }
        if active.allSatisfy(\.changesNothing), task.effect != .read { return ("same", .quiet) }
        switch task.effect {
        case .read: return ("read", .quiet)
        case .idempotent, .checked: return ("change", .changed)
        case .opaque: return ("run", .changed)
        }
    }

    private func word(_ step: PlannedStep) -> String {
        switch step.decision {
        case .run: "run"
        case .skip(let reason): "skip \(reason)"
        case .atRun(let reason): "at run \(reason)"
        }
    }

    private func gate(_ gate: PlannedGate) -> String {
        var parts: [String] = []
        if gate.action != gate.name { parts.append(safe(gate.action)) }
        if gate.minimumTime > .zero { parts.append("at least \(gate.minimumTime.limitText)") }
        if let timeout = gate.timeout { parts.append("at most \(timeout.limitText)") }
        if let stalled = gate.stalledFor { parts.append("fails after \(stalled.limitText) without progress") }
        return parts.joined(separator: ", ")
    }

    // MARK: Lists below the plays

    private func danger(_ danger: PlannedDanger) -> String {
        let hosts = danger.hosts.isEmpty ? "" : " on \(danger.hosts.map { safe($0) }.joined(separator: ", "))"
        let reason = danger.reason.map { ": \(safe($0))" } ?? ""
        return "\(danger.kind.rawValue): \(safe(danger.task))\(hosts)\(reason)"
    }

    private func approval(_ approval: PlannedApproval) -> String {
        var parts = [
            approval.approvers.isEmpty ? "anyone" : approval.approvers.map { safe($0) }.joined(separator: ", ")
        ]
        if approval.minimum > 1 { parts.append("\(approval.minimum) people") }
        if approval.fourEyes { parts.append("not the initiator") }
        if let timeout = approval.timeout { parts.append("within \(timeout.limitText)") }
        return "\(safe(approval.prompt)) (\(parts.joined(separator: ", ")))"
    }

    private func skipped(_ plan: Plan) -> [String] {
        var lines: [String] = []
        for play in plan.plays {
            for host in play.excluded { lines.append("\(safe(host.host)) in \(safe(play.name)): \(safe(host.reason))") }
            for batch in play.batches {
                for task in batch.tasks {
                    // One line per reason, however many hosts share it.
                    var byReason: [(reason: String, hosts: [String])] = []
                    for step in task.steps {
                        guard case .skip(let reason) = step.decision else { continue }
                        if let place = byReason.firstIndex(where: { $0.reason == reason }) {
                            byReason[place].hosts.append(step.host)
                        } else {
                            byReason.append((reason, [step.host]))
                        }
                    }
                    for (reason, hosts) in byReason {
                        let where_ =
                            hosts == ["localhost"] ? "" : " [\(hosts.map { safe($0) }.joined(separator: ", "))]"
                        lines.append("\(safe(task.name))\(where_): \(safe(reason))")
                    }
                }
            }
        }
        var seen = Set<String>()
        return lines.filter { seen.insert($0).inserted }
    }

    private func notes(_ plan: Plan) -> [String] { plan.notes.map { safe($0) } }

    private func section(_ title: String, _ role: Style.Role, _ lines: [String]) -> String {
        guard !lines.isEmpty else { return "" }
        return "\n" + style(role, title) + "\n"
            + lines.map {
                "  " + TextLayout.wrap($0, width: width - 4).split(separator: "\n").joined(separator: "\n    ") + "\n"
            }
            .joined()
    }

    private func summary(_ plan: Plan) -> String {
        var writes = 0
        var gateTime = Duration.zero
        for play in plan.plays {
            for batch in play.batches {
                for task in batch.tasks {
                    let active = task.steps.filter { if case .skip = $0.decision { false } else { true } }
                    if active.isEmpty || task.section == .undo { continue }
                    if task.effect != .read { writes += active.count { !$0.changesNothing } }
                    if let gate = task.gate { gateTime += gate.minimumTime }
                }
            }
        }
        if let reason = plan.nothingToDo {
            return "\n" + style(.good, "nothing to do") + ": \(safe(reason))\n"
        }
        var parts = [
            writes == 0
                ? "changes nothing"
                : writes == 1 ? "1 step that changes something" : "\(writes) steps that change something"
        ]
        if gateTime > .zero { parts.append("gates take at least \(gateTime.elapsedText)") }
        if !plan.digest.isEmpty { parts.append("digest \(plan.digest.prefix(12))") }
        return "\n\(parts.joined(separator: "; "))\n"
    }

    private func safe(_ text: String) -> String { SafeText.escape(text) }

    private func value(_ value: Value) -> String { safe(value.stringValue ?? plainText(value)) }

    /// Durations, versions and the like without the quotes that JSON needs.
    private func plainText(_ value: Value) -> String {
        switch value {
        case .duration(let duration): duration.text
        case .version(let version): version.text
        case .bytes(let amount): amount.description
        case .timestamp(let time): time.description
        default: JSON.text(value)
        }
    }

    /// As a shell would need it.
    private func quoted(_ word: String) -> String {
        let word = safe(word)
        let isPlain =
            !word.isEmpty
            && word.unicodeScalars.allSatisfy { scalar in
                scalar.properties.isAlphabetic || scalar.properties.numericType != nil
                    || "-_./=:,@+%".unicodeScalars.contains(scalar)
            }
        return isPlain ? word : "'" + word.map { $0 == "'" ? "'\\''" : String($0) }.joined() + "'"
    }
}
