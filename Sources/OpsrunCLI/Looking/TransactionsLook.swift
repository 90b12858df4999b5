internal import EventLoop
package import KafkaAdmin
internal import KafkaOperations
package import Values

/// `opsrun transactions`: every transactional id that its coordinator shows us; of those with an open transaction, since when
/// and where.
package struct TransactionsLook: LookModel {
    private struct Transaction: Sendable {
        var listing: TransactionListing
        /// Nil: none is open, or it could not be described.
        var open: TransactionDescription?
    }

    private let transactions: [Transaction]
    /// Milliseconds since 1970, for people.
    private let now: Int64
    package let problems: [String]

    /// The states in which a transaction has partitions and a beginning.
    private static let openStates: Set<String> = ["Ongoing", "PrepareCommit", "PrepareAbort", "PrepareEpochFence"]

    package static let schema = RecordType([
        .init(
            "transactions",
            .records(
                of:
                    .init("id", .string, "the transactional id"), .init("state", .string, "in Kafka's words"),
                .init("producer_id", .int), .init("coordinator", .int, "the broker that listed it"),
                .init("producer_epoch", .optional(.int), "null: none is open, as in the fields below"),
                .init("timeout_ms", .optional(.int), "after so long the coordinator aborts it"),
                .init("started_at", .optional(.int), "milliseconds since 1970, by the coordinator's clock"),
                .init("partitions", .list(.string), "that it has written to, as TOPIC-NUMBER")), "by id")
    ])

    static func read(_ reader: any ClusterReader) async throws(LookFailure) -> TransactionsLook {
        do throws(KafkaError) {
            let listed = try await reader.listTransactions(TransactionQuery())
            let open = parts(of: listed) { "\($0)" }.found.filter { openStates.contains($0.state) }
            let described = open.isEmpty ? [] : try await reader.describeTransactions(open.map(\.id).sorted())
            let hidden = await hidden { () throws(KafkaError) in try await Visibility(reader).transactions() }
            return TransactionsLook(
                listed, described, now: SystemTimeSource().sinceEpoch.milliseconds, hidden: hidden)
        } catch {
            throw LookFailure(error, "the transactions cannot be listed")
        }
    }

    /// TRANSACTIONAL_ID_NOT_FOUND.
    private static let unknownTransaction: Int16 = 105

    package init(
        _ listed: [ItemResult<Int32, [TransactionListing]>],
        _ described: [ItemResult<String, TransactionDescription>], now: Int64, hidden: [String] = []
    ) {
        var (found, problems) = Self.parts(of: listed) { "broker \($0) does not list its transactions" }
        var open: [String: TransactionDescription] = [:]
        for answer in described {
            switch answer.result {
            case .success(let transaction): open[answer.item] = transaction
            case .failure(let error):
                // It has ended and expired since it was listed.
                if error.serverCodeNumber == Self.unknownTransaction { continue }
                problems.append("transaction \(answer.item) cannot be described: \(error.message)")
            }
        }
        var seen: Set<String> = []
        found.sort { ($0.id, $0.coordinator) < ($1.id, $1.coordinator) }
        transactions = found.filter { seen.insert($0.id).inserted }.map { listing in
            // What was open when it was listed may have ended since.
            let isOpen = open[listing.id].map { Self.openStates.contains($0.state) } ?? false
            return Transaction(listing: listing, open: isOpen ? open[listing.id] : nil)
        }
        self.now = now
        self.problems = problems + hidden
    }

    private static func partitions(_ transaction: Transaction) -> [String] {
        (transaction.open?.partitions ?? []).sorted().map { "\($0)" }
    }

    package var document: ValueMap {
        [
            "transactions": .list(
                transactions.map { transaction in
                    let (listing, open) = (transaction.listing, transaction.open)
                    return [
                        "id": .string(listing.id), "state": .string(open?.state ?? listing.state),
                        "producer_id": .int(listing.producerID), "coordinator": .int(Int64(listing.coordinator)),
                        "producer_epoch": .orNull(open.map { Int64($0.producerEpoch) }),
                        "timeout_ms": .orNull(open.map { Int64($0.timeoutMilliseconds) }),
                        "started_at": .orNull(open?.startedAt), "partitions": .strings(Self.partitions(transaction)),
                    ]
                })
        ]
    }

    package var tables: [LookTable] {
        [
            LookTable(
                columns: [
                    .init("ID"), .init("STATE"), .init("OPEN FOR", number: true), .init("TIMEOUT", number: true),
                    .init("PARTITIONS", number: true), .init("PRODUCER", number: true),
                    .init("EPOCH", number: true, wide: true), .init("COORDINATOR", number: true),
                    .init("WRITES TO", wide: true),
                ],
                rows: transactions.map { transaction in
                    let (listing, open) = (transaction.listing, transaction.open)
                    let age = open?.startedAt.map { Duration.milliseconds(max(0, now &- $0)).elapsedText }
                    let partitions = Self.partitions(transaction)
                    return [
                        listing.id, open?.state ?? listing.state, age ?? LookCells.unknown,
                        open.map { Duration.milliseconds($0.timeoutMilliseconds).elapsedText } ?? LookCells.unknown,
                        open == nil ? LookCells.unknown : "\(partitions.count)", "\(listing.producerID)",
                        open.map { "\($0.producerEpoch)" } ?? LookCells.unknown, "\(listing.coordinator)",
                        partitions.isEmpty ? LookCells.unknown : partitions.joined(separator: ","),
                    ]
                }, whenEmpty: problems.isEmpty ? "no transactional ids" : "no transactional id is shown to us")
        ]
    }

    package var names: [String] { transactions.map(\.listing.id) }
}
