/// Kafka's 128-bit id: of topics, clusters (KRaft), log directories.
///
/// Its text form is base64 with the URL alphabet and without padding, 22 characters.
package struct KafkaUUID: Sendable, Hashable, CustomStringConvertible, LosslessStringConvertible {
    package let high: UInt64
    package let low: UInt64

    /// "No id": a topic of a broker that does not know topic ids; a replica's directory while it moves to KRaft.
    package static let zero = KafkaUUID(high: 0, low: 0)
    /// The topic id of `__cluster_metadata`; as a directory id, "unassigned".
    package static let one = KafkaUUID(high: 0, low: 1)

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    private static let textLength = 22

    /// Reads the text form; nil for anything else. As in Kafka, the four bits that the last character has over are not
    /// looked at, and padding is accepted.
    package init?(_ text: String) {
        var characters = Array(text.utf8)
        if characters.count == Self.textLength + 2, characters.suffix(2).elementsEqual("==".utf8) {
            characters.removeLast(2)
        }
        guard characters.count == Self.textLength else { return nil }
        var high: UInt64 = 0
        var low: UInt64 = 0
        // 21 characters give 126 bits, the last one gives two more.
        for (index, character) in characters.enumerated() {
            guard let digit = Self.digit(character) else { return nil }
            let width: UInt64 = index == Self.textLength - 1 ? 2 : 6
            let bits = width == 2 ? digit >> 4 : digit
            high = high << width | low >> (64 - width)
            low = low << width | bits
        }
        self.init(high: high, low: low)
    }

    private static func digit(_ character: UInt8) -> UInt64? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt64(character - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt64(character - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(character - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "-"): 62
        case UInt8(ascii: "_"): 63
        default: nil
        }
    }

    package var description: String {
        var text: [UInt8] = []
        text.reserveCapacity(Self.textLength)
        for index in 0..<(Self.textLength - 1) {
            // The six bits that begin at bit 6 * index, counted from the top of the 128.
            let shift = 122 - 6 * index
            let bits = shift >= 64 ? high >> UInt64(shift - 64) : high << UInt64(64 - shift) | low >> UInt64(shift)
            text.append(Self.alphabet[Int(bits & 0x3F)])
        }
        text.append(Self.alphabet[Int(low & 0x3) << 4])
        return String(decoding: text, as: UTF8.self)
    }
}
