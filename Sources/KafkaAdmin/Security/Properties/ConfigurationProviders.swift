import EventLoop

/// Replaces `${provider:path:key}` and `${provider:key}` in values (KIP-297), with the providers that `config.providers`
/// declares: Kafka's own for files, folders and environment variables. Reads files: it blocks.
struct ConfigurationProviders {
    /// Bytes of a file that is read.
    static let fileLimit = 1 << 20

    private enum Kind: String {
        case file = "FileConfigProvider"
        case directory = "DirectoryConfigProvider"
        case environment = "EnvVarConfigProvider"
    }

    private struct Provider {
        let kind: Kind
        let allowedPaths: [String]
    }

    private static let package = "org.apache.kafka.common.config.provider."
    static let listKey = "config.providers"
    static let prefix = "config.providers."

    private var providers: [String: Provider] = [:]
    private let environment: [String: String]
    private(set) var problems: [ConfigurationProblem] = []

    init(_ entries: [String: ConfigurationEntry], environment: [String: String]) {
        self.environment = environment
        guard let list = entries[Self.listKey] else { return }
        for name in list.value.split(separator: ",").map({ $0.trimmedASCII }) where !name.isEmpty {
            let classKey = "\(Self.prefix)\(name).class"
            guard let declared = entries[classKey] else {
                problems.append(
                    ConfigurationProblem(
                        key: Self.listKey, place: list.place,
                        message: "\(Self.listKey) names \(name), and \(classKey) is not set"))
                continue
            }
            let text = declared.value.trimmedASCII
            guard text.hasPrefix(Self.package), let kind = Kind(rawValue: String(text.dropFirst(Self.package.count)))
            else {
                problems.append(
                    ConfigurationProblem(
                        key: classKey, place: declared.place,
                        message: "\(classKey) is a class that needs Java",
                        hint: "FileConfigProvider, DirectoryConfigProvider and EnvVarConfigProvider of Kafka are known")
                )
                continue
            }
            let allowed = entries["\(Self.prefix)\(name).param.allowed.paths"]?.value ?? ""
            providers[name] = Provider(
                kind: kind, allowedPaths: allowed.split(separator: ",").map { $0.trimmedASCII })
        }
    }

    /// The entry with every reference to a declared provider replaced; what was replaced is secret.
    func resolved(_ entry: ConfigurationEntry) throws(ConfigurationProblem) -> ConfigurationEntry {
        guard !providers.isEmpty, entry.value.contains("${") else { return entry }
        var result = ""
        var rest = entry.value[...]
        var isSecret = entry.isSecret
        while let start = rest.firstRange(of: "${") {
            result += rest[..<start.lowerBound]
            let inner = rest[start.upperBound...]
            guard let end = inner.firstIndex(of: "}") else {
                result += rest[start.lowerBound...]
                rest = ""
                break
            }
            let reference = inner[..<end]
            if let value = try value(of: reference, entry) {
                result += value
                isSecret = true
            } else {
                result += "${\(reference)}"
            }
            rest = inner[inner.index(after: end)...]
        }
        result += rest
        return ConfigurationEntry(key: entry.key, value: result, place: entry.place, isSecret: isSecret)
    }

    /// Nil when it is no reference to a provider: such text stays, as in Kafka.
    private func value(of reference: Substring, _ entry: ConfigurationEntry) throws(ConfigurationProblem) -> String? {
        let parts = reference.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 2, let provider = providers[parts[0]] else { return nil }
        let path = parts.count == 3 ? parts[1] : ""
        let key = parts[parts.count - 1]
        func problem(_ message: String) -> ConfigurationProblem {
            ConfigurationProblem(
                key: entry.key, place: entry.place, message: "\(entry.key): ${\(reference)} \(message)")
        }
        if provider.kind != .environment, !provider.allowedPaths.isEmpty,
            path.contains("/../") || !provider.allowedPaths.contains(where: { path == $0 || path.hasPrefix($0 + "/") })
        {
            throw problem("is outside \(provider.allowedPaths.joined(separator: ", "))")
        }
        switch provider.kind {
        case .environment:
            guard let value = environment[key] else { throw problem("names a variable that is not set") }
            return value
        case .directory:
            guard !key.contains("/"), key != "..", key != "." else { throw problem("names no file of that folder") }
            return String(decoding: try read("\(path)/\(key)", problem), as: UTF8.self)
        case .file:
            let text = String(decoding: try read(path, problem), as: UTF8.self)
            let file: PropertiesFile
            do throws(PropertiesFile.Malformed) { file = try PropertiesFile(text: text) } catch {
                throw problem("cannot be read: line \(error.line): \(error.message)")
            }
            guard let value = file[key] else { throw problem("names a key that the file lacks") }
            return value
        }
    }

    private func read(
        _ path: String, _ problem: (String) -> ConfigurationProblem
    ) throws(ConfigurationProblem) -> [UInt8] {
        do throws(SystemError) { return try Files.read(path, limit: Self.fileLimit) } catch {
            throw problem("cannot be read: \(error.reason)")
        }
    }
}

extension StringProtocol {
    /// Without leading and trailing characters up to the space, as Java's `trim` does it.
    var trimmedASCII: String {
        var scalars = Substring(self).unicodeScalars
        while let first = scalars.first, first.value <= 32 { scalars.removeFirst() }
        while let last = scalars.last, last.value <= 32 { scalars.removeLast() }
        return String(scalars)
    }

    /// The first place where `text` stands.
    fileprivate func firstRange(of text: String) -> Range<Index>? {
        var place = startIndex
        while place < endIndex {
            if self[place...].hasPrefix(text) { return place..<index(place, offsetBy: text.count) }
            place = index(after: place)
        }
        return nil
    }
}
