package import EventLoop
package import RunEngine
package import Values

/// Shows a run while it goes on, in the mode that was chosen. Knows nothing that the events do not say.
///
/// `show` takes each event once, in order; `tick` redraws what moves with the clock; `finish` writes the end. All of it is
/// behind a lock, so the ticks may come from any thread.
package final class RunDisplay: Sendable {
    private struct State {
        var run = RunState()
        var board = RollBoard()
        var human: HumanView
        var plain: PlainView
        var region = LiveRegion()
        /// Scrolled text since the last redraw.
        var pending = ""
        var lastDraw: Duration?
        var lastWords: Duration
        var isFinished = false
        var isPaused = false
        var job: JobLog?
    }

    private let mode: OutputMode
    private let style: Style
    private let messageStyle: Style
    private let surroundings: Surroundings
    private let runTime: any TimeSource
    private let clock: any TimeSource
    private let state: Locked<State>

    /// `runTime` is the clock of the events, which an embedded cluster runs faster; `clock` is the one on the wall.
    package init(
        mode: OutputMode, options: Options, surroundings: Surroundings, runTime: any TimeSource,
        clock: any TimeSource = SystemTimeSource()
    ) {
        self.mode = mode
        self.surroundings = surroundings
        self.runTime = runTime
        self.clock = clock
        style = surroundings.style(options.color, for: surroundings.output)
        messageStyle = surroundings.style(options.color, for: surroundings.messages)
        state = Locked(
            State(
                human: HumanView(style: style, width: surroundings.width, verbosity: options.verbosity),
                plain: PlainView(style: style, verbosity: options.verbosity), lastWords: clock.monotonic))
        if mode == .plain || mode == .human(live: false) {
            state.withLock { $0.job = JobLog(surroundings, clock: clock) }
        }
    }

    package func show(_ event: RunEvent) {
        state.withLock { state in
            state.run.apply(event)
            state.board.apply(event)
            switch mode {
            case .human(let live):
                let text = state.human.text(for: event)
                if live {
                    state.pending += text
                    draw(&state)
                    return
                }
                state.job?.note(event)
                if !text.isEmpty {
                    surroundings.output.write(text)
                }
            case .plain:
                let text = state.plain.text(for: event)
                state.job?.note(event)
                guard !text.isEmpty else { return }
                state.lastWords = clock.monotonic
                surroundings.output.write(text)
            case .jsonl: surroundings.output.write(event.jsonLine(runID: state.run.run.runID) + "\n")
            case .json, .quiet: break
            }
        }
    }

    /// Takes the state of a run whose events were not followed.
    package func adopt(_ run: RunState) { state.withLock { $0.run = run } }

    /// Called ten times a second while the run lasts.
    package func tick() {
        state.withLock { state in
            guard !state.isFinished, !state.isPaused else { return }
            switch mode {
            case .human(live: true): draw(&state)
            case .plain, .human(live: false):
                guard clock.monotonic - state.lastWords >= PlainView.heartbeat else { return }
                state.lastWords = clock.monotonic
                surroundings.output.write(state.plain.heartbeat(state.run, now: now))
            case .json, .jsonl, .quiet: break
            }
        }
    }

    /// How often and how long it is looked whether a question has come in.
    private static let askedInterval = Duration.milliseconds(10)
    private static let askedLooks = 100

    /// Returns once a question has come in with all that happened before it: events come on a way of their own, and lines
    /// that belong above the question are not to stand behind it.
    package func waitUntilAsked(_ prompt: String) async {
        guard !mode.saysOnlyTheEnd else { return }
        for _ in 0..<Self.askedLooks {
            let isThere = state.withLock { $0.run.openQuestions.values.contains { $0.prompt == prompt } }
            if isThere { return }
            do { try await clock.sleep(for: Self.askedInterval) } catch { return }
        }
    }

    /// For a process that ends before the run could: what ran, so that nobody takes it for done.
    package func lastWords() -> String {
        state.withLock { state in
            let steps = state.run.runningSteps.values.sorted().map { state.run.steps[$0] }
            let lines = steps.map { step in
                "unknown: \(SafeText.escape(step.name)) [\(SafeText.escape(step.host))] was running\n"
            }
            return state.region.clear() + lines.joined()
                + "killed before the end could be recorded: the run stays open in the audit log\n"
        }
    }

    /// Takes the live region away while a question stands on the terminal.
    package func pause() {
        state.withLock { state in
            state.isPaused = true
            // The region goes first: it is what the cursor stands under.
            let text = state.region.clear() + state.pending
            state.pending = ""
            if !text.isEmpty { surroundings.output.write(text) }
        }
    }

    package func resume() {
        state.withLock { state in state.isPaused = false }
    }

    /// The recap, the result, and what went wrong. `plan` goes into the JSON document.
    package func finish(exit: ExitCode, plan: Value?, directory: String?) {
        state.withLock { state in
            guard !state.isFinished else { return }
            state.isFinished = true
            let recap = RecapView(style: style, width: surroundings.width)
            let failure = RecapView(style: messageStyle, width: surroundings.width)
                .failure(state.run, exit: exit, directory: directory)
            switch mode {
            case .human, .plain:
                let cleared = state.region.clear()
                state.job?.endGroup()
                surroundings.output.write(cleared + state.pending + recap.recap(state.run) + recap.result(state.run))
                state.pending = ""
            case .json:
                let document = RunDocument.value(state.run, plan: plan, exit: exit, directory: directory)
                surroundings.output.write(JSON.text(document, pretty: true) + "\n")
            case .quiet: surroundings.output.write(recap.result(state.run))
            case .jsonl: break
            }
            if !failure.isEmpty { surroundings.messages.write(failure) }
            state.job?.close()
        }
    }

    /// What the display has seen.
    package var run: RunState { state.withLock { $0.run } }

    private var now: Timestamp { Timestamp(milliseconds: runTime.sinceEpoch.milliseconds) }

    /// Redraws unless it was redrawn just now; text that scrolls is never late by more than a tick.
    private func draw(_ state: inout State) {
        guard !state.isPaused else { return }
        let time = clock.monotonic
        if let last = state.lastDraw, time - last < LiveRegion.interval { return }
        state.lastDraw = time
        let lines = LiveView(style: style).lines(
            state.run, state.board, now: now, width: surroundings.width, rows: surroundings.output.rows() ?? 24)
        let text = state.region.update(scrolled: state.pending, region: lines)
        state.pending = ""
        if !text.isEmpty { surroundings.output.write(text) }
    }
}
