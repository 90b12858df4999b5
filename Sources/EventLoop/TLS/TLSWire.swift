internal import COpenSSL
import Glibc

/// What OpenSSL's callbacks see and leave behind on one connection: its descriptor, and what is told of a failure.
///
/// The BIO is ours because OpenSSL's own writes without `MSG_NOSIGNAL` and keeps neither errno nor the first bytes.
final class TLSWire {
    /// First bytes of the peer that are kept, to name what is no TLS.
    private static let sampleLimit = 32

    /// A certificate that was refused.
    struct Refusal {
        let code: CInt
        /// 0: the peer's own; above: an issuer's.
        let depth: CInt
        let certificate: Certificate?
    }

    let descriptor: CInt
    /// The errno of a system call that failed for good, or 0.
    private(set) var code: CInt = 0
    /// The peer sends no more.
    private(set) var hasEnded = false
    private(set) var sample: [UInt8] = []
    /// The server has asked for a certificate.
    private(set) var isAskedForCertificate = false
    private(set) var refusal: Refusal?

    init(descriptor: CInt) { self.descriptor = descriptor }

    // MARK: Callbacks; `self` is kept alive by the transport that owns the SSL

    /// Makes `ssl` use this wire.
    func attach(to ssl: OpaquePointer) -> Bool {
        guard let method = Self.method, let bio = BIO_new(method) else { return false }
        let context = Unmanaged.passUnretained(self).toOpaque()
        BIO_set_data(bio, context)
        BIO_set_init(bio, 1)
        // One reference for both directions, which goes over to the SSL.
        SSL_set_bio(ssl, bio, bio)
        // Index 0 is the application's.
        SSL_set_ex_data(ssl, 0, context)
        SSL_set_cert_cb(
            ssl,
            { _, context in
                if let context {
                    Unmanaged<TLSWire>.fromOpaque(context).takeUnretainedValue().isAskedForCertificate = true
                }
                return 1
            }, context)
        return true
    }

    /// Notes why a certificate is refused; decides nothing itself.
    static let verified: @convention(c) (CInt, OpaquePointer?) -> CInt = { isFine, store in
        guard isFine == 0, let store,
            let ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()),
            let context = SSL_get_ex_data(OpaquePointer(ssl), 0)
        else { return isFine }
        let wire = Unmanaged<TLSWire>.fromOpaque(context).takeUnretainedValue()
        if wire.refusal == nil {
            wire.refusal = Refusal(
                code: X509_STORE_CTX_get_error(store), depth: X509_STORE_CTX_get_error_depth(store),
                certificate: X509_STORE_CTX_get_current_cert(store).map { Certificate(sharing: $0) })
        }
        return isFine
    }

    /// Process-wide and never freed, as OpenSSL's own methods are.
    private nonisolated(unsafe) static let method: OpaquePointer? = {
        guard let method = BIO_meth_new(BIO_get_new_index() | CInt(BIO_TYPE_SOURCE_SINK), "opsrun") else { return nil }
        BIO_meth_set_write(method) { bio, bytes, count in
            guard let bio, let bytes, count > 0, let wire = TLSWire.of(bio) else { return -1 }
            return wire.write(bio, bytes, Int(count))
        }
        BIO_meth_set_read(method) { bio, bytes, count in
            guard let bio, let bytes, count > 0, let wire = TLSWire.of(bio) else { return -1 }
            return wire.read(bio, bytes, Int(count))
        }
        BIO_meth_set_ctrl(method) { _, command, _, _ in command == BIO_CTRL_FLUSH ? 1 : 0 }
        return method
    }()

    private static func of(_ bio: OpaquePointer) -> TLSWire? {
        BIO_get_data(bio).map { Unmanaged<TLSWire>.fromOpaque($0).takeUnretainedValue() }
    }

    private func write(_ bio: OpaquePointer, _ bytes: UnsafePointer<CChar>, _ count: Int) -> CInt {
        BIO_clear_flags(bio, copenssl_retry_flags)
        var sent = 0
        repeat { sent = Glibc.send(descriptor, bytes, count, CInt(MSG_NOSIGNAL)) } while sent < 0 && errno == EINTR
        if sent >= 0 { return CInt(truncatingIfNeeded: sent) }
        if errno == EAGAIN || errno == EWOULDBLOCK { BIO_set_flags(bio, copenssl_retry_write) } else { code = errno }
        return -1
    }

    private func read(_ bio: OpaquePointer, _ bytes: UnsafeMutablePointer<CChar>, _ count: Int) -> CInt {
        BIO_clear_flags(bio, copenssl_retry_flags)
        var received = 0
        repeat { received = recv(descriptor, bytes, count, 0) } while received < 0 && errno == EINTR
        if received < 0 {
            if errno == EAGAIN || errno == EWOULDBLOCK { BIO_set_flags(bio, copenssl_retry_read) } else { code = errno }
            return -1
        }
        if received == 0 {
            hasEnded = true
        } else if sample.count < Self.sampleLimit {
            let kept = min(received, Self.sampleLimit - sample.count)
            sample += UnsafeRawBufferPointer(start: bytes, count: kept)
        }
        return CInt(truncatingIfNeeded: received)
    }
}
