import Values

/// When a window opens: the five fields of crontab(5), minute, hour, day of the month, month, day of the week.
///
/// `*`, numbers, ranges, lists, steps (`*/15`, `1-5/2`) and the English names of months and days (three letters); 0 and 7 are
/// Sunday. When neither day field is `*`, a day that suits one of them is enough, as cron has it.
struct CronExpression: Sendable {
    struct Failure: Error, Sendable, Hashable {
        var message: String
    }

    private struct Field {
        var name: String
        var range: ClosedRange<Int>
        var words: [String] = []
        /// What the first word means.
        var firstWord = 0
    }

    private static let fields = [
        Field(name: "minute", range: 0...59), Field(name: "hour", range: 0...23),
        Field(name: "day of the month", range: 1...31),
        Field(
            name: "month", range: 1...12,
            words: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], firstWord: 1),
        Field(name: "day of the week", range: 0...7, words: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
    ]

    let text: String
    /// Minutes after midnight, ascending.
    let minutes: [Int64]
    private let days: Set<Int>
    private let months: Set<Int>
    private let weekdays: Set<Int>
    private let needsDay: Bool
    private let needsWeekday: Bool

    init(_ text: String) throws(Failure) {
        let parts = text.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
        guard parts.count == Self.fields.count else {
            throw Failure(message: "five fields are expected (minute hour day month weekday), not \(parts.count)")
        }
        var sets: [Set<Int>] = []
        for (field, part) in zip(Self.fields, parts) { sets.append(try Self.values(part, field)) }
        self.text = parts.joined(separator: " ")
        minutes = sets[1].sorted().flatMap { hour in sets[0].sorted().map { Int64(hour * 60 + $0) } }
        days = sets[2]
        months = sets[3]
        weekdays = Set(sets[4].map { $0 % 7 })
        needsDay = !parts[2].hasPrefix("*")
        needsWeekday = !parts[4].hasPrefix("*")
        guard needsWeekday || Self.isPossible(days, months) else {
            throw Failure(message: "no month of it has such a day")
        }
    }

    private static func isPossible(_ days: Set<Int>, _ months: Set<Int>) -> Bool {
        months.contains { month in days.contains { Int64($0) <= CivilDate.days(inMonth: Int64(month), of: 2024) } }
    }

    private static func values(_ text: String, _ field: Field) throws(Failure) -> Set<Int> {
        var found: Set<Int> = []
        for item in text.split(separator: ",", omittingEmptySubsequences: false) {
            let halves = item.split(separator: "/", omittingEmptySubsequences: false)
            guard halves.count <= 2, let span = halves.first, !span.isEmpty else { throw wrong(item, field) }
            var step = 1
            if halves.count == 2 {
                guard let number = Int(halves[1]), number > 0, number <= field.range.upperBound else {
                    throw wrong(item, field)
                }
                step = number
            }
            let range: ClosedRange<Int>
            if span == "*" {
                range = field.range
            } else {
                let ends = span.split(separator: "-", omittingEmptySubsequences: false)
                guard ends.count <= 2, let first = value(ends[0], field) else { throw wrong(item, field) }
                let last = ends.count == 2 ? value(ends[1], field) : halves.count == 2 ? field.range.upperBound : first
                guard let last, first <= last else { throw wrong(item, field) }
                range = first...last
            }
            found.formUnion(stride(from: range.lowerBound, through: range.upperBound, by: step))
        }
        return found
    }

    private static func value(_ text: Substring, _ field: Field) -> Int? {
        if let number = Int(text) { return field.range.contains(number) ? number : nil }
        return field.words.firstIndex(of: text.lowercased()).map { $0 + field.firstWord }
    }

    private static func wrong(_ item: Substring, _ field: Field) -> Failure {
        let words = field.words.isEmpty ? "" : " or \(field.words.map { $0.uppercased() }.joined(separator: " "))"
        return Failure(
            message: "`\(item)` is no \(field.name): \(field.range.lowerBound) to \(field.range.upperBound)\(words)")
    }

    /// Whether it comes on this day at all.
    func suits(_ date: CivilDate) -> Bool {
        guard months.contains(Int(date.month)) else { return false }
        let day = days.contains(Int(date.day)), weekday = weekdays.contains(Int(date.weekday))
        return needsDay && needsWeekday ? day || weekday : day && weekday
    }
}
