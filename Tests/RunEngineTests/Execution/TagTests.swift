import Testing

@testable import RunEngine

@Suite struct TagTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var only: [String] = []
        var skip: [String] = []
        /// Of the tasks below, in their order, those that run.
        var runs: String

        var testDescription: String { "-t \(only) --skip-tags \(skip)" }
    }

    /// a: [a]; b: [b]; n: none; l: [always]; v: [never]; d: [never, dump]; w: [always, never].
    private static let tasks: [(name: Character, tags: Set<String>)] = [
        ("a", ["a"]), ("b", ["b"]), ("n", []), ("l", ["always"]), ("v", ["never"]), ("d", ["never", "dump"]),
        ("w", ["always", "never"]),
    ]

    @Test(arguments: [
        Case(runs: "abnlw"),
        Case(only: ["a"], runs: "alw"),
        Case(only: ["a", "dump"], runs: "aldw"),
        Case(only: ["never"], runs: "lvdw"),
        Case(only: ["all"], runs: "abnlw"),
        Case(only: ["all", "dump"], runs: "abnldw"),
        Case(only: ["tagged"], runs: "ablw"),
        Case(only: ["untagged"], runs: "nlw"),
        Case(only: ["nothing"], runs: "lw"),
        Case(skip: ["a"], runs: "bnlw"),
        Case(skip: ["always"], runs: "abn"),
        Case(skip: ["never"], runs: "abnl"),
        Case(skip: ["all"], runs: "lw"),
        Case(skip: ["all", "always"], runs: ""),
        Case(skip: ["tagged"], runs: "n"),
        Case(skip: ["untagged"], runs: "ablw"),
        Case(only: ["a"], skip: ["a"], runs: "lw"),
        Case(only: ["dump"], skip: ["never"], runs: "l"),
    ])
    func `the five words choose as they do in Ansible`(_ seen: Case) {
        let selection = TagSelection(only: seen.only, skip: seen.skip)
        let chosen = Self.tasks.filter { selection.selects($0.tags, isGate: false) }.map(\.name)
        #expect(Set(chosen) == Set(seen.runs))
        #expect(chosen.count == seen.runs.count)
    }

    @Test func `a gate is cut out by its own never only, unless gates may be left out`() {
        for words in [["x"], ["tagged"], ["untagged"], ["all"], []] {
            let asking = TagSelection(only: words)
            #expect(asking.selects(["g"], isGate: true))
            #expect(asking.selects([], isGate: true))
            #expect(!asking.selects(["g", "never"], isGate: true))
        }
        #expect(TagSelection(skip: ["all"]).selects(["g"], isGate: true))
        #expect(TagSelection(only: ["g"]).selects(["g", "never"], isGate: true))
        #expect(!TagSelection(only: ["x"], mayLeaveOutGates: true).selects(["g"], isGate: true))
    }

    @Test func `a step under never waits to be asked for, by its block too`() async throws {
        try await RunCase.with { run in
            let text = RunCase.playbook(
                RunCase.play(
                    "localhost", "",
                    """
                    - do: {name: a}
                    - do: {name: wipe}
                      tags: [never, wipe]
                    - block:
                        - do: {name: inside}
                        - gate: {probe: {name: g}}
                      tags: never
                    - do: {name: b}
                      tags: [b]
                    """))
            let plan = try await run.plan(text)
            #expect(plan.plays[0].batches[0].tasks.count == 2)
            _ = try await run.run(text)
            #expect(run.script.effects == ["a@localhost", "b@localhost"])
            #expect(run.script.looks.isEmpty)
            _ = try await run.run(text, options: RunOptions(tags: TagSelection(only: ["wipe"])))
            #expect(run.script.effects == ["a@localhost", "b@localhost", "wipe@localhost"])
            _ = try await run.run(text, options: RunOptions(tags: TagSelection(only: ["never"])))
            #expect(run.script.effects.suffix(2) == ["wipe@localhost", "inside@localhost"])
            #expect(run.script.looks == ["g@localhost"])
        }
    }

    @Test func `no selection keeps a step from being taken back`() async throws {
        try await RunCase.with { run in
            run.script.answer("b") { _ in throw StepFailure(.failed, "no") }
            let text = RunCase.playbook(
                RunCase.play(
                    "localhost", "",
                    """
                    - block:
                        - do: {name: a}
                          undo: [{do: {name: back}, tags: [never]}]
                        - do: {name: b}
                      on_failure: rollback
                    """))
            let outcome = try await run.run(text, options: RunOptions(tags: TagSelection(skip: ["always", "never"])))
            #expect(outcome.exitCode == .rolledBack, "\(outcome.message)")
            #expect(run.script.effects.contains("back@localhost"))
        }
    }
}
