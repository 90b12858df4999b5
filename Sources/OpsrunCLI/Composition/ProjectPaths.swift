internal import EventLoop
internal import Glibc
internal import Playbooks
import Values

/// Where the files of a command line are: playbooks by path or by name, the inventory that is meant, the state directory.
package struct ProjectPaths: Sendable {
    private let surroundings: Surroundings
    var environment: [String: String] { surroundings.environment }
    private let exists: @Sendable (String) -> Bool

    package init(_ surroundings: Surroundings) {
        self.init(surroundings) { path in
            var status = stat()
            return stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFDIR
        }
    }

    /// `exists` answers for files, given as the process would open them.
    package init(_ surroundings: Surroundings, exists: @escaping @Sendable (String) -> Bool) {
        self.surroundings = surroundings
        self.exists = exists
    }

    // MARK: Playbooks

    /// A playbook by its path, else by its name among those that come with opsrun; nil when there is none.
    package func playbook(_ word: String) -> String? {
        if exists(word) { return word }
        guard !word.contains("/") else { return nil }
        let names = word.hasSuffix(".yml") || word.hasSuffix(".yaml") ? [word] : ["\(word).yml", "\(word).yaml"]
        return names.map { "\(shareFolder)/playbooks/\($0)" }.first(where: exists)
    }

    package func isFolder(_ word: String) -> Bool {
        var status = stat()
        return stat(word, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// What a word that names no playbook may have meant; nil when nothing is near.
    package func suggestion(for word: String) -> String? {
        if isFolder(word) {
            let names = playbooks(in: word)
            guard !names.isEmpty else { return nil }
            let more = names.count > Self.shownNames ? ", …" : ""
            return "playbooks in it: " + names.prefix(Self.shownNames).joined(separator: ", ") + more
        }
        let near = ["\(word).yml", "\(word).yaml", "playbooks/\(word).yml", "playbooks/\(word)"]
        if let path = near.first(where: exists) { return "did you mean '\(path)'?" }
        let folder = word.contains("/") ? Files.folder(of: word) : "."
        let paths = playbooks(in: folder) + (folder == "." ? playbooks(in: "playbooks") : [])
        // A name is given with its folder and ending or without: what is near either is meant.
        let wanted = Self.bareName(word)
        guard let name = NearestName.find(wanted, in: paths.map(Self.bareName) + shippedPlaybooks) else { return nil }
        return "did you mean '\(paths.first { Self.bareName($0) == name } ?? name)'?"
    }

    private static let shownNames = 8

    private func playbooks(in folder: String) -> [String] {
        let names = ((try? Files.list(folder)) ?? []).filter { $0.hasSuffix(".yml") || $0.hasSuffix(".yaml") }
        let path = folder.hasSuffix("/") ? String(folder.dropLast()) : folder
        return names.sorted().map { path == "." ? $0 : Self.join(path, $0) }
    }

    private static func bareName(_ path: String) -> String {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        return name.split(separator: ".").first.map(String.init) ?? name
    }

    /// Names of the playbooks that come with opsrun.
    package var shippedPlaybooks: [String] {
        let names = (try? Files.list("\(shareFolder)/playbooks")) ?? []
        return names.filter { $0.hasSuffix(".yml") }.map { String($0.dropLast(4)) }
    }

    /// `share/opsrun` beside the folder of the program.
    package var shareFolder: String {
        let program = Files.folder(of: Files.folder(of: surroundings.executable))
        return "\(program == "/" ? "" : program)/share/opsrun"
    }

    // MARK: Inventory

    /// The inventory that is meant, as messages show it; nil when there is none. One that was named is answered whether
    /// it exists or not.
    package func inventory(_ options: Options, playbook: String?) -> String? {
        if let named = options.inventory { return named }
        if let named = surroundings.environment["OPSRUN_INVENTORY"], !named.isEmpty { return named }
        let standard = "inventories/default.yml"
        if let playbook {
            let beside = Self.join(Self.parent(of: Files.folder(of: playbook)), standard)
            return exists(beside) ? beside : nil
        }
        return [standard, "\(shareFolder)/\(standard)"].first(where: exists)
    }

    /// The folder above one, without touching the disk: `playbooks` is in the working directory, `.` in the folder above it.
    static func parent(of folder: String) -> String {
        if folder == "." || folder.isEmpty { return ".." }
        let name = folder.split(separator: "/").last ?? ""
        if name == ".." { return folder + "/.." }
        if name == "." { return parent(of: Files.folder(of: folder)) }
        let above = Files.folder(of: folder)
        return above == "." ? "" : above
    }

    private static func join(_ folder: String, _ name: String) -> String {
        folder.isEmpty ? name : folder == "/" ? "/\(name)" : "\(folder)/\(name)"
    }

    // MARK: State

    /// Where runs and audit logs are: --state-dir, else $XDG_STATE_HOME/opsrun, else ~/.local/state/opsrun. Nil when even the
    /// home folder is unknown.
    package func stateFolder(_ options: Options) -> String? {
        if let named = options.stateDirectory, !named.isEmpty { return named }
        // A relative path is to be ignored, says the XDG specification.
        if let base = surroundings.environment["XDG_STATE_HOME"], base.hasPrefix("/") { return "\(base)/opsrun" }
        guard let home = surroundings.environment["HOME"], !home.isEmpty else { return nil }
        return "\(home)/.local/state/opsrun"
    }
}
