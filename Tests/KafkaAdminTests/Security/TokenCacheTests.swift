import EventLoop
import TestSupport
import Testing
import Values

@testable import KafkaAdmin

@Suite(.timeLimit(.minutes(10))) struct TokenCacheTests {
    private final class Endpoint: Sendable {
        struct State {
            var calls = 0
            var answers: [Result<Duration, TokenFetcher.Failure>] = []
        }

        let state = Locked(State())

        /// Lives of the tokens, or failures, in order; the last one stays.
        init(_ answers: [Result<Duration, TokenFetcher.Failure>]) { state.withLock { $0.answers = answers } }

        var calls: Int { state.withLock { $0.calls } }

        func fetch(_ now: Duration) -> Result<BearerToken, TokenFetcher.Failure> {
            state.withLock { state in
                let answer = state.answers[min(state.calls, state.answers.count - 1)]
                state.calls += 1
                let number = state.calls
                return answer.flatMap { life in
                    guard let token = BearerToken("token\(number)", expiresIn: life, now: now, origin: "test") else {
                        return .failure(.init(message: "none", hint: nil, isPassing: false))
                    }
                    return .success(token)
                }
            }
        }
    }

    private func cache(
        _ endpoint: Endpoint, _ time: ManualTimeSource, _ change: (inout BearerSettings) -> Void = { _ in }
    ) -> TokenCache {
        var settings = BearerSettings(source: .file("/x"))
        settings.windowJitter = 0
        change(&settings)
        return TokenCache(settings, time: time, loop: .shared, random: { 0.5 }) { now, _ in endpoint.fetch(now) }
    }

    private static func failure(_ isPassing: Bool) -> Result<Duration, TokenFetcher.Failure> {
        .failure(.init(message: "no token today", hint: "ask again", isPassing: isPassing))
    }

    private func token(_ cache: TokenCache, _ time: ManualTimeSource) async throws -> String {
        try await cache.token(deadline: time.monotonic + .seconds(60)).reveal()
    }

    @Test func `a token is fetched once and again in its window`() async throws {
        let (time, endpoint) = (ManualTimeSource(), Endpoint([.success(.seconds(3600))]))
        let cache = cache(endpoint, time)
        #expect(try await token(cache, time) == "token1")
        time.advance(by: .seconds(2879))
        #expect(try await token(cache, time) == "token1")
        time.advance(by: .seconds(2))
        #expect(try await token(cache, time) == "token2")
        #expect(endpoint.calls == 2)
    }

    @Test func `the buffer before the end counts, and a short life ignores it`() async throws {
        let (time, endpoint) = (ManualTimeSource(), Endpoint([.success(.seconds(600)), .success(.seconds(100))]))
        let cache = cache(endpoint, time)
        _ = try await token(cache, time)
        time.advance(by: .seconds(299))
        #expect(try await token(cache, time) == "token1")
        time.advance(by: .seconds(2))
        #expect(try await token(cache, time) == "token2")
        time.advance(by: .seconds(79))
        #expect(try await token(cache, time) == "token2")
        time.advance(by: .seconds(2))
        #expect(try await token(cache, time) == "token3")
    }

    @Test func `a failed renewal is no error while the old token lasts`() async throws {
        let time = ManualTimeSource()
        let endpoint = Endpoint([.success(.seconds(3600)), Self.failure(false)])
        let cache = cache(endpoint, time)
        _ = try await token(cache, time)
        time.advance(by: .seconds(3000))
        #expect(try await token(cache, time) == "token1")
        #expect(try await token(cache, time) == "token1")
        #expect(endpoint.calls == 2)
        time.advance(by: .seconds(700))
        let error = await #expect(throws: KafkaError.self) { try await token(cache, time) }
        #expect(error?.code == .authentication && error?.message == "no token today")
    }

    @Test func `what passes is tried again for a bounded time`() async throws {
        let time = ManualTimeSource()
        let endpoint = Endpoint([Self.failure(true), Self.failure(true), .success(.seconds(3600))])
        let cache = cache(endpoint, time)
        let task = Task { try await token(cache, time) }
        await time.waitForSleepers()
        time.advance(by: .milliseconds(100))
        await time.waitForSleepers()
        time.advance(by: .milliseconds(200))
        #expect(try await task.value == "token3")
    }

    @Test func `many who need a token at once share one fetch`() async throws {
        let (time, endpoint) = (ManualTimeSource(), Endpoint([.success(.seconds(3600))]))
        let cache = cache(endpoint, time)
        try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<20 { group.addTask { try await token(cache, time) } }
            for try await text in group { #expect(text == "token1") }
        }
        #expect(endpoint.calls == 1)
    }

    @Test(
        arguments: [
            (#"{"exp":1700000000}"#, Duration.seconds(1_700_000_000)),
            (#"{"exp":1700000000.5}"#, .seconds(1_700_000_000)),
            (#"{"exp":"x"}"#, nil), (#"{"exp":1e300}"#, nil), (#"{"exp":-1}"#, nil), ("{}", nil), ("not json", nil),
        ] as [(String, Duration?)]) func `the end of a token is read from its claims`(
            claims: String, expected: Duration?
        )
    {
        let token = "e30.\(Base64.encodeURL(Array(claims.utf8))).sig"
        #expect(BearerToken.expiry(of: token) == expected)
    }

    @Test func `an unsigned token says who and until when`() throws {
        let token = try #require(
            BearerToken.unsecured(UnsecuredToken(principal: "admin", lifetime: .seconds(60)), now: .seconds(1000)))
        #expect(token.expiresAt == .seconds(1060))
        let parts = token.secret.reveal().split(separator: ".", omittingEmptySubsequences: false)
        #expect(parts.count == 3 && parts[2].isEmpty)
        #expect(String(decoding: try #require(Base64.decodeURL(parts[1])), as: UTF8.self).contains(#""sub":"admin""#))
    }

    @Test func `a command's output is a token and nothing of it is shown when it is none`() async throws {
        func run(_ words: [String]) async throws(TokenFetcher.Failure) -> BearerToken {
            try await TokenFetcher(source: .command(words)).fetch(now: .zero, within: .seconds(20))
        }
        #expect(try await run(["echo", "abc.def"]).secret.reveal() == "abc.def")
        let none = await #expect(throws: TokenFetcher.Failure.self) { try await run(["echo", "geheim geheim"]) }
        #expect(none?.message.contains("geheim") == false && none?.message.contains("no bearer token") == true)
        let failed = await #expect(throws: TokenFetcher.Failure.self) { try await run(["false"]) }
        #expect(failed?.message.contains("ended with 1") == true)
        let missing = await #expect(throws: TokenFetcher.Failure.self) { try await run(["/no/such/program"]) }
        #expect(missing?.message.contains("cannot be started") == true)
    }

    @Test func `a token file that cannot be read in time is one that may be there later`() async throws {
        let gate = ThreadGate()
        defer { gate.open() }
        var fetcher = TokenFetcher(source: .file("/dead/token"))
        fetcher.reader = { _ in
            gate.wait()
            return .success([])
        }
        let stuck = fetcher
        let failure = await #expect(throws: TokenFetcher.Failure.self) {
            try await stuck.fetch(now: .zero, within: .milliseconds(30))
        }
        #expect(failure?.isPassing == true && failure?.message.contains("could not be read in time") == true)
    }
}
