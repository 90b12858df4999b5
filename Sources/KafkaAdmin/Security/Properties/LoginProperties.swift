import EventLoop
import Values

/// The `sasl.*` settings of Kafka's clients.
enum LoginProperties {
    private static let plainModule = "org.apache.kafka.common.security.plain.PlainLoginModule"
    private static let scramModule = "org.apache.kafka.common.security.scram.ScramLoginModule"
    static let bearerModule = "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule"
    private static let kerberosModule = "com.sun.security.auth.module.Krb5LoginModule"

    /// `isWanted`: the protocol has SASL; otherwise the settings are only known.
    static func read(_ reader: inout PropertyReader, isWanted: Bool) -> LoginSettings? {
        let name = reader.nonEmpty("sasl.mechanism")
        let config = reader.secret("sasl.jaas.config")
        let bearer = BearerProperties.read(&reader)
        for key in ["sasl.client.callback.handler.class", "sasl.login.class"] where reader.nonEmpty(key) != nil {
            if isWanted { reader.problem(key, "\(key) is a class that needs Java") }
        }
        for key in kerberosKeys { reader.know(key) }
        guard isWanted else { return nil }
        guard let name else {
            reader.problem(
                "sasl.mechanism",
                "sasl.mechanism is not set: Kafka would take GSSAPI (Kerberos), which opsrun does not speak",
                hint: "set \(SASLMechanism.allCases.map(\.rawValue).joined(separator: ", "))")
            return nil
        }
        guard let mechanism = SASLMechanism(rawValue: name.uppercased()) else {
            if name.uppercased() == "GSSAPI" {
                reader.problem(
                    "sasl.mechanism", "sasl.mechanism is GSSAPI (Kerberos), which opsrun does not speak",
                    hint: "use a listener with SCRAM or OAUTHBEARER")
            } else {
                reader.wrong(
                    "sasl.mechanism", "is one of \(SASLMechanism.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            return nil
        }
        guard let config else {
            // 4.1 and later say with settings what the options of the login module said.
            if mechanism == .oauthBearer { return bearer.settings(options: [:], &reader).map(LoginSettings.bearer) }
            reader.problem(
                "sasl.jaas.config", "sasl.jaas.config is not set: \(mechanism.rawValue) needs a user and a password",
                hint: "\(module(of: mechanism)) required username=\"…\" password=\"…\";")
            return nil
        }
        guard let jaas = parse(config, mechanism, &reader) else { return nil }
        switch mechanism {
        case .oauthBearer: return bearer.settings(options: jaas.options, &reader).map(LoginSettings.bearer)
        case .plain, .scramSHA256, .scramSHA512: return password(jaas, mechanism, &reader).map(LoginSettings.direct)
        }
    }

    private static func module(of mechanism: SASLMechanism) -> String {
        switch mechanism {
        case .plain: plainModule
        case .scramSHA256, .scramSHA512: scramModule
        case .oauthBearer: bearerModule
        }
    }

    private static func parse(
        _ config: Secret, _ mechanism: SASLMechanism, _ reader: inout PropertyReader
    ) -> JAASConfiguration? {
        let key = "sasl.jaas.config"
        let jaas: JAASConfiguration
        do throws(JAASConfiguration.Malformed) { jaas = try JAASConfiguration(config.reveal()) } catch {
            reader.problem(
                key, "sasl.jaas.config cannot be read: \(error.message)",
                hint: "CLASS required username=\"…\" password=\"…\";")
            return nil
        }
        guard jaas.module == module(of: mechanism) else {
            // The first word of a text that is no such configuration may be anything.
            let shown =
                jaas.module.hasSuffix("Module") ? "the module \(PeerText.shown(jaas.module))" : "another module"
            let reason =
                jaas.module == kerberosModule
                ? "sasl.jaas.config names the Kerberos module, which opsrun does not speak"
                : "sasl.jaas.config names \(shown), and sasl.mechanism is \(mechanism.rawValue)"
            reader.problem(key, reason, hint: "\(mechanism.rawValue) goes with \(module(of: mechanism))")
            return nil
        }
        return jaas
    }

    private static func password(
        _ jaas: JAASConfiguration, _ mechanism: SASLMechanism, _ reader: inout PropertyReader
    ) -> SASLSettings? {
        let key = "sasl.jaas.config"
        guard let user = jaas.options["username"], !user.isEmpty else {
            reader.problem(key, "sasl.jaas.config lacks the option username")
            return nil
        }
        guard let password = jaas.options["password"], !password.isEmpty else {
            reader.problem(key, "sasl.jaas.config lacks the option password")
            return nil
        }
        let secret = Secret(password, origin: key)
        guard mechanism != .plain, jaas.options["tokenauth"]?.lowercased() == "true" else {
            return SASLSettings(mechanism: mechanism, credentials: .password(user: user, secret))
        }
        return SASLSettings(mechanism: mechanism, credentials: .delegationToken(id: user, hmac: secret))
    }

    private static let kerberosKeys = [
        "sasl.kerberos.service.name", "sasl.kerberos.kinit.cmd", "sasl.kerberos.ticket.renew.window.factor",
        "sasl.kerberos.ticket.renew.jitter", "sasl.kerberos.min.time.before.relogin",
    ]
}
