import Glibc

/// Turns names into addresses. `getaddrinfo` blocks for as long as the name servers take, so each look-up has a thread of
/// its own; the caller's deadline does not wait for it.
enum Resolver {
    /// Look-ups that may hang at once. More are refused: name service is down then.
    static let concurrencyLimit = 16
    /// Addresses that one name may have; the rest are ignored.
    static let addressLimit = 32

    private static let running = Locked(0)

    enum Outcome: Sendable {
        case addresses([SocketAddress])
        case failed(String)
    }

    /// Calls `done` once with the addresses, on any thread; at once for a numeric host.
    static func resolve(host: String, port: Int, _ done: @escaping @Sendable (Outcome) -> Void) {
        guard !host.isEmpty, host.utf8.count <= 255, !host.utf8.contains(0) else {
            return done(.failed("it is not a host name"))
        }
        if case .addresses(let found) = lookUp(host, port, flags: AI_NUMERICHOST) { return done(.addresses(found)) }
        let isAdmitted = running.withLock { running in
            guard running < concurrencyLimit else { return false }
            running += 1
            return true
        }
        guard isAdmitted else {
            return done(.failed("\(concurrencyLimit) look-ups are waiting for the name servers already"))
        }
        _ = startThread(name: "opsrun-dns") {
            let outcome = lookUp(host, port, flags: 0)
            running.withLock { $0 -= 1 }
            done(outcome)
        }
    }

    private static func lookUp(_ host: String, _ port: Int, flags: CInt) -> Outcome {
        var hints = addrinfo()
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        hints.ai_flags = flags | AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &list)
        guard code == 0 else { return .failed(String(cString: gai_strerror(code)).lowercased()) }
        defer { freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var next = list
        while let entry = next?.pointee, addresses.count < addressLimit {
            next = entry.ai_next
            guard let address = entry.ai_addr else { continue }
            let found = SocketAddress(
                bytes: Array(UnsafeRawBufferPointer(start: address, count: Int(entry.ai_addrlen))))
            if !addresses.contains(found) { addresses.append(found) }
        }
        return addresses.isEmpty ? .failed("it has no address") : .addresses(addresses)
    }
}
