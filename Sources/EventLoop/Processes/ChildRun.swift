internal import CSystem
import Glibc

/// One running child on the event loop: its pipes, its end, its timeout.
///
/// The dead process stays a zombie until the run is over, so that its group id cannot belong to someone else when the
/// group is signalled.
actor ChildRun {
    /// How long output may go on after the end of the process before reading stops.
    static let drainLimit: Duration = .seconds(5)
    /// How long to wait for a death after SIGKILL.
    static let deathLimit: Duration = .seconds(5)
    /// How often to look whether a signalled group is gone.
    static let groupPoll: Duration = .milliseconds(20)
    /// Between SIGTERM and SIGKILL after a cancellation.
    static let cancellationGrace: Duration = .milliseconds(300)
    /// Bytes taken from a pipe at once; also what a pipe holds.
    private static let chunk = 64 * 1024

    enum Phase {
        case waiting, running
        /// Told to end. `killed`: by SIGKILL already.
        case ending(killed: Bool)
        case over
    }

    private struct Pipe {
        var descriptor: CInt
        var watch: EventLoop.Watch?
        var capture: OutputCapture
    }

    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private let request: ProcessRequest
    private let onOutput: (@Sendable (ProcessStream, [UInt8]) -> Void)?
    let onPause: (@Sendable () -> Void)?
    private let started = monotonicNow()
    var phase = Phase.waiting
    private var waiter: CheckedContinuation<ProcessOutcome, Never>?

    var process: pid_t = 0
    /// Where a keeper started it.
    var kept: KeptProcess?
    var pauseTimer: EventLoop.Timer?
    private var handle: CInt = -1
    private var handleWatch: EventLoop.Watch?
    private var output: Pipe
    private var errors: Pipe
    private var input: (descriptor: CInt, watch: EventLoop.Watch?, sent: Int)?
    private var timers: [EventLoop.Timer] = []

    var exit: ProcessOutcome.Exit?
    var refusal: ProcessOutcome.Refusal?
    private var endedAt = Duration.zero
    private var lastOutput = Duration.zero
    private var timedOut = false
    private var wasCancelled = false
    private var outputWasCut = false
    private var isReaped = false
    private var scratch: UnsafeMutableRawBufferPointer?

    init(
        _ request: ProcessRequest, loop: EventLoop, onOutput: (@Sendable (ProcessStream, [UInt8]) -> Void)?,
        onPause: (@Sendable () -> Void)? = nil
    ) {
        self.request = request
        self.loop = loop
        self.onOutput = onOutput
        self.onPause = onPause
        output = Pipe(descriptor: -1, watch: nil, capture: OutputCapture(limit: request.outputLimit))
        errors = Pipe(descriptor: -1, watch: nil, capture: OutputCapture(limit: request.errorLimit))
    }

    /// The caller waits from now on; the timeout counts from here.
    func wait(_ waiter: CheckedContinuation<ProcessOutcome, Never>) {
        self.waiter = waiter
        if wasCancelled { return giveUpStarting() }
        if let timeout = request.timeout {
            after(timeout) { run in
                if run.hasEnded() { return run.stopReading() }
                run.timedOut = true
                run.terminate()
            }
        }
    }

    /// Takes over the process; one that nobody waits for any more is killed.
    func begin(_ result: Result<ChildProcess.Launched, SystemError>) {
        guard case .waiting = phase else {
            if case .success(let launched) = result { Self.discard(launched) }
            return
        }
        switch result {
        case .failure(let error):
            exit = .notStarted(error.code)
            end(groupIsGone: true)
        case .success(let launched):
            phase = .running
            process = launched.process
            handle = launched.handle
            lastOutput = monotonicNow()
            watchAll(launched)
        }
    }

    func cancel() {
        guard !wasCancelled, !timedOut else { return }
        if case .over = phase { return }
        if hasEnded() { return stopReading() }
        wasCancelled = true
        terminate()
    }

    /// It may still come to life; then it is killed.
    private func giveUpStarting() {
        exit = .unconfirmed
        end(groupIsGone: false)
    }

    private static func discard(_ launched: ChildProcess.Launched) {
        kill(-launched.process, SIGKILL)
        for descriptor in [launched.handle, launched.output, launched.errors] { close(descriptor) }
        if let input = launched.input { close(input) }
        let process = launched.process
        // Its death may take as long as its birth did.
        let isStarted = BoundedWork.start("opsrun-reap") {
            var status: CInt = 0
            waitpid(process, &status, 0)
        }
        if !isStarted {
            var status: CInt = 0
            waitpid(process, &status, WNOHANG)
        }
    }

    /// Whether the process itself is dead, also when the loop has not been told yet.
    private func hasEnded() -> Bool {
        if exit == nil, case .running = phase {
            if let kept { kept.look() } else { noteEnd() }
        }
        return exit != nil
    }

    /// The program has ended: what it left behind may go on, only its output is waited for no longer.
    private func stopReading() {
        guard case .running = phase else { return }
        outputWasCut = true
        finishGroup()
    }

    // MARK: Watching

    private func watchAll(_ launched: ChildProcess.Launched) {
        output.descriptor = launched.output
        errors.descriptor = launched.errors
        output.watch = loop.watch(launched.output, for: .readable) { [self] _ in
            assumeIsolated { $0.read(.output) }
        }
        errors.watch = loop.watch(launched.errors, for: .readable) { [self] _ in
            assumeIsolated { $0.read(.errors) }
        }
        handleWatch = loop.watch(launched.handle, for: .readable) { [self] _ in
            assumeIsolated { $0.noteEnd() }
        }
        if let descriptor = launched.input {
            let watch = loop.watch(descriptor, for: .writable) { [self] _ in assumeIsolated { $0.feed() } }
            input = (descriptor, watch, 0)
            if watch == nil { closeInput() }
        }
        guard output.watch != nil, errors.watch != nil, handleWatch != nil else {
            // The kernel watches nothing more: without its end the run could not be told, so it is not allowed.
            wasCancelled = true
            closePipe(&output)
            closePipe(&errors)
            return terminate()
        }
    }

    /// Sends the next part of the input. A program that does not read it is not an error.
    private func feed() {
        guard let (descriptor, _, sent) = input, let bytes = request.input else { return }
        let count = bytes.withUnsafeBytes { buffer in
            write(descriptor, buffer.baseAddress.map { $0 + sent }, buffer.count - sent)
        }
        if count >= 0 {
            input?.sent = sent + count
            if sent + count < bytes.count { return }
        } else if errno == EAGAIN || errno == EINTR {
            return
        }
        closeInput()
    }

    private func closeInput() {
        guard let (descriptor, watch, _) = input else { return }
        input = nil
        if let watch { loop.unwatch(watch) }
        close(descriptor)
    }

    /// One piece per readiness: the loop is told again while more waits, and others get their turn between.
    private func read(_ stream: ProcessStream) {
        let descriptor = stream == .output ? output.descriptor : errors.descriptor
        guard descriptor >= 0 else { return }
        let buffer = scratch ?? .allocate(byteCount: Self.chunk, alignment: 16)
        scratch = buffer
        let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
        guard count > 0 else {
            if count < 0 && (errno == EAGAIN || errno == EINTR) { return }
            if stream == .output { closePipe(&output) } else { closePipe(&errors) }
            return finishIfSilent()
        }
        lastOutput = monotonicNow()
        let bytes = UnsafeRawBufferPointer(rebasing: buffer.prefix(count))
        if stream == .output { output.capture.append(bytes) } else { errors.capture.append(bytes) }
        onOutput?(stream, Array(bytes))
    }

    private func closePipe(_ pipe: inout Pipe) {
        guard pipe.descriptor >= 0 else { return }
        if let watch = pipe.watch { loop.unwatch(watch) }
        close(pipe.descriptor)
        pipe.descriptor = -1
        pipe.watch = nil
    }

    // MARK: The end

    private func noteEnd() {
        guard exit == nil else { return }
        var status: CInt = 0
        let state = csystem_child_state(process, 0, &status)
        guard state != 0 else { return }
        if let handleWatch { loop.unwatch(handleWatch) }
        handleWatch = nil
        noteExit(state == 1 ? .exited(status) : state == 2 ? .signalled(status) : .unconfirmed)
    }

    func noteExit(_ exit: ProcessOutcome.Exit) {
        guard self.exit == nil else { return }
        self.exit = exit
        endedAt = monotonicNow()
        finishIfSilent()
    }

    /// Ends the run once the process is dead and its output closed or silent.
    private func finishIfSilent() {
        guard exit != nil else { return }
        if case .over = phase { return }
        if output.descriptor < 0 && errors.descriptor < 0 { return finishGroup() }
        let now = monotonicNow()
        if now - endedAt >= Self.drainLimit {
            outputWasCut = true
            return finishGroup()
        }
        let silence = now - max(endedAt, lastOutput)
        if silence >= request.drainQuiet { return finishGroup() }
        after(min(request.drainQuiet - silence, Self.drainLimit)) { $0.finishIfSilent() }
    }

    /// After a normal end the survivors are left or killed as asked; after a termination the group must be gone.
    private func finishGroup() {
        if case .ending = phase { return awaitGroup() }
        if !request.keepGroup { kill(-process, SIGKILL) }
        finish(groupIsGone: true)
    }

    private func terminate() {
        if case .waiting = phase {
            // Without a waiter it has not even begun: `wait` looks.
            if waiter != nil { giveUpStarting() }
            return
        }
        guard case .running = phase else { return }
        phase = .ending(killed: false)
        kill(-process, SIGTERM)
        // A cancellation is a person's second request, or a group of tasks that ends: nobody waits ten seconds for that.
        after(wasCancelled ? min(request.grace, Self.cancellationGrace) : request.grace) { run in
            guard case .ending = run.phase else { return }
            run.phase = .ending(killed: true)
            kill(-run.process, SIGKILL)
            run.after(Self.deathLimit) { $0.finish(groupIsGone: false) }
        }
    }

    /// Looks until no member of the group runs; the timers of `terminate` bound it.
    private func awaitGroup() {
        guard case .ending = phase else { return }
        reap()
        if !ProcessGroup.isAlive(process) { return finish(groupIsGone: true) }
        after(Self.groupPoll) { $0.awaitGroup() }
    }

    private func reap() {
        guard !isReaped, exit != nil else { return }
        isReaped = true
        if let kept { return kept.release() }
        var status: CInt = 0
        _ = csystem_child_state(process, 1, &status)
    }

    private func finish(groupIsGone: Bool) {
        if case .over = phase { return }
        reap()
        if let handleWatch { loop.unwatch(handleWatch) }
        handleWatch = nil
        if handle >= 0 { close(handle) }
        end(groupIsGone: groupIsGone)
    }

    func end(groupIsGone: Bool) {
        phase = .over
        for timer in timers { timer.cancel() }
        timers = []
        pauseTimer?.cancel()
        closeInput()
        closePipe(&output)
        closePipe(&errors)
        scratch?.deallocate()
        scratch = nil
        let (stdout, stdoutGap) = output.capture.finish()
        let (stderr, stderrGap) = errors.capture.finish()
        var outcome = ProcessOutcome(
            exit: exit ?? .unconfirmed, stdout: stdout, stderr: stderr, stdoutBytes: output.capture.total,
            stderrBytes: errors.capture.total, stdoutGap: stdoutGap, stderrGap: stderrGap,
            duration: monotonicNow() - started, timedOut: timedOut, wasCancelled: wasCancelled,
            groupIsGone: groupIsGone, outputWasCut: outputWasCut)
        outcome.refusal = refusal
        waiter?.resume(returning: outcome)
        waiter = nil
    }

    /// A timer that holds the run alive until it fires or the run is over.
    private func after(_ delay: Duration, _ action: @escaping @Sendable (isolated ChildRun) -> Void) {
        timers.append(
            loop.schedule(after: delay) { [self] in
                assumeIsolated { run in
                    if case .over = run.phase { return }
                    action(run)
                }
            })
    }
}
