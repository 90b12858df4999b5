/// What TLS is to do, for either role. Nothing is read and OpenSSL is not touched before the first connection.
package struct TLSSettings: Sendable {
    /// Whose certificates are believed.
    package enum Trust: Sendable {
        /// The CAs of the operating system.
        case platform
        /// Every certificate of a PEM text. Intermediate CAs and single certificates count as anchors too, as in Java.
        case pem(TLSMaterial)
        /// Every certificate of a PKCS#12 store. A JKS store is recognized and refused, with the way to convert it.
        case store(TLSMaterial, password: TLSSecret?)
    }

    /// The certificate that is shown, with its key.
    package enum Identity: Sendable {
        /// A chain in any order and one key, PKCS#8 or traditional, encrypted or not. Both may come from one file.
        case pem(certificates: TLSMaterial, key: TLSMaterial, keyPassword: TLSSecret?)
        /// The key of a PKCS#12 store with its chain. The password is that of the store and of the key.
        case store(TLSMaterial, password: TLSSecret?)
    }

    package enum Version: Int, Sendable, Hashable, Comparable, CaseIterable {
        case tls12 = 12
        case tls13 = 13

        package static func < (left: Version, right: Version) -> Bool { left.rawValue < right.rawValue }

        /// `TLSv1.2`, as Kafka writes it.
        package var name: String { self == .tls12 ? "TLSv1.2" : "TLSv1.3" }
    }

    package var trust: Trust
    package var identity: Identity?
    /// Whether a client insists that the certificate is made out to the host it dialed. The chain is verified in any case.
    package var verifiesHostName: Bool
    package var minimumVersion: Version
    package var maximumVersion: Version
    /// IANA or OpenSSL names, of any version; empty: the defaults of OpenSSL.
    package var cipherSuites: [String]

    package init(
        trust: Trust = .platform, identity: Identity? = nil, verifiesHostName: Bool = true,
        minimumVersion: Version = .tls12, maximumVersion: Version = .tls13, cipherSuites: [String] = []
    ) {
        self.trust = trust
        self.identity = identity
        self.verifiesHostName = verifiesHostName
        self.minimumVersion = minimumVersion
        self.maximumVersion = maximumVersion
        self.cipherSuites = cipherSuites
    }
}

/// Certificates or a key, where they come from.
package enum TLSMaterial: Sendable {
    case file(String)
    /// The bytes themselves. `name` stands for them in messages: the setting they came from.
    case inline(TLSSecret, name: String)

    /// For messages.
    package var name: String {
        switch self {
        case .file(let path): path
        case .inline(_, let name): name
        }
    }
}

/// Bytes that are never printed. The owner decides how they are kept: a closure fetches them when they are needed.
package struct TLSSecret: Sendable {
    private let read: @Sendable () -> [UInt8]

    package init(_ read: @escaping @Sendable () -> [UInt8]) { self.read = read }
    package init(_ text: String) {
        let bytes = Array(text.utf8)
        read = { bytes }
    }

    func reveal() -> [UInt8] { read() }
}

extension TLSSecret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "•••" }
    package var debugDescription: String { "•••" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
