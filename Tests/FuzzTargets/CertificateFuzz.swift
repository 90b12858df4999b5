import EventLoop

/// What an operator names as truststore and keystore.
enum CertificateFuzz {
    /// The first byte says what the rest is taken for.
    static func run(_ bytes: [UInt8]) {
        guard let first = bytes.first else { return }
        let rest = Array(bytes.dropFirst())
        let material = TLSMaterial.inline(TLSSecret { rest }, name: "fuzz")
        let password = first & 0x80 == 0 ? TLSSecret("changeit") : nil
        switch first % 4 {
        case 0: check(TLSSettings(trust: .pem(material)))
        case 1: check(TLSSettings(trust: .store(material, password: password)))
        case 2: check(TLSSettings(identity: .pem(certificates: material, key: material, keyPassword: password)))
        default: check(TLSSettings(identity: .store(material, password: password)))
        }
    }

    private static func check(_ settings: TLSSettings) { _ = try? settings.readMaterial() }
}
