import KafkaWire
import Testing

@testable import KafkaAdmin

@Suite struct ConnectionStateMachineTests {
    private typealias Action = ConnectionStateMachine.Action

    private func machine() -> ConnectionStateMachine {
        ConnectionStateMachine(address: "broker:9092", identity: ClientIdentity(softwareVersion: "1.0"))
    }

    /// A machine that has negotiated.
    private func openMachine(throttle: Int32 = 0) throws -> ConnectionStateMachine {
        var machine = machine()
        let sent = try frame(machine.begin(deadline: .seconds(10)))
        _ = try answer(&machine, to: sent, versions(throttle: throttle), version: 4)
        return machine
    }

    private func versions(
        _ error: KafkaErrorCode = .none, keys: [(APIKey, Int16, Int16)] = [(.apiVersions, 0, 4), (.metadata, 0, 13)],
        throttle: Int32 = 0
    ) -> ApiVersionsResponse {
        ApiVersionsResponse(
            errorCode: error, apiKeys: keys.map { .init(apiKey: $0.0, minVersion: $0.1, maxVersion: $0.2) },
            throttleTimeMs: throttle)
    }

    private struct Sent {
        let header: RequestFrame.Header
        let payload: [UInt8]
    }

    /// The only frame that the actions send.
    private func frame(_ actions: [Action]) throws -> Sent {
        let frames = actions.compactMap { action -> [UInt8]? in
            if case .send(let frame) = action { frame } else { nil }
        }
        let frame = try #require(frames.count == 1 ? frames.first : nil)
        let payload = Array(frame.dropFirst(4))
        return Sent(header: try RequestFrame.header(of: payload), payload: payload)
    }

    private func answer(
        _ machine: inout ConnectionStateMachine, to sent: Sent, _ response: some KafkaResponse, version: Int16,
        correlation: Int32? = nil, now: Duration = .zero
    ) throws -> [Action] {
        let frame = try ResponseFrame.encode(
            response, version: version, correlationId: correlation ?? sent.header.correlationId)
        return machine.received(Array(frame.dropFirst(4)), now: now)
    }

    private func call(
        _ id: UInt64, _ kind: RequestKind = .read, deadline: Duration = .seconds(5)
    ) throws -> ConnectionStateMachine.Call {
        let frame = try RequestFrame.encode(MetadataRequest(), version: 12, correlationId: 0, clientId: "opsrun")
        return .init(id: id, frame: frame, api: .metadata, version: 12, kind: kind, deadline: deadline)
    }

    private func results(_ actions: [Action]) -> [UInt64: KafkaError.Code?] {
        actions.reduce(into: [:]) { results, action in
            guard case .finish(let id, let result) = action else { return }
            switch result {
            case .success: results.updateValue(nil, forKey: id)
            case .failure(let error): results[id] = error.code
            }
        }
    }

    private func closing(_ actions: [Action]) -> KafkaError? {
        for case .close(let error) in actions { return error }
        return nil
    }

    // MARK: Negotiation

    @Test func theFirstRequestSaysWhoAsksInTheNewestVersion() throws {
        var machine = machine()
        let sent = try frame(machine.begin(deadline: .seconds(1)))
        #expect(sent.header.apiKey == .apiVersions && sent.header.version == 4 && sent.header.clientId == "opsrun")
        let request = try RequestFrame.body(ApiVersionsRequest.self, of: sent.payload, header: sent.header)
        #expect(request.clientSoftwareName == "opsrun" && request.clientSoftwareVersion == "1.0")
        #expect(try answer(&machine, to: sent, versions(), version: 4) == [.opened(versions())])
    }

    @Test(arguments: [("0.1.0-dev+abc", "0.1.0-devabc"), ("", "unknown"), ("-.1.-", "1"), ("ü", "unknown")])
    func theVersionIsCleanedForBrokers(version: String, expected: String) {
        #expect(ClientIdentity(softwareVersion: version).greeting.clientSoftwareVersion == expected)
    }

    typealias Entry = (api: APIKey, minimum: Int16, maximum: Int16)

    /// KIP-511: the own entry says what the broker knows; an older broker lists nothing, some list everything.
    static let refusals: [([Entry], Int16)] = {
        var refusals: [([Entry], Int16)] = []
        refusals.append(([(.apiVersions, 0, 3)], 3))
        refusals.append(([], 0))
        refusals.append(([(.metadata, 0, 9), (.apiVersions, 0, 2), (.fetch, 0, 11)], 2))
        refusals.append(([(.metadata, 0, 9)], 0))
        // A broker that refuses v4 and claims to know it is asked lower, never the same again.
        refusals.append(([(.apiVersions, 0, 9)], 3))
        refusals.append(([(.apiVersions, 0, -5)], 0))
        return refusals
    }()

    @Test(arguments: refusals)
    func anUnknownVersionIsAskedOnceMoreInTheOneOffered(keys: [Entry], expected: Int16) throws {
        var machine = machine()
        let first = try frame(machine.begin(deadline: .seconds(1)))
        let second = try frame(
            answer(&machine, to: first, versions(.unsupportedVersion, keys: keys), version: 0))
        #expect(second.header.apiKey == .apiVersions && second.header.version == expected)
        let table = versions(keys: [(.apiVersions, 0, expected), (.metadata, 0, 5)])
        #expect(try answer(&machine, to: second, table, version: expected) == [.opened(table)])
    }

    @Test func aSecondRefusalEndsTheConnection() throws {
        var machine = machine()
        let first = try frame(machine.begin(deadline: .seconds(1)))
        let refusal = versions(.unsupportedVersion, keys: [(.apiVersions, 0, 2)])
        let second = try frame(answer(&machine, to: first, refusal, version: 0))
        let actions = try answer(&machine, to: second, refusal, version: 0)
        #expect(closing(actions)?.code == .server(.unsupportedVersion))
    }

    @Test(arguments: [KafkaErrorCode.invalidRequest, .illegalSaslState, .unknownServerError])
    func anyOtherErrorEndsTheConnectionWithThatError(code: KafkaErrorCode) throws {
        var machine = machine()
        let sent = try frame(machine.begin(deadline: .seconds(1)))
        let actions = try answer(&machine, to: sent, versions(code), version: 4)
        #expect(closing(actions)?.code == .server(code) && machine.isClosed)
    }

    @Test func anAnswerThatCannotBeReadEndsTheConnection() throws {
        for bytes: [UInt8] in [[], [0], [0, 0, 0, 1], [0, 0, 0, 1, 0], [0, 0, 0, 1, 0, 0, 255, 255, 255, 255, 255]] {
            var machine = machine()
            _ = machine.begin(deadline: .seconds(1))
            #expect(closing(machine.received(bytes, now: .zero))?.code == .malformed)
        }
    }

    @Test func aSilentPeerIsLeftAtTheDeadline() {
        var machine = machine()
        _ = machine.begin(deadline: .seconds(3))
        #expect(machine.nextWake == .seconds(3))
        #expect(machine.tick(.seconds(2)) == [])
        #expect(closing(machine.tick(.seconds(3)))?.code == .unreachable)
        #expect(machine.nextWake == nil)
    }

    @Test func aPeerThatClosesInsteadOfAnsweringMayExpectTLS() {
        var machine = machine()
        _ = machine.begin(deadline: .seconds(3))
        #expect(closing(machine.channelClosed(nil, now: .zero))?.nextAction?.contains("TLS") == true)
    }

    // MARK: Calls

    @Test func pipelinedCallsAreAnsweredInOrder() throws {
        var machine = try openMachine()
        let sent = try (1...3).map { try frame(machine.submit(call($0), now: .zero)) }
        #expect(Set(sent.map(\.header.correlationId)).count == 3)
        for (index, frame) in sent.enumerated() {
            let actions = try answer(&machine, to: frame, MetadataResponse(), version: 12)
            #expect(results(actions) == [UInt64(index + 1): nil])
        }
        #expect(machine.load == 0 && machine.nextWake == nil)
    }

    @Test func anAnswerToAnotherRequestDropsTheConnection() throws {
        var machine = try openMachine()
        let first = try frame(machine.submit(call(1), now: .zero))
        _ = machine.submit(try call(2, .write), now: .zero)
        let actions = try answer(
            &machine, to: first, MetadataResponse(), version: 12, correlation: first.header.correlationId + 1)
        #expect(closing(actions) != nil)
        #expect(results(actions) == [1: .unreachable, 2: .unknownOutcome])
    }

    @Test func anAnswerThatNobodyAskedForDropsTheConnection() throws {
        var machine = try openMachine()
        #expect(closing(machine.received([0, 0, 0, 9, 0], now: .zero)) != nil)
    }

    @Test func beyondThePipelineLimitCallsWait() throws {
        var machine = try openMachine()
        let limit = ConnectionStateMachine.pipelineLimit
        var sent: [Sent] = []
        for id in 1...limit { sent.append(try frame(machine.submit(call(UInt64(id)), now: .zero))) }
        #expect(machine.submit(try call(1000), now: .zero) == [])
        let actions = try answer(&machine, to: sent[0], MetadataResponse(), version: 12)
        #expect(actions.count == 2)
        #expect(try frame(actions).header.apiKey == .metadata)
    }

    @Test func aThrottledConnectionSendsNothingUntilTheWaitIsOver() throws {
        var machine = try openMachine()
        let first = try frame(machine.submit(call(1), now: .zero))
        _ = try answer(&machine, to: first, MetadataResponse(throttleTimeMs: 2000), version: 12)
        #expect(machine.submit(try call(2), now: .seconds(1)) == [])
        #expect(machine.nextWake == .seconds(2))
        _ = try frame(machine.tick(.seconds(2)))
    }

    @Test func aWaitThatBrokersAskForIsBounded() throws {
        var machine = try openMachine(throttle: .max)
        #expect(machine.submit(try call(1, deadline: .seconds(1000)), now: .zero) == [])
        #expect(machine.nextWake == .seconds(300))
        var other = try openMachine(throttle: .min)
        #expect(try other.submit(call(1), now: .zero).count == 1)
    }

    @Test(arguments: [(RequestKind.read, KafkaError.Code.timedOut), (.write, .unknownOutcome)])
    func anUnansweredCallEndsTheConnectionAtItsDeadline(kind: RequestKind, code: KafkaError.Code) throws {
        var machine = try openMachine()
        _ = machine.submit(try call(1, kind, deadline: .seconds(2)), now: .zero)
        #expect(machine.nextWake == .seconds(2))
        let actions = machine.tick(.seconds(2))
        #expect(closing(actions)?.code == .timedOut)
        #expect(results(actions) == [1: code])
    }

    @Test func aCallThatWasNeverSentSaysSo() throws {
        var machine = try openMachine(throttle: 60_000)
        _ = machine.submit(try call(1, .write, deadline: .seconds(2)), now: .zero)
        _ = machine.submit(try call(2, .write, deadline: .seconds(100)), now: .zero)
        let late = machine.tick(.seconds(2))
        #expect(results(late) == [1: .timedOut] && closing(late) == nil)
        #expect(results(machine.channelClosed(nil, now: .seconds(2))) == [2: .unreachable])
        #expect(results(machine.submit(try call(3, .write), now: .zero)) == [3: .unreachable])
    }

    @Test func theAnswerToACancelledCallIsSwallowed() throws {
        var machine = try openMachine()
        let first = try frame(machine.submit(call(1), now: .zero))
        let second = try frame(machine.submit(call(2), now: .zero))
        #expect(results(machine.abandon(1, now: .zero)) == [1: .cancelled])
        #expect(machine.abandon(1, now: .zero) == [])
        #expect(try answer(&machine, to: first, MetadataResponse(), version: 12) == [])
        #expect(results(try answer(&machine, to: second, MetadataResponse(), version: 12)) == [2: nil])
    }

    @Test func aWriteCancelledAfterItWasSentHasAnUnknownOutcome() throws {
        var machine = try openMachine()
        _ = machine.submit(try call(1, .write), now: .zero)
        #expect(results(machine.abandon(1, now: .zero)) == [1: .unknownOutcome])
        var throttled = try openMachine(throttle: 1000)
        _ = throttled.submit(try call(1, .write), now: .zero)
        #expect(results(throttled.abandon(1, now: .zero)) == [1: .cancelled])
    }

    @Test func theEndOfTheChannelEndsEveryCall() throws {
        var machine = try openMachine()
        for id in 1...3 { _ = machine.submit(try call(UInt64(id), id == 2 ? .write : .read), now: .zero) }
        let actions = machine.channelLost(KafkaError(.speaksTLS, "TLS"))
        #expect(results(actions) == [1: .unreachable, 2: .unknownOutcome, 3: .unreachable])
        #expect(machine.channelClosed(nil, now: .zero) == [] && machine.tick(.seconds(100)) == [])
    }

    // MARK: Writes of others

    @Test func aLateReadDoesNotEndTheConnectionOfAnotherCallersWrite() throws {
        var machine = try openMachine()
        let read = try frame(machine.submit(call(1, deadline: .seconds(2)), now: .zero))
        let write = try frame(machine.submit(call(2, .write, deadline: .seconds(30)), now: .zero))
        let late = machine.tick(.seconds(2))
        #expect(results(late) == [1: .timedOut] && closing(late) == nil)
        #expect(machine.nextWake == .seconds(30))
        // Nothing more is sent behind a peer that is late, and a call that waits keeps its own deadline.
        #expect(try machine.submit(call(3, deadline: .seconds(4)), now: .seconds(3)) == [])
        #expect(machine.nextWake == .seconds(4))
        #expect(results(machine.tick(.seconds(4))) == [3: .timedOut])
        #expect(try machine.submit(call(4, deadline: .seconds(40)), now: .seconds(5)) == [])
        // The answer that nobody waits for is swallowed, the other one has its caller, and what waited goes out.
        let first = try frame(answer(&machine, to: read, MetadataResponse(), version: 12, now: .seconds(6)))
        let second = try answer(&machine, to: write, MetadataResponse(), version: 12, now: .seconds(7))
        #expect(results(second) == [2: nil])
        let third = try answer(&machine, to: first, MetadataResponse(), version: 12, now: .seconds(8))
        #expect(results(third) == [4: nil] && !machine.isClosed)
    }

    @Test func theConnectionEndsOnceNoWriteNeedsItAnyMore() throws {
        var machine = try openMachine()
        let write = try frame(machine.submit(call(1, .write, deadline: .seconds(30)), now: .zero))
        _ = try machine.submit(call(2, deadline: .seconds(2)), now: .zero)
        _ = machine.tick(.seconds(2))
        _ = try machine.submit(call(3, deadline: .seconds(40)), now: .seconds(3))
        #expect(results(try answer(&machine, to: write, MetadataResponse(), version: 12, now: .seconds(5))) == [1: nil])
        #expect(machine.nextWake == .seconds(2))
        let end = machine.tick(.seconds(5))
        #expect(closing(end)?.code == .timedOut && results(end) == [3: .unreachable])
    }

    @Test func aLateWriteEndsOnlyItselfWhileAnotherOneWaits() throws {
        var machine = try openMachine()
        _ = try machine.submit(call(1, .write, deadline: .seconds(2)), now: .zero)
        _ = try machine.submit(call(2, .write, deadline: .seconds(5)), now: .zero)
        #expect(results(machine.tick(.seconds(2))) == [1: .unknownOutcome] && !machine.isClosed)
        let end = machine.tick(.seconds(5))
        #expect(results(end) == [2: .unknownOutcome] && closing(end) != nil)
    }

    @Test(arguments: [(RequestKind.write, 19), (.write, 0), (.write, -5), (.read, 0), (.read, -1)])
    func aCallWithoutTimeIsNotSent(kind: RequestKind, left: Int) throws {
        var machine = try openMachine()
        let now = Duration.seconds(100)
        let actions = machine.submit(try call(1, kind, deadline: now + .milliseconds(left)), now: now)
        #expect(results(actions) == [1: .timedOut] && actions.count == 1 && machine.load == 0)
    }

    @Test func aWriteThatHasWaitedTooLongIsNotSent() throws {
        var machine = try openMachine(throttle: 1000)
        _ = machine.submit(try call(1, .write, deadline: .milliseconds(1010)), now: .zero)
        _ = machine.submit(try call(2, .read, deadline: .milliseconds(1010)), now: .zero)
        let actions = machine.tick(.seconds(1))
        #expect(results(actions) == [1: .timedOut])
        _ = try frame(actions)
    }

    // MARK: Who ended it

    @Test func onlyAClosedOrResetConnectionIsThePeersDoing() throws {
        var closed = try openMachine()
        _ = closed.channelClosed(nil, now: .seconds(1))
        #expect(closed.isEndedByPeer)
        var reset = try openMachine()
        _ = reset.channelClosed(KafkaError(.unreachable, "reset"), now: .seconds(1))
        #expect(reset.isEndedByPeer)
        var lost = try openMachine()
        _ = lost.channelLost(KafkaError(.unreachable, "no route"))
        #expect(lost.isClosed && !lost.isEndedByPeer)
        var own = try openMachine()
        _ = own.close()
        _ = own.channelClosed(nil, now: .seconds(1))
        #expect(own.isClosed && !own.isEndedByPeer)
        var late = try openMachine()
        _ = late.submit(try call(1, deadline: .seconds(2)), now: .zero)
        _ = late.tick(.seconds(2))
        _ = late.channelClosed(nil, now: .seconds(3))
        #expect(late.isClosed && !late.isEndedByPeer)
    }

    @Test func aPeerThatHangsUpAnIdleConnectionNeedNotHaveEnded() throws {
        var machine = try openMachine()
        _ = machine.channelClosed(nil, now: .seconds(600))
        #expect(machine.isClosed && !machine.isEndedByPeer)
    }
}
