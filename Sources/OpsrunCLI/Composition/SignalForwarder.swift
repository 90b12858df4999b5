internal import EventLoop
internal import Glibc
package import RunEngine

/// SIGINT, SIGTERM and SIGHUP to a run: the first asks it to stop, the second kills what runs, and when the run is not over
/// within a second of that, or a third one comes, the process ends at once. A terminal that goes away says SIGHUP, often twice
/// (the kernel and the shell): that is one request, and never the second.
package struct SignalForwarder: Sendable {
    /// How long after the second signal the run may still take to record its end.
    private static let lastGrace = Duration.milliseconds(900)

    /// Runs `body` while signals go to `stopper`.
    package static func with<Success: Sendable>(
        _ stopper: Stopper, _ body: @escaping @Sendable () async -> Success
    ) async -> Success {
        guard let signals = try? Signals.received() else { return await body() }
        return await withTaskGroup(of: Success?.self) { group in
            group.addTask {
                for await signal in signals { forward(signal, to: stopper) }
                return nil
            }
            group.addTask { await body() }
            while let result = await group.next() {
                if let result {
                    group.cancelAll()
                    Signals.restoreDefaults()
                    return result
                }
            }
            // Only reached when the body's task is gone, which cannot be: it always answers.
            return await body()
        }
    }

    private static func forward(_ signal: CInt, to stopper: Stopper) {
        let code: CInt = signal == SIGINT ? 130 : 143
        let name =
            switch signal {
            case SIGINT: "SIGINT"
            case SIGHUP: "SIGHUP"
            default: "SIGTERM"
            }
        switch stopper.requests.count {
        case 0: stopper.request(name)
        case _ where signal == SIGHUP: break
        case 1:
            stopper.request(name)
            EventLoop.shared.schedule(after: lastGrace) { end(code, stopper) }
        default: end(code, stopper)
        }
    }

    private static func end(_ code: CInt, _ stopper: Stopper) {
        var words = stopper.lastWords
        words.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
        _exit(code)
    }
}
