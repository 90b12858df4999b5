import EventLoop
import Values

/// The `ssl.*` settings of Kafka's clients.
enum TLSProperties {
    private static let stores = ["JKS", "PKCS12", "PEM"]

    static func read(_ reader: inout PropertyReader) -> TLSSettings {
        var settings = TLSSettings()
        settings.trust = trust(&reader) ?? .platform
        settings.identity = identity(&reader)
        if let algorithm = reader.text("ssl.endpoint.identification.algorithm") {
            switch algorithm.lowercased() {
            case "https": break
            // Java's spelling and librdkafka's.
            case "", "none":
                settings.verifiesHostName = false
                reader.warn(
                    "ssl.endpoint.identification.algorithm",
                    "the host names of certificates are not checked: anyone with a certificate of the same CA can stand in "
                        + "for a broker", hint: "set ssl.endpoint.identification.algorithm to https")
            default: reader.wrong("ssl.endpoint.identification.algorithm", "is https, or empty to switch it off")
            }
        }
        versions(&settings, &reader)
        settings.cipherSuites = reader.list("ssl.cipher.suites") ?? []
        for key in ["ssl.provider", "ssl.keymanager.algorithm", "ssl.trustmanager.algorithm"]
            + ["ssl.secure.random.implementation"]
        where reader.text(key) != nil {
            reader.warn(key, "\(key) is about Java and has no effect")
        }
        if reader.nonEmpty("ssl.engine.factory.class") != nil {
            reader.problem("ssl.engine.factory.class", "ssl.engine.factory.class is a class that needs Java")
        }
        return settings
    }

    private static func versions(_ settings: inout TLSSettings, _ reader: inout PropertyReader) {
        let known = TLSSettings.Version.allCases
        func version(_ name: String) -> TLSSettings.Version? {
            known.first { $0.name.lowercased() == name.lowercased() }
        }
        if let names = reader.list("ssl.enabled.protocols") {
            let versions = names.compactMap(version)
            if let least = versions.min(), let most = versions.max() {
                settings.minimumVersion = least
                settings.maximumVersion = most
                if versions.count < names.count {
                    reader.warn("ssl.enabled.protocols", "only TLSv1.2 and TLSv1.3 are spoken; the others are left out")
                }
            } else {
                reader.wrong("ssl.enabled.protocols", "names TLSv1.2, TLSv1.3 or both")
            }
        }
        // The protocol of the context in Java; only an old one would narrow what is enabled.
        if let name = reader.nonEmpty("ssl.protocol"), version(name) == nil, name.uppercased() != "TLS" {
            reader.wrong("ssl.protocol", "is TLSv1.3 or TLSv1.2")
        }
    }

    /// Java's rule is the type of the store, JKS unless it is said; here a file is looked at when the type is not said.
    private static func type(_ key: String, _ reader: inout PropertyReader) -> String? {
        reader.word(key, stores)
    }

    private static func tlsSecret(_ secret: Secret) -> TLSSecret { TLSSecret { Array(secret.reveal().utf8) } }

    private static func trust(_ reader: inout PropertyReader) -> TLSSettings.Trust? {
        let type = type("ssl.truststore.type", &reader)
        let location = reader.nonEmpty("ssl.truststore.location")
        let password = reader.secret("ssl.truststore.password")
        let inline = reader.secret("ssl.truststore.certificates")
        if let inline {
            if type != "PEM" { needsPEM("ssl.truststore.certificates", "ssl.truststore.type", type, &reader) }
            if location != nil {
                reader.problem(
                    "ssl.truststore.location", "ssl.truststore.location and ssl.truststore.certificates are both set",
                    hint: "set one of them")
            }
            return .pem(.inline(tlsSecret(inline), name: "ssl.truststore.certificates"))
        }
        guard let location else { return nil }
        if isPEM(type, location) {
            refusePassword("ssl.truststore.password", password, &reader)
            return .pem(.file(location))
        }
        return .store(.file(location), password: password.map(tlsSecret))
    }

    private static func identity(_ reader: inout PropertyReader) -> TLSSettings.Identity? {
        let type = type("ssl.keystore.type", &reader)
        let location = reader.nonEmpty("ssl.keystore.location")
        let password = reader.secret("ssl.keystore.password")
        let keyPassword = reader.secret("ssl.key.password")
        let key = reader.secret("ssl.keystore.key")
        let chain = reader.secret("ssl.keystore.certificate.chain")
        if key != nil || chain != nil {
            guard let key, let chain else {
                let missing = key == nil ? "ssl.keystore.key" : "ssl.keystore.certificate.chain"
                let given = key == nil ? "ssl.keystore.certificate.chain" : "ssl.keystore.key"
                reader.problem(given, "\(given) is set, and \(missing) is not")
                return nil
            }
            if type != "PEM" { needsPEM("ssl.keystore.key", "ssl.keystore.type", type, &reader) }
            return .pem(
                certificates: .inline(tlsSecret(chain), name: "ssl.keystore.certificate.chain"),
                key: .inline(tlsSecret(key), name: "ssl.keystore.key"), keyPassword: keyPassword.map(tlsSecret))
        }
        guard let location else { return nil }
        if isPEM(type, location) {
            refusePassword("ssl.keystore.password", password, &reader)
            return .pem(
                certificates: .file(location), key: .file(location), keyPassword: keyPassword.map(tlsSecret))
        }
        return .store(.file(location), password: (password ?? keyPassword).map(tlsSecret))
    }

    private static func isPEM(_ type: String?, _ location: String) -> Bool {
        if let type { return type == "PEM" }
        return [".pem", ".crt", ".cer", ".key"].contains { location.lowercased().hasSuffix($0) }
    }

    private static func needsPEM(_ key: String, _ typeKey: String, _ type: String?, _ reader: inout PropertyReader) {
        reader.problem(
            key, "\(key) holds PEM text, and \(typeKey) is \(type ?? "not set")", hint: "set \(typeKey) to PEM")
    }

    private static func refusePassword(_ key: String, _ password: Secret?, _ reader: inout PropertyReader) {
        guard password != nil else { return }
        reader.problem(
            key, "\(key) has no meaning for PEM", hint: "the password of an encrypted key is ssl.key.password")
    }
}
