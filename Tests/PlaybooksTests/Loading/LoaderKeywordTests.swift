import Testing
import Values

@testable import Playbooks

/// Keywords of loops, blocks and imports, and what the loader warns of.
@Suite struct LoaderKeywordTests {
    @Test func `An imported playbook's lock is the run's too`() throws {
        let other = { (lock: String) in "opsrun: 1\n\(lock)plays: [{hosts: localhost, tasks: [{debug: hi}]}]\n" }
        let text = { (lock: String) in "opsrun: 1\n\(lock)plays: [{import_playbook: other.yml}]\n" }
        let cases: [(String, String, LockSettings.Scope, Duration)] = [
            ("", "", .cluster, .zero), ("lock: {scope: none}\n", "", .cluster, .zero),
            ("lock: {scope: none}\n", "lock: {scope: none, wait: 5m}\n", .none, .seconds(300)),
            ("lock: {wait: 10m}\n", "lock: {wait: 5m}\n", .cluster, .seconds(600)),
        ]
        for (own, imported, scope, wait) in cases {
            let playbook = try LoadCase.load(text(own), files: ["other.yml": other(imported)]).get()
            #expect(playbook.lock.scope == scope && playbook.lock.wait == wait, "\(own) \(imported)")
        }
    }

    @Test func `become and environment of a block hold for its tasks, which may say otherwise`() throws {
        let text = LoadCase.tasks(
            """
            - become: true
              environment: {A: "1", B: "{{ host.name }}"}
              block:
                - command: x
                - command: y
                  become: false
                  environment: {B: "2"}
                - block: [{command: z}]
                  become: false
            - command: w
            """)
        let playbook = try LoadCase.load(text).get()
        var seen: [(Bool?, [String])] = []
        func walk(_ nodes: [TaskNode]) {
            for node in nodes {
                switch node {
                case .block(let block): walk(block.tasks)
                case .task(let task):
                    guard case .map(let entries, _)? = task.environment else {
                        seen.append((task.become, []))
                        continue
                    }
                    seen.append((task.become, entries.map(\.key.value)))
                }
            }
        }
        walk(playbook.plays[0].tasks)
        #expect(seen.map(\.0) == [true, false, false, nil])
        #expect(seen.map(\.1) == [["A", "B"], ["A", "B"], ["A", "B"], []])
    }

    @Test func `a loop has the place of its element and a pause`() throws {
        let text = LoadCase.tasks(
            """
            - debug: "{{ n + 1 }} {{ t }}"
              loop: [a, b]
              loop_control: {loop_var: t, index_var: n, pause: 5s}
            """)
        let playbook = try LoadCase.load(text).get()
        guard case .task(let task) = playbook.plays[0].tasks[0] else { return }
        #expect(task.indexVariable == "n" && task.pause?.literalValue == .duration(.seconds(5)))
        let wrong = LoadCase.problems(text.replacing("index_var: n", with: "index_var: t"))
        #expect(wrong.map(\.code).contains("duplicate-name"), "\(wrong)")
        #expect(LoadCase.problems(text.replacing("5s", with: "soon")).map(\.code) == ["type-mismatch"])
    }

    @Test func `what can never run, and what comes after the point of no return, is warned of`() {
        let never = LoadCase.problems(LoadCase.tasks("- command: x\n  when: false"))
        #expect(never.map { "\($0.span) \($0.code)" } == ["p.yml:6:15 never-true"])
        #expect(LoadCase.problems(LoadCase.tasks("- command: x\n  when: true")).isEmpty)
        let late = LoadCase.problems(
            LoadCase.tasks(
                "- command: x\n  irreversible: true\n- debug: hi\n- command: y\n- command: z"))
        #expect(late.map { "\($0.span.line) \($0.code) \($0.severity)" } == ["8 write-after-irreversible warning"])
    }
}
