package import EventLoop
package import Values

/// The bearer token of a client, fetched once for all of its connections and renewed before it expires.
///
/// 1. A token is good until its refresh time: the window's part of its life, with jitter, not within `minimumPeriod` of its
/// arrival, not within `buffer` of its end (Kafka's `ExpiringCredentialRefreshingLogin`).
/// 2. Then the next one who needs a token fetches; everybody else waits for that fetch.
/// 3. What may pass is tried again within `retryLimit`; while the old token lasts, a failed fetch is no error.
///
/// An actor because callers of many connections share one fetch.
package actor TokenCache: BearerTokenSource {
    private struct Held {
        let token: BearerToken
        /// By the monotonic clock; nil: never.
        let refreshAt: Duration?
        let expiresAt: Duration?
    }

    /// For a token that does not say when it ends.
    static let unknownLife: Duration = .seconds(300)

    private nonisolated let loop: EventLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private let settings: BearerSettings
    private let time: any TimeSource
    private let random: @Sendable () -> Double
    private let fetch: @Sendable (Duration, Duration) async -> Result<BearerToken, TokenFetcher.Failure>
    private var held: Held?
    private var isFetching = false
    private var followers: [UInt64: CheckedContinuation<Void, Never>] = [:]
    private var lastFollower: UInt64 = 0

    package init(
        _ settings: BearerSettings, time: any TimeSource, loop: EventLoop = .shared,
        random: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) }
    ) {
        let fetcher = TokenFetcher(source: settings.source)
        self.init(settings, time: time, loop: loop, random: random) { now, limit in
            do throws(TokenFetcher.Failure) {
                return .success(try await fetcher.fetch(now: now, within: limit))
            } catch {
                return .failure(error)
            }
        }
    }

    /// `fetch`: wall clock and time limit to a token.
    init(
        _ settings: BearerSettings, time: any TimeSource, loop: EventLoop, random: @escaping @Sendable () -> Double,
        fetch: @escaping @Sendable (Duration, Duration) async -> Result<BearerToken, TokenFetcher.Failure>
    ) {
        self.settings = settings
        self.time = time
        self.loop = loop
        self.random = random
        self.fetch = fetch
    }

    package func token(deadline: Duration) async throws(KafkaError) -> Secret {
        while true {
            let now = time.monotonic
            if let held, held.refreshAt.map({ now < $0 }) ?? true { return held.token.secret }
            guard now < deadline else { throw .outOfTime(to: "fetch a bearer token") }
            if Task.isCancelled { throw KafkaError(.cancelled, "Fetching a bearer token was cancelled") }
            if isFetching {
                // Nobody waits for a renewal while the old token is good.
                if let held, held.expiresAt.map({ now < $0 }) ?? true { return held.token.secret }
                await follow(deadline: deadline)
                continue
            }
            // Here and not in `renew`: the task may be suspended on the way into it.
            isFetching = true
            defer {
                isFetching = false
                let waiting = followers
                followers = [:]
                for follower in waiting.values { follower.resume() }
            }
            return try await renew(deadline: deadline)
        }
    }

    private func renew(deadline: Duration) async throws(KafkaError) -> Secret {
        let began = time.monotonic
        let end = min(deadline, began + settings.retryLimit + TokenFetcher.usualTimeout * 2)
        var wait = settings.retryBackoff
        while true {
            switch await fetch(time.sinceEpoch, max(.milliseconds(1), end - time.monotonic)) {
            case .success(let token):
                let held = hold(token)
                self.held = held
                return held.token.secret
            case .failure(let failure):
                let now = time.monotonic
                if Task.isCancelled { throw KafkaError(.cancelled, "Fetching a bearer token was cancelled") }
                let mayRetry = failure.isPassing && now - began + wait < settings.retryLimit && now + wait < end
                if !mayRetry || (held?.expiresAt.map { now < $0 } ?? (held != nil)) {
                    // The old one lasts: try again when the next connection asks, but not at once.
                    if let held, held.expiresAt.map({ now < $0 }) ?? true {
                        let again = min(now + settings.minimumPeriod, held.expiresAt ?? .seconds(Int64.max / 2))
                        self.held = Held(token: held.token, refreshAt: again, expiresAt: held.expiresAt)
                        return held.token.secret
                    }
                    throw KafkaError(
                        failure.isPassing ? .unreachable : .authentication, failure.message,
                        nextAction: failure.hint)
                }
                do { try await time.sleep(for: wait) } catch {
                    throw KafkaError(.cancelled, "Fetching a bearer token was cancelled")
                }
                wait = min(wait * 2, settings.retryLimit)
            }
        }
    }

    private func hold(_ token: BearerToken) -> Held {
        let now = time.monotonic
        let life = token.expiresAt.map { max(.zero, $0 - time.sinceEpoch) } ?? Self.unknownLife
        let factor = min(1, settings.windowFactor + settings.windowJitter * random())
        var refresh = life * factor
        // Where the life is too short for both limits, Kafka ignores them too.
        if settings.minimumPeriod + settings.buffer < life {
            refresh = max(settings.minimumPeriod, min(refresh, life - settings.buffer))
        }
        return Held(token: token, refreshAt: now + refresh, expiresAt: now + life)
    }

    private func follow(deadline: Duration) async {
        lastFollower += 1
        let id = lastFollower
        var timer: ScheduledAction?
        defer { timer?.cancel() }
        let leave: @Sendable () -> Void = { [weak self, loop] in
            loop.submit { [weak self] in self?.assumeIsolated { $0.followers.removeValue(forKey: id)?.resume() } }
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                guard isFetching, !Task.isCancelled else { return waiter.resume() }
                followers[id] = waiter
                timer = time.schedule(after: deadline - time.monotonic, leave)
            }
        } onCancel: {
            leave()
        }
    }
}
