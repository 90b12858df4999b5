import EventLoop
import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Makes rules, or takes them away: what kafka.create_acls and kafka.delete_acls have in common.
struct AccessRuleWrite: Sendable {
    let rules: [AccessRule]
    let everyBroker: Bool
    /// Whether they are to be there afterwards.
    let isCreation: Bool
    private let isAccepted = Locked(false)

    init(rules: [AccessRule], everyBroker: Bool, isCreation: Bool) {
        self.rules = rules
        self.everyBroker = everyBroker
        self.isCreation = isCreation
    }

    /// Those that are left to do.
    func open(_ reader: any ClusterReader) async throws(StepFailure) -> [AccessRule] {
        let there = Set(try AccessBinding.require(try await AccessBinding.all(reader)))
        return rules.filter { there.contains($0) != isCreation }
    }

    /// Exactly these; one result for each.
    private func send(
        _ rules: [AccessRule], _ writer: any ClusterOperator
    ) async throws(KafkaError) -> [Result<Void, KafkaError>] {
        if isCreation { return try await writer.createAccessRules(rules).map(\.result) }
        return try await writer.deleteAccessRules(rules.map { AccessFilter(exactly: $0) }).map { answer in
            answer.result.flatMap { deleted in
                for rule in deleted { if case .failure(let error) = rule.result { return .failure(error) } }
                return .success(())
            }
        }
    }

    func plan(_ reader: any ClusterReader) async throws(StepFailure) -> ActionPlan {
        try await .orRefusal { () throws(StepFailure) in
            let open = try await open(reader)
            let verb = isCreation ? "create" : "delete"
            return ActionPlan(changes: open.map { "\(verb): \(AccessBinding.text($0))" }, changesNothing: open.isEmpty)
        }
    }

    func run(
        _ reader: any ClusterReader, _ writer: any ClusterOperator, in context: StepContext
    ) async throws -> ActionOutcome {
        let open = try await open(reader)
        var items = WriteItems(rules.map(AccessBinding.text))
        var changed: [AccessRule] = []
        if !open.isEmpty {
            let results = try await kafka("the access rules cannot be changed") { () throws(KafkaError) in
                try await send(open, writer)
            }
            for (rule, result) in zip(open, results) {
                items.note(AccessBinding.text(rule), result)
                if case .success = result { changed.append(rule) }
            }
            let done = changed
            isAccepted.withLock { $0 = !done.isEmpty }
            do { try await readBack(done, reader, context.reading) } catch {
                return items.unknown(ReadBack.failure("the access rules", error))
            }
        }
        return items.outcome(
            "access rules", "could not be changed", result: ["bindings": .list(changed.map(AccessBinding.value))])
    }

    private func readBack(_ rules: [AccessRule], _ reader: any ClusterReader, _ context: ReadContext) async throws {
        let wanted = Set(rules), isCreation = isCreation
        @Sendable func isRight(_ there: Set<AccessRule>) -> Bool {
            isCreation ? wanted.isSubset(of: there) : wanted.isDisjoint(with: there)
        }
        guard !everyBroker else { return try await AccessBinding.everyBroker(reader, context, isRight: isRight) }
        try await EventualRead.wait(context) {
            isRight(Set(try await AccessBinding.all(reader) ?? [])) ? nil : "the rules do not show"
        }
    }

    func verify(_ reader: any ClusterReader, in context: ReadContext) async throws -> Verification {
        var left: [AccessRule] = []
        let isDone = try await ReadBack.settle(context) {
            left = try await open(reader)
            return left.isEmpty
        }
        if isDone { return .done(evidence: "every rule is as wanted") }
        let text = BoundedList.text(left.map(AccessBinding.text))
        return isAccepted.withLock { $0 } || left.count < rules.count
            ? .cannotTell("not as wanted: \(text)") : .notDone(evidence: "not as wanted: \(text)")
    }
}

/// An action that is such a write and nothing more.
protocol AccessRuleAction: CatalogedAction {
    var write: AccessRuleWrite { get }
}

extension AccessRuleAction {
    func plan(in context: ReadContext) async throws -> ActionPlan {
        try await write.plan(try context.requireCluster(for: Self.reference.name))
    }

    func run(in context: StepContext) async throws -> ActionOutcome {
        try await write.run(
            try context.reading.requireCluster(for: Self.reference.name),
            try context.requireOperator(for: Self.reference.name), in: context)
    }

    func verify(in context: StepContext) async throws -> Verification {
        try await write.verify(try context.reading.requireCluster(for: Self.reference.name), in: context.reading)
    }
}
