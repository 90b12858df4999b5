/// Base64 as Python's `base64` module reads and writes it.
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    private static let values: [UInt8?] = {
        var table = [UInt8?](repeating: nil, count: 256)
        for (value, byte) in alphabet.enumerated() { table[Int(byte)] = UInt8(value) }
        return table
    }()

    static func encode(_ bytes: [UInt8]) -> String {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count / 3 * 4 + 4)
        var place = 0
        while place < bytes.count {
            let part = bytes[place..<min(place + 3, bytes.count)]
            var word: UInt32 = 0
            for offset in 0..<3 { word = word << 8 | (offset < part.count ? UInt32(part[place + offset]) : 0) }
            for offset in 0..<4 {
                let digit = alphabet[Int(word >> UInt32(18 - 6 * offset) & 63)]
                result.append(offset <= part.count ? digit : UInt8(ascii: "="))
            }
            place += 3
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// Skips characters outside the alphabet; missing padding and bytes that are no UTF-8 are errors.
    static func decode(_ text: String) throws -> String {
        var bytes: [UInt8] = []
        var left: UInt8 = 0
        var count = 0
        var padding = 0
        for byte in text.utf8 {
            if byte == UInt8(ascii: "=") {
                padding += 1
                if count >= 2, count + padding >= 4 {
                    count = 0
                    break
                }
                continue
            }
            guard let value = values[Int(byte)] else { continue }
            padding = 0
            switch count {
            case 0: left = value
            case 1:
                bytes.append(left << 2 | value >> 4)
                left = value & 0x0F
            case 2:
                bytes.append(left << 4 | value >> 2)
                left = value & 0x03
            default: bytes.append(left << 6 | value)
            }
            count = (count + 1) % 4
        }
        guard count == 0 else { throw ExpressionFailure(.value, "the text is no base64: padding is missing") }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ExpressionFailure(.value, "the decoded bytes are no UTF-8 text")
        }
        return text
    }
}
