internal import KafkaWire

/// The protocol of one connection, without a socket, a clock or a task: events and the time go in, actions come out in
/// the order in which they are to be performed.
///
/// 1. `begin` sends ApiVersions in the newest version. A broker that does not know it answers in v0 with the version it
///    does know; it is asked once more (KIP-511).
/// 2. Where the listener wants a login, that comes next (`ConnectionStateMachine+Authentication`).
/// 3. Then calls are sent as they come, up to `pipelineLimit` at once, and answered in order. An answer whose correlation
///    id is not that of the oldest call ends the connection.
/// 4. A throttled connection sends nothing until the wait is over.
/// 5. A call whose deadline passes unanswered ends the connection: Kafka knows no other way to take a request back. But not
///    while another caller's write waits for its answer there: that write would have an unknown outcome for nothing. The
///    connection sends nothing more then, until the late answers have come or the write's own deadline passes.
/// 6. The slot of a cancelled or late call stays, so that its answer is swallowed.
struct ConnectionStateMachine {
    /// Requests sent and not answered. The broker serves one at a time, so more would only wait there.
    static let pipelineLimit = 64
    /// Calls that wait to be sent.
    static let waitingLimit = 10_000
    /// A write with less time than this before its deadline is not sent: its answer could not come in time.
    static let leastTimeForWrite: Duration = .milliseconds(20)
    /// A connection on which nothing came for so long may be closed by a broker that is well: Kafka's
    /// `connections.max.idle.ms` is ten minutes.
    static let quietLimit: Duration = .seconds(540)
    /// Java uses the correlation ids above for authentication.
    private static let lastCorrelation: Int32 = 2_147_483_639

    enum Action: Equatable {
        /// A whole frame.
        case send([UInt8])
        /// Negotiation is over; calls may come.
        case opened(ApiVersionsResponse)
        /// `derived` wants this key; computing it takes long.
        case derive(ScramDerivation)
        case finish(UInt64, Result<[UInt8], KafkaError>)
        /// The connection is unusable; its channel is to be closed.
        case close(KafkaError)
    }

    /// A request to send, encoded but for its correlation id.
    struct Call {
        var id: UInt64
        var frame: [UInt8]
        var api: APIKey
        var version: Int16
        var kind: RequestKind
        /// By the same clock as `now`.
        var deadline: Duration
    }

    private struct Slot {
        let correlation: Int32
        /// Nil once nobody waits for the answer.
        var call: UInt64?
        let api: APIKey
        let version: Int16
        let kind: RequestKind
        let deadline: Duration
        var isLate = false
    }

    enum State {
        case idle
        case negotiating(version: Int16, correlation: Int32, isSecond: Bool, deadline: Duration)
        case authenticating
        case open
        case closed(KafkaError)
    }

    let address: String
    let identity: ClientIdentity
    var login: Login?
    var authentication: Authentication?
    var session: Session?
    var table: VersionTable?
    /// A renewal waits until every call in flight is answered.
    var isDraining = false
    var state = State.idle
    private var inFlight: [Slot] = []
    private var waiting: [Call] = []
    private var mutedUntil: Duration = .zero
    /// Nothing is sent before: the session has ended, and its renewal would come too soon.
    private var heldUntil: Duration = .zero
    private var lastCorrelation: Int32 = 0
    /// When the last frame came.
    private var lastHeard: Duration?
    /// The peer closed or reset the connection, and neither idleness nor an ended session explains it.
    private(set) var isEndedByPeer = false

    /// `login`: how to log in; nil on listeners without SASL.
    init(address: String, identity: ClientIdentity, login: Login? = nil) {
        self.address = address
        self.identity = identity
        self.login = login
    }

    var isClosed: Bool { if case .closed = state { true } else { false } }

    /// Calls that are not answered.
    var load: Int { inFlight.count + waiting.count }

    /// When `tick` is to be called, by the clock of `now`.
    var nextWake: Duration? {
        if case .closed = state { return nil }
        let slots = isGuarded ? inFlight.filter { $0.call != nil } : inFlight
        var wake = (slots.map(\.deadline) + waiting.map(\.deadline)).min()
        if case .negotiating(_, _, _, let deadline) = state { wake = min(wake ?? deadline, deadline) }
        if let authentication { wake = min(wake ?? authentication.deadline, authentication.deadline) }
        let isRoom = isDraining ? inFlight.isEmpty : inFlight.count < Self.pipelineLimit
        if !waiting.isEmpty, authentication == nil, isRoom, !isStalled {
            let due = max(mutedUntil, heldUntil)
            wake = min(wake ?? due, due)
        }
        return wake
    }

    /// Somebody waits for the answer to a write that was sent.
    private var isGuarded: Bool { inFlight.contains { $0.kind == .write && $0.call != nil } }

    /// A call is late whose answer is still due.
    private var isStalled: Bool { inFlight.contains { $0.isLate } }

    // MARK: Events

    mutating func begin(deadline: Duration) -> [Action] {
        guard case .idle = state else { return [] }
        return negotiate(version: ApiVersionsRequest.versions.upperBound, isSecond: false, deadline: deadline)
    }

    mutating func submit(_ call: Call, now: Duration) -> [Action] {
        switch state {
        case .closed(let error): return [.finish(call.id, .failure(notSent(error, api: call.api)))]
        case .idle, .negotiating, .authenticating:
            let error = KafkaError(.unreachable, "\(address) is not ready", api: call.api, address: address)
            return [.finish(call.id, .failure(error))]
        case .open: break
        }
        guard hasTime(call, now) else { return [.finish(call.id, .failure(late(call, now)))] }
        guard waiting.count < Self.waitingLimit else {
            let error = KafkaError(
                .unreachable, "\(Self.waitingLimit) requests wait for \(address) already", api: call.api,
                address: address)
            return [.finish(call.id, .failure(error))]
        }
        waiting.append(call)
        return sendWaiting(now)
    }

    mutating func received(_ payload: [UInt8], now: Duration) -> [Action] {
        lastHeard = now
        switch state {
        case .idle, .closed: return []
        case .negotiating(let version, let correlation, let isSecond, let deadline):
            return negotiated(
                payload, version: version, correlation: correlation, isSecond: isSecond, deadline: deadline, now: now)
        case .authenticating, .open: return authenticating(payload, now: now) ?? answered(payload, now: now)
        }
    }

    /// The channel has ended without the peer, or nobody can tell.
    mutating func channelLost(_ error: KafkaError) -> [Action] { fail(error) }

    /// The peer has closed the channel, or reset it (`error`).
    mutating func channelClosed(_ error: KafkaError?, now: Duration) -> [Action] {
        if case .closed = state { return [] }
        isEndedByPeer = now - (lastHeard ?? now) < Self.quietLimit && !hasExpired(now)
        if let error { return fail(error) }
        if case .negotiating = state {
            return fail(
                KafkaError(
                    .unreachable, "\(address) closed the connection instead of answering ApiVersions",
                    nextAction: "If this happens each time, the listener may expect TLS.", address: address))
        }
        if authentication != nil {
            return fail(
                KafkaError(
                    .unreachable, "\(address) closed the connection during the SASL login",
                    nextAction: "Look into the broker's log, if this happens each time.", address: address))
        }
        return fail(KafkaError(.unreachable, "\(address) closed the connection", address: address))
    }

    /// This side closes.
    mutating func close() -> [Action] {
        fail(KafkaError(.unreachable, "The connection to \(address) was closed", address: address))
    }

    /// Nobody waits for the call any more.
    mutating func abandon(_ id: UInt64, now: Duration) -> [Action] {
        if let index = waiting.firstIndex(where: { $0.id == id }) {
            let call = waiting.remove(at: index)
            return [.finish(id, .failure(cancelled(call.api, wasSent: false)))]
        }
        guard let index = inFlight.firstIndex(where: { $0.call == id }) else { return [] }
        inFlight[index].call = nil
        let slot = inFlight[index]
        return [.finish(id, .failure(cancelled(slot.api, wasSent: slot.kind == .write)))]
    }

    /// The time has come that `nextWake` named.
    mutating func tick(_ now: Duration) -> [Action] {
        if case .negotiating(_, _, _, let deadline) = state, deadline <= now {
            return fail(
                KafkaError(
                    .unreachable, "\(address) accepted the connection and did not answer ApiVersions in time",
                    nextAction: "Check that a Kafka broker listens there and is not overloaded.", address: address))
        }
        if let ended = checkLogin(now) { return ended }
        var actions = dropLate(now)
        guard let late = inFlight.first(where: { $0.deadline <= now }) else { return actions + sendWaiting(now) }
        let error = KafkaError(
            .timedOut, "\(address) did not answer \(late.api) before the deadline", api: late.api, address: address)
        for index in inFlight.indices where inFlight[index].deadline <= now {
            if let call = inFlight[index].call { actions.append(.finish(call, .failure(lost(inFlight[index], error)))) }
            inFlight[index].call = nil
            inFlight[index].isLate = true
        }
        return isGuarded ? actions : actions + fail(error)
    }

    /// Ends the calls that wait and whose time is up.
    private mutating func dropLate(_ now: Duration) -> [Action] {
        let dropped = waiting.filter { $0.deadline <= now }
        if !dropped.isEmpty { waiting.removeAll { $0.deadline <= now } }
        return dropped.map { .finish($0.id, .failure(late($0, now))) }
    }

    private func hasTime(_ call: Call, _ now: Duration) -> Bool {
        call.deadline - now > (call.kind == .write ? Self.leastTimeForWrite : .zero)
    }

    /// What the caller of a request is told that was not sent for want of time.
    private func late(_ call: Call, _ now: Duration) -> KafkaError {
        KafkaError(
            .timedOut, "\(call.api) could not be sent to \(address) before its deadline", api: call.api,
            address: address, causes: mutedUntil > now ? ["the broker throttles this client"] : [])
    }

    // MARK: Negotiation

    private mutating func negotiate(version: Int16, isSecond: Bool, deadline: Duration) -> [Action] {
        let correlation = nextCorrelation()
        do throws(WireError) {
            let frame = try RequestFrame.encode(
                identity.greeting, version: version, correlationId: correlation, clientId: identity.clientID)
            state = .negotiating(
                version: version, correlation: correlation, isSecond: isSecond, deadline: deadline)
            return [.send(frame)]
        } catch {
            return fail(KafkaError(.configuration, "ApiVersions cannot be written", causes: ["\(error)"]))
        }
    }

    private mutating func negotiated(
        _ payload: [UInt8], version: Int16, correlation: Int32, isSecond: Bool, deadline: Duration, now: Duration
    ) -> [Action] {
        let response: ApiVersionsResponse
        do throws(WireError) {
            let found = try ResponseFrame.correlationId(of: payload)
            guard found == correlation else { return fail(mismatch(expected: correlation, found: found)) }
            response = try ResponseFrame.decodeApiVersions(requested: version, from: payload).response.body
        } catch {
            return fail(
                KafkaError(
                    .malformed, "The answer of \(address) to ApiVersions cannot be read",
                    nextAction: "Check that a Kafka broker listens there.", api: .apiVersions, address: address,
                    causes: ["\(error)"]))
        }
        switch response.errorCode {
        case .none:
            mutedUntil = now + Throttle.clamped(milliseconds: response.throttleTimeMs)
            if let login { return logIn(login, response, deadline: deadline, now: now) }
            state = .open
            return [.opened(response)]
        case .unsupportedVersion where !isSecond && version > 0:
            // The list is no table of versions: only ApiVersions' own entry counts, and without it v0 is what is left.
            let offered = response.apiKeys.first { $0.apiKey == .apiVersions }?.maxVersion ?? 0
            return negotiate(version: max(0, min(offered, version - 1)), isSecond: true, deadline: deadline)
        default:
            var error = KafkaError.answered(response.errorCode, api: .apiVersions)
            error.address = address
            return fail(error)
        }
    }

    // MARK: Calls

    mutating func sendWaiting(_ now: Duration) -> [Action] {
        guard case .open = state, authentication == nil, mutedUntil <= now, !isStalled else { return [] }
        let expired = waiting.filter { !hasTime($0, now) }
        if !expired.isEmpty { waiting = waiting.filter { hasTime($0, now) } }
        var actions: [Action] = expired.map { .finish($0.id, .failure(late($0, now))) }
        guard !waiting.isEmpty else { return actions }
        if let session, hasExpired(now), session.renewsAt > now {
            // The broker would close the connection instead of answering, and takes no new login yet.
            heldUntil = session.renewsAt
            return actions
        }
        if isRenewalDue(now), login?.isReady == true || hasExpired(now) {
            isDraining = !inFlight.isEmpty
            return isDraining ? actions : actions + renew(now)
        }
        let count = min(waiting.count, Self.pipelineLimit - inFlight.count)
        guard count > 0 else { return actions }
        for call in waiting.prefix(count) {
            let correlation = nextCorrelation()
            inFlight.append(
                Slot(
                    correlation: correlation, call: call.id, api: call.api, version: call.version, kind: call.kind,
                    deadline: call.deadline))
            actions.append(.send(Self.stamped(call.frame, correlation)))
        }
        waiting.removeFirst(count)
        return actions
    }

    private mutating func answered(_ payload: [UInt8], now: Duration) -> [Action] {
        guard let slot = inFlight.first else {
            return fail(KafkaError(.unreachable, "\(address) sent an answer that nobody asked for", address: address))
        }
        guard let found = try? ResponseFrame.correlationId(of: payload) else {
            return fail(
                KafkaError(.unreachable, "\(address) sent an answer of \(payload.count) bytes", address: address))
        }
        guard found == slot.correlation else { return fail(mismatch(expected: slot.correlation, found: found)) }
        inFlight.removeFirst()
        mutedUntil = max(mutedUntil, now + Throttle.wait(of: payload, api: slot.api, version: slot.version))
        let finish = slot.call.map { [Action.finish($0, .success(payload))] } ?? []
        return finish + sendWaiting(now)
    }

    // MARK: Ends

    mutating func fail(_ error: KafkaError) -> [Action] {
        if case .closed = state { return [] }
        state = .closed(error)
        var actions: [Action] = [.close(error)]
        for slot in inFlight {
            if let call = slot.call { actions.append(.finish(call, .failure(lost(slot, error)))) }
        }
        for call in waiting { actions.append(.finish(call.id, .failure(notSent(error, api: call.api)))) }
        inFlight = []
        waiting = []
        authentication = nil
        isDraining = false
        return actions
    }

    /// What the caller of a request that was sent is told. Its answer may be on its way for ever.
    private func lost(_ slot: Slot, _ error: KafkaError) -> KafkaError {
        let causes = [error.message] + error.causes
        switch slot.kind {
        case .write:
            return KafkaError(
                .unknownOutcome, "\(slot.api) was sent to \(address) and no answer came: it may have been done",
                nextAction: "Look at the cluster before sending it again.", api: slot.api, address: address,
                causes: causes)
        case .read:
            let code: KafkaError.Code = error.code == .timedOut ? .timedOut : .unreachable
            return KafkaError(
                code, "\(slot.api) was not answered by \(address)", nextAction: error.nextAction, api: slot.api,
                address: address, causes: causes)
        }
    }

    mutating func nextCorrelation() -> Int32 {
        lastCorrelation = lastCorrelation >= Self.lastCorrelation ? 1 : lastCorrelation + 1
        return lastCorrelation
    }

    /// The frame with its correlation id, which stands behind length, key and version in every version of the header.
    static func stamped(_ frame: [UInt8], _ correlation: Int32) -> [UInt8] {
        guard frame.count >= 12 else { return frame }
        var frame = frame
        for index in 0..<4 {
            frame[8 + index] = UInt8(truncatingIfNeeded: correlation >> Int32(24 - 8 * index))
        }
        return frame
    }
}
