internal import CSystem
import Glibc

/// Runs programs.
package enum ChildProcess {
    /// Runs a program to its end and reports what happened; never throws.
    ///
    /// 1. It starts in a session (and process group) of its own with default signals and no descriptor but 0, 1 and 2.
    /// 2. Its output is read as it comes: `onOutput`, if given, is called on the loop with every piece and must be quick.
    /// 3. The run is over when the process has ended and its output is closed or silent for `drainQuiet`.
    /// 4. Timeout or cancellation: SIGTERM to the group, `grace`, SIGKILL, then a bounded wait for its end. Once the program
    ///    itself has ended they only end the reading: what it left running is its work (a broker that it started), and the
    ///    outcome is that of the program.
    ///
    /// Starting blocks until the program's file has been opened, which a dead network file system can delay for ever: so
    /// each start has a thread of its own. One that comes too late is killed at once, and its outcome is `unconfirmed`.
    package static func run(
        _ request: ProcessRequest, loop: EventLoop = .shared,
        onOutput: (@Sendable (ProcessStream, [UInt8]) -> Void)? = nil
    ) async -> ProcessOutcome {
        await run(request, loop: loop, onOutput: onOutput, launcher: launch)
    }

    /// `launcher` starts the program; it may block.
    static func run(
        _ request: ProcessRequest, loop: EventLoop, onOutput: (@Sendable (ProcessStream, [UInt8]) -> Void)?,
        launcher: @escaping @Sendable (ProcessRequest) -> Result<Launched, SystemError>
    ) async -> ProcessOutcome {
        if Task.isCancelled { return ProcessOutcome(exit: .notStarted(ECANCELED), wasCancelled: true) }
        let run = ChildRun(request, loop: loop, onOutput: onOutput)
        return await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                loop.submit { run.assumeIsolated { $0.wait(waiter) } }
                let isStarted = BoundedWork.start("opsrun-spawn") {
                    let result = launcher(request)
                    loop.submit { run.assumeIsolated { $0.begin(result) } }
                }
                if !isStarted {
                    let error = SystemError(code: EAGAIN, operation: "start", subject: request.program)
                    loop.submit { run.assumeIsolated { $0.begin(.failure(error)) } }
                }
            }
        } onCancel: {
            loop.submit { run.assumeIsolated { $0.cancel() } }
        }
    }

    /// A process that has just been started, and our ends of its pipes.
    struct Launched: Sendable {
        let process: pid_t
        let handle: CInt
        let output: CInt
        let errors: CInt
        let input: CInt?
    }

    @Sendable static func launch(_ request: ProcessRequest) -> Result<Launched, SystemError> {
        do throws(SystemError) { return .success(try start(request)) } catch { return .failure(error) }
    }

    private static func start(_ request: ProcessRequest) throws(SystemError) -> Launched {
        let program = try locate(request)
        var opened: [CInt] = []
        var kept: [CInt] = []
        defer { for descriptor in opened where !kept.contains(descriptor) { close(descriptor) } }
        func pipe() throws(SystemError) -> (CInt, CInt) {
            var ends: [CInt] = [-1, -1]
            guard csystem_pipe(&ends) == 0 else { throw .current("open a pipe for", request.program) }
            opened += ends
            return (ends[0], ends[1])
        }
        func ours(_ descriptor: CInt) -> CInt {
            _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
            kept.append(descriptor)
            return descriptor
        }
        let output = try pipe()
        let errors = try pipe()
        let input: (CInt, CInt?)
        if request.input != nil {
            let ends = try pipe()
            input = (ends.0, ends.1)
        } else {
            let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
            guard null >= 0 else { throw .current("open", "/dev/null") }
            opened.append(null)
            input = (null, nil)
        }
        var process: CInt = 0
        let code = CStrings.with([request.program] + request.arguments) { arguments in
            CStrings.with(request.environment.map { "\($0.key)=\($0.value)" }) { environment in
                csystem_spawn(
                    program, arguments, environment, request.directory, input.0, output.1, errors.1, &process)
            }
        }
        guard code == 0 else { throw SystemError(code: code, operation: "start", subject: request.program) }
        let handle = csystem_pidfd_open(process)
        guard handle >= 0 else {
            // Cannot be watched, so it must not live: there is no descriptor left for it.
            let error = SystemError.current("watch the process of", request.program)
            kill(-process, SIGKILL)
            var status: CInt = 0
            waitpid(process, &status, 0)
            throw error
        }
        return Launched(
            process: process, handle: handle, output: ours(output.0), errors: ours(errors.0),
            input: input.1.map(ours))
    }

    /// The file of a program by the rules of `execvp`, with the child's own `PATH`.
    static func locate(_ request: ProcessRequest) throws(SystemError) -> String {
        func failure(_ code: CInt) -> SystemError {
            SystemError(code: code, operation: "start", subject: request.program)
        }
        let texts = [request.program] + request.arguments + request.environment.flatMap { [$0.key, $0.value] }
        guard !request.program.isEmpty, !texts.contains(where: { $0.utf8.contains(0) }) else { throw failure(EINVAL) }
        if request.program.utf8.contains(UInt8(ascii: "/")) { return request.program }
        var worst = ENOENT
        let path = request.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
        for folder in path.split(separator: ":", omittingEmptySubsequences: false) {
            let candidate = (folder.isEmpty ? "." : String(folder)) + "/" + request.program
            var info = stat()
            guard stat(candidate, &info) == 0, info.st_mode & S_IFMT == S_IFREG else { continue }
            if access(candidate, X_OK) == 0 { return candidate }
            worst = EACCES
        }
        throw failure(worst)
    }
}
