/// Who is to answer a request.
package enum RequestTarget: Sendable, Hashable {
    /// Any broker; a connected one with the fewest requests in flight is preferred.
    case any
    /// Whoever takes writes: in KRaft any broker, which forwards; NOT_CONTROLLER is followed.
    case controller
    /// This broker and no other; fails fast when the cluster does not list it.
    case node(Int32)
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
    /// Sent again only when it provably was not sent or the broker answered a retriable error; otherwise the outcome is unknown.
    case write
}
