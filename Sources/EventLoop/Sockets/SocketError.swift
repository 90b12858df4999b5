import Glibc

/// Why a socket could not be opened or used.
package struct SocketError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Kind: Sendable, Hashable {
        /// The name has no address.
        case unresolved
        /// The machine answered that nothing listens there.
        case refused
        /// No way there.
        case unreachable
        /// The time given for the operation was over.
        case timedOut
        /// The peer ended the stream, or this side closed it.
        case closed
        /// The connection broke.
        case broken
        /// The waiting task was cancelled.
        case cancelled
        /// The peer sent or left unread more than the bound allows.
        case overflow
        /// A call failed for a reason of this machine: descriptors, permissions.
        case system
        /// TLS did not come about, or broke: `tls` says why.
        case tls
    }

    package let kind: Kind
    /// The errno, or 0.
    package let code: CInt
    /// `host:port` as it was asked for.
    package let address: String
    /// A sentence.
    package let message: String
    /// Of the kind `tls`.
    package let tls: TLSError?

    package init(_ kind: Kind, code: CInt = 0, address: String, message: String, tls: TLSError? = nil) {
        self.kind = kind
        self.tls = tls
        self.code = code
        self.address = address
        self.message = message
    }

    /// The kind that an errno stands for.
    init(code: CInt, operation: String, address: String) {
        let kind: Kind =
            switch code {
            case ECONNREFUSED: .refused
            case ENETUNREACH, EHOSTUNREACH, EHOSTDOWN, ENETDOWN, EADDRNOTAVAIL: .unreachable
            case ETIMEDOUT: .timedOut
            case ECONNRESET, EPIPE, ECONNABORTED, ENOTCONN: .broken
            default: .system
            }
        self.init(
            kind, code: code, address: address,
            message: "Cannot \(operation) \(address): \(SystemError.reason(of: code)).")
    }

    init(_ error: TLSError, address: String) {
        self.init(.tls, address: address, message: "\(error.message).", tls: error)
    }

    static func closed(_ peer: String, _ message: String? = nil) -> SocketError {
        SocketError(.closed, address: peer, message: message ?? "The connection to \(peer) is closed.")
    }

    static func cancelled(_ peer: String) -> SocketError {
        SocketError(.cancelled, address: peer, message: "Waiting for \(peer) was cancelled.")
    }

    static func late(_ peer: String, _ what: String) -> SocketError {
        SocketError(.timedOut, address: peer, message: "\(peer) did not \(what) in time.")
    }

    package var description: String { message }
}
