import Values

/// `audit: {checkpoint: [file:/mnt/audit/heads, journal], key: FILE}`: where the ends of the audit logs are kept besides.
package struct AuditSettings: Sendable, Hashable {
    /// One place that checkpoints are kept in.
    package enum Place: Sendable, Hashable {
        case file(String)
        /// journald, or whatever listens to the system's log.
        case systemLog
        /// The summary of the CI job, else the job's own log.
        case ci
        /// A topic of the cluster that the run changes.
        case topic(String)

        package static let forms = "file:PATH, journal, syslog, ci or topic:NAME"

        /// Nil for what none of the forms is. A path is looked up from `folder`.
        package init?(_ text: String, folder: String) {
            switch text {
            case "journal", "syslog": self = .systemLog
            case "ci": self = .ci
            default:
                if text.hasPrefix("file:"), text.count > 5 {
                    self = .file(Self.path(String(text.dropFirst(5)), folder))
                } else if text.hasPrefix("topic:"), text.count > 6 {
                    self = .topic(String(text.dropFirst(6)))
                } else {
                    return nil
                }
            }
        }

        static func path(_ path: String, _ folder: String) -> String {
            path.hasPrefix("/") || folder.isEmpty ? path : "\(folder)/\(path)"
        }

        /// As it is written.
        package var name: String {
            switch self {
            case .file(let path): "file:\(path)"
            case .systemLog: "journal"
            case .ci: "ci"
            case .topic(let name): "topic:\(name)"
            }
        }
    }

    package var places: [Place] = []
    /// An Ed25519 private key in PEM that signs them.
    package var key: String?

    package init() {}
}

extension AuditSettings {
    /// Reads `audit` of an inventory.
    init(_ node: YAMLNode, folder: String, _ problems: Problems) {
        let hint = "{checkpoint: [file:PATH], key: FILE}"
        guard let entries = node.entries else {
            problems.error("inventory-shape", "audit is a map", hint: hint, at: node.span)
            return
        }
        for entry in entries {
            switch entry.key {
            case "checkpoint":
                for item in entry.value.items ?? [entry.value] {
                    guard let place = item.text.flatMap({ Place($0, folder: folder) }) else {
                        problems.error(
                            "bad-checkpoint", "a checkpoint is kept in \(Place.forms)", at: item.span)
                        continue
                    }
                    places.append(place)
                }
            case "key":
                guard let file = entry.value.text, !file.isEmpty else {
                    problems.error("type-mismatch", "key is the path of a file", at: entry.value.span)
                    continue
                }
                key = Place.path(file, folder)
            default:
                problems.error("unknown-key", "audit has no key '\(entry.key)'", hint: hint, at: entry.keySpan)
            }
        }
    }
}
