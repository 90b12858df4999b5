import EventLoop
import Values

/// A time zone of the system's database: when its clocks showed which offset from UTC, and the rule for the time after the
/// last change that the file names.
///
/// Source: RFC 9636 (TZif, versions 1 to 4) and the `TZ` rule of POSIX in its footer.
struct ZoneFile: Sendable {
    /// Bytes of a zone's file; the largest real one has a tenth of it.
    static let sizeLimit = 64 << 10
    static let folder = "/usr/share/zoneinfo"

    struct Failure: Error, Sendable, Hashable {
        var message: String
        var nextAction: String?
    }

    let name: String
    /// Seconds since 1970 from which the offset of the same index counts; ascending.
    private let changes: [Int64]
    private let offsets: [Int64]
    private let first: Int64
    private let rule: ZoneRule?

    static let utc = ZoneFile(name: "UTC", changes: [], offsets: [], first: 0, rule: nil)

    private init(name: String, changes: [Int64], offsets: [Int64], first: Int64, rule: ZoneRule?) {
        self.name = name
        self.changes = changes
        self.offsets = offsets
        self.first = first
        self.rule = rule
    }

    /// Reads a zone by its name in the database, such as `Europe/Oslo`. Blocks for as long as the disk takes.
    static func named(_ name: String, in folder: String = folder) throws(Failure) -> ZoneFile {
        if ["UTC", "Etc/UTC", "Z"].contains(name) { return utc }
        guard isName(name) else { throw Failure(message: "\(name) is no name of a time zone", nextAction: example) }
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try Files.read("\(folder)/\(name)", limit: sizeLimit)
        } catch {
            // A machine without any zone is another mistake than a name that is none.
            let isEmpty = (try? Files.list(folder)) == nil
            throw Failure(
                message: isEmpty ? "there is no database of time zones in \(folder)" : "there is no time zone \(name)",
                nextAction: isEmpty ? "install tzdata, or write UTC" : example)
        }
        return try ZoneFile(name: name, bytes)
    }

    private static let example = "write a name of the tz database, such as Europe/Oslo"

    /// Letters, digits and `+ - _ /`, no empty part and none that begins with a dot: nothing that leads out of the folder.
    private static func isName(_ name: String) -> Bool {
        guard !name.isEmpty, name.utf8.count <= 64 else { return false }
        return name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty
                && part.utf8.allSatisfy { byte in
                    switch byte {
                    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                        true
                    default: false
                    }
                }
        }
    }

    /// Reads the content of a file: the block of 64 bit times where there is one, its changes, types and footer.
    init(name: String, _ bytes: [UInt8]) throws(Failure) {
        var reader = ZoneReader(bytes: bytes)
        guard let version = reader.header(), var block = reader.counts() else { throw Self.damaged(name) }
        var width = 4
        if version >= UInt8(ascii: "2") {
            guard reader.skip(block.size(width: 4)), reader.header() != nil, let second = reader.counts() else {
                throw Self.damaged(name)
            }
            (block, width) = (second, 8)
        }
        guard let changes = reader.integers(block.times, width: width), let kinds = reader.bytes(block.times),
            let types = reader.types(block.types), !types.isEmpty,
            reader.skip(block.characters + block.leaps * (width + 4) + block.standards + block.universals)
        else { throw Self.damaged(name) }
        var offsets: [Int64] = []
        for kind in kinds {
            guard Int(kind) < types.count else { throw Self.damaged(name) }
            offsets.append(types[Int(kind)])
        }
        guard zip(changes, changes.dropFirst()).allSatisfy({ $0 < $1 }) else { throw Self.damaged(name) }
        var rule: ZoneRule?
        if width == 8, let text = reader.footer(), !text.isEmpty {
            guard let read = ZoneRule(text) else { throw Self.damaged(name) }
            rule = read
        }
        self.init(name: name, changes: changes, offsets: offsets, first: types[0], rule: rule)
    }

    private static func damaged(_ name: String) -> Failure {
        Failure(message: "the file of the time zone \(name) is damaged", nextAction: "install tzdata again")
    }

    /// Seconds east of UTC that the clocks there show at a time.
    func offset(at seconds: Int64) -> Int64 {
        guard let last = changes.last, seconds < last else {
            return rule?.offset(at: seconds) ?? offsets.last ?? first
        }
        // The last change at or before the time.
        var low = 0, high = changes.count
        while low < high {
            let middle = (low + high) / 2
            if changes[middle] <= seconds { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? first : offsets[low - 1]
    }

    /// The time at which the clocks there show a local time, given as if it were UTC. One that they show twice is the first of
    /// the two; one that they skip counts as if they had not been put forward.
    func instant(ofLocal local: Int64) -> Int64 {
        // Whatever the clocks do within a day around it; an offset is always less than a day.
        let before = offset(at: local - 86_400), after = offset(at: local + 86_400)
        for offset in [max(before, after), min(before, after)] where self.offset(at: local - offset) == offset {
            return local - offset
        }
        return local - before
    }
}

/// Takes a TZif file apart; nil wherever it ends too early.
private struct ZoneReader {
    let rest: [UInt8]
    var place = 0

    init(bytes: [UInt8]) { rest = bytes }

    struct Counts {
        var universals: Int
        var standards: Int
        var leaps: Int
        var times: Int
        var types: Int
        var characters: Int

        func size(width: Int) -> Int {
            times * width + times + types * 6 + characters + leaps * (width + 4) + standards + universals
        }
    }

    /// The version of the file.
    mutating func header() -> UInt8? {
        guard let magic = bytes(4), magic.elementsEqual("TZif".utf8), let version = bytes(1)?.first, skip(15) else {
            return nil
        }
        return version
    }

    mutating func counts() -> Counts? {
        guard let numbers = integers(6, width: 4), numbers.allSatisfy({ (0...Int64(ZoneFile.sizeLimit)).contains($0) })
        else { return nil }
        let values = numbers.map(Int.init)
        return Counts(
            universals: values[0], standards: values[1], leaps: values[2], times: values[3], types: values[4],
            characters: values[5])
    }

    mutating func skip(_ count: Int) -> Bool { bytes(count) != nil }

    mutating func bytes(_ count: Int) -> ArraySlice<UInt8>? {
        guard count >= 0, count <= rest.count - place else { return nil }
        defer { place += count }
        return rest[place..<place + count]
    }

    mutating func integers(_ count: Int, width: Int) -> [Int64]? {
        guard count >= 0, count <= ZoneFile.sizeLimit, let raw = bytes(count * width) else { return nil }
        return (0..<count).map { index in
            let part = raw.dropFirst(index * width).prefix(width)
            let value = part.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            return width == 4 ? Int64(Int32(truncatingIfNeeded: value)) : Int64(bitPattern: value)
        }
    }

    /// Offsets of the kinds of local time: seconds, then whether it is summer time and its abbreviation, which nobody asks for.
    mutating func types(_ count: Int) -> [Int64]? {
        var offsets: [Int64] = []
        for _ in 0..<count {
            guard let offset = integers(1, width: 4)?.first, abs(offset) < 86_400 * 2, skip(2) else { return nil }
            offsets.append(offset)
        }
        return offsets
    }

    /// The text between two line ends at the end.
    mutating func footer() -> String? {
        guard bytes(1)?.first == UInt8(ascii: "\n") else { return nil }
        return String(decoding: rest[place...].prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }
}
