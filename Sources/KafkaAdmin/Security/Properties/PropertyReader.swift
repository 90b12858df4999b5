import EventLoop
import Values

/// Takes settings out of a list by key and type, as Kafka's `ConfigDef` does; notes what is wrong with them and which
/// were asked for.
struct PropertyReader {
    /// By key; the last one of a key counts.
    private(set) var entries: [String: ConfigurationEntry] = [:]
    private(set) var known: Set<String> = []
    var problems: [ConfigurationProblem] = []
    var warnings: [ConfigurationProblem] = []

    /// Reads the files that values refer to (`config.providers`): it blocks.
    init(_ list: [ConfigurationEntry], environment: [String: String]) {
        for entry in list { entries[entry.key] = entry }
        let providers = ConfigurationProviders(entries, environment: environment)
        problems = providers.problems
        for (key, entry) in entries.sorted(by: { $0.key < $1.key })
        where !key.hasPrefix(ConfigurationProviders.prefix) && key != ConfigurationProviders.listKey {
            do throws(ConfigurationProblem) { entries[key] = try providers.resolved(entry) } catch {
                problems.append(error)
                // Asked for and found nowhere is one problem, not two.
                entries[key]?.value = ""
            }
        }
    }

    func has(_ key: String) -> Bool { entries[key] != nil }

    /// Trimmed; nil when it is not set.
    mutating func text(_ key: String) -> String? {
        known.insert(key)
        return entries[key].map { $0.value.trimmedASCII }
    }

    /// The same, and nil also when it is empty.
    mutating func nonEmpty(_ key: String) -> String? { text(key).flatMap { $0.isEmpty ? nil : $0 } }

    mutating func secret(_ key: String) -> Secret? {
        text(key).map { Secret($0, origin: "\(key) (\(entries[key]?.place ?? ""))") }
    }

    mutating func list(_ key: String) -> [String]? {
        text(key)?.split(separator: ",").map(\.trimmedASCII).filter { !$0.isEmpty }
    }

    mutating func integer(_ key: String, _ range: ClosedRange<Int>) -> Int? {
        guard let text = text(key) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            wrong(key, "is a whole number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return number
    }

    mutating func milliseconds(_ key: String, from least: Int = 0) -> Duration? {
        integer(key, least...Int(Int32.max)).map { .milliseconds($0) }
    }

    mutating func seconds(_ key: String, _ range: ClosedRange<Int>) -> Duration? {
        integer(key, range).map { .seconds($0) }
    }

    mutating func number(_ key: String, _ range: ClosedRange<Double>) -> Double? {
        guard let text = text(key) else { return nil }
        guard let number = Double(text), range.contains(number) else {
            wrong(key, "is a number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return number
    }

    mutating func flag(_ key: String) -> Bool? {
        guard let text = text(key) else { return nil }
        switch text.lowercased() {
        case "true": return true
        case "false": return false
        default:
            wrong(key, "is true or false")
            return nil
        }
    }

    /// One of some words, in any case of letters.
    mutating func word(_ key: String, _ words: [String]) -> String? {
        guard let text = text(key) else { return nil }
        if let word = words.first(where: { $0.lowercased() == text.lowercased() }) { return word }
        wrong(key, "is one of \(words.joined(separator: ", "))")
        return nil
    }

    /// Notes that a value is not what it should be; shows it unless it is secret.
    mutating func wrong(_ key: String, _ expected: String, hint: String? = nil) {
        guard let entry = entries[key] else { return problem(key, "\(key) \(expected)", hint: hint) }
        let value = entry.value.trimmedASCII
        let isHidden = entry.isSecret || Self.isSecret(key) || Self.holdsSecret(value)
        let shown = isHidden ? "" : ", not '\(PeerText.shown(value))'"
        problem(key, "\(key) \(expected)\(shown)", hint: hint)
    }

    mutating func problem(_ key: String, _ message: String, hint: String? = nil) {
        problems.append(ConfigurationProblem(key: key, place: place(of: key), message: message, hint: hint))
    }

    mutating func warn(_ key: String, _ message: String, hint: String? = nil) {
        warnings.append(ConfigurationProblem(key: key, place: place(of: key), message: message, hint: hint))
    }

    mutating func know(_ key: String) { known.insert(key) }

    /// Keys that nobody asked for, in the order of their places.
    var unknown: [ConfigurationEntry] {
        entries.values.filter { !known.contains($0.key) }.sorted { ($0.place, $0.key) < ($1.place, $1.key) }
    }

    private func place(of key: String) -> String {
        entries[key]?.place ?? entries.values.map(\.place).min()?.withoutLine ?? "client configuration"
    }

    /// Whether a value is not to be shown, whatever its key: a missing line end has put a part of another setting into it.
    private static func holdsSecret(_ value: String) -> Bool {
        isSecret(value) || value.contains("=") || value.lowercased().contains("loginmodule")
    }

    /// Made as the names of settings are.
    static func isName(_ text: String) -> Bool {
        text.utf8.allSatisfy { byte in
            (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte) || [0x2E, 0x5F, 0x2D].contains(byte)
        } && text.utf8.count <= 128
    }

    /// Whether the value of a key is never shown.
    static func isSecret(_ key: String) -> Bool {
        let key = key.lowercased()
        return ["password", "secret", "jaas.config", "keystore.key", "keystore.certificate", "token"].contains {
            key.contains($0)
        }
    }
}

extension String {
    /// `file:12` without the line.
    fileprivate var withoutLine: String {
        guard let colon = lastIndex(of: ":"), self[index(after: colon)...].allSatisfy(\.isNumber) else { return self }
        return String(self[..<colon])
    }
}
