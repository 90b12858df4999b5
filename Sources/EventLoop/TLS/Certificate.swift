internal import COpenSSL
import Glibc

/// One X.509 certificate.
final class Certificate {
    /// Characters of a list of names that are shown.
    private static let nameLimit = 300

    let pointer: OpaquePointer

    /// Takes over the reference.
    init(owning pointer: OpaquePointer) { self.pointer = pointer }

    /// Shares it.
    init(sharing pointer: OpaquePointer) {
        X509_up_ref(pointer)
        self.pointer = pointer
    }

    deinit { X509_free(pointer) }

    /// One certificate of PEM; nil when it cannot be read.
    convenience init?(pem: [UInt8]) {
        OpenSSLErrors.clear()
        let found = withMemoryBIO(pem) { PEM_read_bio_X509_AUX($0, nil, { _, _, _, _ in 0 }, nil) }
        guard let found else { return nil }
        self.init(owning: found)
    }

    /// `CN=broker-1,O=Example`, the most specific part first.
    var subject: String { Self.text(X509_get_subject_name(pointer)) }
    var issuer: String { Self.text(X509_get_issuer_name(pointer)) }

    /// `2027-01-31 12:00:00 UTC`.
    var notAfter: String { Self.text(X509_get0_notAfter(pointer)) }
    var notBefore: String { Self.text(X509_get0_notBefore(pointer)) }

    /// The names that it is made out to: `DNS:broker-1, IP Address:10.0.0.1`, or the subject where it has none.
    var names: String {
        let index = X509_get_ext_by_NID(pointer, NID_subject_alt_name, -1)
        guard index >= 0, let extensionPointer = X509_get_ext(pointer, index) else { return subject }
        let text = textOfBIO { X509V3_EXT_print($0, extensionPointer, 0, 0) == 1 }
        guard let text, !text.isEmpty else { return subject }
        return text.count > Self.nameLimit ? "\(text.prefix(Self.nameLimit))…" : text
    }

    func isSigned(by issuer: Certificate) -> Bool {
        X509_check_issued(issuer.pointer, pointer) == X509_V_OK
    }

    func belongs(to key: PrivateKey) -> Bool {
        OpenSSLErrors.clear()
        defer { OpenSSLErrors.clear() }
        return X509_check_private_key(pointer, key.pointer) == 1
    }

    private static func text(_ name: OpaquePointer?) -> String {
        guard let name else { return "nobody" }
        let text = textOfBIO { X509_NAME_print_ex($0, name, 0, copenssl_name_flags) >= 0 } ?? ""
        if text.isEmpty { return "nobody" }
        return text.count > nameLimit ? "\(text.prefix(nameLimit))…" : text
    }

    private static func text(_ time: UnsafePointer<ASN1_TIME>?) -> String {
        var parts = tm()
        guard let time, ASN1_TIME_to_tm(time, &parts) == 1 else { return "an unreadable time" }
        func two(_ number: CInt) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let (year, month) = (Int(parts.tm_year) + 1900, parts.tm_mon + 1)
        return "\(year)-\(two(month))-\(two(parts.tm_mday)) "
            + "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) UTC"
    }
}

/// A private key.
final class PrivateKey {
    let pointer: OpaquePointer
    init(owning pointer: OpaquePointer) { self.pointer = pointer }
    deinit { EVP_PKEY_free(pointer) }
}

/// Runs `body` with a BIO that reads `bytes`.
func withMemoryBIO<Result>(_ bytes: [UInt8], _ body: (OpaquePointer) -> Result?) -> Result? {
    guard let count = CInt(exactly: bytes.count) else { return nil }
    return bytes.withUnsafeBytes { raw in
        guard let bio = BIO_new_mem_buf(raw.baseAddress, count) else { return nil }
        defer { BIO_free(bio) }
        return body(bio)
    }
}

/// What `body` prints into a BIO, without line breaks; nil when it says that it failed.
private func textOfBIO(_ body: (OpaquePointer) -> Bool) -> String? {
    guard let bio = BIO_new(BIO_s_mem()) else { return nil }
    defer { BIO_free(bio) }
    guard body(bio) else { return nil }
    var bytes = [UInt8](repeating: 0, count: min(BIO_ctrl_pending(bio), 64 * 1024))
    let count = BIO_read(bio, &bytes, CInt(bytes.count))
    guard count > 0 else { return "" }
    return String(decoding: bytes.prefix(Int(count)).map { $0 < 0x20 || $0 == 0x7F ? 0x20 : $0 }, as: UTF8.self)
}
