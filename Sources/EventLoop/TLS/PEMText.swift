/// The blocks of a PEM text, each put into the form that OpenSSL reads.
///
/// Kafka's configurations carry PEM with blanks or nothing in the place of line breaks; OpenSSL wants lines.
struct PEMText {
    struct Block {
        let label: String
        /// The whole block in lines of 64 characters.
        let bytes: [UInt8]
        /// Of a traditional key (`Proc-Type: 4,ENCRYPTED`).
        let hasHeaders: Bool
    }

    private static let begin = Array("-----BEGIN ".utf8)
    private static let end = Array("-----END ".utf8)
    private static let dashes = Array("-----".utf8)
    private static let lineLength = 64

    let blocks: [Block]

    /// Text outside blocks is skipped; a block without its end is none.
    init(_ bytes: [UInt8]) {
        var blocks: [Block] = []
        var position = 0
        while let start = Self.find(Self.begin, in: bytes, from: position) {
            let labelStart = start + Self.begin.count
            guard let labelEnd = Self.find(Self.dashes, in: bytes, from: labelStart) else { break }
            let label = bytes[labelStart..<labelEnd]
            let bodyStart = labelEnd + Self.dashes.count
            let closing = Self.end + label + Self.dashes
            guard let bodyEnd = Self.find(closing, in: bytes, from: bodyStart) else {
                position = bodyStart
                continue
            }
            position = bodyEnd + closing.count
            let body = bytes[bodyStart..<bodyEnd]
            let hasHeaders = body.contains(0x3A)
            var lines = Self.begin + label + Self.dashes + [0x0A]
            lines += hasHeaders ? Self.trimmed(body) : Self.wrapped(body)
            lines += closing + [0x0A]
            blocks.append(
                Block(label: String(decoding: label, as: UTF8.self), bytes: lines, hasHeaders: hasHeaders))
        }
        self.blocks = blocks
    }

    var certificates: [Block] {
        blocks.filter { ["CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"].contains($0.label) }
    }

    var keys: [Block] { blocks.filter { $0.label == "PRIVATE KEY" || $0.label.hasSuffix(" PRIVATE KEY") } }

    private static func wrapped(_ body: ArraySlice<UInt8>) -> [UInt8] {
        let characters = body.filter { $0 > 0x20 }
        var lines: [UInt8] = []
        lines.reserveCapacity(characters.count + characters.count / lineLength + 1)
        for start in stride(from: 0, to: characters.count, by: lineLength) {
            lines += characters[start..<min(start + lineLength, characters.count)]
            lines.append(0x0A)
        }
        return lines
    }

    /// Headers keep their lines.
    private static func trimmed(_ body: ArraySlice<UInt8>) -> [UInt8] {
        let text = body.drop { $0 <= 0x20 }
        return Array(text) + (text.last == 0x0A ? [] : [0x0A])
    }

    private static func find(_ pattern: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
        guard !pattern.isEmpty, bytes.count >= pattern.count, start <= bytes.count - pattern.count else { return nil }
        return (start...(bytes.count - pattern.count)).first { index in
            bytes[index] == pattern[0] && bytes[index..<index + pattern.count].elementsEqual(pattern)
        }
    }
}
