import COpenSSL

/// The text of one file that a run was loaded from. Plans are bound to its digest, and the run keeps a copy.
package struct SourceFile: Sendable, Hashable {
    /// As the user knows it.
    package var path: String
    /// The file's bytes, which are UTF-8: no other file loads.
    package var text: String

    package init(path: String, text: String) {
        self.path = path
        self.text = text
    }

    /// Lowercase hex SHA-256 of the bytes; made where it is asked for.
    package var sha256: String {
        var text = text
        return text.withUTF8 { bytes in
            var digest = [UInt8](repeating: 0, count: 32)
            var length: UInt32 = 0
            guard EVP_Digest(bytes.baseAddress, bytes.count, &digest, &length, EVP_sha256(), nil) == 1 else {
                return ""
            }
            let digits = Array("0123456789abcdef".utf8)
            return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
        }
    }
}
