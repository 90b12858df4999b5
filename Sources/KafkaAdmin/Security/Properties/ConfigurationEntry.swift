/// One setting in Kafka's vocabulary, from a properties file or a map of an inventory. It does not print its value.
package struct ConfigurationEntry: Sendable, CustomStringConvertible, CustomReflectable {
    package var key: String
    package var value: String
    /// Where it stands, for messages: `client.properties:12`.
    package var place: String
    /// The value is never shown, whatever the key.
    package var isSecret: Bool

    package init(key: String, value: String, place: String, isSecret: Bool = false) {
        self.key = key
        self.value = value
        self.place = place
        self.isSecret = isSecret
    }

    /// The entries of a properties file; later ones replace earlier ones.
    package static func entries(of file: PropertiesFile, named path: String) -> [ConfigurationEntry] {
        file.entries.map { ConfigurationEntry(key: $0.key, value: $0.value, place: "\(path):\($0.line)") }
    }

    package var description: String { "\(key) (\(place))" }
    package var customMirror: Mirror { Mirror(self, children: ["key": key, "place": place]) }
}

/// Something wrong with a setting, or worth saying about one. Never holds a secret.
package struct ConfigurationProblem: Error, Sendable, Hashable, CustomStringConvertible {
    /// The setting it is about; the text of `security:` is found again by it.
    package var key: String
    package var place: String
    /// One sentence without a final dot: what is wrong and what was expected.
    package var message: String
    package var hint: String?

    package init(key: String, place: String, message: String, hint: String? = nil) {
        self.key = key
        self.place = place
        self.message = message
        self.hint = hint
    }

    package var description: String { "\(place): \(message)\(hint.map { "; \($0)" } ?? "")" }
}

/// All that is wrong with a configuration.
package struct ConfigurationErrors: Error, Sendable, CustomStringConvertible {
    package var problems: [ConfigurationProblem]

    package init(_ problems: [ConfigurationProblem]) { self.problems = problems }

    package var description: String { problems.map(\.description).joined(separator: "\n") }
}
