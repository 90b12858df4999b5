import EventLoop
import KafkaWire

@testable import SimulatedKafka

// Logins: what is answered before, between and after their parts, and who is told what.

extension DifferentialTests {
    /// What is answered on a connection of its own until it is closed.
    private static func login(
        _ name: String, _ kind: DifferentialRow.Kind, _ steps: [@Sendable (DifferentialDialogue) async throws -> String]
    ) -> DifferentialRow {
        DifferentialRow("login: \(name)", kind) { side in
            let dialogue = try await side.dialogue()
            var lines: [String] = []
            for step in steps {
                do {
                    lines.append(try await step(dialogue))
                } catch is DifferentialSide.Closed {
                    lines.append("closed")
                    break
                }
            }
            await dialogue.close()
            return lines.joined(separator: "\n")
        }
    }

    private static func plain(_ user: String, _ password: String, as other: String = "") -> [UInt8] {
        Array("\(other)\u{0}\(user)\u{0}\(password)".utf8)
    }

    /// A token that nobody signed, with these claims.
    private static func bearer(_ claims: String, header: String = #"{"alg":"none"}"#, as other: String = "") -> [UInt8]
    {
        func encoded(_ text: String) -> String {
            String(
                ScramServer.base64(Array(text.utf8)).compactMap {
                    $0 == "=" ? nil : $0 == "+" ? "-" : $0 == "/" ? "_" : $0
                })
        }
        let header =
            other.isEmpty
            ? "n,,\u{1}auth=Bearer \(encoded(header))" : "n,a=\(other),\u{1}auth=Bearer \(encoded(header))"
        return Array("\(header).\(encoded(claims)).\u{1}\u{1}".utf8)
    }

    private static func claims(_ user: String, for seconds: Int64 = 3600) -> String {
        let now = SystemTimeSource().sinceEpoch.milliseconds / 1000
        return #"{"sub":"\#(user)","iat":\#(now - 10),"exp":\#(now + seconds)}"#
    }

    static var loginRows: [DifferentialRow] { handshakeRows + plainRows + scramRows + bearerRows + laterRows }

    private static var handshakeRows: [DifferentialRow] {
        [
            login(
                "unknown mechanism", .refusal, [{ try await $0.handshake("KERBEROS") }, { try await $0.versions() }]),
            login("no mechanism", .refusal, [{ try await $0.handshake("") }]),
            login("mechanism in small letters", .refusal, [{ try await $0.handshake("plain") }]),
            login("mechanism of old", .look, [{ try await $0.handshake("PLAIN", at: 0) }]),
            login("metadata before", .refusal, [{ try await $0.metadata() }]),
            login("metadata after versions", .refusal, [{ try await $0.versions() }, { try await $0.metadata() }]),
            login("token before the handshake", .refusal, [{ try await $0.token(plain("alice", "secret")) }]),
            login(
                "versions twice", .refusal,
                [{ try await $0.versions() }, { try await $0.versions() }, { try await $0.handshake("PLAIN") }]),
            login(
                "versions after the handshake", .refusal,
                [{ try await $0.handshake("PLAIN") }, { try await $0.versions() }, { try await $0.metadata() }]),
            login(
                "handshake after the handshake", .refusal,
                [{ try await $0.handshake("PLAIN") }, { try await $0.handshake("PLAIN") }, { try await $0.metadata() }]),
        ]
    }

    private static func plainRow(_ name: String, _ kind: DifferentialRow.Kind, _ bytes: [UInt8]) -> DifferentialRow {
        login(
            "PLAIN, \(name)", kind,
            [{ try await $0.handshake("PLAIN") }, { try await $0.token(bytes) }, { try await $0.metadata() }])
    }

    private static var plainRows: [DifferentialRow] {
        [
            plainRow("right", .success, plain("alice", "secret")),
            plainRow("as oneself", .success, plain("alice", "secret", as: "alice")),
            plainRow("wrong password", .refusal, plain("alice", "wrong")),
            plainRow("unknown user", .refusal, plain("nobody", "secret")),
            plainRow("no user", .refusal, plain("", "secret")),
            plainRow("no password", .refusal, plain("alice", "")),
            plainRow("as another", .refusal, plain("alice", "secret", as: "admin")),
            plainRow("one part", .refusal, Array("alice".utf8)),
            plainRow("four parts", .refusal, Array("\u{0}alice\u{0}secret\u{0}more".utf8)),
            plainRow("nothing", .refusal, []),
            DifferentialRow("login: PLAIN of old", .success) { side in
                let dialogue = try await side.dialogue()
                let before = try await dialogue.handshake("PLAIN", at: 0)
                let answer = try await dialogue.exchange(plain("alice", "secret"))
                let after = try await dialogue.metadata()
                await dialogue.close()
                return "\(before)\n\(answer)\n\(after)"
            },
            DifferentialRow("login: PLAIN of old, wrong password", .refusal) { side in
                let dialogue = try await side.dialogue()
                _ = try await dialogue.handshake("PLAIN", at: 0)
                return "\(try await dialogue.exchange(plain("alice", "wrong")))"
            },
        ]
    }

    private static func scramRow(_ name: String, _ mechanism: String, _ messages: [String]) -> DifferentialRow {
        var steps: [@Sendable (DifferentialDialogue) async throws -> String] = [{ try await $0.handshake(mechanism) }]
        for message in messages { steps.append { try await $0.token(Array(message.utf8), withBytes: false) } }
        return login("\(mechanism), \(name)", .refusal, steps)
    }

    private static var scramRows: [DifferentialRow] {
        [
            DifferentialRow(
                "login: make a SCRAM user", .success,
                AlterUserScramCredentialsRequest(
                    upsertions: [
                        .init(
                            name: "erika", mechanism: 1, iterations: 4096, salt: Array("salt".utf8),
                            saltedPassword: [UInt8](repeating: 7, count: 32))
                    ])),
            scramRow("unknown user", "SCRAM-SHA-256", ["n,,n=nobody,r=abc"]),
            scramRow("no credential of this kind", "SCRAM-SHA-512", ["n,,n=erika,r=abc"]),
            scramRow("garbage", "SCRAM-SHA-256", ["hello"]),
            scramRow("no nonce", "SCRAM-SHA-256", ["n,,n=erika"]),
            scramRow("channel binding", "SCRAM-SHA-256", ["p=tls-unique,,n=erika,r=abc"]),
            scramRow("unknown token", "SCRAM-SHA-256", ["n,,n=sometoken,r=abc,tokenauth=true"]),
            login(
                "SCRAM-SHA-256, wrong proof", .refusal,
                [
                    { try await $0.handshake("SCRAM-SHA-256") },
                    { dialogue in
                        let first = try await dialogue.ask(
                            SaslAuthenticateRequest(authBytes: Array("n,,n=erika,r=abc".utf8)))
                        let text = String(decoding: first.authBytes, as: UTF8.self)
                        let nonce = text.split(separator: ",").first ?? ""
                        let proof = ScramServer.base64([UInt8](repeating: 1, count: 32))
                        return try await dialogue.token(Array("c=biws,\(nonce),p=\(proof)".utf8))
                    }, { try await $0.metadata() },
                ]),
            login(
                "SCRAM-SHA-256, another nonce", .refusal,
                [
                    { try await $0.handshake("SCRAM-SHA-256") },
                    { try await $0.token(Array("n,,n=erika,r=abc".utf8), withBytes: false) },
                    { dialogue in
                        let proof = ScramServer.base64([UInt8](repeating: 1, count: 32))
                        return try await dialogue.token(Array("c=biws,r=other,p=\(proof)".utf8))
                    },
                ]),
        ]
    }

    private static func bearerRow(
        _ name: String, _ kind: DifferentialRow.Kind, _ bytes: [UInt8], then last: [UInt8] = [1]
    ) -> DifferentialRow {
        let isRefused = if case .refusal = kind { true } else { false }
        var steps: [@Sendable (DifferentialDialogue) async throws -> String] = [
            { try await $0.handshake("OAUTHBEARER") }, { try await $0.token(bytes) },
        ]
        if isRefused { steps.append { try await $0.token(last) } }
        steps.append { try await $0.metadata() }
        return login("OAUTHBEARER, \(name)", kind, steps)
    }

    private static var bearerRows: [DifferentialRow] {
        [
            bearerRow("right", .success, bearer(claims("alice"))),
            bearerRow("as oneself", .success, bearer(claims("alice"), as: "alice")),
            bearerRow("as another", .refusal, bearer(claims("alice"), as: "admin")),
            bearerRow("over", .refusal, bearer(claims("alice", for: -3600))),
            bearerRow("nobody", .refusal, bearer(#"{"exp":99999999999}"#)),
            bearerRow("an empty name", .refusal, bearer(claims(""))),
            bearerRow("for ever", .refusal, bearer(#"{"sub":"alice"}"#)),
            bearerRow("signed", .refusal, bearer(claims("alice"), header: #"{"alg":"HS256"}"#)),
            bearerRow("no token", .refusal, Array("n,,\u{1}auth=Bearer x\u{1}\u{1}".utf8)),
            bearerRow("garbage", .refusal, Array("hello".utf8)),
            bearerRow("nothing", .refusal, []),
            bearerRow("right after wrong", .refusal, bearer(claims("")), then: bearer(claims("alice"))),
        ]
    }

    /// With a session that ends, a client may log in again.
    private static var laterRows: [DifferentialRow] {
        let steps: [@Sendable (DifferentialDialogue) async throws -> String] = [
            { try await $0.handshake("OAUTHBEARER") }, { try await $0.token(bearer(claims("alice"))) },
        ]
        return [
            login(
                "again without a session that ends", .refusal,
                [
                    { try await $0.handshake("PLAIN") }, { try await $0.token(plain("alice", "secret")) },
                    { try await $0.handshake("PLAIN") }, { try await $0.metadata() },
                ]),
            login(
                "token after the login", .refusal,
                [
                    { try await $0.handshake("PLAIN") }, { try await $0.token(plain("alice", "secret")) },
                    { try await $0.token(plain("alice", "secret")) }, { try await $0.metadata() },
                ]),
            login("again, the same", .success, steps + steps + [{ try await $0.metadata() }]),
            login(
                "again, as another", .refusal,
                steps + [
                    { try await $0.handshake("OAUTHBEARER") }, { try await $0.token(bearer(claims("admin"))) },
                    { try await $0.metadata() },
                ]),
            login(
                "again, by another mechanism", .refusal,
                steps + [
                    { try await $0.handshake("PLAIN") }, { try await $0.token(plain("alice", "secret")) },
                ]),
            login(
                "again, by an unknown mechanism", .refusal,
                steps + [{ try await $0.handshake("KERBEROS") }, { try await $0.metadata() }]),
            login("again, at once", .refusal, steps + steps + [{ try await $0.handshake("OAUTHBEARER") }]),
        ]
    }
}
