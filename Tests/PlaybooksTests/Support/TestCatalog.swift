import Playbooks
import Values

/// A small catalog: enough actions to write every kind of task.
enum TestCatalog {
    static let shippedGates = """
        leaders_back:
          kafka.cluster_health: {}
          interval: 5s
          stable_for: 30s
          timeout: 15m
        isr_recovered:
          kafka.cluster_health: {}
          interval: 5s
          stable_for: 60s
          stalled_for: 10m
        """

    static let part = ValueType.record(RecordType([.init("topic", .string), .init("partition", .int)]))

    static func gate(_ fields: [RecordType.Field]) -> RecordType {
        RecordType(
            [
                .init("passes", .bool), .init("reasons", .list(.string)), .init("progress", .optional(.int)),
            ] + fields)
    }

    private static let process = RecordType([
        .init("rc", .int), .init("stdout", .string), .init("stderr", .string), .init("stdout_lines", .list(.string)),
        .init("changed", .bool),
    ])

    static let references: [ActionReference] = [
        ActionReference(
            name: "command", summary: "Run a program",
            parameters: [
                .init("argv", .list(.string), "The program and its arguments"),
                .init("creates", .optional(.string), default: .null, "Skip when this file is there"),
                .init("chdir", .optional(.string), default: .null, "Where to run it"),
            ], result: process, effect: .opaque, target: .host, example: "- command: uptime", shorthand: "argv"),
        ActionReference(
            name: "shell", summary: "Run a shell line",
            parameters: [.init("script", .string, "The line")], result: process, effect: .opaque, target: .host,
            example: "- shell: uptime | cat", shorthand: "script"),
        ActionReference(
            name: "assert", summary: "Check conditions",
            parameters: [
                .init("that", .list(.bool), isCondition: true, "What must hold"),
                .init("fail_msg", .optional(.string), default: .null, "What to say otherwise"),
            ], effect: .read, target: .runner, example: "- assert: {that: [1 == 1]}", shorthand: "that"),
        ActionReference(
            name: "check", summary: "Judge a value",
            parameters: [
                .init("value", .json, "The value"),
                .init("warning", .list(.bool), default: .null, isCondition: true, "When it is a warning"),
                .init("message", .string, "What to say"),
            ], effect: .read, target: .runner, example: "- check: {value: 1, message: x}"),
        ActionReference(
            name: "debug", summary: "Print", parameters: [.init("msg", .json, "What")], effect: .read,
            target: .runner,
            example: "- debug: hi", shorthand: "msg"),
        ActionReference(
            name: "approve", summary: "Ask people",
            parameters: [
                .init("prompt", .string, "What is asked"),
                .init("approvers", .list(.string), default: .list([]), "Who may"),
                .init("min", .int, default: 1, "How many"),
                .init("four_eyes", .bool, default: false, "Not the initiator"),
                .init("timeout", .duration, default: .duration(.seconds(3600)), "When it is denied"),
            ], effect: .read, target: .runner, example: "- approve: {prompt: Go?}"),
        ActionReference(
            name: "broker.install", summary: "Put a release beside", parameters: [.init("version", .version, "Which")],
            result: RecordType([.init("path", .string), .init("changed", .bool)]), effect: .checked, target: .host,
            example: "- broker.install: {version: 4.3.1}"),
        ActionReference(
            name: "broker.activate", summary: "Make a release the next",
            parameters: [.init("version", .version, "Which")],
            result: RecordType([.init("previous_version", .optional(.version)), .init("changed", .bool)]),
            effect: .checked, target: .host, example: "- broker.activate: {version: 4.3.1}"),
        ActionReference(
            name: "broker.restart", summary: "Restart",
            parameters: [
                .init("timeout", .duration, default: .duration(.seconds(600)), "How long"),
                .init("force", .optional(.string), default: .null, "Why without a permit"),
            ], result: RecordType([.init("pid", .optional(.int)), .init("changed", .bool)]), effect: .checked,
            target: .host, example: "- broker.restart: {}"),
        ActionReference(
            name: "kafka.describe_cluster", summary: "Read the cluster",
            parameters: [.init("include_fenced", .bool, default: false, "Also fenced ones")],
            result: RecordType([
                .init("id", .string), .init("release", .optional(.version)), .init("quorum_leader", .int),
                .init(
                    "brokers",
                    .list(
                        .record(
                            RecordType([
                                .init("id", .int), .init("host", .string), .init("port", .int),
                                .init("rack", .optional(.string)),
                            ])))), .init("reassignments", .list(part)),
            ]), effect: .read, target: .cluster, example: "- kafka.describe_cluster: {}"),
        ActionReference(
            name: "kafka.check_upgrade", summary: "Judge an upgrade",
            parameters: [.init("target", .version, "To where")],
            result: RecordType([
                .init(
                    "blockers", .list(.record(RecordType([.init("rule", .string), .init("message", .string)])))),
                .init("path", .list(.version)),
            ]), effect: .read, target: .cluster, example: "- kafka.check_upgrade: {target: 4.3.1}"),
        ActionReference(
            name: "kafka.cluster_health", summary: "Judge replication",
            parameters: [
                .init("topics", .list(.string), default: ["*"], "Which"),
                .init("partitions", .bool, default: false, "All of them"),
            ],
            result: gate([
                .init("offline", .list(part)), .init("offline_count", .int), .init("under_replicated_count", .int),
            ]), effect: .read, target: .cluster, example: "- kafka.cluster_health: {}", isGate: true),
        ActionReference(
            name: "kafka.describe_node", summary: "Ask a node",
            parameters: [
                .init("node", .int, "Which"), .init("expect", .optional(.version), default: .null, "Its release"),
            ], result: gate([.init("answers", .bool), .init("fenced", .optional(.bool))]), effect: .read,
            target: .cluster, example: "- kafka.describe_node: {node: 1}", isGate: true),
        ActionReference(
            name: "kafka.describe_quorum", summary: "Read the quorum",
            result: gate([.init("leader_id", .int)]), effect: .read, target: .cluster,
            example: "- kafka.describe_quorum: {}", isGate: true),
        ActionReference(
            name: "kafka.can_stop", summary: "Judge a stop",
            parameters: [.init("nodes", .list(.int), "Which")],
            result: gate([.init("quorum_survives", .bool), .init("margin", .int)]), effect: .read, target: .cluster,
            example: "- kafka.can_stop: {nodes: [1]}", isGate: true),
        ActionReference(
            name: "kafka.update_features", summary: "Raise levels",
            parameters: [
                .init("release", .optional(.version), default: .null, "To which"),
                .init("features", .map(.int), default: .null, "By name"),
                .init("validate_only", .bool, default: false, "Only ask"),
            ], result: RecordType([.init("changed", .bool)]), effect: .checked, irreversible: true, target: .cluster,
            example: "- kafka.update_features: {release: 4.3.1}"),
        ActionReference(
            name: "kafka.elect_leaders", summary: "Elect",
            parameters: [
                .init("election", .string, default: "preferred", oneOf: ["preferred", "unclean"], "Which kind")
            ],
            result: RecordType([.init("changed", .bool)]), effect: .idempotent, target: .cluster,
            example: "- kafka.elect_leaders: {}"),
        ActionReference(
            name: "kafka.set_user", summary: "Set a user",
            parameters: [
                .init("name", .string, "Who"), .init("password", .secret, "Which"),
                .init(
                    "quota",
                    .optional(
                        .record(
                            RecordType([.init("produce", .bytes), .init("consume", .bytes, mayBeAbsent: true)]))),
                    default: .null, "Limits"),
            ], result: RecordType([.init("changed", .bool)]), effect: .idempotent, target: .cluster,
            example: "- kafka.set_user: {name: a, password: {secret: \"env:P\"}}"),
    ]
}
