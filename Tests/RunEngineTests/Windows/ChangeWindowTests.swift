import EventLoop
import Playbooks
import TestSupport
import Testing
import Values

@testable import RunEngine

@Suite struct ChangeWindowTests {
    private func at(_ text: String) throws -> Timestamp { try #require(Timestamp(rfc3339Text: text)) }

    private func weekly(
        _ cron: String, _ duration: Duration, _ zone: String = "UTC"
    ) throws -> ChangeWindow.Rule {
        ChangeWindow.Rule(
            .recurring(
                ChangeWindow.CronRule(
                    expression: try CronExpression(cron), zone: try ZoneFile.named(zone), duration: duration)))
    }

    private func says(_ window: ChangeWindow, _ time: String) throws -> String {
        switch window.state(at: try at(time)) {
        case .open(let until): "open until \(until.map(\.description) ?? "ever")"
        case .closed(let opens, let reason):
            "closed\(reason.map { " (\($0))" } ?? "") until \(opens.map(\.description) ?? "ever")"
        }
    }

    @Test func `a window opens by its cron times and lasts its duration`() throws {
        let window = ChangeWindow(allow: [try weekly("0 22 * * TUE,THU", .seconds(5 * 3600))], deny: [])
        // 2026-11-24 is a Tuesday.
        let cases = [
            ("2026-11-24T21:59:59Z", "closed until 2026-11-24T22:00:00.000Z"),
            ("2026-11-24T22:00:00Z", "open until 2026-11-25T03:00:00.000Z"),
            ("2026-11-25T02:59:59.999Z", "open until 2026-11-25T03:00:00.000Z"),
            ("2026-11-25T03:00:00Z", "closed until 2026-11-26T22:00:00.000Z"),
            ("2026-11-27T12:00:00Z", "closed until 2026-12-01T22:00:00.000Z"),
        ]
        for (time, expected) in cases { #expect(try says(window, time) == expected, "\(time)") }
    }

    @Test func `a freeze cuts into it, and says why`() throws {
        let freeze = ChangeWindow.Rule(
            .once(from: try at("2026-12-18T00:00:00Z"), to: try at("2027-01-04T00:00:00Z")), reason: "change freeze")
        let window = ChangeWindow(allow: [try weekly("0 22 * * THU", .seconds(5 * 3600))], deny: [freeze])
        #expect(try says(window, "2026-12-17T23:00:00Z") == "open until 2026-12-18T00:00:00.000Z")
        #expect(try says(window, "2026-12-18T00:00:00Z") == "closed (change freeze) until 2027-01-07T22:00:00.000Z")
        let only = ChangeWindow(allow: [], deny: [freeze])
        #expect(try says(only, "2026-12-01T00:00:00Z") == "open until 2026-12-18T00:00:00.000Z")
        #expect(try says(only, "2026-12-20T00:00:00Z") == "closed (change freeze) until 2027-01-04T00:00:00.000Z")
        #expect(try says(only, "2027-02-01T00:00:00Z") == "open until ever")
    }

    @Test func `spans that touch are one, and one that never comes is never`() throws {
        let days = ChangeWindow(allow: [try weekly("0 0 * * *", .seconds(86_400))], deny: [])
        #expect(try says(days, "2026-11-24T12:00:00Z") == "open until ever")
        let past = ChangeWindow(
            allow: [ChangeWindow.Rule(.once(from: try at("2020-01-01"), to: try at("2020-02-01")))], deny: [])
        #expect(try says(past, "2026-11-24T12:00:00Z") == "closed until ever")
        let leap = ChangeWindow(allow: [try weekly("0 0 29 2 *", .seconds(3600))], deny: [])
        #expect(try says(leap, "2027-03-01T00:00:00Z") == "closed until 2028-02-29T00:00:00.000Z")
    }

    /// Oslo goes to summer time at 2026-03-29 01:00Z (02:00 becomes 03:00) and back at 2026-10-25 01:00Z (03:00 becomes 02:00).
    @Test func `on the days on which clocks change a window has its length and begins once`() throws {
        let early = ChangeWindow(allow: [try weekly("30 2 * * *", .seconds(3600), "Europe/Oslo")], deny: [])
        #expect(try says(early, "2026-03-28T01:00:00Z") == "closed until 2026-03-28T01:30:00.000Z")
        // 02:30 is skipped: it counts as if the clock had not been put forward.
        #expect(try says(early, "2026-03-29T00:00:00Z") == "closed until 2026-03-29T01:30:00.000Z")
        #expect(try says(early, "2026-03-29T01:30:00Z") == "open until 2026-03-29T02:30:00.000Z")
        #expect(try says(early, "2026-03-29T12:00:00Z") == "closed until 2026-03-30T00:30:00.000Z")
        // 02:30 comes twice: the first time counts.
        #expect(try says(early, "2026-10-25T00:00:00Z") == "closed until 2026-10-25T00:30:00.000Z")
        #expect(try says(early, "2026-10-25T01:29:59Z") == "open until 2026-10-25T01:30:00.000Z")
        #expect(try says(early, "2026-10-25T01:30:00Z") == "closed until 2026-10-26T01:30:00.000Z")
        let night = ChangeWindow(allow: [try weekly("0 22 * * SAT", .seconds(5 * 3600), "Europe/Oslo")], deny: [])
        #expect(try says(night, "2026-03-28T21:30:00Z") == "open until 2026-03-29T02:00:00.000Z")
        #expect(try says(night, "2026-10-24T20:30:00Z") == "open until 2026-10-25T01:00:00.000Z")
    }

    @Test func `what is no cron expression is told with its field`() throws {
        let wrong = [
            ("0 22 * *", "five fields are expected (minute hour day month weekday), not 4"),
            ("60 * * * *", "`60` is no minute: 0 to 59"), ("0 24 * * *", "`24` is no hour: 0 to 23"),
            ("0 0 0 * *", "`0` is no day of the month: 1 to 31"), ("0 5-3 * * *", "`5-3` is no hour: 0 to 23"),
            ("*/0 * * * *", "`*/0` is no minute: 0 to 59"), ("0 0 31 2 *", "no month of it has such a day"),
            ("0 0 * * MOM", "`MOM` is no day of the week: 0 to 7 or SUN MON TUE WED THU FRI SAT"),
        ]
        for (text, message) in wrong {
            #expect(throws: CronExpression.Failure(message: message), "\(text)") { try CronExpression(text) }
        }
        let date = CivilDate(year: 2026, month: 11, day: 13)
        #expect(date.weekday == 5)
        // Either of the two day fields, as cron has it.
        #expect(try CronExpression("0 0 13 * MON").suits(date))
        #expect(try CronExpression("0 0 1 * FRI").suits(date))
        #expect(try !CronExpression("0 0 */2 * MON").suits(date))
        #expect(try CronExpression("0 0 * * 5-7").suits(date))
        #expect(try CronExpression("*/20 1,3 * * *").minutes == [60, 80, 100, 180, 200, 220])
    }
}
