/// One HTTP request of this process. Redirects are not followed unless allowed; TLS certificates are always verified.
package struct HTTPRequest: Sendable {
    package struct Header: Sendable {
        package var name: String
        package var value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    package var method: String
    /// `http` or `https`.
    package var url: String
    package var headers: [Header]
    /// Nil: no body.
    package var body: [UInt8]?
    /// A PEM file with the CAs that are believed; nil: the system's.
    package var certificateAuthorities: String?
    package var connectTimeout: Duration
    /// For everything together.
    package var timeout: Duration
    /// Bytes of the longest answer that is read.
    package var bodyLimit: Int
    package var redirects: Int

    package init(
        method: String = "GET", url: String, headers: [Header] = [], body: [UInt8]? = nil,
        certificateAuthorities: String? = nil, connectTimeout: Duration = .seconds(10),
        timeout: Duration = .seconds(30), bodyLimit: Int = 1 << 20, redirects: Int = 0
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.certificateAuthorities = certificateAuthorities
        self.connectTimeout = connectTimeout
        self.timeout = timeout
        self.bodyLimit = bodyLimit
        self.redirects = redirects
    }

    /// A form as browsers send it: what is no letter, digit, `-`, `.`, `_` or `~` becomes `%XX`.
    package static func form(_ fields: [(name: String, value: String)]) -> [UInt8] {
        Array(fields.map { "\(percentEncoded($0.name))=\(percentEncoded($0.value))" }.joined(separator: "&").utf8)
    }

    package static func percentEncoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var result: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                result.append(byte)
            default: result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}

/// What a server answered, whatever its status.
package struct HTTPResponse: Sendable {
    package var status: Int
    package var body: [UInt8]
    package var contentType: String

    package init(status: Int, body: [UInt8], contentType: String = "") {
        self.status = status
        self.body = body
        self.contentType = contentType
    }
}

/// Why there is no answer.
package struct HTTPError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Kind: Sendable, Hashable {
        /// No libcurl on this machine, or too many requests at once.
        case unavailable
        /// The request cannot be made as it stands.
        case invalid
        case unresolved
        case unreachable
        case timedOut
        /// TLS failed: a certificate, a version, a CA file.
        case insecure
        case tooLarge
        case cancelled
        /// The connection broke, or the answer is no HTTP.
        case broken
    }

    package var kind: Kind
    /// One sentence without a final dot; names the host, never the query or a header.
    package var message: String

    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    package var description: String { message }
}
