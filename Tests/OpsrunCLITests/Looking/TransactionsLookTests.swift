import KafkaAdmin
import OpsrunCLI
import TestSupport
import Testing
import Values

@Suite struct TransactionsLookTests {
    private static func listing(_ id: String, _ state: String, _ coordinator: Int32) -> TransactionListing {
        TransactionListing(id: id, producerID: 1000 + Int64(coordinator), state: state, coordinator: coordinator)
    }

    private static func open(_ id: String, state: String = "Ongoing", startedAt: Int64?) -> TransactionDescription {
        TransactionDescription(
            id: id, state: state, timeoutMilliseconds: 60_000, startedAt: startedAt, producerID: 1001,
            producerEpoch: 4, partitions: [TopicPartition("orders", 10), TopicPartition("orders", 2)],
            coordinator: 1)
    }

    private func look() -> TransactionsLook {
        TransactionsLook(
            [
                ItemResult(
                    item: 2, result: .success([Self.listing("sinks-1", "CompleteCommit", 2)])),
                ItemResult(item: 3, result: .failure(KafkaError(.unreachable, "kafka-3:9092 cannot be reached"))),
                ItemResult(
                    item: 1,
                    result: .success([
                        Self.listing("billing-0", "Ongoing", 1), Self.listing("billing-1", "Ongoing", 1),
                        Self.listing("billing-2", "PrepareAbort", 1),
                    ])),
            ],
            [
                ItemResult(item: "billing-0", result: .success(Self.open("billing-0", startedAt: 1_000_000))),
                // It has ended since it was listed.
                ItemResult(
                    item: "billing-1",
                    result: .success(Self.open("billing-1", state: "CompleteAbort", startedAt: nil))),
                ItemResult(item: "billing-2", result: .failure(KafkaError(.timedOut, "no answer in time"))),
            ], now: 1_000_000 + 3_725_000)
    }

    @Test(arguments: [
        (Options.Output.table, "look-transactions"), (.wide, "look-transactions-wide"),
        (.json, "look-transactions-json"),
    ])
    func `transactions are shown by id, open ones with their age and partitions`(
        mode: Options.Output, snapshot: String
    ) throws {
        try expectSnapshot(LookRenderer(mode).text(look()), named: snapshot)
        #expect(DocumentShape.mismatches(.map(look().document), .record(TransactionsLook.schema)) == [])
        #expect(look().names == ["billing-0", "billing-1", "billing-2", "sinks-1"])
    }

    @Test func `what could not be asked is said`() {
        #expect(
            look().problems == [
                "broker 3 does not list its transactions: kafka-3:9092 cannot be reached",
                "transaction billing-2 cannot be described: no answer in time",
            ])
    }
}
