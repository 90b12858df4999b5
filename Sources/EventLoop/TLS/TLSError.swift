/// Why TLS did not come about, or broke. The kind is for the layer above, which knows what the user can set.
package struct TLSError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Kind: Sendable, Hashable, CaseIterable {
        // MARK: This side's settings

        /// A file cannot be read.
        case unreadableFile
        /// No certificate where one or more should be, or one that cannot be read.
        case badCertificates
        /// No private key where one should be, several, or one that cannot be read.
        case badKey
        /// The key is encrypted and no password is set.
        case keyPasswordMissing
        /// The password does not open the key.
        case wrongKeyPassword
        /// The key belongs to none of the certificates.
        case keyMismatch
        /// A Java key store in Java's own format.
        case javaStore
        /// A PKCS#12 store that cannot be read.
        case badStore
        /// The password does not open the store.
        case wrongStorePassword
        /// Unknown cipher suites, or none that go with the versions; or versions upside down.
        case badParameters

        // MARK: The peer's certificate

        case certificateExpired
        case certificateNotYetValid
        /// The certificate is made out to other names.
        case wrongHost
        /// Nobody who is trusted has signed it.
        case unknownIssuer
        /// Another reason to refuse it.
        case certificateUnacceptable

        // MARK: What the peer does

        /// The peer insists on a certificate of this side, which has shown none.
        case certificateRequired
        /// The peer does not accept this side's certificate.
        case certificateRefused
        /// No common protocol version.
        case versionMismatch
        /// No common cipher suite, or another reason to give up that the peer does not name.
        case handshakeRefused
        /// The peer does not speak TLS.
        case plaintext
        /// The peer closed the connection in the handshake and gave no reason.
        case closedInHandshake
        /// The peer breaks the rules of TLS.
        case broken
    }

    package let kind: Kind
    /// One sentence without a final dot.
    package let message: String

    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    package var description: String { message }

    /// Whether this side's settings cannot work, whoever the peer is.
    package var isOfSettings: Bool {
        switch kind {
        case .unreadableFile, .badCertificates, .badKey, .keyPasswordMissing, .wrongKeyPassword, .keyMismatch,
            .javaStore, .badStore, .wrongStorePassword, .badParameters:
            true
        default: false
        }
    }
}
