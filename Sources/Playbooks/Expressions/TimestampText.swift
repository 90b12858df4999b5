import Values

/// Reads RFC 3339 times.
enum TimestampText {
    /// `2026-11-21T03:04:05Z`, with an optional fraction (milliseconds count) and `Z` or an offset; a date alone is midnight UTC.
    static func parse(_ text: String) -> Timestamp? {
        var rest = Array(text.utf8)[...]
        func number(_ count: Int) -> Int64? {
            guard rest.count >= count else { return nil }
            var value: Int64 = 0
            for byte in rest.prefix(count) {
                guard byte >= 48, byte <= 57 else { return nil }
                value = value * 10 + Int64(byte - 48)
            }
            rest = rest.dropFirst(count)
            return value
        }
        func take(_ characters: String) -> Bool {
            guard let first = rest.first, characters.utf8.contains(first) else { return false }
            rest = rest.dropFirst()
            return true
        }
        guard let year = number(4), take("-"), let month = number(2), take("-"), let day = number(2),
            (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        let date = days(year, month, day)
        guard month == 12 || days(year, month + 1, 1) > date else { return nil }
        if rest.isEmpty { return Timestamp(milliseconds: date * 86_400_000) }
        guard take("Tt "), let hour = number(2), take(":"), let minute = number(2), take(":"), let second = number(2),
            hour < 24, minute < 60, second < 60
        else { return nil }
        var milliseconds: Int64 = 0
        if take(".") {
            var scale: Int64 = 100
            guard let first = rest.first, first >= 48, first <= 57 else { return nil }
            while let digit = number(1) {
                milliseconds += digit * scale
                scale /= 10
            }
        }
        var offset: Int64 = 0
        if !take("Zz") {
            let negative = rest.first == UInt8(ascii: "-")
            guard take("+-"), let hours = number(2), take(":"), let minutes = number(2), hours < 24, minutes < 60 else {
                return nil
            }
            offset = (hours * 60 + minutes) * 60_000 * (negative ? -1 : 1)
        }
        guard rest.isEmpty else { return nil }
        let clock = ((hour * 60 + minute) * 60 + second) * 1000 + milliseconds
        return Timestamp(milliseconds: date * 86_400_000 + clock - offset)
    }

    /// Days since 1970-01-01 (Howard Hinnant's algorithm).
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
