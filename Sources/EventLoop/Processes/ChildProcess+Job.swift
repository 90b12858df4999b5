import Glibc

extension ChildProcess {
    /// Runs a program that can be found again by its traces, and reports what happened; never throws.
    ///
    /// 1. A keeper starts it (`JobKeepers`), unless its name has been used: `refusal`. 2. It writes into its own files, and is
    /// over when it has ended; `onPause` is called on the loop from time to time until then. 3. Timeout and cancellation are as
    /// for `run`. 4. The end of this process ends neither the program nor its keeper.
    package static func run(
        _ request: ProcessRequest, leaving traces: JobTraces, keepers: JobKeepers,
        onPause: @escaping @Sendable () -> Void
    ) async -> ProcessOutcome {
        if Task.isCancelled { return ProcessOutcome(exit: .notStarted(ECANCELED), wasCancelled: true) }
        let loop = keepers.loop
        let run = ChildRun(request, loop: loop, onOutput: nil, onPause: onPause)
        return await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                let begin = { @Sendable (path: String) in
                    keepers.assumeIsolated { keepers in
                        keepers.start(
                            JobStart(
                                request: request, traces: traces, path: path,
                                isWanted: { run.assumeIsolated { $0.isWaiting } },
                                report: { news in run.assumeIsolated { $0.note(news) } }))
                    }
                }
                if request.program.contains("/"), let path = try? locate(request) {
                    return loop.submit {
                        run.assumeIsolated { $0.wait(waiter) }
                        begin(path)
                    }
                }
                loop.submit { run.assumeIsolated { $0.wait(waiter) } }
                // Looking a name up asks file systems, which may be dead.
                let isStarted = BoundedWork.start("opsrun-spawn") {
                    let path: String
                    do throws(SystemError) { path = try locate(request) } catch {
                        return loop.submit { run.assumeIsolated { $0.begin(.failure(error)) } }
                    }
                    loop.submit { begin(path) }
                }
                if !isStarted { loop.submit { run.assumeIsolated { $0.note(.notStarted(EAGAIN)) } } }
            }
        } onCancel: {
            loop.submit { run.assumeIsolated { $0.cancel() } }
        }
    }
}
