import KafkaWire

// StreamsGroupHeartbeat (88). To the group's coordinator (KIP-1071); from 4.2 on, where `streams.version` is 1.
//
// Behaviour: epoch 0 joins and tells what the application is made of, -1 leaves; static members are refused, as they are. The
// coordinator makes the application's own topics and assigns active tasks; standby and warmup tasks and the delay of a
// group's first assignment are not simulated. A task is told to its next owner when its last one has given it up.

extension ClusterModel {
    /// Brokers' `group.streams.session.timeout.ms` and `group.streams.heartbeat.interval.ms`.
    private static let streamsSession: Duration = .seconds(45)
    private static let streamsInterval: Int32 = 5_000
    /// What a member is told besides its tasks (`StreamsGroupHeartbeatResponse.Status`).
    private enum Status {
        static let staleTopology: Int8 = 0
        static let missingSourceTopics: Int8 = 1
        static let missingInternalTopics: Int8 = 3
        static let shutdownApplication: Int8 = 4
    }

    var hasStreamsGroups: Bool { image.features[Feature.streamsVersion] ?? 0 >= 1 }

    mutating func streamsGroupHeartbeat(
        _ request: StreamsGroupHeartbeatRequest, _ call: Call
    ) -> StreamsGroupHeartbeatResponse {
        do throws(GroupProblem) {
            return try streamsHeartbeat(request, call)
        } catch {
            return StreamsGroupHeartbeatResponse(errorCode: error.code, errorMessage: error.message)
        }
    }

    private mutating func streamsHeartbeat(
        _ request: StreamsGroupHeartbeatRequest, _ call: Call
    ) throws(GroupProblem) -> StreamsGroupHeartbeatResponse {
        guard hasStreamsGroups else { throw GroupProblem(.unsupportedVersion) }
        let id = request.groupId
        guard allows(.read, .group, id) else { throw GroupProblem(.groupAuthorizationFailed) }
        let named = (request.topology?.subtopologies ?? []).flatMap { part in
            part.sourceTopics + part.repartitionSinkTopics + part.repartitionSourceTopics.map(\.name)
                + part.stateChangelogTopics.map(\.name)
        }
        if let topic = named.first(where: { Self.internalTopics.contains($0) }) {
            throw GroupProblem(
                .streamsInvalidTopology,
                "Use of Kafka internal topics \(topic) in a Kafka Streams topology is prohibited.")
        }
        guard named.allSatisfy({ allows(.describe, .topic, $0) }) else {
            throw GroupProblem(.topicAuthorizationFailed)
        }
        try checkShape(request)
        if let code = coordinatorProblem(id, call) { throw GroupProblem(code) }
        if request.memberEpoch == 0 { _ = becomes(.streams, id) }
        guard let group = groups[id], group.kind == .streams else {
            throw GroupProblem(.groupIdNotFound, unheard(.streams, id, request.memberEpoch))
        }
        if request.memberEpoch < 0 { return try leaveStreams(request, group) }
        try hear(request, call)
        let owned = request.activeTasks.map { tasks in
            Set(tasks.flatMap { part in part.partitions.map { PartitionKey(part.subtopologyId, Int($0)) } })
        }
        let hasChanged = groups[id]?.streams.tasks.reconcile(request.memberId, owned: owned) ?? false
        let isFull = hasChanged || request.memberEpoch == 0 || request.activeTasks != nil
        let member = groups[id]?.streams.tasks.members[request.memberId]
        return StreamsGroupHeartbeatResponse(
            memberId: request.memberId, memberEpoch: member?.epoch ?? 0, heartbeatIntervalMs: Self.streamsInterval,
            status: status(of: request.memberId, in: id), activeTasks: isFull ? tasks(member?.assigned ?? []) : nil,
            standbyTasks: isFull ? [] : nil, warmupTasks: isFull ? [] : nil)
    }

    private func checkShape(_ request: StreamsGroupHeartbeatRequest) throws(GroupProblem) {
        func refuse(_ message: String) -> GroupProblem { GroupProblem(.invalidRequest, message) }
        if request.memberId.isEmpty { throw refuse("MemberId can't be empty.") }
        if request.groupId.isEmpty { throw refuse("GroupId can't be empty.") }
        if request.instanceId != nil { throw refuse("Static membership is not yet supported.") }
        if request.rackId?.isEmpty ?? false { throw refuse("RackId can't be empty.") }
        if request.memberEpoch == 0 {
            if request.rebalanceTimeoutMs == -1 {
                throw refuse("RebalanceTimeoutMs must be provided in first request.")
            }
            if !(request.activeTasks?.isEmpty ?? true) { throw refuse("ActiveTasks must be empty when (re-)joining.") }
            if !(request.standbyTasks?.isEmpty ?? true) {
                throw refuse("StandbyTasks must be empty when (re-)joining.")
            }
            if !(request.warmupTasks?.isEmpty ?? true) { throw refuse("WarmupTasks must be empty when (re-)joining.") }
            if request.topology == nil { throw refuse("Topology must be non-null when (re-)joining.") }
        } else if request.memberEpoch == -2, request.instanceId == nil {
            throw refuse("InstanceId can't be null.")
        } else if request.memberEpoch < -2 {
            throw refuse("MemberEpoch is \(request.memberEpoch), but must be greater than or equal to -2.")
        }
    }

    /// The member that sent this, known from now on, with its session renewed.
    private mutating func hear(_ request: StreamsGroupHeartbeatRequest, _ call: Call) throws(GroupProblem) {
        let id = request.groupId
        let name = request.memberId
        guard var streams = groups[id]?.streams else { throw GroupProblem(.groupIdNotFound) }
        let isNew = streams.tasks.members[name] == nil
        if request.memberEpoch == 0 {
            var member = streams.tasks.members[name] ?? ConsumerMember(id: name)
            member.epoch = 0
            member.assigned = []
            member.revoking = []
            streams.tasks.members[name] = member
        } else {
            guard let member = streams.tasks.members[name] else {
                throw GroupProblem(.unknownMemberId, "Member \(name) is not a member of group \(id).")
            }
            let isRetry = request.memberEpoch == member.previousEpoch && request.activeTasks != nil
            guard request.memberEpoch == member.epoch || isRetry else {
                throw fencedEpoch("streams", request.memberEpoch, known: member.epoch)
            }
        }
        streams.tasks.members[name]?.clientID = call.clientID
        if let rack = request.rackId { streams.tasks.members[name]?.rackID = rack }
        var details = streams.details[name] ?? .init()
        if let process = request.processId { details.processID = process }
        if let endpoint = request.userEndpoint { details.endpoint = endpoint }
        if let tags = request.clientTags { details.tags = tags }
        var isChanged = isNew
        if let topology = request.topology {
            details.topologyEpoch = topology.epoch
            if streams.topology == nil {
                streams.topology = topology
                isChanged = true
            }
        }
        if request.shutdownApplication { streams.isShuttingDown = true }
        streams.details[name] = details
        makeTopics(of: &streams, call)
        streams.tasks.members[name]?.topics = (streams.topology?.subtopologies ?? []).map(\.subtopologyId)
        retarget(&streams, membersChanged: isChanged)
        let hadSession = streams.tasks.members[name]?.deadline ?? .zero > now
        streams.tasks.members[name]?.deadline = now + Self.streamsSession
        groups[id]?.streams = streams
        if !hadSession { queue.add(.memberExpires(group: id, member: name), at: now + Self.streamsSession) }
    }

    private func retarget(_ streams: inout StreamsMembership, membersChanged: Bool) {
        let topics = image.topics
        let known = streams
        streams.tasks.retarget(membersChanged: membersChanged) { subtopology in
            known.taskCount(subtopology) { topics[$0]?.partitions.count ?? 0 }
        }
    }

    /// Looks for the topics of the application, and makes its own ones.
    private mutating func makeTopics(of streams: inout StreamsMembership, _ call: Call) {
        let parts = streams.topology?.subtopologies ?? []
        streams.missingSources = Set(parts.flatMap(\.sourceTopics)).filter { image.topics[$0] == nil }.sorted()
        streams.missingInternals = []
        guard streams.missingSources.isEmpty else { return }
        for part in parts {
            let count = part.sourceTopics.map { image.topics[$0]?.partitions.count ?? 0 }.max() ?? 0
            for topic in part.repartitionSourceTopics + part.stateChangelogTopics where image.topics[topic.name] == nil
            {
                let partitions = topic.partitions > 0 ? Int(topic.partitions) : max(1, count)
                let factor = topic.replicationFactor > 0 ? Int(topic.replicationFactor) : defaultReplicationFactor
                guard partitions <= Self.mostPartitionsAtOnce, topicNameProblem(topic.name) == nil,
                    allows(.create, .topic, topic.name) || allowsOnCluster(.create)
                else {
                    streams.missingInternals.append(topic.name)
                    continue
                }
                let assignment = placeReplicas(
                    partitions: partitions, factor: min(factor, image.brokers.count), start: image.topics.count)
                var configs: [String: String] = [:]
                for config in topic.topicConfigs { configs[config.key] = config.value }
                createTopic(topic.name, assignment: assignment, configs: configs, rate: 0)
                record(.topicCreated(topic.name), on: call.node)
            }
        }
    }

    private func status(of member: String, in id: String) -> [StreamsGroupHeartbeatResponse.Status]? {
        guard let streams = groups[id]?.streams else { return nil }
        var found: [StreamsGroupHeartbeatResponse.Status] = []
        let epoch = streams.details[member]?.topologyEpoch ?? -1
        if let known = streams.topology?.epoch, epoch < known {
            found.append(
                .init(
                    statusCode: Status.staleTopology,
                    statusDetail:
                        "The member's topology epoch \(epoch) is behind the group's topology epoch \(known)."))
        }
        if !streams.missingSources.isEmpty {
            found.append(
                .init(
                    statusCode: Status.missingSourceTopics,
                    statusDetail: "Source topics \(streams.missingSources.joined(separator: ", ")) are missing."))
        }
        if !streams.missingInternals.isEmpty {
            found.append(
                .init(
                    statusCode: Status.missingInternalTopics,
                    statusDetail: "Internal topics are missing: [\(streams.missingInternals.joined(separator: ", "))]"))
        }
        if streams.isShuttingDown {
            found.append(
                .init(
                    statusCode: Status.shutdownApplication,
                    statusDetail: "A client requested to shut down the application."))
        }
        return found.isEmpty ? nil : found
    }

    func tasks(_ keys: Set<PartitionKey>) -> [StreamsTasks] {
        Dictionary(grouping: keys, by: \.topic).sorted { $0.key < $1.key }.map { part, keys in
            StreamsTasks(subtopologyId: part, partitions: keys.map { Int32(clamping: $0.partition) }.sorted())
        }
    }

    // MARK: Leaving

    private mutating func leaveStreams(
        _ request: StreamsGroupHeartbeatRequest, _ group: GroupState
    ) throws(GroupProblem) -> StreamsGroupHeartbeatResponse {
        guard group.streams.tasks.members[request.memberId] != nil else {
            throw GroupProblem(.unknownMemberId, "Member \(request.memberId) is not a member of group \(group.id).")
        }
        removeStreamer(request.memberId, from: group.id)
        return StreamsGroupHeartbeatResponse(
            memberId: request.memberId, memberEpoch: request.memberEpoch, status: nil)
    }

    private mutating func removeStreamer(_ member: String, from id: String) {
        guard var streams = groups[id]?.streams else { return }
        streams.tasks.members[member] = nil
        streams.details[member] = nil
        if streams.tasks.members.isEmpty { streams.isShuttingDown = false }
        retarget(&streams, membersChanged: true)
        groups[id]?.streams = streams
    }

    mutating func streamerExpires(_ id: String, _ member: String) {
        guard let deadline = groups[id]?.streams.tasks.members[member]?.deadline else { return }
        if deadline > now { return queue.add(.memberExpires(group: id, member: member), at: deadline) }
        removeStreamer(member, from: id)
    }
}
