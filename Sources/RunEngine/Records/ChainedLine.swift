import Values

/// The form of a record in the journal and in the audit log: one JSON object a line, chained by hashes.
///
/// `{"seq":N,"prev":"H","time":…,"type":…,…,"crc":"C"}` and a newline, where
/// - N counts from 1 without gaps,
/// - H is the SHA-256, in lowercase hex, of the line before without its newline (64 zeros for the first),
/// - C is the CRC-32C (Castagnoli), as eight lowercase hex digits, of all bytes of the line before `,"crc":"`. It is always
///   the last member.
///
/// So a flipped bit is found by the line itself, and a dropped, added or swapped line by its neighbours.
enum ChainedLine {
    private static let tailLength = 18

    /// A record that stands in the file.
    struct Sealed {
        /// With the newline.
        var bytes: [UInt8]
        var hash: String
    }

    /// `members` are the JSON members between `prev` and `crc`, without braces.
    static func seal(sequence: Int, previous: String, members: some Collection<UInt8>) -> Sealed {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(members.count + 128)
        bytes += "{\"seq\":".utf8
        bytes.appendDecimal(sequence)
        bytes += ",\"prev\":\"".utf8
        bytes += previous.utf8
        bytes += "\",".utf8
        bytes += members
        let tail = bytes.withUnsafeBytes(tail)
        bytes += tail
        let hash = Digest.sha256(bytes)
        bytes.append(UInt8(ascii: "\n"))
        return Sealed(bytes: bytes, hash: hash)
    }

    /// Whether a line ends with the checksum of what stands before.
    static func hasItsChecksum(_ line: UnsafeRawBufferPointer) -> Bool {
        guard line.count >= tailLength else { return false }
        let body = UnsafeRawBufferPointer(rebasing: line.dropLast(tailLength))
        return line.suffix(tailLength).elementsEqual(tail(of: body))
    }

    private static func tail(of body: UnsafeRawBufferPointer) -> [UInt8] {
        let crc = Digest.crc32c(body)
        let bytes = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: crc >> $0) }
        return Array(",\"crc\":\"\(Digest.hex(bytes))\"}".utf8)
    }
}
