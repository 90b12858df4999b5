import COpenSSL
import EventLoop

/// An Ed25519 key in PEM, private to sign checkpoints or public to check them: `openssl genpkey -algorithm ed25519`.
package final class CheckpointKey: @unchecked Sendable {
    // Immutable after init; OpenSSL counts references to a key, and reads it from any thread.

    package enum Failure: Error, Sendable, Hashable, CustomStringConvertible {
        case unreadable(String)
        case noKey
        case notEd25519
        case cannotSign

        package var description: String {
            switch self {
            case .unreadable(let reason): reason
            case .noKey: "it holds no key in PEM (a key behind a password cannot be used)"
            case .notEd25519: "it is no Ed25519 key (openssl genpkey -algorithm ed25519)"
            case .cannotSign: "it is a public key, which cannot sign"
            }
        }
    }

    private static let maximumBytes = 64 << 10
    private static let keyLength = 32
    private static let signatureLength = 64

    private let pointer: OpaquePointer
    private let isPrivate: Bool
    /// SHA-256 of the raw public key, in hex.
    package let fingerprint: String

    package convenience init(file: String) throws(Failure) {
        let pem: [UInt8]
        do throws(SystemError) {
            pem = try Files.read(file, limit: Self.maximumBytes)
        } catch {
            throw .unreadable(error.reason)
        }
        try self.init(pem: pem)
    }

    package init(pem: [UInt8]) throws(Failure) {
        let text = String(decoding: pem, as: UTF8.self)
        let isPrivate = text.contains("PRIVATE KEY-----")
        let key = pem.withUnsafeBytes { bytes -> OpaquePointer? in
            guard let bio = BIO_new_mem_buf(bytes.baseAddress, Int32(clamping: bytes.count)) else { return nil }
            defer { BIO_free(bio) }
            // Never ask a terminal for a password.
            let refuse: @convention(c) (UnsafeMutablePointer<CChar>?, Int32, Int32, UnsafeMutableRawPointer?) -> Int32 =
                {
                    _, _, _, _ in -1
                }
            return isPrivate
                ? PEM_read_bio_PrivateKey(bio, nil, refuse, nil) : PEM_read_bio_PUBKEY(bio, nil, refuse, nil)
        }
        guard let key else { throw .noKey }
        var raw = [UInt8](repeating: 0, count: Self.keyLength)
        var length = raw.count
        guard EVP_PKEY_is_a(key, "ED25519") == 1, EVP_PKEY_get_raw_public_key(key, &raw, &length) == 1,
            length == Self.keyLength
        else {
            EVP_PKEY_free(key)
            throw .notEd25519
        }
        pointer = key
        self.isPrivate = isPrivate
        fingerprint = Digest.sha256(raw)
    }

    deinit { EVP_PKEY_free(pointer) }

    package func sign(_ bytes: [UInt8]) throws(Failure) -> [UInt8] {
        guard isPrivate, let context = EVP_MD_CTX_new() else { throw .cannotSign }
        defer { EVP_MD_CTX_free(context) }
        var signature = [UInt8](repeating: 0, count: Self.signatureLength)
        var length = signature.count
        guard EVP_DigestSignInit(context, nil, nil, nil, pointer) == 1,
            EVP_DigestSign(context, &signature, &length, bytes, bytes.count) == 1, length == Self.signatureLength
        else { throw .cannotSign }
        return signature
    }

    package func verifies(_ signature: [UInt8], of bytes: [UInt8]) -> Bool {
        guard let context = EVP_MD_CTX_new() else { return false }
        defer { EVP_MD_CTX_free(context) }
        return EVP_DigestVerifyInit(context, nil, nil, nil, pointer) == 1
            && EVP_DigestVerify(context, signature, signature.count, bytes, bytes.count) == 1
    }
}
