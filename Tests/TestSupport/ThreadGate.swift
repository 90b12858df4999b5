import Glibc

/// Holds blocking work back until a test opens it: threads that wait read from a pipe whose other end is then closed.
package final class ThreadGate: Sendable {
    private let ends: (read: Int32, write: Int32)

    package init() {
        var pair: [Int32] = [-1, -1]
        precondition(pipe(&pair) == 0, "no pipe")
        ends = (pair[0], pair[1])
    }

    deinit { close(ends.read) }

    /// Once, by whoever made it.
    package func open() { close(ends.write) }

    /// Blocks the thread until it is open.
    package func wait() {
        var byte: UInt8 = 0
        while read(ends.read, &byte, 1) < 0, errno == EINTR {}
    }
}
