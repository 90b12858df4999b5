import Glibc
import RunEngine

/// Text from elsewhere, made safe for a terminal: no control characters, no over-long lines.
package enum TerminalText {
    /// Characters of a line that are shown.
    static let lineLimit = 2000

    /// Tabs stay; every other control character becomes U+FFFD.
    package static func safe(_ text: some StringProtocol) -> String {
        var safe = String.UnicodeScalarView()
        var count = 0
        for scalar in text.unicodeScalars {
            guard count < lineLimit else {
                safe.append(contentsOf: SecretMask.cut.unicodeScalars)
                break
            }
            count += 1
            safe.append(isControl(scalar) && scalar != "\t" ? "\u{FFFD}" : scalar)
        }
        return String(safe)
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        // C0 and DEL, C1, and the marks that reorder text.
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || (0x202A...0x202E).contains(scalar.value)
            || (0x2066...0x2069).contains(scalar.value)
    }
}

/// Cuts a stream of bytes into lines.
struct LineSplitter {
    /// Bytes of a line without an end that are kept; the rest of such a line is dropped.
    static let pendingLimit = 16 * 1024

    private var pending: [UInt8] = []

    /// Looks for line ends only, so that a gibibyte without one costs next to nothing.
    mutating func add(_ bytes: [UInt8]) -> [String] {
        var lines: [String] = []
        bytes.withUnsafeBytes { buffer in
            var rest = UnsafeRawBufferPointer(rebasing: buffer[...])
            while let start = rest.baseAddress, !rest.isEmpty {
                guard let end = memchr(start, CInt(UInt8(ascii: "\n")), rest.count) else {
                    keep(rest)
                    return
                }
                let count = UnsafeRawPointer(end) - start
                keep(UnsafeRawBufferPointer(rebasing: rest[..<count]))
                lines.append(takeLine())
                rest = UnsafeRawBufferPointer(rebasing: rest[(count + 1)...])
            }
        }
        return lines
    }

    private mutating func keep(_ bytes: UnsafeRawBufferPointer) {
        guard pending.count < Self.pendingLimit, !bytes.isEmpty else { return }
        pending.append(contentsOf: bytes.prefix(Self.pendingLimit - pending.count))
    }

    mutating func finish() -> [String] { pending.isEmpty ? [] : [takeLine()] }

    private mutating func takeLine() -> String {
        if pending.last == UInt8(ascii: "\r") { pending.removeLast() }
        defer { pending.removeAll(keepingCapacity: true) }
        return TerminalText.safe(String(decoding: pending, as: UTF8.self))
    }
}
