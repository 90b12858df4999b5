import Values

/// The `TZ` rule of POSIX with the extensions of RFC 9636: `CET-1CEST,M3.5.0,M10.5.0/3`.
struct ZoneRule: Sendable {
    /// When summer time begins or ends, by the clock before the change.
    struct Change: Sendable {
        enum Day: Sendable {
            /// The weekday's nth occurrence in the month; the fifth is the last. 0 is Sunday.
            case weekday(month: Int64, week: Int64, day: Int64)
            /// 1 to 365; 29 February is never counted.
            case julian(Int64)
            /// 0 to 365.
            case ordinal(Int64)
        }

        var day: Day
        /// Seconds after midnight; may be on another day.
        var time: Int64
    }

    private let standard: Int64
    private let summer: (offset: Int64, begin: Change, end: Change)?

    init?(_ text: String) {
        var reader = RuleReader(rest: Array(text.utf8)[...])
        guard reader.name(), let west = reader.time() else { return nil }
        standard = -west
        if reader.rest.isEmpty {
            summer = nil
            return
        }
        guard reader.name() else { return nil }
        var offset = standard + 3600
        if reader.rest.first != UInt8(ascii: ",") {
            guard let west = reader.time() else { return nil }
            offset = -west
        }
        guard reader.take(","), let begin = reader.change(), reader.take(","), let end = reader.change(),
            reader.rest.isEmpty
        else { return nil }
        summer = (offset, begin, end)
    }

    /// Seconds east of UTC at a time.
    func offset(at seconds: Int64) -> Int64 {
        guard let summer else { return standard }
        let local = seconds + standard
        let day = local >= 0 ? local / 86_400 : (local - 86_399) / 86_400
        let year = CivilDate(daysSinceEpoch: day).year
        // Changes of the years beside it count too: one at the end of December may lie in the next year.
        var latest: (time: Int64, offset: Int64)?
        for year in (year - 1)...(year + 1) {
            for (time, offset) in [
                (Self.time(of: summer.begin, in: year) - standard, summer.offset),
                (Self.time(of: summer.end, in: year) - summer.offset, standard),
            ] where time <= seconds && time >= (latest?.time ?? .min) {
                latest = (time, offset)
            }
        }
        return latest?.offset ?? standard
    }

    /// The local time of a change, as if it were UTC.
    private static func time(of change: Change, in year: Int64) -> Int64 {
        let first = CivilDate(year: year, month: 1, day: 1).daysSinceEpoch
        let day: Int64
        switch change.day {
        case .ordinal(let number): day = first + number
        case .julian(let number):
            let isLeap = CivilDate.days(inMonth: 2, of: year) == 29
            day = first + number - 1 + (isLeap && number >= 60 ? 1 : 0)
        case .weekday(let month, let week, let weekday):
            let start = CivilDate(year: year, month: month, day: 1)
            var date = 1 + (weekday - start.weekday + 7) % 7 + (week - 1) * 7
            while date > CivilDate.days(inMonth: month, of: year) { date -= 7 }
            day = start.daysSinceEpoch + date - 1
        }
        return day * 86_400 + change.time
    }
}

private struct RuleReader {
    var rest: ArraySlice<UInt8>

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard let first = rest.first, UInt32(first) == character.value else { return false }
        rest.removeFirst()
        return true
    }

    /// Letters, or anything between `<` and `>`.
    mutating func name() -> Bool {
        if take("<") {
            guard let end = rest.firstIndex(of: UInt8(ascii: ">")) else { return false }
            rest = rest[(end + 1)...]
            return true
        }
        let before = rest.count
        while let byte = rest.first, isLetter(byte) { rest.removeFirst() }
        return before - rest.count >= 3
    }

    private func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    mutating func number(_ range: ClosedRange<Int64>) -> Int64? {
        var value: Int64?
        while let byte = rest.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
            let next = (value ?? 0) * 10 + Int64(byte - UInt8(ascii: "0"))
            guard next <= 100_000 else { return nil }
            value = next
            rest.removeFirst()
        }
        return value.flatMap { range.contains($0) ? $0 : nil }
    }

    /// `[+-]hh[:mm[:ss]]` in seconds; up to a week for the time of a change.
    mutating func time() -> Int64? {
        let sign: Int64 = take("-") ? -1 : 1
        if sign == 1 { _ = take("+") }
        guard let hours = number(0...167) else { return nil }
        var seconds = hours * 3600
        if take(":") {
            guard let minutes = number(0...59) else { return nil }
            seconds += minutes * 60
            if take(":") {
                guard let more = number(0...59) else { return nil }
                seconds += more
            }
        }
        return sign * seconds
    }

    mutating func change() -> ZoneRule.Change? {
        let day: ZoneRule.Change.Day
        if take("M") {
            guard let month = number(1...12), take("."), let week = number(1...5), take("."),
                let weekday = number(0...6)
            else { return nil }
            day = .weekday(month: month, week: week, day: weekday)
        } else if take("J") {
            guard let number = number(1...365) else { return nil }
            day = .julian(number)
        } else {
            guard let number = number(0...365) else { return nil }
            day = .ordinal(number)
        }
        guard take("/") else { return ZoneRule.Change(day: day, time: 7200) }
        return time().map { ZoneRule.Change(day: day, time: $0) }
    }
}
