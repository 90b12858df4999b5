import Glibc

/// A program that a keeper has started: its end is told, and not seen.
extension ChildRun {
    /// How often `onPause` is called: soon for a quick program, then in leisure.
    static let firstPause: Duration = .milliseconds(50)
    static let longestPause: Duration = .milliseconds(250)

    /// Nothing has been started yet, and somebody waits.
    var isWaiting: Bool {
        if case .waiting = phase { true } else { false }
    }

    func note(_ news: JobStart.News) {
        switch news {
        case .started(let kept): begin(kept)
        case .ended(let exit):
            if case .over = phase {
                kept?.release()
                return
            }
            noteExit(exit)
        case .notStarted(let code): refuse(.notStarted(code), nil)
        case .taken: refuse(.notStarted(EEXIST), .taken)
        case .notKept(let code): refuse(.notStarted(code), .notKept(code))
        case .lost:
            kept = nil
            if case .over = phase { return }
            exit = .unconfirmed
            end(groupIsGone: false)
        }
    }

    private func begin(_ kept: KeptProcess) {
        self.kept = kept
        guard isWaiting else {
            // Nobody waits for it any more; it is released when it has ended.
            kill(-kept.process, SIGKILL)
            return
        }
        phase = .running
        process = kept.process
        pause(for: Self.firstPause)
    }

    private func refuse(_ exit: ProcessOutcome.Exit, _ refusal: ProcessOutcome.Refusal?) {
        guard isWaiting else { return }
        self.exit = exit
        self.refusal = refusal
        end(groupIsGone: true)
    }

    private func pause(for time: Duration) {
        guard let onPause else { return }
        pauseTimer = loop.schedule(after: time) { [self] in
            assumeIsolated { run in
                if case .over = run.phase { return }
                onPause()
                run.pause(for: min(time * 2, Self.longestPause))
            }
        }
    }
}
