import COpenSSL
import Glibc

/// A certificate with its key, made when a test asks for it: fixtures would expire.
package struct TestCertificate: Sendable {
    /// `CN=` of the subject.
    package let name: String
    package let pem: String
    /// PKCS#8.
    package let keyPEM: String

    package struct Failure: Error, CustomStringConvertible {
        package let description: String

        package init(_ description: String) { self.description = description }
    }

    /// A CA that signs itself.
    package static func authority(_ name: String) throws -> TestCertificate {
        try make(name, issuer: nil, isAuthority: true, names: [], validFrom: -3600, to: 86_400)
    }

    /// A certificate signed by `issuer` (nil: by itself) for `names` such as `DNS:localhost` and `IP:127.0.0.1`. Times are
    /// in seconds from now.
    package static func make(
        _ name: String, issuer: TestCertificate?, isAuthority: Bool = false, names: [String] = ["IP:127.0.0.1"],
        validFrom: Int = -3600, to end: Int = 86_400
    ) throws -> TestCertificate {
        let key = try newKey()
        defer { EVP_PKEY_free(key) }
        let certificate = try check(X509_new(), "X509_new")
        defer { X509_free(certificate) }
        X509_set_version(certificate, 2)
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), Int.random(in: 1..<Int(Int32.max)))
        X509_gmtime_adj(X509_getm_notBefore(certificate), validFrom)
        X509_gmtime_adj(X509_getm_notAfter(certificate), end)
        X509_set_pubkey(certificate, key)
        let subject = X509_get_subject_name(certificate)
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, Array(name.utf8), CInt(name.utf8.count), -1, 0)
        var issuerPointer = certificate
        var issuerKey = key
        if let issuer {
            issuerPointer = try issuer.parsed()
            issuerKey = try issuer.parsedKey()
        }
        defer {
            if issuer != nil {
                X509_free(issuerPointer)
                EVP_PKEY_free(issuerKey)
            }
        }
        X509_set_issuer_name(certificate, X509_get_subject_name(issuerPointer))
        try add(NID_basic_constraints, isAuthority ? "critical,CA:TRUE" : "critical,CA:FALSE", to: certificate)
        if !names.isEmpty { try add(NID_subject_alt_name, names.joined(separator: ","), to: certificate) }
        guard X509_sign(certificate, issuerKey, EVP_sha256()) > 0 else { throw Failure("X509_sign") }
        return TestCertificate(
            name: name, pem: try text { PEM_write_bio_X509($0, certificate) },
            keyPEM: try text { PEM_write_bio_PKCS8PrivateKey($0, key, nil, nil, 0, nil, nil) })
    }

    /// The key, encrypted as `openssl pkcs8 -topk8` does it.
    package func encryptedKeyPEM(_ password: String) throws -> String {
        let key = try parsedKey()
        defer { EVP_PKEY_free(key) }
        return try Self.text { bio in
            password.withCString {
                PEM_write_bio_PKCS8PrivateKey(
                    bio, key, EVP_aes_256_cbc(), $0, CInt(password.utf8.count), nil, nil)
            }
        }
    }

    /// A PKCS#12 store with key, certificate and `chain`.
    package func keyStore(_ password: String, chain: [TestCertificate] = []) throws -> [UInt8] {
        let (key, certificate) = (try parsedKey(), try parsed())
        defer {
            EVP_PKEY_free(key)
            X509_free(certificate)
        }
        return try Self.store(password, key: key, certificate: certificate, others: chain)
    }

    /// A PKCS#12 store with certificates alone.
    package static func trustStore(_ certificates: [TestCertificate], _ password: String) throws -> [UInt8] {
        try store(password, key: nil, certificate: nil, others: certificates)
    }

    // MARK: OpenSSL

    private static func store(
        _ password: String, key: OpaquePointer?, certificate: OpaquePointer?, others: [TestCertificate]
    ) throws -> [UInt8] {
        let stack = OPENSSL_sk_new_null()
        var pointers: [OpaquePointer] = []
        defer {
            OPENSSL_sk_free(stack)
            pointers.forEach { X509_free($0) }
        }
        for other in others {
            let pointer = try other.parsed()
            pointers.append(pointer)
            OPENSSL_sk_push(stack, UnsafeRawPointer(pointer))
        }
        let made = try check(
            PKCS12_create(password, "opsrun", key, certificate, stack, 0, 0, 0, 0, 0), "PKCS12_create")
        defer { PKCS12_free(made) }
        return try bytes { i2d_PKCS12_bio($0, made) }
    }

    private static func newKey() throws -> OpaquePointer {
        let context = try check(EVP_PKEY_CTX_new_id(EVP_PKEY_EC, nil), "EVP_PKEY_CTX_new_id")
        defer { EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        guard EVP_PKEY_keygen_init(context) == 1,
            EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, NID_X9_62_prime256v1) == 1,
            EVP_PKEY_keygen(context, &key) == 1, let key
        else { throw Failure("EVP_PKEY_keygen") }
        return key
    }

    private static func add(_ nid: CInt, _ value: String, to certificate: OpaquePointer) throws {
        let made = try check(X509V3_EXT_conf_nid(nil, nil, nid, value), "X509V3_EXT_conf_nid \(value)")
        X509_add_ext(certificate, made, -1)
        X509_EXTENSION_free(made)
    }

    private func parsed() throws -> OpaquePointer {
        try Self.read(pem) { PEM_read_bio_X509($0, nil, nil, nil) }
    }

    private func parsedKey() throws -> OpaquePointer {
        try Self.read(keyPEM) { PEM_read_bio_PrivateKey($0, nil, nil, nil) }
    }

    private static func read(_ text: String, _ body: (OpaquePointer) -> OpaquePointer?) throws -> OpaquePointer {
        let utf8 = Array(text.utf8)
        let bio = try check(BIO_new_mem_buf(utf8, CInt(utf8.count)), "BIO_new_mem_buf")
        defer { BIO_free(bio) }
        return try check(body(bio), "PEM_read_bio")
    }

    private static func text(_ body: (OpaquePointer) -> CInt) throws -> String {
        String(decoding: try bytes(body), as: UTF8.self)
    }

    private static func bytes(_ body: (OpaquePointer) -> CInt) throws -> [UInt8] {
        let bio = try check(BIO_new(BIO_s_mem()), "BIO_new")
        defer { BIO_free(bio) }
        guard body(bio) == 1 else { throw Failure("writing into a BIO") }
        var bytes = [UInt8](repeating: 0, count: BIO_ctrl_pending(bio))
        guard BIO_read(bio, &bytes, CInt(bytes.count)) == bytes.count else { throw Failure("BIO_read") }
        return bytes
    }

    private static func check(_ pointer: OpaquePointer?, _ what: String) throws -> OpaquePointer {
        guard let pointer else {
            let reason = ERR_reason_error_string(ERR_get_error()).map { String(cString: $0) } ?? ""
            throw Failure("\(what): \(reason)")
        }
        return pointer
    }
}
