import KafkaWire
import Testing
import Values

@testable import KafkaAdmin

/// Logins of the connection machine, without a channel: a scripted broker answers each request.
@Suite struct ConnectionLoginTests {
    private typealias Machine = ConnectionStateMachine

    /// What one broker answers; remembers what it was sent.
    private struct Broker {
        var mechanisms = ["PLAIN", "SCRAM-SHA-256"]
        var handshakeError: KafkaErrorCode = .none
        var password = "secret"
        var lifetime: Int64 = 0
        var seen: [APIKey] = []
        var scramNonce = ""

        mutating func answer(_ frame: [UInt8]) throws -> [UInt8] {
            let payload = Array(frame.dropFirst(4))
            let header = try RequestFrame.header(of: payload)
            seen.append(header.apiKey)
            func encoded(_ response: some KafkaResponse) throws -> [UInt8] {
                Array(
                    try ResponseFrame.encode(
                        response, version: header.version, correlationId: header.correlationId
                    ).dropFirst(4))
            }
            switch header.apiKey {
            case .apiVersions:
                return try encoded(
                    ApiVersionsResponse(
                        apiKeys: [
                            .init(apiKey: .apiVersions, minVersion: 0, maxVersion: 4),
                            .init(apiKey: .metadata, minVersion: 0, maxVersion: 13),
                            .init(apiKey: .saslHandshake, minVersion: 0, maxVersion: 1),
                            .init(apiKey: .saslAuthenticate, minVersion: 0, maxVersion: 2),
                        ]))
            case .saslHandshake:
                let body = try RequestFrame.body(SaslHandshakeRequest.self, of: payload, header: header)
                let isOffered = mechanisms.contains(body.mechanism)
                let error: KafkaErrorCode =
                    handshakeError != .none ? handshakeError : isOffered ? .none : .unsupportedSaslMechanism
                return try encoded(SaslHandshakeResponse(errorCode: error, mechanisms: mechanisms))
            case .saslAuthenticate:
                let body = try RequestFrame.body(SaslAuthenticateRequest.self, of: payload, header: header)
                let parts = body.authBytes.split(separator: 0, omittingEmptySubsequences: false)
                if parts.count == 3, String(decoding: parts[2], as: UTF8.self) == password {
                    return try encoded(SaslAuthenticateResponse(sessionLifetimeMs: lifetime))
                }
                return try encoded(
                    SaslAuthenticateResponse(
                        errorCode: .saslAuthenticationFailed,
                        errorMessage: "Authentication failed: Invalid username or password"))
            default: return try encoded(MetadataResponse())
            }
        }
    }

    private func machine(_ settings: SASLSettings = .testPlain(), point: Double = 0.9) -> Machine {
        Machine(
            address: "broker:9093", identity: ClientIdentity(softwareVersion: "1.0"),
            login: .init(settings: settings, renewalPoint: point))
    }

    /// Feeds the broker's answers until nothing more is sent; what came out besides.
    private func converse(
        _ machine: inout Machine, _ actions: [Machine.Action], _ broker: inout Broker, now: Duration = .zero
    ) throws -> [Machine.Action] {
        var pending = actions[...]
        var others: [Machine.Action] = []
        while let action = pending.popFirst() {
            switch action {
            case .send(let frame): pending += machine.received(try broker.answer(frame), now: now)
            case .derive(let derivation): pending += machine.derived(derivation.saltedPassword(), now: now)
            default: others.append(action)
            }
        }
        return others
    }

    private func openMachine(_ broker: inout Broker, now: Duration = .zero) throws -> Machine {
        var machine = machine()
        _ = try converse(&machine, machine.begin(deadline: .seconds(10)), &broker, now: now)
        return machine
    }

    private func call(_ id: UInt64, deadline: Duration = .seconds(1000)) throws -> Machine.Call {
        let frame = try RequestFrame.encode(MetadataRequest(), version: 12, correlationId: 0, clientId: "opsrun")
        return .init(id: id, frame: frame, api: .metadata, version: 12, kind: .read, deadline: deadline)
    }

    private func closing(_ actions: [Machine.Action]) -> KafkaError? {
        for case .close(let error) in actions { return error }
        return nil
    }

    // MARK: First login

    @Test func `a connection is open after the login and not before`() throws {
        var machine = machine()
        var broker = Broker()
        let early = machine.submit(try call(1), now: .zero)
        #expect(early.count == 1)
        let actions = try converse(&machine, machine.begin(deadline: .seconds(10)), &broker)
        #expect(broker.seen == [.apiVersions, .saslHandshake, .saslAuthenticate])
        guard case .opened = actions.first, actions.count == 1 else {
            Issue.record("\(actions)")
            return
        }
        #expect(machine.nextWake == nil)
        #expect(try converse(&machine, machine.submit(try call(2), now: .zero), &broker).count == 1)
    }

    @Test func `a wrong password is one final line with what to check`() throws {
        var machine = machine(.testPlain(password: "wrong"))
        var broker = Broker()
        let error = try #require(closing(try converse(&machine, machine.begin(deadline: .seconds(10)), &broker)))
        #expect(error.code == .authentication && !RetryRule.isRetriable(error, kind: .read))
        #expect(
            error.message
                == "broker:9093 refused the PLAIN login of alice: Authentication failed: Invalid username or password")
        #expect(error.nextAction?.contains("sasl.jaas.config") == true)
        #expect(!error.description.contains("wrong") && !error.description.contains("\n"))
    }

    @Test func `a mechanism that is not offered is answered with those that are`() throws {
        var machine = machine(.testPlain())
        var broker = Broker(mechanisms: ["SCRAM-SHA-512", "GSSAPI"])
        let error = try #require(closing(try converse(&machine, machine.begin(deadline: .seconds(10)), &broker)))
        #expect(error.code == .authentication)
        #expect(error.message.contains("does not offer the SASL mechanism PLAIN"))
        #expect(error.message.hasSuffix("it offers SCRAM-SHA-512, GSSAPI"))
        #expect(error.nextAction?.contains("sasl.mechanism") == true)
    }

    @Test func `an empty list of mechanisms is no trap`() throws {
        var machine = machine(.testPlain())
        var broker = Broker(mechanisms: [])
        let error = try #require(closing(try converse(&machine, machine.begin(deadline: .seconds(10)), &broker)))
        #expect(error.message.hasSuffix("it offers none"))
    }

    @Test func `a listener without SASL is named`() throws {
        var machine = machine()
        var broker = Broker(handshakeError: .illegalSaslState)
        let error = try #require(closing(try converse(&machine, machine.begin(deadline: .seconds(10)), &broker)))
        #expect(error.code == .authentication && error.message.contains("takes no SASL login"))
        #expect(error.nextAction?.contains("security.protocol") == true)
    }

    @Test func `a login that hangs ends at the deadline of the connect`() throws {
        var machine = machine()
        var broker = Broker()
        var actions = machine.begin(deadline: .seconds(10))
        guard case .send(let frame) = actions[0] else {
            Issue.record("nothing was sent")
            return
        }
        actions = machine.received(try broker.answer(frame), now: .zero)
        #expect(machine.nextWake == .seconds(10))
        #expect(closing(machine.tick(.seconds(10)))?.code == .unreachable)
    }

    @Test func `an answer with another correlation id ends the login`() throws {
        var machine = machine()
        var broker = Broker()
        guard case .send(let frame) = machine.begin(deadline: .seconds(10))[0] else {
            Issue.record("nothing was sent")
            return
        }
        guard case .send(let handshake) = machine.received(try broker.answer(frame), now: .zero)[0] else {
            Issue.record("nothing was sent")
            return
        }
        var answer = try broker.answer(handshake)
        answer[3] ^= 1
        #expect(closing(machine.received(answer, now: .zero))?.code == .unreachable)
    }

    // MARK: Renewal

    @Test func `a session is renewed by the next call, behind the answers that are due, and calls wait for it`() throws
    {
        var broker = Broker(lifetime: 10_000)
        var machine = try openMachine(&broker)
        broker.seen = []
        // Before nine seconds nothing happens.
        guard case .send(let first)? = machine.submit(try call(1), now: .seconds(8)).first else {
            Issue.record("nothing was sent")
            return
        }
        #expect(machine.submit(try call(2), now: .seconds(9.1)).isEmpty)
        #expect(machine.submit(try call(3), now: .seconds(9.1)).isEmpty)
        let drained = machine.received(try broker.answer(first), now: .seconds(9.2))
        let finished = try converse(&machine, drained, &broker, now: .seconds(9.2))
        #expect(broker.seen == [.metadata, .saslHandshake, .saslAuthenticate, .metadata, .metadata])
        #expect(finished.count == 3)
        // The new session counts from its own login.
        broker.seen = []
        _ = try converse(&machine, machine.submit(try call(4), now: .seconds(18)), &broker, now: .seconds(18))
        #expect(broker.seen == [.metadata])
        _ = try converse(&machine, machine.submit(try call(5), now: .seconds(18.3)), &broker, now: .seconds(18.3))
        #expect(broker.seen == [.metadata, .saslHandshake, .saslAuthenticate, .metadata])
    }

    @Test func `a session without an end after a renewal is renewed no more`() throws {
        var broker = Broker(lifetime: 10_000)
        var machine = try openMachine(&broker)
        broker.lifetime = 0
        _ = try converse(&machine, machine.submit(try call(1), now: .seconds(9.5)), &broker, now: .seconds(9.5))
        broker.seen = []
        _ = try converse(&machine, machine.submit(try call(2), now: .seconds(900)), &broker, now: .seconds(900))
        #expect(broker.seen == [.metadata])
    }

    @Test func `logins are a second apart however short the session`() throws {
        var broker = Broker(lifetime: 100)
        var machine = try openMachine(&broker)
        broker.seen = []
        _ = try converse(
            &machine, machine.submit(try call(1), now: .milliseconds(95)), &broker, now: .milliseconds(95))
        #expect(broker.seen == [.metadata])
        _ = try converse(&machine, machine.submit(try call(2), now: .seconds(1)), &broker, now: .seconds(1))
        #expect(broker.seen == [.metadata, .saslHandshake, .saslAuthenticate, .metadata])
    }

    @Test(arguments: [Int64.max, Int64.max - 1, 9_000_000_000_000_000]) func `no lifetime overflows`(lifetime: Int64)
        throws
    {
        var broker = Broker(lifetime: lifetime)
        var machine = try openMachine(&broker)
        broker.seen = []
        let year = Duration.seconds(300 * 86_400)
        _ = try converse(&machine, machine.submit(try call(1, deadline: year * 2), now: year), &broker, now: year)
        #expect(broker.seen == [.metadata])
    }

    @Test func `a renewal that is refused fails the calls for good`() throws {
        var broker = Broker(lifetime: 10_000)
        var machine = try openMachine(&broker)
        broker.password = "another"
        let actions = try converse(
            &machine, machine.submit(try call(1), now: .seconds(9.5)), &broker, now: .seconds(9.5))
        #expect(closing(actions)?.code == .authentication)
        let failures = actions.compactMap { action -> KafkaError.Code? in
            if case .finish(_, .failure(let error)) = action { error.code } else { nil }
        }
        #expect(failures == [.authentication])
        #expect(machine.isClosed)
    }

    @Test func `a renewal that hangs ends, and a retry may go elsewhere`() throws {
        var broker = Broker(lifetime: 10_000)
        var machine = try openMachine(&broker)
        #expect(machine.submit(try call(1), now: .seconds(9.5)).count == 1)
        #expect(machine.nextWake == .seconds(39.5))
        let actions = machine.tick(.seconds(39.5))
        #expect(closing(actions)?.code == .unreachable && actions.count == 2)
    }

    @Test func `a token that is not there yet holds nobody up before the session ends`() throws {
        var broker = Broker(mechanisms: ["OAUTHBEARER"])
        var machine = Machine(
            address: "broker:9093", identity: ClientIdentity(),
            login: .init(settings: .testBearer(), token: Secret("t", origin: "test")))
        _ = broker.seen
        var actions = machine.begin(deadline: .seconds(10))
        for _ in 0..<3 {
            guard case .send(let frame) = actions[0] else { break }
            let payload = Array(frame.dropFirst(4))
            let header = try RequestFrame.header(of: payload)
            if header.apiKey == .saslAuthenticate {
                let answer = try ResponseFrame.encode(
                    SaslAuthenticateResponse(sessionLifetimeMs: 10_000), version: header.version,
                    correlationId: header.correlationId)
                actions = machine.received(Array(answer.dropFirst(4)), now: .zero)
            } else {
                actions = machine.received(try broker.answer(frame), now: .zero)
            }
        }
        #expect(machine.isRenewalDue(.seconds(9.1)) && !machine.hasExpired(.seconds(9.1)))
        guard case .send(let sent)? = machine.submit(try call(1), now: .seconds(9.1)).first else {
            Issue.record("nothing was sent")
            return
        }
        #expect(try RequestFrame.header(of: Array(sent.dropFirst(4))).apiKey == .metadata)
        _ = machine.received(try broker.answer(sent), now: .seconds(9.2))
        machine.provide(Secret("u", origin: "test"))
        guard case .send(let next)? = machine.submit(try call(2), now: .seconds(9.3)).first else {
            Issue.record("nothing was sent")
            return
        }
        #expect(try RequestFrame.header(of: Array(next.dropFirst(4))).apiKey == .saslHandshake)
    }

    @Test func `a throttled answer before a renewal delays it and does not stop it`() throws {
        var broker = Broker(lifetime: 10_000)
        var machine = try openMachine(&broker)
        guard case .send(let first)? = machine.submit(try call(1), now: .seconds(8)).first else {
            Issue.record("nothing was sent")
            return
        }
        #expect(machine.submit(try call(2), now: .seconds(9.1)).isEmpty)
        let header = try RequestFrame.header(of: Array(first.dropFirst(4)))
        let throttled = try ResponseFrame.encode(
            MetadataResponse(throttleTimeMs: 300), version: header.version, correlationId: header.correlationId)
        let answered = machine.received(Array(throttled.dropFirst(4)), now: .milliseconds(9200))
        #expect(answered.count == 1)
        #expect(machine.nextWake == .milliseconds(9500))
        broker.seen = []
        let finished = try converse(&machine, machine.tick(.milliseconds(9500)), &broker, now: .milliseconds(9500))
        #expect(broker.seen == [.saslHandshake, .saslAuthenticate, .metadata] && finished.count == 1)
    }

    @Test func `nothing is sent between the end of a session and the time for the next login`() throws {
        var broker = Broker(lifetime: 100)
        var machine = try openMachine(&broker)
        broker.seen = []
        #expect(machine.submit(try call(1), now: .milliseconds(200)).isEmpty)
        #expect(machine.nextWake == .seconds(1))
        let finished = try converse(&machine, machine.tick(.seconds(1)), &broker, now: .seconds(1))
        #expect(broker.seen == [.saslHandshake, .saslAuthenticate, .metadata] && finished.count == 1)
    }

    @Test func `a broker that closes an ended session has not gone`() throws {
        var broker = Broker(lifetime: 10_000)
        var machine = try openMachine(&broker)
        _ = machine.channelClosed(nil, now: .seconds(11))
        #expect(machine.isClosed && !machine.isEndedByPeer)
    }
}
