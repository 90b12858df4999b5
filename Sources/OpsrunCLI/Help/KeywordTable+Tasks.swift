extension KeywordTable {
    static let task: [Entry] = [
        .init(
            name: "name", place: "task, block, import, play, playbook",
            text: "What it does, for people; it stands in every output.",
            example: "name: Restart"),
        .init(
            name: "when", place: "task, block, import, play",
            text: "A bare condition, or a list of which all must hold; otherwise it is skipped, with the reason shown.",
            example: "when: host.running_version != target_version"),
        .init(
            name: "register", place: "task", text: "Keeps the result under a name. A looped task registers `results`.",
            example: "register: before"),
        .init(
            name: "loop", place: "task", text: "Once for each element, which is `item`.",
            example: "loop: \"{{ topics }}\""),
        .init(
            name: "loop_control", place: "task",
            text:
                "loop_var names the element, index_var its place from 0, label what is shown of it, pause how long to wait between two.",
            example: "loop_control: {loop_var: topic}"),
        .init(
            name: "until", place: "task, gate",
            text: "Conditions on `result`: a task is tried again until they hold, a gate passes by them.",
            example: "until: result.rc == 0"),
        .init(
            name: "retries", place: "task",
            text: "Extra tries after the first; an error on a step that cannot be repeated safely.",
            example: "retries: 3"),
        .init(name: "delay", place: "task", text: "How long to wait between tries.", example: "delay: 5s"),
        .init(
            name: "timeout", place: "task, gate",
            text: "How long it may take in all: a read ends then, a write without an answer by then is unknown.",
            example: "timeout: 10m"),
        .init(
            name: "effect", place: "task",
            text: """
                What repeating it would do: read changes nothing, idempotent gives the same end state, checked can tell afterwards \
                whether it happened, opaque none of these. It decides dry run, retries and what follows a crash.
                """, example: "effect: read"),
        .init(
            name: "verify", place: "task", text: "Reads and gates that tell whether it happened, when nobody knows.",
            example: "verify: [{gate: node_back}]"),
        .init(
            name: "undo", place: "task",
            text:
                "What takes it back: run newest first, on the failed host only, when its block says on_failure: rollback.",
            example: "undo: [{broker.activate: {version: \"{{ host.running_version }}\"}}]"),
        .init(
            name: "irreversible", place: "task",
            text: "There is no way back: listed apart in the plan, confirmed, never retried, and rollback stops there.",
            example: "irreversible: true"),
        .init(
            name: "on_failure", place: "task, block", text: "stop (the default), rollback, or continue with a reason.",
            example: "on_failure: rollback"),
        .init(
            name: "block", place: "task, block",
            text: "Tasks that share when, tags, vars, become, environment and on_failure; with rescue and always.",
            example: "- block: []\n  rescue: []\n  always: []"),
        .init(
            name: "import_tasks", place: "task",
            text: "The tasks of another file, in place; their vars and registered names stay inside.",
            example: "- import_tasks: tasks/upgrade-node.yml"),
        .init(
            name: "reason", place: "task, block",
            text: "Why going on after a failure is right: for on_failure: continue.",
            example: "reason: a check of the next play tells as well"),
        .init(
            name: "rescue", place: "block",
            text: """
                Run when a task of the block failed, with failed_task and failed_result. The host's list then goes on, and the \
                host has failed nevertheless, unless the block says `recovered: true`.
                """,
            example: "rescue: [{debug: \"{{ failed_task }}\"}]"),
        .init(
            name: "recovered", place: "block", text: "What the rescue has dealt with is no failure of the run.",
            example: "recovered: true"),
        .init(name: "always", place: "block", text: "Run however the block ended.", example: "always: []"),
        .init(
            name: "run_once", place: "task", text: "Once for the batch, or with `play` once for the play.",
            example: "run_once: true"),
        .init(
            name: "delegate_to", place: "task", text: "Runs on another host than the one it is for.",
            example: "delegate_to: localhost"),
        .init(
            name: "become", place: "task, block, play",
            text: """
                As another user on the host (ansible_become_user, else root), by sudo, which must not ask for a password.
                """, example: "become: true"),
        .init(
            name: "environment", place: "task, block, play",
            text: "Variables of the processes that it starts; secrets may be among them.",
            example: "environment: {KAFKA_HEAP_OPTS: -Xmx4g}"),
        .init(
            name: "cluster", place: "task, play, playbook", text: "Which cluster of the inventory is meant.",
            example: "cluster: prod-eu"),
        .init(
            name: "tags", place: "task, block, import, play",
            text: """
                Words for -t and --skip-tags. `always` runs whatever is asked for; `never` runs only when one of the task's tags is \
                asked for with -t. Asked for can also be `all`, `tagged` and `untagged`.
                """, example: "tags: [checks]"),
        .init(
            name: "vars", place: "task, block, import, play", text: "Names for values; each may use those above it.",
            example: "vars: {limit: 85}"),
        .init(
            name: "changed_when", place: "task", text: "Conditions on `result` that say whether something changed.",
            example: "changed_when: result.stdout != ''"),
        .init(
            name: "failed_when", place: "task", text: "Conditions on `result` that say whether it failed.",
            example: "failed_when: result.rc > 1"),
        .init(
            name: "no_log", place: "task", text: "Nothing of its arguments and result is shown or recorded.",
            example: "no_log: true"),
        .init(
            name: "simulate", place: "task", text: "What a command answers in a rehearsal.",
            example: "simulate: {rc: 0, stdout: ok}"),
    ]

    static let gate: [Entry] = [
        .init(
            name: "gate", place: "task",
            text: """
                Waits until a read says that all is well: a gate by name, or one written in place. Missing, stale or contradictory \
                facts never pass.
                """, example: "gate: isr_recovered"),
        .init(name: "interval", place: "gate, task", text: "How often it looks.", example: "interval: 5s"),
        .init(
            name: "stable_for", place: "gate", text: "It passes when all looks for so long were good.",
            example: "stable_for: 60s"),
        .init(
            name: "stalled_for", place: "gate",
            text: "It fails when the measured progress has not moved for so long, however long the whole takes.",
            example: "stalled_for: 10m"),
        .init(
            name: "fail_when", place: "gate", text: "Conditions on `result` that end the wait at once.",
            example: "fail_when: result.state == 'crashed'"),
    ]
}
