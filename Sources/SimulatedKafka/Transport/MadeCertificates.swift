internal import COpenSSL
package import EventLoop

/// Certificates for the embedded cluster's listeners, made when it starts: an authority, what it signed for the brokers, and
/// what it signed for a client. They are good for a day, for this machine's loopback names.
package struct MadeCertificates: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// The authority's certificate, which clients have to trust.
    package let authority: String
    /// What brokers show, with its key (PKCS#8).
    package let broker: String
    /// What a client may show, with its key: made out to `CN=client`.
    package let client: String

    package static let clientName = "client"
    private static let lifetime = 86_400
    private static let names = "DNS:localhost,IP:127.0.0.1,IP:0:0:0:0:0:0:0:1"

    package init() throws(Failure) {
        let authority = try Pair("opsrun simulate", issuer: nil, names: nil, serial: 1)
        self.authority = try authority.certificatePEM()
        broker = try Pair("localhost", issuer: authority, names: Self.names, serial: 2).pem()
        client = try Pair(Self.clientName, issuer: authority, names: nil, serial: 3).pem()
    }

    /// What a listener of the embedded cluster does with these.
    package func context(wantsClientCertificate: Bool) -> TLSContext {
        let material = TLSMaterial.inline(TLSSecret(broker), name: "the made certificate")
        return .server(
            TLSSettings(
                trust: .pem(.inline(TLSSecret(authority), name: "the made authority")),
                identity: .pem(certificates: material, key: material, keyPassword: nil)),
            clientCertificates: wantsClientCertificate ? .required : .none)
    }

    /// A key with its certificate.
    private final class Pair {
        let key: OpaquePointer
        let certificate: OpaquePointer

        init(_ name: String, issuer: Pair?, names: String?, serial: Int) throws(Failure) {
            guard let key = Self.newKey() else { throw Self.failure("a key") }
            guard let certificate = X509_new() else {
                EVP_PKEY_free(key)
                throw Self.failure("a certificate")
            }
            self.key = key
            self.certificate = certificate
            X509_set_version(certificate, 2)
            ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial)
            X509_gmtime_adj(X509_getm_notBefore(certificate), -3600)
            X509_gmtime_adj(X509_getm_notAfter(certificate), MadeCertificates.lifetime)
            let subject = X509_get_subject_name(certificate)
            X509_NAME_add_entry_by_txt(
                subject, "CN", MBSTRING_UTF8, Array(name.utf8), CInt(clamping: name.utf8.count), -1, 0)
            X509_set_issuer_name(certificate, X509_get_subject_name(issuer?.certificate ?? certificate))
            let isAdded =
                add(NID_basic_constraints, issuer == nil ? "critical,CA:TRUE" : "critical,CA:FALSE")
                && (names.map { add(NID_subject_alt_name, $0) } ?? true)
            guard X509_set_pubkey(certificate, key) == 1, isAdded,
                X509_sign(certificate, issuer?.key ?? key, EVP_sha256()) > 0
            else { throw Self.failure("a certificate") }
        }

        deinit {
            X509_free(certificate)
            EVP_PKEY_free(key)
        }

        private static func newKey() -> OpaquePointer? {
            guard let context = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, nil) else { return nil }
            defer { EVP_PKEY_CTX_free(context) }
            var key: OpaquePointer?
            guard EVP_PKEY_keygen_init(context) == 1,
                EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, NID_X9_62_prime256v1) == 1,
                EVP_PKEY_keygen(context, &key) == 1
            else { return nil }
            return key
        }

        private func add(_ nid: CInt, _ value: String) -> Bool {
            guard let made = X509V3_EXT_conf_nid(nil, nil, nid, value) else { return false }
            defer { X509_EXTENSION_free(made) }
            return X509_add_ext(certificate, made, -1) == 1
        }

        func certificatePEM() throws(Failure) -> String {
            try Self.text { PEM_write_bio_X509($0, self.certificate) }
        }

        func pem() throws(Failure) -> String {
            try certificatePEM() + Self.text { PEM_write_bio_PKCS8PrivateKey($0, self.key, nil, nil, 0, nil, nil) }
        }

        private static func text(_ body: (OpaquePointer) -> CInt) throws(Failure) -> String {
            guard let bio = BIO_new(BIO_s_mem()) else { throw failure("text") }
            defer { BIO_free(bio) }
            guard body(bio) == 1 else { throw failure("text") }
            var bytes = [UInt8](repeating: 0, count: BIO_ctrl_pending(bio))
            guard let size = CInt(exactly: bytes.count), BIO_read(bio, &bytes, size) == size else {
                throw failure("text")
            }
            return String(decoding: bytes, as: UTF8.self)
        }

        private static func failure(_ what: String) -> Failure {
            let reason = ERR_reason_error_string(ERR_get_error()).map { String(cString: $0) } ?? "no reason given"
            return Failure(description: "OpenSSL makes no \(what): \(reason)")
        }
    }
}
