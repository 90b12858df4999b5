import COpenSSL

/// The files that `ansible-vault encrypt` writes: versions 1.1 and 1.2 of its format, AES256.
///
/// Source: Ansible's documentation of the vault payload. The body is hexadecimal text of three lines, each hexadecimal again:
/// a salt, an HMAC-SHA256 of the cipher text, and the cipher text (AES-256-CTR, padded as PKCS#7 has it). The keys and the
/// counter are PBKDF2-HMAC-SHA256 of the password with 10,000 iterations.
package enum AnsibleVault {
    package enum Failure: Error, Sendable, Hashable {
        /// Not a vault file at all, or one that was cut or changed in its outer form.
        case notAVault(String)
        /// Another password, or a changed file: the two cannot be told apart.
        case wrongPassword
    }

    private static let iterations: Int32 = 10_000
    private static let keyLength = 32
    private static let counterLength = 16
    /// What the format's authors use; more would be no vault of theirs.
    private static let longestSalt = 1024

    package static func isVault(_ bytes: [UInt8]) -> Bool { bytes.starts(with: "$ANSIBLE_VAULT;".utf8) }

    package static func decrypt(_ bytes: [UInt8], password: [UInt8]) throws(Failure) -> [UInt8] {
        let lines = bytes.split(separator: UInt8(ascii: "\n")).map { line in
            line.last == UInt8(ascii: "\r") ? line.dropLast() : line
        }
        guard isVault(bytes), let header = lines.first else {
            throw .notAVault("it does not begin with $ANSIBLE_VAULT")
        }
        let fields = String(decoding: header, as: UTF8.self).split(separator: ";").map(String.init)
        guard fields.count >= 3, ["1.1", "1.2"].contains(fields[1]), fields[2] == "AES256" else {
            throw .notAVault("its format is not 1.1 or 1.2 with AES256")
        }
        guard let inner = hex(lines.dropFirst().joined()) else { throw .notAVault("its body is not hexadecimal") }
        let parts = inner.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { hex($0) }
        guard parts.count == 3, let salt = parts[0], let seal = parts[1], let sealed = parts[2],
            !salt.isEmpty, salt.count <= longestSalt, seal.count == 32, !sealed.isEmpty, sealed.count % 16 == 0
        else { throw .notAVault("its body is cut") }

        var keys = [UInt8](repeating: 0, count: 2 * keyLength + counterLength)
        let phrase = password.map { CChar(bitPattern: $0) }
        let derived = PKCS5_PBKDF2_HMAC(
            phrase, Int32(clamping: phrase.count), salt, Int32(clamping: salt.count), iterations, EVP_sha256(),
            Int32(clamping: keys.count), &keys)
        guard derived == 1 else { throw .wrongPassword }
        var tag = [UInt8](repeating: 0, count: 32)
        var length: UInt32 = 0
        let key = Array(keys[keyLength..<2 * keyLength])
        guard HMAC(EVP_sha256(), key, Int32(clamping: key.count), sealed, sealed.count, &tag, &length) != nil,
            CRYPTO_memcmp(tag, seal, tag.count) == 0
        else { throw .wrongPassword }
        guard let padded = cipher(sealed, key: Array(keys[..<keyLength]), counter: Array(keys[(2 * keyLength)...])),
            let count = padded.last, (1...16).contains(count), padded.suffix(Int(count)).allSatisfy({ $0 == count })
        else { throw .wrongPassword }
        return Array(padded.dropLast(Int(count)))
    }

    private static func cipher(_ bytes: [UInt8], key: [UInt8], counter: [UInt8]) -> [UInt8]? {
        guard let context = EVP_CIPHER_CTX_new() else { return nil }
        defer { EVP_CIPHER_CTX_free(context) }
        var plain = [UInt8](repeating: 0, count: bytes.count)
        var written: Int32 = 0
        guard EVP_DecryptInit_ex(context, EVP_aes_256_ctr(), nil, key, counter) == 1,
            EVP_DecryptUpdate(context, &plain, &written, bytes, Int32(clamping: bytes.count)) == 1,
            Int(written) == bytes.count
        else { return nil }
        return plain
    }

    private static func hex(_ text: some Collection<UInt8>) -> [UInt8]? {
        guard text.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 2)
        var high: UInt8?
        for character in text {
            let digit: UInt8
            switch character {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = character - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = character - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = character - UInt8(ascii: "A") + 10
            default: return nil
            }
            if let first = high {
                bytes.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        return bytes
    }
}
