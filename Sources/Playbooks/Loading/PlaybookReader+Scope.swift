import Values

extension PlaybookReader {
    /// Names in scope everywhere: `cluster`, `clusters`, `groups`, `hosts`, `run`.
    func enterBaseScope(_ file: inout File) {
        let key = file.cluster?.value ?? ""
        if let known = baseScopes[key] {
            file.scope = known
        } else {
            var scope = TypeScope()
            scope.clusterRecord = InventoryValues.clusterRecord
            scope.define("cluster", .record(clusterType(named: file.cluster?.value)), phase: .load)
            scope.define(
                "clusters",
                .record(
                    RecordType(
                        inventory.clusters.map { .init($0.name, .record(clusterType(named: $0.name))) })), phase: .load)
            scope.define(
                "groups",
                .record(
                    RecordType(
                        inventory.groups.map { group in
                            .init(group.name, .list(.record(hostRecord(hosts(group.hosts)))))
                        })), phase: .load)
            scope.define(
                "hosts",
                .record(RecordType(inventory.hosts.map { .init($0.name, .record(hostRecord([$0]))) })), phase: .load)
            scope.define("run", .record(InventoryValues.runRecord), phase: .run)
            baseScopes[key] = scope
            file.scope = scope
        }
        file.values.define("groups", InventoryValues.groups(of: inventory))
        file.values.define("hosts", InventoryValues.hosts(of: inventory))
        file.values.define("clusters", InventoryValues.clusters(of: inventory))
        if let name = file.cluster?.value, let settings = inventory.cluster(name) {
            file.values.define(
                "cluster", .map(InventoryValues.value(of: settings)), type: .record(clusterType(named: name)))
        }
        file.scope.push()
    }

    private func hosts(_ names: [String]) -> [Host] {
        names.count == inventory.hosts.count ? inventory.hosts : names.compactMap { inventory.host($0) }
    }

    func hostRecord(_ hosts: [Host]) -> RecordType {
        let key = hosts.map(\.name)
        if let known = hostRecords[key] { return known }
        let record = InventoryValues.recordType(of: hosts)
        hostRecords[key] = record
        return record
    }

    /// A cluster's record; a version that the inventory gives is no optional.
    private func clusterType(named name: String?) -> RecordType {
        var record = InventoryValues.clusterRecord
        guard let name, let settings = inventory.cluster(name) else { return record }
        for index in record.fields.indices {
            let isKnown =
                record.fields[index].name == "version" && settings.version != nil
                || record.fields[index].name == "id" && settings.clusterID != nil
            if isKnown { record.fields[index].type = record.fields[index].type.unwrapped }
        }
        return record
    }

    /// Which cluster a file means that does not say: the one of its hosts, else the only one, else `--cluster`.
    func defaultCluster(of plays: [YAMLNode]) -> Located<String>? {
        guard isInventoryReadable else { return nil }
        var names: [String] = []
        var place: SourceSpan?
        for play in plays {
            guard let node = play["hosts"], let pattern = node.text ?? node["pattern"]?.text,
                let hosts = try? HostPattern.resolve(pattern, in: inventory, isOptional: true)
            else { continue }
            for cluster in hosts.compactMap(\.cluster) where !names.contains(cluster) { names.append(cluster) }
            place = place ?? node.span
        }
        let span = place ?? SourceSpan(file: plays.first?.file ?? "", line: 1, column: 1)
        if names.count == 1 { return Located(names[0], at: span) }
        if names.isEmpty, inventory.clusters.count == 1 { return Located(inventory.clusters[0].name, at: span) }
        return clusterOption
    }

    /// `--cluster`, whether anything needs it or not: a name that is not there is a mistake, and reported once.
    func readClusterOption() {
        guard let name = options.cluster else { return }
        let place = SourceSpan(option: "--cluster")
        if builder.isKnown(cluster: name, at: place) { clusterOption = Located(name, at: place) }
    }

    /// Reports once that something needs a cluster and none is decided.
    func reportMissingCluster(_ what: String, at span: SourceSpan) {
        guard isInventoryReadable, !reportedMissingCluster, options.cluster == nil || clusterOption != nil else {
            return
        }
        reportedMissingCluster = true
        let names = inventory.clusters.map(\.name)
        if names.isEmpty {
            problems.error(
                "no-cluster", "\(what) needs a cluster, and no inventory names one",
                hint: "give an inventory with kafka_clusters: -i inventory.yml", at: span)
        } else {
            problems.error(
                "no-cluster", "\(what) needs one cluster, and \(names.joined(separator: ", ")) are possible",
                hint: "write cluster: at the playbook, the play or the task, or give --cluster", at: span)
        }
    }
}
