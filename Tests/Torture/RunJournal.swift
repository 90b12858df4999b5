import Values

/// The journal of a run as the driver reads it: lines of JSON, without the product's own reader.
struct RunJournal {
    struct Task {
        var key: String
        var name: String
        var host: String
        var action: String
        var isRead: Bool
    }

    private(set) var intents: [Task] = []
    /// Status of the last outcome of each key.
    private(set) var outcomes: [String: String] = [:]
    private(set) var processes: Set<Int64> = []
    private(set) var resumes = 0
    private(set) var hasBegun = false
    /// Of the last end.
    private(set) var exitCode: Int64?
    /// Host: ok, changed, and so on; as the last end says it.
    private(set) var counts = ""

    init(_ path: String) {
        for line in Disk.lines(path) {
            guard let record = try? JSON.parse(Array(line.utf8)) else { continue }
            func text(_ name: String) -> String { record[name]?.stringValue ?? "" }
            switch text("type") {
            case "run_opened":
                hasBegun = true
                processes.insert(record["pid"]?.intValue ?? 0)
            case "run_resumed":
                resumes += 1
                exitCode = nil
                processes.insert(record["pid"]?.intValue ?? 0)
            case "task_started":
                intents.append(
                    Task(
                        key: text("key"), name: text("name"), host: text("host"), action: text("action"),
                        isRead: text("effect") == "read"))
            case "task_finished": outcomes[text("key")] = text("status")
            case "run_closed":
                exitCode = record["exit_code"]?.intValue
                counts = (record["counts"]?.listValue ?? []).map { JSON.text($0) }.sorted().joined(separator: "\n")
            default: break
            }
        }
    }

    func intents(of action: String..., on host: String? = nil) -> Int {
        intents.count { action.contains($0.action) && (host == nil || $0.host == host) }
    }

    func name(of key: String) -> String { intents.last { $0.key == key }?.name ?? "" }

    /// Steps that may have acted and have no outcome that says what came of it.
    var open: [String] {
        var keys: [String] = []
        for task in intents where !task.isRead && !keys.contains(task.key) {
            let status = outcomes[task.key]
            if status == nil || status == "unknown" { keys.append(task.key) }
        }
        return keys
    }
}
