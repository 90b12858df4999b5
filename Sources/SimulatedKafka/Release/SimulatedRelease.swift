import KafkaWire
import Values

/// What a release of Kafka speaks and supports: the API versions and feature levels of its line.
///
/// A release that has no column of its own counts as the nearest lower one that has; below 3.3 as 3.3, above 4.3 as 4.3
/// with one level of `metadata.version` more, as a release of the future would have.
struct SimulatedRelease: Sendable {
    let version: Version
    /// The column in `APITable`.
    private let column: Int

    init(_ version: Version) {
        self.version = version
        let lower = APITable.lines.lastIndex { Version(major: $0.major, minor: $0.minor) <= version.line }
        column = lower ?? 0
    }

    private var major: Int { APITable.lines[column].major }
    private var minor: Int { APITable.lines[column].minor }

    // MARK: APIs

    /// The versions of an API that this release advertises on a kind of listener.
    func range(of key: APIKey, on listener: SimulatedListener) -> ClosedRange<Int16>? {
        guard !APITable.notAnswered.contains(key), let row = APITable.byKey[key], row.ranges.indices.contains(column)
        else { return nil }
        switch row.place {
        case .both: return row.ranges[column]
        case .broker: return listener.isOfBrokers ? row.ranges[column] : nil
        case .controller: return listener.isOfBrokers ? nil : row.ranges[column]
        }
    }

    // MARK: Features

    /// The level of `metadata.version` that the line finalizes.
    var metadataVersion: Int16 {
        let known = ReleaseLevels.level(major: major, minor: minor) ?? 0
        return version.line > Version(major: major, minor: minor) && column == APITable.lines.count - 1
            ? known + 1 : known
    }

    /// The levels of every feature that a node of this release supports.
    var supportedFeatures: [String: ClosedRange<Int16>] {
        // 4.0 dropped what came before KRaft was ready for production (3.3-IV3).
        var features = [Feature.metadataVersion: (major >= 4 ? 7 : 1)...metadataVersion]
        if isAtLeast(3, 9) { features[Feature.kraftVersion] = 0...1 }
        if isAtLeast(4, 0) {
            features[Feature.groupVersion] = 0...1
            features[Feature.transactionVersion] = 0...2
            features[Feature.eligibleLeaderReplicas] = 0...1
        }
        if isAtLeast(4, 1) { features[Feature.shareVersion] = 0...1 }
        if isAtLeast(4, 2) { features[Feature.streamsVersion] = 0...1 }
        return features
    }

    /// What a cluster formatted with this release has finalized; features at level 0 are left out. `kraft.version` stays at
    /// 0 with the fixed set of voters that the embedded cluster has.
    var formattedFeatures: [String: Int16] {
        var features = [Feature.metadataVersion: metadataVersion]
        if isAtLeast(4, 0) {
            features[Feature.groupVersion] = 1
            features[Feature.transactionVersion] = 2
        }
        if isAtLeast(4, 1) { features[Feature.eligibleLeaderReplicas] = 1 }
        if isAtLeast(4, 2) {
            features[Feature.shareVersion] = 1
            features[Feature.streamsVersion] = 1
        }
        return features
    }

    /// Whether a leader of this release proposes an ISR in the order of node ids; 3.x appends who comes back.
    var sortsISR: Bool { isAtLeast(4, 0) }

    /// Whether UpdateFeatures is all or nothing, with one error for the whole (KIP-1022).
    var updatesFeaturesTogether: Bool { isAtLeast(4, 0) }

    /// Whether errors read as 4.3 words them; before, some showed Scala's collections and shorter reasons.
    var hasNewWording: Bool { isAtLeast(4, 3) }

    /// Whether UnregisterBroker says why not.
    var explainsUnregistering: Bool { isAtLeast(4, 0) }

    /// Whether groups have configurations of their own (KIP-848), which one may be allowed to see and to change.
    var hasGroupConfigs: Bool { isAtLeast(4, 0) }

    /// The epoch of a new group of the consumer protocol, before its first member counts.
    var firstGroupEpoch: Int32 { isAtLeast(4, 3) ? 1 : 0 }

    /// Whether a commit into a group that is not there says so (OffsetCommit v9).
    var namesUnknownGroups: Bool { isAtLeast(4, 0) }

    /// In what version commits are written down.
    var offsetCommitVersion: Int16 { isAtLeast(4, 1) ? 4 : 3 }

    /// Whether commits are written down with the topic's id.
    var logsTopicIDs: Bool { isAtLeast(4, 2) }

    /// Whether groups are written down when they begin, and when they end without ever having had a generation.
    var logsNewGroups: Bool { isAtLeast(4, 0) }

    /// Whether a transaction that begins names its own producer as the one before.
    var logsPreviousProducer: Bool { isAtLeast(4, 2) }

    /// Whether a change of a share group's positions is answered partition by partition; 4.1's preview said nothing of them.
    var tellsShareOffsetResults: Bool { isAtLeast(4, 2) }

    /// What a group's key is when it is not set, the brokers' key included.
    var showsGroupDefaults: Bool { isAtLeast(4, 3) }

    func has(_ key: GroupConfigDefinition) -> Bool { isAtLeast(key.since.major, key.since.minor) }

    private func isAtLeast(_ major: Int, _ minor: Int) -> Bool { (self.major, self.minor) >= (major, minor) }
}

/// The names of Kafka's features, and what the controller knows about their levels.
enum Feature {
    static let metadataVersion = "metadata.version"
    static let kraftVersion = "kraft.version"
    static let groupVersion = "group.version"
    static let transactionVersion = "transaction.version"
    static let eligibleLeaderReplicas = "eligible.leader.replicas.version"
    static let shareVersion = "share.version"
    static let streamsVersion = "streams.version"

    /// Levels of `metadata.version` whose arrival changed the records of the metadata log: going below one of them is
    /// refused, because it would lose metadata.
    static let levelsWithMetadataChanges: Set<Int16> = [
        1, 3, 5, 6, 7, 8, 11, 12, 13, 14, 15, 16, 17, 18, 20, 23, 30,
    ]

    /// Whether a downgrade of `metadata.version` passes a level that changed the records.
    static func losesMetadata(from level: Int16, to lower: Int16) -> Bool {
        levelsWithMetadataChanges.contains { $0 > lower && $0 <= level }
    }

    /// The level of `metadata.version` that a level of another feature needs.
    static func neededMetadataVersion(of feature: String, level: Int16) -> Int16? {
        feature == eligibleLeaderReplicas && level >= 1 ? 23 : nil
    }
}
