/// What the words of a playbook and an inventory mean, for `opsrun explain`.
package enum KeywordTable {
    package struct Entry: Sendable, Hashable {
        package var name: String
        /// Where it stands, by the names of `LanguageKeys`: `task, play`.
        package var place: String
        package var text: String
        package var example: String

        package var places: [String] { place.split(separator: ",").map { String($0.drop { $0 == " " }) } }

        /// `keyword of a task, play`; for a person.
        var kind: String {
            switch place {
            case "expression": "name in expressions"
            case "host": "variable of a host"
            case "group": "key of a group of the inventory"
            case "cluster": "key of a cluster of the inventory"
            case "inventory": "variable of the whole inventory"
            default: "keyword of a \(place)"
            }
        }
    }

    package static let entries: [Entry] = playbook + parts + play + task + gate + inventory + names

    private static let playbook: [Entry] = [
        .init(
            name: "opsrun", place: "playbook",
            text: """
                The version of the format; always 1 so far, and required. Only a file that is a bare list of plays, as Ansible has \
                it, goes without: it is read as format 1 without params, gates and lock.
                """, example: "opsrun: 1"),
        .init(
            name: "params", place: "playbook",
            text: """
                Typed parameters: the only names that -e may set. Keys of one: type, default, optional, one_of, min, max, match. \
                Types: bool int float string bytes duration timestamp version secret cluster list<T> map<T>. A default that may be \
                null makes the parameter required when it is.
                """, example: "params: {batch_size: {type: int, default: 1, min: 1, max: 3}}"),
        .init(
            name: "lock", place: "playbook",
            text: """
                One writer per cluster: every cluster that a writing playbook names is locked while it runs, for all users of the \
                machine where it has the folder /run/lock/opsrun (root's, mode 1777), else for this user's runs, as the plan then \
                says. After a `wait` the plan is made again: one that says something else by then is refused, with what moved.
                """,
            example: "lock: {scope: cluster, wait: 5m}"),
        .init(
            name: "window", place: "playbook",
            text: """
                When the run may change anything: inside one of the `allow` times (without any: always) and in none of `deny`. \
                Outside of it a run is refused (exit 9), or waits with --at-window. One that is under way when the window closes is \
                suspended at the next batch (exit 10), also where the gates of that batch alone would last too long; a broker that \
                is down is started first. Reading is always allowed. Windows of imported playbooks hold too.
                """,
            example: """
                window:
                  allow: [{cron: "0 22 * * TUE,THU", duration: 5h, timezone: Europe/Oslo}]
                  deny: [{from: 2026-12-18, to: 2027-01-04, reason: change freeze}]
                """),
        .init(
            name: "secret", place: "value",
            text: """
                Where a secret is kept, in place of a value: env:NAME, file:PATH, cmd:COMMAND (no shell), vault:PATH or \
                vault:PATH#KEY.KEY (a file of ansible-vault, its password as Ansible has it: ANSIBLE_VAULT_PASSWORD_FILE), or \
                credential:NAME (of systemd). Paths and commands are looked up from the folder of the file that says so. It is read once, before the plan. What is made of it is secret too, and prints as •••; it may go into \
                environment, stdin, copy, template and arguments of type secret, and into no argument list, plan or record.
                """, example: "environment: {KEYSTORE_PASSWORD: {secret: \"file:/etc/kafka/keystore.password\"}}"),
        .init(
            name: "gates", place: "playbook",
            text:
                "Gates by name, to be used by any task; one that is declared here replaces the shipped one of that name.",
            example: "gates: {all_well: {kafka.cluster_health: {}, interval: 5s, stable_for: 60s, timeout: 20m}}"),
        .init(
            name: "plays", place: "playbook", text: "What is done, in order: hosts and their tasks.",
            example: "plays: [{hosts: brokers, tasks: []}]"),
    ]

    private static let play: [Entry] = [
        .init(
            name: "hosts", place: "play",
            text: """
                An Ansible host pattern: a:b both, a:&b in both, a:!b without, * all, host[0] by place, ~regex. Matching nothing is an \
                error unless it is {pattern: …, optional: true}.
                """, example: "hosts: \"brokers:!rack_a\""),
        .init(
            name: "order", place: "play",
            text: """
                inventory, sorted, reverse_inventory, reverse_sorted, rack, least_leaders_first, or controller_last: the leader of the \
                quorum comes last; read again before each batch.
                """, example: "order: controller_last"),
        .init(
            name: "serial", place: "play",
            text: """
                Sizes of the batches, the last one repeats: numbers, percentages, expressions, or `safe`, the largest batch that \
                provably keeps every partition at min.insync.replicas and the quorum alive (racks first, the quorum's leader last and \
                alone, asked of the cluster again before each batch). Without it all hosts at once.
                """, example: "serial: [1, 3, \"30%\"]"),
        .init(
            name: "max_fail", place: "play",
            text: "How many hosts may fail before the run stops; by default the first one stops it.",
            example: "max_fail: 0"),
        .init(
            name: "import_playbook", place: "play",
            text: "The plays of another playbook, with its own params and gates; its locks merge.",
            example: "- import_playbook: pre-upgrade-checks.yml"),
        .init(
            name: "tasks", place: "play", text: "What is done on each host, in order.",
            example: "tasks: [{debug: \"{{ host.name }}\"}]"),
        .init(
            name: "pre_tasks", place: "play",
            text: "Tasks before `tasks`, as Ansible has them: the same as writing them at the top of `tasks`.",
            example: "pre_tasks: [{kafka.cluster_health: {}}]"),
        .init(
            name: "post_tasks", place: "play", text: "Tasks after `tasks`: the same as writing them at its end.",
            example: "post_tasks: [{gate: isr_recovered}]"),
    ]
}
