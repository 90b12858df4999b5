/// Who is to answer a request.
package enum RequestTarget: Sendable, Hashable {
    /// Any broker; a connected one with the fewest requests in flight is preferred.
    case any
    /// Whoever takes writes: in KRaft any broker, which forwards; NOT_CONTROLLER is followed.
    case controller
    /// This broker and no other; fails fast when the cluster does not list it.
    case node(Int32)
    /// This broker, and one attempt: the caller looks for another one itself when it does not answer.
    case once(Int32)
    /// This broker, on a connection made for the call.
    case newConnection(Int32)
    /// This address, on a connection made for the call.
    case address(host: String, port: Int32)
    /// The active controller on its own listener (`bootstrap_controllers`).
    case controllerListener
}

/// Whether a request may be sent again when nobody knows what became of it.
package enum RequestKind: Sendable, Hashable {
    /// Changes nothing: sent again after a disconnect or a retriable error, until the deadline.
    case read
    /// Sent again only when it provably was not sent, or when who was asked says that another one should have been. That it
    /// was done nevertheless is possible then, and remembered (`Answer.doubt`); without an answer its outcome is unknown.
    case write
}
