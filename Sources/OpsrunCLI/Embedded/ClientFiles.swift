internal import EventLoop
internal import SimulatedKafka

/// What clients need to reach the listeners of an embedded cluster, as files: `ca.pem`, `client.pem` (certificate and key),
/// and Kafka's client.properties for each listener, mechanism and user.
struct ClientFiles {
    private static let modules = "org.apache.kafka.common.security."

    let configuration: SimulatedClusterConfiguration
    let certificates: MadeCertificates
    /// Where they go: an absolute path, or one from the working directory.
    let folder: String

    /// The names of what was written.
    func write() throws(SystemError) -> [String] {
        var names: [String] = []
        func put(_ name: String, _ text: String) throws(SystemError) {
            try Files.writeAtomically(Array(text.utf8), to: "\(folder)/\(name)")
            names.append(name)
        }
        if configuration.listeners.contains(where: \.securityProtocol.hasTLS) {
            try put("ca.pem", certificates.authority)
            try put("client.pem", certificates.client)
        }
        for listener in configuration.listeners {
            let common = ["security.protocol=\(listener.securityProtocol.rawValue)"] + tls(listener)
            guard listener.securityProtocol.hasLogin else {
                try put("\(listener.name).properties", Self.text(common))
                continue
            }
            for mechanism in listener.mechanisms {
                for (user, password) in configuration.users.sorted(by: { $0.key < $1.key }) {
                    let lines = common + Self.login(mechanism, user, password)
                    try put("\(listener.name)-\(mechanism.rawValue)-\(user).properties", Self.text(lines))
                }
            }
        }
        return names
    }

    private func tls(_ listener: SimulatedClusterConfiguration.Listener) -> [String] {
        guard listener.securityProtocol.hasTLS else { return [] }
        let trust = ["ssl.truststore.type=PEM", "ssl.truststore.location=\(folder)/ca.pem"]
        guard listener.wantsClientCertificate else { return trust }
        return trust + ["ssl.keystore.type=PEM", "ssl.keystore.location=\(folder)/client.pem"]
    }

    private static func login(_ mechanism: SaslMechanism, _ user: String, _ password: String) -> [String] {
        let settings =
            switch mechanism {
            case .plain: "plain.PlainLoginModule required username=\(quoted(user)) password=\(quoted(password));"
            case .scram256, .scram512:
                "scram.ScramLoginModule required username=\(quoted(user)) password=\(quoted(password));"
            case .oauthBearer:
                "oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub=\(quoted(user));"
            }
        return ["sasl.mechanism=\(mechanism.rawValue)", "sasl.jaas.config=\(modules)\(settings)"]
    }

    /// As a value of JAAS in a file of properties: both take a backslash away.
    private static func quoted(_ text: String) -> String {
        let escaped = text.map { character in
            switch character {
            case "\\": #"\\\\"#
            case "\"": #"\\""#
            default: String(character)
            }
        }.joined()
        return "\"\(escaped)\""
    }

    private static func text(_ lines: [String]) -> String { lines.joined(separator: "\n") + "\n" }
}
