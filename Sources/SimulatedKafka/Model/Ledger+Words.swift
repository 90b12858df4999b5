import Values

extension Ledger.Effect {
    /// Its kind, and what it was about, for those who read the ledger from another process.
    package var words: (kind: String, detail: String) {
        switch self {
        case .installed(let version): ("installed", version.text)
        case .activated(let version): ("activated", version.text)
        case .started(let version): ("started", version.text)
        case .startFailed(let version, let reason): ("start_failed", "\(version) \(reason)")
        case .stopping: ("stopping", "")
        case .stopped(let controlled): ("stopped", controlled ? "controlled" : "killed")
        case .asked(let words): ("asked", words)
        case .topicCreated(let topic): ("topic_created", topic)
        case .topicDeleted(let topic): ("topic_deleted", topic)
        case .partitionsCreated(let topic, let count): ("partitions_created", "\(topic) \(count)")
        case .configAltered(let resource, let name, let value):
            ("config_altered", "\(resource) \(name)" + (value.map { "=\($0)" } ?? " deleted"))
        case .isrShrunk(let key, let isr): ("isr_shrunk", "\(key.topic)-\(key.partition) \(Self.text(isr))")
        case .isrExpanded(let key, let isr): ("isr_expanded", "\(key.topic)-\(key.partition) \(Self.text(isr))")
        case .leaderLost(let key): ("leader_lost", "\(key.topic)-\(key.partition)")
        case .featureUpdated(let name, let from, let to): ("feature_updated", "\(name) \(from) \(to)")
        case .groupDeleted(let group): ("group_deleted", group)
        default: other
        }
    }

    /// The name and the values of the case as Swift shows them.
    private var other: (kind: String, detail: String) {
        let text = String(describing: self)
        let name = text.prefix { $0 != "(" }
        let kind = name.reduce(into: "") { $0 += $1.isUppercase ? "_\($1.lowercased())" : String($1) }
        return (kind, String(text.dropFirst(name.count + 1).dropLast()))
    }

    private static func text(_ nodes: [Int32]) -> String { nodes.map(String.init).joined(separator: ",") }
}
