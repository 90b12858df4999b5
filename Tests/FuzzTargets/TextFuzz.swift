import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// What people and programs write: settings, playbooks, expressions, records.
enum TextFuzz {
    private static let secretSettings = ["password", "sasl.jaas.config", "keystore.key"]

    static func properties(_ bytes: [UInt8]) {
        guard let file = try? PropertiesFile(bytes) else { return }
        let entries = ConfigurationEntry.entries(of: file, named: "client.properties")
        // Where values come from other files these would be this machine's.
        guard !entries.contains(where: { $0.key.hasPrefix("config.providers") }) else { return }
        // What stands in a setting that is no secret may be shown, also when it looks like one.
        let isSecret = entries.allSatisfy { entry in
            !entry.key.contains("hunter2")
                && (!entry.value.contains("hunter2") || secretSettings.contains { entry.key.hasSuffix($0) })
        }
        do throws(ConfigurationErrors) {
            _ = try ClientConfiguration(entries, environment: [:])
        } catch {
            require(!isSecret || !error.description.contains("hunter2"), "a secret is shown")
        }
    }

    static func yaml(_ bytes: [UInt8]) {
        let outcome = YAMLParser.documents(of: bytes, file: "fuzz.yml")
        for problem in outcome.problems { _ = problem.message }
    }

    static func json(_ bytes: [UInt8]) {
        guard let value = try? JSON.parse(bytes) else { return }
        let text = JSON.text(value)
        guard let again = try? JSON.parse(text) else { return require(false, "JSON cannot be read again") }
        require(JSON.text(again) == text, "JSON is not stable")
    }

    private static let values: ValueMap = [
        "n": 7, "text": "abc", "list": [1, 2, 3], "map": ["a": 1, "b": ["c": .null]], "flag": true, "nothing": .null,
        "wait": .duration(.seconds(90)), "started": .timestamp(Timestamp(milliseconds: 0)),
        "v": .version(Version(major: 4, minor: 3)), "password": .secret(Secret("hunter2", origin: "env:P")),
    ]

    /// The first byte says whether the rest is an expression, a template or the file of one.
    static func expressions(_ bytes: [UInt8]) {
        guard let first = bytes.first else { return }
        let text = String(decoding: bytes.dropFirst(), as: UTF8.self)
        let span = SourceSpan(file: "fuzz.yml", line: 1, column: 1)
        let scope = ValueScope(values)
        switch first % 3 {
        case 0:
            guard case .success(let expression) = Expression.parse(text, at: span) else { return }
            _ = try? expression.evaluate(in: scope)
        case 1:
            guard case .success(let template) = Template.parse(text, at: span) else { return }
            _ = try? template.evaluate(in: scope)
        default:
            guard case .success(let template) = Template.parseFile(text, path: "fuzz.j2") else { return }
            _ = try? template.render(in: scope)
        }
    }

    static func journal(_ bytes: [UInt8]) {
        _ = JournalContent(bytes).state
        // Behind the chain of digests: each line for itself.
        var state = RunState()
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            guard let event = RunEvent(Array(line)) else { continue }
            state.apply(event)
        }
    }
}
