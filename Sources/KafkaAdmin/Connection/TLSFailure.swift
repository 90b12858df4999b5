package import EventLoop

extension KafkaError {
    /// What TLS says, with the property of a Kafka client that has to do with it. `address` nil: the settings alone.
    package init(_ error: TLSError, address: BrokerAddress? = nil) {
        let code: Code =
            if error.isOfSettings {
                .configuration
            } else {
                switch error.kind {
                case .plaintext: .speaksPlaintext
                // A broker that goes down does that too.
                case .closedInHandshake: .unreachable
                default: .tlsFailed
                }
            }
        self.init(code, error.message, nextAction: Self.remedy(error.kind), address: address?.description)
    }

    private static func remedy(_ kind: TLSError.Kind) -> String? {
        switch kind {
        case .unreadableFile: "Check the path and the permissions of the file."
        case .badCertificates:
            "Give PEM certificates (ssl.truststore.location or ssl.truststore.certificates; ssl.keystore.location or "
                + "ssl.keystore.certificate.chain), or set the type of the store."
        case .badKey: "Give one PEM private key (PKCS#8) in ssl.keystore.location or ssl.keystore.key."
        case .keyPasswordMissing, .wrongKeyPassword: "Set ssl.key.password to the password of the key."
        case .keyMismatch: "Give the key and the certificate that were made for each other."
        case .javaStore: "Use the converted store with type PKCS12, or PEM files."
        case .badStore: "Set ssl.truststore.type or ssl.keystore.type to what the file is: PEM or PKCS12."
        case .wrongStorePassword: "Set ssl.truststore.password or ssl.keystore.password to that of the store."
        case .badParameters: "Check ssl.cipher.suites and ssl.enabled.protocols."
        case .certificateExpired: "Renew the certificate of the broker, and check the clock of this machine."
        case .certificateNotYetValid: "Check the clocks of this machine and of the one that issued the certificate."
        case .wrongHost:
            "Use one of the names in the certificate, in the bootstrap addresses and in advertised.listeners, or have the "
                + "certificate made out to this one; an empty ssl.endpoint.identification.algorithm switches the check off."
        case .unknownIssuer:
            "Give the CA that signed the certificate of the broker in ssl.truststore.location or "
                + "ssl.truststore.certificates."
        case .certificateUnacceptable: "Have the certificate of the broker issued anew."
        case .certificateRequired:
            "Set ssl.keystore.location, or ssl.keystore.certificate.chain and ssl.keystore.key: the listener has "
                + "ssl.client.auth=required."
        case .certificateRefused:
            "Use a client certificate that is valid and signed by a CA in the broker's truststore."
        case .versionMismatch: "Set ssl.enabled.protocols to what the listener allows, or change it there."
        case .handshakeRefused: "Compare ssl.cipher.suites and ssl.enabled.protocols with those of the listener."
        case .plaintext: "Use the port of a TLS listener, or the security protocol PLAINTEXT or SASL_PLAINTEXT."
        case .closedInHandshake:
            "If this happens each time, the listener may be a plaintext one, or want a client certificate."
        case .broken: nil
        }
    }
}
