import COpenSSL

/// Digests of the records. Hex is lowercase.
enum Digest {
    /// What stands in for the hash of a record before the first one.
    static let none = String(repeating: "0", count: 64)

    private static let hexDigits = Array("0123456789abcdef".utf8)

    static func sha256(_ bytes: some Collection<UInt8>) -> String {
        var digest = [UInt8](repeating: 0, count: 32)
        var length: UInt32 = 0
        let whole = bytes.withContiguousStorageIfAvailable { buffer in
            EVP_Digest(buffer.baseAddress, buffer.count, &digest, &length, sha256Method, nil)
        }
        if whole == nil {
            let copy = Array(bytes)
            EVP_Digest(copy, copy.count, &digest, &length, sha256Method, nil)
        }
        return hex(digest)
    }

    private nonisolated(unsafe) static let sha256Method = EVP_sha256()

    static func hex(_ bytes: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(64)
        for byte in bytes {
            text.append(hexDigits[Int(byte >> 4)])
            text.append(hexDigits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// CRC-32C (Castagnoli), as eight hex digits.
    static func crc32c(_ bytes: some Sequence<UInt8>) -> String {
        var crc: UInt32 = 0xFFFF_FFFF
        for byte in bytes { crc = table[Int((crc ^ UInt32(byte)) & 0xFF)] ^ (crc >> 8) }
        crc ^= 0xFFFF_FFFF
        return hex([UInt8(crc >> 24), UInt8(crc >> 16 & 0xFF), UInt8(crc >> 8 & 0xFF), UInt8(crc & 0xFF)])
    }

    private static let table: [UInt32] = (0..<256).map { index in
        var value = UInt32(index)
        for _ in 0..<8 { value = value & 1 == 1 ? (value >> 1) ^ 0x82F6_3B78 : value >> 1 }
        return value
    }
}
