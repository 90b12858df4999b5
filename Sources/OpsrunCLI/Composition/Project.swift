internal import EventLoop
internal import Glibc
internal import KafkaOperations
package import Playbooks
package import RunEngine
internal import Values

/// A playbook and its inventory, loaded and found right, with the embedded clusters that the inventory asks for.
package struct Project: Sendable {
    package var playbook: Playbook
    package var inventory: Inventory
    package var embedded: [EmbeddedCluster]
    package var warnings: [Diagnostic]
}

/// Loads what a command line names; reports every problem of all files at once.
package struct ProjectLoader {
    /// Bytes of a parameter file.
    static let parameterFileLimit = 16 << 20

    private let paths: ProjectPaths
    private let catalog: Catalog
    /// A run that goes on is loaded from its own copies.
    private let files: FileAccess

    package init(paths: ProjectPaths, catalog: Catalog, files: FileAccess = .system) {
        self.files = files
        self.paths = paths
        self.catalog = catalog
    }

    /// What an inventory turned out to be.
    struct LoadedInventory {
        var outcome: InventoryLoader.Outcome?
        var embedded: [EmbeddedCluster] = []
        var problems: [Diagnostic] = []
    }

    /// `path` is the playbook's file. Throws all problems of playbook, inventory, parameters and embedded clusters.
    package func load(_ path: String, _ options: Options) throws(InvalidSource) -> Project {
        var problems: [Diagnostic] = []
        let variables = extraVariables(options, &problems)
        var inventory = inventory(paths.inventory(options, playbook: path))
        if let file = options.commandConfig { Self.replaceConnection(of: &inventory, by: file) }
        problems += inventory.problems
        problems += connectionProblems(of: inventory)
        let loaded = PlaybookLoader.load(
            path: path, inventory: inventory.outcome, references: catalog.references,
            shippedGates: catalog.shippedGates, files: files, extraVariables: variables,
            options: PlaybookLoader.Options(
                cluster: options.cluster, tryCall: ConstantCalls(catalog).problem, tryWindow: ChangeWindows.problems))
        if inventory.outcome?.isReadable != false {
            problems += Selection.limitProblems(options, inventory.outcome?.inventory ?? .empty)
        }
        switch loaded {
        case .failure(let invalid): throw InvalidSource(DiagnosticView.sorted(problems + invalid.diagnostics))
        case .success(let playbook):
            problems += playbook.warnings
            problems += Selection.tagProblems(options, playbook)
            if problems.contains(where: { $0.severity == .error }) {
                throw InvalidSource(DiagnosticView.sorted(problems))
            }
            return Project(
                playbook: playbook, inventory: inventory.outcome?.inventory ?? .empty, embedded: inventory.embedded,
                warnings: DiagnosticView.sorted(problems))
        }
    }

    /// An inventory with its embedded clusters; nothing for nil.
    func inventory(_ path: String?) -> LoadedInventory {
        guard let path else { return LoadedInventory() }
        let outcome = InventoryLoader.load(path: path, files: files)
        var loaded = LoadedInventory(outcome: outcome, problems: outcome.problems)
        loaded.problems += LifecycleDecoder.check(outcome.inventory) + ServedLifecycle.check(outcome.inventory)
        loaded.problems += SecurityDecoder.check(outcome.inventory)
        for cluster in outcome.inventory.clusters where cluster.simulated != nil {
            if let embedded = SimulatedClusterDecoder.decode(cluster, hosts: outcome.inventory.hosts, &loaded.problems)
            {
                loaded.embedded.append(embedded)
            }
        }
        return loaded
    }

    /// `--command-config` stands for what the inventory says about connections; embedded clusters need none.
    static func replaceConnection(of loaded: inout LoadedInventory, by file: String) {
        guard var outcome = loaded.outcome else { return }
        let place = SourceSpan(option: "--command-config")
        for index in outcome.inventory.clusters.indices where outcome.inventory.clusters[index].simulated == nil {
            outcome.inventory.clusters[index].security = nil
            outcome.inventory.clusters[index].commandConfig = Located(file, at: place)
        }
        loaded.outcome = outcome
        if access(file, R_OK) != 0 {
            loaded.problems.append(
                Diagnostic(code: "unreadable-file", "cannot read \(file): \(SystemError.reason(of: errno))", at: place))
        }
    }

    /// What is wrong or doubtful in the files that say how to reach the clusters.
    private func connectionProblems(of loaded: LoadedInventory) -> [Diagnostic] {
        loaded.outcome.map { ClusterConnection.check($0.inventory, environment: paths.environment) } ?? []
    }

    /// The problems of one file, whatever it is; contacts nothing.
    func lint(_ path: String, _ options: Options) -> [Diagnostic] {
        if InventoryShape.isInventory(path) {
            let inventory = inventory(path)
            return inventory.problems + connectionProblems(of: inventory)
        }
        var inventory = inventory(paths.inventory(options, playbook: path))
        inventory.problems += connectionProblems(of: inventory)
        let loaded = PlaybookLoader.load(
            path: path, inventory: inventory.outcome, references: catalog.references,
            shippedGates: catalog.shippedGates,
            options: PlaybookLoader.Options(
                cluster: options.cluster, requiresParameters: false, keepsTasks: false,
                tryCall: ConstantCalls(catalog).problem, tryWindow: ChangeWindows.problems))
        switch loaded {
        case .failure(let invalid): return inventory.problems + invalid.diagnostics
        case .success(let playbook): return inventory.problems + playbook.warnings
        }
    }

    // MARK: Parameters

    private func extraVariables(
        _ options: Options, _ problems: inout [Diagnostic]
    ) -> [PlaybookLoader.ExtraVariable] {
        var files: [PlaybookLoader.ExtraVariable] = []
        var given: [PlaybookLoader.ExtraVariable] = []
        for text in options.parameters {
            let place = SourceSpan(option: "-e")
            if text.hasPrefix("@") {
                files += parameterFile(String(text.dropFirst()), &problems)
            } else if text.hasPrefix("{") {
                do throws(JSONError) {
                    for (name, value) in try JSON.parse(text).mapValue ?? ValueMap() {
                        given.append(.init(name: name, content: .value(value), at: SourceSpan(option: "-e \(name)")))
                    }
                } catch {
                    problems.append(Diagnostic(code: "bad-parameter", "-e is no JSON: \(error.message)", at: place))
                }
            } else if let equals = text.firstIndex(of: "="), equals != text.startIndex {
                given.append(.init(name: String(text[..<equals]), text: String(text[text.index(after: equals)...])))
            } else {
                problems.append(
                    Diagnostic(
                        code: "bad-parameter", "-e wants name=value or @file, not '\(text)'", at: place))
            }
        }
        return files + given
    }

    /// A YAML or JSON map of parameters. Plain scalars are read by the declared type.
    private func parameterFile(
        _ path: String, _ problems: inout [Diagnostic]
    ) -> [PlaybookLoader.ExtraVariable] {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try Files.read(path, limit: Self.parameterFileLimit)
        } catch {
            problems.append(
                Diagnostic(
                    code: "unreadable-file", "cannot read \(path): \(error.reason)",
                    at: SourceSpan(option: "-e")))
            return []
        }
        let (root, found) = YAMLParser.document(of: bytes, file: path)
        problems += found
        guard let root else { return [] }
        guard let entries = root.entries else {
            problems.append(
                Diagnostic(code: "bad-parameter", "a parameter file is a map of names to values", at: root.span))
            return []
        }
        return entries.map { entry in
            // A scalar is read by the type that the playbook declares for it.
            if entry.value.isPlain, let text = entry.value.text {
                return .init(name: entry.key, content: .text(text), at: entry.value.span)
            }
            return .init(name: entry.key, content: .value(entry.value.coreValue), at: entry.value.span)
        }
    }
}
