/// A playbook whose every effect leaves a trace that can be counted: in the ledger of the served cluster, or as a line of the
/// file `effects`, named as its task is.
package struct TorturePlaybook: Sendable {
    package var name: String
    /// `{effects}`: the file for lines; `{files}`: a folder for other files.
    package var text: String
    /// How it ends when nobody kills it.
    package var exitCode: Int32 = 0
    /// The hosts' lifecycle is one of commands, each a process of its own.
    package var usesCommands = false

    private init(_ name: String, exitCode: Int32 = 0, usesCommands: Bool = false, _ plays: String) {
        self.name = name
        self.exitCode = exitCode
        self.usesCommands = usesCommands
        text = """
            opsrun: 1
            name: \(name)
            gates:
              healthy: {kafka.cluster_health: {}, interval: 100ms, stable_for: 200ms, timeout: 3m}
            plays:
            \(plays)

            """
    }

    /// A step that says its own name once.
    private static func mark(_ name: String, slowly: Bool = false, then: String = "") -> String {
        "{name: \"\(name)\", shell: {script: \"\(slowly ? "sleep 0.15; " : "")echo \(name) >>'{effects}'"
            + "\(slowly ? "; sleep 0.15" : "")\(then)\"}"
    }

    package static let all = [upgrade, stops, topics, commands, rollback, rescue, loops, gates]
    /// Those that are short: a configuration is looked at for half a minute before it counts as not set.
    package static let inSuite = [commands, rollback, gates]

    /// As short as it can be with an effect of either kind, for runs at each call of the system.
    static let short = TorturePlaybook(
        "short",
        """
          - hosts: localhost
            tasks:
              - \(mark("one"))}
              - kafka.create_topics:
                  topics:
                    - {name: t-a, partitions: 1, replication_factor: 3}
              - \(mark("two"))}
        """)

    static let upgrade = TorturePlaybook(
        "upgrade",
        """
          - hosts: brokers
            serial: 1
            tasks:
              - broker.install: {version: 4.3.1}
              - gate: healthy
              - gate: {kafka.can_stop: {nodes: "{{ batch.hosts | map(attribute='node_id') }}"}, interval: 100ms, timeout: 2m}
              - block:
                  - broker.activate: {version: 4.3.1}
                    undo:
                      - broker.activate: {version: "{{ host.running_version }}"}
                      - broker.restart: {only_if_touched: true}
                  - broker.restart: {}
                on_failure: rollback
              - gate: healthy
        """)

    static let stops = TorturePlaybook(
        "stops", usesCommands: true,
        """
          - hosts: brokers
            serial: 1
            tasks:
              - gate: healthy
              - broker.stop: {}
              - \(mark("while-{{ host.name }}-is-down"))}
              - broker.start: {}
          - hosts: brokers
            serial: 1
            tasks:
              - gate: healthy
              - broker.restart: {}
        """)

    static let topics = TorturePlaybook(
        "topics",
        """
          - hosts: localhost
            tasks:
              - kafka.create_topics:
                  topics:
                    - {name: "t-{{ item }}", partitions: 2, replication_factor: 3, config: {retention.ms: 60000}}
                loop: [a, b, c]
              - kafka.create_partitions:
                  topics:
                    - {name: t-a, partitions: 4}
              - kafka.alter_topic_configs:
                  changes:
                    - {topic: t-b, set: {retention.ms: 120000, segment.bytes: 1048576}}
              - kafka.alter_configs: {resource: broker_default, set: {log.cleaner.threads: 2}}
              - \(mark("between"))}
              - kafka.delete_topics: [t-c]
              - kafka.delete_configs: {resource: topic, name: t-b, keys: [segment.bytes]}
              - kafka.create_topics:
                  topics:
                    - {name: t-c, partitions: 1, replication_factor: 3}
        """)

    static let commands = TorturePlaybook(
        "commands",
        """
          - hosts: localhost
            tasks:
              - \(mark("one", then: "; echo said")), register: first}
              - \(mark("two", slowly: true))}
              - {name: "three-{{ first.stdout }}", command: [/bin/sh, -c, "echo three-{{ first.stdout }} >>'{effects}'"]}
              - copy: {content: "one\\ntwo\\n", dest: "{files}/copied"}
              - \(mark("four", slowly: true))}
              - \(mark("five"))}
        """)

    static let rollback = TorturePlaybook(
        "rollback", exitCode: 6,
        """
          - hosts: brokers
            max_fail: 3
            tasks:
              - block:
                  - name: "a-{{ host.name }}"
                    shell: {script: "echo a-{{ host.name }} >>'{effects}'"}
                    undo:
                      - \(mark("undo-a-{{ host.name }}"))}
                  - name: "b-{{ host.name }}"
                    shell: {script: "echo b-{{ host.name }} >>'{effects}'; sleep 0.1"}
                    undo:
                      - \(mark("undo-b-{{ host.name }}", slowly: true))}
                  - {name: fails, shell: {script: "exit 3"}}
                on_failure: rollback
        """)

    static let rescue = TorturePlaybook(
        "rescue",
        """
          - hosts: localhost
            tasks:
              - block:
                  - \(mark("begun"))}
                  - {name: fails, shell: {script: "sleep 0.1; exit 3"}}
                  - \(mark("never"))}
                rescue:
                  - \(mark("mended", slowly: true))}
                  - kafka.alter_configs: {resource: broker_default, set: {log.cleaner.threads: 3}}
                always:
                  - \(mark("tidied"))}
                recovered: true
              - \(mark("after"))}
        """)

    static let loops = TorturePlaybook(
        "loops",
        """
          - hosts: localhost
            tasks:
              - name: "item-{{ item }}"
                shell: {script: "echo item-{{ item }} >>'{effects}'"}
                loop: [1, 2, 3, 4, 5, 6]
                register: all
              - \(mark("counted-{{ all.results | length }}"))}
              - kafka.alter_configs: {resource: topic, name: orders, set: {retention.ms: "{{ item }}"}}
                loop: [70000, 80000, 90000]
              - name: "even-{{ item }}"
                shell: {script: "echo even-{{ item }} >>'{effects}'"}
                loop: [1, 2, 3, 4]
                when: item % 2 == 0
        """)

    static let gates = TorturePlaybook(
        "gates",
        """
          - hosts: brokers
            tasks:
              - gate: healthy
              - block:
                  - \(mark("first-{{ host.name }}"))}
                  - gate: healthy
                  - \(mark("second-{{ host.name }}", slowly: true))}
                always:
                  - \(mark("always-{{ host.name }}"))}
          - hosts: localhost
            tasks:
              - kafka.describe_cluster: {}
                register: seen
              - \(mark("saw-{{ seen.brokers | length }}"))}
        """)
}
