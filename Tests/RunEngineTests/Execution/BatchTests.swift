import EventLoop
import Playbooks
import RunEngine
import Testing
import Values

@Suite struct BatchTests {
    private func batches(_ state: JournalContent) -> [[String]] {
        state.events.compactMap { event in
            if case .batchOpened(let batch) = event.body { batch.hosts } else { nil }
        }
    }

    @Test(
        "Batches have the sizes that serial gives, the last repeated",
        arguments: [
            ("serial: 1", [["b1"], ["b2"], ["b3"], ["b4"]]), ("serial: [1, 2]", [["b1"], ["b2", "b3"], ["b4"]]),
            ("serial: \"50%\"", [["b1", "b2"], ["b3", "b4"]]), ("serial: \"10%\"", [["b1"], ["b2"], ["b3"], ["b4"]]),
            ("serial: \"{{ 1 + 2 }}\"", [["b1", "b2", "b3"], ["b4"]]), ("", [["b1", "b2", "b3", "b4"]]),
            ("serial: 1\norder: reverse_sorted", [["b4"], ["b3"], ["b2"], ["b1"]]),
            ("serial: 1\norder: rack", [["b1"], ["b3"], ["b2"], ["b4"]]),
            ("serial: 2\nwhen: host.broker_id != 2", [["b1", "b3"], ["b4"]]),
        ])
    func sizes(keywords: String, expected: [[String]]) async throws {
        try await RunCase.with { run in
            let outcome = try await run.run(
                RunCase.playbook(RunCase.play("brokers", keywords, "- do: {name: a}")))
            #expect(outcome.exitCode == .done, "\(outcome.message)")
            #expect(batches(try run.journal(outcome)) == expected)
            let plan = try await run.plan(RunCase.playbook(RunCase.play("brokers", keywords, "- do: {name: a}")))
            #expect(plan.plays[0].batches.map(\.hosts) == expected)
        }
    }

    @Test func `safe batches are what the cluster bears, asked again before each`() async throws {
        try await RunCase.with { run in
            let planned = [[1, 3], [2, 4]].map { RestartWave(nodes: $0, margin: 0) }
            let moved = [RestartWave(nodes: [4], margin: nil, reasons: ["orders-0: too few"])]
            let text = RunCase.playbook(RunCase.play("brokers", "serial: safe", "- do: {name: a}"))
            run.estate.state.withLock { $0.waves = [planned] }
            let plan = try await run.plan(text)
            #expect(plan.plays[0].batches.map(\.hosts) == [["b1", "b3"], ["b2", "b4"]])
            #expect(plan.plays[0].batches[0].safety == "keeps every partition at min.insync.replicas")
            // Asked for the plan, for the number of batches, and before each: the second time less is borne.
            run.estate.state.withLock { state in
                state.waves = [planned, planned, planned, moved + [RestartWave(nodes: [2], margin: 1)]]
                state.wavesAsked = []
            }
            let outcome = try await run.run(text)
            #expect(outcome.exitCode == .done, "\(outcome.message)")
            #expect(batches(try run.journal(outcome)) == [["b1", "b3"], ["b4"], ["b2"]])
            #expect(run.estate.state.withLock { $0.wavesAsked.dropFirst(2) } == [[1, 2, 3, 4], [2, 4], [2]])
        }
    }

    @Test func `hosts that a safe batch leaves out make room for others, and a canary may come first`() async throws {
        try await RunCase.with { run in
            run.estate.state.withLock { $0.waves = [[RestartWave(nodes: [2, 3, 4], margin: 0)]] }
            let outcome = try await run.run(
                RunCase.playbook(
                    RunCase.play("brokers", "serial: [1, safe]\nwhen: host.broker_id != 3", "- do: {name: a}")))
            #expect(outcome.exitCode == .done, "\(outcome.message)")
            #expect(batches(try run.journal(outcome)) == [["b1"], ["b2", "b4"]])
        }
    }

    @Test(
        "A safe batch without a cluster or a node id is an error that says so",
        arguments: [
            ("localhost", "serial: safe is for nodes of a cluster, and localhost has no node id"),
            ("others", "serial: safe is for nodes of a cluster, and x has no node id"),
        ])
    func notSafe(hosts: String, message: String) async throws {
        try await RunCase.with { run in
            let inventory = RunCase.inventory + "\n    others: {vars: {cluster: demo}, hosts: {x: {}}}\n"
            let failure = await #expect(throws: RunFailure.self) {
                _ = try await run.plan(
                    RunCase.playbook(RunCase.play(hosts, "serial: safe", "- do: {name: a}")), inventory: inventory)
            }
            #expect(failure?.exitCode == .invalid)
            #expect(failure?.failure.message == message)
            let alone = await #expect(throws: RunFailure.self) {
                _ = try await run.plan(
                    RunCase.playbook(RunCase.play("y", "serial: safe", "- do: {name: a}")),
                    inventory: "all: {hosts: {y: {ansible_connection: local}}}")
            }
            #expect(alone?.failure.message == "serial: safe needs a cluster, and the play has none")
        }
    }

    @Test func `the quorum leader comes last, and who that is is asked again before each batch`() async throws {
        try await RunCase.with { run in
            run.estate.state.withLock { $0.quorumLeader = 1 }
            let estate = run.estate
            run.script.answer("a") { seen in
                if seen.host == "b2" { estate.state.withLock { $0.quorumLeader = 3 } }
                return ActionOutcome(.changed)
            }
            let outcome = try await run.run(
                RunCase.playbook(RunCase.play("brokers", "order: controller_last\nserial: 1", "- do: {name: a}")))
            #expect(outcome.exitCode == .done)
            #expect(run.script.effects == ["a@b2", "a@b1", "a@b4", "a@b3"])
        }
    }

    @Test func `when is asked again as a batch opens, with facts read anew and frozen`() async throws {
        try await RunCase.with { run in
            let old = Version("4.1.0"), new = Version("4.3.1")
            run.estate.state.withLock { state in
                for host in ["b1", "b2", "b3", "b4"] { state.facts[host] = HostFacts(runningVersion: old) }
            }
            let estate = run.estate
            run.script.answer("a") { seen in
                // While b1 is worked on, somebody else upgrades b2; b1's own fact must stay frozen.
                if seen.host == "b1" {
                    estate.state.withLock { state in
                        state.facts["b1"] = HostFacts(runningVersion: new)
                        state.facts["b2"] = HostFacts(runningVersion: new)
                    }
                }
                return ActionOutcome(.changed)
            }
            let outcome = try await run.run(
                RunCase.playbook(
                    RunCase.play(
                        "brokers", "serial: 1\nwhen: host.running_version != cluster.version",
                        """
                        - do: {name: a}
                        - do: {name: b, value: "{{ host.running_version }}"}
                        """)))
            #expect(outcome.exitCode == .done, "\(outcome.message)")
            #expect(run.script.effects == ["a@b1", "b@b1", "a@b3", "b@b3", "a@b4", "b@b4"])
            let seen = run.script.calls.first { $0.name == "b" && $0.host == "b1" }
            #expect(seen?.arguments["value"] == old.map(Value.version))
        }
    }

    @Test func `the first failure stops the run after the others have ended their task`() async throws {
        try await RunCase.with { run in
            run.script.answer("a") { seen in
                seen.host == "b2" ? ActionOutcome(.failed(StepFailure(.failed, "no"))) : ActionOutcome(.changed)
            }
            let outcome = try await run.run(
                RunCase.playbook(
                    RunCase.play(
                        "brokers", "serial: 2", "- do: {name: a}\n- gate: {probe: {name: g}}\n- do: {name: b}"),
                    RunCase.play("localhost", "", "- do: {name: later}")))
            #expect(outcome.exitCode == .taskFailed)
            #expect(!run.script.effects.contains("a@b3"))
            #expect(!run.script.effects.contains("later@localhost"))
            #expect(outcome.state.hostCounts.first { $0.host == "b2" }?.failed == 1)
        }
    }

    @Test func `max_fail lets a play bear failures, and the run still fails`() async throws {
        try await RunCase.with { run in
            run.script.answer("a") { seen in
                seen.host == "b2" ? ActionOutcome(.failed(StepFailure(.failed, "no"))) : ActionOutcome(.changed)
            }
            let outcome = try await run.run(
                RunCase.playbook(RunCase.play("brokers", "serial: 1\nmax_fail: 1", "- do: {name: a}\n- do: {name: b}")))
            #expect(outcome.exitCode == .taskFailed)
            #expect(run.script.effects == ["a@b1", "b@b1", "a@b2", "a@b3", "b@b3", "a@b4", "b@b4"])
        }
    }

    @Test func `run_once runs once per batch when all have come to it, and all see its result`() async throws {
        try await RunCase.with { run in
            let outcome = try await run.run(
                RunCase.playbook(
                    RunCase.play(
                        "brokers", "serial: 2",
                        """
                        - do: {name: a}
                        - do: {name: one}
                          run_once: true
                          register: one
                        - do: {name: first}
                          run_once: play
                        - do: {name: b, value: "{{ one.value }}"}
                        """)))
            #expect(outcome.exitCode == .done, "\(outcome.message)")
            let effects = run.script.effects
            #expect(effects.filter { $0.hasPrefix("one@") } == ["one@b1", "one@b3"])
            #expect(effects.filter { $0.hasPrefix("first@") } == ["first@b1"])
            #expect(Set(effects[0..<2]) == ["a@b1", "a@b2"])
            #expect(run.script.calls.filter { $0.name == "b" }.allSatisfy { $0.arguments["value"] == "one" })
            #expect(effects.count == 11)
        }
    }

    @Test func `a run_once task does not wait for a host that left the batch or skipped the block`() async throws {
        try await RunCase.with { run in
            run.script.answer("a") { seen in
                seen.host == "b1" ? ActionOutcome(.failed(StepFailure(.failed, "no"))) : ActionOutcome(.changed)
            }
            let outcome = try await run.run(
                RunCase.playbook(
                    RunCase.play(
                        "brokers", "max_fail: 1",
                        """
                        - do: {name: a}
                        - when: host.broker_id != 2
                          block:
                            - do: {name: one}
                              run_once: true
                        - do: {name: b}
                        """)))
            #expect(outcome.exitCode == .taskFailed)
            let effects = run.script.effects
            #expect(effects.filter { $0.hasPrefix("one@") } == ["one@b3"])
            #expect(Set(effects.filter { $0.hasPrefix("b@") }) == ["b@b2", "b@b3", "b@b4"])
        }
    }

    @Test func `no more hosts work at once than forks allow`() async throws {
        try await RunCase.with { run in
            let busy = Locked((now: 0, most: 0))
            run.script.answer("a") { _ in
                busy.withLock { busy in
                    busy.now += 1
                    busy.most = max(busy.most, busy.now)
                }
                for _ in 0..<20 { await Task.yield() }
                busy.withLock { $0.now -= 1 }
                return ActionOutcome(.changed)
            }
            let outcome = try await run.run(
                RunCase.playbook(RunCase.play("brokers", "", "- do: {name: a}\n- do: {name: a}")),
                options: RunOptions(forks: 2))
            #expect(outcome.exitCode == .done)
            #expect(busy.withLock { $0.most } <= 2)
            #expect(run.script.effects.count == 8)
        }
    }

    @Test func `a host that waited for its turn does not act after another host has failed`() async throws {
        try await RunCase.with { run in
            run.script.answer("a") { _ in ActionOutcome(.failed(StepFailure(.failed, "no"))) }
            let outcome = try await run.run(
                RunCase.playbook(RunCase.play("brokers", "", "- do: {name: a}")), options: RunOptions(forks: 1))
            #expect(outcome.exitCode == .taskFailed)
            #expect(run.script.effects.count == 1)
        }
    }

    @Test func `a list inside a task needs no turn of its own`() async throws {
        try await RunCase.with { run in
            run.script.answer("a") { _ in throw StepFailure(.unknownOutcome, "the connection was lost") }
            let tasks = "- act: {name: a}\n  verify:\n    - look: {name: is it there}"
            let outcome = try await run.run(
                RunCase.playbook(RunCase.play("brokers", "", tasks)), options: RunOptions(forks: 1))
            #expect(outcome.exitCode == .done, "\(outcome.message)")
            #expect(run.script.looks.count == 4)
        }
    }
}
