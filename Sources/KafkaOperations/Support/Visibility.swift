package import KafkaAdmin
package import RunEngine

/// Whether a missing right keeps something from us. Kafka leaves out of its lists whatever we may not see, and says nothing of it:
/// without this an empty list would look like an empty cluster.
///
/// Every question answers nil when nothing is hidden, else why that is not so or not proven.
package struct Visibility: Sendable {
    private let reader: any ClusterReader

    package init(_ reader: any ClusterReader) { self.reader = reader }

    /// What is asked for to learn whether names that nobody grants us can be seen. No topic or id of that name is ever made.
    private static let probe = "opsrun-visibility-probe"
    private static let transactionLog = "__transaction_state"
    private static let rightAdvice = "grant DESCRIBE on the cluster to the user that opsrun comes as"

    /// Whether these operations have the one to describe; operations that are not told forbid nothing.
    static func mayDescribe(_ operations: Int32?) -> Bool {
        operations.map { $0 == .min || AccessOperation.describe.isIn($0) } ?? true
    }

    /// Brokers leave groups out unless we may describe the cluster.
    package func groups() async throws(KafkaError) -> StepFailure? { try await missingRight("groups") }

    /// Metadata leaves topics out that we may not describe.
    ///
    /// 1. Nothing is proven without the right to describe the cluster. 2. Without an authorizer nothing is hidden. 3. Where no rule
    /// denies a topic and a name that nobody ever granted us may be described, every name may. 4. Else what the brokers hold on disk
    /// is compared with `view`. A topic that was made or deleted between the two looks is hidden from nobody.
    package func topics(
        in view: ClusterSnapshot, matching filter: @Sendable (String) -> Bool = { _ in true }
    ) async throws(KafkaError) -> StepFailure? {
        if let failure = try await missingRight("topics") { return failure }
        switch await denials(of: .topic) {
        case .noAuthorizer: return nil
        case .none where try await mayDescribeTopic(Self.probe): return nil
        case .none, .some, .unknown: return try await hiddenOnDisk(view, filter)
        }
    }

    /// ListTransactions leaves ids out that we may not describe; a right on the cluster does not help.
    package func transactions() async throws(KafkaError) -> StepFailure? {
        if let failure = try await missingRight("transactional ids") { return failure }
        let denials = await denials(of: .transactionalID)
        if denials == .noAuthorizer { return nil }
        // Asking for a coordinator would make the log of transactions where there is none.
        let log = try await reader.snapshot(topics: [Self.transactionLog], from: .any).topics.first
        if log?.isUnknown == true { return nil }
        if denials == .none, log?.problem == nil, await mayDescribeTransaction(Self.probe) { return nil }
        return StepFailure(
            .unreachable,
            "not every transactional id may be described, so there may be some that are not shown to us",
            nextAction: "grant DESCRIBE on the transactional id * to the user that opsrun comes as")
    }

    private func missingRight(_ what: String) async throws(KafkaError) -> StepFailure? {
        let operations = try await reader.describeCluster(includeFenced: false, from: .any).authorizedOperations
        guard !Self.mayDescribe(operations) else { return nil }
        return StepFailure(
            .unreachable,
            "the right to describe the cluster is missing, so there may be \(what) that are not shown to us",
            nextAction: Self.rightAdvice)
    }

    /// SECURITY_DISABLED, TRANSACTIONAL_ID_NOT_FOUND.
    private static let securityDisabled: Int16 = 54
    private static let unknownTransaction: Int16 = 105

    private enum Denials { case noAuthorizer, none, some, unknown }

    /// Whether a rule denies anybody anything of that kind.
    private func denials(of type: AccessResourceType) async -> Denials {
        var filter = AccessFilter.everything
        filter.resourceType = type
        filter.permission = .deny
        do throws(KafkaError) {
            return try await reader.describeAccessRules(filter, from: .any).isEmpty ? .none : .some
        } catch {
            return error.serverCodeNumber == Self.securityDisabled ? .noAuthorizer : .unknown
        }
    }

    private func mayDescribeTopic(_ name: String) async throws(KafkaError) -> Bool {
        let answer = try await reader.snapshot(topics: [name], from: .any).topics.first { $0.name == name }
        return answer.map { $0.problem == nil || $0.isUnknown } ?? true
    }

    private func mayDescribeTransaction(_ id: String) async -> Bool {
        guard let answer = try? await reader.describeTransactions([id]).first else { return false }
        switch answer.result {
        case .success: return true
        case .failure(let error): return error.serverCodeNumber == Self.unknownTransaction
        }
    }

    private func hiddenOnDisk(
        _ view: ClusterSnapshot, _ filter: @Sendable (String) -> Bool
    ) async throws(KafkaError) -> StepFailure? {
        let visible = Set(view.topics.map(\.name))
        let brokers = try await reader.describeCluster(includeFenced: false, from: .any).brokers.map(\.id).sorted()
        var held: Set<String> = []
        var silent: [String] = []
        for answer in try await reader.describeLogDirs(brokers: brokers) {
            switch answer.result {
            case .success(let directories):
                for replica in directories.flatMap(\.replicas) { held.insert(replica.partition.topic) }
            case .failure(let error): silent.append("broker \(answer.item): \(error.message)")
            }
        }
        // The metadata log is no topic that Metadata lists.
        held.remove("__cluster_metadata")
        let missing = held.subtracting(visible).filter(filter).sorted()
        let hidden = missing.isEmpty ? [] : try await stillHidden(missing)
        if !hidden.isEmpty {
            return StepFailure(
                .unreachable, "brokers hold topics that nobody shows to us: \(BoundedList.text(hidden))",
                nextAction: "grant DESCRIBE on them to the user that opsrun comes as")
        }
        guard silent.isEmpty else {
            return StepFailure(
                .unreachable, "not every broker says what it holds, so there may be topics that are not shown to us",
                causes: silent)
        }
        return nil
    }

    /// Those that are refused to us by name, or that are not answered for. A topic that is gone by now is on some disk for a while.
    private func stillHidden(_ names: [String]) async throws(KafkaError) -> [String] {
        let answers = try await reader.snapshot(topics: names, from: .any).topics
        return names.filter { name in
            guard let answer = answers.first(where: { $0.name == name }) else { return true }
            return answer.problem != nil && !answer.isUnknown
        }
    }
}

extension Visibility {
    /// For a step, which fails rather than report less than there is.
    func require(
        _ what: String, _ question: (Visibility) async throws(KafkaError) -> StepFailure?
    ) async throws(StepFailure) {
        let failure: StepFailure?
        do throws(KafkaError) { failure = try await question(self) } catch {
            throw StepFailure(error, doing: "what may be seen of the \(what) cannot be found out")
        }
        if let failure { throw failure }
    }

    func requireGroups() async throws(StepFailure) {
        try await require("groups") { visibility throws(KafkaError) in try await visibility.groups() }
    }

    func requireTopics(in view: ClusterSnapshot, matching filter: TopicFilter) async throws(StepFailure) {
        // What is asked for by name is answered by name.
        guard filter.names == nil else { return }
        try await require("topics") { visibility throws(KafkaError) in
            try await visibility.topics(in: view) { filter.matches($0) }
        }
    }

    func requireTransactions() async throws(StepFailure) {
        try await require("transactions") { visibility throws(KafkaError) in try await visibility.transactions() }
    }
}
