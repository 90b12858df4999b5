import Values

/// Loads an inventory: Ansible's YAML shape, plus clusters and approvers.
///
/// Everything that is wrong in all of its files is reported at once. What could be read is answered as well, so that a
/// playbook can be checked against it in the same run.
package struct InventoryLoader {
    package struct Outcome: Sendable {
        /// What could be read; complete only without errors.
        package var inventory: Inventory
        package var problems: [Diagnostic]
        /// False when the tree itself could not be read: nothing can be said about hosts and clusters.
        package var isReadable: Bool
        /// Host variables that have no value on some host because of an error.
        package var brokenVariables: Set<String>

        /// An inventory that is known to be right.
        package init(_ inventory: Inventory) {
            self.init(inventory: inventory, problems: inventory.warnings, isReadable: true, brokenVariables: [])
        }

        init(inventory: Inventory, problems: [Diagnostic], isReadable: Bool, brokenVariables: Set<String>) {
            self.inventory = inventory
            self.problems = problems
            self.isReadable = isReadable
            self.brokenVariables = brokenVariables
        }

        package var result: Result<Inventory, InvalidSource> {
            problems.contains { $0.severity == .error } ? .failure(InvalidSource(problems)) : .success(inventory)
        }
    }

    /// Loads the file at `path` with `group_vars/` and `host_vars/` beside it.
    package static func load(path: String, files: FileAccess = .system) -> Outcome {
        var loader = InventoryLoader(path: path, files: files)
        return loader.load()
    }

    private let path: String
    private let problems = Problems()
    private let library: SourceLibrary

    private init(path: String, files: FileAccess) {
        self.path = path
        library = SourceLibrary(files: files, problems: problems)
    }

    private mutating func load() -> Outcome {
        var reader = InventoryTreeReader(library: library, problems: problems, path: path)
        guard let tree = reader.read() else {
            return Outcome(
                inventory: Inventory(
                    path: path, hosts: [], groups: [], clusters: [], approverGroups: [:], sources: library.sources,
                    warnings: []),
                problems: problems.sorted, isReadable: false, brokenVariables: [])
        }
        checkNames(tree)
        var clusters: [ClusterSettings] = []
        var approvers: [String: [String]] = [:]
        var allowedSigners: String?
        var namesApprovers = false
        var audit = AuditSettings()
        for setting in tree.groups["all"]?.settings ?? [] {
            switch setting.name {
            case "kafka_clusters":
                clusters += ClusterReader(problems: problems, folder: setting.folder).clusters(setting.node)
            case "approvers":
                (approvers, allowedSigners) = readApprovers(setting.node, folder: setting.folder)
                namesApprovers = setting.node.entries?.contains { $0.key == "groups" } ?? false
            case "audit": audit = AuditSettings(setting.node, folder: setting.folder, problems)
            default: break
            }
        }
        let builder = TemplateBuilder(problems: problems, clusterNames: nil)
        var resolver = HostResolver(tree: tree, problems: problems, builder: builder)
        var hosts: [Host] = []
        for name in tree.hostNames {
            guard let entry = tree.hosts[name] else { continue }
            let groups = tree.groups(of: name)
            let resolved = resolver.resolve(entry, groups: groups)
            hosts.append(host(entry, groups: groups, resolved, clusters))
        }
        checkNodeIDs(hosts, tree)
        let all = problems.sorted
        var inventory = Inventory(
            path: path, hosts: hosts, groups: members(of: tree, hosts), clusters: clusters, approverGroups: approvers,
            sources: library.sources, warnings: all.filter { $0.severity == .warning })
        inventory.allowedSigners = allowedSigners
        inventory.namesApprovers = namesApprovers
        inventory.audit = audit
        return Outcome(inventory: inventory, problems: all, isReadable: true, brokenVariables: resolver.broken)
    }

    // MARK: Names

    private func checkNames(_ tree: InventoryTree) {
        func check(_ settings: [InventoryTree.Setting], isAll: Bool) {
            for setting in settings {
                if HostVariables.reserved.contains(setting.name) {
                    problems.error(
                        "reserved-name", "'\(setting.name)' is set by opsrun", hint: "choose another name",
                        at: setting.nameSpan)
                } else if HostVariables.global.contains(setting.name), !isAll {
                    problems.error(
                        "misplaced-key", "'\(setting.name)' belongs under all.vars", at: setting.nameSpan)
                } else if HostVariables.ignored.contains(setting.name) {
                    problems.warning(
                        "ignored-variable", "'\(setting.name)' means nothing to opsrun", at: setting.nameSpan)
                } else if setting.name.hasPrefix("ansible_"), HostVariables.aliases[setting.name] == nil,
                    HostVariables.types[setting.name] == nil
                {
                    let known = Array(HostVariables.aliases.keys) + HostVariables.types.keys
                    problems.error(
                        "unknown-key", "'\(setting.name)' is not a connection variable that opsrun knows",
                        hint: NearestName.hint(setting.name, in: known.filter { $0.hasPrefix("ansible_") }.sorted()),
                        at: setting.nameSpan)
                } else if !Self.isName(setting.name) {
                    problems.error(
                        "bad-name", "'\(setting.name)' is no name: letters, digits and '_'", at: setting.nameSpan)
                }
            }
        }
        for name in tree.groupNames { check(tree.groups[name]?.settings ?? [], isAll: name == "all") }
        for name in tree.hostNames { check(tree.hosts[name]?.settings ?? [], isAll: false) }
    }

    /// A name that an expression can use.
    static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, first < UInt8(ascii: "0") || first > UInt8(ascii: "9") else { return false }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
    }

    private static let approversHint = "{groups: {name: [user, …]}, allowed_signers: FILE}"

    private func readApprovers(
        _ node: YAMLNode, folder: String
    ) -> (groups: [String: [String]], allowedSigners: String?) {
        guard let entries = node.entries else {
            problems.error("inventory-shape", "approvers is a map", hint: Self.approversHint, at: node.span)
            return ([:], nil)
        }
        var result: [String: [String]] = [:]
        var allowedSigners: String?
        for entry in entries {
            if entry.key == "allowed_signers" {
                guard let file = entry.value.text, !file.isEmpty else {
                    problems.error("type-mismatch", "allowed_signers is the path of a file", at: entry.value.span)
                    continue
                }
                allowedSigners = file.hasPrefix("/") || folder.isEmpty ? file : "\(folder)/\(file)"
                continue
            }
            guard entry.key == "groups" else {
                problems.error(
                    "unknown-key", "approvers has no key '\(entry.key)'", hint: Self.approversHint,
                    at: entry.keySpan)
                continue
            }
            guard let groups = entry.value.entries else {
                problems.error(
                    "type-mismatch", "groups is a map of names to lists of users", hint: Self.approversHint,
                    at: entry.value.span)
                continue
            }
            for group in groups {
                let names = group.value.items?.compactMap(\.text) ?? []
                guard let items = group.value.items, names.count == items.count else {
                    problems.error("type-mismatch", "'\(group.key)' is a list of user names", at: group.value.span)
                    continue
                }
                result[group.key] = names
            }
        }
        return (result, allowedSigners)
    }

    // MARK: Hosts

    private func host(
        _ entry: InventoryTree.HostEntry, groups: [String], _ resolved: HostResolver.Resolved,
        _ clusters: [ClusterSettings]
    ) -> Host {
        var byName = ValueMap()
        for (name, value) in resolved.values { byName[HostVariables.canonical(name)] = value }
        func span(_ name: String) -> SourceSpan {
            resolved.spans.first { HostVariables.canonical($0.key) == name }?.value ?? entry.span
        }
        func id(_ name: String) -> Int32? {
            guard let value = byName[name], case .int(let number) = value else { return nil }
            guard number >= 0, let id = Int32(exactly: number) else {
                problems.error(
                    "bad-node-id", "\(name) is 0 to \(Int32.max), not \(number) (for the host '\(entry.name)')",
                    at: span(name))
                return nil
            }
            return id
        }
        let broker = id("broker_id")
        let node = id("node_id")
        if let broker, let node, broker != node {
            problems.error(
                "bad-node-id", "node_id \(node) and broker_id \(broker) of the host '\(entry.name)' differ",
                at: span("node_id"))
        }
        let cluster = byName["cluster"]?.stringValue
        if let cluster, !clusters.contains(where: { $0.name == cluster }) {
            problems.error(
                "unknown-cluster", "there is no cluster '\(cluster)' under kafka_clusters",
                hint: NearestName.hint(cluster, in: clusters.map(\.name))
                    ?? TemplateBuilder.listed(clusters.map(\.name)), at: span("cluster"))
        }
        var variables = resolved.values
        if let id = node ?? broker { variables["node_id"] = .int(Int64(id)) }
        return Host(
            name: entry.name, variables: variables, cluster: cluster, nodeID: node ?? broker, brokerID: broker,
            rack: byName["rack"]?.stringValue,
            connection: connection(entry, byName, clusters.first { $0.name == cluster }, span),
            lifecycle: resolved.lifecycle, groups: groups, span: entry.span)
    }

    private func connection(
        _ entry: InventoryTree.HostEntry, _ values: ValueMap, _ cluster: ClusterSettings?,
        _ span: (String) -> SourceSpan
    ) -> ConnectionSettings {
        var kind: ConnectionSettings.Kind = entry.name == "localhost" ? .local : .ssh
        if cluster?.simulated != nil { kind = .simulated }
        if let text = values["connection"]?.stringValue {
            if let known = ConnectionSettings.Kind(rawValue: text) {
                kind = known
                if !ConnectionSettings.Kind.built.contains(known) {
                    problems.error(
                        "not-built", "the connection '\(text)' is not built yet",
                        hint: "use ssh or local, or run the playbook where \(text) is a command",
                        at: span("connection"))
                }
            } else {
                let names = ConnectionSettings.Kind.built.map(\.rawValue)
                problems.error(
                    "bad-connection", "'\(text)' is no connection",
                    hint: NearestName.hint(text, in: names) ?? names.joined(separator: ", "), at: span("connection"))
            }
        }
        var port: Int?
        if case .int(let number) = values["port"] {
            if (1...65535).contains(number) {
                port = Int(number)
            } else {
                problems.error("bad-port", "a port is 1 to 65535, not \(number)", at: span("port"))
            }
        }
        // They reach ssh's argument list.
        for name in ["address", "user"] {
            guard let text = values[name]?.stringValue else { continue }
            let isFine = !text.isEmpty && !text.hasPrefix("-") && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F }
            if !isFine {
                problems.error(
                    "bad-connection", "'\(text)' is no \(name): one word that does not begin with '-'", at: span(name))
            }
        }
        var options = ValueMap()
        for (name, value) in values where HostVariables.isConnectionOption(name) { options[name] = value }
        return ConnectionSettings(
            kind: kind, address: values["address"]?.stringValue ?? entry.name, port: port,
            user: values["user"]?.stringValue, privateKeyFile: values["private_key_file"]?.stringValue,
            become: values["become"]?.boolValue ?? false, becomeUser: values["become_user"]?.stringValue,
            options: options)
    }

    private func checkNodeIDs(_ hosts: [Host], _ tree: InventoryTree) {
        var seen: [String: String] = [:]
        for host in hosts {
            guard let id = host.nodeID, let cluster = host.cluster else { continue }
            let key = "\(cluster)/\(id)"
            if let other = seen[key] {
                problems.error(
                    "duplicate-node-id", "'\(host.name)' and '\(other)' both have the node id \(id) in \(cluster)",
                    at: host.span)
            } else {
                seen[key] = host.name
            }
        }
    }

    private func members(of tree: InventoryTree, _ hosts: [Host]) -> [(name: String, hosts: [String])] {
        var result = Dictionary(uniqueKeysWithValues: tree.groupNames.map { ($0, [String]()) })
        for host in hosts {
            for group in host.groups { result[group, default: []].append(host.name) }
        }
        return tree.groupNames.map { ($0, result[$0] ?? []) }
    }
}
