import COpenSSL
import CSystem

/// Digests of the records. Hex is lowercase.
enum Digest {
    /// What stands in for the hash of a record before the first one.
    static let none = String(repeating: "0", count: 64)

    static func sha256(_ bytes: some Collection<UInt8>) -> String {
        bytes.withContiguousStorageIfAvailable { sha256(UnsafeRawBufferPointer($0)) }
            ?? Array(bytes).withUnsafeBytes(sha256)
    }

    static func sha256(_ bytes: UnsafeRawBufferPointer) -> String { SHA256().digest(of: bytes) }

    static func hex(_ bytes: [UInt8]) -> String {
        let digits = StaticString("0123456789abcdef").utf8Start
        return String(unsafeUninitializedCapacity: 2 * bytes.count) { text in
            for (place, byte) in bytes.enumerated() {
                text[2 * place] = digits[Int(byte >> 4)]
                text[2 * place + 1] = digits[Int(byte & 15)]
            }
            return 2 * bytes.count
        }
    }

    /// CRC-32C (Castagnoli).
    static func crc32c(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        csystem_crc32c(0, bytes.baseAddress, bytes.count)
    }
}

/// Makes one SHA-256 after another in a context of OpenSSL's, which costs more to make than to use for a record.
final class SHA256 {
    private let context = EVP_MD_CTX_new()

    deinit { EVP_MD_CTX_free(context) }

    func digest(of bytes: UnsafeRawBufferPointer) -> String {
        var digest = [UInt8](repeating: 0, count: 32)
        EVP_DigestInit_ex(context, Self.method, nil)
        EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
        EVP_DigestFinal_ex(context, &digest, nil)
        return Digest.hex(digest)
    }

    /// Found once: what was not fetched is looked up by its name at each use.
    private nonisolated(unsafe) static let method = EVP_MD_fetch(nil, "SHA256", nil)
}
