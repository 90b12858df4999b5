/// The client's side of one SCRAM exchange (RFC 5802 as Kafka does it: no channel binding, no SASLprep), without I/O.
///
/// 1. client-first: user and our nonce. 2. server-first: the whole nonce, salt, iterations; all of them are checked, then
/// `SaltedPassword` is to be derived elsewhere. 3. client-final: our proof. 4. server-final: the server's signature,
/// compared in constant time, so that a broker which does not know the password is not believed.
struct ScramExchange: Sendable {
    /// Fewer iterations are refused: a server that asks for them may be trying to learn the password.
    static let fewestIterations: Int32 = 4096
    /// More are refused, so that a server cannot keep this process busy. Kafka's own credentials have 16384 at most.
    static let mostIterations: Int32 = 1_000_000
    /// Bytes of the longest message that is read.
    static let messageLimit = 16 * 1024

    enum Step: Sendable, Equatable {
        case send([UInt8])
        /// `derived` is to be called with the result.
        case derive(ScramDerivation)
        /// The server has proved that it knows the password.
        case accepted
        /// A sentence without a final dot.
        case refused(String)
    }

    private enum State: Sendable {
        case start
        case waitingForServerFirst
        case deriving(serverFirst: String, nonce: String)
        case waitingForServerFinal(serverSignature: [UInt8])
        case over
    }

    private let hash: ScramHash
    private let user: String
    private let password: [UInt8]
    private let isToken: Bool
    private let clientNonce: String
    private var state = State.start

    /// `isToken`: user and password are the id and the HMAC of a delegation token. `nonce`: printable ASCII without a comma.
    init(hash: ScramHash, user: String, password: String, isToken: Bool = false, nonce: String) {
        self.hash = hash
        self.user = user
        self.password = Array(password.utf8)
        self.isToken = isToken
        clientNonce = nonce
    }

    /// 130 random bits and more, in letters and digits.
    static func randomNonce() -> String {
        let alphabet = Array("abcdefghijklmnopqrstuvwxyz0123456789".utf8)
        var source = SystemRandomNumberGenerator()
        return String(
            decoding: (0..<26).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &source)] },
            as: UTF8.self)
    }

    static func saslName(_ name: String) -> String {
        var result = ""
        for scalar in name.unicodeScalars {
            switch scalar {
            case "=": result += "=3D"
            case ",": result += "=2C"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private var clientFirstBare: String {
        "n=\(Self.saslName(user)),r=\(clientNonce)\(isToken ? ",tokenauth=true" : "")"
    }

    mutating func begin() -> Step {
        state = .waitingForServerFirst
        return .send(Array("n,,\(clientFirstBare)".utf8))
    }

    mutating func received(_ bytes: [UInt8]) -> Step {
        guard bytes.count <= Self.messageLimit, let text = String(validating: bytes, as: UTF8.self) else {
            return refuse("the broker's SCRAM message is no text of at most \(Self.messageLimit) bytes")
        }
        switch state {
        case .waitingForServerFirst: return serverFirst(text)
        case .waitingForServerFinal(let signature): return serverFinal(text, signature)
        case .start, .deriving, .over: return refuse("the broker sent a SCRAM message out of turn")
        }
    }

    /// Nil: the derivation failed.
    mutating func derived(_ saltedPassword: [UInt8]?) -> Step {
        guard case .deriving(let serverFirst, let nonce) = state else {
            return refuse("a SCRAM key came out of turn")
        }
        let withoutProof = "c=biws,r=\(nonce)"
        let message = Array("\(clientFirstBare),\(serverFirst),\(withoutProof)".utf8)
        guard let saltedPassword,
            let clientKey = ScramCrypto.hmac(hash, key: saltedPassword, Array("Client Key".utf8)),
            let storedKey = ScramCrypto.digest(hash, clientKey),
            let clientSignature = ScramCrypto.hmac(hash, key: storedKey, message),
            let serverKey = ScramCrypto.hmac(hash, key: saltedPassword, Array("Server Key".utf8)),
            let serverSignature = ScramCrypto.hmac(hash, key: serverKey, message)
        else { return refuse("the SCRAM keys could not be computed") }
        state = .waitingForServerFinal(serverSignature: serverSignature)
        let proof = ScramCrypto.exclusiveOr(clientKey, clientSignature)
        return .send(Array("\(withoutProof),p=\(Base64.encode(proof))".utf8))
    }

    private mutating func serverFirst(_ text: String) -> Step {
        guard let attributes = Self.attributes(of: text) else {
            return refuse("the broker's first SCRAM message cannot be read")
        }
        if attributes["m"] != nil {
            return refuse("the broker asks for a SCRAM extension that nobody knows")
        }
        if let error = attributes["e"] { return refuse("the broker says \(Self.shown(error))") }
        guard let nonce = attributes["r"], let saltText = attributes["s"], let countText = attributes["i"],
            text.utf8.starts(with: "r=".utf8)
        else { return refuse("the broker's first SCRAM message lacks its nonce, salt or number of iterations") }
        // A nonce that adds nothing to ours would let an old exchange be replayed.
        guard nonce.utf8.starts(with: clientNonce.utf8), nonce.utf8.count > clientNonce.utf8.count,
            nonce.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return refuse("the broker's SCRAM nonce does not continue ours") }
        guard let salt = Base64.decode(saltText), !salt.isEmpty else {
            return refuse("the broker's SCRAM salt is no base64")
        }
        guard countText.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let iterations = Int32(countText),
            (Self.fewestIterations...Self.mostIterations).contains(iterations)
        else {
            return refuse(
                "the broker asks for \(Self.shown(countText)) SCRAM iterations; \(Self.fewestIterations) to "
                    + "\(Self.mostIterations) are accepted")
        }
        state = .deriving(serverFirst: text, nonce: nonce)
        return .derive(ScramDerivation(hash: hash, password: password, salt: salt, iterations: iterations))
    }

    private mutating func serverFinal(_ text: String, _ expected: [UInt8]) -> Step {
        guard let attributes = Self.attributes(of: text) else {
            return refuse("the broker's last SCRAM message cannot be read")
        }
        if let error = attributes["e"] { return refuse("the broker says \(Self.shown(error))") }
        guard let signature = attributes["v"].flatMap({ Base64.decode($0) }) else {
            return refuse("the broker's last SCRAM message has no signature")
        }
        guard ScramCrypto.isEqual(signature, expected) else {
            return refuse("the broker does not prove that it knows the password: its SCRAM signature is wrong")
        }
        state = .over
        return .accepted
    }

    private mutating func refuse(_ reason: String) -> Step {
        state = .over
        return .refused(reason)
    }

    /// `name=value` parts; nil when one is malformed or comes twice.
    private static func attributes(of text: String) -> [String: String]? {
        var found: [String: String] = [:]
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let equals = part.firstIndex(of: "="), equals != part.startIndex else { return nil }
            let name = String(part[..<equals])
            guard name.utf8.allSatisfy({ (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) }),
                found.updateValue(String(part[part.index(after: equals)...]), forKey: name) == nil
            else { return nil }
        }
        return found
    }

    private static func shown(_ text: String) -> String { PeerText.shown(text) }
}

/// What a peer said, fit to be shown: one line, bounded.
enum PeerText {
    /// Characters that are shown.
    static let limit = 300

    static func shown(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars.prefix(limit) {
            result.unicodeScalars.append(scalar.properties.generalCategory == .control ? " " : scalar)
        }
        return result
    }
}
