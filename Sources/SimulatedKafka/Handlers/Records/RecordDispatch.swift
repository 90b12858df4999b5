import KafkaWire

// Produce (0), Fetch (1), ListOffsets (2), DeleteRecords (21), InitProducerId (22), OffsetForLeaderEpoch (23): which handler
// answers, and what they have in common.

extension ClusterModel {
    mutating func dispatchRecords(
        _ payload: [UInt8], _ header: RequestFrame.Header, _ call: Call
    ) -> SimulatedOutcome {
        switch header.apiKey {
        case .produce: produceOutcome(payload, header, call)
        case .fetch: respondInTime(payload, header, call) { $0.fetch($1, $2) }
        case .listOffsets: respond(payload, header, call) { $0.listOffsets($1, $2) }
        case .deleteRecords: respond(payload, header, call) { $0.deleteRecords($1, $2) }
        case .offsetForLeaderEpoch: respond(payload, header, call) { $0.offsetForLeaderEpoch($1, $2) }
        case .initProducerId: respond(payload, header, call) { $0.initProducerId($1, $2) }
        default: dispatchGroups(payload, header, call)
        }
    }

    /// Why this node cannot answer for a partition as its leader; nil when it can.
    func leaderProblem(_ key: PartitionKey, _ view: MetadataImage, _ call: Call) -> KafkaErrorCode? {
        guard let partition = view.partition(key), log(key) != nil else { return .unknownTopicOrPartition }
        return partition.leader == call.node ? nil : .notLeaderOrFollower
    }

    /// What is wrong with the leader epoch that a client believes in; -1 is none.
    func epochProblem(_ claimed: Int32, _ partition: PartitionImage) -> KafkaErrorCode? {
        guard claimed != -1, claimed != partition.leaderEpoch else { return nil }
        return claimed < partition.leaderEpoch ? .fencedLeaderEpoch : .unknownLeaderEpoch
    }

    /// The name of a topic that newer versions call by its id.
    func topicName(_ name: String, _ id: KafkaUUID, byID: Bool, _ view: MetadataImage) -> String? {
        byID ? view.topicNames[id] : name
    }

    /// Changes a partition's log in place.
    mutating func withLog(_ key: PartitionKey, _ change: (inout PartitionLog) -> Void) {
        guard let id = image.topics[key.topic]?.id, logs[id]?.indices.contains(key.partition) ?? false else { return }
        let before = logs[id]?[key.partition].records.heldBytes ?? 0
        if var all = logs.removeValue(forKey: id) {
            change(&all[key.partition])
            retainedBytes += all[key.partition].records.heldBytes - before
            logs[id] = all
        }
    }

    /// What a topic's key is set to, or its default of the cluster.
    func topicConfig(_ name: String, of topic: String) -> String? {
        if let own = image.topics[topic]?.configs[name] { return own }
        guard let definition = ConfigTable.topicByName[name] else { return nil }
        return definition.synonym.flatMap { image.brokerConfigs[""]?[$0] } ?? definition.defaultValue
    }
}
