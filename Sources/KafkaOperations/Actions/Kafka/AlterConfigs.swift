import EventLoop
import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Changes settings of a topic, a broker, every broker, the default of all brokers, or a group.
///
/// 1. The values that it has of its own are read, of a broker from that broker. 2. What is as wanted already is left alone. 3. The
/// rest goes into one incremental request, checked by Kafka first (`validate_only`). 4. It is read back until it is
/// there: brokers apply changes soon after they were accepted, not at once. 5. The previous values are the result, in
/// the shape of the arguments, for `undo`.
struct AlterConfigs: CatalogedAction {
    static let reference = ActionReference(
        name: "kafka.alter_configs",
        summary: "Change settings of a topic, a broker, all brokers or a group",
        details: """
            Incremental: settings that are not named stay. A setting of a broker that only its start reads is refused by Kafka, with \
            its name. `previous` has the shape of the arguments, so that `undo` can put it back. A value that a broker has of its own \
            hides the default of all brokers: the plan names those brokers. `scope: every` changes each broker's own value, and \
            fails before anything is sent when one of them is down.
            """,
        parameters: ConfigTarget.parameters + [
            .init(
                "scope", .string, default: "one", oneOf: Scope.allCases.map(\.rawValue),
                "With `resource: broker`: the one that `name` says, or every broker of the cluster"),
            .init("set", .map(.json), default: .map([:]), "Values by key: text or numbers"),
            .init("remove", .list(.string), default: [], "Keys that go back to what they inherit"),
            .init("validate_only", .bool, default: false, "Only let Kafka check them"),
            temporary,
        ],
        result: .write(
            .init(
                "previous", .fields(.init("set", .map(.string)), .init("remove", .list(.string))),
                "Arguments that put it back; empty with `scope: every`"),
            .init(
                "previous_of_brokers",
                .listOf(.init("name", .string), .init("set", .map(.string)), .init("remove", .list(.string))),
                "With `scope: every`, arguments that put back each broker; else empty"),
            .items),
        effect: .checked, target: .cluster,
        example: """
            - kafka.alter_configs: {resource: broker_default, set: {log.cleaner.threads: 2}}
              register: threads
            """)

    static let temporary = ActionReference.Parameter(
        "temporary", .bool, default: false,
        "Put back at the end of the run, whatever ends it; a run that was killed does it when it is resumed or cancelled"
    )

    /// What is to be put back stands in the journal, where no secret may.
    static func refuseSecrets(_ values: ValueMap, _ arguments: Arguments) throws(StepFailure) {
        for (name, value) in values {
            if case .secret = value {
                throw arguments.failure(
                    "\(name) is secret: the journal may not keep it, and so it cannot be set for a time",
                    at: "temporary")
            }
        }
    }

    enum Scope: String, CaseIterable { case one, every }

    static let readBackLimit: Duration = .seconds(30)
    static let readBackInterval: Duration = .milliseconds(250)

    /// Nil: every broker.
    private let target: ConfigTarget?
    private let changes: [ConfigChange]
    private let validateOnly: Bool
    private let isTemporary: Bool
    /// Those of which Kafka has accepted the change.
    private let accepted = Locked(Set<ConfigResource>())

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        if try arguments.textIfAny("scope") == Scope.every.rawValue {
            guard try arguments.text("resource") == ConfigTarget.Kind.broker.rawValue else {
                throw arguments.failure("`scope: every` goes with `resource: broker`", at: "scope")
            }
            guard try arguments.textIfAny("name") == nil else {
                throw arguments.failure("`scope: every` means every broker: leave `name` out", at: "name")
            }
            target = nil
        } else {
            target = try ConfigTarget(arguments)
        }
        isTemporary = try arguments.flag("temporary")
        if isTemporary { try Self.refuseSecrets(arguments["set"]?.mapValue ?? [:], arguments) }
        validateOnly = try arguments.flag("validate_only")
        changes = try Self.changes(arguments)
    }

    private static func changes(_ arguments: Arguments) throws(StepFailure) -> [ConfigChange] {
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
        return changes
    }

    /// What one of them has, and what is left to change.
    private struct State: Sendable {
        var target: ConfigTarget
        var entries: [ConfigEntry]
        var open: [ConfigChange]

        func entry(_ name: String) -> ConfigEntry? { entries.first { $0.name == name } }

        /// What is left to change, with what is there now.
        var found: [ConfigFound] {
            open.map { change in
                let own = entry(change.name).flatMap { target.own($0) }
                var found = ConfigFound(
                    wish: ConfigWish(target: target, key: change.name, value: change.value), prior: own ?? nil,
                    isHidden: entry(change.name)?.isSensitive == true || AlterConfigs.isSensitive(change.name))
                if case .some(.none) = own { found.isHidden = true }
                return found
            }
        }

        /// In the shape of the arguments.
        var previous: ValueMap {
            var set = ValueMap()
            var remove: [Value] = []
            for change in open {
                let own = entry(change.name).flatMap { target.own($0) }
                if case .some(.some(let value)) = own {
                    set[change.name] = .string(value)
                } else if own == nil {
                    remove.append(.string(change.name))
                }
            }
            return ["set": .map(set), "remove": .list(remove)]
        }
    }

    private func targets(_ reader: any ClusterReader) async throws(StepFailure) -> [ConfigTarget] {
        if let target { return [target] }
        let brokers = try await kafka("the brokers cannot be listed") { () throws(KafkaError) in
            try await reader.describeCluster(includeFenced: true, from: .any).brokers
        }
        if let fenced = brokers.first(where: { $0.isFenced == true }) {
            throw StepFailure(
                .failed, "broker \(fenced.id) is fenced, and its settings cannot be changed",
                nextAction: "start it, or change the others one by one")
        }
        return brokers.map(\.id).sorted().map { ConfigTarget(kind: .broker, resource: .broker($0)) }
    }

    /// All of them as they are now.
    private func look(_ reader: any ClusterReader) async throws(StepFailure) -> [State] {
        var states: [State] = []
        for target in try await targets(reader) {
            let entries = try await target.read(reader, keys: changes.map(\.name))
            let open = changes.filter { change in
                let own = entries.first { $0.name == change.name }.flatMap { target.own($0) }
                return change.operation == .delete ? own != nil : own != .some(change.value)
            }
            states.append(State(target: target, entries: entries, open: open))
        }
        return states
    }

    func plan(in context: ReadContext) async throws -> ActionPlan {
        let reader = try context.requireCluster(for: Self.reference.name)
        let lines = try await look(reader).flatMap { state in
            state.open.map { change in
                let entry = state.entry(change.name)
                let hidden = entry?.isSensitive == true
                let old = hidden ? "•••" : entry?.value ?? "(not set)"
                return itemName(state, change)
                    + " \(old) → \(change.value.map { hidden ? "•••" : $0 } ?? "(inherited)")"
                    + (isTemporary ? ", until the run ends" : "")
            }
        }
        return ActionPlan(
            changes: lines, changesNothing: lines.isEmpty, notes: lines.isEmpty ? [] : await warnings(reader))
    }

    /// The key; with every broker, whose.
    private func itemName(_ state: State, _ change: ConfigChange) -> String {
        target == nil ? "\(state.target.resource): \(change.name)" : change.name
    }

    private func warnings(_ reader: any ClusterReader) async -> [String] {
        switch target?.resource {
        case .topic(let name)?: await tooFewReplicas(name, reader)
        case .brokerDefault?: await hidingBrokers(reader)
        default: []
        }
    }

    /// More replicas in sync than there are replicas: every write with acks=all would be refused from then on.
    private func tooFewReplicas(_ name: String, _ reader: any ClusterReader) async -> [String] {
        guard let text = changes.first(where: { $0.name == "min.insync.replicas" })?.value, let wanted = Int(text),
            let view = try? await reader.snapshot(topics: [name], from: .any),
            let fewest = view.partitions.map({ view.replicas(of: $0).count }).min(), wanted > fewest
        else { return [] }
        return [
            "\(name) has partitions with \(fewest) replicas: with min.insync.replicas \(wanted) none takes acks=all"
        ]
    }

    /// Brokers that have the key of their own do not go by the default of all brokers.
    private func hidingBrokers(_ reader: any ClusterReader) async -> [String] {
        let keys = changes.map(\.name)
        guard
            let brokers = try? await reader.describeCluster(includeFenced: false, from: .any).brokers.map(\.id)
                .sorted(),
            let answers = try? await reader.describeConfigs(brokers.map(ConfigResource.broker), keys: keys)
        else { return ["brokers may have values of their own, which hide the default: they cannot be asked"] }
        return answers.flatMap { answer -> [String] in
            guard case .success(let entries) = answer.result else {
                return ["\(answer.item) may have values of its own, which hide the default: it cannot be asked"]
            }
            return entries.filter { $0.source == .dynamicBroker }.map {
                "\(answer.item) has \($0.name) of its own, which hides the default"
            }
        }
    }

    func run(in context: StepContext) async throws -> ActionOutcome {
        let reader = try context.reading.requireCluster(for: Self.reference.name)
        let writer = try context.requireOperator(for: Self.reference.name)
        let states = try await look(reader)
        var items = WriteItems(states.flatMap { state in changes.map { itemName(state, $0) } })
        let open = states.filter { !$0.open.isEmpty }
        let more = previous(states)
        func outcome() -> ActionOutcome { items.outcome("settings", "could not be changed", result: more) }
        guard !open.isEmpty else { return outcome() }
        for answer in try await send(open, writer, validateOnly: true) { try refuse(answer) }
        guard !validateOnly else { return outcome() }
        if isTemporary {
            try await ConfigWrite.borrow(open.flatMap { $0.found }, in: context, repeats: true)
        } else {
            try await context.record(StepRecord(kind: "prior_value", fields: more))
        }
        let answers = try await send(open, writer, validateOnly: false)
        // Of one, or of all and for certain: the step's own failure, with its code.
        if let first = answers.first, answers.count == 1 || answers.allSatisfy(\.isRefused) { try refuse(first) }
        var taken: [State] = []
        for answer in answers {
            guard let state = open.first(where: { $0.target.resource == answer.item }) else { continue }
            for change in state.open { items.note(itemName(state, change), answer.result) }
            if case .success = answer.result { taken.append(state) }
        }
        let resources = Set(taken.map(\.target.resource))
        accepted.withLock { $0 = resources }
        try await ReadBack.of("the configuration of \(BoundedList.text(taken.map { "\($0.target.resource)" }))") {
            try await readBack(resources, reader, context.reading)
        }
        return outcome()
    }

    private func send(
        _ states: [State], _ writer: any ClusterOperator, validateOnly: Bool
    ) async throws(StepFailure) -> [ItemResult<ConfigResource, Void>] {
        try await kafka("the configuration of \(name(states)) cannot be changed") { () throws(KafkaError) in
            try await writer.alterConfigs(states.map { ($0.target.resource, $0.open) }, validateOnly: validateOnly)
        }
    }

    private func refuse(_ answer: ItemResult<ConfigResource, Void>) throws(StepFailure) {
        do throws(KafkaError) { try answer.result.get() } catch {
            throw StepFailure(error, doing: "the configuration of \(answer.item) was not changed")
        }
    }

    private func name(_ states: [State]) -> String { BoundedList.text(states.map { "\($0.target.resource)" }) }

    private func readBack(
        _ resources: Set<ConfigResource>, _ reader: any ClusterReader, _ context: ReadContext
    ) async throws {
        let deadline = context.time.deadline(after: Self.readBackLimit)
        while true {
            let left = try await left(reader, of: resources).visible
            if left.isEmpty { return }
            guard context.time.monotonic < deadline else {
                throw StepFailure(.failed, left.joined(separator: "; "))
            }
            try await context.time.sleep(for: Self.readBackInterval)
        }
    }

    /// What does not show, apart from that of which nothing can be shown: a sensitive value never comes back, so Kafka's answer is
    /// all there is. `resources` nil: of all of them.
    private struct Left {
        var visible: [String] = []
        /// With the resource that they are of.
        var hidden: [(resource: ConfigResource, name: String)] = []
    }

    private func left(
        _ reader: any ClusterReader, of resources: Set<ConfigResource>? = nil
    ) async throws(StepFailure) -> Left {
        var left = Left()
        for state in try await look(reader) where resources?.contains(state.target.resource) ?? true {
            var names: [String] = []
            for change in state.open {
                let isSensitive = state.entry(change.name)?.isSensitive == true || Self.isSensitive(change.name)
                if change.operation == .delete || !isSensitive {
                    names.append(change.name)
                } else {
                    left.hidden.append((state.target.resource, change.name))
                }
            }
            if !names.isEmpty {
                left.visible.append("\(state.target.resource) does not show \(names.joined(separator: ", "))")
            }
        }
        return left
    }

    fileprivate static func isSensitive(_ name: String) -> Bool {
        name.hasSuffix("password") || name.hasSuffix("secret") || name.hasSuffix("jaas.config")
            || name.hasSuffix(".key")
    }

    private func previous(_ states: [State]) -> ValueMap {
        guard target == nil else {
            return ["previous": .map(states.first?.previous ?? [:]), "previous_of_brokers": []]
        }
        let brokers = states.filter { !$0.open.isEmpty }.map { state -> Value in
            var record = state.previous
            if case .broker(let id) = state.target.resource { record["name"] = .string("\(id)") }
            return .map(record)
        }
        return ["previous": ["set": [:], "remove": []], "previous_of_brokers": .list(brokers)]
    }

    func verify(in context: StepContext) async throws -> Verification {
        let reader = try context.reading.requireCluster(for: Self.reference.name)
        var left = Left()
        _ = try await ReadBack.settle(context.reading) {
            left = try await self.left(reader)
            return left.visible.isEmpty
        }
        let accepted = accepted.withLock { $0 }
        guard left.visible.isEmpty else {
            let evidence = left.visible.joined(separator: "; ")
            if !accepted.isEmpty { return .cannotTell("Kafka accepted the change, and \(evidence)") }
            // Some brokers may have taken it and others not.
            return target == nil ? .cannotTell(evidence) : .notDone(evidence: evidence)
        }
        let unproven = left.hidden.filter { !accepted.contains($0.resource) }.map(\.name)
        guard unproven.isEmpty else {
            return .cannotTell("Kafka shows no value of \(unproven.joined(separator: ", ")), which is sensitive")
        }
        let whom = target.map { "\($0.resource)" } ?? "every broker"
        return .done(evidence: "\(whom) shows every value as wanted")
    }
}

extension ItemResult where Success == Void {
    /// Kafka has not done it, and nothing is unknown of that.
    fileprivate var isRefused: Bool {
        if case .failure(let error) = result { error.code != .unknownOutcome } else { false }
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
