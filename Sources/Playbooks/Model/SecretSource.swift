package import Values

/// Where a secret comes from: what stands as `{secret: "env:NAME"}` in a file.
package struct SecretSource: Sendable, Hashable {
    /// What a text has to begin with.
    static let kinds = ["env:", "file:", "cmd:", "vault:", "credential:"]

    /// `env:NAME`, `file:PATH`, `cmd:COMMAND`, `vault:PATH#KEY` or `credential:NAME`.
    package var text: String
    /// The file that says so: paths and commands are looked up from its folder.
    package var file: String

    package init(text: String, file: String) {
        self.text = text
        self.file = file
    }

    /// The name under which a scope holds the resolved secret; no playbook can spell it.
    package var name: String { "secret \(text) \(file)" }

    package var folder: String { FilePath.folder(of: file) }

    static func isSource(_ text: String) -> Bool {
        kinds.contains { text.hasPrefix($0) && text.utf8.count > $0.utf8.count }
    }

    /// Nil: the map is no secret.
    init?(_ entries: [(key: Located<String>, value: ValueTemplate)]) {
        guard entries.count == 1, entries[0].key.value == "secret", case .literal(let value) = entries[0].value,
            case .string(let text) = value.value, Self.isSource(text)
        else { return nil }
        self.init(text: text, file: value.span.file)
    }

    /// Nil: the value is no secret.
    package init?(_ value: Value, file: String) {
        guard case .map(let map) = value, map.count == 1, let text = map["secret"]?.stringValue, Self.isSource(text)
        else { return nil }
        self.init(text: text, file: file)
    }
}

/// The secrets that the files of a playbook name.
final class FoundSecrets {
    private(set) var sources: [SecretSource] = []

    func add(_ source: SecretSource) {
        if !sources.contains(source) { sources.append(source) }
    }
}
