/// Ranges in host names: `kafka-[1:6].eu`, `[01:10]` keeps the zeros, `[a:c]`, `[0:10:2]` steps; several in one name multiply.
enum HostRange {
    /// How many hosts one name may stand for.
    static let maximumHosts = 10_000

    struct Failure: Error {
        var message: String
    }

    /// The names that `text` stands for, in order.
    static func expand(_ text: String) throws(Failure) -> [String] {
        guard let open = text.utf8.firstIndex(of: UInt8(ascii: "[")) else { return [text] }
        guard let close = text[open...].utf8.firstIndex(of: UInt8(ascii: "]")) else {
            throw Failure(message: "the range in '\(text)' has no ']'")
        }
        let head = text[..<open]
        let items = try self.items(text[text.utf8.index(after: open)..<close])
        let tails = try expand(String(text[text.utf8.index(after: close)...]))
        guard items.count * tails.count <= maximumHosts else {
            throw Failure(message: "'\(text)' stands for more than \(maximumHosts) hosts")
        }
        return items.flatMap { item in tails.map { head + item + $0 } }
    }

    private static func items(_ range: Substring) throws(Failure) -> [String] {
        let parts = range.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2 || parts.count == 3, let step = parts.count == 3 ? Int(parts[2]) : 1, step > 0 else {
            throw Failure(message: "'[\(range)]' is no range; write [1:6], [01:10] or [a:c]")
        }
        if let first = number(parts[0]), let last = number(parts[1]) {
            guard first <= last else { throw Failure(message: "'[\(range)]' runs backwards") }
            guard (last - first) / step < maximumHosts else {
                throw Failure(message: "'[\(range)]' stands for more than \(maximumHosts) hosts")
            }
            let width = parts[0].hasPrefix("0") ? parts[0].utf8.count : 0
            if width > 1, parts[1].utf8.count < width { throw Failure(message: "'[\(range)]' mixes widths") }
            return stride(from: first, through: last, by: step).map { value in
                let digits = String(value)
                return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
            }
        }
        if let first = letter(parts[0]), let last = letter(parts[1]) {
            guard first <= last else { throw Failure(message: "'[\(range)]' runs backwards") }
            return stride(from: Int(first), through: Int(last), by: step).map {
                String(Unicode.Scalar(UInt8(truncatingIfNeeded: $0)))
            }
        }
        throw Failure(message: "'[\(range)]' is no range; write [1:6], [01:10] or [a:c]")
    }

    private static func number(_ text: Substring) -> Int? {
        guard !text.isEmpty, text.utf8.count <= 9, text.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }) else { return nil }
        return Int(text)
    }

    private static func letter(_ text: Substring) -> UInt8? {
        guard text.utf8.count == 1, let byte = text.utf8.first,
            (byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z"))
                || (byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z"))
        else { return nil }
        return byte
    }
}
