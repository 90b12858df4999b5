import Testing
import Values

@testable import KafkaAdmin

@Suite struct SASLExchangeTests {
    private func exchange(_ settings: SASLSettings, token: String? = nil) -> SASLExchange {
        SASLExchange(settings, token: token.map { Secret($0, origin: "test") }, nonce: { "nonce" })
    }

    private func reason(_ step: SASLExchange.Step) -> String? {
        if case .refused(let text) = step { text } else { nil }
    }

    // MARK: PLAIN

    @Test func `PLAIN sends user and password once`() {
        var exchange = exchange(.testPlain(user: "älice", password: "s,=ecret"))
        #expect(exchange.begin() == .send([0] + Array("älice".utf8) + [0] + Array("s,=ecret".utf8)))
        #expect(exchange.received([]) == .accepted)
    }

    @Test(arguments: [("", "x"), ("x", ""), ("a\u{0}b", "x"), ("a", "x\u{0}")])
    func `PLAIN refuses what a broker would misread`(user: String, password: String) {
        var exchange = exchange(.testPlain(user: user, password: password))
        #expect(reason(exchange.begin())?.contains("NUL") == true)
    }

    // MARK: SCRAM

    private static let salt = "c2FsdA=="

    @Test(
        arguments: [
            ("r=other1,s=c2FsdA==,i=4096", "does not continue ours"),
            ("r=nonce,s=c2FsdA==,i=4096", "does not continue ours"),
            ("r=nonce1,s=c2FsdA==,i=4095", "4095 SCRAM iterations"),
            ("r=nonce1,s=c2FsdA==,i=1000001", "1000001 SCRAM iterations"),
            ("r=nonce1,s=c2FsdA==,i=99999999999999999999", "iterations"),
            ("r=nonce1,s=c2FsdA==,i=-4096", "iterations"),
            ("r=nonce1,s=c2FsdA==,i=+4096", "iterations"),
            ("r=nonce1,s=c2FsdA=,i=4096", "salt is no base64"),
            ("r=nonce1,s=,i=4096", "salt is no base64"),
            ("r=nonce1,s=c2FsdA==", "lacks"),
            ("r=nonce1,i=4096", "lacks"),
            ("s=c2FsdA==,r=nonce1,i=4096", "lacks"),
            ("r=nonce1,s=c2FsdA==,i=4096,i=8192", "cannot be read"),
            ("m=ext,r=nonce1,s=c2FsdA==,i=4096", "extension"),
            ("r=nonce1,,s=c2FsdA==,i=4096", "cannot be read"),
            ("r=nonce\u{7},s=c2FsdA==,i=4096", "does not continue ours"),
            ("e=unknown-user", "unknown-user"), ("", "cannot be read"), ("\u{1}\u{2}", "cannot be read"),
        ])
    func `a server's first SCRAM message that is wrong ends the exchange`(message: String, expected: String) {
        var exchange = exchange(.testScram())
        _ = exchange.begin()
        #expect(reason(exchange.received(Array(message.utf8)))?.contains(expected) == true)
    }

    @Test func `SCRAM survives bytes that are no text and messages without end`() {
        for bytes in [[0xFF, 0xFE], [UInt8](repeating: 65, count: 20_000)] {
            var exchange = exchange(.testScram())
            _ = exchange.begin()
            #expect(reason(exchange.received(bytes)) != nil)
        }
    }

    @Test(arguments: ["v=AAAA", "v=", "x=1", "", "v=!!!!"])
    func `a broker that does not know the password is not believed`(final: String) throws {
        var exchange = exchange(.testScram())
        _ = exchange.begin()
        guard case .derive(let derivation) = exchange.received(Array("r=nonce1,s=c2FsdA==,i=4096".utf8)) else {
            Issue.record("no derivation")
            return
        }
        guard case .send = exchange.derived(derivation.saltedPassword()) else {
            Issue.record("no final message")
            return
        }
        #expect(reason(exchange.received(Array(final.utf8))) != nil)
    }

    @Test func `the nonce is random and of letters and digits`() {
        let nonces = (0..<100).map { _ in ScramExchange.randomNonce() }
        #expect(Set(nonces).count == 100 && nonces.allSatisfy { $0.count == 26 && !$0.contains(",") })
    }

    // MARK: OAUTHBEARER

    @Test func `a bearer token goes with its extensions`() throws {
        let item = try #require(SASLExtension(name: "logicalCluster", value: "lkc-1"))
        var exchange = exchange(.testBearer(extensions: [item]), token: "abc.def-_~+/=")
        #expect(
            exchange.begin()
                == .send(Array("n,,\u{1}auth=Bearer abc.def-_~+/=\u{1}logicalCluster=lkc-1\u{1}\u{1}".utf8)))
        #expect(exchange.received([]) == .accepted)
    }

    @Test func `a refused bearer token is acknowledged with one byte and the broker's reason is kept`() {
        var exchange = exchange(.testBearer(), token: "abc")
        _ = exchange.begin()
        #expect(exchange.received(Array(#"{"status":"invalid_token"}"#.utf8)) == .send([1]))
        #expect(exchange.explanation == #"{"status":"invalid_token"}"#)
    }

    @Test(arguments: ["", "a b", "ä", "a\u{1}b", "a\nb"]) func `a token that is none is not sent`(token: String) {
        var exchange = exchange(.testBearer(), token: token)
        #expect(reason(exchange.begin()) != nil)
    }

    @Test(arguments: [("auth", "x"), ("", "x"), ("a1", "x"), ("a", "\u{1}"), ("a", "ä")])
    func `an extension that brokers refuse cannot be made`(name: String, value: String) {
        #expect(SASLExtension(name: name, value: value) == nil)
    }

    // MARK: Base64

    @Test(arguments: [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")])
    func `base64 goes both ways`(plain: String, coded: String) {
        #expect(Base64.encode(Array(plain.utf8)) == coded)
        #expect(Base64.decode(coded) == Array(plain.utf8))
        #expect(Base64.decodeURL(coded) == Array(plain.utf8))
    }

    @Test(arguments: ["Zg", "Zg=", "Z", "Z===", "Zm9v\n", "Zm-_"]) func `base64 is strict`(text: String) {
        #expect(Base64.decode(text) == nil)
    }
}

extension SASLSettings {
    static func testPlain(user: String = "alice", password: String = "secret") -> SASLSettings {
        SASLSettings(
            mechanism: .plain, credentials: .password(user: user, Secret(password, origin: "test")))
    }

    static func testScram(user: String = "alice", password: String = "secret") -> SASLSettings {
        SASLSettings(
            mechanism: .scramSHA256, credentials: .password(user: user, Secret(password, origin: "test")))
    }

    static func testBearer(
        source: any BearerTokenSource = FixedToken(), extensions: [SASLExtension] = []
    ) -> SASLSettings {
        SASLSettings(mechanism: .oauthBearer, credentials: .bearer(source, extensions: extensions))
    }
}

struct FixedToken: BearerTokenSource {
    var text = "token"

    func token(deadline: Duration) async throws(KafkaError) -> Secret { Secret(text, origin: "test") }
}
