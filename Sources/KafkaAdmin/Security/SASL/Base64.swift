/// Base64 as SASL and JSON Web Tokens use it; strict, because what a peer sends is to be read in one way only.
enum Base64 {
    private static let standard = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let url = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// The standard alphabet, padded.
    static func encode(_ bytes: [UInt8]) -> String { encode(bytes, standard, padded: true) }

    /// The URL alphabet without padding, as in a JSON Web Token.
    static func encodeURL(_ bytes: [UInt8]) -> String { encode(bytes, url, padded: false) }

    /// The standard alphabet with padding; nil for anything else.
    static func decode(_ text: some StringProtocol) -> [UInt8]? {
        let bytes = Array(text.utf8)
        guard bytes.count % 4 == 0 else { return nil }
        let padding = bytes.suffix(2).reversed().prefix { $0 == UInt8(ascii: "=") }.count
        return decode(bytes.dropLast(padding), standard)
    }

    /// The URL alphabet, padded or not; nil for anything else.
    static func decodeURL(_ text: some StringProtocol) -> [UInt8]? {
        var bytes = Array(text.utf8)[...]
        while bytes.last == UInt8(ascii: "=") { bytes.removeLast() }
        return decode(bytes, url)
    }

    private static func encode(_ bytes: [UInt8], _ alphabet: [UInt8], padded: Bool) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        var place = 0
        while place < bytes.count {
            let group = bytes[place..<min(place + 3, bytes.count)]
            var bits: UInt32 = 0
            for index in 0..<3 {
                bits = bits << 8 | (index < group.count ? UInt32(group[group.startIndex + index]) : 0)
            }
            for index in 0...group.count {
                text.append(alphabet[Int(bits >> UInt32(18 - 6 * index) & 63)])
            }
            if padded { text += [UInt8](repeating: UInt8(ascii: "="), count: 3 - group.count) }
            place += 3
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func decode(_ text: ArraySlice<UInt8>, _ alphabet: [UInt8]) -> [UInt8]? {
        guard text.count % 4 != 1 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3 + 2)
        var bits: UInt32 = 0
        var count: UInt32 = 0
        for character in text {
            guard let value = alphabet.firstIndex(of: character) else { return nil }
            bits = (bits << 6 | UInt32(value)) & 0xFFFF
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(bits >> count & 0xFF))
            }
        }
        return bytes
    }
}
