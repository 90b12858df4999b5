internal import COpenSSL
import Glibc

/// TLS over one descriptor. Used on the loop by one socket only, hence not Sendable.
final class TLSTransport: Transport {
    private let ssl: OpaquePointer
    private let wire: TLSWire
    private let machinery: TLSMachinery
    private let peer: String
    private let host: String?
    private var isEstablished = false
    private var hasReceivedData = false
    /// How reading ended, once it has: OpenSSL is not asked again after a failure.
    private var end: TransportResult?
    /// Reading waits until the descriptor takes bytes, or writing until there are some.
    private(set) var wantsOtherDirection = false

    /// `host`: whom a client dialed; IP addresses are compared with those in the certificate and not sent to the server.
    init(_ machinery: TLSMachinery, descriptor: CInt, peer: String, host: String?) throws(TLSError) {
        OpenSSLErrors.clear()
        guard let ssl = SSL_new(machinery.pointer) else {
            throw TLSError(.badParameters, "OpenSSL makes no connection: \(OpenSSLErrors.take().text)")
        }
        self.ssl = ssl
        self.machinery = machinery
        self.peer = peer
        wire = TLSWire(descriptor: descriptor)
        self.host = host.map(Self.comparable)
        guard wire.attach(to: ssl) else {
            throw TLSError(.badParameters, "OpenSSL makes no connection: \(OpenSSLErrors.take().text)")
        }
        guard machinery.role == .client else {
            SSL_set_accept_state(ssl)
            return
        }
        SSL_set_connect_state(ssl)
        // OpenSSL takes an empty name for "any", and one with a dot in front for every name below.
        guard let host = self.host, !host.isEmpty, !host.hasPrefix("."), !host.utf8.contains(0) else {
            guard machinery.verifiesHostName else { return }
            throw TLSError(
                .badParameters,
                "The certificate of \(peer) cannot be compared with a host name: none is known")
        }
        let isAddress = Self.isAddress(host)
        if !isAddress {
            // A name that cannot be sent cannot be verified either.
            _ = host.withCString {
                SSL_ctrl(
                    ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, Int(TLSEXT_NAMETYPE_host_name),
                    UnsafeMutableRawPointer(mutating: $0))
            }
        }
        guard machinery.verifiesHostName else { return }
        SSL_set_hostflags(ssl, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
        let isSet =
            isAddress ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) : SSL_set1_host(ssl, host)
        guard isSet == 1 else {
            throw TLSError(.badParameters, "\(host) is no host name that a certificate can be made out to")
        }
    }

    deinit { SSL_free(ssl) }

    /// One step of the handshake: `moved` when it is done.
    func handshake() -> TransportResult {
        OpenSSLErrors.clear()
        wantsOtherDirection = false
        let result = SSL_do_handshake(ssl)
        guard result == 1 else { return outcome(result) }
        isEstablished = true
        return .moved(0)
    }

    func receive(into buffer: inout [UInt8], atMost limit: Int) -> TransportResult {
        if let end { return end }
        wantsOtherDirection = false
        var moved = 0
        var stop: TransportResult?
        buffer.append(addingCapacity: limit) { span in
            span.withUnsafeMutableBufferPointer { free, count in
                guard let base = free.baseAddress else { return }
                // One record at a time comes out: a short read does not mean that nothing is left.
                while moved < limit, count < free.count {
                    var taken = 0
                    OpenSSLErrors.clear()
                    let result = SSL_read_ex(ssl, base + count, min(limit - moved, free.count - count), &taken)
                    guard result == 1 else {
                        stop = outcome(result)
                        return
                    }
                    count += taken
                    moved += taken
                }
            }
        }
        switch stop {
        case .ended, .failed, .refused: end = stop
        case .moved, .wouldBlock, nil: break
        }
        if moved > 0 {
            hasReceivedData = true
            return .moved(moved)
        }
        return stop ?? .wouldBlock
    }

    func send(_ bytes: UnsafeRawBufferPointer) -> TransportResult {
        if let end, !end.isEnd { return end }
        OpenSSLErrors.clear()
        wantsOtherDirection = false
        var taken = 0
        let result = SSL_write_ex(ssl, bytes.baseAddress, bytes.count, &taken)
        if result == 1 { return .moved(taken) }
        let outcome = outcome(result, isWriting: true)
        guard case .failed = outcome else { return outcome }
        // The peer may have said why before it closed.
        var byte: UInt8 = 0
        OpenSSLErrors.clear()
        let read = SSL_peek_ex(ssl, &byte, 1, &taken)
        if read != 1, case .refused(let error) = self.outcome(read) { return .refused(error) }
        return outcome
    }

    func endSending() {
        guard isEstablished else { return }
        OpenSSLErrors.clear()
        SSL_shutdown(ssl)
        OpenSSLErrors.clear()
    }

    var session: TLSSession? {
        guard isEstablished else { return nil }
        let certificate = SSL_get1_peer_certificate(ssl).map { Certificate(owning: $0) }
        return TLSSession(
            version: String(cString: SSL_get_version(ssl)),
            cipherSuite: SSL_CIPHER_standard_name(SSL_get_current_cipher(ssl)).map { String(cString: $0) } ?? "",
            peerSubject: certificate?.subject, peerNames: certificate?.names)
    }

    // MARK: Failures

    private func outcome(_ result: CInt, isWriting: Bool = false) -> TransportResult {
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ:
            wantsOtherDirection = isWriting
            return .wouldBlock
        case SSL_ERROR_WANT_WRITE:
            wantsOtherDirection = !isWriting
            return .wouldBlock
        case SSL_ERROR_SSL:
            let errors = OpenSSLErrors.take()
            // A stream that ends in the handshake is an error of its own, but not one that says what happened.
            if !errors.contains(SSL_R_UNEXPECTED_EOF_WHILE_READING) { return .refused(reader.error(errors)) }
        default: break
        }
        if !isEstablished { return .refused(reader.closedInHandshake) }
        if wire.isAskedForCertificate, !machinery.hasIdentity, !hasReceivedData {
            return .refused(reader.closedAfterHandshake)
        }
        return wire.code == 0 ? .ended : .failed(wire.code)
    }

    private var reader: TLSFailureReader {
        TLSFailureReader(
            wire: wire, machinery: machinery, peer: peer, host: host, isEstablished: isEstablished)
    }

    /// Without the dot of an absolute name, which no certificate has, and without the zone of a link-local address.
    private static func comparable(_ host: String) -> String {
        var host = Substring(host)
        if host.hasSuffix(".") { host = host.dropLast() }
        if host.contains(":"), let zone = host.firstIndex(of: "%") { host = host[..<zone] }
        return String(host)
    }

    private static func isAddress(_ host: String) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 16)
        return inet_pton(AF_INET, host, &buffer) == 1 || inet_pton(AF_INET6, host, &buffer) == 1
    }
}

/// What a handshake has agreed on.
package struct TLSSession: Sendable, Hashable {
    /// `TLSv1.3`.
    package let version: String
    /// By its IANA name.
    package let cipherSuite: String
    /// `CN=client,O=Example`, nil without a certificate: what Kafka makes a principal of.
    package let peerSubject: String?
    /// `DNS:broker-1, IP Address:10.0.0.1`.
    package let peerNames: String?
}
