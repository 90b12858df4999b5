import Glibc
import Testing
import Values

@testable import Playbooks

/// Complete playbooks load without a word.
@Suite struct ExampleTests {
    @Test func `A rolling upgrade loads against an inventory of three local brokers`() throws {
        let result = LoadCase.load(
            Self.playbook, inventory: Self.localInventory, files: ["tasks/upgrade-node.yml": Self.tasks])
        let playbook = try result.get()
        #expect(playbook.warnings.isEmpty)
        #expect(playbook.cluster?.value == "local")
        #expect(playbook.parameterValues["target_version"]?.versionValue?.text == "4.3.1")
        #expect(playbook.parameterValues["stable_for"] == .duration(.seconds(60)))
        #expect(playbook.plays.count == 4)
        let brokers = playbook.plays[2]
        #expect(brokers.order == .controllerLast)
        #expect(brokers.serial.count == 2)
        #expect(brokers.tasks.count == 4)
        guard case .block(let imported) = brokers.tasks[2] else {
            Issue.record("the import is no block")
            return
        }
        #expect(imported.isScope)
        guard case .block(let upgrade) = imported.tasks[0], case .task(let activate) = upgrade.tasks[1] else {
            Issue.record("the imported block is missing")
            return
        }
        #expect(upgrade.onFailure == .rollback)
        #expect(activate.undo.count == 3)
        guard case .task(let gate) = brokers.tasks[0], case .gate(let call) = gate.work else {
            Issue.record("the first task is no gate")
            return
        }
        #expect(call.name == "isr_recovered")
        #expect(try call.stableFor?.evaluate(in: ValueScope(playbook.parameterValues)) == .duration(.seconds(60)))
    }

    @Test func `The examples of the design load when the environment says where they are`() throws {
        guard let folder = getenv("OPSRUN_EXAMPLES").map({ String(cString: $0) }) else {
            print("skipped: OPSRUN_EXAMPLES is not set")
            return
        }
        for name in ["local", "prod", "simulated"] {
            let outcome = InventoryLoader.load(path: "\(folder)/inventory-\(name).yml")
            #expect(outcome.problems.isEmpty, "\(outcome.problems)")
            let result = PlaybookLoader.load(
                path: "\(folder)/rolling-upgrade.yml", inventory: outcome, references: TestCatalog.references,
                shippedGates: TestCatalog.shippedGates)
            switch result {
            case .success(let playbook): #expect(playbook.warnings.isEmpty, "\(playbook.warnings)")
            case .failure(let invalid):
                Issue.record("\(name):\n\(DiagnosticText.render(invalid.diagnostics, sources: []))")
            }
        }
    }

    static let localInventory = """
        all:
          vars:
            kafka_clusters:
              local:
                bootstrap: [127.0.0.1:19093, 127.0.0.1:19094]
                version: 4.3.1
                lifecycle:
                  commands:
                    activate: [./cluster, use, "{{ host.node_id }}", "{{ version }}"]
                    stop: [./cluster, stop, "{{ host.node_id }}"]
                    start: [./cluster, start, "{{ host.node_id }}"]
          children:
            brokers:
              vars: {cluster: local, ansible_connection: local}
              hosts:
                broker-[1:3]: {broker_id: "{{ host.name | split('-') | last | int }}"}
        """

    static let playbook = """
        opsrun: 1
        name: Upgrade
        params:
          target_version: {type: version, default: "{{ cluster.version }}"}
          batch_size: {type: int, default: 1, min: 1, max: 3}
          stable_for: {type: duration, default: 60s}
          finalize: {type: bool, default: false}
        lock: {scope: cluster, wait: 0s}
        gates:
          isr_recovered:
            kafka.cluster_health: {}
            interval: 5s
            stable_for: "{{ stable_for }}"
            stalled_for: 10m
          node_back:
            kafka.describe_node: {node: "{{ host.node_id }}", expect: "{{ target_version }}"}
            interval: 2s
            stalled_for: 10m
          quorum_healthy: {kafka.describe_quorum: {}, interval: 2s, stable_for: 10s, timeout: 10m}
        plays:
          - name: Before
            hosts: localhost
            tasks:
              - kafka.describe_cluster: {}
                register: before
              - kafka.check_upgrade: {target: "{{ target_version }}"}
                register: path
              - name: The inventory agrees
                assert:
                  that:
                    - path.blockers | length == 0
                    - before.reassignments | length == 0
                    - before.brokers | map(attribute='id') | sort == groups.brokers | map(attribute='node_id') | sort
              - gate: isr_recovered
              - when: cluster.protected
                approve:
                  prompt: "Upgrade {{ groups.brokers | length }} brokers of {{ cluster.name }} to {{ target_version }}"
                  approvers: [group:kafka-oncall]
                  four_eyes: true
                  timeout: 2h
          - name: Controllers
            hosts: {pattern: "controllers:!brokers", optional: true}
            when: host.running_version != target_version
            order: controller_last
            serial: 1
            tasks:
              - import_tasks: tasks/upgrade-node.yml
              - gate: quorum_healthy
          - name: Brokers
            hosts: brokers
            when: host.running_version != target_version
            order: controller_last
            serial: [1, "{{ batch_size }}"]
            tasks:
              - gate: isr_recovered
              - name: A permit
                run_once: true
                gate:
                  kafka.can_stop: {nodes: "{{ batch.hosts | map(attribute='node_id') }}"}
                  interval: 5s
                  timeout: 20m
              - import_tasks: tasks/upgrade-node.yml
              - gate: isr_recovered
          - name: Finalize
            hosts: localhost
            when: finalize
            tasks:
              - kafka.update_features: {release: "{{ target_version }}"}
                irreversible: true
        """

    static let tasks = """
        - name: Upgrade one node
          on_failure: rollback
          block:
            - broker.install: {version: "{{ target_version }}"}
              timeout: 15m
            - broker.activate: {version: "{{ target_version }}"}
              undo:
                - broker.activate: {version: "{{ host.running_version }}"}
                - broker.restart: {}
                - gate: {kafka.describe_node: {node: "{{ host.node_id }}", expect: "{{ host.running_version }}"}, interval: 2s}
            - broker.restart: {}
              timeout: 10m
            - gate: node_back
        """
}
