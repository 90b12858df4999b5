import KafkaWire

/// The members of a group of a streams application (KIP-1071), what the application is made of, and who runs which task.
///
/// Tasks move as the partitions of a consumer group do, with a subtopology in the place of a topic. Only active tasks are
/// simulated: there are no standby and no warmup tasks.
struct StreamsMembership: Sendable {
    /// What a member says of itself, besides its epochs.
    struct Details: Sendable {
        var processID = ""
        var topologyEpoch: Int32 = -1
        var endpoint: StreamsEndpoint?
        var tags: [StreamsProperty] = []
    }

    var topology: StreamsGroupHeartbeatRequest.Topology?
    var tasks = ConsumerMembership()
    var details: [String: Details] = [:]
    /// Source topics that are not there.
    var missingSources: [String] = []
    var missingInternals: [String] = []
    /// Whether a member has asked all of them to end.
    var isShuttingDown = false

    var stateName: String {
        if tasks.members.isEmpty { return "Empty" }
        if topology == nil || !missingSources.isEmpty || !missingInternals.isEmpty { return "NotReady" }
        return tasks.stateName
    }

    /// How many tasks a subtopology has: as many as the largest of the topics that it reads has partitions.
    func taskCount(_ subtopology: String, _ partitions: (String) -> Int) -> Int {
        guard let part = topology?.subtopologies.first(where: { $0.subtopologyId == subtopology }),
            missingSources.isEmpty
        else { return 0 }
        return (part.sourceTopics + part.repartitionSourceTopics.map(\.name)).map(partitions).max() ?? 0
    }

    /// The topics that the application reads, its own ones among them.
    var subscribedTopics: Set<String> {
        Set((topology?.subtopologies ?? []).flatMap { $0.sourceTopics + $0.repartitionSourceTopics.map(\.name) })
    }
}
