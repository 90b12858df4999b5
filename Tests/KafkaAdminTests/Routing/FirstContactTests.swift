import EventLoop
import KafkaWire
import TestSupport
import Testing

@testable import KafkaAdmin

/// What listens at a bootstrap address is told at once when it is certain.
@Suite(.timeLimit(.minutes(1))) struct FirstContactTests {
    /// Addresses at which something else than Kafka listens; each look is counted.
    private final class Strangers: BrokerDialer {
        let brokers: FakeBrokers
        let speak: [Int32: KafkaError.Code]
        let looks = Locked([Int32]())

        init(_ brokers: FakeBrokers, speak: [Int32: KafkaError.Code]) {
            self.brokers = brokers
            self.speak = speak
        }

        var meetsStrangers: Bool { true }

        func dial(_ address: BrokerAddress, within limit: Duration) async throws(KafkaError) -> any BrokerChannel {
            try await brokers.dial(address, within: limit)
        }

        func diagnose(_ address: BrokerAddress, within limit: Duration) async -> KafkaError? {
            looks.withLock { $0.append(address.port) }
            return speak[address.port].map { KafkaError($0, "it speaks something else") }
        }
    }

    private func client(_ dialer: Strangers, _ bootstrap: [String], time: any TimeSource) throws -> AdminClient {
        AdminClient(
            settings: AdminClientSettings(bootstrap: try AdminClientSettings.addresses(bootstrap)), dialer: dialer,
            time: time)
    }

    @Test func `who hangs up without a word is asked what it speaks`() async throws {
        let dialer = Strangers(FakeBrokers { _ in .close }, speak: [1001: .speaksTLS])
        let client = try client(dialer, ["broker:1001"], time: ManualTimeSource())
        await #expect(throws: KafkaError(.speaksTLS, "")) { try await client.clusterID() }
        #expect(dialer.brokers.dials.count == 1 && dialer.looks.withLock { $0 } == [1001])
    }

    @Test func `who is silent is asked after half a second`() async throws {
        let time = ManualTimeSource()
        let dialer = Strangers(FakeBrokers { _ in .silence }, speak: [1001: .speaksHTTP])
        let client = try client(dialer, ["broker:1001"], time: time)
        let answer = Task { try await client.clusterID() }
        // The patience, and the deadline of the question.
        await time.waitForSleepers(2)
        time.advance(by: FirstContact.patience)
        await #expect(throws: KafkaError(.speaksHTTP, "")) { _ = try await answer.value }
        #expect(time.monotonic < .seconds(1))
    }

    @Test func `one address that speaks something else does not speak for the others`() async throws {
        let brokers = FakeBrokers { request in request.address.port == 9 ? .close : nil }
        let dialer = Strangers(brokers, speak: [9: .speaksHTTP])
        let client = try client(dialer, ["broker:9", "broker:1001"], time: SystemTimeSource())
        #expect(try await client.clusterID() == "cluster-a")
        // On a machine that stalls, the broker may be looked at as well: nothing is held against it.
        #expect(dialer.looks.withLock { $0 }.first == 9)
    }

    @Test func `a broker that answers is not asked`() async throws {
        let dialer = Strangers(FakeBrokers(), speak: [1001: .speaksHTTP])
        let client = try client(dialer, ["broker:1001"], time: ManualTimeSource())
        #expect(try await client.clusterID() == "cluster-a")
        #expect(dialer.looks.withLock { $0.isEmpty })
    }

    @Test func `a bootstrap that refuses for a while refuses`() async throws {
        let time = SkippingTimeSource()
        let brokers = FakeBrokers()
        brokers.refuse(1001)
        let client = AdminClient(
            settings: AdminClientSettings(bootstrap: try AdminClientSettings.addresses(["broker:1001"])),
            dialer: brokers, time: time)
        let error = await #expect(throws: KafkaError(.unreachable, "")) {
            try await client.clusterID(within: .seconds(10), refusedFor: .milliseconds(500))
        }
        #expect(error?.isRefused == true && time.monotonic < .seconds(3))
        // Without that wish it is tried until the time is up.
        await #expect(throws: KafkaError(.unreachable, "")) { try await client.clusterID(within: .seconds(10)) }
        #expect(time.monotonic > .seconds(9))
    }
}
