package import Values

extension Timestamp {
    /// Reads a time of RFC 3339 as people write it: `2026-12-18`, `2026-12-18T22:00:00Z`, `2026-12-18 22:00:00.5+01:00`. Without
    /// an offset it is UTC. Nil for anything else, impossible dates included.
    package init?(rfc3339Text text: String) {
        var reader = Reader(bytes: Array(text.utf8))
        guard let year = reader.digits(4), reader.take("-"), let month = reader.digits(2), reader.take("-"),
            let day = reader.digits(2), (1...12).contains(month), day >= 1,
            day <= CivilDate.days(inMonth: month, of: year)
        else { return nil }
        var milliseconds = CivilDate(year: year, month: month, day: day).daysSinceEpoch * 86_400_000
        if !reader.isAtEnd {
            guard reader.take("T") || reader.take("t") || reader.take(" "), let hour = reader.digits(2),
                reader.take(":"),
                let minute = reader.digits(2), hour < 24, minute < 60
            else { return nil }
            milliseconds += (hour * 60 + minute) * 60_000
            if reader.take(":") {
                guard let second = reader.digits(2), second < 60, let fraction = reader.fraction() else { return nil }
                milliseconds += second * 1000 + fraction
            }
            guard let offset = reader.offset() else { return nil }
            milliseconds -= offset * 60_000
        }
        guard reader.isAtEnd else { return nil }
        self.init(milliseconds: milliseconds)
    }

    private struct Reader {
        let bytes: [UInt8]
        var place = 0

        var isAtEnd: Bool { place == bytes.count }

        mutating func take(_ character: Unicode.Scalar) -> Bool {
            guard place < bytes.count, UInt32(bytes[place]) == character.value else { return false }
            place += 1
            return true
        }

        mutating func digits(_ count: Int) -> Int64? {
            guard place + count <= bytes.count else { return nil }
            var value: Int64 = 0
            for byte in bytes[place..<place + count] {
                guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
                value = value * 10 + Int64(byte - UInt8(ascii: "0"))
            }
            place += count
            return value
        }

        /// Milliseconds of `.5`, `.123456`; 0 when there is none, nil for a point without digits.
        mutating func fraction() -> Int64? {
            guard take(".") else { return 0 }
            var value: Int64 = 0
            var weight: Int64 = 100
            var seen = false
            while let digit = digits(1) {
                value += digit * weight
                weight /= 10
                seen = true
            }
            return seen ? value : nil
        }

        /// Minutes east of UTC.
        mutating func offset() -> Int64? {
            if isAtEnd || take("Z") || take("z") { return 0 }
            let sign: Int64
            if take("+") { sign = 1 } else if take("-") { sign = -1 } else { return nil }
            guard let hours = digits(2) else { return nil }
            _ = take(":")
            guard let minutes = digits(2), hours < 24, minutes < 60 else { return nil }
            return sign * (hours * 60 + minutes)
        }
    }
}
