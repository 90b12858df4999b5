internal import COpenSSL

/// The hash that a SCRAM mechanism is named after.
enum ScramHash: Sendable, Hashable {
    case sha256, sha512

    var size: Int { self == .sha256 ? 32 : 64 }

    fileprivate var method: OpaquePointer? { self == .sha256 ? EVP_sha256() : EVP_sha512() }
}

/// SaltedPassword, from which everything else is derived. Computing it takes milliseconds to seconds: not on the loop.
struct ScramDerivation: Sendable, Hashable {
    let hash: ScramHash
    let password: [UInt8]
    let salt: [UInt8]
    let iterations: Int32

    /// PBKDF2 with HMAC; nil when the library refuses (out of memory).
    func saltedPassword() -> [UInt8]? {
        var key = [UInt8](repeating: 0, count: hash.size)
        let passwordText = password.map { CChar(bitPattern: $0) }
        let code = PKCS5_PBKDF2_HMAC(
            passwordText, CInt(clamping: password.count), salt, CInt(clamping: salt.count), iterations, hash.method,
            CInt(hash.size), &key)
        return code == 1 ? key : nil
    }
}

/// The formulas of RFC 5802, section 3, as Kafka's `ScramFormatter` applies them.
enum ScramCrypto {
    static func hmac(_ hash: ScramHash, key: [UInt8], _ message: [UInt8]) -> [UInt8]? {
        var result = [UInt8](repeating: 0, count: hash.size)
        var size: UInt32 = 0
        guard
            HMAC(hash.method, key, CInt(clamping: key.count), message, message.count, &result, &size) != nil,
            size == hash.size
        else { return nil }
        return result
    }

    static func digest(_ hash: ScramHash, _ message: [UInt8]) -> [UInt8]? {
        var result = [UInt8](repeating: 0, count: hash.size)
        var size: UInt32 = 0
        guard EVP_Digest(message, message.count, &result, &size, hash.method, nil) == 1, size == hash.size else {
            return nil
        }
        return result
    }

    static func exclusiveOr(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] { zip(left, right).map { $0 ^ $1 } }

    /// Compares in a time that does not depend on where the first difference is.
    static func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
    }
}
