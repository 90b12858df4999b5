internal import COpenSSL
import Glibc

extension TLSSettings {
    /// Reads what the settings name and keeps nothing of it: throws what a connection would. Blocks.
    package func readMaterial() throws(TLSError) {
        _ = try TLSMaterialReader.trusted(trust)
        if let identity { _ = try TLSMaterialReader.identity(identity) }
    }
}

/// Reads certificates and keys for a context. Blocks (files, key derivation).
enum TLSMaterialReader {
    /// Bytes of a file; the CA bundle of a distribution has about 250 kB.
    static let fileLimit = 16 << 20
    /// Certificates of one store.
    static let certificateLimit = 10_000

    /// A key with its certificates: its own first, then each one's issuer as far as they are there.
    struct Identity {
        let key: PrivateKey
        let chain: [Certificate]
    }

    static func trusted(_ trust: TLSSettings.Trust) throws(TLSError) -> [Certificate]? {
        switch trust {
        case .platform: return nil
        case .pem(let material): return try certificates(material)
        case .store(let material, let password):
            let store = try store(material, password)
            guard !store.certificates.isEmpty else {
                throw TLSError(.badCertificates, "\(material.name) contains no certificate")
            }
            return store.certificates
        }
    }

    static func identity(_ identity: TLSSettings.Identity) throws(TLSError) -> Identity {
        switch identity {
        case .pem(let certificates, let key, let password):
            return try matched(
                try privateKey(key, password), try self.certificates(certificates), key: key.name,
                certificates: certificates.name)
        case .store(let material, let password):
            let store = try store(material, password)
            guard let key = store.key else { throw TLSError(.badKey, "\(material.name) contains no private key") }
            return try matched(key, store.certificates, key: material.name, certificates: material.name)
        }
    }

    // MARK: PEM

    private static func certificates(_ material: TLSMaterial) throws(TLSError) -> [Certificate] {
        let bytes = try content(of: material)
        try refuseJavaStore(bytes, material)
        let blocks = PEMText(bytes).certificates
        guard !blocks.isEmpty else {
            let hint = bytes.first == 0x30 ? ": it looks like DER or PKCS#12" : ""
            throw TLSError(.badCertificates, "\(material.name) contains no PEM certificate\(hint)")
        }
        var found: [Certificate] = []
        for (index, block) in blocks.prefix(certificateLimit).enumerated() {
            guard let certificate = Certificate(pem: block.bytes) else {
                throw TLSError(
                    .badCertificates,
                    "Certificate \(index + 1) of \(blocks.count) in \(material.name) cannot be read: "
                        + OpenSSLErrors.take().text)
            }
            found.append(certificate)
        }
        return found
    }

    private static func privateKey(_ material: TLSMaterial, _ password: TLSSecret?) throws(TLSError) -> PrivateKey {
        let bytes = try content(of: material)
        try refuseJavaStore(bytes, material)
        let blocks = PEMText(bytes).keys
        guard blocks.count == 1, let block = blocks.first else {
            throw TLSError(
                .badKey,
                blocks.isEmpty
                    ? "\(material.name) contains no PEM private key"
                    : "\(material.name) contains \(blocks.count) private keys, and one is wanted")
        }
        let isEncrypted = block.label == "ENCRYPTED PRIVATE KEY" || block.hasHeaders
        let secret = password?.reveal() ?? []
        if isEncrypted && secret.isEmpty {
            throw TLSError(
                .keyPasswordMissing, "The private key in \(material.name) is encrypted, and no password is set")
        }
        OpenSSLErrors.clear()
        // With the callback OpenSSL never asks at the terminal.
        let pointer = withMemoryBIO(block.bytes) { bio in
            withUnsafePointer(to: secret) { secret in
                PEM_read_bio_PrivateKey(
                    bio, nil,
                    { buffer, size, _, context in
                        guard let buffer, let context else { return -1 }
                        let secret = context.assumingMemoryBound(to: [UInt8].self).pointee
                        guard secret.count <= Int(size) else { return -1 }
                        UnsafeMutableRawPointer(buffer).copyMemory(from: secret, byteCount: secret.count)
                        return CInt(secret.count)
                    }, UnsafeMutableRawPointer(mutating: secret))
            }
        }
        if let pointer { return PrivateKey(owning: pointer) }
        let errors = OpenSSLErrors.take()
        guard isEncrypted else {
            throw TLSError(.badKey, "The private key in \(material.name) cannot be read: \(errors.text)")
        }
        throw TLSError(
            .wrongKeyPassword, "The password that is set does not open the private key in \(material.name)")
    }

    // MARK: PKCS#12

    private struct Store {
        var key: PrivateKey?
        var certificates: [Certificate]
    }

    private static func store(_ material: TLSMaterial, _ password: TLSSecret?) throws(TLSError) -> Store {
        let bytes = try content(of: material)
        try refuseJavaStore(bytes, material)
        OpenSSLErrors.clear()
        guard let parsed = withMemoryBIO(bytes, { d2i_PKCS12_bio($0, nil) }) else {
            OpenSSLErrors.clear()
            let hint = PEMText(bytes).blocks.isEmpty ? "" : ": it is PEM"
            throw TLSError(.badStore, "\(material.name) is no PKCS#12 store\(hint)")
        }
        defer { PKCS12_free(parsed) }
        var key: OpaquePointer?
        var own: OpaquePointer?
        var others: OpaquePointer?
        let secret = password.map { $0.reveal().map { CChar(bitPattern: $0) } + [0] }
        let isRead =
            secret.map { PKCS12_parse(parsed, $0, &key, &own, &others) }
            ?? PKCS12_parse(parsed, nil, &key, &own, &others)
        guard isRead == 1 else {
            let errors = OpenSSLErrors.take()
            if errors.contains(PKCS12_R_MAC_VERIFY_FAILURE) {
                throw TLSError(
                    .wrongStorePassword,
                    password == nil
                        ? "\(material.name) has a password, and none is set"
                        : "The password that is set does not open \(material.name)")
            }
            throw TLSError(
                .badStore,
                "\(material.name) cannot be read: \(errors.text); stores of old tools use algorithms that OpenSSL 3 has "
                    + "given up, write it anew with a current keytool or openssl")
        }
        var store = Store(key: key.map { PrivateKey(owning: $0) }, certificates: [])
        if let own { store.certificates.append(Certificate(owning: own)) }
        if let others {
            for index in 0..<max(0, OPENSSL_sk_num(others)) {
                guard let raw = OPENSSL_sk_value(others, index) else { continue }
                store.certificates.append(Certificate(owning: OpaquePointer(raw)))
            }
            OPENSSL_sk_free(others)
        }
        return store
    }

    // MARK: Both

    /// The certificate of the key, then its issuers, whatever the order was.
    private static func matched(
        _ key: PrivateKey, _ certificates: [Certificate], key keyName: String, certificates name: String
    ) throws(TLSError) -> Identity {
        guard !certificates.isEmpty else { throw TLSError(.badCertificates, "\(name) contains no certificate") }
        guard let own = certificates.firstIndex(where: { $0.belongs(to: key) }) else {
            let found = "the certificate in \(name) (\(certificates[0].subject))"
            throw TLSError(
                .keyMismatch,
                keyName == name
                    ? "The private key in \(name) does not belong to the certificate there (\(certificates[0].subject))"
                    : "The private key in \(keyName) does not belong to \(found)")
        }
        var rest = certificates
        var chain = [rest.remove(at: own)]
        while let last = chain.last, let next = rest.firstIndex(where: { last.isSigned(by: $0) }) {
            chain.append(rest.remove(at: next))
        }
        OpenSSLErrors.clear()
        return Identity(key: key, chain: chain)
    }

    private static func content(of material: TLSMaterial) throws(TLSError) -> [UInt8] {
        switch material {
        case .inline(let secret, _): return secret.reveal()
        case .file(let path):
            do throws(SystemError) {
                return try Files.read(path, limit: fileLimit)
            } catch {
                throw TLSError(.unreadableFile, "\(path) cannot be read: \(error.reason)")
            }
        }
    }

    /// Java's own formats begin with FEEDFEED (JKS) and CECECECE (JCEKS).
    private static func refuseJavaStore(_ bytes: [UInt8], _ material: TLSMaterial) throws(TLSError) {
        let magic = Array(bytes.prefix(4))
        guard magic == [0xFE, 0xED, 0xFE, 0xED] || magic == [0xCE, 0xCE, 0xCE, 0xCE] else { return }
        let format = magic[0] == 0xFE ? "JKS" : "JCEKS"
        let path = material.name
        throw TLSError(
            .javaStore,
            "\(path) is a \(format) store, which only Java can read; convert it: keytool -importkeystore "
                + "-srckeystore \(path) -destkeystore \(path).p12 -deststoretype PKCS12")
    }
}
