internal import COpenSSL

/// Turns what is known of a failed connection into one sentence.
struct TLSFailureReader {
    /// Alerts of the peer stand in OpenSSL's errors with this added.
    private static let alertOffset: CInt = 1000

    let wire: TLSWire
    let machinery: TLSMachinery
    let peer: String
    let host: String?
    let isEstablished: Bool

    private var isClient: Bool { machinery.role == .client }

    // MARK: The peer went silent

    var closedInHandshake: TLSError {
        if wire.sample.isEmpty {
            return TLSError(
                .closedInHandshake,
                isClient
                    ? "\(peer) closed the connection without an answer to the TLS handshake"
                    : "\(peer) closed the connection before the TLS handshake")
        }
        if let plaintext { return plaintext }
        let hint =
            isClient && wire.isAskedForCertificate && !machinery.hasIdentity
            ? "; it asked for a client certificate, and none is set" : ""
        return TLSError(
            .closedInHandshake, "\(peer) closed the connection in the TLS handshake and gave no reason\(hint)")
    }

    /// A server that asks for a certificate without insisting on it may also have gone down just then.
    var closedAfterHandshake: TLSError {
        TLSError(
            .closedInHandshake,
            "\(peer) closed the connection after the TLS handshake; it asked for a client certificate, and none is set")
    }

    private var certificateRequired: TLSError {
        TLSError(
            .certificateRequired, "\(peer) requires a client certificate, and none is set")
    }

    // MARK: OpenSSL gave up

    func error(_ errors: OpenSSLErrors) -> TLSError {
        if let refusal = wire.refusal, errors.contains(SSL_R_CERTIFICATE_VERIFY_FAILED) { return error(refusal) }
        if let alert = errors.items.first(where: { $0.reason > Self.alertOffset })?.reason {
            return error(alert: alert - Self.alertOffset, errors.text)
        }
        if let plaintext { return plaintext }
        if errors.contains(SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) {
            return TLSError(.certificateRequired, "\(peer) showed no certificate, and one is required here")
        }
        let versionReasons = [
            SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_VERSION_TOO_LOW, SSL_R_VERSION_TOO_HIGH, SSL_R_UNKNOWN_PROTOCOL,
            SSL_R_NO_PROTOCOLS_AVAILABLE, SSL_R_WRONG_SSL_VERSION, SSL_R_WRONG_VERSION_NUMBER,
        ]
        if versionReasons.contains(where: errors.contains) { return versionMismatch }
        if errors.contains(SSL_R_NO_SHARED_CIPHER) {
            return TLSError(.handshakeRefused, "\(peer) offers no cipher suite that is allowed here")
        }
        return TLSError(.broken, "TLS with \(peer) failed: \(errors.text)")
    }

    private var versionMismatch: TLSError {
        TLSError(.versionMismatch, "\(peer) speaks no TLS version that is allowed here (\(machinery.versions))")
    }

    /// Alerts by their numbers in RFC 8446.
    private func error(alert: CInt, _ text: String) -> TLSError {
        let isAboutCertificate = [41, 42, 43, 44, 45, 46, 48, 49, 116].contains(alert)
        // Java says bad_certificate, others handshake_failure, when the certificate it wants does not come.
        if isClient, wire.isAskedForCertificate, !machinery.hasIdentity, isAboutCertificate || alert == 40 {
            return certificateRequired
        }
        if isAboutCertificate {
            let reason =
                switch alert {
                case 44: "it is revoked"
                case 45: "it has expired"
                case 48: "it does not trust the issuer"
                case 46, 42: "it does not say more than \"\(alert == 42 ? "bad certificate" : "certificate unknown")\""
                default: text
                }
            return TLSError(.certificateRefused, "\(peer) refuses the certificate of this side: \(reason)")
        }
        switch alert {
        case 70: return versionMismatch
        case 40, 71:
            return TLSError(
                .handshakeRefused,
                "\(peer) refuses the TLS handshake: no common cipher suite, version or signature")
        case 112:
            return TLSError(
                .handshakeRefused, "\(peer) has no certificate for \(host.map { "the name \($0)" } ?? "this name")")
        default: return TLSError(.broken, "\(peer) ended TLS: \(text)")
        }
    }

    // MARK: What is no TLS

    private var plaintext: TLSError? {
        let first = wire.sample
        // A record begins with a content type of 20 to 24 and version 3.
        guard !isEstablished, first.count >= 2, !((20...24).contains(first[0]) && first[1] == 3) else { return nil }
        let start = String(decoding: first.prefix(4), as: UTF8.self)
        if isClient {
            let what = start == "HTTP" ? "HTTP" : "something that is not TLS"
            return TLSError(.plaintext, "\(peer) answers the TLS handshake with \(what)")
        }
        return TLSError(.plaintext, "\(peer) does not speak TLS")
    }

    // MARK: A certificate was refused

    private func error(_ refusal: TLSWire.Refusal) -> TLSError {
        guard let certificate = refusal.certificate else {
            return TLSError(.certificateUnacceptable, "The certificate of \(peer) is refused: \(reason(refusal))")
        }
        let which =
            refusal.depth == 0
            ? "The certificate of \(peer) (\(certificate.subject))"
            : "The CA certificate \(certificate.subject) in the chain of \(peer)"
        switch refusal.code {
        case X509_V_ERR_CERT_HAS_EXPIRED:
            return TLSError(.certificateExpired, "\(which) expired at \(certificate.notAfter)")
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return TLSError(.certificateNotYetValid, "\(which) is not valid before \(certificate.notBefore)")
        case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH:
            return TLSError(
                .wrongHost, "The certificate of \(peer) is not made out to \(host ?? "it"), but to \(certificate.names)"
            )
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
            return TLSError(
                .unknownIssuer, "\(which) is signed by nobody but itself, and is not among \(machinery.trust)")
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
            X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE,
            X509_V_ERR_CERT_SIGNATURE_FAILURE, X509_V_ERR_CERT_UNTRUSTED:
            return TLSError(
                .unknownIssuer,
                "The certificate of \(peer) is signed by an unknown CA: \(certificate.issuer) is not among "
                    + machinery.trust)
        default: return TLSError(.certificateUnacceptable, "\(which) is refused: \(reason(refusal))")
        }
    }

    private func reason(_ refusal: TLSWire.Refusal) -> String {
        X509_verify_cert_error_string(Int(refusal.code)).map { String(cString: $0) } ?? "error \(refusal.code)"
    }
}
