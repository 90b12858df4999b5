internal import COpenSSL
import Glibc

/// An `SSL_CTX`, complete: connections only take it. OpenSSL locks what they share.
final class TLSMachinery: @unchecked Sendable {
    /// Where distributions keep their CAs, for an OpenSSL that was built for another one.
    private static let platformBundles = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
        "/etc/ssl/cert.pem",
    ]

    let pointer: OpaquePointer
    let role: TLSContext.Role
    let verifiesHostName: Bool
    /// This side can show a certificate.
    let hasIdentity: Bool
    /// `TLSv1.2 to TLSv1.3`.
    let versions: String
    /// Whom this side trusts, for messages: `the 2 CAs in /etc/kafka/ca.pem`.
    let trust: String

    init(_ settings: TLSSettings, _ role: TLSContext.Role) throws(TLSError) {
        let trusted = try TLSMaterialReader.trusted(settings.trust)
        var identity: TLSMaterialReader.Identity?
        if let wanted = settings.identity { identity = try TLSMaterialReader.identity(wanted) }
        if case .server = role, identity == nil {
            throw TLSError(.badParameters, "A TLS server needs a certificate and its key")
        }
        let suites = try CipherSuites(settings)
        OpenSSLErrors.clear()
        let method = role == .client ? TLS_client_method() : TLS_server_method()
        guard let context = SSL_CTX_new(method) else {
            throw TLSError(.badParameters, "OpenSSL cannot be used: \(OpenSSLErrors.take().text)")
        }
        do throws(TLSError) {
            try Self.configure(context, role, suites)
            try Self.install(trusted, role, in: context)
            if let identity { try Self.install(identity, in: context) }
        } catch {
            SSL_CTX_free(context)
            throw error
        }
        pointer = context
        self.role = role
        verifiesHostName = settings.verifiesHostName
        hasIdentity = identity != nil
        let range = [suites.minimum.name, suites.maximum.name]
        versions = range[0] == range[1] ? range[0] : range.joined(separator: " to ")
        trust = Self.describe(settings.trust, trusted?.count ?? 0)
    }

    deinit { SSL_CTX_free(pointer) }

    private static func configure(
        _ context: OpaquePointer, _ role: TLSContext.Role, _ suites: CipherSuites
    ) throws(TLSError) {
        SSL_CTX_set_options(context, copenssl_no_renegotiation | copenssl_ignore_unexpected_eof)
        // The buffer moves between two tries to write, and a record that fits is progress.
        SSL_CTX_ctrl(
            context, SSL_CTRL_MODE,
            Int(SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS), nil)
        SSL_CTX_ctrl(context, SSL_CTRL_SET_READ_AHEAD, 1, nil)
        // No resumption: a connection lives as long as the run, and a session would outlive a change of certificates.
        SSL_CTX_ctrl(context, SSL_CTRL_SET_SESS_CACHE_MODE, Int(SSL_SESS_CACHE_OFF), nil)
        if role != .client {
            SSL_CTX_set_options(context, copenssl_no_ticket)
            SSL_CTX_set_num_tickets(context, 0)
        }
        try suites.apply(to: context)
        let mode: CInt =
            switch role {
            case .client, .server(.requested): SSL_VERIFY_PEER
            case .server(.required): SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT
            case .server(.none): SSL_VERIFY_NONE
            }
        SSL_CTX_set_verify(context, mode, TLSWire.verified)
    }

    private static func install(
        _ trusted: [Certificate]?, _ role: TLSContext.Role, in context: OpaquePointer
    ) throws(TLSError) {
        guard let trusted else {
            // Nothing to trust is no error here: the certificate that nobody vouches for will be.
            if role != .server(.none) { loadPlatformCertificates(into: context) }
            return
        }
        guard let store = SSL_CTX_get_cert_store(context) else { return }
        for certificate in trusted {
            guard X509_STORE_add_cert(store, certificate.pointer) == 1 else {
                throw TLSError(
                    .badCertificates,
                    "The certificate of \(certificate.subject) cannot be trusted: \(OpenSSLErrors.take().text)")
            }
            // Java clients choose their certificate by the CAs that the server names.
            if role != .client { SSL_CTX_add_client_CA(context, certificate.pointer) }
        }
        // A trusted certificate ends the chain, self-signed or not, as in Java.
        X509_STORE_set_flags(store, UInt(X509_V_FLAG_PARTIAL_CHAIN))
        OpenSSLErrors.clear()
    }

    private static func loadPlatformCertificates(into context: OpaquePointer) {
        SSL_CTX_set_default_verify_paths(context)
        let places = [X509_get_default_cert_file(), X509_get_default_cert_dir()]
        let variables = [X509_get_default_cert_file_env(), X509_get_default_cert_dir_env()]
        let isSet = variables.contains { $0.map { getenv($0) != nil } ?? false }
        let isThere = places.contains { $0.map { access($0, R_OK) == 0 } ?? false }
        if !isSet, !isThere, let bundle = platformBundles.first(where: { access($0, R_OK) == 0 }) {
            SSL_CTX_load_verify_locations(context, bundle, nil)
        }
        OpenSSLErrors.clear()
    }

    private static func install(
        _ identity: TLSMaterialReader.Identity, in context: OpaquePointer
    ) throws(TLSError) {
        OpenSSLErrors.clear()
        guard let own = identity.chain.first, SSL_CTX_use_certificate(context, own.pointer) == 1,
            SSL_CTX_use_PrivateKey(context, identity.key.pointer) == 1
        else {
            throw TLSError(
                .badKey, "The certificate and its key cannot be used: \(OpenSSLErrors.take().text)")
        }
        for certificate in identity.chain.dropFirst() {
            // With 1 the context takes a reference of its own.
            SSL_CTX_ctrl(context, SSL_CTRL_CHAIN_CERT, 1, UnsafeMutableRawPointer(certificate.pointer))
        }
    }

    private static func describe(_ trust: TLSSettings.Trust, _ count: Int) -> String {
        switch trust {
        case .platform: "the CAs of this system"
        case .pem(let material), .store(let material, _):
            count == 1 ? "the one certificate in \(material.name)" : "the \(count) certificates in \(material.name)"
        }
    }
}
