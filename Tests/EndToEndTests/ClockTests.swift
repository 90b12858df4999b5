import Glibc
import TestSupport
import Testing
import Values

/// The clock on the wall is set while opsrun runs (by faketime), or the whole process stands still: nothing begins outside of
/// its window, and no gate passes on what was seen before.
@Suite(.serialized) struct ClockTests {
    private static let hasFaketime = ["/usr/bin", "/usr/local/bin"].contains { access("\($0)/faketime", X_OK) == 0 }

    /// A wall clock that a file moves, from 1970 seconds on; what is slept and measured is left alone.
    private struct Wall {
        let scratch: ScratchDirectory

        var words: [String] {
            [
                "faketime", "-m", "--exclude-monotonic", "-f", "+0", "env", "-u", "FAKETIME",
                "FAKETIME_TIMESTAMP_FILE=\(scratch.path)/offset", "FAKETIME_NO_CACHE=1",
            ]
        }

        /// It is this long after midnight of 2030-01-01 UTC.
        func set(hours: Int, minutes: Int = 0) throws {
            let then = 1_893_456_000 + hours * 3600 + minutes * 60
            try scratch.write("+\(then - time(nil))\n", to: "next")
            // As a whole: it is read all the time.
            guard rename("\(scratch.path)/next", "\(scratch.path)/offset") == 0 else {
                throw ScratchDirectory.Failure(description: "errno \(errno)")
            }
        }

        func start(_ arguments: String...) throws -> TestProcess {
            try TestProcess.start(
                words + [BuiltOpsrun.path] + arguments,
                environment: ["XDG_STATE_HOME": "\(scratch.path)/state", "CI": "", "OPSRUN_INVENTORY": ""], in: scratch)
        }

        func run(_ arguments: String...) async throws -> (status: Int32, text: String) {
            let process = try TestProcess.start(
                words + [BuiltOpsrun.path] + arguments,
                environment: ["XDG_STATE_HOME": "\(scratch.path)/state", "CI": "", "OPSRUN_INVENTORY": ""], in: scratch)
            let status = await process.wait(within: 120)
            return (status, try scratch.read(process.stdout) + scratch.read(process.stderr))
        }
    }

    /// What a process with `--output jsonl` has said by now: events of one type, whole lines only.
    private func events(_ type: String, of process: TestProcess, _ scratch: ScratchDirectory) throws -> [Value] {
        try scratch.read(process.stdout).split(separator: "\n").compactMap { try? JSON.parse(Array($0.utf8)) }
            .filter { $0["type"]?.stringValue == type }
    }

    private func said(by process: TestProcess, _ scratch: ScratchDirectory) throws -> String {
        try scratch.read(process.stdout) + scratch.read(process.stderr)
    }

    @Test(.enabled(if: hasFaketime, "faketime is not installed"))
    func `a clock that is set, forwards or backwards, lets no step begin outside of its window`() async throws {
        try await ScratchDirectory.with { scratch in
            let wall = Wall(scratch: scratch)
            let play = try scratch.write(
                """
                opsrun: 1
                window: {allow: [{cron: "0 12 * * *", duration: 1h}], on_close: finish_step}
                plays:
                  - hosts: localhost
                    tasks:
                      - shell: "echo one >>effects; while [ ! -e go ]; do sleep 0.05; done"
                      - shell: echo two >>effects

                """, to: "play.yml")
            func effects() -> String { (try? scratch.read("effects")) ?? "" }
            try wall.set(hours: 12, minutes: 30)
            let first = try wall.start(play, "--yes", "--no-input", "--output", "jsonl")
            try await Eventually.holds("the first step runs") { effects() == "one\n" }
            // The window closed while the step ran.
            try wall.set(hours: 26)
            try scratch.write("", to: "go")
            let status = await first.wait(within: 120)
            let text = try said(by: first, scratch)
            #expect(status == 10, "\(text)")
            let opened = try #require(try events("run_opened", of: first, scratch).first)
            let run = try #require(opened["run"]?.stringValue)
            // Before it and after it.
            for hours in [11, 14] {
                try wall.set(hours: hours)
                let resumed = try await wall.run("resume", run, "--yes", "--no-input")
                #expect(resumed.status == 9 && resumed.text.contains("the window is closed"), "\(resumed.text)")
            }
            #expect(effects() == "one\n")
            try wall.set(hours: 12, minutes: 40)
            let resumed = try await wall.run("resume", run, "--yes", "--no-input")
            #expect(resumed.status == 0, "\(resumed.text)")
            #expect(effects() == "one\ntwo\n")
        }
    }

    @Test(.enabled(if: hasFaketime, "faketime is not installed"))
    func `a gate counts no day that only the wall clock says has passed`() async throws {
        try await ScratchDirectory.with { scratch in
            try await BuiltOpsrun(in: scratch).withServedCluster { bootstrap in
                let inventory = try scratch.write(
                    "all: {vars: {kafka_clusters: {local: {bootstrap: [\"\(bootstrap)\"], version: 4.3.1}}}}\n",
                    to: "inventory.yml")
                let play = try scratch.write(
                    """
                    opsrun: 1
                    plays:
                      - hosts: localhost
                        cluster: local
                        tasks:
                          - gate: {kafka.cluster_health: {}, interval: 200ms, stable_for: 3s, timeout: 10m}

                    """, to: "play.yml")
                let wall = Wall(scratch: scratch)
                try wall.set(hours: 12)
                let process = try wall.start(play, "-i", inventory, "--yes", "--no-input", "--output", "jsonl")
                for hours in [36, 2, 500] {
                    let seen = try events("gate_sampled", of: process, scratch).count
                    try await Eventually.holds("the gate looks") {
                        try events("gate_sampled", of: process, scratch).count > seen
                            || !events("gate_finished", of: process, scratch).isEmpty
                    }
                    try wall.set(hours: hours)
                }
                let status = await process.wait(within: 120)
                let text = try said(by: process, scratch)
                #expect(status == 0, "\(text)")
                let gate = try #require(try events("gate_finished", of: process, scratch).first)
                #expect(gate["verdict"]?.stringValue == "passed")
                let duration = try #require(gate["duration_ms"]?.intValue)
                #expect(duration >= 3000 && duration < 600_000)
                #expect(gate["samples"]?.intValue ?? 0 >= 5)
            }
        }
    }

    /// The embedded cluster's clock runs twenty times as fast: what stands still for four seconds has missed more than a
    /// minute of it.
    @Test func `a process that stood still in a gate begins its window anew`() async throws {
        for attempt in 1...3 {
            let wasSeen = try await ScratchDirectory.with { scratch in try await standStill(scratch) }
            if wasSeen { return }
            #expect(attempt < 3, "it was never stopped within a gate")
        }
    }

    /// False: the gate had passed before the process could be stopped.
    private func standStill(_ scratch: ScratchDirectory) async throws -> Bool {
        let play = try scratch.write(
            """
            opsrun: 1
            plays:
              - hosts: localhost
                cluster: demo
                tasks:
                  - gate: {kafka.cluster_health: {}, interval: 5s, stable_for: 50s, timeout: 2h}

            """, to: "play.yml")
        let opsrun = BuiltOpsrun(in: scratch)
        let process = try opsrun.start(
            play, "-i", "\(BuiltOpsrun.package)/inventories/default.yml", "--yes", "--no-input", "--output", "jsonl")
        try await Eventually.holds("the gate looks") { try !events("gate_sampled", of: process, scratch).isEmpty }
        process.signal(SIGSTOP)
        let isOver = try !events("gate_finished", of: process, scratch).isEmpty
        if !isOver { try await TestProcess.pause(milliseconds: 4500, in: scratch) }
        process.signal(SIGCONT)
        let status = await process.wait(within: 120)
        let text = try said(by: process, scratch)
        #expect(status == 0, "\(text)")
        if isOver { return false }
        let looks = try events("gate_sampled", of: process, scratch).compactMap { $0["elapsed_ms"]?.intValue }
        let gate = try #require(try events("gate_finished", of: process, scratch).first)
        let end = try #require(gate["duration_ms"]?.intValue)
        let pause = try #require(zip(looks, looks.dropFirst()).filter { $1 - $0 > 60_000 }.last, "\(looks)")
        #expect(end - pause.1 >= 50_000, "it passed \(end - pause.1) ms after the pause")
        return true
    }
}
