import KafkaAdmin
import KafkaOperations
import Playbooks
import TestSupport
import Testing

@Suite struct InventoryAgreementTests {
    private static func host(_ name: String, _ id: Int32, at address: String? = nil) -> Host {
        var host = StepBench.host(name, node: id, isBroker: true, cluster: "prod")
        if let address { host.connection.address = address }
        return host
    }

    private static func broker(_ id: Int32, _ host: String) -> BrokerInfo {
        BrokerInfo(id: id, host: host, port: 9092, rack: nil, isFenced: false)
    }

    struct Case: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var hosts: [Host]
        var brokers: [BrokerInfo]
        var contradictions: [String] = []
        var notes: [String] = []
    }

    static let cases: [Case] = [
        Case(
            testDescription: "names that agree", hosts: [host("k1", 1), host("k2", 2)],
            brokers: [broker(1, "k1"), broker(2, "K2")]),
        Case(
            testDescription: "listeners may have names of their own", hosts: [host("k1", 1), host("k2", 2)],
            brokers: [broker(1, "a.example"), broker(2, "b.example")]),
        Case(
            testDescription: "all on one machine", hosts: [host("k1", 1, at: "::1"), host("k2", 2, at: "::1")],
            brokers: [broker(1, "::1"), broker(2, "::1")]),
        Case(
            testDescription: "two ids swapped", hosts: [host("k1", 2), host("k2", 1, at: "10.0.0.2")],
            brokers: [broker(1, "k1"), broker(2, "10.0.0.2")],
            contradictions: [
                "broker 1 is k2 in the inventory, but it advertises k1, which is k1",
                "broker 2 is k1 in the inventory, but it advertises 10.0.0.2, which is k2",
            ]),
        Case(
            testDescription: "not one broker in common", hosts: [host("k1", 11), host("k2", 12)],
            brokers: [broker(1, "k1"), broker(2, "k2")],
            contradictions: ["the inventory names brokers 11, 12 of prod, the cluster has brokers 1, 2"]),
        Case(
            testDescription: "one that is to be added, and one that is being retired",
            hosts: [host("k1", 1), host("k3", 3)], brokers: [broker(1, "k1"), broker(2, "k2")],
            notes: [
                "prod does not have broker 3 of the inventory yet", "the inventory does not name broker 2 of prod",
            ]),
        Case(testDescription: "nothing to compare", hosts: [], brokers: [broker(1, "k1")]),
    ]

    @Test(arguments: cases) func `only what has no innocent reading is a contradiction`(_ example: Case) {
        let verdict = InventoryAgreement.evaluate("prod", hosts: example.hosts, brokers: example.brokers)
        #expect(verdict.contradictions == example.contradictions)
        #expect(verdict.notes == example.notes)
    }
}
