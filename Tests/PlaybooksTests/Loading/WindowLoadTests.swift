import Testing

@testable import Playbooks

@Suite struct WindowLoadTests {
    private func problems(_ window: String) -> [String] {
        LoadCase.problems("opsrun: 1\nwindow: \(window)\nplays: [{hosts: brokers, tasks: []}]")
            .filter { $0.severity == .error && $0.span.line == 2 }.map(\.message)
    }

    @Test(arguments: [
        ("{allow: [{cron: \"0 22 * * TUE\", duration: 5h, timezone: Europe/Oslo}]}", [String]()),
        ("{deny: [{from: 2026-12-18T00:00:00Z, to: 2027-01-04}], on_close: finish_step}", []),
        ("[]", ["window is a map"]), ("{}", ["the window names no times"]),
        ("{allow: []}", ["'allow' of a window is a list of times"]),
        ("{allow: [{cron: \"* * * * *\"}]}", ["a time is cron with duration (and timezone), or from and to"]),
        (
            "{allow: [{from: 2027-01-04, to: 2026-12-18}], on_close: stop}",
            ["the window ends before it begins", "on_close is finish_batch or finish_step"]
        ),
        ("{allow: [{corn: \"* * * * *\", duration: 1h}]}", ["a time of a window has no key 'corn'"]),
    ])
    func `a window is read, or told what is wrong with it`(window: String, expected: [String]) {
        #expect(problems(window) == expected)
    }
}
