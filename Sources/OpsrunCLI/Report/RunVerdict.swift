package import RunEngine
internal import Values

/// How a run stands, in the words of a report.
package struct RunVerdict: Sendable {
    package enum Tone: String, Sendable { case good, bad, warning, neutral }

    package var word: String
    package var tone: Tone
    /// One sentence for people who know nothing of opsrun.
    package var sentence: String

    package init(_ state: RunState) {
        guard let closed = state.closed else {
            self.init("Not ended", .warning, "The journal has no end: the run goes on, or its process was killed.")
            return
        }
        let message = closed.message
        func said(_ sentence: String) -> String {
            ["", "done", "nothing to do"].contains(message) ? sentence : message
        }
        switch closed.status {
        case .succeeded:
            self.init("Done", .good, said("Every step and every gate went as planned."))
        case .nothingToDo: self.init("Nothing to do", .good, said("Everything was as wanted already."))
        case .checked: self.init("Checked", .neutral, said("Nothing was run."))
        case .suspended:
            self.init("Suspended", .warning, said("It waits, and can be gone on with."))
        case .refused: self.init("Refused", .warning, said("It was not run."))
        case .unknown:
            self.init("Outcome unknown", .bad, said("Nobody can say whether a step happened."))
        case .cancelled: self.init("Cancelled", .warning, said("It was given up before its end."))
        case .failed:
            switch ExitCode(rawValue: Int32(clamping: closed.exitCode)) {
            case .rolledBack: self.init("Rolled back", .warning, said("It failed, and was taken back."))
            case .rollbackFailed: self.init("Rollback failed", .bad, said("A person is needed now."))
            case .interrupted, .terminated: self.init("Stopped", .warning, said("Somebody stopped it."))
            default: self.init("Failed", .bad, said("It did not come to its end."))
            }
        }
    }

    private init(_ word: String, _ tone: Tone, _ sentence: String) {
        self.word = word
        self.tone = tone
        self.sentence = sentence
    }
}

extension RunReport {
    /// `2026-11-21 03:04:05 UTC`.
    static func clock(_ time: Timestamp) -> String {
        let text = time.description
        return "\(text.prefix(10)) \(text.dropFirst(11).prefix(8)) UTC"
    }

    /// The time that its processes had it.
    var activeTime: Duration {
        .milliseconds(segments.reduce(0) { $0 &+ max(0, $1.end.milliseconds &- $1.start.milliseconds) })
    }

    /// `anna@runner`.
    var who: String {
        let names = [state.run.user, state.run.host].filter { !$0.isEmpty }
        return names.isEmpty ? "unknown" : names.joined(separator: "@")
    }

    /// Why its processes overrode locks and windows, who and when; normally empty.
    var glassLines: [String] {
        breaches.map { "Break glass: \($0.reason) (\($0.by), \(Self.clock($0.time)))" }
    }

    var title: String { state.run.playbookName.isEmpty ? state.run.playbook : state.run.playbookName }

    /// Steps that are no gates.
    var actions: [RunState.StepRow] { state.steps.filter { $0.action != "gate" } }

    /// The most that any look of any gate counted of a figure; nil where none did.
    func worst(_ figure: String) -> Double? {
        var worst: Double?
        for looks in looks {
            for look in looks {
                guard let value = look.figures[figure].flatMap(Self.number) else { continue }
                worst = max(worst ?? value, value)
            }
        }
        return worst
    }

    var lookCount: Int { state.gates.reduce(0) { $0 &+ ($1.finished?.samples ?? 0) } }
}
