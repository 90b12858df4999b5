package import Values

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
    static let tailLength = 18

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
        let crc = Digest.crc32c(bytes)
        bytes += ",\"crc\":\"".utf8
        bytes += crc.utf8
        bytes += "\"}".utf8
        let hash = Digest.sha256(bytes)
        bytes.append(UInt8(ascii: "\n"))
        return Sealed(bytes: bytes, hash: hash)
    }
}

/// A file of chained lines, read back and checked.
package struct ChainedRecords: Sendable {
    package struct Record: Sendable {
        package var sequence: Int
        package var hash: String
        package var value: Value
    }

    /// The first record that is wrong; nothing after it is trusted.
    package struct Damage: Sendable, Hashable, CustomStringConvertible {
        /// From 1.
        package var line: Int
        package var message: String

        package var description: String { "line \(line): \(message)" }
    }

    /// Up to the damage, if there is one.
    package var records: [Record] = []
    package var damage: Damage?
    /// Bytes of a last line without its newline, or from the first line on that has not reached the disk: writes that did
    /// not finish.
    package var tornBytes = 0
    /// Bytes up to the end of the last whole line.
    package var wholeLength = 0

    /// Hash of the last record; 64 zeros without one.
    package var head: String { records.last?.hash ?? Digest.none }

    /// A hole is damage, and no write that did not finish, where what stands behind it tells so. `isSyncedByRecord`: any whole
    /// record does, since none was written before the one before it had reached the disk, as in an audit log. Else (a journal)
    /// one does that says how many records had reached the disk when it was written (`synced`), those of the hole among them.
    package init(_ bytes: [UInt8], isSyncedByRecord: Bool = false) {
        var start = bytes.startIndex
        var line = 0
        while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            line += 1
            switch Self.check(bytes[start..<end], sequence: line, previous: head) {
            case .success(let record): records.append(record)
            case .failure(let problem):
                let rest = bytes[bytes.index(after: end)...]
                if Self.isTorn(bytes, start..<end),
                    isSyncedByRecord ? !Self.holdsRecord(rest) : !Self.wasSynced(line, says: rest)
                {
                    tornBytes = bytes.count - start
                    return
                }
                damage = Damage(line: line, message: problem.message)
                return
            }
            start = bytes.index(after: end)
            wholeLength = start
        }
        tornBytes = bytes.count - start
    }

    /// A sector that was written to and never reached the disk reads as zeros to its end. Nothing behind it was ever synced,
    /// since a sync covers all that stands before.
    private static func isTorn(_ bytes: [UInt8], _ line: Range<Int>) -> Bool {
        guard let first = bytes[line].firstIndex(of: 0) else { return false }
        let after = bytes[first...].firstIndex { $0 != 0 } ?? bytes.count
        return after == bytes.count || after % sectorLength == 0
    }

    private static func holdsRecord(_ bytes: ArraySlice<UInt8>) -> Bool {
        // What stands behind the last line end is no whole line.
        bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast().contains(
            where: hasItsChecksum)
    }

    static let syncedName: StaticString = "synced"

    /// Whether a whole record says that the one of this line had reached the disk; one that does not say it proves nothing else.
    private static func wasSynced(_ line: Int, says rest: ArraySlice<UInt8>) -> Bool {
        rest.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast().contains { later in
            guard hasItsChecksum(later) else { return false }
            guard let synced = (try? JSON.parse(Array(later)))?["\(syncedName)"]?.intValue else { return true }
            return synced >= Int64(line)
        }
    }

    private static func hasItsChecksum(_ line: ArraySlice<UInt8>) -> Bool {
        let tail = line.suffix(ChainedLine.tailLength), body = line.dropLast(ChainedLine.tailLength)
        return tail.elementsEqual(",\"crc\":\"\(Digest.crc32c(body))\"}".utf8)
    }

    /// The smallest piece that a disk writes as a whole.
    private static let sectorLength = 512

    private struct Problem: Error {
        var message: String
    }

    private static func check(
        _ line: ArraySlice<UInt8>, sequence: Int, previous: String
    ) -> Result<Record, Problem> {
        guard hasItsChecksum(line) else {
            return .failure(Problem(message: "its checksum does not match its content"))
        }
        guard let value = try? JSON.parse(Array(line)), let number = value["seq"]?.intValue else {
            return .failure(Problem(message: "it is not a record"))
        }
        guard number == Int64(sequence) else {
            return .failure(
                Problem(message: "record \(sequence) expected, record \(number) found: one is missing or out of place"))
        }
        guard value["prev"]?.stringValue == previous else {
            return .failure(Problem(message: "it does not follow the record before it: one was replaced or removed"))
        }
        return .success(Record(sequence: sequence, hash: Digest.sha256(line), value: value))
    }
}
