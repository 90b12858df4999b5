import Glibc
package import Values

/// Where a file of chained lines ends, as far as it could be read.
package struct ChainEnd: Sendable {
    /// The first record that is wrong; nothing after it is trusted.
    package struct Damage: Sendable, Hashable, CustomStringConvertible {
        /// From 1.
        package var line: Int
        package var message: String

        package var description: String { "line \(line): \(message)" }
    }

    /// Up to the damage, if there is one.
    package var records = 0
    /// Hash of the last record; 64 zeros without one.
    package var head = Digest.none
    package var damage: Damage?
    /// Bytes of a last line without its newline, or from the first line on that has not reached the disk: writes that did
    /// not finish.
    package var tornBytes = 0
    /// Bytes up to the end of the last whole line.
    package var wholeLength = 0

    package init() {}
}

/// Reads and checks a file of chained lines, record by record, without a copy of it. The bytes must outlive it.
struct ChainReader {
    /// Up to the record that stands here.
    private(set) var end: ChainEnd
    /// The record that stands here, since `next` answered with true.
    private(set) var record = JSONObject()
    private let bytes: UnsafeRawBufferPointer
    private let isSyncedByRecord: Bool
    /// Where the bytes begin in the file.
    private let offset: Int
    private let sha256 = SHA256()

    /// Reads on behind `end`, from where `bytes` begin.
    ///
    /// A hole is damage, and no write that did not finish, where what stands behind it tells so. `isSyncedByRecord`: any whole
    /// record does, since none was written before the one before it had reached the disk, as in an audit log. Else (a journal)
    /// one does that says how many records had reached the disk when it was written (`synced`), those of the hole among them.
    init(_ bytes: UnsafeRawBufferPointer, after end: ChainEnd = ChainEnd(), isSyncedByRecord: Bool = false) {
        self.bytes = bytes
        self.end = end
        // What was torn has been cut off.
        self.end.tornBytes = 0
        self.isSyncedByRecord = isSyncedByRecord
        offset = end.wholeLength
    }

    /// Goes on to the next record; false at the end of what is whole, and then `end` says why that is the end.
    mutating func next() -> Bool {
        guard end.damage == nil, end.tornBytes == 0 else { return false }
        let start = end.wholeLength - offset
        guard let length = lineLength(from: start) else {
            end.tornBytes = bytes.count - start
            return false
        }
        let line = start..<start + length
        if let problem = check(UnsafeRawBufferPointer(rebasing: bytes[line])) {
            if isTorn(line), !isKnownToBeSynced(before: line.upperBound + 1) {
                end.tornBytes = bytes.count - start
            } else {
                end.damage = ChainEnd.Damage(line: end.records + 1, message: problem)
            }
            return false
        }
        end.records += 1
        end.wholeLength += length + 1
        return true
    }

    /// Why the line is not the record that comes next.
    private mutating func check(_ line: UnsafeRawBufferPointer) -> String? {
        guard ChainedLine.hasItsChecksum(line) else { return "its checksum does not match its content" }
        guard record.load(line), let number = record.int("seq") else { return "it is not a record" }
        let sequence = end.records + 1
        guard number == Int64(sequence) else {
            return "record \(sequence) expected, record \(number) found: one is missing or out of place"
        }
        guard record.text("prev") == end.head else {
            return "it does not follow the record before it: one was replaced or removed"
        }
        end.head = sha256.digest(of: line)
        return nil
    }

    /// Without the newline; nil where there is none.
    private func lineLength(from start: Int) -> Int? {
        guard start < bytes.count, let first = bytes.baseAddress.map({ $0 + start }) else { return nil }
        return memchr(first, Int32(UInt8(ascii: "\n")), bytes.count - start).map { UnsafeRawPointer($0) - first }
    }

    // MARK: Holes

    /// The smallest piece that a disk writes as a whole.
    private static let sectorLength = 512

    /// A sector that was written to and never reached the disk reads as zeros to its end. Nothing behind it was ever synced,
    /// since a sync covers all that stands before.
    private func isTorn(_ line: Range<Int>) -> Bool {
        guard let first = bytes[line].firstIndex(of: 0) else { return false }
        let after = bytes[first...].firstIndex { $0 != 0 } ?? bytes.count
        return after == bytes.count || (offset + after) % Self.sectorLength == 0
    }

    static let syncedName: StaticString = "synced"

    /// Whether a whole record behind a line proves that the line had reached the disk. One of a journal that does not say how
    /// much had proves it, too.
    private func isKnownToBeSynced(before start: Int) -> Bool {
        var later = JSONObject()
        var start = start
        // What stands behind the last line end is no whole line.
        while let length = lineLength(from: start) {
            let line = UnsafeRawBufferPointer(rebasing: bytes[start..<start + length])
            start += length + 1
            guard ChainedLine.hasItsChecksum(line) else { continue }
            guard !isSyncedByRecord, later.load(line), let synced = later.int(Self.syncedName) else { return true }
            if synced > Int64(end.records) { return true }
        }
        return false
    }
}

/// A file of chained lines, read back and checked, with all its records.
package struct ChainedRecords: Sendable {
    package struct Record: Sendable {
        package var sequence: Int
        package var hash: String
        package var value: Value
    }

    /// Up to the damage, if there is one.
    package private(set) var records: [Record] = []
    package let end: ChainEnd

    package var damage: ChainEnd.Damage? { end.damage }
    package var tornBytes: Int { end.tornBytes }
    package var head: String { end.head }

    /// As `ChainReader`.
    package init(_ bytes: [UInt8], isSyncedByRecord: Bool = false) {
        (records, end) = bytes.withUnsafeBytes { bytes in
            var reader = ChainReader(bytes, isSyncedByRecord: isSyncedByRecord)
            var records: [Record] = []
            while reader.next() {
                records.append(
                    Record(sequence: reader.end.records, hash: reader.end.head, value: reader.record.tree ?? .null))
            }
            return (records, reader.end)
        }
    }
}
