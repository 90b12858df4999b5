internal import CSystem
import Glibc

/// Lines over a socket of the file system, between processes of this machine and one user: a question, an answer, the end.
/// All calls block, for seconds at most.
package enum LocalSocket {
    /// How long the other side may keep one waiting, in seconds.
    package static let patience: CInt = 10
    /// Bytes of a question.
    package static let questionLimit = 4096
    /// Bytes of an answer.
    package static let answerLimit = 256 << 20

    /// Why a question has no answer.
    package enum Failure: Error, Sendable {
        /// Nobody has heard it.
        case unheard(SystemError)
        /// It was said, and no whole answer came.
        case unanswered(SystemError)

        package var error: SystemError {
            switch self {
            case .unheard(let error), .unanswered(let error): error
            }
        }
    }

    /// Says one line to whoever listens at `path`, and answers with theirs.
    package static func ask(_ question: String, at path: String) throws(Failure) -> [UInt8] {
        let descriptor = csystem_local_connect(path, patience)
        guard descriptor >= 0 else { throw .unheard(.current("connect to", path)) }
        defer { Glibc.close(descriptor) }
        guard send(Array("\(question)\n".utf8), to: descriptor) else { throw .unanswered(.current("write to", path)) }
        guard let answer = line(from: descriptor, limit: answerLimit) else {
            throw .unanswered(.current("read from", path))
        }
        return answer
    }

    /// A line without its end; nil when the other side ends or falls silent before, or says too much.
    static func line(from descriptor: CInt, limit: Int) -> [UInt8]? {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count <= limit {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                if count == 0 { errno = ECONNRESET }
                return nil
            }
            if let end = chunk[..<count].firstIndex(of: UInt8(ascii: "\n")) { return bytes + chunk[..<end] }
            bytes += chunk[..<count]
        }
        errno = EMSGSIZE
        return nil
    }

    static func send(_ bytes: [UInt8], to descriptor: CInt) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.send(
                    descriptor, UnsafeRawBufferPointer(rebasing: buffer[sent...]).baseAddress, bytes.count - sent,
                    CInt(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }
}

/// Answers questions at a path (`LocalSocket`), one after the other, on a thread of its own, until it goes away.
package final class LocalListener: Sendable {
    private let descriptor: CInt
    private let path: String

    /// `answer` is given a line and the id of the process that said it.
    ///
    /// What stands at the path must be a socket that nobody listens at any more; it is replaced.
    package init(
        path: String, _ answer: @escaping @Sendable (_ question: String, _ process: Int) -> [UInt8]
    ) throws(SystemError) {
        var opened = csystem_local_listen(path)
        if opened < 0, errno == EADDRINUSE {
            let probe = csystem_local_connect(path, LocalSocket.patience)
            if probe >= 0 { Glibc.close(probe) }
            guard probe < 0, errno == ECONNREFUSED else {
                throw SystemError(code: EADDRINUSE, operation: "listen at", subject: path)
            }
            unlink(path)
            opened = csystem_local_listen(path)
        }
        guard opened >= 0 else { throw .current("listen at", path) }
        let listening = opened
        descriptor = listening
        self.path = path
        _ = startThread(name: "opsrun-control") {
            while true {
                let connection = csystem_local_accept(listening, LocalSocket.patience)
                if connection < 0 {
                    // Whoever made it has shut it down.
                    if errno == EINVAL || errno == EBADF { break }
                    var pause = timespec(tv_sec: 0, tv_nsec: Self.pause)
                    nanosleep(&pause, nil)
                    continue
                }
                if let line = LocalSocket.line(from: connection, limit: LocalSocket.questionLimit) {
                    let said = String(decoding: line, as: UTF8.self)
                    let bytes = answer(said, Int(csystem_peer_process(connection)))
                    _ = LocalSocket.send(bytes + [UInt8(ascii: "\n")], to: connection)
                }
                Glibc.close(connection)
            }
            Glibc.close(listening)
        }
    }

    /// After a failed accept, in nanoseconds, so that it does not spin.
    private static let pause = 10_000_000

    /// Nobody is answered any more.
    package func close() {
        shutdown(descriptor, CInt(SHUT_RDWR))
        unlink(path)
    }
}
