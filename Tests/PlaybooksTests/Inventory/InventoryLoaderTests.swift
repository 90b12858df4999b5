import Testing
import Values

@testable import Playbooks

@Suite struct InventoryLoaderTests {
    private func load(_ text: String, _ files: [String: String] = [:]) -> InventoryLoader.Outcome {
        var all = files
        all["inv/i.yml"] = text
        return InventoryLoader.load(path: "inv/i.yml", files: FileAccess(files: all))
    }

    /// `all.vars.kafka_clusters: {c: …}` and one group `g` of these hosts.
    private static func inventory(_ hosts: String, vars: String = "", cluster: String = "bootstrap: ['h:1']") -> String
    {
        """
        all:
          vars:
            kafka_clusters: {c: {\(cluster)}}
          children:
            g:
              vars: {cluster: c\(vars)}
              hosts: {\(hosts)}
        """
    }

    @Test func `An inventory in Ansible's shape becomes hosts, groups and clusters`() throws {
        let outcome = load(
            """
            all:
              vars:
                ansible_user: ops
                approvers: {groups: {oncall: [anna, ola]}}
                kafka_clusters:
                  prod:
                    bootstrap: ["a:9092", "b:9092"]
                    security: {protocol: SSL, keystore: {secret: "file:/k.p12"}}
                    protected: true
                    version: 3.10
                    cluster_id: abc
                    lifecycle: {systemd: {unit: kafka, distribution: "/opt/kafka-{{ version }}", grace: 3.10}}
              children:
                brokers:
                  vars: {cluster: prod}
                  children:
                    rack_a: {hosts: {k-1: {broker_id: 1, rack: 7, ansible_host: 10.0.0.1, ansible_port: 2222}}}
                    rack_b: {hosts: {k-2: {broker_id: 2, ansible_connection: local}}}
                controllers: {vars: {cluster: prod}, hosts: {c-1: {node_id: 101, ansible_become: true}}}
            """)
        #expect(outcome.problems.isEmpty, "\(outcome.problems)")
        let inventory = outcome.inventory
        #expect(inventory.hosts.map(\.name) == ["k-1", "k-2", "c-1"])
        #expect(inventory.groups.map(\.name) == ["all", "brokers", "rack_a", "rack_b", "controllers"])
        #expect(inventory.groups[1].hosts == ["k-1", "k-2"])
        #expect(inventory.approverGroups == ["oncall": ["anna", "ola"]])
        let first = try #require(inventory.host("k-1"))
        #expect(first.nodeID == 1 && first.brokerID == 1 && first.cluster == "prod" && first.rack == "7")
        #expect(first.groups == ["all", "brokers", "rack_a"])
        #expect(
            first.connection.kind == .ssh && first.connection.address == "10.0.0.1" && first.connection.port == 2222)
        #expect(first.connection.user == "ops")
        let controller = try #require(inventory.host("c-1"))
        #expect(controller.nodeID == 101 && controller.brokerID == nil && controller.connection.become)
        let cluster = try #require(inventory.cluster("prod"))
        #expect(cluster.isProtected && cluster.version?.text == "3.10" && cluster.clusterID == "abc")
        #expect(cluster.lifecycle?.folder == "inv")
        guard case .map(let presets, _)? = cluster.lifecycle?.template, case .map(let options, _) = presets[0].value
        else {
            Issue.record("the lifecycle lost its shape")
            return
        }
        #expect(options.map(\.key.value) == ["unit", "distribution", "grace"])
        #expect(options[2].value.literalValue == "3.10")
        #expect(options[1].value.span.line == 12)
    }

    @Test func `A host wins over its groups, a deeper group over a shallower one`() throws {
        let outcome = load(
            """
            all:
              vars: {a: all, b: all, c: all, d: all}
              hosts: {h: {d: host}}
              children:
                outer:
                  vars: {b: outer, c: outer}
                  children:
                    inner: {vars: {c: inner}, hosts: {h: }}
            """, ["inv/group_vars/outer.yml": "e: file\n", "inv/host_vars/h.yml": "f: [1, 2]\n"])
        #expect(outcome.problems.isEmpty, "\(outcome.problems)")
        let values = try #require(outcome.inventory.host("h")).variables
        let expected: [String: Value] = [
            "a": "all", "b": "outer", "c": "inner", "d": "host", "e": "file", "f": [1, 2],
        ]
        for (name, value) in expected { #expect(values[name] == value, "\(name)") }
    }

    @Test func `Expressions see the host's own values, in whatever order they stand`() throws {
        let outcome = load(
            Self.inventory(
                "'kafka-[1:3]': ",
                vars: ", directory: \"{{ host.base }}/{{ host.node }}\", base: /data, "
                    + "node: \"{{ host.broker_id + 100 }}\", broker_id: \"{{ host.name | split('-') | last | int }}\""))
        #expect(outcome.problems.isEmpty, "\(outcome.problems)")
        #expect(outcome.inventory.hosts.map(\.brokerID) == [1, 2, 3])
        #expect(outcome.inventory.hosts.map { $0.variables["directory"] } == ["/data/101", "/data/102", "/data/103"])
    }

    @Test(
        "What is wrong is said once, where it is",
        arguments: [
            ("a: {broker_id: 1}, b: {broker_id: 1}", "", 7, "duplicate-node-id", "both have the node id 1"),
            ("a: {broker_id: -1}", "", 7, "bad-node-id", "0 to"),
            ("a: {broker_id: one}", "", 7, "type-mismatch", "expected int"),
            ("a: {broker_id: 1, node_id: 2}", "", 7, "bad-node-id", "differ"),
            ("a: {name: x}", "", 7, "reserved-name", "set by opsrun"),
            ("a: {running_version: 4.3.1}", "", 7, "reserved-name", "set by opsrun"),
            ("a: {ansible_prot: 1}", "", 7, "unknown-key", "did you mean 'ansible_port'?"),
            ("a: {ansible_port: 99999}", "", 7, "bad-port", "65535"),
            ("a: {ansible_connection: shh}", "", 7, "bad-connection", "did you mean 'ssh'?"),
            ("a: {ansible_connection: kubectl}", "", 7, "not-built", "is not built yet"),
            ("a: {ansible_connection: shell}", "", 7, "bad-connection", "local, ssh, simulated"),
            ("a: {x-y: 1}", "", 7, "bad-name", "letters"),
            ("a: {x: 1, x: 2}", "", 7, "duplicate-key", "second time"),
            ("a: {x: \"{{ host.nope }}\"}", "", 7, "unknown-field", "for the host 'a'"),
            ("a: {x: \"{{ host.y }}\", y: \"{{ host.x }}\"}", "", 7, "unknown-field", "for the host 'a'"),
            ("a: {broker_id: \"{{ host.name }}\"}", "", 7, "type", "int"),
            ("'a b': ", "", 7, "bad-host-name", "letters"),
            ("-a: ", "", 7, "bad-host-name", "start with '-'"),
            ("'a[3:1]': ", "", 7, "bad-host-range", "backwards"),
            ("a: [1]", "", 7, "inventory-shape", "a host's variables are a map"),
            ("a: ", ", kafka_clusters: {}", 6, "misplaced-key", "all.vars"),
            ("a: {cluster: d}", "", 7, "unknown-cluster", "there is c"),
            ("a: {become: yes}", "", 7, "type-mismatch", "write true"),
        ])
    func wrongHost(hosts: String, vars: String, line: Int, code: String, words: String) {
        let problems = load(Self.inventory(hosts, vars: vars)).problems
        #expect(problems.first?.code == code, "\(problems)")
        #expect(problems.first?.span.line == line, "\(problems)")
        #expect(problems.contains { $0.description.contains(words) }, "\(problems)")
    }

    @Test(
        "A wrong cluster is said once, where it is",
        arguments: [
            ("bootstrap: []", "missing-key", "empty"), ("bootstrap: [h]", "bad-address", "host:port"),
            ("bootstrap: [h:0]", "bad-address", "host:port"), ("version: 4", "missing-key", "lacks bootstrap"),
            ("bootstrap: ['h:1'], version: four", "type-mismatch", "no version"),
            ("bootstrap: ['h:1'], protectd: true", "unknown-key", "did you mean 'protected'?"),
            ("bootstrap: ['h:1'], protected: yes", "type-mismatch", "write true"),
            ("bootstrap: ['h:1'], security: SSL", "type-mismatch", "a map"),
            ("bootstrap: ['h:1'], version: \"{{ x }}\"", "type-mismatch", "written out"),
        ])
    func wrongCluster(cluster: String, code: String, words: String) {
        let problems = load(Self.inventory("a: ", cluster: cluster)).problems
        #expect(problems.count == 1, "\(problems)")
        #expect(problems.first?.code == code, "\(problems)")
        #expect(problems.first?.span.line == 3, "\(problems)")
        #expect(problems.first?.description.contains(words) == true, "\(problems)")
    }

    @Test func `Two groups of one depth that differ are an error, equal ones are not`() {
        let text = { (second: String) in
            """
            all:
              children:
                a: {vars: {x: 1}, hosts: {h: }}
                b: {vars: {x: \(second)}, hosts: {h: }}
            """
        }
        #expect(load(text("1")).problems.isEmpty)
        let problems = load(text("2")).problems
        #expect(problems.map(\.code) == ["ambiguous-variable"])
        #expect(problems.first?.span == SourceSpan(file: "inv/i.yml", line: 4, column: 16, endLine: 4, endColumn: 17))
    }

    @Test func `Variable files may go without an extension or be JSON, as for Ansible`() throws {
        let outcome = load(
            "all: {children: {brokers: {hosts: {kafka-1.eu: , kafka-2.yml: }}}}\n",
            [
                "inv/group_vars/all": "a: 1\n", "inv/group_vars/brokers": "b: 2\n",
                "inv/group_vars/brokers.json": "{\"c\": 3}\n", "inv/host_vars/kafka-1.eu": "d: 4\n",
                "inv/host_vars/kafka-1.eu~": "d: 5\n", "inv/host_vars/.kafka-1.eu.swp": "\u{0}",
                "inv/host_vars/kafka-2.yml": "e: 6\n",
            ])
        #expect(outcome.problems.isEmpty, "\(outcome.problems)")
        let hosts = outcome.inventory.hosts
        let first = try #require(hosts.first { $0.name == "kafka-1.eu" })
        #expect(["a", "b", "c", "d"].map { first.variables[$0] } == [1, 2, 3, 4])
        #expect(hosts.first { $0.name == "kafka-2.yml" }?.variables["e"] == 6)
        let wrong = load("all: {hosts: {h: }}\n", ["inv/group_vars/brokerz": "a: 1\n"])
        #expect(wrong.problems.map(\.code) == ["unknown-group"])
    }

    @Test(arguments: [
        ("ansible_host: 127.0.0.1 -o x", "bad-connection"), ("ansible_user: -oProxyCommand=x", "bad-connection"),
        ("ansible_host: \"\"", "bad-connection"),
    ])
    func `What ssh would not get, or get wrong, is refused`(line: String, code: String) {
        let outcome = load("all:\n  hosts:\n    h:\n      \(line)\n")
        #expect(outcome.problems.map(\.code) == [code], "\(outcome.problems)")
        #expect(outcome.problems.first?.span.line == 4)
    }

    @Test func `All problems of all files are reported at once`() {
        let outcome = load(
            "all: {hosts: {h: {a: 1}}, host: {}}\n",
            [
                "inv/host_vars/h.yml": "b: *x\n", "inv/group_vars/nobody.yml": "a: 1\n",
                "inv/host_vars/i.yml": "a: 1\n",
            ])
        #expect(
            outcome.problems.map { "\($0.span.file) \($0.code)" } == [
                "inv/group_vars/nobody.yml unknown-group", "inv/host_vars/h.yml unknown-anchor",
                "inv/host_vars/i.yml unknown-host", "inv/i.yml unknown-key",
            ])
    }

    @Test func `Groups that contain each other are an error`() {
        #expect(
            load("all: {children: {a: {children: {b: {children: {a: }}}}}}").problems.map(\.code) == ["group-cycle"])
        #expect(
            load("all: {children: {a: {children: {b: }}, b: {children: {a: }}}}").problems.map(\.code) == [
                "group-cycle"
            ])
    }
}
