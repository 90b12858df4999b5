internal import Playbooks
internal import Values

// What stands inside of parameters, locks, host patterns and loops, and what expressions may name.
extension KeywordTable {
    static let parts: [Entry] = [
        .init(
            name: "type", place: "parameter",
            text: """
                bool int float string bytes duration timestamp version secret cluster list<T> map<T>, or record with fields. Values \
                from -e are read by it.
                """, example: "params: {limit: {type: int}}"),
        .init(
            name: "default", place: "parameter",
            text: "The value without -e; one that may be null makes it required then.",
            example: "params: {limit: {type: int, default: 3}}"),
        .init(
            name: "optional", place: "parameter", text: "It may be null: its type is then T?.",
            example: "params: {rack: {type: string, optional: true}}"),
        .init(
            name: "one_of", place: "parameter", text: "The only values that it may have.",
            example: "params: {mode: {type: string, one_of: [fast, safe]}}"),
        .init(
            name: "min", place: "parameter", text: "The least that it may be.",
            example: "params: {n: {type: int, min: 1}}"),
        .init(
            name: "max", place: "parameter", text: "The most that it may be.",
            example: "params: {n: {type: int, max: 9}}"),
        .init(
            name: "match", place: "parameter", text: "A regular expression that the whole text must match.",
            example: "params: {topic: {type: string, match: \"[a-z.]+\"}}"),
        .init(
            name: "fields", place: "parameter", text: "The fields of a record, each a parameter of its own.",
            example: "params: {quota: {type: record, fields: {rate: {type: bytes}}}}"),
        .init(
            name: "summary", place: "parameter", text: "What it is for, for people.",
            example: "params: {limit: {type: int, summary: \"hosts at once\"}}"),
        .init(
            name: "description", place: "parameter", text: "The same as summary.",
            example: "params: {limit: {type: int, description: \"hosts at once\"}}"),
        .init(
            name: "scope", place: "lock", text: "cluster (the default of what writes), or none.",
            example: "lock: {scope: none}"),
        .init(
            name: "wait", place: "lock", text: "How long to wait for the run that holds the lock, before exit 9.",
            example: "lock: {wait: 5m}"),
        .init(
            name: "allow", place: "window", text: "The times of changes; none: every time that is not denied.",
            example: "window: {allow: [{cron: \"0 22 * * TUE\", duration: 5h, timezone: Europe/Oslo}]}"),
        .init(
            name: "deny", place: "window", text: "Times without changes, whatever is allowed.",
            example: "window: {deny: [{from: 2026-12-18, to: 2027-01-04, reason: change freeze}]}"),
        .init(
            name: "on_close", place: "window",
            text: """
                What a run may still do when its window closes: finish_batch (the default), or finish_step, where also a step does \
                not begin whose timeout is longer than the window is still open.
                """,
            example: "window: {allow: [{cron: \"0 1 * * *\", duration: 2h}], on_close: finish_step}"),
        .init(
            name: "cron", place: "time of a window",
            text: "When it opens: minute, hour, day of the month, month, day of the week, as crontab(5) has them.",
            example: "window: {allow: [{cron: \"30 1 * * MON-FRI\", duration: 2h}]}"),
        .init(
            name: "duration", place: "time of a window",
            text: "How long it is open, from a minute to 31 days; changes of the clock do not change it.",
            example: "window: {allow: [{cron: \"0 1 * * *\", duration: 2h30m}]}"),
        .init(
            name: "timezone", place: "time of a window",
            text: """
                Whose clock `cron` goes by, from the system's database; UTC without it. A time that the clock skips counts as if it \
                had not been put forward, one that it shows twice is the first.
                """, example: "window: {allow: [{cron: \"0 1 * * *\", duration: 2h, timezone: Europe/Oslo}]}"),
        .init(
            name: "from", place: "time of a window",
            text: "The first instant, RFC 3339; a bare date is its midnight in UTC.",
            example: "window: {deny: [{from: 2026-12-18T16:00:00Z, to: 2027-01-04}]}"),
        .init(
            name: "to", place: "time of a window", text: "The instant at which it is over, as `from`.",
            example: "window: {deny: [{from: 2026-12-18T16:00:00Z, to: 2027-01-04}]}"),
        .init(
            name: "reason", place: "time of a window", text: "Why, for whoever is refused.",
            example: "window: {deny: [{from: 2026-12-18, to: 2027-01-04, reason: change freeze}]}"),
        .init(
            name: "pattern", place: "hosts", text: "The pattern, where hosts says more than that.",
            example: "hosts: {pattern: controllers, optional: true}"),
        .init(
            name: "optional", place: "hosts", text: "Matching nothing is no error: the play is left out then.",
            example: "hosts: {pattern: controllers, optional: true}"),
        .init(
            name: "loop_var", place: "loop_control", text: "The element's name, else item.",
            example: "loop_control: {loop_var: topic}"),
        .init(
            name: "index_var", place: "loop_control", text: "A name for the element's place, from 0.",
            example: "loop_control: {index_var: n}"),
        .init(
            name: "label", place: "loop_control", text: "What is shown of the element.",
            example: "loop_control: {label: \"{{ item.name }}\"}"),
        .init(
            name: "pause", place: "loop_control", text: "How long to wait between two elements.",
            example: "loop_control: {pause: 5s}"),
    ]

    static let names: [Entry] = [
        .init(
            name: "host", place: "expression",
            text: """
                The host that the task is for: name, groups, node_id, broker_id, cluster, rack, address, installed_version, \
                running_version, release, and its variables of the inventory.
                """, example: "when: host.running_version != target_version"),
        .init(
            name: "hosts", place: "expression", text: "The hosts of the inventory by name.",
            example: "debug: \"{{ hosts['kafka-1'].address }}\""),
        .init(
            name: "groups", place: "expression", text: "The hosts of each group, as records.",
            example: "debug: \"{{ groups.brokers | map(attribute='broker_id') | list }}\""),
        .init(
            name: "batch", place: "expression", text: "batch.hosts: the hosts of the batch that runs.",
            example: "kafka.can_stop: {nodes: \"{{ batch.hosts | map(attribute='broker_id') | list }}\"}"),
        .init(
            name: "cluster", place: "expression", text: "The cluster that is meant: \(fields("cluster")).",
            example: "debug: \"{{ cluster.name }}\""),
        .init(
            name: "clusters", place: "expression", text: "The clusters of the inventory by name.",
            example: "debug: \"{{ clusters['prod'].bootstrap }}\""),
        .init(
            name: "run", place: "expression", text: "This run: \(fields("run")).", example: "debug: \"{{ run.user }}\""),
        .init(
            name: "item", place: "expression", text: "The element of a loop, unless loop_var gives it another name.",
            example: "debug: \"{{ item }}\""),
        .init(
            name: "result", place: "expression",
            text: "What the task has just answered, in until, failed_when, changed_when and fail_when.",
            example: "until: result.rc == 0"),
        .init(
            name: "value", place: "expression", text: "What is judged, in the conditions of check.",
            example: "check: {value: \"{{ used }}\", that: value < 85}"),
        .init(
            name: "version", place: "expression",
            text: "The release that is installed or activated, in the commands of a lifecycle.",
            example: "install: [./install, \"{{ version }}\"]"),
        .init(
            name: "failed_task", place: "expression", text: "Which task failed, in rescue: name, action, host.",
            example: "debug: \"{{ failed_task.name }}\""),
        .init(
            name: "failed_result", place: "expression", text: "What the failed task answered, in rescue.",
            example: "debug: \"{{ failed_result | to_json }}\""),
    ]

    private static func fields(_ record: String) -> String {
        (LanguageKeys.records[record]?.fields.map(\.name) ?? []).joined(separator: ", ")
    }
}
