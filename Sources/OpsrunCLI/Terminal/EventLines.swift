package import RunEngine
internal import Values

/// What an event is worth saying, before it is laid out: one text for the human and the plain view.
package struct EventLines: Sendable {
    package enum Line: Sendable, Hashable {
        /// `PLAY [Brokers]`, `TASK [Restart]`.
        case banner(word: String, name: String, isPlay: Bool)
        /// `changed: [kafka-1] …`; `task` is what the plain view adds.
        case result(Style.Role, word: String, host: String, task: String, note: String)
        /// A line that belongs to the one above.
        case detail(Style.Role, String)
    }

    private let verbosity: Int
    private var lastBanner = ""
    /// By step that runs: the host that it runs on in place of its own.
    private var delegates: [String: String] = [:]

    package init(verbosity: Int) { self.verbosity = verbosity }

    package mutating func lines(for event: RunEvent) -> [Line] {
        switch event.body {
        case .runOpened(let run):
            return glass(run.breakGlass, run.user)
                + (run.speedNote.map { [.detail(.info, SafeText.escape($0))] } ?? [])
        case .runResumed(let resumed):
            lastBanner = ""
            let torn =
                resumed.droppedBytes > 0 ? "; \(resumed.droppedBytes) bytes of an unfinished record were cut off" : ""
            return glass(resumed.breakGlass, resumed.user) + [
                .detail(.info, "resumed run \(safe(resumed.runID)), which was \(safe(resumed.after))\(torn)")
            ]
        case .stepResolved(let resolved):
            let text = "\(resolved.verdict.rawValue), says \(safe(resolved.by)): \(safe(resolved.reason))"
            return [.result(.info, word: "resolved", host: safe(resolved.host), task: safe(resolved.name), note: text)]
        case .playOpened(let play):
            lastBanner = ""
            return [.banner(word: "PLAY", name: safe(play.name), isPlay: true)] + excluded(play.excluded)
        case .playSkipped(let play):
            lastBanner = ""
            // What each host says is not said once more for all.
            let isSaid = play.excluded.contains { $0.reason == play.reason }
            return [.banner(word: "PLAY", name: safe(play.name), isPlay: true)] + excluded(play.excluded)
                + (isSaid ? [] : [.detail(.info, "skipping: \(safe(play.reason))")])
        case .batchOpened(let batch):
            lastBanner = ""
            guard batch.batches > 1 else { return excluded(batch.excluded) }
            let hosts = batch.hosts.map { safe($0) }.joined(separator: ", ")
            return [.banner(word: "BATCH \(batch.batch + 1)/\(batch.batches)", name: hosts, isPlay: false)]
                + excluded(batch.excluded)
        case .taskStarted(let task):
            delegates[task.key] = task.delegate
            return task.action == "gate" ? [] : banner(task.section, task.name, task.action)
        case .taskFinished(let task): return finished(task)
        case .gateStarted(let gate):
            return banner(gate.section, gate.name.isEmpty ? gate.gate : gate.name, "gate", gate.host)
        case .gateFinished(let gate):
            let name = gate.name.isEmpty ? gate.gate : gate.name
            let (role, word): (Style.Role, String) =
                switch gate.verdict {
                case .passed: (.good, "ok")
                case .stopped: (.warning, "stopped")
                case .timedOut, .stalled, .failed: (.bad, "failed")
                }
            return banner(gate.section, name, "gate", gate.host)
                + [.result(role, word: word, host: safe(gate.host), task: safe(name), note: GateText.finished(gate))]
        case .taskRetried(let retry):
            let note =
                "attempt \(retry.attempt + 1) of \(retry.attempts) in \(retry.delay.elapsedText): \(safe(retry.reason))"
            return [.result(.warning, word: "retrying", host: safe(retry.host), task: "", note: note)]
        case .taskOutput(let output):
            return verbosity > 0 ? output.lines.map { .detail(.quiet, "[\(safe(output.host))] \(safe($0))") } : []
        case .taskProgressed(let progress):
            return verbosity > 1
                ? [.detail(.quiet, "[\(safe(progress.host))] \(safe(progress.message))")] : []
        case .sectionOpened(let section):
            lastBanner = ""
            return [
                .result(
                    .warning, word: sectionWord(section.section).lowercased(), host: safe(section.host),
                    task: safe(section.name), note: safe(section.reason))
            ]
        case .sectionClosed(let section):
            guard section.section == .undo else { return [] }
            let reason = section.reason.map { ": \(safe($0))" } ?? ""
            return [
                .result(
                    section.succeeded ? .changed : .bad, word: section.succeeded ? "rolled back" : "rollback failed",
                    host: safe(section.host), task: safe(section.name), note: reason)
            ]
        case .approvalRequested(let request):
            let who =
                request.approvers.isEmpty ? "" : " (\(request.approvers.map { safe($0) }.joined(separator: ", ")))"
            return [.detail(.warning, "approval wanted\(who): \(safe(request.prompt))")]
        case .approvalDecided(let decision):
            let reason = decision.reason.map { ": \(safe($0))" } ?? ""
            let by = decision.by.isEmpty ? "" : " by \(safe(decision.by))"
            return [
                .detail(
                    decision.decision == .granted ? .good : .bad,
                    "\(decision.decision.rawValue)\(by) (\(safe(decision.method)))\(reason)")
            ]
        case .finding(let finding):
            let role: Style.Role = finding.severity == .critical ? .bad : .warning
            return [.detail(role, "\(finding.severity.rawValue): \(safe(finding.message))")]
        case .signalReceived(let signal):
            let text =
                signal.count < 2
                ? "\(signal.signal): starting nothing new; once more kills what runs"
                : "\(signal.signal): killing what runs"
            return [.detail(.warning, text)]
        case .lockTaken(let lock):
            guard let former = lock.former else { return [] }
            return [.detail(.warning, "the lock of \(safe(lock.cluster)) was taken over from \(safe(former))")]
        case .lockLost(let lost): return [.detail(.bad, safe(lost.reason) + "; nothing new is started")]
        case .restoreFinished(let end):
            let again = end.isAgain == true
            let message = end.message.map { ": \(safe($0))" } ?? ""
            return switch end.result {
            case .restored:
                [.detail(.changed, "\(again ? "set again" : "put back"): \(safe(end.what))")]
            case .unneeded: []
            case .taken: [.detail(.warning, "left as it is: \(safe(end.message ?? end.what))")]
            case .failed: [.detail(.bad, "\(again ? "not set again" : "not put back"): \(safe(end.what))\(message)")]
            }
        case .planned, .restoreStarted, .batchClosed, .gateSampled, .stepRecorded, .loopOpened, .hostFailed, .runClosed:
            return []
        }
    }

    private func glass(_ reason: String?, _ user: String) -> [Line] {
        reason.map { [.detail(.bad, BreakGlassText.line($0, user))] } ?? []
    }

    private func safe(_ text: String) -> String { SafeText.escape(text) }

    private func excluded(_ hosts: [ExcludedHost]) -> [Line] {
        hosts.map { .result(.info, word: "skipping", host: safe($0.host), task: "", note: safe($0.reason)) }
    }

    private func sectionWord(_ section: StepSection) -> String {
        switch section {
        case .tasks: "TASK"
        case .rescue: "RESCUE"
        case .always: "ALWAYS"
        case .undo: "UNDO"
        case .verify: "VERIFY"
        }
    }

    /// The banner of a task, unless it is the one that stands there.
    private mutating func banner(
        _ section: StepSection, _ name: String, _ action: String, _ host: String = ""
    ) -> [Line] {
        let word =
            action == "gate" ? (section == .tasks ? "GATE" : "\(sectionWord(section)) GATE") : sectionWord(section)
        let key = "\(word) \(name)"
        guard key != lastBanner else { return [] }
        lastBanner = key
        return [.banner(word: word, name: safe(name.isEmpty ? action : name), isPlay: false)]
    }

    private mutating func finished(_ task: TaskFinished) -> [Line] {
        let (role, word): (Style.Role, String) =
            switch task.status {
            case .ok: (.good, "ok")
            case .changed: (.changed, "changed")
            case .skipped: (.info, "skipping")
            case .failed: (.bad, "failed")
            case .unreachable: (.bad, "unreachable")
            case .unknown: (.bad, "unknown")
            case .stopped: (.warning, "stopped")
            }
        var notes: [String] = []
        if let item = task.item { notes.append("(item=\(safe(item)))") }
        var rest: [Line] = []
        if let failure = task.failure {
            let lines = SafeText.lines(failure.message)
            notes.append(lines[0])
            rest = lines.dropFirst().map { .detail(.bad, "  " + $0) }
        } else if let reason = task.reason {
            notes.append(safe(reason))
        }
        if task.duration >= .seconds(1) { notes.append("(\(task.duration.elapsedText))") }
        var lines = banner(task.section, task.name, task.action)
        let delegate = delegates.removeValue(forKey: task.key).map { " -> \(safe($0))" } ?? ""
        lines.append(
            .result(
                role, word: word, host: safe(task.host) + delegate,
                task: safe(task.name.isEmpty ? task.action : task.name),
                note: notes.joined(separator: " ")))
        return lines + rest + said(task)
    }

    /// What `debug` says is its purpose; results of other tasks are for `-v`.
    private func said(_ task: TaskFinished) -> [Line] {
        if task.action == "debug", let message = task.result["message"] ?? task.result["msg"] {
            let text = message.stringValue ?? JSON.text(message)
            return text.split(separator: "\n", omittingEmptySubsequences: false).map {
                .detail(.strong, "  " + safe(String($0)))
            }
        }
        guard verbosity > 0, !task.result.isEmpty else { return [] }
        let text = JSON.text(.map(task.result))
        return [.detail(.quiet, "  " + (verbosity > 1 ? safe(text) : TextLayout.clip(safe(text), 400)))]
    }
}
