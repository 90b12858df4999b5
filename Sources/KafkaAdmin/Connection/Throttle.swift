internal import KafkaWire

/// How long a broker asks the client to wait (KIP-219), read from the bytes of an answer so that large ones need not be
/// decoded for it.
enum Throttle {
    /// The longest wait that is honoured: a broker cannot stall a run for ever.
    static let limit: Duration = .seconds(300)

    /// The first version of each API whose answer begins with the wait in milliseconds.
    private static let leadingSince: [APIKey: Int16] = [
        .fetch: 1, .listOffsets: 2, .metadata: 3, .offsetCommit: 3, .offsetFetch: 3, .findCoordinator: 1,
        .describeGroups: 1, .listGroups: 1, .createTopics: 2, .deleteTopics: 1, .deleteRecords: 0,
        .initProducerId: 0, .describeAcls: 0, .createAcls: 0, .deleteAcls: 0, .describeConfigs: 0,
        .alterConfigs: 0, .alterReplicaLogDirs: 0, .describeLogDirs: 0, .createPartitions: 0, .deleteGroups: 0,
        .electLeaders: 0, .incrementalAlterConfigs: 0, .alterPartitionReassignments: 0,
        .listPartitionReassignments: 0, .describeClientQuotas: 0, .alterClientQuotas: 0,
        .describeUserScramCredentials: 0, .alterUserScramCredentials: 0, .updateFeatures: 0, .describeCluster: 0,
        .describeProducers: 0, .unregisterBroker: 0, .describeTransactions: 0, .listTransactions: 0,
        .consumerGroupDescribe: 0, .listConfigResources: 0, .describeTopicPartitions: 0, .addRaftVoter: 0,
        .removeRaftVoter: 0,
    ]

    static func wait(of payload: [UInt8], api: APIKey, version: Int16) -> Duration {
        guard let since = leadingSince[api], version >= since,
            let offset = try? ResponseFrame.bodyOffset(api, version: version, of: payload), offset >= 0,
            payload.count >= offset + 4
        else { return .zero }
        let bits = payload[offset..<offset + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return clamped(milliseconds: Int32(bitPattern: bits))
    }

    static func clamped(milliseconds: Int32) -> Duration {
        min(limit, max(.zero, .milliseconds(Int(milliseconds))))
    }
}
