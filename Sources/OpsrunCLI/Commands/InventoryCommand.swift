internal import KafkaOperations
internal import Playbooks
internal import RunEngine
internal import Values

/// `opsrun inventory`: hosts, groups and clusters as they were understood; contacts nothing.
enum InventoryCommand {
    static func run(_ options: Options, catalog: Catalog, in surroundings: Surroundings) -> ExitCode {
        let paths = ProjectPaths(surroundings)
        guard let path = paths.inventory(options, playbook: nil) else {
            surroundings.complain("there is no inventory", hint: "give one with -i, or set OPSRUN_INVENTORY")
            return .invalid
        }
        let loaded = ProjectLoader(paths: paths, catalog: catalog).inventory(path)
        let settings = loaded.outcome.map {
            ClusterConnection.check($0.inventory, environment: surroundings.environment)
        }
        let problems = DiagnosticView.sorted(loaded.problems + (settings ?? []))
        guard let inventory = loaded.outcome?.inventory, !problems.contains(where: { $0.severity == .error }) else {
            return LintCommand.report(InvalidSource(problems), options, in: surroundings)
        }
        if !problems.isEmpty {
            surroundings.messages.write(LintCommand.view(options, surroundings, surroundings.messages).text(problems))
        }
        var hosts = inventory.hosts
        if let limit = options.limit {
            let pattern = HostPattern(text: Located(limit, at: SourceSpan(option: "--limit")))
            do throws(HostPatternFailure) {
                hosts = try pattern.resolve(in: inventory)
            } catch {
                surroundings.complain(error.message, hint: error.hint, color: options.color)
                return .invalid
            }
        }
        if options.output == .json {
            surroundings.output.write(
                JSON.text(json(inventory, hosts, loaded.embedded), pretty: true) + "\n")
        } else if options.output == .plain {
            let rows = hosts.map { row($0, loaded.embedded) }
            surroundings.output.write(rows.map { $0.joined(separator: "\t") + "\n" }.joined())
        } else {
            let style = surroundings.style(options.color, for: surroundings.output)
            surroundings.output.write(
                table(inventory, hosts, loaded.embedded, style, width: surroundings.width))
        }
        return .done
    }

    static func table(
        _ inventory: Inventory, _ hosts: [Host], _ embedded: [EmbeddedCluster], _ style: Style, width: Int
    ) -> String {
        func safe(_ text: String) -> String { SafeText.escape(text) }
        func lines(_ title: String, _ rows: [[String]]) -> String {
            rows.count < 2
                ? ""
                : style(.strong, title) + "\n"
                    + TextLayout.lines(rows, indent: "  ", width: width) + "\n"
        }
        var text = "inventory \(safe(inventory.path))\n\n"
        text += lines(
            "Clusters",
            [["NAME", "BOOTSTRAP", "VERSION", "PROTECTED", "NOTE"]]
                + inventory.clusters.map { cluster in
                    [
                        safe(cluster.name),
                        cluster.bootstrap.isEmpty ? "-" : safe(cluster.bootstrap.joined(separator: ",")),
                        cluster.version?.text ?? "-", cluster.isProtected ? "yes" : "no",
                        embedded.first { $0.name == cluster.name }?.note ?? "",
                    ]
                })
        text += lines(
            "Hosts",
            [["NAME", "CLUSTER", "NODE", "ROLE", "RACK", "CONNECTION", "GROUPS"]]
                + hosts.map { row($0, embedded) })
        text += lines(
            "Groups",
            [["NAME", "HOSTS"]]
                + inventory.groups.map {
                    [safe($0.name), $0.hosts.isEmpty ? "-" : safe($0.hosts.joined(separator: " "))]
                })
        return String(text.dropLast())
    }

    private static func row(_ host: Host, _ embedded: [EmbeddedCluster]) -> [String] {
        [
            SafeText.escape(host.name), SafeText.escape(host.cluster ?? "-"), host.nodeID.map { "\($0)" } ?? "-",
            host.brokerID != nil ? "broker" : host.nodeID != nil ? "controller" : "-",
            SafeText.escape(rack(host, embedded) ?? "-"), connection(host),
            SafeText.escape(host.groups.filter { $0 != "all" }.joined(separator: ",")),
        ]
    }

    /// As the host says it, else as the embedded cluster gives it; nil where only the cluster would know.
    private static func rack(_ host: Host, _ embedded: [EmbeddedCluster]) -> String? {
        host.rack
            ?? embedded.first { $0.name == host.cluster }?.rack(of: host.nodeID)
    }

    private static func connection(_ host: Host) -> String {
        var text = host.connection.kind.rawValue
        guard host.connection.kind == .ssh || host.connection.address != host.name else { return text }
        if host.connection.kind == .simulated || host.connection.kind == .local { return text }
        text += " "
        if let user = host.connection.user { text += SafeText.escape(user) + "@" }
        text += SafeText.escape(host.connection.address)
        if let port = host.connection.port { text += ":\(port)" }
        return text
    }

    static func json(_ inventory: Inventory, _ hosts: [Host], _ embedded: [EmbeddedCluster]) -> Value {
        func texts(_ items: [String]) -> Value { .list(items.map { .string($0) }) }
        let clusters = inventory.clusters.map { cluster -> Value in
            var map: ValueMap = [
                "name": .string(cluster.name), "bootstrap": texts(cluster.bootstrap),
                "bootstrap_controllers": texts(cluster.bootstrapControllers),
                "cluster_id": cluster.clusterID.map { .string($0) } ?? .null, "protected": .bool(cluster.isProtected),
                "version": cluster.version.map { .string($0.text) } ?? .null,
            ]
            if let found = embedded.first(where: { $0.name == cluster.name }) {
                map["embedded"] = ["speed": .float(found.speed), "note": .string(found.note)]
            }
            return .map(map)
        }
        let members = hosts.map { host -> Value in
            [
                "name": .string(host.name), "cluster": host.cluster.map { .string($0) } ?? .null,
                "node_id": host.nodeID.map { .int(Int64($0)) } ?? .null,
                "broker_id": host.brokerID.map { .int(Int64($0)) } ?? .null,
                "rack": rack(host, embedded).map { .string($0) } ?? .null, "groups": texts(host.groups),
                "connection": .string(host.connection.kind.rawValue), "address": .string(host.connection.address),
                "variables": .map(host.variables),
            ]
        }
        let groups = ValueMap(inventory.groups.map { ($0.name, texts($0.hosts)) })
        return [
            "inventory": .string(inventory.path), "clusters": .list(clusters), "hosts": .list(members),
            "groups": .map(groups),
            "approvers": .map(
                ValueMap(inventory.approverGroups.sorted { $0.key < $1.key }.map { ($0.key, texts($0.value)) })),
        ]
    }
}
