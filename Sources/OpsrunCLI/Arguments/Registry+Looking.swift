extension Registry {
    /// In the order in which help shows them.
    static let looking = [
        cluster, brokers, topics, topic, groups, group, configs, acls, quotas, users, logDirs, reassignments,
        transactions, health,
    ]

    private static let lookingOptions = [
        OptionTable.inventory, OptionTable.lookedAtCluster, OptionTable.bootstrap, OptionTable.commandConfig,
        OptionTable.lookOutput,
        OptionTable.watch, OptionTable.color,
    ]

    static let cluster = CommandSpec(
        "cluster", .cluster, "Show a cluster on one page; changes nothing",
        details: """
            Brokers with racks and releases, the active controller, the quorum with each node's lag, the finalized features \
            and the health. Each broker is asked on a new connection; one that does not answer is named and makes the exit \
            code 4. Where only controllers are given (bootstrap.controllers of a client.properties, \
            bootstrap_controllers of an inventory), the controllers, the quorum and the features.
            """,
        options: lookingOptions,
        examples: [
            .init("cluster -i inventories/prod.yml", "the only cluster of an inventory"),
            .init("cluster --bootstrap kafka-1.example:9092,kafka-2.example:9092", "without an inventory"),
            .init("cluster --output yaml", "the embedded cluster, every field"),
        ], document: ClusterLook.schema)

    static let brokers = CommandSpec(
        "brokers", .brokers, "List the brokers, with racks, releases, leaders and replicas",
        options: lookingOptions,
        examples: [
            .init("brokers -i inventories/prod.yml", "a table"),
            .init("brokers --output name", "their ids, for a script"),
        ], document: BrokersLook.schema)

    static let topics = CommandSpec(
        "topics", .topics, "List the topics, internal ones too",
        options: lookingOptions,
        examples: [
            .init("topics -i inventories/prod.yml", "a table"),
            .init("topics --bootstrap kafka-1.example:9092 --output json", "for a program"),
            .init("topics --watch 5s", "again every five seconds"),
        ], document: TopicsLook.schema)

    static let topic = CommandSpec(
        "topic", .topic, "Show a topic: partitions and what is configured for it",
        details: "A topic that is not there is exit 3.",
        operands: [.init(ValueSpec("NAME"), "a topic")],
        options: lookingOptions,
        examples: [
            .init("topic orders", "leader, replicas and in-sync replicas of each partition"),
            .init("topic orders --output wide", "leader epochs and eligible leader replicas too"),
        ], document: TopicLook.schema)

    static let groups = CommandSpec(
        "groups", .groups, "List the groups of all types: consumers, Connect, share, streams",
        details: "Asked of every broker; one that does not answer is named and makes the exit code 4.",
        options: lookingOptions,
        examples: [
            .init("groups -i inventories/prod.yml", "a table"),
            .init("groups --output name", "their names, for a script"),
        ], document: GroupsLook.schema)

    static let group = CommandSpec(
        "group", .group, "Show a group: lag of each partition, members",
        details: """
            The lag counts to the high watermark, as Kafka's own tool does: records of open transactions count too. A \
            partition that is assigned and has no commit has no lag. Of a share group the broker tells how far it is, from 4.1 \
            on, and its lag from 4.2 on.
            """,
        operands: [.init(ValueSpec("GROUP"), "a group")], options: lookingOptions,
        examples: [
            .init("group billing", "lag and members"), .init("group billing --watch 5s", "whether it catches up"),
            .init("group billing --output json", "lag_total, and the lag of each partition"),
        ], document: GroupLook.schema)

    static let configs = CommandSpec(
        "configs", .configs, "Show what is configured for topics, brokers or groups, and where from",
        details: """
            Without names: of all there are of that kind. What has its default is left out unless --all is given. \
            Sensitive values are never shown. broker-default is what is set for all brokers at once.
            """,
        operands: [
            .init(ValueSpec("KIND", choices: ConfigsLook.kinds), "of what"),
            .init(ValueSpec("NAME"), required: false, repeatable: true, "topics, groups, or ids of brokers"),
        ],
        options: [OptionTable.all] + lookingOptions,
        examples: [
            .init("configs topic orders", "what is set for a topic"),
            .init("configs broker 1 --all", "all that a broker goes by"),
            .init("configs topic --output json", "every topic, for a program"),
        ], document: ConfigsLook.schema)

    static let acls = CommandSpec(
        "acls", .acls, "List the access rules, and say whether anything enforces them",
        details: "Without an authorizer a cluster has no rules, and everybody may do everything: that is said.",
        options: lookingOptions,
        examples: [
            .init("acls -i inventories/prod.yml", "a table"), .init("acls --output name", "those who have a rule"),
        ], document: AclsLook.schema)

    static let quotas = CommandSpec(
        "quotas", .quotas, "List the quotas of users, clients and addresses",
        options: lookingOptions,
        examples: [.init("quotas", "a table"), .init("quotas --output json", "plain numbers, for a program")],
        document: QuotasLook.schema)

    static let users = CommandSpec(
        "users", .users, "List the users who log in with SCRAM",
        details: "The mechanism and the iterations of each credential; brokers tell neither keys nor salts.",
        options: lookingOptions,
        examples: [.init("users", "a table"), .init("users --output name", "their names, for a script")],
        document: UsersLook.schema)

    static let logDirs = CommandSpec(
        "log-dirs", .logDirs, "Show the log directories of brokers, their sizes and what is free",
        operands: [
            .init(ValueSpec("BROKER"), required: false, repeatable: true, "ids of brokers; without, all of them")
        ],
        options: lookingOptions,
        examples: [
            .init("log-dirs", "one line a directory"),
            .init("log-dirs 1 2 --output wide", "the replicas of two brokers too"),
        ], document: LogDirsLook.schema)

    static let reassignments = CommandSpec(
        "reassignments", .reassignments, "List the partitions that are being moved",
        options: lookingOptions,
        examples: [
            .init("reassignments", "a table"), .init("reassignments --watch 10s", "until ^C, every ten seconds"),
        ], document: ReassignmentsLook.schema)

    static let transactions = CommandSpec(
        "transactions", .transactions, "List the transactional ids, and since when a transaction is open",
        details: """
            Asked of every broker; one that does not answer is named and makes the exit code 4. The age counts from our own \
            clock.
            """,
        options: lookingOptions,
        examples: [
            .init("transactions", "a table"), .init("transactions --output wide", "the partitions of open ones too"),
        ], document: TransactionsLook.schema)

    static let health = CommandSpec(
        "health", .health, "Judge all partitions, by the worst view of all brokers, and the quorum",
        details: """
            The verdict of the gates kafka.cluster_health and kafka.quorum_healthy, once. The exit code says whether it \
            could be looked at; the verdict is `passes`. To wait for health, write a gate.
            """,
        options: lookingOptions,
        examples: [
            .init("health -i inventories/prod.yml", "the verdict, and why"),
            .init("health --output json", "each partition that is not well"),
        ], document: HealthLook.schema)
}
