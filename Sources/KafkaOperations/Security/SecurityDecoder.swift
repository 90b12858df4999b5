import KafkaAdmin
package import Playbooks
import RunEngine
import Values

/// Reads `security:` of a cluster: Kafka's own settings by their names, and short names for the usual ones.
package enum SecurityDecoder {
    /// A value that may have to be fetched first.
    enum Text: Sendable {
        case plain(String)
        /// `env:NAME` and the like.
        case secret(String)
    }

    /// One setting in Kafka's vocabulary, where it stands in the file.
    struct Setting: Sendable {
        var key: String
        var text: Text
        var span: SourceSpan
    }

    /// Short names and what they stand for. `username`, `password` and `token_auth` become `sasl.jaas.config`.
    static let shortNames: [String: String] = [
        "protocol": "security.protocol", "mechanism": "sasl.mechanism", "jaas": "sasl.jaas.config",
        "ca_file": "ssl.truststore.location", "truststore": "ssl.truststore.location",
        "truststore_password": "ssl.truststore.password", "keystore": "ssl.keystore.location",
        "keystore_password": "ssl.keystore.password", "key_password": "ssl.key.password",
        "token_endpoint": "sasl.oauthbearer.token.endpoint.url", "token_ca_file": "https.ca.location",
        "token_command": "sasl.oauthbearer.token.command", "scope": "sasl.oauthbearer.scope",
        "client_id": "sasl.oauthbearer.client.credentials.client.id",
        "client_secret": "sasl.oauthbearer.client.credentials.client.secret",
    ]
    static let credentials = ["username", "password", "token_auth"]
    private static let paths: Set<String> = ["ca_file", "truststore", "keystore", "token_ca_file"]

    /// The problems of every `security:` of an inventory, without fetching a secret or contacting anyone.
    package static func check(_ inventory: Inventory) -> [Diagnostic] {
        inventory.clusters.flatMap { cluster -> [Diagnostic] in
            var found: [Diagnostic] = []
            if let node = cluster.security {
                var problems: [Diagnostic] = []
                let settings = settings(of: node, &problems)
                found += problems
                if problems.isEmpty {
                    let entries = settings.map { entry($0, value: Self.sample($0)) }
                    found += diagnostics(of: entries, settings, at: node.span)
                }
                if let file = cluster.commandConfig {
                    found.append(
                        Diagnostic(
                            code: "security", "a cluster has `security` or `command_config`, not both", at: file.span))
                }
            }
            return found
        }
    }

    /// Stands for a secret that is not fetched: any text without a special meaning.
    private static func sample(_ setting: Setting) -> String {
        switch setting.text {
        case .plain(let text): text
        case .secret: "secret"
        }
    }

    private static func diagnostics(
        of entries: [ConfigurationEntry], _ settings: [Setting], at span: SourceSpan
    ) -> [Diagnostic] {
        func diagnostic(_ problem: ConfigurationProblem, isWarning: Bool) -> Diagnostic {
            var diagnostic = Diagnostic(
                code: "security", problem.message, hint: problem.hint,
                at: settings.last { $0.key == problem.key }?.span ?? span)
            if isWarning { diagnostic.severity = .warning }
            return diagnostic
        }
        do throws(ConfigurationErrors) {
            let read = try ClientConfiguration(joined(entries), environment: [:])
            return read.warnings.map { diagnostic($0, isWarning: true) }
        } catch {
            return error.problems.map { diagnostic($0, isWarning: false) }
        }
    }

    /// The settings as they stand; relative paths of short names are looked up from the inventory's folder.
    static func settings(of node: ConfigurationNode, _ problems: inout [Diagnostic]) -> [Setting] {
        guard let entries = node.template.entries else {
            problems.append(Diagnostic(code: "security", "`security` is a map of settings", at: node.span))
            return []
        }
        var settings: [Setting] = []
        for (name, value) in entries {
            let key = shortNames[name.value] ?? name.value
            if key == name.value, !credentials.contains(key), !key.contains(".") {
                let known = shortNames.keys.sorted() + credentials
                problems.append(
                    Diagnostic(
                        code: "security", "`security` has no key '\(key)'",
                        hint: NearestName.hint(key, orListing: known) + ", and Kafka's own settings by their names",
                        at: name.span))
                continue
            }
            guard var text = text(of: value) else {
                problems.append(
                    Diagnostic(
                        code: "security", "'\(name.value)' is one text, written out, or {secret: \"env:NAME\"}",
                        at: value.span))
                continue
            }
            if paths.contains(name.value) { text = Self.path(text, in: node.folder) }
            settings.append(Setting(key: key, text: text, span: name.span))
            if name.value == "ca_file" {
                settings.append(Setting(key: "ssl.truststore.type", text: .plain("PEM"), span: name.span))
            }
        }
        return settings
    }

    /// `keystore: {secret: "file:PATH"}` names the file that holds the secret: the path is no secret.
    private static func path(_ text: Text, in folder: String) -> Text {
        let path: String
        switch text {
        case .plain(let plain): path = plain
        case .secret(let source):
            guard source.hasPrefix("file:") else { return text }
            path = String(source.dropFirst(5))
        }
        return .plain(path.hasPrefix("/") || folder.isEmpty ? path : "\(folder)/\(path)")
    }

    private static func text(of value: ValueTemplate) -> Text? {
        if let entries = value.entries {
            guard entries.count == 1, let entry = entries.first, entry.key.value == "secret",
                let source = entry.value.literalText
            else { return nil }
            return .secret(source)
        }
        if let items = value.items {
            let words = items.compactMap { item -> String? in
                if case .literal(let literal) = item { literal.value.plainText } else { nil }
            }
            return words.count == items.count ? .plain(words.joined(separator: ",")) : nil
        }
        if case .literal(let literal) = value { return literal.value.plainText.map(Text.plain) }
        return nil
    }

    static func entry(_ setting: Setting, value: String) -> ConfigurationEntry {
        var isSecret = false
        if case .secret = setting.text { isSecret = true }
        return ConfigurationEntry(
            key: setting.key, value: value, place: setting.span.description, isSecret: isSecret)
    }

    /// `username` and `password` become the option of a login module.
    static func joined(_ entries: [ConfigurationEntry]) -> [ConfigurationEntry] {
        let given = entries.filter { credentials.contains($0.key) }
        guard let first = given.first else { return entries }
        let mechanism = entries.last { $0.key == "sasl.mechanism" }?.value.uppercased() ?? ""
        let module =
            mechanism == "PLAIN"
            ? "org.apache.kafka.common.security.plain.PlainLoginModule"
            : "org.apache.kafka.common.security.scram.ScramLoginModule"
        var options = ""
        for entry in given {
            let name = entry.key == "token_auth" ? "tokenauth" : entry.key
            options += " \(name)=\"\(quoted(entry.value))\""
        }
        let joined = ConfigurationEntry(
            key: "sasl.jaas.config", value: "\(module) required\(options);", place: first.place, isSecret: true)
        return entries.filter { !credentials.contains($0.key) } + [joined]
    }

    /// For a text between the quotes of the login module's grammar.
    private static func quoted(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
