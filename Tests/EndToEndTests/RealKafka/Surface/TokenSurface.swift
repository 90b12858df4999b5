import KafkaAdmin
import KafkaWire
import TestSupport
import Testing
import Values

/// Delegation tokens: taken, shown, renewed, logged in with over both SASL protocols, and ended.
struct TokenSurface {
    let world: SurfaceWorld

    private static let module = "org.apache.kafka.common.security.scram.ScramLoginModule"

    func run() async throws {
        await #expect(throws: KafkaError(.server(.delegationTokenRequestNotAllowed), "")) {
            try await world.writer.createDelegationToken(owner: nil, renewers: [], maximumLifetime: -1)
        }
        await #expect(throws: KafkaError(.server(.delegationTokenRequestNotAllowed), "")) {
            try await world.reader.describeDelegationTokens(owners: nil)
        }
        let alice = try client("SASLTLS", "username=\"alice\" password=\"geheim\"")
        do {
            try await lives(LiveClusterReader(sender: alice), LiveClusterOperator(sender: alice))
        } catch {
            await alice.close()
            throw error
        }
        await alice.close()
    }

    private func client(_ listener: String, _ options: String, mechanism: String = "SCRAM-SHA-256") throws
        -> AdminClient
    {
        let isTLS = listener == "SASLTLS"
        let trust = ["ssl.truststore.type=PEM", "ssl.truststore.location=\(world.certificates.authorityFile)"]
        return try ListenerSurface.client(
            [
                "security.protocol=\(isTLS ? "SASL_SSL" : "SASL_PLAINTEXT")", "sasl.mechanism=\(mechanism)",
                "sasl.jaas.config=\(Self.module) required \(options);",
            ] + (isTLS ? trust : []), at: world.broker.bootstrap(listener))
    }

    private func lives(_ reader: LiveClusterReader, _ writer: LiveClusterOperator) async throws {
        let alice = KafkaPrincipal(name: "alice")
        let token = try await writer.createDelegationToken(
            owner: nil, renewers: [KafkaPrincipal(name: "dave")], maximumLifetime: 3_600_000)
        #expect(token.owner == alice && token.requester == alice)
        #expect(token.lastsAtMost - token.issuedAt == 3_600_000)
        #expect(!"\(token)".contains("\(token.hmac.reveal())"))
        try await world.eventually("the token is known") {
            let all = try await reader.describeDelegationTokens(owners: nil)
            let hers = try await reader.describeDelegationTokens(owners: [alice])
            return all == [token] && hers == [token]
        }
        #expect(try await reader.describeDelegationTokens(owners: [KafkaPrincipal(name: "nobody")]).isEmpty)
        let options = "username=\"\(token.id)\" password=\"\(Self.base64(token.hmac.reveal()))\" tokenauth=\"true\""
        for (listener, mechanism) in [("SASL", "SCRAM-SHA-512"), ("SASLTLS", "SCRAM-SHA-256")] {
            let holder = try client(listener, options, mechanism: mechanism)
            #expect(try await LiveClusterReader(sender: holder).clusterID() == world.broker.clusterID)
            // Whoever came with a token does not get another one.
            await #expect(throws: KafkaError(.server(.delegationTokenRequestNotAllowed), "")) {
                try await LiveClusterOperator(sender: holder).createDelegationToken(
                    owner: nil, renewers: [], maximumLifetime: -1)
            }
            await holder.close()
        }
        #expect(try await writer.renewDelegationToken(token.hmac, period: 60_000) < token.expiresAt)
        await #expect(throws: KafkaError(.server(.delegationTokenNotFound), "")) {
            try await writer.renewDelegationToken(TokenKey([1, 2, 3]), period: -1)
        }
        await #expect(throws: KafkaError(.server(.delegationTokenNotFound), "")) {
            try await writer.expireDelegationToken(TokenKey([1, 2, 3]), period: -1)
        }
        _ = try await writer.expireDelegationToken(token.hmac, period: -1)
        try await world.eventually("the token is gone") {
            try await reader.describeDelegationTokens(owners: nil).isEmpty
        }
        try await world.eventually("nobody gets in with it", is: KafkaError.Code.authentication) {
            let late = try client("SASLTLS", options)
            let code: KafkaError.Code?
            do throws(KafkaError) {
                _ = try await LiveClusterReader(sender: late).clusterID()
                code = nil
            } catch {
                code = error.code
            }
            await late.close()
            return code
        }
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")

    private static func base64(_ bytes: [UInt8]) -> String {
        var text = ""
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let part = Array(bytes[start..<min(start + 3, bytes.count)])
            let padded = part + [UInt8](repeating: 0, count: 3 - part.count)
            let number = padded.reduce(0) { $0 << 8 | Int($1) }
            for place in 0..<4 {
                text += place <= part.count ? String(alphabet[number >> (18 - 6 * place) & 63]) : "="
            }
        }
        return text
    }
}
