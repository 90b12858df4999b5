/// What a run left in the world: the oracle.
struct Traces {
    /// Effects that somebody caused, from the ledger of the cluster, in order.
    var effects: [ServedCluster.Entry] = []
    /// What happened by itself, too.
    var ledger: [ServedCluster.Entry] = []
    /// The lines of `effects`, in order.
    var lines: [String] = []
    /// Other files by their names.
    var files: [String: String] = [:]

    /// Kinds of the ledger that tell what opsrun did, each of which is to happen as often as in a run that nobody kills.
    private static let kinds: Set<String> = [
        "installed", "activated", "started", "start_failed", "stopping", "topic_created", "topic_deleted",
        "partitions_created", "config_altered", "feature_updated", "group_deleted", "asked",
    ]

    init(_ cluster: ServedCluster, folder: String) throws {
        ledger = try cluster.ledger()
        effects = ledger.filter { $0.cause != nil && Self.kinds.contains($0.effect) && !$0.detail.hasPrefix("status") }
        lines = Disk.lines("\(folder)/effects")
        // What a killed writer leaves under a name of its own is no file of the playbook's.
        for name in Disk.list("\(folder)/files") where !name.hasSuffix(".tmp") {
            files[name] = Disk.text("\(folder)/files/\(name)")
        }
    }

    /// What is wrong with them, beside those of a run that nobody killed.
    ///
    /// 1. Nothing is lost: all that happens in a run that nobody kills has happened.
    /// 2. Nothing is repeated that was not declared: what is asked of a node, or set on the cluster, more often stands in the
    ///    journal as more intents; what a node or a program does, never.
    /// 3. Only processes that the journal names have asked.
    /// 4. No two nodes are down at once, and no partition falls under min.insync.replicas.
    func problems(beside whole: Traces, _ playbook: TorturePlaybook, _ journal: RunJournal) -> [String] {
        var problems: [String] = []
        func compare(_ mine: [String], _ theirs: [String], _ mayBeMore: (String) -> Bool = { _ in false }) {
            var left = theirs
            for text in mine {
                if let place = left.firstIndex(of: text) {
                    left.remove(at: place)
                } else if !mayBeMore(text) {
                    problems.append("repeated, and not declared: \(text)")
                }
            }
            for text in left { problems.append("lost: \(text)") }
        }
        compare(effects.map(\.text), whole.effects.map(\.text)) { text in
            (text.hasPrefix("asked ") || text.hasPrefix("config_altered "))
                && Self.isDeclared(text, effects.count { $0.text == text }, journal)
        }
        compare(lines, whole.lines)
        if files != whole.files { problems.append("files differ: \(files) and \(whole.files)") }
        if !playbook.usesCommands {
            for effect in effects where effect.cause?.hasPrefix("process ") == true {
                let process = effect.cause.flatMap { Int64($0.dropFirst("process ".count)) } ?? 0
                if !journal.processes.contains(process) {
                    problems.append("\(effect.text) by process \(process), which the journal does not know")
                }
            }
        }
        return problems + harm
    }

    /// As many intents as times that it was asked for.
    private static func isDeclared(_ text: String, _ count: Int, _ journal: RunJournal) -> Bool {
        let words = text.split(separator: " ")
        guard words.first == "asked", words.count > 2 else {
            return journal.intents(of: "kafka.alter_configs", "kafka.alter_topic_configs", "kafka.delete_configs")
                >= count
        }
        let host = "b\(words[1])"
        switch words[2] {
        case "install": return journal.intents(of: "broker.install", on: host) >= count
        case "activate": return journal.intents(of: "broker.activate", on: host) >= count
        case "stop": return journal.intents(of: "broker.stop", "broker.restart", on: host) >= count
        case "start": return journal.intents(of: "broker.start", "broker.restart", on: host) >= count
        default: return false
        }
    }

    private var harm: [String] {
        var problems: [String] = []
        var down: Set<Int64> = []
        for entry in ledger {
            switch entry.effect {
            case "stopping":
                down.insert(entry.node)
                if down.count > 1 { problems.append("nodes \(down.sorted()) are down at once") }
            case "unfenced": down.remove(entry.node)
            case "isr_shrunk" where entry.detail.hasPrefix("orders-"):
                let isr = entry.detail.split(separator: " ").last ?? ""
                if isr.split(separator: ",").count < 2 { problems.append("under min.insync.replicas: \(entry.detail)") }
            default: break
            }
        }
        return problems
    }
}
