/// The keywords of a task.
enum TaskKeyword: UInt8, CaseIterable {
    case name, when, loop, register, until, retries, delay, interval, timeout, effect, verify, undo, irreversible,
        become
    case environment, cluster, tags, vars, simulate, args, reason
    case loopControl, delegateTo, runOnce, changedWhen, failedWhen, noLog, onFailure, checkMode

    /// As a playbook writes it.
    var text: String {
        switch self {
        case .loopControl: "loop_control"
        case .delegateTo: "delegate_to"
        case .runOnce: "run_once"
        case .changedWhen: "changed_when"
        case .failedWhen: "failed_when"
        case .noLog: "no_log"
        case .onFailure: "on_failure"
        case .checkMode: "check_mode"
        default: String(describing: self)
        }
    }

    static let names = allCases.filter { $0 != .checkMode && $0 != .args }.map(\.text)

    private static let byName = Dictionary(uniqueKeysWithValues: allCases.map { ($0.text, $0) })

    static func named(_ name: String) -> TaskKeyword? { byName[name] }

    /// Some of the keywords.
    struct Group: OptionSet {
        let rawValue: UInt64
    }

    var group: Group { Group(rawValue: 1 << UInt64(rawValue)) }

    /// Those whose conditions see the task's own result.
    static let verdicts: Group = [Self.until.group, Self.changedWhen.group, Self.failedWhen.group]
}

/// What Ansible has and this language refuses, each with what to write instead.
enum RefusedKeyword {
    private static let everywhere: [String: String] = [
        "ignore_errors": "write failed_when, or on_failure: continue with a reason",
        "ignore_unreachable": "a host that cannot be reached stops the run",
        "notify": "write a task with \"when: that_result is changed\"",
        "handlers": "write a task with \"when: that_result is changed\"",
        "listen": "write a task with \"when: that_result is changed\"",
        "set_fact": "names are declared: use vars, or register a result",
        "include_tasks": "write import_tasks",
        "include_vars": "write vars, or put them into the inventory",
        "include_role": "write import_tasks",
        "import_role": "write import_tasks",
        "include": "write import_tasks",
        "roles": "write import_tasks",
        "vars_prompt": "write params: -e sets them, and one without a value is an error that names it",
        "vars_files": "write vars, or put them into the inventory",
        "local_action": "write the action with delegate_to: localhost",
        "action": "write the action's name as the key",
        "async": "a long action is waited for with a gate",
        "poll": "a long action is waited for with a gate",
        "gather_facts": "facts of a host are read where they are named; remove it",
        "any_errors_fatal": "the first failure stops the run; max_fail says otherwise",
        "max_fail_percentage": "write max_fail",
        "strategy": "hosts of a batch go in step, the batch's size is serial",
        "become_user": "set ansible_become_user in the inventory",
        "become_method": "sudo is used; remove it",
        "meta": "write when on what follows",
        "throttle": "write serial on the play",
        "debugger": "remove it",
        "diff": "plans always show differences; remove it",
        "remote_user": "set ansible_user in the inventory",
        "connection": "set ansible_connection in the inventory",
        "port": "set ansible_port in the inventory",
        "module_defaults": "write the arguments where they are used",
        "collections": "actions are built in",
        "window": "write it at the top of the playbook: it holds for all of the run",
        "detach": "detached steps are not built yet; wait for it with a gate",
    ]

    /// The replacement, when `key` is a keyword that is refused.
    static func replacement(for key: String) -> String? {
        if let found = everywhere[key] { return found }
        return key.hasPrefix("with_") ? "write loop" : nil
    }

    /// Reports `key` when it is one of them.
    static func report(_ entry: YAMLEntry, in problems: Problems) -> Bool {
        guard let replacement = replacement(for: entry.key) else { return false }
        problems.error(
            "refused-keyword", "'\(entry.key)' is not part of this language", hint: replacement, at: entry.keySpan)
        return true
    }
}
