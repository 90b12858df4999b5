import KafkaAdmin
import RunEngine
import Values

/// What proves a stop or a start.
struct Evidence: Sendable {
    var permit: String?
    /// What stood against the stop and was overridden by `force`.
    var overridden: [String] = []
    var witness: ConnectionWitness?
    var connectionClosed: Bool?
    var cleanShutdown: Bool?
    var before: BrokerProcess?
    var after: BrokerProcess?
    var startedAt: Timestamp?
    var isBack = false

    func fields(_ node: Int32) -> ValueMap {
        [
            "node": .int(Int64(node)), "permit": .optional(permit), "overridden": .texts(overridden),
            "connection": .optional(witness.map { "\($0.node)/\($0.incarnation)" }),
            "connection_closed": .optional(connectionClosed), "invocation_before": .optional(before?.invocation),
            "invocation_after": .optional(after?.invocation), "pid_before": .optional(before?.pid),
            "pid_after": .optional(after?.pid), "started_before": before?.startedAt.map(Value.timestamp) ?? .null,
            "started_after": after?.startedAt.map(Value.timestamp) ?? .null,
        ]
    }

    static let resultType = RecordType.write(
        .init("pid", .optional(.int), "Of its process; null when it is not known"),
        .init("started_at", .optional(.timestamp), "When its process began; null when it is not known"),
        .init("clean_shutdown", .optional(.bool), "It left its peers' list before it was gone; null: not told"),
        .init(
            "witness",
            .fields(
                .init("node", .int), .init("permit", .optional(.string), "Why it was allowed to stop"),
                .init("overridden", .list(.string), "What stood against it, under `force`"),
                .init("connection", .optional(.string)), .init("connection_closed", .optional(.bool)),
                .init("invocation_before", .optional(.string)), .init("invocation_after", .optional(.string)),
                .init("pid_before", .optional(.int)), .init("pid_after", .optional(.int)),
                .init("started_before", .optional(.timestamp)), .init("started_after", .optional(.timestamp))),
            "What proves it"))

    func result(_ node: Int32, changed: Bool) -> ValueMap {
        [
            "changed": .bool(changed), "pid": .optional((after ?? before)?.pid),
            "started_at": (after?.startedAt ?? startedAt).map(Value.timestamp) ?? .null,
            "clean_shutdown": .optional(cleanShutdown), "witness": .map(fields(node)),
        ]
    }
}
