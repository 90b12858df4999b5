internal import CSystem
import Glibc

/// The signals of this process.
package enum Signals {
    /// Signals that may wait for their reader; more of them say nothing new.
    private static let queueLimit = 16

    /// A peer that goes away must be an error of one write, not the end of the process. Call it first in `main`; children
    /// get the default action back.
    package static func ignoreBrokenPipe() { _ = csystem_reset_signal(SIGPIPE, 1) }

    /// What asks this process to end: Ctrl-C, a supervisor, and the terminal that goes away (an ssh session that drops).
    package static let endings: [CInt] = [SIGINT, SIGTERM, SIGHUP]

    /// Takes over the given signals (`endings` by default) for the rest of the process and yields each as it
    /// arrives. One stream per process: a second call takes the signals from the first.
    package static func received(
        _ signals: [CInt] = endings, loop: EventLoop = .shared
    ) throws(SystemError) -> AsyncStream<CInt> {
        var ends: [CInt] = [-1, -1]
        guard csystem_pipe(&ends) == 0 else { throw .current("open a pipe for", "signals") }
        for end in ends { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
        let (stream, continuation) = AsyncStream.makeStream(
            of: CInt.self, bufferingPolicy: .bufferingNewest(queueLimit))
        let reading = ends[0]
        loop.submit {
            let watch = loop.watch(reading, for: .readable) { _ in
                var bytes = [UInt8](repeating: 0, count: queueLimit)
                let count = read(reading, &bytes, bytes.count)
                for byte in bytes.prefix(max(0, count)) { continuation.yield(CInt(byte)) }
            }
            if watch == nil { continuation.finish() }
        }
        for signal in signals {
            let code = csystem_forward_signal(signal, ends[1])
            if code != 0 { throw SystemError(code: code, operation: "watch", subject: "signal \(signal)") }
        }
        return stream
    }

    /// Gives the signals their default action again, so that the next one ends the process.
    package static func restoreDefaults(_ signals: [CInt] = endings) {
        for signal in signals { _ = csystem_reset_signal(signal, 0) }
    }
}
