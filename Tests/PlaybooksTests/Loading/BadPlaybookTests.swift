import Testing
import Values

@testable import Playbooks

/// One wrong thing each: the complaint, its place and its words.
@Suite struct BadPlaybookTests {
    struct Case: CustomTestStringConvertible {
        var text: String
        var line: Int
        var column: Int
        var code: String
        var words: String
        var play = ""

        var testDescription: String { "\(code): \(words)" }

        init(_ text: String, _ line: Int, _ column: Int, _ code: String, _ words: String, play: String = "") {
            self.text = text
            self.line = line
            self.column = column
            self.code = code
            self.words = words
            self.play = play
        }
    }

    private func check(_ problems: [Diagnostic], _ item: Case) {
        #expect(problems.count == 1, "\(problems)")
        guard let problem = problems.first else { return }
        #expect(problem.code == item.code, "\(problem)")
        #expect(problem.span.line == item.line && problem.span.column == item.column, "\(problem)")
        #expect(problem.description.contains(item.words), "\(problem)")
    }

    // MARK: Tasks, from line 5, column 7

    static let tasks: [Case] = [
        // Keys
        Case("- debg: hi", 5, 9, "unknown-action", "did you mean 'debug'?"),
        Case("- kafka.describe_clster: {}", 5, 9, "unknown-action", "did you mean 'kafka.describe_cluster'?"),
        Case("- debug: hi\n  whn: true", 6, 9, "unknown-key", "did you mean 'when'?"),
        Case("- debug: hi\n  debug: ho", 6, 9, "duplicate-key", "second time"),
        Case("- debug: hi\n  shell: ho", 6, 9, "two-actions", "'debug' is there already"),
        Case("- name: nothing", 5, 9, "missing-action", "no action"),
        Case("- command: x\n  retry: 3", 6, 9, "unknown-key", "did you mean 'retries'?"),
        Case("- command: x\n  x: 3", 6, 9, "unknown-key", "a task has no keyword 'x'"),
        Case("- service: {name: kafka, state: restarted}", 5, 9, "not-built", "broker.restart"),
        Case("- kubectl: get pods", 5, 9, "not-built", "command: [kubectl"),
        Case("- just text", 5, 9, "type-mismatch", "a task is a map"),
        Case("- debug: hi\n  serial: 1", 6, 9, "unknown-key", "belongs to a play"),
        // Refused
        Case("- command: x\n  ignore_errors: true", 6, 9, "refused-keyword", "failed_when"),
        Case("- command: x\n  notify: restart", 6, 9, "refused-keyword", "is changed"),
        Case("- set_fact: {a: 1}", 5, 9, "refused-keyword", "vars"),
        Case("- include_tasks: x.yml", 5, 9, "refused-keyword", "import_tasks"),
        Case("- debug: hi\n  with_items: [1]", 6, 9, "refused-keyword", "loop"),
        Case("- local_action: command x", 5, 9, "refused-keyword", "delegate_to: localhost"),
        Case("- command: x\n  async: 10", 6, 9, "refused-keyword", "gate"),
        Case("- kafka.elect_leaders: election=preferred", 5, 30, "free-form", "k=v"),
        Case("- command: touch x creates=/x", 5, 18, "free-form", "creates: /x"),
        Case("- command: x\n  check_mode: true", 6, 9, "refused-keyword", "effect: read"),
        // Arguments
        Case("- kafka.can_stop: {node: [1]}", 5, 26, "unknown-argument", "did you mean 'nodes'?"),
        Case("- kafka.can_stop: {}", 5, 9, "missing-argument", "needs the argument 'nodes'"),
        Case("- kafka.can_stop: {nodes: 1}", 5, 33, "type-mismatch", "expected a list"),
        Case("- kafka.can_stop: {nodes: [one]}", 5, 34, "type-mismatch", "expected int, not 'one'"),
        Case("- kafka.describe_node: {node: \"1\"}", 5, 37, "type-mismatch", "remove the quotes"),
        Case("- kafka.describe_node: {node: 007}", 5, 37, "type-mismatch", "leading zeros"),
        Case("- kafka.describe_node: {node: 1, expect: four}", 5, 48, "type-mismatch", "no version"),
        Case("- kafka.describe_node: {node: }", 5, 37, "type-mismatch", "needs a value"),
        Case("- kafka.elect_leaders: {election: prefered}", 5, 41, "bad-value", "did you mean 'preferred'?"),
        Case("- broker.restart: {timeout: 30}", 5, 35, "type-mismatch", "needs a unit: 30s"),
        Case("- kafka.describe_cluster: {include_fenced: yes}", 5, 50, "type-mismatch", "write true"),
        Case("- kafka.describe_cluster: 5", 5, 33, "type-mismatch", "takes a map"),
        Case("- kafka.set_user: {name: a, password: hunter2}", 5, 45, "type-mismatch", "{secret:"),
        Case("- kafka.set_user: {name: a, password: {secret: hunter2}}", 5, 54, "bad-secret", "env:NAME"),
        Case(
            "- kafka.set_user: {name: a, password: {secret: \"env:P\"}, quota: {produc: 1MiB, produce: 1MiB}}", 5, 72,
            "unknown-key", "did you mean 'produce'?"),
        Case(
            "- kafka.set_user: {name: a, password: {secret: \"env:P\"}, quota: {consume: 1MiB}}", 5, 71,
            "missing-field", "'produce'"),
        Case("- debug: {msg: a, tiemout: 5s}", 5, 25, "unknown-argument", "'timeout' is a keyword of the task"),
        Case("- command: ps aux | grep kafka", 5, 18, "shell-syntax", "shell:"),
        Case("- command: echo 'x", 5, 18, "shell-syntax", "not closed"),
        // Expressions
        Case("- debug: \"{{ nope }}\"", 5, 20, "unknown-name", "nope"),
        Case("- debug: \"{{ host.naem }}\"", 5, 20, "unknown-field", "name"),
        Case("- debug: \"{{ groups.broker }}\"", 5, 20, "unknown-field", "brokers"),
        Case("- debug: \"{{ host.name\"", 5, 17, "syntax", ""),
        Case("- debug: hi\n  when: \"{{ true }}\"", 6, 15, "braces-in-condition", "without {{ }}"),
        Case("- debug: hi\n  when: host.name", 6, 15, "type", "bool"),
        Case("- debug: hi\n  when: [true, 1]", 6, 22, "type", "bool"),
        Case("- debug: hi\n  when:", 6, 14, "empty-condition", "needs a condition"),
        Case("- kafka.describe_node: {node: \"{{ host.name }}\"}", 5, 41, "type", "int"),
        Case("- kafka.describe_node: {node: \"1{{ host.node_id }}\"}", 5, 37, "type-mismatch", "one {{ expression }}"),
        Case(
            "- kafka.describe_node: {node: {{ host.node_id }}}", 5, 38, "unquoted-expression", "quote this expression"),
        // Names
        Case("- command: x\n  register: host", 6, 19, "duplicate-name", "hides"),
        Case("- command: x\n  register: r\n- command: y\n  register: r", 8, 19, "duplicate-name", "hides"),
        Case("- command: x\n  register: a-b", 6, 19, "bad-name", "letters"),
        Case("- debug: hi\n  vars: {batch: 1}", 6, 16, "duplicate-name", "hides"),
        Case(
            "- command: x\n  when: host.name == 'a'\n  register: r\n- debug: \"{{ r.stdout }}\"", 8, 20,
            "optional", "may be missing"),
        // Loops
        Case("- debug: hi\n  loop: 5", 6, 15, "type-mismatch", "a list"),
        Case("- debug: \"{{ item }}\"\n  loop: \"{{ host.name }}\"", 6, 15, "type-mismatch", "not string"),
        Case("- debug: hi\n  loop: [1]\n  loop_control: {labl: x}", 7, 24, "unknown-key", "did you mean 'label'?"),
        Case("- debug: hi\n  loop_control: {label: x}", 6, 9, "stray-key", "belongs to loop"),
        // Times and retries
        Case("- kafka.describe_cluster: {}\n  timeout: 5", 6, 18, "type-mismatch", "5s"),
        Case("- kafka.describe_cluster: {}\n  timeout: 0s", 6, 18, "bad-time", "above zero"),
        Case("- kafka.describe_cluster: {}\n  retries: -1", 6, 18, "bad-value", "below zero"),
        Case("- command: x\n  retries: 3", 6, 9, "retried-write", "opaque"),
        Case("- command: x\n  until: result.rc == 0", 6, 9, "retried-write", "opaque"),
        Case("- kafka.update_features: {}\n  retries: 3", 6, 9, "retried-write", "irreversible"),
        // Values of keywords
        Case("- command: x\n  effect: readonly", 6, 17, "bad-value", "read"),
        Case("- broker.restart: {}\n  effect: read", 6, 17, "effect-mismatch", "checked"),
        Case("- debug: hi\n  run_once: yes", 6, 19, "bad-value", "play"),
        Case("- debug: hi\n  on_failure: ignore", 6, 21, "bad-value", "rollback"),
        Case("- debug: hi\n  on_failure: continue", 6, 21, "missing-key", "reason"),
        Case("- debug: hi\n  reason: because", 6, 9, "stray-key", "on_failure"),
        Case("- command: x\n  delegate_to: broker-9", 6, 22, "unknown-host", "did you mean 'broker-"),
        Case("- debug: hi\n  cluster: locl", 6, 18, "unknown-cluster", "did you mean 'local'?"),
        Case("- debug: hi\n  become: true", 6, 9, "meaningless-key", "become"),
        Case("- command: x\n  become: yes", 6, 17, "type-mismatch", "write true"),
        Case("- command: x\n  simulate: {rcc: 1}", 6, 20, "unknown-key", "did you mean 'rc'?"),
        Case("- command: x\n  environment: [A]", 6, 22, "type-mismatch", "map"),
        Case("- command: x\n  verify: [{command: y}]", 6, 19, "verify-writes", "opaque"),
        Case("- command: x\n  undo: {debg: y}", 6, 16, "unknown-action", "did you mean 'debug'?"),
        Case("- command: x\n  vars: [a]", 6, 15, "type-mismatch", "vars is a map"),
        // Gates
        Case("- gate: isr_recoverd", 5, 15, "unknown-gate", "did you mean 'isr_recovered'?"),
        Case("- gate: {interval: 5s}", 5, 15, "missing-action", "no read"),
        Case("- gate: {broker.restart: {}}", 5, 16, "not-a-gate", "only reads"),
        Case("- gate: {kafka.describe_cluster: {}}", 5, 16, "not-a-gate", "reads that judge"),
        Case("- gate: {kafka.cluster_health: {}, stablefor: 5s}", 5, 42, "unknown-key", "did you mean 'stable_for'?"),
        Case(
            "- gate: {kafka.cluster_health: {}, stable_for: 60s, timeout: 30s}", 5, 68, "bad-time", "can never pass"),
        Case("- gate: {kafka.cluster_health: {}, stable_for: 5s}", 5, 54, "short-stability", "15s or more"),
        Case(
            "- gate: {kafka.cluster_health: {}, until: result.offlin_count == 0}", 5, 49, "unknown-field",
            "offline_count"),
        Case("- gate: isr_recovered\n  until: result.passes", 6, 9, "meaningless-key", "inside the gate"),
        Case("- gate: {kafka.cluster_health: {}, timeout: \"{{ run.now }}\"}", 5, 55, "type", "duration"),
        // Blocks
        Case("- block: [{debug: hi}]\n  rescu: []", 6, 9, "unknown-key", "did you mean 'rescue'?"),
        Case("- block: [{debug: hi}]\n  register: r", 6, 9, "unknown-key", "each task"),
        Case("- debug: hi\n  rescue: []", 6, 9, "unknown-key", "belongs to a block"),
        Case("- block: {debug: hi}", 5, 16, "type-mismatch", "a task list"),
        Case("- import_tasks: nope.yml", 5, 23, "unreadable-file", "nope.yml"),
        Case("- import_tasks: \"{{ host.name }}.yml\"", 5, 23, "static-text", "no expressions"),
        Case("- import_tasks: p.yml", 5, 23, "import-cycle", "p.yml > p.yml"),
    ]

    @Test("A wrong task is reported once, where it is wrong", arguments: tasks)
    func task(item: Case) {
        check(LoadCase.problems(LoadCase.tasks(item.text, play: item.play)), item)
    }

    // MARK: Whole files

    static let files: [Case] = [
        Case("plays: [{hosts: brokers, tasks: []}]", 1, 1, "missing-key", "opsrun: 1"),
        Case("opsrun: 2\nplays: [{hosts: brokers, tasks: []}]", 1, 9, "unknown-format", "format 1"),
        Case("opsrun: 1", 1, 1, "missing-key", "no plays"),
        Case("opsrun: 1\nplays: []", 2, 8, "no-plays", "no plays"),
        Case("opsrun: 1\nplay: []\nplays: [{hosts: brokers, tasks: []}]", 2, 1, "unknown-key", "did you mean 'plays'?"),
        Case("opsrun: 1\nhosts: x\nplays: [{hosts: brokers, tasks: []}]", 2, 1, "unknown-key", "belongs to a play"),
        Case("opsrun: 1\nwindow: {}\nplays: [{hosts: brokers, tasks: []}]", 2, 9, "bad-window", "names no times"),
        Case("- debug: hi\n- gate: isr_recovered\n", 1, 1, "task-file", "this is a task file"),
        Case("- import_tasks: q.yml", 1, 1, "task-file", "import_tasks: p.yml"),
        Case("just text", 1, 1, "playbook-shape", "a playbook is a map"),
        Case("", 1, 1, "empty-file", "empty"),
        Case("opsrun: 1\nplays: [{tasks: []}]", 2, 9, "missing-key", "no hosts"),
        Case("opsrun: 1\nplays: [{hosts: brokers}]", 2, 9, "missing-key", "no tasks"),
        Case("opsrun: 1\nplays: [{hosts: broker, tasks: []}]", 2, 17, "no-hosts", "did you mean 'brokers'?"),
        Case("opsrun: 1\nplays: [{hosts: 'brokers:!brokers', tasks: []}]", 2, 17, "no-hosts", "matches no host"),
        Case("opsrun: 1\nplays: [{hosts: {optional: true}, tasks: []}]", 2, 17, "missing-key", "pattern"),
        Case("opsrun: 1\nplays: [{hosts: brokers, task: []}]", 2, 26, "unknown-key", "did you mean 'tasks'?"),
        Case("opsrun: 1\nplays: [{hosts: brokers, serial: 0, tasks: []}]", 2, 34, "bad-serial", "from 1"),
        Case("opsrun: 1\nplays: [{hosts: brokers, serial: '150%', tasks: []}]", 2, 34, "bad-serial", "100%"),
        Case(
            "opsrun: 1\nplays: [{hosts: brokers, serial: '{{ batch.hosts | length }}', tasks: []}]", 2, 34,
            "late-value",
            "parameters"),
        Case(
            "opsrun: 1\nplays: [{hosts: brokers, order: rck, tasks: []}]", 2, 33, "unknown-order",
            "did you mean 'rack'?"),
        Case("opsrun: 1\nplays: [{hosts: brokers, max_fail: some, tasks: []}]", 2, 36, "bad-max-fail", "percentage"),
        Case("opsrun: 1\nplays: [{hosts: brokers, roles: [x], tasks: []}]", 2, 26, "refused-keyword", "import_tasks"),
        Case("opsrun: 1\nplays: [{hosts: brokers, handlers: [], tasks: []}]", 2, 26, "refused-keyword", "is changed"),
        Case("opsrun: 1\nplays: [{hosts: brokers, debug: hi, tasks: []}]", 2, 26, "unknown-key", "belongs to a task"),
        Case("opsrun: 1\ncluster: lokal\nplays: [{hosts: brokers, tasks: []}]", 2, 10, "unknown-cluster", "'local'"),
        Case(
            "opsrun: 1\nlock: {scope: topic}\nplays: [{hosts: brokers, tasks: []}]", 2, 15, "bad-lock",
            "cluster or none"),
        Case("opsrun: 1\nlock: {wait: 5}\nplays: [{hosts: brokers, tasks: []}]", 2, 14, "type-mismatch", "5s"),
        Case(
            "opsrun: 1\nparams: {a: {type: strin}}\nplays: [{hosts: brokers, tasks: []}]", 2, 20, "unknown-type",
            "'string'"),
        Case(
            "opsrun: 1\nparams: {a: {default: 1}}\nplays: [{hosts: brokers, tasks: []}]", 2, 10, "missing-key",
            "no type"),
        Case("opsrun: 1\nparams: {a: int}\nplays: [{hosts: brokers, tasks: []}]", 2, 13, "type-mismatch", "a map"),
        Case(
            "opsrun: 1\nparams: {a: {type: int, default: x}}\nplays: [{hosts: brokers, tasks: []}]", 2, 34,
            "type-mismatch", "expected int"),
        Case(
            "opsrun: 1\nparams: {a: {type: int}}\nplays: [{hosts: brokers, tasks: []}]", 2, 10, "missing-parameter",
            "-e a="),
        Case(
            "opsrun: 1\nparams: {a: {type: int, required: true, default: 1}}\nplays: [{hosts: brokers, tasks: []}]", 2,
            25,
            "unknown-key", "without a default"),
        Case(
            "opsrun: 1\nparams: {a: {type: int, default: 9, max: 5}}\nplays: [{hosts: brokers, tasks: []}]", 2, 34,
            "parameter-range", "at most 5"),
        Case(
            "opsrun: 1\nparams: {a: {type: string, default: c, one_of: [a, b]}}\nplays: [{hosts: brokers, tasks: []}]",
            2,
            37, "parameter-range", "'c'"),
        Case(
            "opsrun: 1\nparams: {a: {type: string, default: c, match: '[a'}}\nplays: [{hosts: brokers, tasks: []}]", 2,
            47,
            "bad-pattern", "pattern"),
        Case(
            "opsrun: 1\nparams: {host: {type: int, default: 1}, groups: {type: int, default: 1}}\n"
                + "plays: [{hosts: brokers, tasks: []}]", 2, 41, "duplicate-name", "hides"),
        Case(
            "opsrun: 1\ngates: {g: {kafka.cluster_health: {}, interval: x}}\nplays: [{hosts: brokers, tasks: []}]", 2,
            49,
            "type-mismatch", "no duration"),
        Case(
            "opsrun: 1\ngates: {g: {kafka.cluster_health: {}, until: nope}}\nplays: [{hosts: brokers, tasks: []}]", 2,
            46,
            "unknown-name", "nope"),
        Case("opsrun: 1\nplays: [{import_playbook: p.yml}]", 2, 27, "import-cycle", "imports itself"),
        Case("opsrun: 1\nplays: [{import_playbook: q.yml, when: true}]", 2, 34, "unknown-key", "import_playbook"),
        Case("opsrun: 1\n---\nplays: []", 3, 1, "second-document", "second document"),
        Case("opsrun: 1\nplays: [\n", 3, 1, "yaml-syntax", ""),
    ]

    @Test func `A typing error in hosts hides nothing else of its play, and nothing that follows from it is said`() {
        for hosts in ["hosts: brokrs", "hots: brokers", "hosts: {patern: brokers}"] {
            let problems = LoadCase.problems(
                """
                opsrun: 1
                plays:
                  - \(hosts)
                    when: host.broker_id > 1
                    serial: 0
                    tasks:
                      - debug: "{{ host.rack }} {{ cluster.name }} {{ batch.hosts }}"
                      - debg: hi
                      - kafka.describe_cluster: {}
                        register: seen
                  - hosts: localhost
                    tasks:
                      - debug: "{{ seen.brokers }}"
                """)
            #expect(problems.count == 3, "\(problems)")
            #expect(problems.map(\.span.line) == [3, 5, 8], "\(problems)")
        }
    }

    @Test func `A list of plays, as Ansible has it, goes without the version`() {
        #expect(LoadCase.problems("- hosts: brokers\n  tasks: [{debug: hi}]\n").isEmpty)
    }

    @Test(arguments: [nil, LoadCase.inventory])
    func `A cluster named for nothing is checked as any other`(inventory: String?) {
        let text = "opsrun: 1\nplays: [{hosts: localhost, tasks: [{debug: hi}]}]"
        let problems = LoadCase.problems(text, inventory: inventory, options: .init(cluster: "lokal"))
        #expect(problems.map(\.code) == ["unknown-cluster"], "\(problems)")
        #expect(problems.first?.description.hasPrefix("--cluster: error: ") == true, "\(problems)")
    }

    static let blocks: [Case] = [
        Case("- debug: |\n    all is well\n    on {{ nope }}\n", 7, 17, "unknown-name", "nope"),
        Case("- debug: |2-\n      indented\n    on {{ nope }}\n", 7, 17, "unknown-name", "nope"),
        Case("- debug: |\n\n\n    first\n      {{ nope }}\n\n", 9, 16, "unknown-name", "nope"),
        Case("- debug: >\n    all is\n    well on {{ nope }}\n    and on\n", 7, 22, "unknown-name", "nope"),
        Case("- debug: >-\n    one\n\n    two\n      more {{ nope }}\n    three\n", 9, 21, "unknown-name", "nope"),
        Case("- debug: |\n    é {{ host.naem }}\n", 6, 16, "unknown-field", "name"),
        Case("- debug: hi\n  when: >\n    host.name == 'a'\n    and nope\n", 8, 15, "unknown-name", "nope"),
        Case("- debug: hi\n  when: |\n    host.name ==\n    nope\n", 8, 11, "unknown-name", "nope"),
        Case("- debug: \"a\n  {{ nope }}\"", 5, 16, "unknown-name", "nope"),
    ]

    @Test("A mistake in a block scalar is shown at its own line and column", arguments: blocks)
    func blockScalar(item: Case) {
        check(LoadCase.problems(LoadCase.tasks(item.text)), item)
        let windows = LoadCase.tasks(item.text).replacing("\n", with: "\r\n")
        check(LoadCase.problems(windows), item)
    }

    @Test("A wrong file is reported once, where it is wrong", arguments: files)
    func file(item: Case) {
        let other = "opsrun: 1\nplays: [{hosts: brokers, tasks: [{debug: hi}]}]"
        check(LoadCase.problems(item.text, files: ["q.yml": other]), item)
    }
}
