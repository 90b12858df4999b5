import EventLoop
import KafkaWire
import TestSupport
import Testing
import Values

@testable import KafkaAdmin

/// The time that a dial may take, and what it does besides.
@Suite(.timeLimit(.minutes(10))) struct DialTests {
    /// Takes its time by the test's clock.
    private struct SlowTokens: BearerTokenSource {
        let time: ManualTimeSource
        let takes: Duration

        func token(deadline: Duration) async throws(KafkaError) -> Secret {
            time.advance(by: takes)
            return Secret("token", origin: "test")
        }
    }

    private struct NotingDialer: BrokerDialer {
        let limits = Locked([Duration]())

        func dial(_ address: BrokerAddress, within limit: Duration) async throws(KafkaError) -> any BrokerChannel {
            limits.withLock { $0.append(limit) }
            throw KafkaError(.unreachable, "\(address) refuses connections")
        }
    }

    @Test(arguments: [(8, Duration?.some(.seconds(2))), (10, nil), (11, nil)])
    func theTimeOfTheTokenIsTakenOffThatOfTheDial(takes: Int, left: Duration?) async throws {
        let (time, dialer) = (ManualTimeSource(), NotingDialer())
        let address = try #require(BrokerAddress(text: "broker:9093"))
        let sasl = SASLSettings(
            mechanism: .oauthBearer,
            credentials: .bearer(SlowTokens(time: time, takes: .seconds(takes)), extensions: []))
        let error = await #expect(throws: KafkaError.self) {
            try await BrokerConnection.open(
                address, dialer: dialer, identity: ClientIdentity(), sasl: sasl, time: time, loop: .shared,
                deadline: .seconds(10))
        }
        #expect(dialer.limits.withLock { $0 } == (left.map { [$0] } ?? []))
        #expect(error?.code == (left == nil ? .timedOut : .unreachable))
    }

    @Test func aHandshakeThatIsHungUpOnIsLookedAtOnce() async throws {
        let listener = try ListeningSocket()
        let accepted = Locked(0)
        let server = Task {
            while let socket = try? await listener.accept() {
                accepted.withLock { $0 += 1 }
                _ = try? await socket.read(upTo: 1, within: .seconds(20))
                await socket.close()
            }
        }
        let dialer = TCPDialer(tls: .client(TLSSettings()))
        let address = try #require(BrokerAddress(text: "127.0.0.1:\(listener.port)"))
        for _ in 0..<3 {
            await #expect(throws: KafkaError.self) { _ = try await dialer.dial(address, within: .seconds(20)) }
        }
        // Three handshakes, and one look in plaintext.
        #expect(accepted.withLock { $0 } == 4)
        server.cancel()
        await listener.close()
    }

    @Test func aLookHasNoMoreTimeThanTheDial() async throws {
        let address = try #require(BrokerAddress(text: "127.0.0.1:1"))
        #expect(await ListenerDiagnosis.plaintext(at: address, within: .zero) == nil)
    }

    @Test func aSilentHandshakeEndsWithTheDial() async throws {
        let listener = try ListeningSocket()
        let server = Task {
            var held: [StreamSocket] = []
            while let socket = try? await listener.accept() { held.append(socket) }
        }
        let dialer = TCPDialer(tls: .client(TLSSettings()))
        let address = try #require(BrokerAddress(text: "127.0.0.1:\(listener.port)"))
        let error = await #expect(throws: KafkaError.self) {
            // Reading the platform's CAs takes a part of it.
            _ = try await dialer.dial(address, within: .seconds(3))
        }
        #expect(error?.code == .unreachable)
        server.cancel()
        await listener.close()
    }
}
