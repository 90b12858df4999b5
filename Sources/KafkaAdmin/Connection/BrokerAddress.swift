/// Where a broker listens: a host name or address, and a port.
package struct BrokerAddress: Sendable, Hashable, CustomStringConvertible {
    package var host: String
    package var port: Int32

    /// Nil for an empty host and for a port outside 1…65535: what brokers advertise is not to be trusted.
    package init?(host: String, port: Int32) {
        guard (1...65535).contains(port), !host.isEmpty, host.utf8.count <= 255,
            !host.utf8.contains(where: { $0 <= 32 })
        else { return nil }
        self.host = host
        self.port = port
    }

    /// Reads `host:port`, `127.0.0.1:9092`, `[::1]:9092`. An IPv6 address needs its brackets.
    package init?(text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = Int32(digits) else {
            return nil
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
            guard host.contains(":") else { return nil }
        } else if host.contains(where: { $0 == ":" || $0 == "[" || $0 == "]" }) {
            return nil
        }
        self.init(host: String(host), port: port)
    }

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
