import Glibc

/// A call of the operating system that failed: what was tried, on what, and its errno.
package struct SystemError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The errno.
    package let code: CInt
    /// What was tried, as a verb phrase: `rename`, `fsync`.
    package let operation: String
    /// The path, address or name it was tried on.
    package let subject: String

    package init(code: CInt, operation: String, subject: String) {
        self.code = code
        self.operation = operation
        self.subject = subject
    }

    /// With the errno of the call that has just failed.
    static func current(_ operation: String, _ subject: String) -> SystemError {
        SystemError(code: errno, operation: operation, subject: subject)
    }

    /// The operating system's words for the errno: `No space left on device`.
    package var reason: String { Self.reason(of: code) }

    package var description: String { "Cannot \(operation) \(subject): \(reason)." }

    /// The operating system's words for `code`.
    package static func reason(of code: CInt) -> String {
        var buffer = [CChar](repeating: 0, count: 128)
        guard strerror_r(code, &buffer, buffer.count) == 0 else { return "error \(code)" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
