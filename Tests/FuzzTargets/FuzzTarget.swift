/// What is fuzzed: each takes any bytes, and must neither trap nor hang nor break what it promises.
package enum FuzzTarget: String, CaseIterable, Sendable {
    case wireTopics = "wire-topics"
    case wireConfigs = "wire-configs"
    case wireGroups = "wire-groups"
    case wireShareGroups = "wire-share-groups"
    case wireStreamsGroups = "wire-streams-groups"
    case wireTransactions = "wire-transactions"
    case wireSecurity = "wire-security"
    case wireRecords = "wire-records"
    case wireCluster = "wire-cluster"
    /// Metadata into columns.
    case flat
    /// Record batches of every codec, control records, what coordinators and MirrorMaker write.
    case batches
    /// A stream cut into frames.
    case frames
    /// The state machine of a connection: answers, deadlines, cancellations, logins.
    case connection
    /// What a broker says in a SASL exchange.
    case sasl
    /// `client.properties` with the JAAS line in it.
    case properties
    /// PEM texts and PKCS#12 stores.
    case certificates
    case yaml
    case expressions
    case json
    /// A journal or audit log that was tampered with.
    case journal

    package func run(_ bytes: [UInt8]) {
        if let types = messages { return WireFuzz.message(bytes, types) }
        switch self {
        case .flat: WireFuzz.flat(bytes)
        case .batches: RecordFuzz.run(bytes)
        case .frames: FrameFuzz.run(bytes)
        case .connection: ConnectionFuzz.run(bytes)
        case .sasl: SASLFuzz.run(bytes)
        case .properties: TextFuzz.properties(bytes)
        case .certificates: CertificateFuzz.run(bytes)
        case .yaml: TextFuzz.yaml(bytes)
        case .expressions: TextFuzz.expressions(bytes)
        case .json: TextFuzz.json(bytes)
        case .journal: TextFuzz.journal(bytes)
        default: break
        }
    }
}

/// Something that must hold does not: the fuzzer keeps the bytes.
func require(_ condition: Bool, _ promise: @autoclosure () -> String) {
    precondition(condition, promise())
}
