import Values

/// The groups and hosts of an inventory as written, before variables are resolved.
struct InventoryTree {
    /// A variable where it is set.
    struct Setting {
        var name: String
        var nameSpan: SourceSpan
        var node: YAMLNode
        /// The folder of the file that sets it.
        var folder: String
    }

    struct Group {
        var name: String
        var span: SourceSpan
        var hosts: [String] = []
        var children: [String] = []
        var parents: [String] = []
        var settings: [Setting] = []
        /// Steps from `all` on the longest way.
        var depth = 0
    }

    struct HostEntry {
        var name: String
        var span: SourceSpan
        var settings: [Setting] = []
    }

    /// `all` first, then in file order.
    var groupNames: [String] = ["all"]
    var groups: [String: Group] = [:]
    var hostNames: [String] = []
    var hosts: [String: HostEntry] = [:]

    /// The groups that a host is in, itself named or by a child, `all` first, by depth, then in file order.
    func groups(of host: String) -> [String] {
        var found: Set<String> = ["all"]
        var rest = groupNames.filter { groups[$0]?.hosts.contains(host) == true }
        while let name = rest.popLast() {
            guard found.insert(name).inserted else { continue }
            rest += groups[name]?.parents ?? []
        }
        return groupNames.filter(found.contains).enumerated()
            .sorted { one, other in
                let (left, right) = (groups[one.element]?.depth ?? 0, groups[other.element]?.depth ?? 0)
                return left != right ? left < right : one.offset < other.offset
            }
            .map(\.element)
    }
}

/// Reads the tree: `all: {vars, hosts, children}`, `group_vars/` and `host_vars/` beside the file.
struct InventoryTreeReader {
    let library: SourceLibrary
    let problems: Problems
    let path: String
    var tree = InventoryTree()
    /// How many hosts an inventory may have.
    static let maximumHosts = 10_000
    static let groupKeys = ["hosts", "vars", "children"]

    init(library: SourceLibrary, problems: Problems, path: String) {
        self.library = library
        self.problems = problems
        self.path = path
        tree.groups["all"] = InventoryTree.Group(name: "all", span: SourceSpan(file: path, line: 1, column: 1))
    }

    /// Nil when the file has no shape that could be read.
    mutating func read() -> InventoryTree? {
        guard let root = library.root(of: path, namedAt: nil) else { return nil }
        guard let entries = root.entries else {
            problems.error(
                "inventory-shape", "an inventory is a map, not \(root.kindDescription)",
                hint: "all: {vars: …, hosts: …, children: …}", at: root.span)
            return nil
        }
        for entry in entries { group(entry, under: entry.key == "all" ? nil : "all", chain: []) }
        setDepths()
        readVariableFiles()
        return tree
    }

    private mutating func group(_ entry: YAMLEntry, under parent: String?, chain: [String]) {
        let name = entry.key
        guard !chain.contains(name) else {
            problems.error(
                "group-cycle", "the group '\(name)' contains itself: \((chain + [name]).joined(separator: " > "))",
                at: entry.keySpan)
            return
        }
        if parent != nil, name == "all" {
            problems.error("group-cycle", "'all' cannot be a child", at: entry.keySpan)
            return
        }
        if tree.groups[name] == nil {
            tree.groupNames.append(name)
            tree.groups[name] = InventoryTree.Group(name: name, span: entry.keySpan)
        }
        if let parent {
            if tree.groups[name]?.parents.contains(parent) == false { tree.groups[name]?.parents.append(parent) }
            if tree.groups[parent]?.children.contains(name) == false { tree.groups[parent]?.children.append(name) }
        }
        if entry.value.isNull { return }
        guard let sections = entry.value.entries else {
            problems.error(
                "inventory-shape", "a group is a map, not \(entry.value.kindDescription)",
                hint: "keys: hosts, vars, children", at: entry.value.span)
            return
        }
        for section in sections {
            if section.value.isNull { continue }
            switch section.key {
            case "hosts": hosts(section.value, in: name)
            case "vars":
                if let settings = settings(section.value, folder: FilePath.folder(of: section.value.file)) {
                    tree.groups[name]?.settings += settings
                }
            case "children":
                guard let children = section.value.entries else {
                    problems.error(
                        "inventory-shape", "children is a map of groups, not \(section.value.kindDescription)",
                        hint: "write \"name: {}\" for a group that is defined elsewhere", at: section.value.span)
                    continue
                }
                for child in children { group(child, under: name, chain: chain + [name]) }
            default:
                problems.error(
                    "unknown-key", "a group has no key '\(section.key)'",
                    hint: NearestName.hint(section.key, in: Self.groupKeys)
                        ?? "variables stand under vars, hosts under hosts, groups under children", at: section.keySpan)
            }
        }
    }

    private mutating func hosts(_ node: YAMLNode, in group: String) {
        guard let entries = node.entries else {
            problems.error(
                "inventory-shape", "hosts is a map, not \(node.kindDescription)",
                hint: "write each host as a key: \"kafka-1: {}\"", at: node.span)
            return
        }
        var members = Set(tree.groups[group]?.hosts ?? [])
        for entry in entries {
            let names: [String]
            do throws(HostRange.Failure) {
                names = try HostRange.expand(entry.key)
            } catch {
                problems.error("bad-host-range", error.message, at: entry.keySpan)
                continue
            }
            guard entry.value.isNull || entry.value.entries != nil else {
                problems.error(
                    "inventory-shape", "a host's variables are a map, not \(entry.value.kindDescription)",
                    at: entry.value.span)
                continue
            }
            let settings =
                entry.value.isNull ? [] : settings(entry.value, folder: FilePath.folder(of: node.file)) ?? []
            for name in names {
                if let problem = Self.problem(withName: name) {
                    problems.error("bad-host-name", problem, at: entry.keySpan)
                    continue
                }
                if tree.hosts[name] == nil {
                    guard tree.hostNames.count < Self.maximumHosts else {
                        problems.error(
                            "too-many-hosts", "the inventory has more than \(Self.maximumHosts) hosts",
                            at: entry.keySpan)
                        return
                    }
                    tree.hostNames.append(name)
                    tree.hosts[name] = InventoryTree.HostEntry(name: name, span: entry.keySpan)
                }
                tree.hosts[name]?.settings += settings
                if members.insert(name).inserted { tree.groups[group]?.hosts.append(name) }
            }
        }
    }

    /// A host's name reaches argv and file names: nothing that a shell, ssh or a path would read otherwise.
    private static func problem(withName name: String) -> String? {
        guard !name.isEmpty, name.utf8.count <= 253 else { return "a host's name has 1 to 253 characters" }
        guard !name.hasPrefix("-") else { return "a host's name cannot start with '-'" }
        let isFine = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        return isFine ? nil : "'\(name)' is no host name: letters, digits, '.', '-' and '_'"
    }

    private func settings(_ node: YAMLNode, folder: String) -> [InventoryTree.Setting]? {
        guard let entries = node.entries else {
            problems.error("inventory-shape", "vars is a map, not \(node.kindDescription)", at: node.span)
            return nil
        }
        return entries.map {
            InventoryTree.Setting(name: $0.key, nameSpan: $0.keySpan, node: $0.value, folder: folder)
        }
    }

    /// The longest way from `all`; the tree has no cycles, a second look at a cycle was refused.
    private mutating func setDepths() {
        var changed = true
        var rounds = 0
        while changed, rounds <= tree.groupNames.count {
            changed = false
            rounds += 1
            for name in tree.groupNames where name != "all" {
                let depth = 1 + (tree.groups[name]?.parents.compactMap { tree.groups[$0]?.depth }.max() ?? 0)
                if tree.groups[name]?.depth != depth {
                    tree.groups[name]?.depth = depth
                    changed = true
                }
            }
        }
        if changed, let name = tree.groupNames.last, let group = tree.groups[name] {
            problems.error("group-cycle", "the groups contain each other", at: group.span)
        }
    }

    // MARK: group_vars and host_vars

    private mutating func readVariableFiles() {
        let folder = FilePath.folder(of: path)
        for (subfolder, kind) in [("group_vars", "group"), ("host_vars", "host")] {
            let place = FilePath.join(folder, subfolder)
            for file in library.files.list(place) ?? [] {
                let full = FilePath.join(place, file)
                if Self.isLeftOut(file) { continue }
                if let files = library.files.list(full) {
                    for inner in files where !Self.isLeftOut(inner) {
                        read(FilePath.join(full, inner), for: file, kind: kind)
                    }
                    continue
                }
                // Without an extension, which a name may seem to have: kafka-1.eu.
                let isKnown = kind == "group" ? tree.groups[file] != nil : tree.hosts[file] != nil
                read(full, for: isKnown ? file : Self.name(of: file), kind: kind)
            }
        }
    }

    /// Hidden files and an editor's leftovers, which Ansible does not read either.
    private static func isLeftOut(_ file: String) -> Bool {
        file.hasPrefix(".") || [".swp", ".bak", ".orig", "~"].contains { file.hasSuffix($0) }
    }

    /// The name that a variables file is for.
    private static func name(of file: String) -> String {
        for suffix in [".yml", ".yaml", ".json"] where file.hasSuffix(suffix) {
            return String(file.dropLast(suffix.count))
        }
        return file
    }

    private mutating func read(_ file: String, for name: String, kind: String) {
        let isGroup = kind == "group"
        guard isGroup ? tree.groups[name] != nil : tree.hosts[name] != nil else {
            problems.error(
                "unknown-\(kind)", "\(file) is for a \(kind) '\(name)' that the inventory does not have",
                hint: NearestName.hint(name, in: isGroup ? tree.groupNames : tree.hostNames),
                at: SourceSpan(file: file, line: 1, column: 1))
            return
        }
        guard let root = library.root(of: file, namedAt: nil, allowEmpty: true), !root.isNull,
            let settings = settings(root, folder: FilePath.folder(of: file))
        else { return }
        if isGroup { tree.groups[name]?.settings += settings } else { tree.hosts[name]?.settings += settings }
    }
}
