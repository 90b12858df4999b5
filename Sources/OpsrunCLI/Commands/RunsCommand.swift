internal import EventLoop
package import RunEngine
internal import Values

/// `opsrun runs` and `opsrun status RUN`: what the journals say, by reading only.
package enum RunsCommand {
    /// How a run stands.
    package enum State: String, Sendable {
        case open, suspended, killed, done, failed, refused, cancelled, damaged
        case needsResolve = "needs-resolve"
        case neverBegan = "never-began"
    }

    package static func list(_ options: Options, in surroundings: Surroundings) -> ExitCode {
        guard let folder = ProjectPaths(surroundings).stateFolder(options) else {
            surroundings.complain("no state directory is known", hint: "set HOME, or give --state-dir")
            return .storage
        }
        let store = RunStore(root: folder)
        do throws(SystemError) {
            let runs = try store.runIDs().map { Row($0, store) }
            if options.output == .json {
                let value: Value = ["runs": .list(runs.map(\.json))]
                surroundings.output.write(JSON.text(value, pretty: true) + "\n")
            } else if runs.isEmpty {
                surroundings.output.write("no runs in \(SafeText.escape(folder))\n")
            } else {
                let rows = runs.map { run in
                    [run.id, run.state.rawValue, run.started, run.playbook, run.message].map { SafeText.escape($0) }
                }
                surroundings.output.write(
                    TextLayout.lines([["RUN", "STATE", "BEGAN", "PLAYBOOK", "HOW IT ENDED"]] + rows))
            }
            return .done
        } catch {
            surroundings.complain("the runs cannot be read: \(error)")
            return .storage
        }
    }

    package static func status(_ options: Options, in surroundings: Surroundings) -> ExitCode {
        do throws(RunFailure) {
            let (store, id) = try StoppedRunCommand.find(options, surroundings)
            let row = Row(id, store)
            guard let state = row.run else {
                throw RunFailure(
                    row.state == .damaged ? .damagedEvidence : .refused,
                    StepFailure(.refused, "run \(id): \(row.message.isEmpty ? row.state.rawValue : row.message)"))
            }
            if options.output == .json {
                let code = ExitCode(rawValue: Int32(clamping: state.closed?.exitCode ?? 0)) ?? .done
                var map =
                    RunDocument.value(state, plan: nil, exit: code, directory: store.folder(of: id)).mapValue ?? [:]
                map["state"] = .string(row.state.rawValue)
                map["doubtful_steps"] = .list(row.doubtful.map { .string($0) })
                surroundings.output.write(JSON.text(.map(map), pretty: true) + "\n")
                return .done
            }
            let style = surroundings.style(options.color, for: surroundings.output)
            var text = "run \(id): \(row.state.rawValue)\n"
            text += "  \(SafeText.escape(row.playbook)), began \(row.started) by \(SafeText.escape(state.run.user))\n"
            for place in state.runningSteps.values.sorted() where row.state == .open {
                let step = state.steps[place]
                let message = step.message.map { ": \(SafeText.escape($0))" } ?? ""
                text += "  runs: \(SafeText.escape(step.name)) [\(SafeText.escape(step.host))]\(message)\n"
            }
            for place in state.runningGates.values.sorted() where row.state == .open {
                let gate = state.gates[place]
                let reason = gate.lastSample?.reasons.first.map { ": \(SafeText.escape($0))" } ?? ""
                text +=
                    "  gate: \(SafeText.escape(gate.started.gate)) [\(SafeText.escape(gate.started.host))]\(reason)\n"
            }
            for key in row.doubtful { text += "  outcome unknown: \(SafeText.escape(key))\n" }
            text += RecapView(style: style, width: surroundings.width).recap(state)
            if let next = row.next { text += "next: \(next)\n" }
            surroundings.output.write(text)
            return .done
        } catch {
            return StoppedRunCommand.refuse(error, options, surroundings)
        }
    }

    /// One run as its folder shows it.
    private struct Row {
        var id: String
        var state = State.neverBegan
        var playbook = ""
        var started = ""
        var message = ""
        var doubtful: [String] = []
        var run: RunState?

        init(_ id: String, _ store: RunStore) {
            self.id = id
            guard let journal = try? store.journal(of: id) else { return }
            if let damage = journal.end.damage {
                state = .damaged
                message = damage.description
                return
            }
            let history = RunHistory(journal)
            guard !history.opened.runID.isEmpty else { return }
            run = history.state
            playbook = history.opened.playbook
            started = String(history.openedAt.description.prefix(19)) + "Z"
            message = history.closed?.message ?? ""
            doubtful = history.doubtfulSteps.map(\.key)
            state = Self.state(history, doubtful, isHeld: Self.isHeld(id, store))
        }

        private static func isHeld(_ id: String, _ store: RunStore) -> Bool {
            guard let lock = try? store.lockRun(id) else { return true }
            withExtendedLifetime(lock) {}
            return false
        }

        private static func state(_ history: RunHistory, _ doubtful: [String], isHeld: Bool) -> State {
            guard let closed = history.closed else {
                // What it was in the middle of may have left traces: a resume finds out, or says that it cannot.
                return isHeld ? .open : .killed
            }
            return switch closed.status {
            case .succeeded, .nothingToDo, .checked: .done
            case .failed: .failed
            case .refused: .refused
            case .cancelled: .cancelled
            case .suspended: .suspended
            case .unknown: doubtful.isEmpty ? .suspended : .needsResolve
            }
        }

        var next: String? {
            switch state {
            case .suspended where run?.openApprovals.isEmpty == false:
                "opsrun approve \(id), then opsrun resume \(id)"
            case .suspended, .killed: "opsrun resume \(id)"
            case .needsResolve:
                "opsrun resume \(id) asks once more; else opsrun resolve \(id) \(doubtful.first ?? "KEY") --as done|not-done "
                    + "--reason WHY"
            default: nil
            }
        }

        var json: Value {
            [
                "id": .string(id), "playbook": .string(playbook), "state": .string(state.rawValue),
                "started_at": .string(started), "message": .string(message),
                "doubtful_steps": .list(doubtful.map { .string($0) }),
            ]
        }
    }
}
