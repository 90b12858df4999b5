internal import COpenSSL

/// What OpenSSL has left in this thread's queue of errors.
struct OpenSSLErrors {
    /// Errors that are looked at; more only repeat their cause.
    private static let limit = 32

    struct Item {
        let reason: CInt
        let text: String
    }

    let items: [Item]

    /// Empties the queue.
    static func take() -> OpenSSLErrors {
        var items: [Item] = []
        while items.count < limit {
            let code = ERR_get_error()
            guard code != 0 else { break }
            let text = ERR_reason_error_string(code).map { String(cString: $0) } ?? "error \(code)"
            items.append(Item(reason: ERR_GET_REASON(code), text: text))
        }
        ERR_clear_error()
        return OpenSSLErrors(items: items)
    }

    /// Whatever an earlier call on this thread left would be taken for the error of the next one.
    static func clear() { ERR_clear_error() }

    func contains(_ reason: CInt) -> Bool { items.contains { $0.reason == reason } }

    /// The innermost cause, in OpenSSL's words.
    var text: String { items.first?.text ?? "no reason given" }
}
