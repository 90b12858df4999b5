import Playbooks
import RunEngine
import Testing
import Values

/// A playbook of a kind that a resume has to cope with, and how its steps answer.
struct ResumeShape: Sendable, CustomTestStringConvertible {
    var name: String
    var playbook: String
    var options = RunOptions()
    var approves = false
    var exitCode = ExitCode.done
    /// Sets up what the steps answer; called for every process of the run.
    var answers: @Sendable (Script) -> Void = { _ in }

    var testDescription: String { name }

    static let all = [
        roll, loop, rescue, rollback, registers, retries, hosts, forks, approvals, opaque, plays, checks, loans,
    ]

    /// Nodes that go down and come back between gates.
    static let roll = ResumeShape(
        name: "a roll with gates",
        playbook: RunCase.playbook(
            RunCase.play(
                "b1:b2", "serial: 1",
                """
                - gate: {probe: {name: before}, interval: 1s, stable_for: 2s, timeout: 1m}
                - block:
                    - stop: {name: down}
                    - do: {name: patch}
                      undo:
                        - do: {name: unpatch}
                    - start: {name: up}
                  on_failure: rollback
                - gate: {probe: {name: after}, interval: 1s, stable_for: 2s, timeout: 1m}
                """)))

    /// What is changed for the run's time is put back once, whenever it is killed.
    static let loans = ResumeShape(
        name: "loans",
        playbook: RunCase.playbook(
            RunCase.play(
                "localhost", "cluster: demo",
                """
                - do: {name: a}
                - lend: {name: t}
                - do: {name: b}
                - block:
                    - lend: {name: u}
                    - lend: {name: v}
                    - do: {name: fail-c}
                  rescue:
                    - do: {name: d}
                  recovered: true
                """)),
        answers: { script in script.answer("fail-c") { _ in ActionOutcome(.failed(StepFailure(.failed, "no"))) } })

    static let loop = ResumeShape(
        name: "a loop with its results",
        playbook: RunCase.playbook(
            RunCase.play(
                "localhost", "",
                """
                - do: {name: "{{ item }}", value: "v-{{ item }}"}
                  loop: [a, b, c, d]
                  register: all
                - do: {name: "count-{{ all.results | length }}"}
                - again: {name: "{{ item.name }}"}
                  loop: [{name: x, on: true}, {name: y, on: false}, {name: z, on: true}]
                  when: item.on
                """)))

    static let rescue = ResumeShape(
        name: "rescue and always",
        playbook: RunCase.playbook(
            RunCase.play(
                "localhost", "",
                """
                - block:
                    - do: {name: a}
                    - do: {name: fail-b}
                    - do: {name: never}
                  rescue:
                    - do: {name: "mend-{{ failed_task.name }}"}
                  always:
                    - do: {name: tidy}
                  recovered: true
                - do: {name: after}
                """)),
        answers: { script in script.answer("fail-b") { _ in ActionOutcome(.failed(StepFailure(.failed, "no"))) } })

    static let rollback = ResumeShape(
        name: "a rollback",
        playbook: RunCase.playbook(
            RunCase.play(
                "b1", "",
                """
                - block:
                    - do: {name: "{{ item }}"}
                      loop: [a, b]
                      undo:
                        - do: {name: "un-{{ item }}"}
                    - do: {name: c}
                      register: third
                      undo:
                        - do: {name: "un-{{ third.changed | ternary('c', 'not') }}"}
                        - gate: {probe: {name: calm}, interval: 1s, stable_for: 1s, timeout: 1m}
                    - do: {name: fail-d}
                  on_failure: rollback
                """)), exitCode: .rolledBack,
        answers: { script in script.answer("fail-d") { _ in ActionOutcome(.failed(StepFailure(.failed, "no"))) } })

    static let registers = ResumeShape(
        name: "results and conditions",
        playbook: RunCase.playbook(
            RunCase.play(
                "localhost", "",
                """
                - look: {name: seen}
                  register: seen
                - do: {name: "on-{{ seen.value | string }}"}
                  register: first
                - do: {name: maybe}
                  when: seen.value == 'seen'
                - do: {name: off}
                  when: seen.value != 'seen'
                - block:
                    - do: {name: inner-1}
                    - do: {name: inner-2}
                  when: first.changed
                - block:
                    - do: {name: out-1}
                    - do: {name: out-2}
                  when: not first.changed
                - do: {name: "last-{{ first.changed | ternary('on', 'not') }}"}
                """)))

    static let retries = ResumeShape(
        name: "retries until it is so",
        playbook: RunCase.playbook(
            RunCase.play(
                "localhost", "",
                """
                - again: {name: poll}
                  until: result.value == 'there'
                  retries: 20
                  delay: 1s
                  register: polled
                - look: {name: wait}
                  until: result.value == 'there'
                  retries: 20
                  delay: 1s
                - do: {name: "after-{{ polled.value | string }}"}
                """)),
        answers: { script in
            for name in ["poll", "wait"] {
                script.answer(name) { seen in
                    ActionOutcome(.ok, result: ["value": seen.count >= 2 ? "there" : "not yet"])
                }
            }
        })

    static let hosts = ResumeShape(
        name: "several hosts at once, one of them failing",
        playbook: RunCase.playbook(
            RunCase.play(
                "brokers", "serial: 2\nmax_fail: 2",
                """
                - do: {name: one}
                - do: {name: shared}
                  run_once: true
                  register: once
                - do: {name: "fail-on-b2"}
                  when: host.name == 'b2'
                - do: {name: "two-{{ once.changed | ternary('shared', 'not') }}"}
                """)), exitCode: .taskFailed,
        answers: { script in
            script.answer("fail-on-b2") { _ in ActionOutcome(.failed(StepFailure(.failed, "no"))) }
        })

    static let forks = ResumeShape(
        name: "few forks for many hosts",
        playbook: RunCase.playbook(
            RunCase.play(
                "brokers", "",
                """
                - do: {name: one}
                - gate: {probe: {name: g}, interval: 1s, stable_for: 1s, timeout: 1m}
                - do: {name: two}
                """)), options: RunOptions(forks: 2))

    static let approvals = ResumeShape(
        name: "approvals and what cannot be taken back",
        playbook: RunCase.playbook(
            RunCase.play(
                "localhost", "",
                """
                - gate: {probe: {name: calm}, interval: 1s, stable_for: 1s, timeout: 1m}
                - approve: {prompt: "Go on?"}
                  register: yes_
                - do: {name: final}
                  irreversible: true
                - do: {name: "by-{{ yes_.approved_by | first }}"}
                """)), approves: true)

    static let opaque = ResumeShape(
        name: "opaque steps that only people can tell about",
        playbook: RunCase.playbook(
            RunCase.play(
                "localhost", "",
                """
                - act: {name: a}
                - act: {name: b}
                  verify:
                    - look: {name: is b there}
                - act: {name: c}
                """)),
        answers: { script in
            script.answer("is b there") { [weak script] _ in
                let isThere = script?.effects.contains("b@localhost") ?? false
                return ActionOutcome(isThere ? .ok : .failed(StepFailure(.failed, "it is not")))
            }
        })

    static let plays = ResumeShape(
        name: "plays that hand on results",
        playbook: RunCase.playbook(
            RunCase.play("localhost", "", "- do: {name: first}\n  register: handed"),
            RunCase.play(
                "b1:b2", "", "- do: {name: \"{{ handed.changed | ternary('first', 'not') }}-{{ host.name }}\"}"),
            RunCase.play("localhost", "", "- do: {name: last}")))

    static let checks = ResumeShape(
        name: "findings and tasks of tags",
        playbook: RunCase.playbook(
            RunCase.play(
                "localhost", "",
                """
                - check: {severity: warning}
                - do: {name: a}
                  tags: [x]
                - do: {name: b}
                - check: {severity: critical}
                  tags: [x]
                """)), exitCode: .gateFailed)
}
