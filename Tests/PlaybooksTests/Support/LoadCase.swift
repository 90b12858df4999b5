import Values

@testable import Playbooks

/// Loads playbooks and inventories that stand in a test.
enum LoadCase {
    static let inventory = """
        all:
          vars:
            kafka_clusters:
              local:
                bootstrap: [127.0.0.1:19093]
                version: 4.3.1
                lifecycle: {commands: {stop: [./cluster, stop, "{{ host.node_id }}"]}}
          children:
            brokers:
              vars: {cluster: local, ansible_connection: local}
              hosts:
                broker-1: {broker_id: 1, zone: a}
                broker-2: {broker_id: 2}
                broker-3: {broker_id: 3}
        """

    static func load(
        _ playbook: String, inventory: String? = LoadCase.inventory, files: [String: String] = [:],
        extra: [(String, String)] = [], options: PlaybookLoader.Options = .init()
    ) -> Result<Playbook, InvalidSource> {
        var all = files
        all["p.yml"] = playbook
        all["i.yml"] = inventory
        let access = FileAccess(files: all)
        let outcome = inventory.map { _ in InventoryLoader.load(path: "i.yml", files: access) }
        return PlaybookLoader.load(
            path: "p.yml", inventory: outcome, references: TestCatalog.references,
            shippedGates: TestCatalog.shippedGates, files: access,
            extraVariables: extra.map { PlaybookLoader.ExtraVariable(name: $0.0, text: $0.1) }, options: options)
    }

    /// Errors and warnings as text, in order.
    static func problems(
        _ playbook: String, inventory: String? = LoadCase.inventory, files: [String: String] = [:],
        extra: [(String, String)] = [], options: PlaybookLoader.Options = .init()
    ) -> [Diagnostic] {
        switch load(playbook, inventory: inventory, files: files, extra: extra, options: options) {
        case .success(let playbook): playbook.warnings
        case .failure(let invalid): invalid.diagnostics
        }
    }

    /// A playbook of one play over the brokers with these tasks, which start in line 5.
    static func tasks(_ tasks: String, play: String = "") -> String {
        let indented = tasks.split(separator: "\n", omittingEmptySubsequences: false).map { "      " + $0 }
        return "opsrun: 1\nplays:\n  - hosts: brokers\(play)\n    tasks:\n" + indented.joined(separator: "\n") + "\n"
    }
}
