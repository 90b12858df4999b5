import COpenSSL
import Values

/// Digests by OpenSSL.
enum Digest {
    private static let names: [String: String] = [
        "md5": "MD5", "sha1": "SHA1", "sha224": "SHA224", "sha256": "SHA256", "sha384": "SHA384", "sha512": "SHA512",
        "sha3_224": "SHA3-224", "sha3_256": "SHA3-256", "sha3_384": "SHA3-384", "sha3_512": "SHA3-512",
        "blake2b": "BLAKE2b512", "blake2s": "BLAKE2s256",
    ]

    /// The digest of the text's UTF-8 in lowercase hexadecimal.
    static func hex(_ text: String, _ name: String) throws -> String {
        guard let known = names[name], let algorithm = EVP_get_digestbyname(known) else {
            throw ExpressionFailure(
                .value, "there is no digest '\(name)'",
                hint: NearestName.hint(name, in: names.keys) ?? "one of \(names.keys.sorted().joined(separator: ", "))")
        }
        let bytes = Array(text.utf8)
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var size: UInt32 = 0
        guard EVP_Digest(bytes, bytes.count, &digest, &size, algorithm, nil) == 1 else {
            throw ExpressionFailure(.value, "the digest '\(name)' is not available here")
        }
        return digest.prefix(Int(size)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
