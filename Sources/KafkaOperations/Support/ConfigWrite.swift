import EventLoop
import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// A value that something is to have of its own; nil: none.
struct ConfigWish: Sendable, Hashable {
    var target: ConfigTarget
    var key: String
    var value: String?

    /// `leader.replication.throttled.rate=1048576 on broker 1`.
    var text: String {
        value.map { "\(key)=\($0) on \(target.resource)" } ?? "no \(key) of its own on \(target.resource)"
    }
}

/// What it has of its own now.
struct ConfigFound: Sendable {
    var wish: ConfigWish
    var prior: String?
    /// Kafka does not show it.
    var isHidden: Bool

    var isOpen: Bool { prior != wish.value || isHidden }
}

/// Sets values of several resources in one go, and remembers what they had.
enum ConfigWrite {
    /// What each has now, target by target; one that cannot be read is its error.
    static func look(
        _ wishes: [ConfigWish], _ reader: any ClusterReader
    ) async throws(StepFailure) -> [ConfigTarget: Result<[ConfigFound], KafkaError>] {
        var targets: [ConfigTarget] = []
        var keys: [String] = []
        for wish in wishes {
            if !targets.contains(wish.target) { targets.append(wish.target) }
            if !keys.contains(wish.key) { keys.append(wish.key) }
        }
        guard !targets.isEmpty else { return [:] }
        let (asked, names) = (targets, keys)
        let answers = try await kafka("the configuration cannot be read") { () throws(KafkaError) in
            try await reader.describeConfigs(asked.map(\.resource), keys: names)
        }
        var found: [ConfigTarget: Result<[ConfigFound], KafkaError>] = [:]
        for target in targets {
            guard let answer = answers.first(where: { $0.item == target.resource }) else {
                found[target] = .failure(KafkaError(.noResult, "\(target.resource) is not in the answer"))
                continue
            }
            found[target] = answer.result.map { entries in
                wishes.filter { $0.target == target }.map { wish in
                    let own = entries.first { $0.name == wish.key }.flatMap { target.own($0) }
                    if case .some(.none) = own { return ConfigFound(wish: wish, prior: nil, isHidden: true) }
                    return ConfigFound(wish: wish, prior: own ?? nil, isHidden: false)
                }
            }
        }
        return found
    }

    /// Those that are not yet as wanted; throws where one cannot be read.
    static func open(_ wishes: [ConfigWish], _ reader: any ClusterReader) async throws(StepFailure) -> [ConfigFound] {
        let found = try await look(wishes, reader)
        var open: [ConfigFound] = []
        var seen: Set<ConfigTarget> = []
        for wish in wishes where seen.insert(wish.target).inserted {
            do throws(KafkaError) {
                open += try (found[wish.target] ?? .success([])).get().filter(\.isOpen)
            } catch {
                throw StepFailure(error, doing: "the configuration of \(wish.target.resource) cannot be read")
            }
        }
        return open
    }

    static func changes(_ wishes: [ConfigWish]) -> [(resource: ConfigResource, changes: [ConfigChange])] {
        var order: [ConfigTarget] = []
        for wish in wishes where !order.contains(wish.target) { order.append(wish.target) }
        return order.map { target in
            (
                target.resource,
                wishes.filter { $0.target == target }.map {
                    ConfigChange(name: $0.key, operation: $0.value == nil ? .delete : .set, value: $0.value)
                }
            )
        }
    }

    /// 1. What is open. 2. Kafka checks it. 3. As a loan: the journal has what was there. 4. Sent, and read back. Answers with
    /// what was open. Throws what any one of them answers; what was sent by then is the loan's to put back. `countsOnAll`: the
    /// loan names also what is as wanted already, so that whoever has set it does not put it back before this step ends.
    static func set(
        _ wishes: [ConfigWish], in context: StepContext, _ reader: any ClusterReader, _ writer: any ClusterOperator,
        isLoan: Bool, repeats: Bool, countsOnAll: Bool = false
    ) async throws -> [ConfigFound] {
        let open = try await open(wishes, reader)
        if isLoan, countsOnAll, !wishes.isEmpty {
            let known = Set(open.map(\.wish))
            let same = wishes.filter { !known.contains($0) }
                .map { ConfigFound(wish: $0, prior: $0.value, isHidden: false) }
            guard !open.isEmpty else {
                try await borrow(same, in: context, repeats: repeats)
                return []
            }
            return try await write(open, borrowing: open + same, in: context, reader, writer, repeats: repeats)
        }
        guard !open.isEmpty else { return [] }
        return try await write(open, borrowing: isLoan ? open : [], in: context, reader, writer, repeats: repeats)
    }

    private static func write(
        _ open: [ConfigFound], borrowing loan: [ConfigFound], in context: StepContext, _ reader: any ClusterReader,
        _ writer: any ClusterOperator, repeats: Bool
    ) async throws -> [ConfigFound] {
        let wanted = open.map(\.wish)
        for answer in try await send(wanted, writer, validateOnly: true) { try check(answer) }
        if !loan.isEmpty { try await borrow(loan, in: context, repeats: repeats) }
        for answer in try await send(wanted, writer, validateOnly: false) { try check(answer) }
        try await ReadBack.of("the configuration of \(BoundedList.text(wanted.map { "\($0.target.resource)" }))") {
            try await EventualRead.wait(context.reading) {
                try await Self.open(wanted, reader).first.map {
                    "\($0.wish.target.resource) does not show \($0.wish.key)"
                }
            }
        }
        return open
    }

    /// Records what was there, before it is changed for the run's time.
    static func borrow(_ open: [ConfigFound], in context: StepContext, repeats: Bool) async throws {
        if let hidden = open.first(where: \.isHidden) {
            throw StepFailure(
                .refused, "\(hidden.wish.key) is sensitive: what it is now cannot be read, and so not be put back",
                nextAction: "change it without `temporary`")
        }
        try await context.borrow(
            BoundedList.text(open.map(\.wish.text), limit: 3), action: RestoreConfigs.reference.name,
            RestoreConfigs.arguments(open), repeats: repeats,
            places: open.map { "\($0.wish.target.resource): \($0.wish.key)" })
    }

    private static func send(
        _ wishes: [ConfigWish], _ writer: any ClusterOperator, validateOnly: Bool
    ) async throws(StepFailure) -> [ItemResult<ConfigResource, Void>] {
        let names = BoundedList.text(wishes.map { "\($0.target.resource)" })
        return try await kafka("the configuration of \(names) cannot be changed") { () throws(KafkaError) in
            try await writer.alterConfigs(changes(wishes), validateOnly: validateOnly)
        }
    }

    private static func check(_ answer: ItemResult<ConfigResource, Void>) throws(StepFailure) {
        do throws(KafkaError) { try answer.result.get() } catch {
            throw StepFailure(error, doing: "the configuration of \(answer.item) was not changed")
        }
    }
}
