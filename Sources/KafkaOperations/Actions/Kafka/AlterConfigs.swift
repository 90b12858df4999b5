import EventLoop
import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Changes settings of a topic, a broker, the default of all brokers, or a group.
///
/// 1. The values that it has of its own are read, from that broker. 2. What is as wanted already is left alone. 3. The
/// rest goes into one incremental request, checked by Kafka first (`validate_only`). 4. It is read back until it is
/// there: brokers apply changes soon after they were accepted, not at once. 5. The previous values are the result, in
/// the shape of the arguments, for `undo`.
struct AlterConfigs: CatalogedAction {
    static let reference = ActionReference(
        name: "kafka.alter_configs",
        summary: "Change settings of a topic, a broker, all brokers or a group",
        details: """
            Incremental: settings that are not named stay. A setting of a broker that only its start reads is refused by Kafka, with \
            its name. `previous` has the shape of the arguments, so that `undo` can put it back.
            """,
        parameters: ConfigTarget.parameters + [
            .init("set", .map(.json), default: .map([:]), "Values by key: text or numbers"),
            .init("remove", .list(.string), default: [], "Keys that go back to what they inherit"),
            .init("validate_only", .bool, default: false, "Only let Kafka check them"),
        ],
        result: .write(
            .init(
                "previous",
                .fields(.init("set", .map(.string)), .init("remove", .list(.string))), "Arguments that put it back"),
            .items),
        effect: .checked, target: .cluster,
        example: """
            - kafka.alter_configs: {resource: broker_default, set: {log.cleaner.threads: 2}}
              register: threads
            """)

    static let readBackLimit: Duration = .seconds(30)
    static let readBackInterval: Duration = .milliseconds(250)

    private let target: ConfigTarget
    private let changes: [ConfigChange]
    private let validateOnly: Bool
    /// Kafka has said yes to the change.
    private let isAccepted = Locked(false)

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        target = try ConfigTarget(arguments)
        validateOnly = try arguments.flag("validate_only")
        var changes: [ConfigChange] = []
        for (name, value) in arguments["set"]?.mapValue ?? [:] {
            if case .secret(let secret) = value {
                changes.append(ConfigChange(name: name, operation: .set, value: secret.reveal()))
                continue
            }
            guard let text = value.configText else {
                throw arguments.failure("the value of \(name) must be text, a number or a list of them")
            }
            changes.append(ConfigChange(name: name, operation: .set, value: text))
        }
        for name in try arguments.texts("remove") ?? [] {
            guard !changes.contains(where: { $0.name == name }) else {
                throw arguments.failure("\(name) is both set and removed")
            }
            changes.append(ConfigChange(name: name, operation: .delete, value: nil))
        }
        self.changes = changes
    }

    /// The changes that are left to make, by what it has of its own now.
    private func open(_ entries: [ConfigEntry]) -> [ConfigChange] {
        changes.filter { change in
            let own = entries.first { $0.name == change.name }.flatMap { target.own($0) }
            return change.operation == .delete ? own != nil : own != .some(change.value)
        }
    }

    func plan(in context: ReadContext) async throws -> ActionPlan {
        let reader = try context.requireCluster(for: Self.reference.name)
        let entries = try await target.read(reader, keys: changes.map(\.name))
        let lines = open(entries).map { change in
            let entry = entries.first { $0.name == change.name }
            let hidden = entry?.isSensitive == true
            let old = hidden ? "•••" : entry?.value ?? "(not set)"
            return "\(change.name) \(old) → \(change.value.map { hidden ? "•••" : $0 } ?? "(inherited)")"
        }
        return ActionPlan(
            changes: lines, changesNothing: lines.isEmpty, notes: lines.isEmpty ? [] : await warnings(reader))
    }

    /// More replicas in sync than there are replicas: every write with acks=all would be refused from then on.
    private func warnings(_ reader: any ClusterReader) async -> [String] {
        guard case .topic(let name) = target.resource,
            let text = changes.first(where: { $0.name == "min.insync.replicas" })?.value, let wanted = Int(text),
            let view = try? await reader.snapshot(topics: [name], from: .any),
            let fewest = view.partitions.map({ view.replicas(of: $0).count }).min(), wanted > fewest
        else { return [] }
        return [
            "\(name) has partitions with \(fewest) replicas: with min.insync.replicas \(wanted) none takes acks=all"
        ]
    }

    func run(in context: StepContext) async throws -> ActionOutcome {
        let reader = try context.reading.requireCluster(for: Self.reference.name)
        let writer = try context.requireOperator(for: Self.reference.name)
        let entries = try await target.read(reader, keys: changes.map(\.name))
        let open = open(entries)
        let previous = previous(entries, open)
        guard !open.isEmpty else { return ActionOutcome(.ok, result: result(open, previous, changed: false)) }
        try await send(open, writer, validateOnly: true)
        guard !validateOnly else { return ActionOutcome(.ok, result: result(open, previous, changed: false)) }
        try await context.record(StepRecord(kind: "prior_value", fields: ["previous": .map(previous)]))
        try await send(open, writer, validateOnly: false)
        isAccepted.withLock { $0 = true }
        try await ReadBack.of("the configuration of \(target.resource)") {
            try await readBack(reader, context.reading)
        }
        return ActionOutcome(.changed, result: result(open, previous, changed: true))
    }

    private func send(
        _ changes: [ConfigChange], _ writer: any ClusterOperator, validateOnly: Bool
    ) async throws(StepFailure) {
        let resource = target.resource
        let answers = try await kafka("the configuration of \(resource) cannot be changed") { () throws(KafkaError) in
            try await writer.alterConfigs([(resource, changes)], validateOnly: validateOnly)
        }
        for answer in answers {
            do throws(KafkaError) { try answer.result.get() } catch {
                throw StepFailure(error, doing: "the configuration of \(resource) was not changed")
            }
        }
    }

    private func readBack(_ reader: any ClusterReader, _ context: ReadContext) async throws {
        let deadline = context.time.deadline(after: Self.readBackLimit)
        while true {
            let left = try await left(reader).visible
            if left.isEmpty { return }
            guard context.time.monotonic < deadline else {
                let names = left.map(\.name).joined(separator: ", ")
                throw StepFailure(.failed, "\(target.resource) does not show \(names)")
            }
            try await context.time.sleep(for: Self.readBackInterval)
        }
    }

    /// The changes that it does not show, apart from those of which nothing can be shown: a sensitive value never comes
    /// back, so Kafka's answer is all there is.
    private func left(
        _ reader: any ClusterReader
    ) async throws(StepFailure) -> (visible: [ConfigChange], hidden: [ConfigChange]) {
        let entries = try await target.read(reader, keys: changes.map(\.name))
        var left: (visible: [ConfigChange], hidden: [ConfigChange]) = ([], [])
        for change in open(entries) {
            let isSensitive =
                entries.first { $0.name == change.name }?.isSensitive == true || Self.isSensitive(change.name)
            if change.operation == .delete || !isSensitive {
                left.visible.append(change)
            } else {
                left.hidden.append(change)
            }
        }
        return left
    }

    private static func isSensitive(_ name: String) -> Bool {
        name.hasSuffix("password") || name.hasSuffix("secret") || name.hasSuffix("jaas.config")
            || name.hasSuffix(".key")
    }

    private func previous(_ entries: [ConfigEntry], _ changes: [ConfigChange]) -> ValueMap {
        var set = ValueMap()
        var remove: [Value] = []
        for change in changes {
            let own = entries.first { $0.name == change.name }.flatMap { target.own($0) }
            if case .some(.some(let value)) = own {
                set[change.name] = .string(value)
            } else if own == nil {
                remove.append(.string(change.name))
            }
        }
        return ["set": .map(set), "remove": .list(remove)]
    }

    private func result(_ open: [ConfigChange], _ previous: ValueMap, changed: Bool) -> ValueMap {
        [
            "changed": .bool(changed), "previous": .map(previous),
            "items": .list(
                changes.map { change in
                    let isOpen = open.contains { $0.name == change.name }
                    return ["name": .string(change.name), "changed": .bool(changed && isOpen), "error": .null]
                }),
        ]
    }

    func verify(in context: StepContext) async throws -> Verification {
        let reader = try context.reading.requireCluster(for: Self.reference.name)
        var left: (visible: [ConfigChange], hidden: [ConfigChange]) = ([], [])
        _ = try await ReadBack.settle(context.reading) {
            left = try await self.left(reader)
            return left.visible.isEmpty
        }
        func names(_ changes: [ConfigChange]) -> String { changes.map(\.name).joined(separator: ", ") }
        let isAccepted = isAccepted.withLock { $0 }
        guard left.visible.isEmpty else {
            let evidence = "\(target.resource) does not show \(names(left.visible))"
            return isAccepted ? .cannotTell("Kafka accepted the change, and \(evidence)") : .notDone(evidence: evidence)
        }
        guard left.hidden.isEmpty || isAccepted else {
            return .cannotTell("Kafka shows no value of \(names(left.hidden)), which is sensitive")
        }
        return .done(evidence: "\(target.resource) shows every value as wanted")
    }
}

extension Value {
    /// A configuration value: lists join by commas, durations are milliseconds.
    var configText: String? {
        switch self {
        case .list(let items):
            let texts = items.compactMap { $0.plainText }
            return texts.count == items.count ? texts.joined(separator: ",") : nil
        case .duration(let duration): return String(duration.milliseconds)
        default: return plainText
        }
    }
}
