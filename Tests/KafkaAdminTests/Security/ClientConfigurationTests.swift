import EventLoop
import TestSupport
import Testing
import Values

@testable import KafkaAdmin

@Suite struct JAASConfigurationTests {
    private static let plain = "org.apache.kafka.common.security.plain.PlainLoginModule"

    @Test(
        arguments: [
            #"X required username="a" password="b";"#, "X required\n  username=\"a\"\n  password='b' ;",
            #"X REQUIRED username=a password="b"; // comment"#, #"/* c */ X optional username="a" password=b;"#,
            #"X sufficient username="a" / all of this is a comment"# + "\n" + #"password="\142";"#,
            #"X requisite password="x" username="a" password="b";"#,
        ]) func `a login module is read with its options`(text: String) throws
    {
        let jaas = try JAASConfiguration(text)
        #expect(jaas.module == "X" && jaas.options == ["username": "a", "password": "b"])
    }

    @Test func `quotes keep what stands in them`() throws {
        let jaas = try JAASConfiguration(#"a.b.C$D required p="a\"b\\c\n;=//'ä" q='say "x"' r="";"#)
        #expect(jaas.module == "a.b.C$D")
        #expect(jaas.options == ["p": "a\"b\\c\n;=//'ä", "q": "say \"x\"", "r": ""])
    }

    @Test(
        arguments: [
            ("", "no login module"), ("X", "followed by required"), ("X needed;", "followed by required"),
            (#"X required a="b""#, "semicolon"), ("X required a;", "has no value"), ("X required a=;", "in quotes"),
            ("X required a=1;", "in quotes"), (#"X required a="b"; Y required;"#, "exactly one"),
            (#"X required a="b;"#, "semicolon"), ("; required", "begins with"), (#"X required ="b";"#, "option"),
        ]) func `what is wrong is said without quoting values`(text: String, expected: String)
    {
        let error = #expect(throws: JAASConfiguration.Malformed.self) { try JAASConfiguration(text) }
        #expect(error?.message.contains(expected) == true, "\(error?.message ?? "")")
    }
}

@Suite struct ClientConfigurationTests {
    private func read(_ text: String, _ environment: [String: String] = [:]) throws -> ClientConfiguration {
        let file = try PropertiesFile(Array(text.utf8))
        return try ClientConfiguration(
            ConfigurationEntry.entries(of: file, named: "client.properties"), environment: environment)
    }

    private func problems(_ text: String) -> [String] {
        do {
            _ = try read(text)
            return []
        } catch let errors as ConfigurationErrors {
            return errors.problems.map(\.description)
        } catch {
            return ["\(error)"]
        }
    }

    private static let jaas =
        #"org.apache.kafka.common.security.scram.ScramLoginModule required username="alice" password="geheim";"#
    private static let scram = "security.protocol=SASL_SSL\nsasl.mechanism=SCRAM-SHA-512\nsasl.jaas.config=\(jaas)\n"

    @Test func `nothing said means PLAINTEXT and the usual times`() throws {
        let found = try read("")
        #expect(found.securityProtocol == .plaintext && found.login == nil && found.tls == nil)
        var settings = AdminClientSettings(bootstrap: [])
        found.apply(to: &settings, time: ManualTimeSource())
        #expect(settings.requestTimeout == .seconds(30) && settings.totalTimeout == .seconds(60))
    }

    @Test func `SCRAM over TLS is what most files say`() throws {
        let found = try read(Self.scram + "ssl.truststore.type=PEM\nssl.truststore.location=/etc/ca.pem\n")
        #expect(found.securityProtocol == .saslSSL && found.warnings.isEmpty)
        guard case .direct(let sasl) = found.login, case .password(let user, let password) = sasl.credentials else {
            Issue.record("no password")
            return
        }
        #expect(sasl.mechanism == .scramSHA512 && user == "alice" && password.reveal() == "geheim")
        guard case .pem(.file("/etc/ca.pem")) = found.tls?.trust else {
            Issue.record("no truststore")
            return
        }
        #expect(found.tls?.verifiesHostName == true)
    }

    @Test func `no secret is printed, whoever prints`() throws {
        let found = try read(Self.scram + "ssl.key.password=geheim2\n")
        var text = ""
        dump(found, to: &text)
        text += "\(found) \(String(reflecting: found))"
        #expect(!text.contains("geheim"))
    }

    @Test func `a delegation token is SCRAM with a mark`() throws {
        let found = try read(
            "security.protocol=sasl_plaintext\nsasl.mechanism=SCRAM-SHA-256\nsasl.jaas.config="
                + Self.jaas.replacingSemicolon(with: " tokenauth=\"true\";"))
        guard case .direct(let sasl) = found.login, case .delegationToken(let id, _) = sasl.credentials else {
            Issue.record("no token")
            return
        }
        #expect(id == "alice" && found.warnings.contains { $0.message.contains("offline") })
    }

    @Test func `times and addresses become the client's settings`() throws {
        let found = try read(
            """
            bootstrap.servers=a:1, SASL_SSL://b:2
            client.id = tool
            request.timeout.ms=5000
            default.api.timeout.ms=7000
            retry.backoff.ms=10
            reconnect.backoff.max.ms=500
            connections.max.idle.ms=-1
            """)
        var settings = AdminClientSettings(bootstrap: [])
        found.apply(to: &settings, time: ManualTimeSource())
        #expect(settings.bootstrap.map(\.description) == ["a:1", "b:2"])
        #expect(settings.identity.clientID == "tool" && settings.requestTimeout == .seconds(5))
        #expect(settings.totalTimeout == .seconds(7) && settings.retryBackoff.base == .milliseconds(10))
        #expect(settings.reconnectBackoff == Backoff(base: .milliseconds(50), limit: .milliseconds(500)))
        #expect(settings.idleLimit > .seconds(86_400))
        // The inventory's addresses stay.
        var other = AdminClientSettings(bootstrap: try AdminClientSettings.addresses(["x:9"]))
        found.apply(to: &other, time: ManualTimeSource())
        #expect(other.bootstrap.map(\.description) == ["x:9"])
    }

    @Test(
        arguments: [
            ("request.timeout.ms=abc", "client.properties:1: request.timeout.ms is a whole number from 1"),
            ("\nrequest.timeout.ms=0", "client.properties:2: request.timeout.ms is a whole number"),
            ("request.timeout.ms=99999999999", "not '99999999999'"),
            ("request.timeout.ms=9000\ndefault.api.timeout.ms=100", "at least request.timeout.ms (9000)"),
            ("security.protocol=TLS", "is one of PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL, not 'TLS'"),
            ("security.protocol=SASL_SSL", "sasl.mechanism is not set: Kafka would take GSSAPI"),
            ("security.protocol=SASL_SSL\nsasl.mechanism=GSSAPI", "is GSSAPI (Kerberos), which opsrun does not speak"),
            ("security.protocol=SASL_SSL\nsasl.mechanism=PLAIN", "sasl.jaas.config is not set"),
            ("security.protocol=SASL_SSL\nsasl.mechanism=PLAIN\nsasl.jaas.config=\(jaas)", "names the module"),
            ("security.protocol=SASL_SSL\nsasl.mechanism=PLAIN\nsasl.jaas.config=x", "cannot be read"),
            (
                "security.protocol=SASL_SSL\nsasl.mechanism=PLAIN\nsasl.jaas.config=com.sun.security.auth.module.Krb5LoginModule required;",
                "Kerberos module"
            ),
            ("sasl.mechanism=PLAIN", "security.protocol is not: it would be PLAINTEXT"),
            ("sasl.oauthbearer.token.endpoint.url=https://x", "security.protocol is not: it would be PLAINTEXT"),
            ("ssl.truststore.certificates=x", "ssl.truststore.certificates is set, and security.protocol is not"),
            ("ssl.key.password=x", "ssl.key.password is set, and security.protocol is not"),
            ("ssl.endpoint.identification.algorithm=", "it would be PLAINTEXT"),
            ("bootstrap.servers=broker", "is a list of host:port, not 'broker'"),
            ("security.protocol=SASL_SSL\nsasl.mechanism=OAUTHBEARER", "no source of tokens"),
            (
                "security.protocol=SASL_SSL\nsasl.mechanism=OAUTHBEARER\nsasl.oauthbearer.token.endpoint.url=ftp://x",
                "https, http or file URL"
            ),
            (
                "security.protocol=SASL_SSL\nsasl.mechanism=OAUTHBEARER\nsasl.oauthbearer.token.endpoint.url=https://x",
                "needs a client id"
            ),
            ("ssl.truststore.certificates=x", "ssl.truststore.type is not set"),
            ("ssl.keystore.type=PEM\nssl.keystore.key=x", "ssl.keystore.certificate.chain is not"),
            ("ssl.truststore.type=PEM\nssl.truststore.location=/a\nssl.truststore.password=x", "no meaning for PEM"),
            ("ssl.endpoint.identification.algorithm=ldaps", "https, or empty"),
            ("sasl.oauthbearer.assertion.algorithm=RS256", "jwt-bearer"),
            ("sasl.login.callback.handler.class=my.Handler", "needs Java"),
            ("config.providers=vault\nconfig.providers.vault.class=my.Vault", "needs Java"),
            ("config.providers=file", "config.providers.file.class is not set"),
        ]) func `what is wrong is told with its line and what was expected`(text: String, expected: String)
    {
        let found = problems(text)
        #expect(found.contains { $0.contains(expected) }, "\(found)")
    }

    @Test func `every problem is told at once and none shows a secret`() {
        let found = problems(
            "request.timeout.ms=x\nclient.dns.lookup=y\nsecurity.protocol=SASL_SSL\nsasl.mechanism=PLAIN\n"
                + "sasl.jaas.config=\(Self.jaas)\n")
        #expect(found.count == 3 && !found.joined().contains("geheim"))
    }

    @Test func `unknown settings are warnings with the nearest name`() throws {
        let found = try read("request.timout.ms=5\ngroup.id=x\n")
        #expect(
            found.warnings.map(\.description) == [
                "client.properties:1: request.timout.ms is no setting that opsrun knows; it has no effect; "
                    + "did you mean 'request.timeout.ms'?",
                "client.properties:2: group.id is no setting that opsrun knows; it has no effect",
            ])
    }

    @Test(arguments: ["", "none", "NONE"]) func `the host name check is switched off by a word, with a warning`(
        word: String
    ) throws {
        let found = try read("security.protocol=SSL\nssl.endpoint.identification.algorithm=\(word)")
        #expect(found.tls?.verifiesHostName == false && found.warnings.count == 1)
    }

    @Test func `what Kafka's client does with its sockets and retries is done here`() throws {
        let found = try read(
            """
            bootstrap.controllers=c:3
            retries=0
            socket.connection.setup.timeout.ms=2000
            socket.connection.setup.timeout.max.ms=4000
            send.buffer.bytes=70000
            receive.buffer.bytes=-1
            metadata.recovery.strategy=None
            metadata.recovery.rebootstrap.trigger.ms=5000
            """)
        var settings = AdminClientSettings(bootstrap: [])
        found.apply(to: &settings, time: ManualTimeSource())
        #expect(found.warnings.isEmpty && settings.asksControllers && settings.retries == 0)
        #expect(settings.connectTimeout == .seconds(2) && settings.connectTimeoutLimit == .seconds(4))
        #expect(settings.buffers == SocketBuffers(send: 70_000, receive: nil))
        #expect(!settings.rebootstraps && settings.rebootstrapAfter == .seconds(5))
    }

    @Test(
        arguments: [
            ("retries=none", "whole number"), ("retries=-1", "whole number"), ("send.buffer.bytes=abc", "whole number"),
            ("receive.buffer.bytes=-2", "whole number"), ("metadata.recovery.strategy=bogus", "none, rebootstrap"),
            ("metadata.recovery.rebootstrap.trigger.ms=soon", "whole number"),
            ("socket.connection.setup.timeout.max.ms=0", "whole number"),
            ("bootstrap.servers=a:1\nbootstrap.controllers=b:2", "are both set"),
        ]) func `values that Kafka refuses are refused`(text: String, expected: String)
    {
        #expect(problems(text).contains { $0.contains(expected) }, "\(problems(text))")
    }

    @Test(
        arguments: [
            ("", 10), ("default.api.timeout.ms=60000", 60), ("request.timeout.ms=3000\ndefault.api.timeout.ms=3000", 3),
            ("request.timeout.ms=20000", 20), ("request.timeout.ms=3000", 10), ("request.timeout.ms=90000", 90),
        ]) func `the first answer may take as long as any, where that is said`(text: String, seconds: Int) throws
    {
        var settings = AdminClientSettings(bootstrap: [])
        try read(text).apply(to: &settings, time: ManualTimeSource())
        #expect(settings.firstAnswer == .seconds(seconds))
    }

    @Test(
        arguments: [
            // A backslash too many, one too few, a quote that is missing.
            "bootstrap.servers=localhost:x \\\nsasl.jaas.config=\(jaas)",
            "client.dns.lookup=\(jaas)", "security.protocol=password geheim", "ssl.protocol=geheim;password",
            "security.protocol=SASL_SSL\nsasl.mechanism=PLAIN\nsasl.jaas.config=geheim required a=\"b\";",
            "security.protocol=SASL_SSL\nsasl.mechanism=PLAIN\n"
                + #"sasl.jaas.config=x.PlainLoginModule required username="a" password="g" geheim";"#,
            "security.protocol=SASL_SSL\nsasl.mechanism=PLAIN\n"
                + #"sasl.jaas.config=x.PlainLoginModule required username="a" password="g" geheim=1;"#,
        ]) func `an error about another setting does not show a password`(text: String)
    {
        let found = problems(text)
        #expect(!found.isEmpty && !found.joined().contains("geheim"), "\(found)")
    }

    @Test func `a line that is a part of a value is not shown`() throws {
        let found = try read(
            #"""
            client.id=x
              required username="alice" password="geheim";
            "geheim";
            """#)
        #expect(found.warnings.count == 2)
        #expect(!found.warnings.map(\.description).joined().contains("geheim"), "\(found.warnings)")
    }

    // MARK: Providers

    @Test func `values come from files, folders and variables`() async throws {
        try await ScratchDirectory.with { scratch in
            try scratch.write("pw=gehe\\u0069m\nother=x", to: "secrets.properties")
            try scratch.write("tool", to: "folder/id")
            let text = """
                config.providers=file,dir,env
                config.providers.file.class=org.apache.kafka.common.config.provider.FileConfigProvider
                config.providers.dir.class=org.apache.kafka.common.config.provider.DirectoryConfigProvider
                config.providers.env.class=org.apache.kafka.common.config.provider.EnvVarConfigProvider
                client.id=${dir:\(scratch.path)/folder:id}-${env:SUFFIX}-${other:x}
                security.protocol=SSL
                ssl.key.password=${file:\(scratch.path)/secrets.properties:pw}
                """
            let found = try read(text, ["SUFFIX": "7"])
            #expect(found.clientID == "tool-7-${other:x}" && found.warnings.isEmpty)
            let missing = problems(text.replacingAll("{env:SUFFIX}", "{env:NONE}").replacingAll(":pw}", ":nope}"))
            #expect(missing.contains { $0.contains("names a variable that is not set") })
            #expect(missing.contains { $0.contains("names a key that the file lacks") })
        }
    }

    @Test func `without config.providers a reference is text`() throws {
        #expect(try read("client.id=${env:HOME}", ["HOME": "/x"]).clientID == "${env:HOME}")
    }

    // MARK: Bearer tokens

    private static let oauth = "security.protocol=SASL_SSL\nsasl.mechanism=OAUTHBEARER\n"
    private static let module =
        "sasl.jaas.config=org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required"

    private func bearer(_ text: String) throws -> BearerSettings {
        guard case .bearer(let settings) = try read(Self.oauth + text).login else {
            throw KafkaError(.noResult, "none")
        }
        return settings
    }

    @Test(
        arguments: [
            "sasl.oauthbearer.token.endpoint.url=https://idp/token\nsasl.oauthbearer.client.credentials.client.id=me\n"
                + "sasl.oauthbearer.client.credentials.client.secret=s\nsasl.oauthbearer.scope=kafka",
            "sasl.oauthbearer.token.endpoint.url=https://idp/token\n\(module) clientId=\"me\" clientSecret=\"s\" scope=\"kafka\";",
        ]) func `client credentials come from settings or from options`(text: String) throws
    {
        guard case .clientCredentials(let found) = try bearer(text).source else {
            Issue.record("no client credentials")
            return
        }
        #expect(found.endpoint == "https://idp/token" && found.clientID == "me")
        #expect(found.clientSecret.reveal() == "s" && found.scope == "kafka")
    }

    @Test func `tokens come from files and commands too, with extensions`() throws {
        guard case .file("/run/token") = try bearer("sasl.oauthbearer.token.endpoint.url=file:///run/token").source
        else {
            Issue.record("no file")
            return
        }
        guard case .command(["get-token", "-x"]) = try bearer("sasl.oauthbearer.token.command=get-token  -x").source
        else {
            Issue.record("no command")
            return
        }
        let settings = try bearer("\(Self.module) unsecuredLoginStringClaim_sub=\"admin\" extension_pool=\"p1\";")
        #expect(settings.extensions.map(\.name) == ["pool"] && settings.extensions.map(\.value) == ["p1"])
        guard case .unsecured(let token) = settings.source else { return }
        #expect(token.principal == "admin")
    }
}

extension String {
    fileprivate func replacingSemicolon(with text: String) -> String { replacingAll(";", text) }

    fileprivate func replacingAll(_ part: String, _ text: String) -> String {
        var result = ""
        var rest = self[...]
        while !rest.isEmpty {
            if rest.hasPrefix(part) {
                result += text
                rest = rest.dropFirst(part.count)
            } else {
                result.append(rest.removeFirst())
            }
        }
        return result
    }
}
