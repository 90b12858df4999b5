import Testing
import Values

@testable import Playbooks

@Suite struct PlaybookLoaderTests {
    @Test func `What a condition shows holds for its own task or block alone`() {
        let start =
            "opsrun: 1\nparams: {note: {type: string, optional: true}}\nplays:\n  - hosts: localhost\n    tasks:\n"
        let shown = "      - {debug: \"{{ note | length }}\", when: note is not none}\n"
        let block = "      - {block: [{debug: \"{{ note | length }}\"}], when: note is not none}\n"
        let open = "      - {debug: \"{{ note | length }}\"}\n"
        #expect(LoadCase.problems(start + shown + block).isEmpty)
        #expect(LoadCase.problems(start + shown + block + open).map(\.span.line) == [8])
    }

    // MARK: Parameters

    private static let parameters = """
        opsrun: 1
        params:
          version: {type: version, default: 3.10}
          count: {type: int, default: 2, min: 1, max: 5}
          wait: {type: duration, default: 90s}
          size: {type: bytes, default: 10MiB}
          yes_no: {type: bool, default: false}
          name: {type: string, default: "010", match: "[0-9]+"}
          kind: {type: string, default: a, one_of: [a, b]}
          topics: {type: list<string>, default: []}
          limits: {type: map<int>, default: {a: 1}}
          point: {type: record, fields: {x: int, y: {type: int, optional: true}}, default: {x: 1}}
          note: {type: string, optional: true}
          from: {type: cluster, default: local}
          later: {type: timestamp, default: "{{ run.started }}"}
        plays:
          - hosts: localhost
            tasks: [{debug: "{{ from.name }} {{ note | default('') }} {{ point.x + (point.y | default(0)) }}"}]
        """

    @Test func `Defaults have their declared types`() throws {
        let values = try LoadCase.load(Self.parameters).get().parameterValues
        #expect(values["version"]?.versionValue?.text == "3.10")
        #expect(values["count"] == 2)
        #expect(values["wait"] == .duration(.seconds(90)))
        #expect(values["size"] == .bytes(ByteCount(10 << 20)))
        #expect(values["name"] == "010")
        #expect(values["topics"] == [])
        #expect(values["point"] == ["x": 1, "y": .null])
        #expect(values["note"] == .null)
        #expect(values["from"]?["version"]?.versionValue?.text == "4.3.1")
        #expect(values["later"] == nil)
    }

    @Test(
        "A value from outside is read by the declared type",
        arguments: [
            ("version", "4.0", Value.version(Version(major: 4, minor: 0))), ("count", "5", 5),
            ("wait", "1h30m", .duration(.seconds(5400))), ("yes_no", "true", true), ("name", "007", "007"),
            ("topics", "[a, 010]", ["a", "010"]), ("limits", "{b: 2}", ["b": 2]), ("note", "hi", "hi"),
            ("note", "~", .null),
        ] as [(String, String, Value)])
    func outside(name: String, text: String, value: Value) throws {
        #expect(try LoadCase.load(Self.parameters, extra: [(name, text)]).get().parameterValues[name] == value)
    }

    @Test(
        "A wrong value from outside is located at its origin",
        arguments: [
            ("count", "six", "-e count: error: the parameter 'count': expected int, not 'six'"),
            ("count", "9", "-e count: error: the parameter 'count' is 9, at most 5 is allowed"),
            (
                "yes_no", "yes",
                "-e yes_no: error: the parameter 'yes_no': expected true or false, not 'yes' (write true)"
            ),
            ("kind", "c", "-e kind: error: the parameter 'kind' cannot be 'c' (one of a, b)"),
            ("name", "1x", "-e name: error: the parameter 'name' is '1x', which does not match [0-9]+"),
            ("topics", "a", "-e topics: error: 'topics': expected a list, not 'a' (write [a])"),
            ("from", "lokal", "-e from: error: the inventory has no cluster 'lokal' (did you mean 'local'?)"),
            ("cuont", "1", "-e cuont: error: the playbook has no parameter 'cuont' (did you mean 'count'?)"),
            (
                "wait", "90",
                "-e wait: error: the parameter 'wait': '90' is no duration (a duration needs a unit: 90s)"
            ),
        ])
    func wrongOutside(name: String, text: String, expected: String) {
        #expect(LoadCase.problems(Self.parameters, extra: [(name, text)]).map(\.description) == [expected])
    }

    @Test func `A default that is null makes the parameter required, and the message says both ways`() {
        let inventory = LoadCase.inventory.replacing("version: 4.3.1", with: "protected: false")
        let problems = LoadCase.problems(
            ExampleTests.playbook, inventory: inventory, files: ["tasks/upgrade-node.yml": ExampleTests.tasks])
        #expect(problems.map(\.code) == ["missing-parameter"], "\(problems)")
        #expect(problems.first?.hint == "give -e target_version=…, or set what its default {{ cluster.version }} reads")
        let lint = LoadCase.problems(
            ExampleTests.playbook, inventory: inventory, files: ["tasks/upgrade-node.yml": ExampleTests.tasks],
            options: .init(requiresParameters: false))
        #expect(lint.isEmpty, "\(lint)")
    }

    // MARK: No cascades

    @Test(
        "What follows from a problem is not a second one",
        arguments: [
            "- kafka.describe_clustr: {}\n  register: r\n- debug: \"{{ r.brokers | length }}\"\n  when: r is defined",
            "- kafka.can_stop: {nodes: 1}\n  register: r\n- assert: {that: [r.passes]}",
            "- debug: \"{{ x }}\"\n  vars: {x: \"{{ nope }}\"}",
            "- debug: \"{{ item.name }}\"\n  loop: \"{{ nope }}\"",
            "- debug: \"{{ item.name }}\"\n  loop: 5",
            "- gate: nope\n  register: r\n- debug: \"{{ r.reasons | length }}\"",
            "- set_fact: {a: 1}\n  register: r\n- debug: \"{{ r.a }}\"",
        ])
    func cascades(tasks: String) {
        let problems = LoadCase.problems(LoadCase.tasks(tasks))
        #expect(problems.count == 1, "\(problems)")
    }

    @Test func `A broken inventory does not make the playbook look wrong, and both are reported`() {
        let playbook = LoadCase.tasks("- debug: \"{{ host.zone }} {{ groups.nope }}\"\n- debg: hi")
        let syntax = LoadCase.problems(playbook, inventory: "all: [")
        #expect(syntax.map(\.code) == ["yaml-syntax", "unknown-action"], "\(syntax)")
        let value = LoadCase.problems(
            playbook, inventory: LoadCase.inventory.replacing("zone: a", with: "zone: \"{{ host.zon }}\""))
        #expect(value.map(\.code) == ["unknown-field", "unknown-action"], "\(value)")
    }

    @Test func `All problems of all files are reported, sorted by place`() {
        let problems = LoadCase.problems(
            "opsrun: 1\nplays:\n  - hosts: nobody\n    tasks:\n      - debg: 1\n      - import_tasks: t.yml\n",
            files: ["t.yml": "- shel: x\n- debug: {mgs: y}\n"])
        #expect(problems.map { "\($0.span)" } == ["p.yml:3:12", "p.yml:5:9", "t.yml:1:3", "t.yml:2:11"], "\(problems)")
    }

    // MARK: Scopes

    @Test(
        "What is in scope loads",
        arguments: [
            // A result is seen after its task, by its own undo, and as `result` and by name in its verdicts.
            "- command: x\n  register: r\n  failed_when: result.rc > 1 or r.rc < 0\n  undo:\n    - debug: \"{{ r.stdout }}\"\n- debug: \"{{ r.stdout }}\"",
            // Under the same condition, or with a default, a result that may be absent can be used.
            "- command: x\n  when: host.zone is defined\n  register: r\n- debug: \"{{ r.stdout }}\"\n  when: host.zone is defined",
            "- command: x\n  when: host.name == 'a'\n  register: r\n- debug: \"{{ r.stdout | default('none') }}\"",
            // Loops.
            "- command: [echo, \"{{ item }}\"]\n  loop: [1, 2]\n  register: r\n- debug: \"{{ r.results | map(attribute='stdout') | join(',') }}\"",
            "- debug: \"{{ b.name }}\"\n  loop: \"{{ groups.brokers }}\"\n  loop_control: {loop_var: b, label: \"{{ b.name }}\"}",
            "- debug: \"{{ item.key }}\"\n  loop: \"{{ {'a': 1} | dict2items }}\"",
            // Variables see those above, conditions see variables.
            "- debug: \"{{ y }}\"\n  vars: {x: 1, y: \"{{ x + 1 }}\"}\n  when: y == 2",
            // A block's results are seen after it; its variables are not, so their names are free again.
            "- block:\n    - command: x\n      register: r\n  vars: {v: 1}\n- debug: \"{{ r.stdout }}\"\n  vars: {v: 2}",
            "- block: [{command: x, register: r}]\n  rescue:\n    - debug: \"{{ failed_task.name }} {{ r.stdout | default('') }}\"\n  always: [{debug: bye}]",
            // The value of a check.
            "- check: {value: 5, warning: value > 3, message: \"much\"}",
            // Frozen facts may be null in undo only.
            "- broker.restart: {}\n  undo: [{broker.activate: {version: \"{{ host.running_version }}\"}}]",
            // Text that spells a declared type.
            "- debug: hi\n  timeout: \"{{ 2 + 3 }}m\"",
            "- kafka.describe_node: {node: \"{{ host.node_id }}\", expect: \"{{ 4 }}.1\"}",
            "- command: [./cluster, \"{{ host.node_id }}\", \"{{ 10 | string }}\", 5, 3.10]\n  effect: idempotent",
            "- command: ./cluster use {{ host.name }} 'two words'",
            "- command: touch x\n  creates: /x\n  retries: 2",
            "- command: touch x\n  args: {creates: /x, chdir: /tmp}",
            "- command: x\n  verify: {gate: leaders_back}\n  retries: 1",
            "- debug: hi\n  when:\n    - host.zone is defined\n    - host.zone == 'a'",
            "- debug: \"{{ hosts['broker-1'].zone }} {{ clusters['local'].version }} {{ clusters.local.name }}\"",
            "- debug: \"{{ batch.hosts | map(attribute='name') | join(' ') }}\"\n  run_once: true",
            "- kafka.set_user: {name: a, password: {secret: \"env:P\"}, quota: {produce: 1MiB}}",
            "- command: x\n  simulate: {rc: 0, stdout: ok}\n  become: true\n  environment: {A: 1, B: \"{{ host.name }}\"}",
            "- gate: {kafka.cluster_health: {topics: [a]}, until: [result.passes, result.offline_count == 0], fail_when: result.under_replicated_count > 100}",
            "- gate: leaders_back\n  timeout: 5m\n  register: g\n- debug: \"{{ g.reasons | join }}\"",
        ])
    func inScope(tasks: String) {
        let problems = LoadCase.problems(LoadCase.tasks(tasks))
        #expect(problems.isEmpty, "\(problems)")
    }

    @Test(
        "A result that is there only perhaps is not relied on",
        arguments: [
            "- block: [{command: x, when: host.zone is defined, register: r}]\n  when: host.name == 'a'\n- debug: \"{{ r.rc }}\"\n  when: host.zone is defined",
            "- block: [{command: x, register: r}]\n  rescue: [{debug: \"{{ r.rc }}\"}]",
            "- command: x\n  when: host.zone is defined\n  register: r\n- debug: \"{{ r.rc }}\"\n  when: host.rack is defined",
        ])
    func perhaps(tasks: String) {
        #expect(LoadCase.problems(LoadCase.tasks(tasks)).map(\.code) == ["optional"])
    }

    @Test func `A long play under one condition is checked whole`() {
        let tasks = (0..<2000).map { "- command: [a, b]\n  register: r\($0)\n  when: host.name != 'x'" }
        #expect(LoadCase.problems(LoadCase.tasks(tasks.joined(separator: "\n"))).isEmpty)
    }

    @Test func `A file with thousands of problems shows the first of them`() {
        let tasks = (0..<3000).map { "- debug: \"{{ nope_\($0) }}\"\n  register: r\($0)" }
        let problems = LoadCase.problems(LoadCase.tasks(tasks.joined(separator: "\n")))
        #expect(problems.count == 501)
        #expect(problems.contains { $0.code == "too-many-problems" })
    }

    @Test func `Results of localhost and of run_once reach later plays, others do not`() {
        let text = { (use: String) in
            """
            opsrun: 1
            plays:
              - hosts: localhost
                tasks:
                  - kafka.describe_cluster: {}
                    register: local
              - hosts: brokers
                tasks:
                  - kafka.describe_cluster: {}
                    register: once
                    run_once: play
                  - kafka.describe_cluster: {}
                    register: each
              - hosts: brokers
                tasks:
                  - debug: "{{ \(use).id }}"
            """
        }
        #expect(LoadCase.problems(text("local")).isEmpty)
        #expect(LoadCase.problems(text("once")).isEmpty)
        #expect(LoadCase.problems(text("each")).map(\.code) == ["unknown-name"])
    }

    @Test func `An imported list sees its importer and keeps its own names inside`() {
        let text = """
            opsrun: 1
            params: {p: {type: int, default: 1}}
            plays:
              - hosts: brokers
                tasks:
                  - import_tasks: sub/t.yml
                    vars: {who: "{{ host.name }}"}
                  - import_tasks: sub/t.yml
                    vars: {who: me}
                    when: host.zone is defined
                  - debug: "{{ r.stdout }}"
            """
        let list = "- command: [./x, \"{{ who }}\", \"{{ p }}\"]\n  register: r\n- debug: \"{{ r.stdout }}\"\n"
        let problems = LoadCase.problems(text, files: ["sub/t.yml": list])
        #expect(problems.map { "\($0.span) \($0.code)" } == ["p.yml:11:20 unknown-name"])
        let loaded = LoadCase.load(text.replacing("r.stdout", with: "p"), files: ["sub/t.yml": list])
        guard case .success(let playbook) = loaded, case .block(let first) = playbook.plays[0].tasks[0],
            case .task(let task) = first.tasks[0], case .action(let call) = task.work
        else {
            Issue.record("\(loaded)")
            return
        }
        #expect(call.folder == "sub")
        #expect(playbook.sources.map(\.path) == ["p.yml", "sub/t.yml"])
    }

    @Test func `An imported playbook has its own parameters, set by vars`() throws {
        let text = """
            opsrun: 1
            params: {mine: {type: int, default: 3}}
            plays:
              - import_playbook: other.yml
                vars: {count: "{{ mine + 1 }}"}
                tags: [extra]
            """
        let other = """
            opsrun: 1
            params: {count: {type: int}, more: {type: int, default: "{{ count * 2 }}"}}
            plays:
              - hosts: brokers
                tags: [own]
                tasks: [{debug: "{{ count }}"}]
            """
        let playbook = try LoadCase.load(text, files: ["other.yml": other]).get()
        #expect(playbook.plays[0].parameterValues == ["count": 4, "more": 8])
        #expect(playbook.parameterValues == ["mine": 3])
        #expect(playbook.plays[0].tags == ["own", "extra"])
        let wrong = LoadCase.problems(text.replacing("count:", with: "cont:"), files: ["other.yml": other])
        #expect(wrong.map(\.code) == ["missing-parameter", "unknown-parameter"], "\(wrong)")
    }

    // MARK: Clusters and inventories

    @Test func `A playbook that only names localhost needs no inventory, unless it needs a cluster`() {
        let text = { (task: String) in "opsrun: 1\nplays: [{hosts: localhost, tasks: [{\(task)}]}]" }
        #expect(LoadCase.problems(text("debug: hi"), inventory: nil).isEmpty)
        #expect(LoadCase.problems(text("kafka.describe_cluster: {}"), inventory: nil).map(\.code) == ["no-cluster"])
        let none = LoadCase.problems("opsrun: 1\nplays: [{hosts: brokers, tasks: []}]", inventory: nil)
        #expect(none.first?.hint == "there is no inventory; give one with -i")
    }

    @Test func `Of several clusters one must be decided`() throws {
        let inventory = """
            all:
              vars: {kafka_clusters: {a: {bootstrap: ["a:1"]}, b: {bootstrap: ["b:1"]}}}
              children:
                as: {vars: {cluster: a}, hosts: {a1: {broker_id: 1}}}
                bs: {vars: {cluster: b}, hosts: {b1: {broker_id: 1}}}
            """
        let text = { (head: String, hosts: String) in
            """
            opsrun: 1
            \(head)
            plays:
              - hosts: localhost
                tasks: [{kafka.describe_cluster: {}}]
              - hosts: \(hosts)
                tasks: [{debug: "{{ cluster.name }}"}]
            """
        }
        #expect(
            try LoadCase.load(text("", "as"), inventory: inventory).get().plays.map(\.cluster?.value) == ["a", "a"])
        #expect(
            try LoadCase.load(text("cluster: b", "as"), inventory: inventory).get().plays.map(\.cluster?.value) == [
                "b", "a",
            ])
        #expect(LoadCase.problems(text("", "all"), inventory: inventory).map(\.code) == ["no-cluster"])
        #expect(
            try LoadCase.load(text("", "all"), inventory: inventory, options: .init(cluster: "b")).get().cluster?.value
                == "b")
    }

    // MARK: Rollouts

    @Test func `An opaque step in a rolling play is a warning, on a protected cluster an error`() {
        let text = LoadCase.tasks("- command: x", play: "\n    serial: 1")
        #expect(LoadCase.problems(text).map(\.severity) == [.warning])
        let inventory = LoadCase.inventory.replacing("version: 4.3.1", with: "protected: true")
        #expect(LoadCase.problems(text, inventory: inventory).map(\.severity) == [.error])
        #expect(
            LoadCase.problems(LoadCase.tasks("- command: x\n  effect: idempotent", play: "\n    serial: 1")).isEmpty)
    }

    @Test func `A gate of the file replaces the shipped one of that name`() throws {
        let text = { (gates: String) in
            "opsrun: 1\n\(gates)\nplays: [{hosts: brokers, tasks: [{gate: leaders_back}]}]"
        }
        func timeout(_ gates: String) throws -> Value? {
            guard case .task(let task) = try LoadCase.load(text(gates)).get().plays[0].tasks[0],
                case .gate(let gate) = task.work
            else { return nil }
            return gate.timeout?.literalValue
        }
        #expect(try timeout("") == .duration(.seconds(900)))
        #expect(
            try timeout("gates: {leaders_back: {kafka.cluster_health: {}, timeout: 1m}}") == .duration(.seconds(60)))
    }

    @Test func `A gate is checked at each place of use`() {
        let text = """
            opsrun: 1
            gates: {back: {kafka.describe_node: {node: "{{ host.node_id }}"}, timeout: 1m}}
            plays:
              - hosts: brokers
                tasks: [{gate: back}]
              - hosts: localhost
                tasks: [{gate: back}]
            """
        let problems = LoadCase.problems(text)
        #expect(problems.count == 1, "\(problems)")
        #expect(problems.first?.span.line == 2)
    }

    @Test func `A list of plays is a playbook without parameters`() throws {
        let playbook = try LoadCase.load("- hosts: brokers\n  tasks: [{debug: hi}]\n").get()
        #expect(playbook.name == "p")
        #expect(playbook.plays.count == 1)
    }

    @Test func `Hosts can be a parameter`() throws {
        let text = """
            opsrun: 1
            params: {brokers: {type: list<string>}}
            plays: [{hosts: "{{ brokers }}", tasks: [{debug: "{{ host.broker_id }}"}]}]
            """
        let playbook = try LoadCase.load(text, extra: [("brokers", "[broker-3, broker-1]")]).get()
        #expect(playbook.plays[0].hosts.text.value == "broker-3:broker-1")
        #expect(LoadCase.problems(text, extra: [("brokers", "[broker-9]")]).map(\.code) == ["no-hosts"])
    }
}
