import EventLoop
import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Sets and takes away quotas of one entity.
///
/// 1. Its quotas are read; those that are so already are left alone. 2. Kafka checks the rest, then takes it. 3. Read back
/// until they show.
struct AlterQuotas: CatalogedAction {
    static let reference = ActionReference(
        name: "kafka.alter_quotas",
        summary: "Set quotas of a user, a client id, both, or an address",
        details: """
            Keys: producer_byte_rate and consumer_byte_rate (bytes a second and broker), request_percentage, controller_mutation_rate, \
            and connection_creation_rate of an address. A null value takes the key away. `previous` has the shape of `values`.
            """,
        parameters: QuotaArguments.parameters + [.init("values", .map(.json), "Numbers by key; null takes it away")],
        result: .write(.init("previous", .map(.optional(.float)), "Values that put it back")),
        effect: .checked, target: .cluster,
        example: """
            - kafka.alter_quotas: {user: payments, values: {producer_byte_rate: 10485760}}
            """)

    private let entity: QuotaEntity
    private let values: [String: Double?]
    private let isAccepted = Locked(false)

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        let parts = try QuotaArguments.parts(arguments)
        guard !parts.isEmpty else { throw arguments.failure("name a `user`, a `client_id`, both, or an `ip`") }
        guard !parts.contains(where: { $0.name == QuotaArguments.any }) else {
            throw arguments.failure("`*` is no entity: quotas are set by name, or for `<default>`")
        }
        entity = QuotaEntity(parts)
        var values: [String: Double?] = [:]
        for (key, value) in arguments["values"]?.mapValue ?? [:] {
            switch value {
            case .null: values[key] = .some(nil)
            case .int(let number): values[key] = Double(number)
            case .float(let number): values[key] = number
            case .bytes(let bytes): values[key] = Double(bytes.count)
            default: throw arguments.failure("the value of \(key) must be a number or null")
            }
            if let number = values[key] ?? nil, number < 0 { throw arguments.failure("\(key) is negative") }
        }
        self.values = values
    }

    private func present(_ reader: any ClusterReader) async throws(StepFailure) -> [String: Double] {
        let filter = QuotaFilter(
            entity.parts.map { .init(type: $0.type, match: $0.name.map { .exactly($0) } ?? .theDefault) },
            isStrict: true)
        return try await QuotaArguments.find(filter, reader).first { $0.entity == entity }?.values ?? [:]
    }

    private func open(_ present: [String: Double]) -> [String: Double?] {
        values.filter { key, value in present[key] != value }
    }

    private func result(_ open: [String: Double?], _ present: [String: Double], changed: Bool) -> ValueMap {
        let previous = open.keys.sorted().map { ($0, present[$0].map(Value.float) ?? .null) }
        return ["changed": .bool(changed), "previous": .map(ValueMap(previous))]
    }

    func plan(in context: ReadContext) async throws -> ActionPlan {
        let present = try await present(try context.requireCluster(for: Self.reference.name))
        func text(_ number: Double?) -> String { number.flatMap { Value.float($0).plainText } ?? "(none)" }
        let lines = open(present).sorted { $0.key < $1.key }.map { key, value in
            "\(key) \(text(present[key])) → \(text(value))"
        }
        return ActionPlan(changes: lines, changesNothing: lines.isEmpty)
    }

    func run(in context: StepContext) async throws -> ActionOutcome {
        let reader = try context.reading.requireCluster(for: Self.reference.name)
        let writer = try context.requireOperator(for: Self.reference.name)
        let present = try await present(reader)
        let open = open(present)
        guard !open.isEmpty else { return ActionOutcome(.ok, result: result(open, present, changed: false)) }
        try await send(open, writer, validateOnly: true)
        let result = result(open, present, changed: true)
        try await context.record(StepRecord(kind: "prior_value", fields: ["previous": result["previous"] ?? [:]]))
        try await send(open, writer, validateOnly: false)
        isAccepted.withLock { $0 = true }
        try await ReadBack.of("the quotas") {
            try await EventualRead.wait(context.reading) {
                self.open(try await self.present(reader)).isEmpty ? nil : "the quotas do not show"
            }
        }
        return ActionOutcome(.changed, result: result)
    }

    private func send(
        _ open: [String: Double?], _ writer: any ClusterOperator, validateOnly: Bool
    ) async throws(StepFailure) {
        let change = QuotaChange(entity: entity, values: open)
        let answers = try await kafka("the quotas cannot be changed") { () throws(KafkaError) in
            try await writer.alterQuotas([change], validateOnly: validateOnly)
        }
        for answer in answers {
            do throws(KafkaError) { try answer.result.get() } catch {
                throw StepFailure(error, doing: "the quotas were not changed")
            }
        }
    }

    func verify(in context: StepContext) async throws -> Verification {
        let reader = try context.reading.requireCluster(for: Self.reference.name)
        var left: [String] = []
        let isDone = try await ReadBack.settle(context.reading) {
            left = open(try await present(reader)).keys.sorted()
            return left.isEmpty
        }
        if isDone { return .done(evidence: "every quota is as wanted") }
        let evidence = "not as wanted: \(BoundedList.text(left))"
        return isAccepted.withLock { $0 }
            ? .cannotTell("Kafka accepted them, and \(evidence)") : .notDone(evidence: evidence)
    }
}
