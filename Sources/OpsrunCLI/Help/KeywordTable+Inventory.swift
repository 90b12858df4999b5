extension KeywordTable {
    static let inventory: [Entry] =
        [
            .init(
                name: "kafka_clusters", place: "inventory",
                text: """
                    Clusters by name, under all.vars: bootstrap, bootstrap_controllers, security, command_config, cluster_id (a run on \
                    another cluster is refused), protected, version (the release that should run), lifecycle, simulated, lock.
                    """, example: "kafka_clusters: {prod: {bootstrap: [\"kafka-1:9092\"], version: 4.3.1}}"),
            .init(
                name: "lifecycle", place: "cluster, host",
                text: """
                    How broker.* is done on a host: `commands` with one argv each for install activate stop start restart version running, \
                    a preset such as systemd, or simulated; {simulated: {control: SOCKET}} for a cluster that another process serves \
                    with `opsrun simulate --control SOCKET`. A `status` ends with 0 while the broker runs; when it prints \
                    `pid N`, one start is told from another by another number, and with `pid: host` beside `commands` (the number is of \
                    that very machine, not of a container) by when it began. `systemd` is tested against a stand-in that answers like systemctl, not against a \
                    running systemd: try it on one host first.
                    """, example: "lifecycle: {commands: {stop: [./stop], start: [./start]}}"),
            .init(
                name: "simulated", place: "cluster",
                text: """
                    Makes the cluster an embedded one: version (what runs at the start), racks, topics, speed (its time runs so many times \
                    faster, gates included), catch_up (bytes a second), ingest, faults, controllers, session_timeout, start_time, \
                    stop_time, seed, min_insync_replicas, log_directories (how many a broker has). For `opsrun simulate`: listeners, \
                    each a security protocol or {name, protocol, mechanisms, client_auth: required, port}, mechanisms being PLAIN, \
                    SCRAM-SHA-256, SCRAM-SHA-512 and OAUTHBEARER with unsigned tokens; users with their passwords; super_users, \
                    authorizer, allow_everyone_if_no_acl_found; session_lifetime; delegation_tokens. A run drives the cluster in \
                    process as User:opsrun, whom nothing is refused. A fault has `at`, and one of kill, stop_answering, refuse, \
                    half_open (each with `for`), slow_recovery (factor), drip (rate, 1B/s), lie_once (lie: view, correlation_id or \
                    cluster_id), advertise (address), fail_start (version), with the node it happens to.
                    """, example: "simulated: {version: 3.9.2, racks: 3, speed: 20, faults: [{at: 90s, kill: 4}]}"),
            .init(
                name: "protected", place: "cluster",
                text: """
                    A run that writes to this cluster needs an approval (an approve task before the first write, or a kept plan that \
                    was approved as a whole); --yes does not give it.
                    """,
                example: "protected: true"),
            .init(
                name: "lock", place: "cluster",
                text: """
                    Where the lock of the cluster is kept: `store: file` (the default: for all users of this machine, or with `path` \
                    in a folder that machines share) or `store: kafka` (a topic of the cluster, for runners anywhere), and for how long \
                    it holds without being renewed: `lease`, from 2s to 1h.
                    """, example: "lock: {store: kafka, lease: 60s}"),
            .init(
                name: "approvers", place: "inventory",
                text: """
                    Who is in a group that an approve task names, and the file (as for ssh-keygen's ALLOWED SIGNERS) that says whose SSH \
                    keys may sign approvals: with it a run without a terminal waits (exit 10) until somebody signs with `opsrun \
                    approve`, and a kept plan for a protected cluster can be approved as a whole, for one run. Names count as they \
                    are written. Groups without a user are nobody. Whoever can change the file can approve.
                    """,
                example: "approvers: {groups: {kafka-oncall: [anna, ola]}, allowed_signers: allowed_signers}"),
            .init(
                name: "audit", place: "inventory",
                text: """
                    Where the ends of the audit logs are kept besides, when a run begins and ends: `checkpoint`, one or a list of \
                    file:PATH, journal (journald or syslog), ci (the summary of the CI job) and topic:NAME (of the cluster that is \
                    changed, which has to answer unless the glass is broken); `key`, an Ed25519 private key in PEM that signs them. What cannot be kept stops the run (exit 74). \
                    opsrun audit verify --checkpoint FILE finds with them what was cut off or written anew.
                    """, example: "audit: {checkpoint: [\"file:/mnt/audit/heads\", journal], key: audit.pem}"),
            .init(
                name: "bootstrap", place: "cluster",
                text: "Brokers to connect to first, host:port each; the others are learnt from them.",
                example: "bootstrap: [kafka-1.example:9092, kafka-2.example:9092]"),
            .init(
                name: "bootstrap_controllers", place: "cluster",
                text: """
                    Listeners of dedicated controllers, where brokers do not tell them (before Kafka 3.9). Without \
                    bootstrap, they are asked for what controllers answer; beside it, they take the settings of a broker \
                    that is down.
                    """,
                example: "bootstrap_controllers: [controller-1.example:9093]"),
            .init(
                name: "security", place: "cluster",
                text: "How to connect, in the words of Kafka's client.properties; paths from the file's folder.",
                example: "security: {security.protocol: SSL, ssl.truststore.location: ca.pem}"),
            .init(
                name: "command_config", place: "cluster",
                text: "A client.properties file, as Kafka's own tools take it, in the place of security.",
                example: "command_config: client.properties"),
            .init(
                name: "cluster_id", place: "cluster",
                text: "The id that the cluster must have; on another one a run is refused.",
                example: "cluster_id: MkU3OEVBNTcwNTJENDM2Qk"),
            .init(
                name: "version", place: "cluster",
                text: "The release that should run: change it, and the upgrade converges to it. It is cluster.version.",
                example: "version: 4.3.1"),
            .init(
                name: "hosts", place: "group",
                text: "The hosts of the group, each a key with its variables; ranges as in kafka-[1:6].",
                example: "hosts: {\"kafka-[1:6].example\": {}}"),
            .init(
                name: "vars", place: "group",
                text: "Variables of every host of the group; a deeper group wins, a host's own win over all.",
                example: "vars: {cluster: prod}"),
            .init(
                name: "children", place: "group", text: "Groups whose hosts belong to this one too.",
                example: "children: {rack_a: {}, rack_b: {}}"),
            .init(
                name: "cluster", place: "host", text: "The cluster under kafka_clusters that the host is a node of.",
                example: "cluster: prod"),
            .init(
                name: "broker_id", place: "host", text: "Its node id, for a host that is a broker.",
                example: "broker_id: 3"),
            .init(
                name: "node_id", place: "host", text: "Its node id, for a broker or a dedicated controller.",
                example: "node_id: 101"),
            .init(
                name: "rack", place: "host", text: "Its rack, for orders and batches by rack.",
                example: "rack: eu-west-1a"),
            .init(
                name: "address", place: "host",
                text: "Where it is reached, when that is not its name; also ansible_host.",
                example: "address: 10.0.0.7"),
            .init(
                name: "port", place: "host", text: "The port of its ssh server; also ansible_port.",
                example: "port: 2222"),
            .init(name: "user", place: "host", text: "Who logs in; also ansible_user.", example: "user: kafka-ops"),
            .init(
                name: "connection", place: "host",
                text: "ssh (the default), local or simulated; also ansible_connection.",
                example: "connection: local"),
            .init(
                name: "private_key_file", place: "host", text: "The key that ssh logs in with.",
                example: "private_key_file: ~/.ssh/kafka-ops"),
            .init(
                name: "become", place: "host",
                text: "Steps on this host run as another user, by sudo; also ansible_become.",
                example: "become: true"),
            .init(
                name: "become_user", place: "host", text: "Whom become becomes, else root; also ansible_become_user.",
                example: "become_user: kafka"),
            .init(
                name: "ansible_ssh_common_args", place: "host", text: "More options of ssh, as one text.",
                example: "ansible_ssh_common_args: \"-J bastion.example\""),
            .init(
                name: "ansible_ssh_extra_args", place: "host", text: "More options of ssh, after the common ones.",
                example: "ansible_ssh_extra_args: \"-4\""),
            .init(
                name: "ssh_options", place: "host",
                text: "Options of ssh, by their names in ssh_config.",
                example: "ssh_options: {ProxyJump: bastion.example}"),
            .init(
                name: "ssh_config_file", place: "host",
                text: "The configuration that ssh reads in place of the user's.",
                example: "ssh_config_file: ~/.ssh/kafka.conf"),
        ] + kubectl

    /// Read and kept; hosts cannot be reached this way yet.
    private static let kubectl: [Entry] = [
        ("kubectl_namespace", "The namespace", "kafka"), ("kubectl_context", "The context", "prod"),
        ("kubectl_pod", "The pod", "kafka-0"), ("kubectl_container", "The container", "kafka"),
    ].map { name, text, example in
        Entry(
            name: name, place: "host", text: "\(text) of a host that is a pod; that connection is not built yet.",
            example: "\(name): \(example)")
    }
}
