internal import COpenSSL

/// The server's side of a SCRAM login (RFC 5802 as Kafka does it: no channel binding, no SASLprep).
struct ScramServer: Sendable {
    enum Hash: Sendable {
        case sha256, sha512

        var size: Int { self == .sha256 ? 32 : 64 }
        fileprivate var method: OpaquePointer? { self == .sha256 ? EVP_sha256() : EVP_sha512() }
    }

    /// What the client's first message says.
    struct First: Sendable {
        let user: String
        let nonce: String
        /// Whether the user is the id of a delegation token.
        let isToken: Bool
        /// As whom the user wants to act; empty for themselves.
        let authorizationID: String
        /// Without the header of channel binding.
        let bare: String

        /// Nil for what is no such message.
        init?(_ bytes: [UInt8]) {
            let text = String(decoding: bytes, as: UTF8.self)
            guard text.hasPrefix("n,") else { return nil }
            let parts = text.split(separator: ",", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3, parts[1].isEmpty || parts[1].hasPrefix("a=") else { return nil }
            authorizationID = String(parts[1].dropFirst(2))
            bare = String(parts[2])
            let attributes = bare.split(separator: ",", omittingEmptySubsequences: false)
            guard attributes.count >= 2, attributes[0].hasPrefix("n="), attributes[1].hasPrefix("r=") else {
                return nil
            }
            user = ScramServer.replaced(
                ScramServer.replaced(String(attributes[0].dropFirst(2)), "=2C", ","), "=3D", "=")
            nonce = String(attributes[1].dropFirst(2))
            isToken = attributes.dropFirst(2).contains("tokenauth=true")
            guard !user.isEmpty, !nonce.isEmpty else { return nil }
        }
    }

    let hash: Hash
    let user: String
    let isToken: Bool
    private let nonce: String
    private let saltedPassword: [UInt8]
    private let clientFirst: String
    /// What the client is told first.
    let serverFirst: String

    init(_ hash: Hash, _ first: First, nonce serverNonce: String, salt: [UInt8], iterations: Int32, _ salted: [UInt8]) {
        self.hash = hash
        user = first.user
        isToken = first.isToken
        nonce = first.nonce + serverNonce
        saltedPassword = salted
        clientFirst = first.bare
        serverFirst = "r=\(nonce),s=\(Self.base64(salt)),i=\(iterations)"
    }

    /// The last message to a client that has proved to know the password; nil for one that has not.
    func finish(_ bytes: [UInt8]) -> [UInt8]? {
        let text = String(decoding: bytes, as: UTF8.self)
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        // Kafka looks at the end of the nonce only: librdkafka before 2.2 sends its own part twice.
        guard let last = parts.last, last.hasPrefix("p="), parts.count >= 3, parts[0].hasPrefix("c="),
            parts[1].hasPrefix("r="), parts[1].hasSuffix(nonce),
            let proof = Self.decoded(String(last.dropFirst(2))), proof.count == hash.size
        else { return nil }
        let withoutProof = parts.dropLast().joined(separator: ",")
        let message = Array("\(clientFirst),\(serverFirst),\(withoutProof)".utf8)
        guard let clientKey = hmac(saltedPassword, Array("Client Key".utf8)), let storedKey = digest(clientKey),
            let signature = hmac(storedKey, message), let serverKey = hmac(saltedPassword, Array("Server Key".utf8)),
            let answer = hmac(serverKey, message)
        else { return nil }
        let claimed = zip(proof, signature).map { $0 ^ $1 }
        guard CRYPTO_memcmp(claimed, clientKey, clientKey.count) == 0 else { return nil }
        return Array("v=\(Self.base64(answer))".utf8)
    }

    // MARK: Formulas

    /// PBKDF2 with HMAC; nil when the library refuses.
    static func saltedPassword(_ hash: Hash, _ password: [UInt8], salt: [UInt8], iterations: Int32) -> [UInt8]? {
        var key = [UInt8](repeating: 0, count: hash.size)
        let text = password.map { CChar(bitPattern: $0) }
        let code = PKCS5_PBKDF2_HMAC(
            text, CInt(clamping: text.count), salt, CInt(clamping: salt.count), iterations, hash.method,
            CInt(hash.size), &key)
        return code == 1 ? key : nil
    }

    private func hmac(_ key: [UInt8], _ message: [UInt8]) -> [UInt8]? {
        var result = [UInt8](repeating: 0, count: hash.size)
        var size: UInt32 = 0
        guard HMAC(hash.method, key, CInt(clamping: key.count), message, message.count, &result, &size) != nil else {
            return nil
        }
        return Int(size) == hash.size ? result : nil
    }

    private func digest(_ message: [UInt8]) -> [UInt8]? {
        var result = [UInt8](repeating: 0, count: hash.size)
        var size: UInt32 = 0
        guard EVP_Digest(message, message.count, &result, &size, hash.method, nil) == 1 else { return nil }
        return Int(size) == hash.size ? result : nil
    }

    private static func replaced(_ text: String, _ escape: String, _ plain: Character) -> String {
        var result = ""
        var rest = text[...]
        while let first = rest.first {
            if rest.hasPrefix(escape) {
                result.append(plain)
                rest = rest.dropFirst(escape.count)
            } else {
                result.append(first)
                rest = rest.dropFirst()
            }
        }
        return result
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func base64(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var word: UInt32 = 0
            for byte in group { word = word << 8 | UInt32(byte) }
            word <<= UInt32(8 * (3 - group.count))
            for place in 0..<4 {
                let index = Int(word >> UInt32(18 - 6 * place) & 0x3F)
                text.append(place <= group.count ? alphabet[index] : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    static func decoded(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        var word: UInt32 = 0
        var bits = 0
        for character in text.utf8 where character != UInt8(ascii: "=") {
            guard let value = alphabet.firstIndex(of: character) else { return nil }
            word = word << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: word >> UInt32(bits)))
                word &= (1 << UInt32(bits)) - 1
            }
        }
        return bytes
    }
}
